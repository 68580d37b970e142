"""The OpenAPI subset that describes parameters and output, sent as a user gives it.

Knows no JSON Schema: that travels as it is, in the fields named for it.
"""

from typing import Any

from ._base import WireModel
from .enums import Type


class Schema(WireModel):
    """A value's shape in the OpenAPI subset: `nullable` instead of a null type, enums of strings."""

    type: Type | None = None
    format: str | None = None
    title: str | None = None
    description: str | None = None
    nullable: bool | None = None
    enum: list[str] | None = None
    items: "Schema | None" = None
    max_items: int | None = None
    min_items: int | None = None
    properties: "dict[str, Schema] | None" = None
    required: list[str] | None = None
    min_properties: int | None = None
    max_properties: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    example: Any = None
    any_of: "list[Schema] | None" = None
    property_ordering: list[str] | None = None
    default: Any = None
    additional_properties: Any = None
    """Vertex only."""
    defs: "dict[str, Schema] | None" = None
    """Vertex only."""
    ref: str | None = None
    """Vertex only: `#/defs/NAME`."""
