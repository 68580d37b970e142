"""ChatGenAI: the hooks that LangChain calls, and what the model offers beside them.

Composes what its neighbours know; the sync and the async side differ in `await` alone.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, closing
from datetime import timedelta
from typing import Any, Literal, TypeVar, overload

from langchain_core import tools as langchain_tools  # loads a name when it is used
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableConfig

from ._asking_model import AskingModel, cache_config
from ._bound import BoundModel, of_a_call
from ._caching import Cache
from ._config import Json
from ._held_model import HeldModel, describing_settings
from ._message_streams import AsyncMessageStream, MessageStream
from ._structured import ask_for, parsed_replies
from ._tool_forms import bound_forms
from ._turns import StreamTurn
from .errors import translating
from .genai import types
from .genai.types.streams import CALL, StreamCancelledError, running

T = TypeVar("T")


@describing_settings
class ChatGenAI(AskingModel, HeldModel):
    """Gemini as a LangChain chat model, on the Gemini API or on Vertex AI.

    Example:
        ```python
        model = ChatGenAI(model="gemini-3.5-flash", temperature=0)
        model.invoke("Why is the sky blue?").text
        ```

    Every setting may be given here, by `bind` or with a call, under LangChain's name or the wire's, and gives the
    same request; a call's counts. The key comes from `api_key`, else from `GOOGLE_API_KEY` or `GEMINI_API_KEY`,
    and is first needed for the first request.

    Raises:
        TypeError: There is no argument of such a name; the nearest is named.
        ValueError: A value cannot be, or arguments exclude each other.
    """

    def bind(self, **kwargs: Any) -> BoundModel:
        """The model with arguments for each of its calls, under any name that a call takes them by."""
        return BoundModel(bound=self, kwargs=kwargs, config={})

    def bind_tools(
        self,
        tools: "Sequence[dict[str, Any] | type | Callable[..., Any] | langchain_tools.BaseTool]",
        *,
        tool_choice: str | bool | dict[str, Any] | Sequence[str] | None = None,
        parallel_tool_calls: bool | None = None,
        strict: bool | None = None,
        rename_tools: bool = False,
        **kwargs: Any,
    ) -> BoundModel:
        """The model with tools that it may call.

        Args:
            tools: Python functions, tools, runnables as tools, pydantic classes, TypedDicts, dataclasses; dicts of
                OpenAI, Anthropic, MCP or JSON Schema; Google's own as `{"google_search": {}}`.
            tool_choice: `"auto"` (the model's own choice), `"any"`, `"required"` or True (some tool), `"none"`, or
                the name of a tool, or a list of names.
            parallel_tool_calls: True is what Gemini does. False cannot be had.
            strict: Calls are held to the tools' schemas (Gemini's mode VALIDATED) where the model may choose.
            rename_tools: Tools whose names Google does not take go under legal ones; replies have their own.
            **kwargs: Any other argument of a call.

        Raises:
            InvalidRequestError: A tool cannot be declared, has no legal name, or is none that was bound.
            NotImplementedError: `parallel_tool_calls=False`, for which Gemini has no setting.

        Example:
            ```python
            def get_weather(city: str) -> str:
                '''Get the weather in a city.'''
                return "sunny"


            reply = model.bind_tools([get_weather], tool_choice="any").invoke("How is it in Paris?")
            print(reply.tool_calls)
            ```
        """
        if parallel_tool_calls is False:
            raise NotImplementedError("Gemini has no setting against parallel calls; leave parallel_tool_calls out.")
        if tool_choice is not None:
            kwargs["tool_choice"] = tool_choice
        if rename_tools:
            kwargs["rename_tools"] = True
        with translating():
            bound = [form for tool in tools for form in bound_forms(tool, strict=strict, rename=rename_tools)]
            self._call(None, of_a_call({**kwargs, "tools": bound}))  # what cannot be sent is told now
        return self.bind(tools=bound, **kwargs)

    @overload
    def with_structured_output(
        self,
        schema: type[T],
        *,
        include_raw: Literal[False] = False,
        method: str = "json_schema",
        strict: bool | None = None,
        tools: Sequence[Any] | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, T]: ...
    @overload
    def with_structured_output(
        self,
        schema: dict[str, Any],
        *,
        include_raw: Literal[False] = False,
        method: str = "json_schema",
        strict: bool | None = None,
        tools: Sequence[Any] | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Json]: ...
    @overload
    def with_structured_output(
        self,
        schema: dict[str, Any] | type | None = None,
        *,
        include_raw: bool = False,
        method: str = "json_schema",
        strict: bool | None = None,
        tools: Sequence[Any] | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]: ...
    def with_structured_output(
        self,
        schema: dict[str, Any] | type | None = None,
        *,
        include_raw: bool = False,
        method: str = "json_schema",
        strict: bool | None = None,
        tools: Sequence[Any] | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """The model with replies that are objects of a schema.

        Args:
            schema: A pydantic class, dataclass or Enum gives instances; a TypedDict or a dict of JSON Schema dicts.
            include_raw: Give `{"raw": message, "parsed": object or None, "parsing_error": error or None}`.
            method: `"json_schema"`: the reply's text is held to the schema. `"function_calling"`: the object is the
                arguments of a call. `"json_mode"`: the first with a schema; without one JSON of any form, which the
                prompt has to describe.
            strict: As in `bind_tools`; the first method is always strict.
            tools: Tools to be called before, with models that take both.
            **kwargs: Any other argument of a call.

        Raises:
            OutputParserException: A reply that is no object of the schema (when it comes).
            OutputTruncatedError: One that was cut off.
            BadReplyError: One that was blocked or empty.
        """
        with translating():
            asked = ask_for(schema, method, strict=strict)
        bound_tools = [*(tools or ()), *([asked.tool] if asked.tool else ())]
        arguments = {**asked.arguments, **kwargs}
        if asked.tool is not None:
            arguments["tool_choice"] = "any" if tools else asked.tool["function"]["name"]
        model: Runnable[LanguageModelInput, AIMessage] = self.bind(**arguments)
        if bound_tools:
            model = self.bind_tools(bound_tools, strict=strict if asked.tool else None, **arguments)
        else:
            with translating():
                self._call(None, of_a_call(arguments))  # what cannot be sent is told now
        return parsed_replies(model, schema, asked=asked, include_raw=include_raw)

    def get_num_tokens(self, text: str) -> int:
        """Count what a text costs as a human message, with one request."""
        return self.get_num_tokens_from_messages([HumanMessage(text)]) if text else 0

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """Count what a call with these messages and tools costs as input, with one request.

        Messages that are no conversation, as when LangChain weighs a part of one, are counted each by itself.
        `trim_messages(..., token_counter=model)` counts some parts by halving, so that it takes a few requests
        whatever the length; `token_counter="approximate"` takes none.
        """
        sent = self._count(messages, tools)
        if sent is None:
            return 0
        with translating():
            return _total(self.client.models.post_json(**sent))

    async def aget_num_tokens_from_messages(
        self, messages: list[BaseMessage], tools: Sequence[Any] | None = None
    ) -> int:
        """Count what a call with these messages and tools costs as input; see `get_num_tokens_from_messages`."""
        sent = self._count(messages, tools)
        if sent is None:
            return 0
        with translating():
            return _total(await self.client.aio.models.post_json(**sent))

    def create_cache(
        self,
        messages: LanguageModelInput,
        *,
        tools: Sequence[Any] | None = None,
        tool_choice: str | bool | dict[str, Any] | Sequence[str] | None = None,
        ttl: float | timedelta | str = 3600,
        display_name: str | None = None,
    ) -> Cache:
        """Keep messages and tools with the service, for `cached_content` of this model or of its calls.

        Args:
            messages: What each conversation begins with; system messages alone are enough.
            tools: As for `bind_tools`; calls that bind them leave them out of their requests, and run them.
            tool_choice: Likewise; beside a cache it cannot be said.
            ttl: Seconds, a timedelta, or `"3600s"`. The cache costs until then, and is not renewed.
            display_name: Shown in lists.

        Returns:
            The cache's name, which raises where a call says something else than it holds. `model.client.caches`
            looks up, prolongs and deletes.

        Example:
            ```python
            held = model.create_cache([("system", "A long text. " * 1000)], ttl=300)
            print(model.invoke("Sum it up.", cached_content=held).text)
            model.client.caches.delete(name=held)
            ```
        """
        made = self._cache_of(messages, tools=tools, tool_choice=tool_choice)
        with translating():
            config = cache_config(made, ttl, display_name)
            kept = self.client.caches.create(model=made.call.model, config=config)
        return Cache.of(kept.name or "", made.call.model, made.body)

    async def acreate_cache(
        self,
        messages: LanguageModelInput,
        *,
        tools: Sequence[Any] | None = None,
        tool_choice: str | bool | dict[str, Any] | Sequence[str] | None = None,
        ttl: float | timedelta | str = 3600,
        display_name: str | None = None,
    ) -> Cache:
        """Keep messages and tools with the service; see `create_cache`."""
        made = self._cache_of(messages, tools=tools, tool_choice=tool_choice)
        with translating():
            config = cache_config(made, ttl, display_name)
            kept = await self.client.aio.caches.create(model=made.call.model, config=config)
        return Cache.of(kept.name or "", made.call.model, made.body)

    def stream(
        self,
        input: LanguageModelInput,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> types.Stream[AIMessageChunk]:
        """Give the answer in chunks, whose sum is what `invoke` gives; asked when the first is asked for.

        Another thread can end it with `cancel()`; see `genai.types.Stream`. Its last chunk then has what was used
        so far, no finish reason, and no text; callbacks are told of an end. So it is with what a bound model streams;
        of a chain, LangChain hands out a generator of its own, which only its own thread can end. With
        `streaming=False` there is one chunk, the whole answer, which is waited for all the same.
        """
        chunks = super().stream(input, config, stop=stop, **kwargs)
        return MessageStream(chunks)  # type: ignore[arg-type]  # it is a generator, which LangChain does not say

    def astream(
        self,
        input: LanguageModelInput,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> types.AsyncStream[AIMessageChunk]:
        """Give the answer in chunks, whose sum is what `ainvoke` gives; asked when the first is asked for.

        Another task can end it with `acancel()`; see `stream`.
        """
        chunks = super().astream(input, config, stop=stop, **kwargs)
        return AsyncMessageStream(chunks)  # type: ignore[arg-type]  # as above

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - tokens are told by streams
        **kwargs: Any,
    ) -> ChatResult:
        turn, result = self._turn(messages, stop, kwargs), None
        while result is None:
            with translating():
                response = self.client.models.post_json(method="generateContent", **turn.sent)
            with translating(arguments=False):
                result = turn.read(response)
        return result

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002 - tokens are told by streams
        **kwargs: Any,
    ) -> ChatResult:
        turn, result = self._turn(messages, stop, kwargs), None
        while result is None:
            with translating():
                response = await self.client.aio.models.post_json(method="generateContent", **turn.sent)
            with translating(arguments=False):
                result = turn.read(response)
        return result

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        chunks = self._chunks(self._stream_turn(messages, stop, kwargs))
        return chunks if run_manager is None else _told(chunks, run_manager)

    def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        chunks = self._achunks(self._stream_turn(messages, stop, kwargs))
        return chunks if run_manager is None else _atold(chunks, run_manager)

    def _chunks(self, turn: StreamTurn) -> Iterator[ChatGenerationChunk]:
        call = CALL.get()
        while turn.open:
            with translating(), running(call):
                events = self.client.models.stream_json(**turn.sent)
            try:
                with translating(arguments=False), closing(events):
                    for event in events:
                        if chunk := turn.fold(event):
                            yield chunk
            except StreamCancelledError:
                yield turn.cut()
                return
            if last := turn.finish():
                yield last

    async def _achunks(self, turn: StreamTurn) -> AsyncIterator[ChatGenerationChunk]:
        call = CALL.get()
        while turn.open:
            with translating(), running(call):
                events = await self.client.aio.models.stream_json(**turn.sent)
            try:
                with translating(arguments=False):
                    async with aclosing(events):
                        async for event in events:
                            if chunk := turn.fold(event):
                                yield chunk
            except StreamCancelledError:
                yield turn.cut()
                return
            if last := turn.finish():
                yield last


def _total(counted: Json) -> int:
    return int(counted.get("totalTokens") or 0)


def _told(
    chunks: Iterator[ChatGenerationChunk], run_manager: CallbackManagerForLLMRun
) -> Iterator[ChatGenerationChunk]:
    """The chunks, each told to the callbacks: LangChain gives a run manager where it does not do so itself."""
    for chunk in chunks:
        run_manager.on_llm_new_token(chunk.text, chunk=chunk)
        yield chunk


async def _atold(
    chunks: AsyncIterator[ChatGenerationChunk], run_manager: AsyncCallbackManagerForLLMRun
) -> AsyncIterator[ChatGenerationChunk]:
    """`_told`, asynchronous."""
    async for chunk in chunks:
        await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
        yield chunk
