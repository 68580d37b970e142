"""The shape asked of a reply: a type, a class or a schema, as JSON Schema out and as a value back.

Knows nothing of requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin

from pydantic import PydanticUserError, TypeAdapter
from pydantic_core import from_json

from . import types

_NOT_SCHEMAS = frozenset({"default", "example", "examples", "enum", "const"})


def is_openapi(schema: Mapping[str, Any]) -> bool:
    """Whether a dict is written in the OpenAPI subset: its types are in upper case, as `OBJECT`."""
    kind = schema.get("type")
    if isinstance(kind, types.Type) or (isinstance(kind, str) and kind.isupper() and kind in types.Type.__members__):
        return True
    for key, inner in schema.items():
        if key not in _NOT_SCHEMAS:
            inside = inner.values() if isinstance(inner, Mapping) else inner if isinstance(inner, list) else ()
            below = [inner, *inside] if isinstance(inner, Mapping) else inside
            if any(is_openapi(item) for item in below if isinstance(item, Mapping)):
                return True
    return False


def json_schema_of(schema: Any) -> Any:
    """The JSON Schema of a type, a class, a union, a Literal, an Enum; JSON Schema itself as it is.

    Raises:
        ValueError: pydantic cannot describe it.
    """
    if isinstance(schema, Mapping | bool):
        return schema
    try:
        return _json_schema_of_type(schema)
    except (PydanticUserError, NameError) as error:  # NameError: an unresolved forward reference
        raise ValueError(f"{schema!r} cannot be described as JSON Schema: {error}") from error
    except TypeError:  # not hashable, so not kept
        return _described(schema)


def parse_as(text: str | None, schema: Any) -> Any:
    """The value that a reply's text is under a schema, None if it does not fit (a piece of it never does).

    A pydantic class gives an instance, another type its value, an Enum its member, JSON Schema and `Schema`
    what the JSON says.
    """
    if text is None or schema is None:
        return None
    try:
        if isinstance(schema, Mapping | types.Schema):
            return from_json(text)
        if isinstance(schema, type) and issubclass(schema, Enum):
            return _of_words(text, {str(member.value): member for member in schema})
        if get_origin(schema) is Literal:
            return _of_words(text, {str(value): value for value in get_args(schema)})
        return _adapter_of(schema).validate_json(text)
    except ValueError:  # pydantic's ValidationError is one
        return None


def _described(schema: Any) -> dict[str, Any]:
    return TypeAdapter(schema).json_schema()


_json_schema_of_type = lru_cache(maxsize=128)(_described)  # a class is described once, not at every send
_adapter_of_type = lru_cache(maxsize=128)(TypeAdapter[Any])


def _adapter_of(schema: Any) -> TypeAdapter[Any]:
    try:
        return _adapter_of_type(schema)
    except TypeError:  # not hashable
        return TypeAdapter(schema)


def _of_words(text: str, values: Mapping[str, Any]) -> Any:
    """One of some values: its word comes with quotes as JSON, and without as `text/x.enum`."""
    return values.get(text.strip().strip("\"'"))
