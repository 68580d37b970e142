"""What answers a model's calls, in whichever message it stands: its call, its text as an object, its media.

Knows results only; which of them belongs to which turn is the business of `_messages`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from langchain_core.messages import BaseMessage, FunctionMessage, HumanMessage, ToolMessage
from pydantic_core import from_json, to_json

Json: TypeAlias = dict[str, Any]

RESULT_TEXTS: dict[Any, Callable[[Mapping[str, Any]], str]] = {
    "text": lambda block: str(block["text"]),
    "json": lambda block: to_json(block["json"]).decode(),
    "search_result": lambda block: to_json(block).decode(),
}
"""Blocks of a tool's result that are its text."""


def results_of(index: int, message: BaseMessage) -> list["ToolResult"]:
    """The results that a message holds: a tool's, a function's, or Anthropic's blocks in a user's message."""
    content: Any = message.content
    match message:
        case ToolMessage():
            name = message.name or message.additional_kwargs.get("name")
            failed = message.status == "error"
            return [ToolResult((index, 0), message.tool_call_id, name, content, failed=failed)]
        case FunctionMessage():
            return [ToolResult((index, 0), None, message.name, content, failed=False)]
        case HumanMessage() if not isinstance(content, str):
            blocks = [item for item in content if isinstance(item, dict) and item.get("type") == "tool_result"]
            return [_of_block((index, at), block) for at, block in enumerate(blocks)]
    return []


def _of_block(place: tuple[int, int], block: Mapping[str, Any]) -> "ToolResult":
    content = block.get("content") or ""
    return ToolResult(place, block.get("tool_use_id"), None, content, failed=bool(block.get("is_error")))


class ToolResult:
    """One answer to a call; `place` is its message's index, and its own within the message."""

    __slots__ = ("call_id", "content", "failed", "name", "place")

    def __init__(
        self, place: tuple[int, int], call_id: str | None, name: str | None, content: Any, *, failed: bool
    ) -> None:
        self.place = place
        self.call_id = call_id
        self.name = name
        self.content = content
        self.failed = failed

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
        return [item for item in self.content if not isinstance(item, str) and item.get("type") not in RESULT_TEXTS]


def _texts_of(content: Any) -> Iterator[str]:
    for item in content:
        if isinstance(item, str):
            yield item
        elif read := RESULT_TEXTS.get(item.get("type")):
            yield read(item)
