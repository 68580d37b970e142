"""A schema to what a request says of it, and the reply to an object of it.

Knows every form of schema; knows nothing of how a request is made or sent.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import add, itemgetter
from typing import Any, Literal, TypeAlias, get_args

from langchain_core.exceptions import OutputParserException
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.output_parsers import BaseTransformOutputParser
from langchain_core.outputs import Generation
from langchain_core.runnables import Runnable, RunnableMap, RunnablePassthrough
from langchain_core.utils.function_calling import convert_to_json_schema
from pydantic import TypeAdapter
from pydantic_core import from_json, to_json
from typing_extensions import is_typeddict

from ._replies import bad_reply
from ._schemas import is_model, is_v1_model, schema_of, without_typed_dicts
from ._tool_forms import bound_forms, legal_name
from .errors import BadReplyError, OutputTruncatedError

Json: TypeAlias = dict[str, Any]
Method: TypeAlias = Literal["json_schema", "function_calling", "json_mode"]

NOTHING = object()
VALUE = "value"
"""The argument that holds what is no object, for a function takes named arguments only."""
BEFORE = re.compile(r'\s*(?:(?![{["]).*?```(?:json)?\s*)?', re.IGNORECASE | re.DOTALL)
"""What stands before a reply's JSON: nothing, or words and the beginning of a fence."""
LENIENT = json.JSONDecoder(strict=False)
"""Takes line breaks inside a string, as JSON itself does not."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a structured call adds to a request."""

    arguments: Json
    """For `bind`, or for `bind_tools` beside the tool."""
    tool: Json | None = None
    """The function whose arguments are the object, if that is how it is asked for."""
    wrapped: bool = False
    """What is asked for is no object, and stands in the argument `value`."""


def ask_for(schema: Any, method: str, *, strict: bool | None = None) -> Asked:
    """What to bind so that replies fit a schema.

    Args:
        schema: A pydantic class (v1 or v2), TypedDict, dataclass, Enum, `list[...]` or any other type, or a dict of
            JSON Schema or of a tool; None with `json_mode` only.
        method: `json_schema`, `function_calling` or `json_mode`. The last is the first where there is a schema, as in
            langchain-google-genai: Gemini can hold to it, and whoever passes one expects that.
        strict: Kept for tracing; Google holds replies to the schema in any case.

    Raises:
        ValueError: There is no such method, or it needs a schema.
    """
    if method not in get_args(Method):
        raise ValueError(f"method {method!r} is none; pass one of: {', '.join(get_args(Method))}.")
    if schema is None and method != "json_mode":
        raise ValueError(f"method {method!r} needs a schema; only 'json_mode' goes without.")
    arguments: Json = {} if schema is None else _traced(schema, method, strict=strict)
    if method == "function_calling":
        return Asked(arguments, *_tool_of(schema))
    arguments["response_mime_type"] = "application/json"
    if schema is not None:
        arguments["response_json_schema"] = schema_of(schema)
    return Asked(arguments)


def parsed_replies(
    model: Runnable[LanguageModelInput, AIMessage], schema: Any, *, asked: Asked, include_raw: bool
) -> Runnable[LanguageModelInput, Any]:
    """A bound model whose replies are objects; with `include_raw`, dicts of `raw`, `parsed` and `parsing_error`."""
    call = asked.tool["function"]["name"] if asked.tool else None
    parser = ReplyParser(target=schema, call=call, wrapped=asked.wrapped)
    if not include_raw:
        return model | parser
    parsed = RunnablePassthrough.assign(parsed=itemgetter("raw") | parser, parsing_error=lambda _: None)
    failed = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=model) | parsed.with_fallbacks([failed], exception_key="parsing_error")


class ReplyParser(BaseTransformOutputParser[Any]):
    """A reply to an object of the schema; a stream to a growing one, of which the last is what `invoke` gives.

    Raises:
        OutputTruncatedError: The reply was cut off by the token limit.
        BadReplyError: It was blocked, empty or malformed.
        OutputParserException: It is no JSON, does not fit, or calls tools instead.
    """

    target: Any = None
    """A class gives instances; a TypedDict, a dict or None give plain JSON values."""
    call: str | None = None
    """The tool whose arguments are the object; None if the text is."""
    wrapped: bool = False
    """The object is the argument `value`."""

    @property
    def _type(self) -> str:
        return "genai-structured-reply"

    def parse(self, text: str) -> Any:
        """The object of a reply's text."""
        return self._fitted(self._json(text), text)

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """The object of a reply."""
        message = getattr(result[0], "message", None)
        if not isinstance(message, AIMessage):
            return self.parse(result[0].text)
        if not partial:
            return self._whole(message)
        grown = self._growing(message)
        return None if grown is NOTHING else grown

    def _transform(self, input: Iterator[str | BaseMessage]) -> Iterator[Any]:  # noqa: A002 - LangChain's name
        growth = _Growth(self)
        for chunk in input:
            yield from growth.take(chunk)
        yield from growth.end()

    async def _atransform(self, input: AsyncIterator[str | BaseMessage]) -> AsyncIterator[Any]:  # noqa: A002 - as above
        growth = _Growth(self)
        async for chunk in input:
            for value in growth.take(chunk):
                yield value
        for value in growth.end():
            yield value

    def _whole(self, message: AIMessage) -> Any:
        if message.response_metadata.get("finish_reason") == "MAX_TOKENS":
            raise OutputTruncatedError.of(message)
        if reason := bad_reply(message):
            raise BadReplyError.of(reason, message)
        text = message.text
        if self.call is None:
            if message.tool_calls:
                names = ", ".join(repr(call["name"]) for call in message.tool_calls)
                raise OutputParserException(f"The model called {names} instead of answering.", llm_output=text)
            return self.parse(text)
        args = self._args(message)
        return self._fitted(self._unwrapped(args), str(args))

    def _growing(self, message: AIMessage) -> Any:
        """What can be said of an unfinished reply; `NOTHING` if nothing can."""
        try:
            if self.call is None:
                value = from_json(message.text, allow_partial="trailing-strings")
            else:
                value = self._unwrapped(self._args(message))
            return self._fitted(value, "")
        except (ValueError, LookupError):  # of which OutputParserException is one
            return NOTHING

    def _args(self, message: AIMessage) -> Json:
        """The arguments of the call that is the answer; other tools may have been called beside it."""
        for call in message.tool_calls:
            if call["name"] == self.call:
                return call["args"]
        raise OutputParserException(f"The model did not call {self.call!r}.", llm_output=message.text)

    def _unwrapped(self, args: Json) -> Any:
        return args[VALUE] if self.wrapped else args

    def _json(self, text: str) -> Any:
        try:
            return from_json(text)
        except ValueError:
            pass  # in JSON mode without a schema models fence their JSON now and then, and say more after it
        before: Any = BEFORE.match(text)
        try:
            return LENIENT.raw_decode(text, before.end())[0]  # which completes nothing that was cut off
        except (ValueError, RecursionError) as problem:
            raise OutputParserException(f"The reply is no JSON: {problem}", llm_output=text) from problem

    def _fitted(self, value: Any, text: str) -> Any:
        target = self.target
        try:
            if is_v1_model(target):
                return target.parse_obj(value)
            if adapter := _adapter(target):
                return adapter.validate_json(to_json(value))  # as JSON, since a strict class takes no date from text
        except ValueError as problem:
            raise OutputParserException(f"The reply does not fit the schema: {problem}", llm_output=text) from problem
        if value is None:
            raise OutputParserException("The reply is null.", llm_output=text)
        return value


class _Growth:
    """The objects of one stream, as it goes on."""

    def __init__(self, parser: ReplyParser) -> None:
        self._parser = parser
        self._chunks: list[Any] = []
        self._last: Any = NOTHING

    def take(self, chunk: Any) -> Iterator[Any]:
        """The object so far, if it has grown."""
        self._chunks = [reduce(add, [*self._chunks, chunk])]
        if isinstance(chunk, AIMessage):
            yield from self._changed(self._parser._growing(self._chunks[0]))  # noqa: SLF001 - one parser in two classes

    def end(self) -> Iterator[Any]:
        """The whole object, if there was more to come; raises if there is none."""
        if not self._chunks:
            return
        (reply,) = self._chunks
        whole = self._parser._whole(reply) if isinstance(reply, AIMessage) else self._parser.parse(reply)  # noqa: SLF001 - as above
        yield from self._changed(whole)

    def _changed(self, value: Any) -> Iterator[Any]:
        if value is not NOTHING and value != self._last:
            self._last = value
            yield value


@lru_cache(maxsize=128)
def _kept_adapter(target: Any) -> TypeAdapter[Any] | None:
    """What makes instances; None where plain JSON is what was asked for, as of TypedDicts and lists of them."""
    if target is None or isinstance(target, Mapping) or without_typed_dicts(target) is not target:
        return None
    return TypeAdapter(target)


def _adapter(target: Any) -> TypeAdapter[Any] | None:
    try:
        return _kept_adapter(target)
    except TypeError:  # not hashable, so not kept
        return _kept_adapter.__wrapped__(target)


def _traced(schema: Any, method: str, *, strict: bool | None) -> Json:
    """LangChain's note for tracing; what the core cannot describe is described here, for it would fail the call."""
    said = {"method": method} if strict is None else {"method": method, "strict": strict}
    described = schema
    try:
        if is_typeddict(schema):
            convert_to_json_schema(schema)
        elif not (isinstance(schema, Mapping) or is_model(schema) or is_v1_model(schema)):
            described = {"title": _name_of(schema), **schema_of(schema)}
    except (TypeError, AttributeError):  # the core, of NotRequired and of types that are no classes
        described = schema_of(schema)
    return {"ls_structured_output_format": {"kwargs": said, "schema": described}}


def _name_of(schema: Any) -> str:
    return getattr(schema, "__name__", None) or "answer"


def _tool_of(schema: Any) -> tuple[Json, bool]:
    """The function whose arguments are what is asked for, and whether one argument holds it, for it is no object."""
    described = schema_of(schema)
    is_tool = isinstance(schema, Mapping) and schema.keys() & {"name", "function"}
    (form,) = bound_forms(schema if is_tool else {"title": _name_of(schema), **described}, rename=True)
    function = {**form["function"], "name": legal_name(form["function"]["name"])}
    wrapped = described.get("type") != "object" and "properties" not in described
    if wrapped:
        inside = dict(function["parameters"])
        definitions = {"$defs": inside.pop("$defs")} if "$defs" in inside else {}
        whole = {"type": "object", "properties": {VALUE: inside}, "required": [VALUE]}
        function["parameters"] = {**whole, **definitions}
    return {"type": "function", "function": function}, wrapped
