"""A conversation's contents as LangChain messages, and messages as contents to be kept: which message made which.

Knows what was said, by whatever model; nothing of what a request may hold, nor of where either is stored.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

from ._blocks import decode_part
from ._families import NEWEST, Family, family_of
from ._media import decode_media
from ._messages import Conversation, no_answer
from ._model_turns import is_blocked
from ._replies import bad_reply, decode_response
from ._tool_results import ToolResult, results_of

Json: TypeAlias = dict[str, Any]
Call: TypeAlias = Mapping[str, Any]

STANDARD = frozenset({"text", "image", "audio", "video", "file"})
"""Blocks of a user's message that say all of their part."""


@dataclass(frozen=True, slots=True)
class Group:
    """A content and the messages that it was made of; None where they make none, as system messages do."""

    content: Json | None
    messages: list[BaseMessage]


# ---- contents to messages ---------------------------------------------------------------


def decode_contents(
    contents: Iterable[Json],
    *,
    model: str | None = None,
    vertex: bool | None = None,
    turn: int = 0,
    calls: Sequence[Call] = (),
) -> list[list[BaseMessage]]:
    """The messages of each content: one of the model's, or one for each tool's result and one for the rest.

    A model's content is a list of standard blocks, since nothing tells what was asked for.

    Args:
        contents: The wire's JSON, oldest first.
        model: Whose words and signatures they are, if it is known.
        vertex: The backend that they were held on, if it is known.
        turn: The number of contents before these, so that the ids that are made differ.
        calls: Of the model, before these, that wait for their results.
    """
    groups: list[list[BaseMessage]] = []
    waiting = list(calls)
    for place, content in enumerate(contents, turn):
        parts = content.get("parts") or []
        if content.get("role") == "model":
            message = _model_message(parts, model, place, vertex=vertex)
            waiting += message.tool_calls
            groups.append([message])
        else:
            groups.append(_user_messages(parts, waiting))
    return groups


def waiting_calls(messages: Iterable[BaseMessage]) -> list[Call]:
    """The calls of the last model's turn that no message after it answers."""
    waiting: list[Call] = []
    for index, message in enumerate(messages):
        if isinstance(message, AIMessage):
            waiting += message.tool_calls
        for result in results_of(index, message):
            if call := next((one for one in waiting if result.answers(one)), None):
                waiting.remove(call)
    return waiting


def _model_message(parts: list[Json], model: str | None, place: int, *, vertex: bool | None) -> AIMessage:
    response: Json = {"candidates": [{"content": {"parts": parts}}], **({"modelVersion": model} if model else {})}
    message = decode_response(response, shape="blocks", turn=place, vertex=vertex).generations[0].message
    assert isinstance(message, AIMessage)  # noqa: S101 - a chat's reply, which the type does not say
    message.usage_metadata = None  # nobody told
    return message


def _user_messages(parts: list[Json], waiting: list[Call]) -> list[BaseMessage]:
    messages: list[BaseMessage] = []
    rest: list[Json] = []
    for part in parts:
        if response := part.get("functionResponse"):
            messages.append(_tool_message(response, waiting))
        else:
            rest.append(part)
    if not rest and messages:
        return messages
    text = rest[0]["text"] if len(rest) == 1 and rest[0].keys() == {"text"} else None
    return [*messages, HumanMessage([_user_block(part) for part in rest] if text is None else text)]


def _tool_message(response: Json, waiting: list[Call]) -> ToolMessage:
    """A result, paired with its call by id, else by name."""
    key = "id" if response.get("id") else "name"
    call = next((one for one in waiting if one.get(key) == response.get(key)), None)
    if call is not None:
        waiting.remove(call)
    call_id = response.get("id") or (call or {}).get("id") or response.get("name") or "unknown"
    said = response.get("response") or {}
    text, failed = _result_text(said)
    media = [decode_media(part) or {"type": "non_standard", "value": part} for part in response.get("parts") or ()]
    content: Any = [{"type": "text", "text": text}, *media] if media else text
    status: Any = "error" if failed else "success"
    return ToolMessage(content, tool_call_id=call_id, name=response.get("name"), status=status)


def _result_text(said: Json) -> tuple[str, bool]:
    """The text that a tool's result is sent as this object for, and whether it says that the tool failed."""
    for key in ("output", "error"):
        text, failed = said.get(key), key == "error"
        if isinstance(text, str) and ToolResult((0, 0), None, None, text, failed=failed).response() == said:
            return text, failed
    return json.dumps(said, ensure_ascii=False), False


def _user_block(part: Json) -> Json:
    """The block for a part: a standard one where it says all of it, else the part itself."""
    block = decode_part(part, "")
    plain = block["type"] in STANDARD and "extras" not in block
    return block if plain else {"type": "non_standard", "value": part}


# ---- messages to contents ---------------------------------------------------------------


def encode_record(
    messages: Sequence[BaseMessage], *, family: Family | None = None, calls: Sequence[Call] = ()
) -> list[Group]:
    """The contents that a conversation keeps of messages, each with its messages in their order.

    Unlike a request it may end anywhere, with calls that wait for results; an answer that was blocked or empty is
    a content without parts. A call that is not answered before the next message has an error put in as its answer.
    System messages make no content; they stay with the message before them.

    Args:
        messages: Not changed; all of them are in the groups.
        family: The model's that the contents are kept for: signatures of another one are left out. By default
            every message is kept as its own model takes it back.
        calls: Of the model, before these messages, that wait for their results.

    Raises:
        InvalidRequestError: With the index and type of the message that makes no content.
    """
    return _Record(messages, family, calls).groups()


def encode_system(messages: Sequence[BaseMessage]) -> list[Json]:
    """The parts of the system instruction that the system messages among these are."""
    return _Record(messages, None, ()).system_parts()


class _Record(Conversation):
    """One conversation as it is kept."""

    def __init__(self, messages: Sequence[BaseMessage], family: Family | None, calls: Sequence[Call]) -> None:
        super().__init__(messages, family=family or NEWEST, vertex=False, history="strict")
        self._given = messages
        self._kept_for = family
        self._calls = [(-1, call) for call in calls]

    def groups(self) -> list[Group]:
        homes: list[int] = []
        for index, message in enumerate(self._messages):
            if not isinstance(message, SystemMessage):
                self._add(index, message)
            homes.append(len(self._contents) - 1)
        leading, *groups = [Group(content, []) for content in (None, *self._contents)]
        for home, given in zip(homes, self._given, strict=True):
            (groups[home] if home >= 0 else leading).messages.append(given)
        return [leading, *groups] if leading.messages else groups

    def system_parts(self) -> list[Json]:
        return [
            {"text": text}
            for index, message in enumerate(self._messages)
            if isinstance(message, SystemMessage)
            for text in self._texts(index, message)
        ]

    def _add_user_turn(self, index: int, message: BaseMessage) -> None:
        results = results_of(index, message)
        self._check_taken(results)
        parts = self._user_parts(index, message)
        if parts or not results:
            self._speak("user", parts or [{"text": ""}])  # as a chat sends an empty message

    def _add_model_turn(self, index: int, message: AIMessage) -> None:
        nothing = bad_reply(message) == "EMPTY" and not message.tool_calls
        if is_blocked(message) or (nothing and not message.content):
            self._speak("model", [], alone=True)
            return
        said = message.response_metadata
        self._family = self._kept_for or family_of(said.get("model_name") or "")
        self._vertex = said.get("backend") == "vertex"
        super()._add_model_turn(index, message)

    def _check_taken(self, results: list[ToolResult]) -> None:
        for result in results:
            if result.place not in self._taken:
                asked = repr(result.call_id or result.name)
                text = f"it answers {asked}, which no call before it has, or which another result has answered."
                raise self._refusal(result.place[0], text)

    def _unanswered(self, index: int, call: Call) -> list[Json]:
        """Nothing while the result may still come; else an error, as Google wants an answer for each call."""
        after = self._messages[index + 1 :]
        speaking = next((at for at, each in enumerate(after) if not isinstance(each, AIMessage)), len(after))
        awaited = ToolMessage | FunctionMessage | SystemMessage | RemoveMessage
        may_come = all(isinstance(each, awaited) for each in after[speaking:])
        return [] if may_come else [no_answer(call)]
