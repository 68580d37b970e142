"""One conversation: what was said so far, what is sent next, and what of an answer is kept.

Holds every rule of a history, for both kinds of chat; sends nothing, and waits for nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self, TypeAlias, Union, runtime_checkable

from pydantic import BaseModel

from . import types
from ._contents import ConfigLike, config_of, content_of, message_content
from ._fold import ContentFolder
from ._functions import response_content
from ._html import render_html
from ._rounds import calls_in, first_candidate, spoken

ROLES = ("user", "model")
UNANSWERED = {"error": "There is no result of this call."}
"""For a call that was not made, and for one whose result was blocked and not given again."""


@runtime_checkable
class HasContents(Protocol):
    """A history kept elsewhere that gives itself as contents."""

    def to_contents(self) -> Iterable[types.Content | Mapping[str, Any]]:
        """The contents, oldest first; `Contents` where a system instruction belongs to them."""
        ...


class Contents(list["types.Content"]):
    """The contents of a conversation, oldest first, and the system instruction that it was held under."""

    system_instruction: types.Content | None = None


Message: TypeAlias = Any
"""Text, a part, a file, a PIL image, a dict of one of these, or a list of them."""
History: TypeAlias = Iterable[Union["types.Content", Mapping[str, Any]]] | HasContents | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message that was checked, and the config that it goes out with."""

    content: types.Content
    config: types.GenerateContentConfig | None


class Conversation:
    """All that a chat remembers, and every rule of it; sends nothing."""

    def __init__(self, model: str, config: ConfigLike, history: History) -> None:
        self._model = model
        given: Any = history
        if hasattr(given, "to_contents"):  # to ask for the protocol takes 18 µs
            given = given.to_contents()
        self._config = laid_over(_instructed(given), config)
        self._comprehensive = read_history(given)
        self._curated = curate(self._comprehensive)
        self._usage = types.GenerateContentResponseUsageMetadata()
        self._lock = threading.RLock()  # the collector may end an abandoned turn in the middle of what is done here

    @property
    def model(self) -> str:
        """The name of the model that is talked to; empty where there is none."""
        return self._model

    @property
    def usage(self) -> types.GenerateContentResponseUsageMetadata:
        """What all requests so far cost."""
        return self._usage

    def history(self, *, curated: bool = False) -> list[types.Content]:
        """A copy of the contents: all, or those that are sent again."""
        with self._lock:
            return list(self._curated if curated else self._comprehensive)

    def read(self, message: Message, config: ConfigLike, *, replace_config: bool) -> Said:
        """Check what is to be sent; ValueError where it cannot."""
        return Said(
            content=own(message_content(message)),
            config=laid_over(None if replace_config and config is not None else self._config, config),
        )

    def turn(self, said: Said, *, streamed: bool = False) -> Turn:
        """The turn that a message begins, after what was said so far."""
        return Turn(self, self._model, said, streamed=streamed)

    def count(self, message: Message | None) -> dict[str, Any]:
        """The arguments of `count_tokens` for the next request; an empty message stands for the first one."""
        contents = self.history(curated=True)
        if message is not None:
            contents = self.turn(self.read(message, None, replace_config=False)).request["contents"]
        config = self._config or types.GenerateContentConfig()
        counted = types.CountTokensConfig(
            system_instruction=config.system_instruction, tools=config.tools, http_options=config.http_options
        )
        return {"model": self._model, "contents": contents or [types.UserContent("")], "config": counted}

    def record(self, contents: Sequence[types.Content], *, is_valid: bool) -> None:
        """Add the contents of a turn, all at once; those of one that is not valid are never sent."""
        contents = list(map(own, contents))
        self.keep(contents, contents if is_valid else ())

    def keep(self, contents: Sequence[types.Content], again: Sequence[types.Content]) -> None:
        """Add the contents of a turn, all at once, and those of them that are sent again."""
        with self._lock:
            self._comprehensive.extend(contents)
            follow(self._curated, again)

    def revise(self, gone: Sequence[types.Content], contents: Sequence[types.Content]) -> None:
        """Put contents at the end, in place of some of the last; an empty answer is never sent, nor its question.

        A question that answers function calls is sent all the same: they were made.
        """
        places = set(map(id, gone))
        with self._lock:
            for kept in (self._comprehensive, self._curated):
                kept[:] = [content for content in kept if id(content) not in places]
            self._comprehensive += contents
            for content in contents:
                if content.role != "model" or has_parts(content):
                    follow(self._curated, [content])
                elif self._curated and self._curated[-1].role == "user" and not answers_of(self._curated[-1]):
                    self._curated.pop()

    def clear(self) -> None:
        """Forget what was said; config and costs stay."""
        with self._lock:
            self._comprehensive.clear()
            self._curated.clear()

    def spend(self, usage: Iterable[types.GenerateContentResponseUsageMetadata]) -> None:
        """Add what requests cost."""
        with self._lock:
            for each in usage:
                self._usage = added(self._usage, each)

    def html(self) -> str:
        """The conversation for a notebook."""
        return render_html(f"Chat with {self._model}", self.history())


class Turn:
    """One message, its answer, and the rounds of function calls between them; recorded whole, or not at all."""

    def __init__(self, talk: Conversation, model: str, said: Said, *, streamed: bool) -> None:
        self._talk = talk
        self._model = model
        self._said = said
        self._streamed = streamed
        self._before = talk.history(curated=True)
        self._inputs = [*answers_due(self._before, said.content), said.content]
        self._sent = list(self._before)
        follow(self._sent, self._inputs)
        self._rounds: list[types.Content] = []
        self._reply = _Reply()
        self._usage: list[types.GenerateContentResponseUsageMetadata] = []
        self.request: dict[str, Any] = {"model": model, "contents": self._sent, "config": _telling(said.config)}

    @property
    def is_late(self) -> bool:
        """Whether something else was said since it began, so that it would send less than was said."""
        return self._before != self._talk.history(curated=True)

    def again(self) -> Turn:
        """The same message after what has been said by now."""
        return Turn(self._talk, self._model, self._said, streamed=self._streamed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._talk.spend([*self._usage, *self._reply.usage])
        if kind is None:
            finished = not self._streamed or self._reply.is_whole  # an answer that is no stream is, whatever it says
            reply = self._reply.folder.finish() if self._streamed else self._reply.content
            said = [*self._inputs, *map(own, self._rounds)]
            whole, again = [*said, own(reply) if reply else nothing()], list[types.Content]()
            if finished and has_parts(reply) and all(map(has_parts, self._rounds)):
                again = whole
            elif answers_of(said[-1]) and all(map(has_parts, self._rounds)) and not self._reply.is_blocked:
                again = said  # the functions ran, whatever the model makes of it
            self._talk.keep(whole, again)

    def hear(self, response: types.GenerateContentResponse) -> types.GenerateContentResponse:
        """Take the answer, or the next chunk of it, and hand it on without the rounds: the history has them."""
        told = response.automatic_function_calling_history
        if told is not None:
            rounds = told[len(self._sent) :]
            if len(rounds) > len(self._rounds):
                self._usage += self._reply.usage
                self._rounds, self._reply = rounds, _Reply()
            response.automatic_function_calling_history = None
        self._reply.hear(response)
        for earlier in response.automatic_function_calling_responses or ():
            if earlier.usage_metadata:
                self._usage.append(earlier.usage_metadata)
        return response


class _Reply:
    """What one request is answered: whole, or put together from chunks."""

    def __init__(self) -> None:
        self.folder = ContentFolder()
        self.content: types.Content | None = None
        self.is_finished = False
        self.is_blocked = False
        """Whether what was sent would be blocked again."""
        self.usage: list[types.GenerateContentResponseUsageMetadata] = []
        """One at most: in a stream they are totals so far."""

    @property
    def is_whole(self) -> bool:
        """Whether the chunks came to an end, and to that of their last call; before `folder` is finished."""
        return self.is_finished and not self.folder.is_open

    def hear(self, response: types.GenerateContentResponse) -> None:
        if response.usage_metadata:
            self.usage = [response.usage_metadata]
        feedback = response.prompt_feedback
        if feedback and feedback.block_reason:
            self.is_blocked = True
        if candidate := first_candidate(response):
            self.content = spoken(candidate.content)
            self.folder.fold(candidate.content)
            if candidate.finish_reason:
                self.is_finished = True


def read_history(given: Iterable[types.Content | Mapping[str, Any]] | None) -> list[types.Content]:
    """The contents of a history, the very ones; ValueError for a role that is neither `user` nor `model`.

    To copy them would triple what a chat with a history of 1,000 contents costs.
    """
    return [_read_content(item, f"history[{index}]") for index, item in enumerate(given or ())]


_UNCHANGING = frozenset({str, bytes, bool, type(None)})


def own(content: types.Content) -> types.Content:
    """A copy that nobody else holds: what a caller does to its own is no change of what was said."""
    if content.model_extra:
        return content.model_copy(deep=True)
    copied = content.model_copy()
    if content.parts is not None:
        copied.parts = [_own_part(part) for part in content.parts]
    return copied


def _own_part(part: types.Part) -> types.Part:
    """A copy; deep only where something in it can be changed, for that takes 14 µs, where text takes 4."""
    return part.model_copy(deep=bool(part.model_extra) or not _UNCHANGING.issuperset(map(type, vars(part).values())))


def curate(contents: Iterable[types.Content]) -> list[types.Content]:
    """The contents that are sent again: an answer that is empty is left out, with the user's content before it.

    A user's content that answers function calls stays: without it they would look as if nobody had made them.
    """
    curated: list[types.Content] = []
    answer: list[types.Content] = []
    for content in (*contents, None):
        if content is not None and content.role == "model":
            answer.append(content)
            continue
        if all(map(has_parts, answer)):
            curated += answer
        elif curated and not answers_of(curated[-1]):
            curated.pop()
        answer = []
        if content is not None:
            follow(curated, [content])
    return curated


def follow(before: list[types.Content], contents: Sequence[types.Content]) -> None:
    """Put contents at the end; where they answer the last calls again, in place of the answers before."""
    again = answers_of(contents[0]) if contents else []
    if again and before and answers_of(before[-1]) == again:
        before.pop()
    before.extend(contents)


def answers_of(content: types.Content) -> list[tuple[str | None, str | None]]:
    """Which function calls a content answers: their ids and names."""
    responses = [part.function_response for part in content.parts or () if part.function_response is not None]
    return [(each.id, each.name) for each in responses] if content.role == "user" else []


def has_parts(content: types.Content | None) -> bool:
    """Whether a content can be sent: it has parts, and none of them is empty."""
    parts = content.parts if content is not None else None
    return bool(parts) and not any(map(_is_empty, parts or ()))


def _is_empty(part: types.Part) -> bool:
    """Whether a part has nothing set; histories are long, and a text answers at once."""
    return part.text is None and all(value is None for _, value in part)


def answers_due(before: Sequence[types.Content], content: types.Content) -> list[types.Content]:
    """The answers that the service wants before a plain message: to calls that nobody answered."""
    calls = calls_in(before[-1]) if before else []
    if not calls or answers_of(content):
        return []
    return [response_content(calls, [UNANSWERED] * len(calls))]


def laid_over(base: types.GenerateContentConfig | None, config: ConfigLike) -> types.GenerateContentConfig | None:
    """A config with the fields that another one sets laid over it; neither is changed."""
    over = config_of(config)
    if over is None:
        return base
    update = {name: getattr(over, name) for name in over.model_fields_set}
    if base is None:
        return over.model_copy()
    for one, other in (("response_schema", "response_json_schema"), ("response_json_schema", "response_schema")):
        if update.get(one) is not None:
            update.setdefault(other, None)  # they exclude each other
    if "tools" in update and not update["tools"] and base.tool_config and "tool_config" not in update:
        update["tool_config"] = base.tool_config.model_copy(update={"function_calling_config": None})
    return base.model_copy(update=update)


def added(
    total: types.GenerateContentResponseUsageMetadata, usage: types.GenerateContentResponseUsageMetadata
) -> types.GenerateContentResponseUsageMetadata:
    """Two requests' tokens together, also by kind of data; what is no count is left out."""
    kinds = ("_count", "_details")
    summed = {name: value for name, value in vars(total).items() if value is not None and name.endswith(kinds)}
    for name, value in vars(usage).items():
        if name.endswith("_count") and value is not None:
            summed[name] = summed.get(name, 0) + value
        elif name.endswith("_details") and value:
            counts: dict[Any, int] = {}
            for each in (*summed.get(name, ()), *value):
                counts[each.modality] = counts.get(each.modality, 0) + (each.token_count or 0)
            summed[name] = [
                types.ModalityTokenCount(modality=kind, token_count=count) for kind, count in counts.items()
            ]
    return types.GenerateContentResponseUsageMetadata(**summed)


def _instructed(given: Any) -> types.GenerateContentConfig | None:
    """What a history says of how it was held; a config of the chat's own is laid over it."""
    instruction = given.system_instruction if isinstance(given, Contents) else None
    return types.GenerateContentConfig(system_instruction=instruction) if instruction else None


def _read_content(item: Any, where: str) -> types.Content:
    if isinstance(item, types.Content) and item.role in ROLES:
        return item  # validated when it was made
    role = item.get("role") if isinstance(item, Mapping) else getattr(item, "role", None)
    if role not in ROLES or not isinstance(item, Mapping | BaseModel):
        words = "pass contents, their dicts, or what has to_contents(), as a GenAIChatMessageHistory has"
        raise ValueError(f"Role must be user or model, but got {role!r} in {where}, a {type(item).__name__}; {words}.")
    return content_of(item, where)


def nothing() -> types.Content:
    """What stands in the history where the model said nothing, so that the roles alternate."""
    return types.Content(role="model", parts=[])


def _telling(config: types.GenerateContentConfig | None) -> types.GenerateContentConfig | None:
    """The config with the rounds told whatever the caller wants: the history needs them."""
    calling = config.automatic_function_calling if config else None
    if config is None or calling is None or not calling.ignore_call_history:
        return config
    return config.model_copy(
        update={"automatic_function_calling": calling.model_copy(update={"ignore_call_history": False})}
    )
