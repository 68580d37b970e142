"""What describes an object in Python to its JSON Schema, with nothing left out.

Knows pydantic and LangChain's conventions; knows nothing of tools or of requests.
"""

import inspect
from collections.abc import Mapping
from copy import deepcopy
from types import UnionType
from typing import (
    Annotated,
    Any,
    ForwardRef,
    Literal,
    NotRequired,
    Required,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import typing_extensions
from langchain_core.utils.function_calling import _parse_google_docstring
from pydantic import BaseModel, Field, PydanticUserError, TypeAdapter, create_model
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema, to_json
from typing_extensions import is_typeddict

Json: TypeAlias = dict[str, Any]

_QUALIFIERS = (
    Required,
    NotRequired,
    typing_extensions.Required,
    typing_extensions.NotRequired,
    typing_extensions.ReadOnly,
)


class _Schemas(GenerateJsonSchema):
    """pydantic's JSON Schema, without the titles that it makes of field names: they say nothing and cost tokens."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        return False

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        described = super().dataclass_schema(schema)
        words = inspect.cleandoc(schema["cls"].__doc__ or "")
        # Before 2.13 pydantic leaves the words of Python's own dataclasses out. Python makes some of the signature.
        if words and not words.startswith(f"{schema['cls'].__name__}("):
            described.setdefault("description", words)
        return described

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

    A TypedDict is described by LangChain's conventions. A dict is not changed, whether it is a schema or a tool
    around one.

    Raises:
        ValueError: pydantic cannot describe it.
    """
    if isinstance(described, Mapping):
        given = described.get("function", described)
        names = ("parameters", "input_schema", "inputSchema", "parametersJsonSchema")
        inside = next((given[name] for name in names if isinstance(given.get(name), Mapping)), given)
        return dict(inside)
    if is_v1_model(described):
        return _v1_schema(described)
    try:
        described = without_typed_dicts(described)
        if is_model(described):
            return dict(described.model_json_schema(schema_generator=_Schemas))
        return dict(TypeAdapter(described).json_schema(schema_generator=_Schemas))
    except (PydanticUserError, NameError) as error:  # NameError: a forward reference to nothing that there is
        raise ValueError(f"{described!r} cannot be described as JSON Schema: {error}") from error


def weight_of(schemas: Any) -> dict[str, int]:
    """What makes schemas heavy for the service: their bytes as JSON, the values of their enums, their depth."""
    inner = schemas.values() if isinstance(schemas, dict) else schemas if isinstance(schemas, list) else ()
    below = [weight_of(each) for each in inner]
    values = schemas.get("enum") if isinstance(schemas, dict) else None
    return {
        "bytes": len(to_json(schemas)),
        "enum_values": sum(each["enum_values"] for each in below) + (len(values) if isinstance(values, list) else 0),
        "depth": max((each["depth"] for each in below), default=0) + isinstance(schemas, dict),
    }


def is_model(value: Any) -> bool:
    """Whether a value is a pydantic class."""
    return isinstance(value, type) and issubclass(value, BaseModel)


def is_v1_model(value: Any) -> bool:
    """Whether a value is a class of pydantic's first version, or of its stand-in in the second."""
    return (
        isinstance(value, type) and not is_model(value) and hasattr(value, "__fields__") and hasattr(value, "parse_obj")
    )


def without_typed_dicts(hint: Any) -> Any:
    """A type with its TypedDicts replaced by models, which pydantic describes; the same one if it has none.

    pydantic takes no `typing.TypedDict` before Python 3.12, and never reads LangChain's `Annotated` in one.
    """
    made: dict[Any, Any] = {}
    plain = _with_models(hint, made)
    if made:
        models = {_reference(typed_dict): model for typed_dict, model in made.items()}
        for model in models.values():
            model.model_rebuild(force=True, _types_namespace=models)
    return plain


def _v1_schema(model: Any) -> Json:
    """The schema of a class of pydantic's first version, in the words of the second."""
    whole: Json = deepcopy(model.schema(ref_template="#/$defs/{model}"))  # the class keeps it, and is not ours
    if "definitions" in whole:
        whole["$defs"] = whole.pop("definitions")
    if reference := whole.pop("$ref", None):  # a recursive class
        whole = {**whole["$defs"][reference.removeprefix("#/$defs/")], **whole}
    for described in (whole, *whole.get("$defs", {}).values()):
        for name, inner in described.get("properties", {}).items():
            if inner.get("title") == name.title().replace("_", " "):
                del inner["title"]
            if len(inner.get("allOf", ())) == 1:
                inner["anyOf"] = inner.pop("allOf")
    return whole


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


def _reference(typed_dict: Any) -> str:
    """What a TypedDict goes by where it refers to itself; two of the same name are two."""
    return f"{typed_dict.__name__}_{id(typed_dict)}"


def _model_of(typed_dict: Any, made: dict[Any, Any]) -> Any:
    """A model with a TypedDict's fields; `Annotated[T, default or ..., "description"]` is LangChain's convention."""
    if typed_dict not in made:
        made[typed_dict] = ForwardRef(_reference(typed_dict))
        hints = get_type_hints(typed_dict, include_extras=True)
        own = typed_dict.__doc__ if typed_dict.__doc__ != dict.__doc__ else None
        doc, of_fields = _parse_google_docstring(inspect.cleandoc(own) if own else None, list(hints))
        fields: dict[str, Any] = {}
        for name, hint in hints.items():
            while get_origin(hint) in _QUALIFIERS:
                (hint,) = get_args(hint)  # noqa: PLW2901 - what is inside is the hint
            required = name in typed_dict.__required_keys__
            # a key may be what no attribute of a model can be: "schema", "_id", "a-b"
            fields[f"field_{len(fields)}"] = _field(hint, made, name, of_fields.get(name), required=required)
        made[typed_dict] = create_model(typed_dict.__name__, __doc__=doc or None, **fields)
    return made[typed_dict]


def _field(hint: Any, made: dict[Any, Any], alias: str, description: str | None, *, required: bool) -> tuple[Any, Any]:
    default: Any = ...
    kept: list[Any] = []
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        if notes and isinstance(notes[-1], str):
            said = notes.pop()
            description = description or said
        for note in notes:
            if isinstance(note, FieldInfo):
                kept.append(note)
            elif note is not ...:
                default = note
    kind = _with_models(hint, made)
    if kept:
        kind = Annotated[(kind, *kept)]
    if default is ... and not required:
        # not required, and no default shown
        return kind, Field(alias=alias, default_factory=lambda: None, description=description)
    return kind, Field(alias=alias, default=default, description=description)


def _with_models(hint: Any, made: dict[Any, Any]) -> Any:
    if is_typeddict(hint):
        return _model_of(hint, made)
    origin, args = get_origin(hint), get_args(hint)
    if origin is None or origin is Literal:
        return hint
    if origin is Annotated:
        args = args[:1]
    inner = tuple(_with_models(arg, made) for arg in args)
    if all(new is old for new, old in zip(inner, args, strict=True)):
        return hint
    if origin is Annotated:
        return Annotated[(*inner, *hint.__metadata__)]
    return Union[inner] if origin in (Union, UnionType) else origin[inner]  # noqa: UP007 - the arguments are a tuple
