"""What a user says, or a tool shows, as parts: text and media, and nothing that only a model's turn has.

Knows one message's content; nothing of who speaks before or after it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from ._media import encode_media
from ._model_turns import is_cache_mark, raw_part

Json: TypeAlias = dict[str, Any]

STRIPPED = frozenset({"reasoning", "thinking", "redacted_thinking", "refusal", "tool_result"})
"""Blocks of a model's turn that mean nothing in a user's, and what stands for a tool message of its own."""


def user_parts(content: str | Iterable[Any]) -> list[Json]:
    """The parts of a text or of blocks; none for an empty text.

    Raises:
        ValueError: A block cannot be sent.
        KeyError: It lacks what its type needs.
    """
    if isinstance(content, str):
        return [{"text": content}] if content else []
    return [part for item in content for part in _user_part(item)]


def _user_part(item: Any) -> Iterator[Json]:
    """The part of a block in a user's message; none for an empty text and for what only a model's turn has."""
    block: Mapping[str, Any] = {"type": "text", "text": item} if isinstance(item, str) else item
    kind = block.get("type")
    if kind in STRIPPED or is_cache_mark(block):
        return
    if kind == "text":
        if block["text"]:
            yield {"text": block["text"]}
        return
    part = encode_media(block) or raw_part(block["value"] if kind == "non_standard" else block)
    if part.keys() & {"functionCall", "functionResponse"}:
        raise ValueError("calls stand in an AIMessage's tool_calls, and results in a ToolMessage")
    if part.get("text") != "":
        yield part
