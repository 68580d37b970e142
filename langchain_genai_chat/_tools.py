"""Bound tools and tool_choice in, Tool and ToolConfig of the wire out.

Knows nothing of messages or of how a reply is read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic.alias_generators import to_camel

from ._tool_forms import NAME, bound_forms, legal_name
from .genai import types

Json: TypeAlias = dict[str, Any]

MODES = {"auto": "AUTO", "any": "ANY", "required": "ANY", True: "ANY", "none": "NONE", "validated": "VALIDATED"}
_ARGUMENTS = ("parametersJsonSchema", "parameters")
_NO_ARGUMENTS = frozenset({"type", "title", "description", "$schema", "$id", "$comment"})
"""What a schema may say without having an argument."""


@dataclass(frozen=True, slots=True)
class ToolFields:
    """What tools are in a request."""

    fields: Json
    """`tools` and `toolConfig`, as the wire has them; without what is not needed."""
    aliases: Mapping[str, str]
    """Names on the wire to the tools' own, where they differ."""


def encode_tools(
    tools: Sequence[Any], tool_choice: Any, *, mixes_server_tools: bool, vertex: bool, rename: bool = False
) -> ToolFields:
    """The `tools` and `toolConfig` of a request: server tools in their order, then one Tool with all functions.

    Args:
        tools: In any form that `bound_forms` takes, which may be its own.
        tool_choice: `"auto"`, `"any"` or `"required"` or True, `"none"`, the name of a tool, a list of names,
            OpenAI's or Anthropic's dict of a name; None or False leave it to the model.
        mixes_server_tools: Whether the model's family takes functions and server tools in one request.
        vertex: The backend.
        rename: Give tools whose names Google does not take other names, and map them back.

    Raises:
        ValueError: The choice names no bound tool, or the tools cannot be mixed.
    """
    forms = [form for tool in tools for form in bound_forms(tool, rename=rename)]
    functions = [form["function"] for form in forms if form.get("type") == "function"]
    servers = [wire for form in forms if form.get("type") != "function" and (wire := _wire_tool(form))]
    aliases = _aliases([function["name"] for function in functions]) if rename else {}
    sent: list[Json] = servers
    if functions:
        sent = [*servers, {"functionDeclarations": [_declaration(function, aliases) for function in functions]}]
    config = _calling(tool_choice, functions, aliases)
    tool_config: Json = {"functionCallingConfig": config} if config else {}
    if functions and servers:
        if not mixes_server_tools:
            kinds = ", ".join(repr(name) for server in servers for name in server)
            raise ValueError(f"this model does not take functions together with {kinds}: bind one kind only.")
        if not vertex:
            tool_config["includeServerSideToolInvocations"] = True
    fields: Json = {"tools": sent} if sent else {}
    if tool_config:
        fields["toolConfig"] = tool_config
    return ToolFields(fields, {alias: name for name, alias in aliases.items()})


def renamed_calls(part_holders: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[Json]:
    """Contents with the names of calls and responses mapped, and made legal; the given ones are not changed."""
    return [
        {**content, "parts": [_renamed(part, names) for part in content.get("parts") or ()]} for content in part_holders
    ]


def _wire_tool(form: Json) -> Json:
    """Gemini's form in camelCase, with what the wire's types do not know left as it is."""
    wire: Json = types.Tool.model_validate(form).model_dump(mode="json", by_alias=True, exclude_none=True)
    return {to_camel(name) if "_" in name else name: value for name, value in wire.items()}


def _declaration(function: Mapping[str, Any], aliases: Mapping[str, str]) -> Json:
    """A declaration; one without arguments has no schema at all (B017)."""
    schemas = {"parametersJsonSchema": function.get("parameters"), **function.get("gemini", {})}
    return {
        "name": aliases.get(function["name"], function["name"]),
        "description": function.get("description") or "",
        **{name: value for name, value in schemas.items() if name not in _ARGUMENTS or _takes_arguments(value)},
    }


def _takes_arguments(parameters: Mapping[str, Any] | None) -> bool:
    """Whether a schema of arguments has any, if only in `additionalProperties`."""
    if not parameters or parameters.get("properties"):
        return bool(parameters)
    said = {name: value for name, value in parameters.items() if name not in _NO_ARGUMENTS}
    return any(said.values()) or said.get("additionalProperties") == {}


def _calling(choice: Any, functions: Sequence[Mapping[str, Any]], aliases: Mapping[str, str]) -> Json | None:
    """The `functionCallingConfig` of a choice; none where there is no function to call (B018)."""
    names = [function["name"] for function in functions]
    free = "VALIDATED" if any(function.get("strict") for function in functions) else None
    if choice is None or choice is False or choice == "":
        return {"mode": free} if free else None
    chosen = _chosen(choice)
    if isinstance(chosen, str):
        return {"mode": (free or chosen) if chosen == "AUTO" else chosen} if functions else None
    for name in chosen:
        if name not in names:
            raise ValueError(
                f"tool_choice {name!r} names no bound tool; bound: {', '.join(map(repr, names)) or 'none'}. "
                "Pass 'auto', 'any', 'none', or one of those names."
            )
    return {"mode": "ANY", "allowedFunctionNames": [aliases.get(name, name) for name in chosen]}


def _chosen(choice: Any) -> str | list[str]:
    """A mode, or the names of tools of which one must be called."""
    match choice:
        case bool() | "auto" | "any" | "required" | "none" | "validated":
            return MODES[choice]
        case str():
            return [choice]
        case {"type": "function", "function": {"name": str(name)}} | {"type": "tool" | "function", "name": str(name)}:
            return [name]
        case {"type": "auto" | "any" | "none" as mode}:
            return MODES[mode]
        case [*names] if names and all(isinstance(name, str) for name in names):
            return list(names)
    raise ValueError(f"tool_choice {choice!r} says nothing; pass 'auto', 'any', 'none', or the name of a bound tool.")


def _aliases(names: Sequence[str]) -> dict[str, str]:
    """Legal and unique names for those that are not."""
    taken = {name for name in names if NAME.fullmatch(name)}
    aliases: dict[str, str] = {}
    for name in names:
        if name in taken or name in aliases:
            continue
        alias = next(candidate for candidate in _numbered(legal_name(name)) if candidate not in taken)
        taken.add(alias)
        aliases[name] = alias
    return aliases


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1


def _renamed(part: Mapping[str, Any], names: Mapping[str, str]) -> Json:
    for field in ("functionCall", "functionResponse"):
        if (inside := part.get(field)) and (name := inside.get("name")):
            return {**part, field: {**inside, "name": names.get(name) or legal_name(name)}}
    return dict(part)
