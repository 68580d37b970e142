"""What describes an object in Python to its JSON Schema, with nothing left out.

Knows pydantic and LangChain's conventions; knows nothing of tools or of requests.
"""

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, Required, TypeAlias, get_args, get_origin, get_type_hints

import typing_extensions
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, Field, TypeAdapter, create_model
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema
from typing_extensions import is_typeddict

Json: TypeAlias = dict[str, Any]

_PRESENCE = (Required, NotRequired, typing_extensions.Required, typing_extensions.NotRequired)


class _Schemas(GenerateJsonSchema):
    """pydantic's JSON Schema, without the titles that it makes of field names: they say nothing and cost tokens."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        return False

    def generate(self, schema: core_schema.CoreSchema, mode: Any = "validation") -> JsonSchemaValue:
        whole = super().generate(schema, mode)
        definitions = whole.get("$defs", {})
        if isinstance(reference := whole.get("$ref"), str):  # a recursive class: its own schema stands at the root
            whole = {**definitions[reference.removeprefix("#/$defs/")], **whole}
            del whole["$ref"]
        plain: JsonSchemaValue = _lone_references(whole)
        return plain


def schema_of(described: Any) -> Json:
    """The JSON Schema of a class, a TypedDict, a dataclass, an Enum or any other type; of a dict, what it holds.

    A pydantic class of the first version and a TypedDict are described by LangChain's conventions. A dict is
    not changed, whether it is a schema or a tool around one.
    """
    if isinstance(described, Mapping):
        given = described.get("function", described)
        names = ("parameters", "input_schema", "inputSchema", "parametersJsonSchema")
        inside = next((given[name] for name in names if isinstance(given.get(name), Mapping)), given)
        return dict(inside)
    if is_v1_model(described):
        function = convert_to_openai_tool(described)["function"]
        return {"title": function["name"], "description": function["description"], **function["parameters"]}
    if is_typeddict(described):
        described = _model_of(described, {})
    if is_model(described):
        return dict(described.model_json_schema(schema_generator=_Schemas))
    return dict(TypeAdapter(described).json_schema(schema_generator=_Schemas))


def is_model(value: Any) -> bool:
    """Whether a value is a pydantic class."""
    return isinstance(value, type) and issubclass(value, BaseModel)


def is_v1_model(value: Any) -> bool:
    """Whether a value is a class of pydantic's first version, or of its stand-in in the second."""
    return (
        isinstance(value, type) and not is_model(value) and hasattr(value, "__fields__") and hasattr(value, "parse_obj")
    )


def _lone_references(value: Any) -> Any:
    """A schema in which no keyword stands beside `$ref`, where Google takes none: a description goes round it."""
    if isinstance(value, list):
        return [_lone_references(item) for item in value]
    if not isinstance(value, dict):
        return value
    plain = {name: _lone_references(inner) for name, inner in value.items()}
    if isinstance(plain.get("$ref"), str) and len(plain) > 1:
        plain["anyOf"] = [{"$ref": plain.pop("$ref")}]
    return plain


def _model_of(typed_dict: Any, made: dict[Any, type[BaseModel]]) -> type[BaseModel]:
    """A model with a TypedDict's fields; `Annotated[T, default or ..., "description"]` is LangChain's convention."""
    if typed_dict not in made:
        made[typed_dict] = BaseModel  # stands in for it where it refers to itself
        fields: dict[str, Any] = {}
        for name, hint in get_type_hints(typed_dict, include_extras=True).items():
            while get_origin(hint) in _PRESENCE:
                (hint,) = get_args(hint)  # noqa: PLW2901 - what is inside is the hint
            fields[name] = _field(hint, made, required=name in typed_dict.__required_keys__)
        doc = typed_dict.__doc__ if typed_dict.__doc__ != dict.__doc__ else None
        made[typed_dict] = create_model(typed_dict.__name__, __doc__=doc, **fields)
    return made[typed_dict]


def _field(hint: Any, made: dict[Any, type[BaseModel]], *, required: bool) -> tuple[Any, Any]:
    default: Any = ...
    description = None
    kept: list[Any] = []
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        if notes and isinstance(notes[-1], str):
            description = notes.pop()
        for note in notes:
            if isinstance(note, FieldInfo):
                kept.append(note)
            elif note is not ...:
                default = note
    kind = _with_models(hint, made)
    if kept:
        kind = Annotated[(kind, *kept)]
    if default is ... and not required:
        return kind, Field(default_factory=lambda: None, description=description)  # not required, and no default shown
    return kind, Field(default=default, description=description)


def _with_models(hint: Any, made: dict[Any, type[BaseModel]]) -> Any:
    """A type with its TypedDicts replaced, which pydantic reads without LangChain's convention, or not at all."""
    if is_typeddict(hint):
        return _model_of(hint, made)
    args = get_args(hint)
    if not args or get_origin(hint) is None or not any(isinstance(arg, type) or get_args(arg) for arg in args):
        return hint
    inner = tuple(_with_models(arg, made) for arg in args)
    return hint if inner == args else hint.copy_with(inner) if hasattr(hint, "copy_with") else _rebuilt(hint, inner)


def _rebuilt(hint: Any, args: tuple[Any, ...]) -> Any:
    """A generic or a union of other arguments."""
    origin = get_origin(hint)
    if hasattr(origin, "__class_getitem__"):
        return origin[args]
    union = args[0]
    for arg in args[1:]:
        union = union | arg
    return union
