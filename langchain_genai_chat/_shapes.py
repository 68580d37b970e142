"""The two shapes of a message's content, as they grow part by part.

Knows blocks and their places; nothing of responses, of events or of messages.
"""

import math
from typing import Any, Literal, Protocol, TypeAlias

from langchain_core.messages.content import KNOWN_BLOCK_TYPES
from pydantic_core import to_json

from ._blocks import CALL, PARTS, SIGNATURES, TEXT, Codec, decode_part
from ._metadata import REFUSED, Metadata, citations_of

Json: TypeAlias = dict[str, Any]
Shape: TypeAlias = Literal["text", "blocks"]
"""`text`: content is a str. `blocks`: content is a list of standard blocks, tagged v1."""

INVALID_ARGS = "The model's arguments hold a number that JSON has not."
CUT = "The answer ended in the middle of this call."
NAMELESS = "The model named no function."
MALFORMED = "The model made a function call that could not be parsed."


class Piece:
    """What one event adds to a message."""

    __slots__ = ("additional", "calls", "content", "invalid")

    def __init__(self, content: Any) -> None:
        self.content = content
        self.calls: list[Json] = []
        self.invalid: list[Json] = []
        self.additional: Json = {}

    def __bool__(self) -> bool:
        return bool(self.content or self.calls or self.invalid or self.additional)

    def add(self, other: "Piece") -> None:
        """Take what came after."""
        self.content = self.content + other.content
        self.calls += other.calls
        self.invalid += other.invalid
        for name, value in other.additional.items():
            self.note(name, value)

    def note(self, name: str, value: Any) -> None:
        """Add to the additional keyword arguments, as LangChain adds chunks: lists grow, objects are joined."""
        before = self.additional.get(name)
        match before:
            case None:
                self.additional[name] = value
            case list():
                before += value
            case _:
                before.update(value)


class Parts(Protocol):
    """Parts in, pieces out: one of the two shapes."""

    def empty(self) -> Any:
        """Content that says nothing."""
        ...

    def add(self, part: Json, codec: Codec, made_id: str, piece: Piece) -> None:
        """Add what a part brings to a piece."""
        ...

    def add_text(self, text: str, piece: Piece) -> None:
        """Add a text that is a part by itself, unsigned."""
        ...

    def end(self, metadata: Metadata, piece: Piece) -> None:
        """Add what only the end of an answer brings."""
        ...


class TextParts:
    """Content as a str: text, then calls. Where that is not what the parts were, `PARTS` says what they were."""

    def __init__(self) -> None:
        self._chars = 0
        self._calls = 0
        # What no mark stands for yet: characters from here on, then these calls.
        self._marked = 0
        self._unmarked: list[str] = []

    def empty(self) -> str:
        return ""

    def add(self, part: Json, codec: Codec, made_id: str, piece: Piece) -> None:
        if codec is CALL:
            self._add_call(part, made_id, piece)
        elif codec.field == "text":
            rest = {name: value for name, value in part.items() if name not in {"text", "thoughtSignature"}}
            more = {"signature": part.get("thoughtSignature"), "more": rest or None}
            self.add_text(part["text"], piece, {name: value for name, value in more.items() if value is not None})
        else:
            piece.note(PARTS, [*self._marks(), {"part": part}])

    def add_text(self, text: str, piece: Piece, more: Json | None = None) -> None:
        if not text and not more:
            return
        marks = self._marks() if more or self._unmarked else []
        self._chars += len(text)
        piece.content += text
        if more:
            self._marked = self._chars
            marks.append({"end": self._chars, **more})
        if marks:
            piece.note(PARTS, marks)

    def _add_call(self, part: Json, made_id: str, piece: Piece) -> None:
        block = decode_part(part, made_id)
        extras = block.get("extras") or {}
        _sort_call(block, self._calls, piece)
        self._calls += 1
        if signature := extras.get("signature"):
            piece.note(SIGNATURES, {block["id"]: signature})
        if patch := extras.get("part"):
            piece.note(PARTS, [*self._marks(), {"call": block["id"], "patch": patch}])
        else:
            self._unmarked.append(block["id"])

    def end(self, metadata: Metadata, piece: Piece) -> None:
        """Nothing: LangChain derives the rest from the metadata."""

    def _marks(self) -> list[Json]:
        """Marks for what came so far without one, since something comes that does not follow by itself."""
        marks: list[Json] = [{"end": self._chars}] if self._marked < self._chars else []
        marks += [{"call": call_id} for call_id in self._unmarked]
        self._marked = self._chars
        self._unmarked = []
        return marks


class BlockParts:
    """Content as a list of standard blocks, each with an index; a block grows while its parts may be joined."""

    def __init__(self) -> None:
        self._texts: dict[int, list[str]] = {}
        self._index = -1
        self._open: str | None = None
        """The type of the block that the next part may be joined to."""
        self._chars = 0

    def empty(self) -> list[Json]:
        return []

    def add(self, part: Json, codec: Codec, made_id: str, piece: Piece) -> None:
        block = decode_part(part, made_id, codec)
        kind = block["type"]
        if kind not in ("text", "reasoning") or "part" in block.get("extras", ()):
            self._place(block, piece)
            self._open = None
            return
        text = block[kind]
        signature = part.get("thoughtSignature")
        if not text and signature is None:
            return
        if kind == self._open:
            if signature is not None and self._chars:
                block["extras"]["signed_from"] = self._chars
            block["index"] = self._index
            piece.content.append(block)
        else:
            self._place(block, piece)
            self._chars = 0
        self._chars += len(text)
        self._open = kind if signature is None else None
        if kind == "text":
            self._texts.setdefault(self._index, []).append(text)

    def add_text(self, text: str, piece: Piece) -> None:
        self.add({"text": text}, TEXT, "", piece)

    def end(self, metadata: Metadata, piece: Piece) -> None:
        """Citations on their texts, and why the service refused, in the block that LangChain's newer versions have."""
        texts = {index: "".join(pieces) for index, pieces in self._texts.items()}
        for index, annotations in citations_of(texts, metadata).items():
            piece.content.append({"type": "text", "text": "", "annotations": annotations, "index": index})
        blocked = metadata.said("block_reason")
        reason = blocked or metadata.said("finish_reason")
        if "refusal" in KNOWN_BLOCK_TYPES and (blocked or reason in REFUSED):
            text = metadata.said("finish_message") or f"Gemini refused: {reason}"
            self._place({"type": "refusal", "refusal": text}, piece)

    def _place(self, block: Json, piece: Piece) -> None:
        self._index += 1
        block["index"] = self._index
        if block["type"] == "tool_call" and not _sort_call(block, self._index, piece):
            block = {**piece.invalid[-1], "type": "invalid_tool_call"}
        piece.content.append(block)


def _sort_call(block: Json, index: int, piece: Piece) -> bool:
    """Put a call among the calls, or among the invalid ones: JSON has no NaN and no infinity (B015)."""
    call = {"name": block["name"], "args": block["args"], "id": block["id"], "index": index}
    if _is_finite(block["args"]):
        piece.calls.append(call)
        return True
    text = to_json(block["args"], inf_nan_mode="constants").decode()
    piece.invalid.append({**call, "args": unparsable(text), "error": INVALID_ARGS})
    return False


def unparsable(args: str) -> str:
    """Arguments of an invalid call as text that LangChain, which reads what a stream brings, takes for no object."""
    return to_json(args).decode() if args.lstrip().startswith("{") else args


def _is_finite(value: Any) -> bool:
    match value:
        case dict():
            return all(_is_finite(inner) for inner in value.values())
        case list():
            return all(_is_finite(inner) for inner in value)
        case float():
            return math.isfinite(value)
    return True
