"""A JSON body read as the service reads proto JSON, against Google's published messages.

Knows field names, types and the words of Google's complaints; knows nothing of turns, keys or models.
"""

import json
import re
from base64 import b64decode
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from .refusals import TYPE, RefusalError, read_schema

Backend = Literal["gemini", "vertex"]
Schema = dict[str, Any]

DOCUMENTS: dict[Backend, tuple[str, str]] = {
    "gemini": ("generativelanguage.v1beta", "type.googleapis.com/google.ai.generativelanguage.v1beta."),
    "vertex": ("aiplatform.v1beta1", "type.googleapis.com/google.cloud.aiplatform.v1beta1."),
}
STANDARD_ALPHABET = str.maketrans("-_", "+/")


def read_body(body: object, message: str, backend: Backend) -> dict[str, Any]:
    """The body with camelCase names, lists where lists are due and upper-case enums.

    Taken as the service takes it: both spellings of a name, both base64 alphabets, numbers as strings, enums
    in any case or by number, one object where a list is due, null for absent. The rest raises RefusalError.
    """
    reader = _Reader(load_messages(backend), DOCUMENTS[backend][1])
    if not isinstance(body, dict):
        reader.unknown("", "", "Root element must be a message.")
        body = {}
    read = reader.message(message, body, "")
    if reader.complaints:
        raise _refusal(reader.complaints)
    return read


def _refusal(complaints: list[tuple[str, str]]) -> RefusalError:
    violations = [{"field": path, "description": text} if path else {"description": text} for path, text in complaints]
    detail = {"@type": f"{TYPE}BadRequest", "fieldViolations": violations}
    told = {"complaints": "\n".join(text for _, text in complaints)}
    return RefusalError("a body must fit the published schema", told, hint=complaints[0][1], details=(detail,))


@dataclass(slots=True)
class _Reader:
    """Reads one body; what it objects to is kept as (field, description)."""

    messages: dict[str, dict[str, tuple[str, str, Schema]]]
    prefix: str
    complaints: list[tuple[str, str]] = field(default_factory=list)

    def message(self, name: str, raw: dict[str, Any], path: str) -> dict[str, Any]:
        fields = self.messages[name]
        read = {}
        for key, value in raw.items():
            known = fields.get(key)
            if known is None:
                self.unknown(key, path, "Cannot find field.")
            elif value is not None:  # null is absent: recorded, rig-completion-smoke-1d311b2e
                camel, snake, schema = known
                here = f"{path}.{snake}" if path else snake
                if isinstance(value, list) and not _repeats(schema):
                    self.unknown(key, path, "Proto field is not repeating, cannot start list.")
                else:
                    read[camel] = self.value(schema, value, here)
        return read

    def value(self, schema: Schema, raw: Any, path: str) -> Any:
        if "allOf" in schema:
            schema = schema["allOf"][0]
        if "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/")
            return self.message(name, raw, path) if isinstance(raw, dict) else self.invalid(path, name[3:], raw)
        if "enum" in schema:
            return self.enum(schema["enum"], raw, path)
        kind = schema["anyOf"][1]["type"] if "anyOf" in schema else schema.get("type", "any")
        if kind == "array":
            # recorded: one object for contents, parts, tools (sublayer-sublayer-action-generator-c5ca08a1)
            items = raw if isinstance(raw, list) else [raw]
            return [self.value(schema["items"], item, f"{path}[{i}]") for i, item in enumerate(items)]
        if kind == "object":
            return self.mapping(schema.get("additionalProperties"), raw, path)
        return raw if kind == "any" else self.scalar(schema, kind, raw, path)

    def mapping(self, values: Schema | None, raw: Any, path: str) -> Any:
        if not isinstance(raw, dict):
            return self.invalid(path, "type.googleapis.com/google.protobuf.Struct", raw)
        if values is None:
            return raw
        return {k: self.value(values, v, f"{path}[{i}].value") for i, (k, v) in enumerate(raw.items())}

    def enum(self, names: list[str], raw: Any, path: str) -> Any:
        # recorded in lower case: ruby-llm-chat-tool-choice-and-calls-control-...-0b516e44
        known = {json.dumps(key): name for i, name in enumerate(names) for key in (i, name.lower())}
        name = known.get(json.dumps(raw).lower())
        return self.invalid(path, "TYPE_ENUM", raw) if name is None else name

    def scalar(self, schema: Schema, kind: str, raw: Any, path: str) -> Any:
        if kind == "boolean":
            return raw if isinstance(raw, bool) else self.invalid(path, "TYPE_BOOL", raw)
        if kind in ("integer", "number"):
            return self.number(schema, kind, raw, path)
        if not isinstance(raw, str):
            return self.invalid(path, "TYPE_BYTES" if "contentEncoding" in schema else "TYPE_STRING", raw)
        if "contentEncoding" in schema:
            good = read_bytes(raw) is not None
            return raw if good else self.invalid(path, "TYPE_BYTES", raw, "Base64 decoding failed for ")
        if "pattern" in schema and not re.search(schema["pattern"], raw):
            known = schema.get("x-format", "").removeprefix("google-").title()
            return self.invalid(path, f"type.googleapis.com/google.protobuf.{known}", raw)
        return raw

    def number(self, schema: Schema, kind: str, raw: Any, path: str) -> Any:
        try:
            # documented for proto JSON: a number may be a string, a whole one may be written 1.0 or 1e3
            number = raw if isinstance(raw, int | float) and not isinstance(raw, bool) else json.loads(str(raw))
            if kind == "number":
                return number + 0
            if number == int(number) and schema.get("minimum", number) <= number <= schema.get("maximum", number):
                return int(number)
        except (ValueError, TypeError, OverflowError):
            pass
        return self.invalid(path, "TYPE_" + str(schema.get("x-format", "int32")).upper(), raw)

    def unknown(self, key: str, path: str, reason: str) -> None:
        at = f" at '{path}'" if path else ""
        self.complaints.append((path, f'Invalid JSON payload received. Unknown name "{key}"{at}: {reason}'))

    def invalid(self, path: str, kind: str, raw: Any, reason: str = "") -> None:
        named = kind if kind.startswith(("TYPE_", "type.")) else self.prefix + kind
        self.complaints.append((path, f"Invalid value at '{path}' ({named}), {reason}{json.dumps(raw)[:200]}"))


@lru_cache
def load_messages(backend: Backend) -> dict[str, dict[str, tuple[str, str, Schema]]]:
    """Each message's fields under every name they go by, as (camelCase, snake_case, schema)."""
    defs = read_schema(f"{DOCUMENTS[backend][0]}.schema")["$defs"]
    messages: dict[str, dict[str, tuple[str, str, Schema]]] = {}
    for owner, schema in defs.items():
        if owner.startswith("in."):
            messages[owner] = fields = {}
            for camel, field_schema in schema["properties"].items():
                snake = re.sub(r"(?<=[a-z0-9])[A-Z]", lambda m: "_" + m[0].lower(), camel)
                fields[camel] = fields[snake] = (camel, snake, field_schema)
    return messages


def _repeats(schema: Schema) -> bool:
    return schema.get("type") == "array" or not schema.keys() & {"type", "$ref", "allOf", "anyOf", "enum"}


def read_bytes(text: str) -> bytes | None:
    """Base64 in either alphabet, padded or not, as documented for bytes in proto JSON; None if it is none."""
    bare = text.translate(STANDARD_ALPHABET).rstrip("=")
    try:
        return b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError:
        return None
