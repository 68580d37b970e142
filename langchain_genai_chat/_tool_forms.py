"""One tool, in any of the forms that LangChain's users give, as it is kept while it is bound.

Knows nothing of other tools, of what is chosen or of a request.
"""

import dataclasses
import inspect
import re
import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeAlias, get_type_hints

from langchain_core import tools as langchain_tools  # loads a name when it is used: 4 ms that few need
from langchain_core.runnables import Runnable
from pydantic import BaseModel
from pydantic.alias_generators import to_snake
from typing_extensions import is_typeddict

from ._schemas import is_model, is_v1_model, schema_of, without_typed_dicts
from .genai import types

Json: TypeAlias = dict[str, Any]

NAME_RULE = "it must begin with a letter or an underscore, and have at most 128 characters of a-z A-Z 0-9 _ : . -"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_:.-]{0,127}")
OF_ONE_TEXT = {"type": "object", "properties": {"__arg1": {"type": "string"}}, "required": ["__arg1"]}
"""LangChain's oldest kind of tool, whose argument has no name; it reads any."""
_DECLARATIONS = ("functionDeclarations", "function_declarations")


def bound_forms(tool: Any, *, strict: bool | None = None, rename: bool = False) -> list[Json]:
    """A tool as it is kept while it is bound: OpenAI's form for a function, a dict of Gemini's for a server tool.

    Takes Python functions, tools, runnables as tools, pydantic classes (v1 and v2), TypedDicts, dataclasses;
    dicts of OpenAI, Anthropic, MCP, JSON Schema and Gemini; `types.Tool` and `types.FunctionDeclaration`, also
    google-genai's own. A schema that is given as JSON is kept word for word. Several come of Gemini's form of
    several functions.

    Raises:
        ValueError: Its name is none that Google takes (unless `rename`), or it is no tool.
    """
    tool = without_sdk(tool)
    server = _server_tool(tool)
    if server is None:
        return [_bound(_function(tool), strict=strict, rename=rename)]
    declared = [each for name in _DECLARATIONS for each in server.get(name) or ()]
    rest = {name: value for name, value in server.items() if name not in _DECLARATIONS}
    functions = [_bound(_of_declaration(each), strict=strict, rename=rename) for each in declared]
    return [rest, *functions] if rest else functions


def without_sdk(value: Any) -> Any:
    """A message of google-genai's own classes, which is not imported here, as a dict; anything else as it is."""
    as_json = getattr(value, "to_json_dict", None)
    return as_json() if as_json and isinstance(value, BaseModel) else value


def legal_name(name: str) -> str:
    """A name that Google takes, as like as can be; the same for names that differ in other signs only."""
    if NAME.fullmatch(name):
        return name
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", name)[:120]
    return plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"


def _bound(function: Json, *, strict: bool | None, rename: bool) -> Json:
    """A function in OpenAI's form, as it is kept; raises `ValueError` for a name that cannot be sent."""
    name = function["name"]
    if not rename and not NAME.fullmatch(name):
        raise ValueError(f"tool {name!r} has no legal name: {NAME_RULE}. rename_tools=True gives it one.")
    if strict is not None and function.setdefault("strict", strict) != strict:
        raise ValueError(f"tool {name!r} says strict={function['strict']} itself.")
    return {"type": "function", "function": function}


def _server_tool(tool: Any) -> Json | None:
    """A tool of Google's, or declarations, in Gemini's form; None if it is a function."""
    if not isinstance(tool, dict):
        return tool.model_dump(mode="json", by_alias=True, exclude_none=True) if isinstance(tool, types.Tool) else None
    if not tool or tool.get("type") == "function":  # the last is what is bound
        return None
    if all(to_snake(str(name)) in types.Tool.model_fields for name in tool):
        return tool
    ((name, settings), *others) = tool.items()  # one that came after this was written is known by its form
    is_new = (
        not others and isinstance(settings, dict) and name not in ("function", "properties", "parameters", "toolSpec")
    )
    return tool if is_new else None


def _function(tool: Any) -> Json:  # noqa: C901, PLR0911 - one row for each form that a tool has
    """A function in OpenAI's form: name, description, parameters as JSON Schema."""
    match tool:
        case {"type": "function", "function": {"name": _} as function}:
            return dict(function)
        case types.FunctionDeclaration():
            return _of_declaration(tool)
        case {"name": _, "parametersJsonSchema": _} | {"name": _, "parameters_json_schema": _}:
            return _of_declaration(tool)
        case {"name": _, "parameters": types.Schema()}:
            return _of_declaration(tool)
        case {"name": _, "parameters": {"type": str(kind)}} if kind.isupper():  # the OpenAPI subset
            return _of_declaration(tool)
        case {"name": str(name), "input_schema": schema} | {"name": str(name), "inputSchema": schema}:
            return {"name": name, "description": tool.get("description") or "", "parameters": schema or {}}
        case {"name": str(), "parameters": _} | {"name": str(), "description": _}:
            return {name: tool[name] for name in ("name", "description", "parameters", "strict") if name in tool}
        case {"title": str(title)}:
            return _described(tool, title)
        case {"toolSpec": {"name": str(name), "inputSchema": {"json": schema}}}:  # Bedrock's
            return {"name": name, "description": tool["toolSpec"].get("description") or "", "parameters": schema}
        case {"type": str(kind)} if kind not in ("object", "function"):
            raise ValueError(
                f"a tool of type {kind!r} is not one of Google's; give it as {{'google_search': {{}}}} is."
            )
        case Mapping():
            raise ValueError(f"a dict with {', '.join(map(repr, tool))} is no tool; it needs a 'name' or a 'title'.")
    return _of_object(tool)


def _of_declaration(given: Any) -> Json:
    """A declaration of Gemini's; what OpenAI's form has no place for is kept beside it."""
    declaration: Json = types.FunctionDeclaration.model_validate(given).model_dump(
        mode="json", by_alias=True, exclude_none=True
    )
    function = {"name": declaration.pop("name", ""), "description": declaration.pop("description", "")}
    if "parametersJsonSchema" in declaration:
        function["parameters"] = declaration.pop("parametersJsonSchema")
    return {**function, "gemini": declaration} if declaration else function


def _of_object(tool: Any) -> Json:
    """A Python object that is a tool: a BaseTool, a class, a function, an MCP tool."""
    if isinstance(tool, langchain_tools.BaseTool):
        own = OF_ONE_TEXT if isinstance(tool, langchain_tools.Tool) and tool.args_schema is None else tool.args_schema
        parameters = own if isinstance(own, dict) else _described(schema_of(tool.tool_call_schema), "")["parameters"]
        return {"name": tool.name, "description": tool.description, "parameters": parameters}
    is_dataclass = dataclasses.is_dataclass(tool) and isinstance(tool, type)
    if is_model(tool) or is_typeddict(tool) or is_v1_model(tool) or is_dataclass:
        return _described(schema_of(tool), tool.__name__)
    if isinstance(getattr(tool, "inputSchema", None), Mapping):  # mcp.types.Tool
        return {"name": tool.name, "description": tool.description or "", "parameters": dict(tool.inputSchema)}
    if callable(tool) and not isinstance(tool, type) and hasattr(tool, "__name__"):
        return _of_function(tool)
    what = tool.__name__ if isinstance(tool, type) else f"a {type(tool).__name__}"
    hint = "; its as_tool() is one." if isinstance(tool, Runnable) else "; pass a function, a tool, a class or a dict."
    raise ValueError(f"{what} is no tool{hint}")


def _of_function(function: Callable[..., Any]) -> Json:
    """A Python function: its Google-style docstring describes it and its arguments."""
    hints = get_type_hints(function, include_extras=True)
    plain = {name: without_typed_dicts(hint) for name, hint in hints.items()}
    described = function if all(plain[name] is hints[name] for name in hints) else _retyped(function, plain)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Field name .* shadows", UserWarning)  # an argument may be called `schema`
        model = langchain_tools.create_schema_from_function(
            function.__name__, described, parse_docstring=True, error_on_invalid_docstring=False, include_injected=False
        )
    return {**_described(schema_of(model), function.__name__), "name": function.__name__}


def _retyped(function: Callable[..., Any], hints: Mapping[str, Any]) -> Callable[..., Any]:
    """A function that is looked at only: the same one with other hints."""

    @wraps(function)
    def looked_at() -> None:
        """Be looked at."""

    signature = inspect.signature(function)
    parameters = [each.replace(annotation=hints.get(name, Any)) for name, each in signature.parameters.items()]
    looked_at.__annotations__ = dict(hints)
    vars(looked_at)["__signature__"] = signature.replace(parameters=parameters)
    return looked_at


def _described(schema: Mapping[str, Any], name: str) -> Json:
    """A function of a schema, whose own title and description are the function's."""
    parameters = {key: value for key, value in schema.items() if key not in ("title", "description")}
    return {
        "name": schema.get("title") or name,
        "description": schema.get("description") or "",
        "parameters": parameters,
    }
