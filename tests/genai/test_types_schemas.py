"""The types have every field and every enum value of Google's published schemas, on both backends."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

import langchain_genai_chat
from langchain_genai_chat.genai import types

FOLDER = Path(langchain_genai_chat.__file__).parent / "emulator" / "schemas"
DOCUMENTS = ("generativelanguage.v1beta", "aiplatform.v1beta1")
ROOTS: dict[str, type[BaseModel]] = {
    "in.GenerateContentRequest": types.GenerateContentRequest,
    "in.CountTokensRequest": types.CountTokensRequest,
    "in.CachedContent": types.CachedContent,
    "out.GenerateContentResponse": types.GenerateContentResponse,
    "out.CountTokensResponse": types.CountTokensResponse,
    "out.CachedContent": types.CachedContent,
    "out.ListCachedContentsResponse": types.ListCachedContentsResponse,
    "out.File": types.File,
    "out.ListFilesResponse": types.ListFilesResponse,
    "out.Model": types.Model,
    "out.ListModelsResponse": types.ListModelsResponse,
}
# Plain text and dicts here as in google-genai, so that there is no class to walk into: field -> why.
UNTYPED = {
    "File.videoMetadata": "a dict in google-genai",
    "TextResponseFormat.mimeType": "a string in google-genai",
    "AudioResponseFormat.mimeType": "a string in google-genai",
    "ImageResponseFormat.mimeType": "a string in google-genai",
    "VideoResponseFormat.aspectRatio": "shares the enum of pictures",
}
# Kept under its wire name by `extra="allow"`: an alias of responseJsonSchema that nobody should send.
UNNAMED = {"GenerationConfig._responseJsonSchema"}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_field_of_the_schemas_has_its_own(document: str) -> None:
    """A field that only `extra` holds has no name to find, no type to check and no bytes decoded."""
    schemas = json.loads((FOLDER / f"{document}.schema.json").read_text(encoding="utf-8"))["$defs"]
    missing = [
        path
        for name, model in ROOTS.items()
        if name in schemas
        for path in missing_below(schemas, schemas[name], model, set())
    ]
    assert missing == []


def missing_below(
    schemas: dict[str, Any], schema: dict[str, Any], model: type[BaseModel], seen: set[type[BaseModel]]
) -> Iterator[str]:
    """Paths of fields and enum values that the model lacks."""
    if model in seen:
        return
    seen.add(model)
    fields = {field.serialization_alias or field.alias: field for field in model.model_fields.values()}
    if model is types.CitationMetadata:
        assert {"citations", "citationSources"} <= fields.keys()
    for name, node in schema["properties"].items():
        path = f"{model.__name__}.{name}"
        if path in UNTYPED or path in UNNAMED:
            continue
        if name not in fields:
            yield path
            continue
        wanted = list(leaves(schemas, node))
        have = list(classes(fields[name].annotation))
        for leaf in wanted:
            yield from missing_in(schemas, leaf, have, path, seen)


def missing_in(
    schemas: dict[str, Any], leaf: dict[str, Any], have: list[Any], path: str, seen: set[type[BaseModel]]
) -> Iterator[str]:
    values = leaf.get("enum") or leaf.get("x-enum")
    if leaf.get("type") == "string" and values:
        known = {value for item in have for value in enum_values(item)}
        yield from (f"{path}: {value}" for value in values if value not in known)
    elif leaf.get("additionalProperties") is False:
        models = [item for item in have if isinstance(item, type) and issubclass(item, BaseModel)]
        if not models:
            yield f"{path}: no class"
        for model in models:
            yield from missing_below(schemas, leaf, model, seen)


def leaves(schemas: dict[str, Any], node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a field's schema is about, without lists, maps and references."""
    if "$ref" in node:
        yield schemas[node["$ref"].removeprefix("#/$defs/")]
    elif "allOf" in node:
        for item in node["allOf"]:
            yield from leaves(schemas, item)
    elif node.get("type") == "array":
        yield from leaves(schemas, node["items"])
    elif isinstance(node.get("additionalProperties"), dict):
        yield from leaves(schemas, node["additionalProperties"])
    else:
        yield node


def classes(annotation: Any) -> Iterator[Any]:
    """The classes and literals that an annotation is made of."""
    if get_origin(annotation) is Literal or not get_args(annotation):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, list, dict):
        for item in get_args(annotation):
            yield from classes(item)
    else:
        yield from classes(get_args(annotation)[0])


def enum_values(item: Any) -> tuple[str, ...]:
    if get_origin(item) is Literal:
        return get_args(item)
    if isinstance(item, type) and issubclass(item, types.OpenEnum):
        return tuple(member.value for member in item)
    return ()
