"""A model's calls of Python functions: arguments fitted, functions run, results as the wire wants them.

Knows nothing of requests or rounds. Whatever a function raises is told to the model, never to the caller.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from pydantic import PydanticUserError, ValidationError
from pydantic_core import to_json, to_jsonable_python

from . import types
from .errors import UnknownFunctionCallArgumentError, UnsupportedFunctionError
from .types._mcp import McpSession
from .types._signatures import Function, Json, adapter_of, name_of, named_parameters, signature_of

_LOGGER = logging.getLogger("langchain_genai_chat")

Run: TypeAlias = "Callable[[], Json | _Later]"
"""A call that waits to be made: gives the `response` of its functionResponse, and raises nothing."""


_DECLARED: WeakKeyDictionary[Function, tuple[tuple[object, ...], types.FunctionDeclaration]] = WeakKeyDictionary()


def declare(function: Function | McpSession) -> types.FunctionDeclaration:
    """A function's declaration, kept with it: to describe twenty takes 20 ms, and a chat sends them with each message.

    A function whose name, docstring, defaults or annotations were changed since is described anew. So is every
    other callable at each time, since it may be equal to another one.

    Raises:
        ValueError: pydantic cannot describe a parameter's annotation.
    """
    if isinstance(function, RemoteTool):
        return function.declaration
    if not inspect.isfunction(function):
        if isinstance(function, McpSession):
            raise UnsupportedFunctionError(
                "An MCP session is among the tools; only generate_content, generate_content_stream and chats of the "
                "asynchronous client (client.aio) can ask it for its tools."
            )
        return types.FunctionDeclaration.from_callable(callable=function)
    facts = (function.__name__, function.__doc__, function.__defaults__, function.__kwdefaults__)
    said = (*facts, dict(function.__annotations__))
    kept, declaration = _DECLARED.get(function, (None, None))
    if declaration is None or kept != said:
        declaration = types.FunctionDeclaration.from_callable(callable=function)
        _DECLARED[function] = said, declaration
    return declaration


class RemoteToolError(Exception):
    """A tool of an MCP session says that it failed; the model is told."""


class RemoteTool:
    """A tool of an MCP session, called like a coroutine function."""

    def __init__(self, session: McpSession, tool: Json) -> None:
        self._session = session
        self.__name__ = tool["name"]
        self.declaration = types.FunctionDeclaration(
            name=tool["name"], description=tool.get("description"), parameters_json_schema=tool["inputSchema"]
        )

    async def __call__(self, /, **arguments: Any) -> Json:
        """Give the tool's result as JSON; raises `RemoteToolError` if it says that it is an error."""
        given = await self._session.call_tool(self.__name__, arguments)
        result: Json = to_jsonable_python(given, exclude_none=True)
        if result.get("isError"):
            raise RemoteToolError(" ".join(each.get("text", "") for each in result.get("content") or ()))
        return result


class Functions:
    """The Python functions of one request, by the names under which the model calls them."""

    def __init__(self, functions: Iterable[Function]) -> None:
        self._by_name: dict[str, Function] = {}
        for function in functions:
            name = name_of(function)
            if name in self._by_name:
                raise ValueError(
                    f"Two functions among the tools are called {name!r}; the model could not tell them apart."
                )
            self._by_name[name] = function

    def refuse_coroutines(self) -> None:
        """Raise `UnsupportedFunctionError` if a function must be awaited: a synchronous call cannot."""
        for name, function in self._by_name.items():
            if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
                raise UnsupportedFunctionError(
                    f"Function {name} is a coroutine function, which a synchronous call cannot run; "
                    "use the asynchronous client (client.aio), or a plain function."
                )

    def runs(self, calls: Iterable[types.FunctionCall]) -> tuple[Run, ...]:
        """The calls, each to be made once, in order; one of an unknown function runs nothing."""
        return tuple(self._run(call) for call in calls)

    def _run(self, call: types.FunctionCall) -> Run:
        function = self._by_name.get(call.name or "")
        if function is None:
            known = ", ".join(self._by_name)
            return lambda: {"error": f"unknown function {call.name}; known: {known}"}
        return lambda: run_function(function, call.args or {})


def run_function(function: Function, args: Mapping[str, Any]) -> Json | _Later:
    """Call a function with a model's arguments: `{"result": value}`, or `{"error": text}` if it or they fail.

    A coroutine function gives an awaitable of that.
    """
    try:
        # The server of a remote tool looks at what comes.
        remote = isinstance(function, RemoteTool)
        positional, keywords = ([], whole_numbers(dict(args))) if remote else fit_arguments(function, args)
        value = function(*positional, **keywords)
        return _Later(function, value) if inspect.isawaitable(value) else {"result": plain(value)}
    except Exception as error:  # noqa: BLE001 - a user's function may raise anything, and the turn goes on
        return _told(function, error)


def fit_arguments(function: Function, args: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """A model's arguments as a function's annotations want them: positional ones, and keywords.

    JSON has one kind of number, so a float without fraction becomes an int, unless its annotation makes a float
    of it again. Unknown arguments are left out; a missing one takes its default, or fails the call.

    Raises:
        UnknownFunctionCallArgumentError: An argument does not fit its annotation, or one is missing that stands
            before a positional one and has no default.
    """
    positional: list[Any] = []
    skipped: list[inspect.Parameter] = []
    keywords: dict[str, Any] = {}
    for parameter in named_parameters(signature_of(function)):
        if parameter.name not in args:
            skipped.append(parameter)
            continue
        value = _fit(whole_numbers(args[parameter.name]), parameter, function)
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            positional += [*(_default(each, function) for each in skipped), value]
            skipped.clear()
        else:
            keywords[parameter.name] = value
    return positional, keywords


def whole_numbers(value: Any) -> Any:
    """JSON with its floats without fraction as ints, however deep."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: whole_numbers(inner) for key, inner in value.items()}
        case list():
            return [whole_numbers(inner) for inner in value]
    return value


def plain(value: Any) -> Any:
    """A function's result as JSON: models and dataclasses as objects, bytes as base64, the unknown as its text.

    Raises `ValueError` for what no request can hold: half of a surrogate pair.
    """
    made = to_jsonable_python(value, bytes_mode="base64", fallback=str)
    to_json(made)
    return made


def response_content(calls: Sequence[types.FunctionCall], results: Sequence[Json | _Later]) -> types.Content:
    """What calls were answered, as the user's turn that follows them: in their order, with their ids."""
    answered = zip(calls, map(_settled, results), strict=True)
    parts = [
        types.Part.from_function_response(id=call.id, name=call.name or "", response=given) for call, given in answered
    ]
    return types.Content(role="user", parts=parts)


def _fit(value: Any, parameter: inspect.Parameter, function: Function) -> Any:
    try:
        adapter = adapter_of(parameter.annotation)
    except PydanticUserError:  # what pydantic cannot check, the function gets as it came
        return value
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'value'}: {each['msg']}" for each in error.errors())
        raise UnknownFunctionCallArgumentError(
            f"argument {parameter.name!r} of {name_of(function)} does not fit: {problems}"
        ) from error


def _default(parameter: inspect.Parameter, function: Function) -> Any:
    """What stands in the place of a missing argument, so that those after it keep theirs."""
    if parameter.default is inspect.Parameter.empty:
        raise UnknownFunctionCallArgumentError(f"argument {parameter.name!r} of {name_of(function)} is missing")
    return parameter.default


def _settled(result: Json | _Later) -> Json:
    """A result; one that nobody awaited is an error: a plain function gave a coroutine to a synchronous call."""
    if isinstance(result, _Later):
        result.close()
        return {"error": "The function must be awaited, which a synchronous call cannot do."}
    return result


class _Later(Awaitable[Json]):
    """The result of a function that must be awaited."""

    def __init__(self, function: Function, value: Awaitable[Any]) -> None:
        self._function = function
        self._value = value

    def __await__(self) -> Generator[Any, Any, Json]:
        return self._wait().__await__()

    def close(self) -> None:
        if isinstance(self._value, Coroutine):
            self._value.close()

    async def _wait(self) -> Json:
        try:
            return {"result": plain(await self._value)}
        except Exception as error:  # noqa: BLE001 - as in run_function
            return _told(self._function, error)


def _told(function: Function, error: Exception) -> Json:
    """An error as the model is told it; the developer finds its traceback in the log, at DEBUG."""
    _LOGGER.debug("function %s failed", name_of(function), exc_info=error)
    try:
        words = str(error).encode("utf-8", "replace").decode()
    except Exception:  # noqa: BLE001 - the error is the user's too, and may have no words
        words = "it cannot be shown"
    if isinstance(error, UnknownFunctionCallArgumentError):
        return {"error": words}
    return {"error": f"{type(error).__name__}: {words}"}
