"""LangChain messages to a system instruction and contents: who speaks when, and which result answers which call.

Knows conversations; one message's blocks are the business of `_model_turns` and `_user_parts`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

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

from ._blocks import sent_id
from ._families import Family
from ._model_turns import ModelTurn, encode_ai, is_blocked
from ._settings import History
from ._tool_results import ToolResult, results_of
from ._user_parts import user_parts
from ._warned import is_news, warn
from .errors import InvalidRequestError

Json: TypeAlias = dict[str, Any]

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


def encode_messages(
    messages: Sequence[BaseMessage], *, family: Family, vertex: bool, history: History
) -> tuple[Json | None, list[Json]]:
    """The system instruction, if there is one, and the contents of a conversation.

    Leading system messages are the system instruction. A later one is sent in its place as a user's text in
    `<system>` tags. Neighbours of one role are one content, but a content of function responses stands alone, right
    after the calls, in their order; a call's result may be any message before the model speaks again.
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
    return Conversation(messages, family=family, vertex=vertex, history=history).encode()


def encode_apart(messages: Sequence[BaseMessage], *, family: Family, vertex: bool) -> list[Json]:
    """The contents by which any messages are counted that are no conversation, such as a slice of one backwards.

    Each message stands for itself, calls and results as their JSON; none where nothing is said.

    Raises:
        InvalidRequestError: With the index and type of the message that cannot be sent.
    """
    return Conversation(messages, family=family, vertex=vertex, history="strict").encode_apart()


class Conversation:
    """One encoding, from the first message to the last."""

    def __init__(self, messages: Sequence[BaseMessage], *, family: Family, vertex: bool, history: History) -> None:
        self._messages = messages
        if any(issubclass(kind, ChatMessage) for kind in set(map(type, messages))):
            self._messages = [_by_role(index, message) for index, message in enumerate(messages)]
        self._family = family
        self._vertex = vertex
        self._repair = history == "repair"
        self._contents: list[Json] = []
        self._speaker: str | None = None
        """Whose words would be joined to the last content."""
        self._calls: list[tuple[int, Mapping[str, Any]]] = []
        """Calls of the model's turn that is being spoken, which may be several messages, with their indices."""
        self._taken: set[tuple[int, int]] = set()
        """Places of results that have answered their calls."""
        self._mends: list[str] = []

    def encode(self) -> tuple[Json | None, list[Json]]:
        system = self._system()
        for index in range(len(system), len(self._messages)):
            self._add(index, self._messages[index])
        self._answer_calls()
        if not self._contents:
            kinds = ", ".join(message.type for message in self._messages) or "none"
            raise InvalidRequestError(f"Nothing to send: a request needs a human message; the messages are: {kinds}.")
        self._check_beginning()
        self._check_end()
        self._tell()
        parts = [part for parts in system for part in parts]
        if parts and not self._family.takes_system_instruction:
            self._prepend(parts)
            parts = []
        return ({"parts": parts} if parts else None), self._contents

    def encode_apart(self) -> list[Json]:
        parts = [part for index, message in enumerate(self._messages) for part in self._parts_apart(index, message)]
        self._tell()
        return [{"role": "user", "parts": [_spoken(part) for part in parts]}] if parts else []

    def _parts_apart(self, index: int, message: BaseMessage) -> Iterator[Json]:
        if isinstance(message, AIMessage):
            yield from self._model_turn(index, message, {}).parts
        elif not isinstance(message, RemoveMessage):
            results = results_of(index, message)
            if not isinstance(message, ToolMessage | FunctionMessage):
                yield from self._user_parts(index, message)
            for result in results:
                answer, *beside = self._response({"name": result.name or "-"}, result)
                inside = answer["functionResponse"].pop("parts", ())
                yield from (answer, *inside, *beside)

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
        """Add a message; one of text and nothing else, as most of a long history are, in 0.4 µs instead of 3."""
        role, text = None, message.content
        if type(text) is str and text and not self._calls:
            if type(message) is HumanMessage:
                role = "user"
            elif type(message) is AIMessage and not (
                message.tool_calls or message.invalid_tool_calls or message.additional_kwargs or text.isspace()
            ):
                role = "model"
        if role is None:
            self._add_other(index, message)
        elif role == self._speaker:
            self._contents[-1]["parts"].append({"text": text})
        else:
            self._contents.append({"role": role, "parts": [{"text": text}]})
            self._speaker = role

    def _add_other(self, index: int, message: BaseMessage) -> None:
        if self._calls and not isinstance(message, AIMessage | RemoveMessage):
            self._answer_calls()
        match message:
            case HumanMessage():
                self._add_user_turn(index, message)
            case AIMessage():
                self._add_model_turn(index, message)
            case SystemMessage():
                if text := "\n\n".join(self._texts(index, message)):
                    self._speak("user", [{"text": f"<system>\n{text}\n</system>"}])
            case ToolMessage() | FunctionMessage():
                self._check_taken(results_of(index, message))
            case RemoveMessage():
                pass
            case _:
                raise self._refusal(index, "this kind of message cannot be sent.")

    def _speak(self, role: str, parts: list[Json], *, alone: bool = False) -> None:
        if role == self._speaker and not alone:
            self._contents[-1]["parts"] += parts
        else:
            self._contents.append({"role": role, "parts": parts})
        self._speaker = None if alone else role

    # ---- a user's turn --------------------------------------------------------------

    def _add_user_turn(self, index: int, message: BaseMessage) -> None:
        parts = self._user_parts(index, message)
        results = results_of(index, message)
        self._check_taken(results)
        if parts:
            self._speak("user", parts)
        elif not results:
            if not self._repair:
                raise self._refusal(index, "it is empty; give it text or media, or leave it out.")
            self._mended(index, "it is empty and was left out.")

    def _user_parts(self, index: int, message: BaseMessage) -> list[Json]:
        try:
            return user_parts(message.content)
        except (ValueError, KeyError) as problem:
            raise self._refusal(index, f"{_said(problem)}.") from problem

    # ---- a model's turn and its results ---------------------------------------------

    def _add_model_turn(self, index: int, message: AIMessage) -> None:
        if is_blocked(message):
            self._mended(index, "its answer was blocked and is left out.")
            return
        results = self._results_after(index) if message.invalid_tool_calls else ()  # nothing else asks for them
        answered = {str(result.call_id): result.name or "" for result in results}
        turn = self._model_turn(index, message, answered)
        self._speak("model", turn.parts)
        self._calls += [(index, call) for call in turn.calls]

    def _model_turn(self, index: int, message: AIMessage, answered: Mapping[str, str]) -> ModelTurn:
        try:
            return encode_ai(message, answered, family=self._family, vertex=self._vertex)
        except (ValueError, KeyError) as problem:
            raise self._refusal(index, f"{_said(problem)}.") from problem

    def _answer_calls(self) -> None:
        """Put the results after the model's turn, in the order of its calls."""
        calls, self._calls = self._calls, []
        if not calls:
            return
        results = self._results_after(calls[0][0])
        parts: list[Json] = []
        for index, call in calls:
            result = next((one for one in results if one.answers(call)), None)
            if result is None:
                parts += self._unanswered(index, call)
                continue
            results.remove(result)
            self._taken.add(result.place)
            parts += self._response(call, result)
        if parts:
            self._speak("user", parts, alone=True)

    def _results_after(self, index: int) -> list[ToolResult]:
        """The results that stand between the model's turn at this message and its next one."""
        results = []
        speaking = True
        for at in range(index + 1, len(self._messages)):
            message = self._messages[at]
            if isinstance(message, AIMessage) and not speaking:
                break
            speaking = speaking and isinstance(message, AIMessage | RemoveMessage)
            results += results_of(at, message)
        return results

    def _check_taken(self, results: list[ToolResult]) -> None:
        for result in results:
            if result.place in self._taken:
                continue
            index = result.place[0]
            asked = repr(result.call_id or result.name)
            text = f"it answers {asked}, which no call before it has, or which another result has answered"
            if not self._repair:
                raise self._refusal(index, f'{text}; remove it, or pass history="repair".')
            self._mended(index, f"{text}; it was left out.")

    def _response(self, call: Mapping[str, Any], result: ToolResult) -> list[Json]:
        """The part of a result, and its media: inside it where the model's family takes them, else beside it."""
        name = call.get("name") or result.name
        if not name:
            raise self._refusal(result.place[0], f"the call {result.call_id!r} has no name, nor has its result.")
        try:
            response: Json = {**sent_id(call.get("id")), "name": name, "response": result.response()}
            media = user_parts(result.media)
        except (ValueError, KeyError) as problem:
            raise self._refusal(result.place[0], f"{_said(problem)}.") from problem
        inside = [part for part in media if len(part) == 1 and "text" not in part]  # options have no place inside
        if inside and self._family.media_in_function_response:
            response["parts"] = inside
            media = [part for part in media if part not in inside]
        return [{"functionResponse": response}, *media]

    def _unanswered(self, index: int, call: Mapping[str, Any]) -> list[Json]:
        text = f"its call {call['name']!r} ({call.get('id')!r}) has no result"
        if not self._repair:
            raise self._refusal(index, f'{text}; add its ToolMessage, or pass history="repair".')
        self._mended(index, f"{text} and was answered with an error.")
        return [no_answer(call)]

    # ---- the whole ------------------------------------------------------------------

    def _check_beginning(self) -> None:
        first = self._contents[0]
        if first["role"] != "model":
            return
        index = next(i for i, message in enumerate(self._messages) if isinstance(message, AIMessage))
        if self._repair:
            self._contents.insert(0, {"role": "user", "parts": [{"text": OPENING}]})
            self._mended(index, "the conversation began with it; a user's turn was put before.")
        elif any("functionCall" in part for part in first["parts"]):
            raise self._refusal(
                index,
                "the conversation begins with its call, which Google refuses; begin with a human message, "
                'or pass history="repair".',
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
        return InvalidRequestError.at(index, self._messages[index], text)

    def _mended(self, index: int, text: str) -> None:
        message = self._messages[index]
        # A history is sent again with each call, and mended each time. An id alone may be another conversation's too.
        if not message.id or is_news(text, repr(message)):
            self._mends.append(f"messages[{index}] ({message.type}): {text}")

    def _tell(self) -> None:
        """Say in one warning all that was mended."""
        if self._mends:
            warn(" ".join(self._mends))


def _spoken(part: Json) -> Json:
    """A part as any role may have it: media as it is, text without its signature, the rest as its JSON."""
    if part.keys() & {"inlineData", "fileData"}:
        return part
    bare = {name: value for name, value in part.items() if name != "thoughtSignature"}
    return {"text": part.get("text") or json.dumps(bare, ensure_ascii=False)}


def no_answer(call: Mapping[str, Any]) -> Json:
    """The part that answers a call which has no result."""
    answer = {**sent_id(call.get("id")), "name": call["name"], "response": {"error": NOT_ANSWERED}}
    return {"functionResponse": answer}


def _by_role(index: int, message: BaseMessage) -> BaseMessage:
    """A ChatMessage as the message of its role."""
    if not isinstance(message, ChatMessage):
        return message
    role, more = message.role.lower(), message.additional_kwargs
    if role in ("tool", "function"):
        name = message.name or more.get("name")
        if call_id := more.get("tool_call_id"):
            return ToolMessage(message.content, tool_call_id=call_id, name=name)
        if name:
            return FunctionMessage(content=message.content, name=name)
        raise InvalidRequestError.at(index, message, "it names no call; give additional_kwargs a tool_call_id or name.")
    if (kind := CHAT_ROLES.get(role)) is None:
        known = ", ".join((*CHAT_ROLES, "tool"))
        raise InvalidRequestError.at(index, message, f"its role is {message.role!r}; it may be: {known}.")
    return kind(content=message.content, additional_kwargs=more, response_metadata=message.response_metadata)


def _said(problem: Exception) -> str:
    """What a problem says, without the full stop that the caller adds."""
    text = f"{problem.args[0]!r} is missing" if isinstance(problem, KeyError) else str(problem)
    return text.rstrip(".")
