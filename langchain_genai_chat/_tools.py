"""Tools and tool_choice in, Tool and ToolConfig of the wire out.

Knows every form in which LangChain's users give a tool; knows nothing of messages or of how a reply is read.
"""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from langchain_core.tools import BaseTool
from langchain_core.tools.base import create_schema_from_function
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic.alias_generators import to_camel, to_snake
from typing_extensions import is_typeddict

from ._schemas import is_model, is_v1_model, schema_of
from .genai import types

Json: TypeAlias = dict[str, Any]

NAME_RULE = "it must begin with a letter or an underscore, and have at most 128 characters of a-z A-Z 0-9 _ : . -"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_:.-]{0,127}")
SERVER_TOOLS = frozenset(name for name in types.Tool.model_fields if name != "function_declarations")
"""Tools that Google runs, by their names in `types.Tool`."""
MODES = {"auto": "AUTO", "any": "ANY", "required": "ANY", True: "ANY", "none": "NONE", "validated": "VALIDATED"}


@dataclass(frozen=True, slots=True)
class ToolFields:
    """What tools are in a request."""

    fields: Json
    """`tools` and `toolConfig`, as the wire has them; without what is not needed."""
    aliases: Mapping[str, str]
    """Names on the wire to the tools' own, where they differ."""


def bound_form(tool: Any, *, strict: bool | None = None, rename: bool = False) -> Json:
    """A tool as it is kept while it is bound: OpenAI's form for a function, a dict of Gemini's for a server tool.

    Takes Python functions, tools, runnables as tools, pydantic classes (v1 and v2), TypedDicts, dataclasses;
    dicts of OpenAI, Anthropic, MCP, JSON Schema and Gemini; `types.Tool` and `types.FunctionDeclaration`. A
    schema that is given as JSON is kept word for word.

    Raises:
        ValueError: Its name is none that Google takes (unless `rename`), or it is no tool.
    """
    if (server := _server_tool(tool)) is not None:
        return server
    function = _function(tool)
    if not rename and not _NAME.fullmatch(function["name"]):
        raise ValueError(f"tool {function['name']!r} has no legal name: {NAME_RULE}. rename_tools=True gives it one.")
    if strict is not None and function.setdefault("strict", strict) != strict:
        raise ValueError(f"tool {function['name']!r} says strict={function['strict']} itself.")
    return {"type": "function", "function": function}


def encode_tools(
    tools: Sequence[Any], tool_choice: Any, *, mixes_server_tools: bool, vertex: bool, rename: bool = False
) -> ToolFields:
    """The `tools` and `toolConfig` of a request: server tools in their order, then one Tool with all functions.

    Args:
        tools: In any form that `bound_form` takes; those that it made are not converted again.
        tool_choice: `"auto"`, `"any"` or `"required"` or True, `"none"`, the name of a tool, a list of names,
            OpenAI's or Anthropic's dict of a name; None or False leave it to the model.
        mixes_server_tools: Whether the model's family takes functions and server tools in one request.
        vertex: The backend.
        rename: Give tools whose names Google does not take other names, and map them back.

    Raises:
        ValueError: The choice names no bound tool, or the tools cannot be mixed.
    """
    functions: list[Json] = []
    servers: list[Json] = []
    for tool in tools:
        form = tool if _is_bound(tool) else bound_form(tool, rename=rename)
        if form.get("type") == "function":
            functions.append(form["function"])
            continue
        server = _wire_tool(form)
        functions += [_of_declaration(declared) for declared in server.pop("functionDeclarations", ())]
        if server:
            servers.append(server)
    aliases = _aliases([function["name"] for function in functions]) if rename else {}
    sent: list[Json] = servers
    if functions:
        sent = [*servers, {"functionDeclarations": [_declaration(function, aliases) for function in functions]}]
    config = _calling(tool_choice, functions, aliases)
    tool_config: Json = {"functionCallingConfig": config} if config else {}
    if functions and servers:
        if not mixes_server_tools:
            names = ", ".join(repr(name) for server in servers for name in server)
            raise ValueError(f"this model does not take functions together with {names}: bind one kind only.")
        if not vertex:
            tool_config["includeServerSideToolInvocations"] = True
    fields: Json = {"tools": sent} if sent else {}
    if tool_config:
        fields["toolConfig"] = tool_config
    return ToolFields(fields, {alias: name for name, alias in aliases.items()})


def renamed_calls(part_holders: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[Json]:
    """Contents with the names of calls and responses mapped; the given ones are not changed."""
    return [
        {**content, "parts": [_renamed(part, names) for part in content.get("parts") or ()]} for content in part_holders
    ]


# ---- one tool ------------------------------------------------------------------------


def _is_bound(tool: Any) -> bool:
    return isinstance(tool, dict) and (
        (tool.get("type") == "function" and isinstance(tool.get("function"), dict)) or _server_tool(tool) is tool
    )


def _server_tool(tool: Any) -> Json | None:
    """A tool of Google's, or several with declarations, in Gemini's form; None if it is a function."""
    if isinstance(tool, types.Tool):
        dumped: Json = tool.model_dump(mode="json", by_alias=True, exclude_none=True)
        return dumped
    if not isinstance(tool, dict) or {"type", "name", "title", "function"} & tool.keys() or len(tool) != 1:
        return None
    (name,) = tool
    known = to_snake(str(name))
    is_tool = known in SERVER_TOOLS or known == "function_declarations" or isinstance(tool[name], dict)
    return tool if is_tool and name not in ("properties", "parameters") else None


def _wire_tool(form: Json) -> Json:
    """Gemini's form in camelCase, with what the wire's types do not know left as it is."""
    wire: Json = types.Tool.model_validate(form).model_dump(mode="json", by_alias=True, exclude_none=True)
    return {to_camel(name) if "_" in name else name: value for name, value in wire.items()}


def _function(tool: Any) -> Json:  # noqa: PLR0911 - one return for each form that a tool has
    """A function in OpenAI's form: name, description, parameters as JSON Schema."""
    match tool:
        case {"type": "function", "function": {"name": _}}:
            return dict(tool["function"])
        case types.FunctionDeclaration():
            return _of_declaration(tool.model_dump(mode="json", by_alias=True, exclude_none=True))
        case {"name": _, "parametersJsonSchema": _} | {"name": _, "parameters_json_schema": _}:
            return _of_declaration(tool)
        case {"name": str(name), "input_schema": schema} | {"name": str(name), "inputSchema": schema}:
            return {"name": name, "description": tool.get("description") or "", "parameters": schema or {}}
        case {"name": str(), "parameters": {"type": str(kind)}} if kind.isupper():
            return _of_declaration(tool)
        case {"name": str(), "parameters": _} | {"name": str(), "description": _}:
            return {name: tool[name] for name in ("name", "description", "parameters", "strict") if name in tool}
        case {"type": str(kind)} if kind not in ("object", "function"):
            raise ValueError(
                f"a tool of type {kind!r} is not one of Google's; give it as {{'google_search': {{}}}} is."
            )
        case {"title": str(title)}:
            schema = {name: value for name, value in tool.items() if name not in ("title", "description")}
            return {"name": title, "description": tool.get("description", ""), "parameters": schema}
        case Mapping():
            raise ValueError(f"a dict with {', '.join(map(repr, tool))} is no tool; it needs a 'name' or a 'title'.")
    return _of_object(tool)


def _of_declaration(declaration: Mapping[str, Any]) -> Json:
    """A declaration of Gemini's; an OpenAPI schema in it is sent as it is."""
    schema = declaration.get("parametersJsonSchema", declaration.get("parameters_json_schema"))
    function = {"name": declaration["name"], "description": declaration.get("description", "")}
    if schema is not None:
        return {**function, "parameters": schema}
    if "parameters" in declaration:
        return {**function, "openapi_parameters": declaration["parameters"]}
    return function


def _of_object(tool: Any) -> Json:
    """A Python object that is a tool: a BaseTool, a class, a function, an MCP tool."""
    if isinstance(tool, BaseTool):
        schema = tool.tool_call_schema
        parameters = schema if isinstance(schema, dict) else _described(schema_of(schema), tool.name)["parameters"]
        return {"name": tool.name, "description": tool.description, "parameters": parameters}
    if is_model(tool) or is_typeddict(tool) or is_v1_model(tool):
        return _described(schema_of(tool), tool.__name__)
    if dataclasses.is_dataclass(tool) and isinstance(tool, type):
        return _described({"description": _own_doc(tool), **schema_of(tool)}, tool.__name__)
    if isinstance(getattr(tool, "inputSchema", None), Mapping):  # mcp.types.Tool
        return {"name": tool.name, "description": tool.description or "", "parameters": dict(tool.inputSchema)}
    if callable(tool) and not isinstance(tool, type) and hasattr(tool, "__name__"):
        return _of_function(tool)
    converted: Json = convert_to_openai_tool(tool)["function"]
    return converted


def _of_function(function: Callable[..., Any]) -> Json:
    """A Python function: its Google-style docstring describes it and its arguments."""
    model = create_schema_from_function(
        function.__name__, function, parse_docstring=True, error_on_invalid_docstring=False, include_injected=False
    )
    return {**_described(schema_of(model), function.__name__), "name": function.__name__}


def _described(schema: Mapping[str, Any], name: str) -> Json:
    """A function of a schema, whose own title and description are the function's."""
    parameters = {key: value for key, value in schema.items() if key not in ("title", "description")}
    return {
        "name": schema.get("title") or name,
        "description": schema.get("description") or "",
        "parameters": parameters,
    }


def _own_doc(cls: type) -> str:
    """A dataclass's docstring, but not the signature that Python makes one of."""
    doc = cls.__doc__ or ""
    return "" if doc.startswith(f"{cls.__name__}(") else doc


# ---- the request ---------------------------------------------------------------------


def _declaration(function: Mapping[str, Any], aliases: Mapping[str, str]) -> Json:
    """A declaration; one without arguments has no schema at all (B017)."""
    declared: Json = {"name": aliases.get(function["name"], function["name"])}
    declared["description"] = function.get("description") or ""
    if "openapi_parameters" in function:
        return {**declared, "parameters": function["openapi_parameters"]}
    parameters = function.get("parameters") or {}
    takes_some = parameters.get("properties") or parameters.keys() - {
        "type",
        "properties",
        "required",
        "additionalProperties",
        "$schema",
    }
    if takes_some:
        declared["parametersJsonSchema"] = parameters
    return declared


def _calling(choice: Any, functions: Sequence[Mapping[str, Any]], aliases: Mapping[str, str]) -> Json | None:
    """The `functionCallingConfig` of a choice; none where there is no function to call (B018)."""
    names = [function["name"] for function in functions]
    if choice is None or choice is False or choice == "":
        strict = bool(functions) and all(function.get("strict") for function in functions)
        return {"mode": "VALIDATED"} if strict else None
    chosen = _chosen(choice)
    if isinstance(chosen, str):
        return {"mode": chosen} if functions else None
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
    taken = {name for name in names if _NAME.fullmatch(name)}
    aliases: dict[str, str] = {}
    for name in names:
        if name in taken or name in aliases:
            continue
        plain = re.sub(r"[^A-Za-z0-9_]+", "_", name)[:120]
        plain = plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"
        alias = next(candidate for candidate in _numbered(plain) if candidate not in taken)
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
        if (inside := part.get(field)) and inside.get("name") in names:
            return {**part, field: {**inside, "name": names[inside["name"]]}}
    return dict(part)
