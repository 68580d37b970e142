"""Automatic function calling: one flow of asking, calling, and asking again, whoever drives it.

Knows when it is on and when it ends; how one request is made and how a function is run, others know.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Optional, TypeAlias, TypeVar

from . import types
from ._exchange import Calls, Emit, Exchange, Flow
from ._fold import ContentFolder
from ._functions import Functions, response_content
from .errors import APIError

_LOGGER = logging.getLogger("langchain_genai_chat")

MAX_REQUESTS = 10

R = TypeVar("R", bound="types.GenerateContentResponse | None")
Ask: TypeAlias = Callable[[Sequence["types.Content"], Optional["types.GenerateContentConfig"]], Flow[R]]
"""One request: a flow that gives its response, or that emits the chunks of it and gives None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The functions that may be run for a request, and how often the service may be asked."""

    functions: Functions
    max_requests: int = MAX_REQUESTS
    keeps_history: bool = True


def plan_of(config: types.GenerateContentConfig | None, *, awaits: bool) -> Plan | None:
    """What a config lets run, None if there are no functions to run or it is turned off.

    Args:
        config: Its `automatic_function_calling` turns it off, or bounds the requests (10 by default). A `Tool`
            with function declarations beside the functions turns it off too: nothing here could run those.
        awaits: Whether coroutine functions can be run.

    Raises:
        UnsupportedFunctionError: There is a coroutine function, and it cannot be awaited.
        ValueError: Two functions have one name.
    """
    tools = (config.tools if config else None) or []
    functions: list[Any] = [tool for tool in tools if not isinstance(tool, types.Tool)]
    settings = config.automatic_function_calling if config else None
    limit = None if settings is None else settings.maximum_remote_calls
    if settings is not None and settings.disable:
        if functions and limit is not None and limit > 0:
            _LOGGER.warning("automatic_function_calling has disable=True, so its maximum_remote_calls is not used.")
        return None
    if not functions:
        return None
    if limit is not None and limit <= 0:
        _LOGGER.warning("maximum_remote_calls is %d, so no function is called; pass 2 or more.", limit)
        return None
    declared = [
        index for index, tool in enumerate(tools) if isinstance(tool, types.Tool) and tool.function_declarations
    ]
    if declared:
        _LOGGER.warning(
            "Tools at indices %s declare functions without their code, so no function is called automatically.",
            declared,
        )
        return None
    plan = Plan(
        functions=Functions(functions),
        max_requests=MAX_REQUESTS if limit is None else limit,
        keeps_history=not (settings and settings.ignore_call_history),
    )
    if not awaits:
        plan.functions.refuse_coroutines()
    return plan


def ask_in_rounds(
    ask: Ask[R],
    first: Flow[R],
    contents: Sequence[types.Content],
    config: types.GenerateContentConfig | None,
    plan: Plan,
) -> Flow[R]:
    """Ask; run the functions that the model calls and ask again with their results, until it calls none.

    The calls of one reply are made when it is complete, all of them at once under the asynchronous driver. When
    the last request that the plan allows is answered with calls, they are not made: they are the caller's. So
    are those of a stream that ends in the middle of one.
    A response, or each chunk of later rounds, has the contents and the completed rounds in
    `automatic_function_calling_history`; a response has the earlier ones in `automatic_function_calling_responses`.
    An error is `partial` also where an earlier round was handed out.

    Args:
        ask: Makes the flow of one request.
        first: The flow of the first one, made already, so that wrong arguments were seen at the call.
        contents: What the first request sends.
        config: Its mode ANY becomes AUTO once functions were called, or the model could never end (B094).
        plan: What may be run, and how often the service may be asked.
    """
    sent = list(contents)
    earlier: list[types.GenerateContentResponse] = []
    flow = first
    handed_out = False
    for left in reversed(range(plan.max_requests)):
        step = _Step(sent if plan.keeps_history else None, is_first=flow is first)
        try:
            response = yield from step.watch(flow)
        except APIError as error:
            error.partial = error.partial or handed_out
            raise
        handed_out = handed_out or step.has_emitted
        calls = calls_in(step.content)
        if response is not None and plan.keeps_history:
            response.automatic_function_calling_history = sent if earlier else []
        if response is not None:
            response.automatic_function_calling_responses = list(earlier)
            earlier.append(response)
        if not calls or step.content is None:
            break
        if step.is_cut:
            _LOGGER.warning("The answer ended in the middle of a function call; its calls were not made.")
            break
        if not left:
            _LOGGER.warning(
                "The model still calls functions after %d requests; the last calls were not made. "
                "Raise maximum_remote_calls, or answer them.",
                plan.max_requests,
            )
            break
        results = yield Calls(plan.functions.runs(calls))
        sent = [*sent, step.content, response_content(calls, results)]
        config = after_a_call(config)
        flow = ask(sent, config)
    return response


def calls_in(content: types.Content | None) -> list[types.FunctionCall]:
    """The function calls of a content, in order."""
    parts = (content.parts if content else None) or ()
    return [part.function_call for part in parts if part.function_call is not None]


def first_candidate(response: types.GenerateContentResponse) -> types.Candidate | None:
    """The reply that a conversation goes on with; an event of a stream may bring only others."""
    for each in response.candidates or ():  # `next` of a generator takes three times as long, for each chunk
        if not each.index:
            return each
    return None


def spoken(content: types.Content | None) -> types.Content | None:
    """A reply's content with its role, which some replies leave out; it goes back only with one."""
    if content is None or content.role:
        return content
    return content.model_copy(update={"role": "model"})


def after_a_call(config: types.GenerateContentConfig | None) -> types.GenerateContentConfig | None:
    """The config of the requests after the first calls: a function that must be called was called."""
    tool_config = config.tool_config if config else None
    calling = tool_config.function_calling_config if tool_config else None
    if config is None or tool_config is None or calling is None or calling.mode != types.FunctionCallingConfigMode.ANY:
        return config
    calling = calling.model_copy(update={"mode": types.FunctionCallingConfigMode.AUTO, "allowed_function_names": None})
    return config.model_copy(
        update={"tool_config": tool_config.model_copy(update={"function_calling_config": calling})}
    )


class _Step:
    """One request: the content that its response or its chunks bring, and the history that they are given."""

    def __init__(self, history: list[types.Content] | None, *, is_first: bool) -> None:
        self._history = None if is_first else history
        self._folder = ContentFolder()
        self.content: types.Content | None = None
        self.has_emitted = False
        self.is_cut = False
        """Whether the chunks end in the middle of a call."""

    def watch(self, flow: Flow[R]) -> Flow[R]:
        """Run a flow as it is, and see what comes of it."""
        exchange = Exchange(flow)
        try:
            while not exchange.done:
                if isinstance(exchange.wanted, Emit):
                    self._see(exchange.wanted.chunk)
                try:
                    answer = yield exchange.wanted
                except APIError as error:
                    exchange.fail(error)
                else:
                    exchange.answer(answer)
        finally:
            exchange.close()
        if exchange.result is None:
            self.is_cut = self._folder.is_open
            self.content = self._folder.finish()
        else:
            candidate = first_candidate(exchange.result)
            self.content = spoken(candidate.content if candidate else None)
        return exchange.result

    def _see(self, chunk: Any) -> None:
        self.has_emitted = True
        candidate = first_candidate(chunk)
        self._folder.fold(candidate.content if candidate else None)
        if self._history is not None:
            chunk.automatic_function_calling_history = self._history
