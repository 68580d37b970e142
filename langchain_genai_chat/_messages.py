"""LangChain messages to a system instruction and contents: who speaks when, and which result answers which call.

Knows conversations; one message's blocks are the business of `_model_turns`, `_media` and `_blocks`.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from pydantic_core import from_json

from ._blocks import sent_id
from ._errors import InvalidRequestError
from ._families import Family
from ._media import encode_media
from ._model_turns import encode_ai, is_blocked, raw_part

Json: TypeAlias = dict[str, Any]
History: TypeAlias = Literal["strict", "repair"]

NOT_ANSWERED = "No result: the call was interrupted."
OPENING = "(The conversation begins with the model.)"
CHAT_ROLES: dict[str, type[BaseMessage]] = {
    "user": HumanMessage,
    "human": HumanMessage,
    "model": AIMessage,
    "assistant": AIMessage,
    "ai": AIMessage,
    "system": SystemMessage,
    "developer": SystemMessage,
}
STRIPPED = frozenset({"reasoning", "thinking", "redacted_thinking", "refusal"})
"""Blocks of a model's turn that mean nothing in a user's."""


def encode_messages(
    messages: Sequence[BaseMessage], *, family: Family, vertex: bool, history: History
) -> tuple[Json | None, list[Json]]:
    """The system instruction, if there is one, and the contents of a conversation.

    Leading system messages are the system instruction. A later one is sent in its place as a user's text in
    `<system>` tags. Neighbours of one role are one content, but a content of function responses stands alone.
    What is made up for a message depends on that message alone, so that each request of a conversation begins
    with the bytes of the one before.

    Args:
        messages: Not changed.
        family: The target model's.
        vertex: The target backend.
        history: `strict` raises where Google would refuse, `repair` mends it with a warning.

    Raises:
        InvalidRequestError: With the index and type of the message that cannot be sent.
    """
    return _Conversation(messages, family=family, vertex=vertex, history=history).encode()


class _Conversation:
    """One encoding, from the first message to the last."""

    def __init__(self, messages: Sequence[BaseMessage], *, family: Family, vertex: bool, history: History) -> None:
        self._messages = [_by_role(message) for message in messages]
        self._family = family
        self._vertex = vertex
        self._repair = history == "repair"
        self._contents: list[Json] = []
        self._joinable = False
        self._taken: set[int] = set()
        """Indices of tool messages that have answered their calls."""

    def encode(self) -> tuple[Json | None, list[Json]]:
        system = self._system()
        start = len(system)
        for index in range(start, len(self._messages)):
            self._add(index, self._messages[index])
        if not self._contents:
            kinds = ", ".join(message.type for message in self._messages) or "none"
            raise InvalidRequestError(f"Nothing to send: a request needs a human message; the messages are: {kinds}.")
        self._check_beginning()
        self._check_end()
        parts = [part for parts in system for part in parts]
        if parts and not self._family.takes_system_instruction:
            self._prepend(parts)
            parts = []
        return ({"parts": parts} if parts else None), self._contents

    def _system(self) -> list[list[Json]]:
        leading = []
        for index, message in enumerate(self._messages):
            if not isinstance(message, SystemMessage):
                break
            leading.append([{"text": text} for text in self._texts(index, message)])
        return leading

    def _texts(self, index: int, message: BaseMessage) -> list[str]:
        parts = self._user_parts(index, message)
        if any("text" not in part for part in parts):
            raise self._refusal(index, "a system message can hold text only.")
        return [part["text"] for part in parts]

    def _add(self, index: int, message: BaseMessage) -> None:
        match message:
            case HumanMessage():
                parts = self._user_parts(index, message)
                if parts:
                    self._speak("user", parts)
                elif not self._holds_results(message):
                    if not self._repair:
                        raise self._refusal(index, "it is empty; give it text or media, or leave it out.")
                    self._mended(index, "it is empty and was left out.")
            case AIMessage():
                self._add_model_turn(index, message)
            case SystemMessage():
                text = "\n\n".join(self._texts(index, message))
                self._speak("user", [{"text": f"<system>\n{text}\n</system>"}])
            case ToolMessage() | FunctionMessage():
                if index not in self._taken:
                    self._orphan(index, message)
            case RemoveMessage():
                pass
            case _:
                raise self._refusal(index, "this kind of message cannot be sent.")

    def _speak(self, role: str, parts: list[Json], *, alone: bool = False) -> None:
        if self._joinable and not alone and self._contents and self._contents[-1]["role"] == role:
            self._contents[-1]["parts"].extend(parts)
        else:
            self._contents.append({"role": role, "parts": parts})
        self._joinable = not alone

    # ---- a user's turn --------------------------------------------------------------

    def _user_parts(self, index: int, message: BaseMessage) -> list[Json]:
        content = message.content
        if isinstance(content, str):
            return [{"text": content}] if content else []
        try:
            return [part for item in content for part in _user_part(item)]
        except (ValueError, KeyError) as problem:
            raise self._refusal(index, f"{_said(problem)}.") from problem

    @staticmethod
    def _holds_results(message: BaseMessage) -> bool:
        return any(isinstance(item, dict) and item.get("type") == "tool_result" for item in message.content)

    # ---- a model's turn and its results ---------------------------------------------

    def _add_model_turn(self, index: int, message: AIMessage) -> None:
        if is_blocked(message):
            self._mended(index, "its answer was blocked and is left out.")
            return
        has_calls = message.tool_calls or message.invalid_tool_calls or not isinstance(message.content, str)
        results = self._results_after(index) if has_calls or "function_call" in message.additional_kwargs else []
        answered = frozenset(str(result.call_id) for result in results)
        try:
            turn = encode_ai(message, answered, family=self._family, vertex=self._vertex)
        except (ValueError, KeyError) as problem:
            raise self._refusal(index, f"{_said(problem)}.") from problem
        self._speak("model", turn.parts)
        if not turn.calls:
            return
        parts: list[Json] = []
        for call in turn.calls:
            result = next((one for one in results if one.answers(call)), None)
            if result is None:
                parts.append(self._unanswered(index, call))
                continue
            results.remove(result)
            self._taken.add(result.index)
            parts += self._response(call, result)
        self._speak("user", parts, alone=True)

    def _results_after(self, index: int) -> list["_Result"]:
        """The results that stand between a model's turn and the next one."""
        results = []
        for at in range(index + 1, len(self._messages)):
            message = self._messages[at]
            if isinstance(message, AIMessage):
                break
            if isinstance(message, ToolMessage | FunctionMessage):
                results.append(_Result.of_message(at, message))
            elif isinstance(message, HumanMessage) and not isinstance(message.content, str):
                blocks = (item for item in message.content if isinstance(item, dict))
                results += [_Result.of_block(at, block) for block in blocks if block.get("type") == "tool_result"]
        return results

    def _response(self, call: Mapping[str, Any], result: "_Result") -> list[Json]:
        """The part of a result, and its media: inside it where the model's family takes them, else beside it."""
        name = call.get("name") or result.name
        if not name:
            raise self._refusal(result.index, f"the call {result.call_id!r} has no name, nor has its result.")
        response: Json = {**sent_id(call.get("id")), "name": name, "response": result.response()}
        try:
            media = [part for item in result.media for part in _user_part(item)]
        except (ValueError, KeyError) as problem:
            raise self._refusal(result.index, f"{_said(problem)}.") from problem
        inside = [part for part in media if "inlineData" in part] if self._family.media_in_function_response else []
        if inside:
            response["parts"] = [{"inlineData": part["inlineData"]} for part in inside]
        return [{"functionResponse": response}, *(part for part in media if part not in inside)]

    def _unanswered(self, index: int, call: Mapping[str, Any]) -> Json:
        text = f"its call {call['name']!r} ({call.get('id')!r}) has no result"
        if not self._repair:
            raise self._refusal(index, f'{text}; add its ToolMessage, or pass history="repair".')
        self._mended(index, f"{text} and was answered with an error.")
        answer = {**sent_id(call.get("id")), "name": call["name"], "response": {"error": NOT_ANSWERED}}
        return {"functionResponse": answer}

    def _orphan(self, index: int, message: ToolMessage | FunctionMessage) -> None:
        call_id = getattr(message, "tool_call_id", message.name)
        text = f"it answers {call_id!r}, which the model did not call before it"
        if not self._repair:
            raise self._refusal(index, f'{text}; remove it, or pass history="repair".')
        self._mended(index, f"{text}, and was left out.")

    # ---- the whole ------------------------------------------------------------------

    def _check_beginning(self) -> None:
        first = self._contents[0]
        if first["role"] != "model":
            return
        if self._repair:
            self._contents.insert(0, {"role": "user", "parts": [{"text": OPENING}]})
            self._mended(0, "a user's turn was put before the model's, which the conversation began with.")
        elif any("functionCall" in part for part in first["parts"]):
            raise InvalidRequestError(
                "The conversation begins with a model's call, which Google refuses: begin it with a human message, "
                'or pass history="repair".'
            )

    def _check_end(self) -> None:
        if self._contents[-1]["role"] == "model" and not self._family.allows_prefill:
            raise InvalidRequestError(
                "The conversation ends with a model's turn, which this model does not continue: end it with a "
                "human message."
            )

    def _prepend(self, parts: list[Json]) -> None:
        """Put the system text before the first user's turn, for a model that takes no system instruction (B079)."""
        if self._contents[0]["role"] == "user":
            self._contents[0]["parts"][:0] = parts
        else:
            self._contents.insert(0, {"role": "user", "parts": parts})

    def _refusal(self, index: int, text: str) -> InvalidRequestError:
        return InvalidRequestError(f"messages[{index}] ({self._messages[index].type}): {text}")

    def _mended(self, index: int, text: str) -> None:
        warnings.warn(f"messages[{index}] ({self._messages[index].type}): {text}", stacklevel=2)


class _Result:
    """What answers a call: a tool message, a function message, or Anthropic's block in a user's message."""

    __slots__ = ("call_id", "content", "failed", "index", "name")

    def __init__(self, index: int, call_id: str | None, name: str | None, content: Any, *, failed: bool) -> None:
        self.index = index
        self.call_id = call_id
        self.name = name
        self.content = content
        self.failed = failed

    @classmethod
    def of_message(cls, index: int, message: ToolMessage | FunctionMessage) -> "_Result":
        name = message.name or message.additional_kwargs.get("name")
        if isinstance(message, FunctionMessage):
            return cls(index, None, name, message.content, failed=False)
        return cls(index, message.tool_call_id, name, message.content, failed=message.status == "error")

    @classmethod
    def of_block(cls, index: int, block: Mapping[str, Any]) -> "_Result":
        content = block.get("content") or ""
        return cls(index, block.get("tool_use_id"), None, content, failed=bool(block.get("is_error")))

    def answers(self, call: Mapping[str, Any]) -> bool:
        """By the call's id; a function message has none and answers by name."""
        return self.call_id == call.get("id") if self.call_id is not None else self.name == call.get("name")

    def response(self) -> Json:
        """An object always: the text's own if it is one, else the text as output; an error as error (B014)."""
        text = self.content if isinstance(self.content, str) else "".join(_texts_of(self.content))
        if self.failed:
            return {"error": text}
        if text.lstrip().startswith("{"):
            try:
                value = from_json(text, allow_inf_nan=False)
            except ValueError:
                value = None
            if isinstance(value, dict):
                return value
        return {"output": text}

    @property
    def media(self) -> list[Any]:
        """The blocks of the result that are not text."""
        if isinstance(self.content, str):
            return []
        return [item for item in self.content if not isinstance(item, str) and item.get("type") != "text"]


def _user_part(item: Any) -> Iterator[Json]:
    """The part of a block in a user's message; none for an empty text and for what only a model's turn has."""
    if isinstance(item, str):
        item = {"type": "text", "text": item}
    kind = item.get("type") if isinstance(item, Mapping) else None
    if kind in STRIPPED or kind == "tool_result":
        return
    if kind == "text":
        if item["text"]:
            yield {"text": item["text"]}
    elif kind == "non_standard":
        yield raw_part(item["value"])
    elif isinstance(item, Mapping) and (media := encode_media(item)) is not None:
        yield media
    else:
        yield raw_part(item)


def _texts_of(content: Any) -> Iterator[str]:
    for item in content:
        if isinstance(item, str):
            yield item
        elif item.get("type") == "text":
            yield item["text"]


def _by_role(message: BaseMessage) -> BaseMessage:
    """A ChatMessage as the message of its role."""
    if not isinstance(message, ChatMessage):
        return message
    kind = CHAT_ROLES.get(message.role.lower())
    if kind is None:
        raise InvalidRequestError(f"A ChatMessage has the role {message.role!r}; it may be: {', '.join(CHAT_ROLES)}.")
    return kind(content=message.content)


def _said(problem: Exception) -> str:
    """What a problem says, without the full stop that the caller adds."""
    text = f"{problem.args[0]!r} is missing" if isinstance(problem, KeyError) else str(problem)
    return text.rstrip(".")
