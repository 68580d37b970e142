"""What the service answers, as LangChain's messages: a whole answer, or a stream event by event.

Knows the two shapes of content. Both ways of answering go through one folder of parts, so that `invoke` and the
sum of `stream` cannot differ.
"""

import hashlib
import math
from typing import Any, Literal, Protocol, TypeAlias

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.content import KNOWN_BLOCK_TYPES
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic_core import to_json

from ._blocks import MADE_ID, PARTS, SIGNATURES, decode_part
from ._metadata import BAD_FINISHES, PROVIDER, REFUSED, Metadata, citations_of
from .genai._fold import CallAssembler

Json: TypeAlias = dict[str, Any]
Shape: TypeAlias = Literal["text", "blocks"]
"""`text`: content is a str. `blocks`: content is a list of standard blocks, tagged v1."""

INVALID_ARGS = "The model's arguments hold a number that JSON has not."
MALFORMED = "The model made a function call that could not be parsed."


def decode_response(response: Json, *, shape: Shape, turn: int) -> ChatResult:
    """A whole answer as LangChain's result: one generation for each candidate, an empty one if there is none.

    Args:
        response: The wire's JSON.
        shape: Of the messages' content; follows from the request, never from the answer.
        turn: The number of messages before this one, so that the ids that are made differ between turns.
    """
    generations = []
    for place, candidate in enumerate(response.get("candidates") or [None]):
        reply = _Reply(shape, turn, place)
        piece = reply.fold(response, candidate)
        piece.add(reply.finish())
        metadata = reply.metadata
        message = AIMessage(
            content=piece.content if shape == "text" else _whole(piece.content),
            tool_calls=[_without_index(call) for call in piece.calls],
            invalid_tool_calls=[_without_index(call) for call in piece.invalid],
            additional_kwargs=piece.additional,
            response_metadata=reply.response_metadata(last=True),
            # The counts are the whole answer's, so that only one of several generations may carry them.
            usage_metadata=metadata.usage if place == 0 else Metadata().usage,
        )
        info = {"finish_reason": reason} if (reason := metadata.said("finish_reason")) else None
        generations.append(ChatGeneration(message=message, generation_info=info))
    return ChatResult(generations=generations, llm_output={"model_name": response.get("modelVersion", "")})


class StreamFolder:
    """The events of one stream as LangChain's chunks, which add up to what `decode_response` gives.

    Lives for one call. What an answer says of itself comes once, with the last chunk: LangChain joins strings
    and adds numbers when it adds chunks.
    """

    def __init__(self, *, shape: Shape, turn: int) -> None:
        self._reply = _Reply(shape, turn, 0)

    def fold(self, event: Json) -> ChatGenerationChunk | None:
        """The chunk of an event; None if it brings no content."""
        candidates = event.get("candidates")
        piece = self._reply.fold(event, candidates[0] if candidates else None)
        return self._chunk(piece) if piece else None

    def finish(self) -> ChatGenerationChunk:
        """The last chunk, when the stream has ended: usage and metadata, citations, what was still open."""
        return self._chunk(self._reply.finish(), last=True)

    def _chunk(self, piece: "_Piece", *, last: bool = False) -> ChatGenerationChunk:
        reply = self._reply
        content = piece.content
        if not isinstance(content, str):
            content = [_block_chunk(block) for block in _joined(content)]
        message = AIMessageChunk(
            content=content,
            tool_call_chunks=[_call_chunk(call) for call in (*piece.calls, *piece.invalid)],
            additional_kwargs=piece.additional,
            response_metadata=reply.response_metadata(last=last),
            usage_metadata=reply.metadata.usage if last else None,
            chunk_position="last" if last else None,
        )
        return ChatGenerationChunk(message=message)


def bad_reply(message: AIMessage) -> str | None:
    """Why an answer is no ordinary success: a block reason, a bad finish reason, or `EMPTY`; None if it is one."""
    metadata = message.response_metadata
    reason = metadata.get("block_reason") or metadata.get("finish_reason")
    if "block_reason" in metadata or reason in BAD_FINISHES:
        return str(reason)
    return "EMPTY" if metadata.get("is_empty") else None


class _Piece:
    """What one event adds to a message."""

    __slots__ = ("additional", "calls", "content", "invalid")

    def __init__(self, content: Any) -> None:
        self.content = content
        self.calls: list[Json] = []
        self.invalid: list[Json] = []
        self.additional: Json = {}

    def __bool__(self) -> bool:
        return bool(self.content or self.calls or self.invalid or self.additional)

    def add(self, other: "_Piece") -> None:
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


class _Parts(Protocol):
    """Parts in, pieces out: one of the two shapes."""

    def empty(self) -> Any:
        """Content that says nothing."""
        ...

    def add(self, part: Json, made_id: str, piece: _Piece) -> None:
        """Add what a part brings to a piece."""
        ...

    def end(self, metadata: Metadata, piece: _Piece) -> None:
        """Add what only the end of an answer brings."""
        ...


class _Reply:
    """One candidate's answer as it comes."""

    def __init__(self, shape: Shape, turn: int, place: int) -> None:
        self.metadata = Metadata()
        self._parts: _Parts = _TextParts() if shape == "text" else _BlockParts()
        self._assembler = CallAssembler()
        self._ids = _Ids(turn, place)
        self._blocks = shape == "blocks"
        self._empty = True

    def fold(self, response: Json, candidate: Json | None) -> _Piece:
        self.metadata.note(response, candidate)
        piece = _Piece(self._parts.empty())
        for part in ((candidate or {}).get("content") or {}).get("parts") or ():
            whole = self._assembler.fold(part)
            if whole:
                self._add(whole, piece)
        return piece

    def finish(self) -> _Piece:
        """What comes with the end: a call that was never closed, one that was malformed, citations, a refusal."""
        piece = _Piece(self._parts.empty())
        if open_call := self._assembler.flush():
            self._add(open_call, piece)
        metadata = self.metadata
        message = metadata.said("finish_message")
        if metadata.said("finish_reason") == "MALFORMED_FUNCTION_CALL" and message:
            made_id = self._ids.of({"functionCall": message}, metadata.response_id)
            piece.invalid.append({"name": None, "args": message, "id": made_id, "error": MALFORMED})
        self._parts.end(metadata, piece)
        return piece

    def response_metadata(self, *, last: bool) -> Json:
        metadata: Json = {"model_provider": PROVIDER}
        if self._blocks:
            metadata["output_version"] = "v1"
        return metadata | self.metadata.as_response_metadata(is_empty=self._empty) if last else metadata

    def _add(self, part: Json, piece: _Piece) -> None:
        self._parts.add(part, self._ids.of(part, self.metadata.response_id), piece)
        self._empty = self._empty and not _visible(part)


class _Ids:
    """Ids for calls without one: the same for the same answer at the same place, else different.

    They begin with `lgc_`, are legal at other providers (28 characters of `[a-z0-9_]`), and are never sent.
    """

    def __init__(self, turn: int, place: int) -> None:
        self._seed = (turn, place)
        self._count = 0
        self._last = ""

    def of(self, part: Json, response_id: str | None) -> str:
        """The id for a part that needs one; a result gets that of the call before it, `""` if no id is due."""
        for field in ("functionCall", "executableCode", "toolCall"):
            call = part.get(field)
            if call is None:
                continue
            self._count += 1
            given = call.get("id") if isinstance(call, dict) else None
            self._last = given or self._made(call, response_id)
            return self._last
        return self._last

    def _made(self, call: Any, response_id: str | None) -> str:
        seed = to_json([*self._seed, self._count, response_id, call], inf_nan_mode="constants")
        return MADE_ID + hashlib.blake2b(seed, digest_size=12).hexdigest()


class _TextParts:
    """Content as a str: text, then calls. Where that is not what the parts were, `PARTS` says what they were."""

    def __init__(self) -> None:
        self._chars = 0
        self._calls = 0
        # What no mark stands for yet: characters from here on, then these calls.
        self._marked = 0
        self._unmarked: list[str] = []

    def empty(self) -> str:
        return ""

    def add(self, part: Json, made_id: str, piece: _Piece) -> None:
        if part.get("functionCall") is not None:
            self._add_call(part, made_id, piece)
        elif "text" in part and part.keys() <= {"text", "thoughtSignature"}:
            self._add_text(part["text"], part.get("thoughtSignature"), piece)
        else:
            piece.note(PARTS, [*self._marks(), {"part": part}])

    def _add_text(self, text: str, signature: str | None, piece: _Piece) -> None:
        if not text and signature is None:
            return
        marks = self._marks() if signature is not None or self._unmarked else []
        self._chars += len(text)
        piece.content += text
        if signature is not None:
            self._marked = self._chars
            marks.append({"end": self._chars, "signature": signature})
        if marks:
            piece.note(PARTS, marks)

    def _add_call(self, part: Json, made_id: str, piece: _Piece) -> None:
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

    def end(self, metadata: Metadata, piece: _Piece) -> None:
        """Nothing: LangChain derives the rest from the metadata."""

    def _marks(self) -> list[Json]:
        """Marks for what came so far without one, since something comes that does not follow by itself."""
        marks: list[Json] = [{"end": self._chars}] if self._marked < self._chars else []
        marks += [{"call": call_id} for call_id in self._unmarked]
        self._marked = self._chars
        self._unmarked = []
        return marks


class _BlockParts:
    """Content as a list of standard blocks, each with an index; a block grows while its parts may be joined."""

    def __init__(self) -> None:
        self._texts: dict[int, list[str]] = {}
        self._index = -1
        self._open: str | None = None
        """The type of the block that the next part may be joined to."""
        self._chars = 0

    def empty(self) -> list[Json]:
        return []

    def add(self, part: Json, made_id: str, piece: _Piece) -> None:
        block = decode_part(part, made_id)
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

    def end(self, metadata: Metadata, piece: _Piece) -> None:
        """Citations on their texts, and why the service refused, in the block that LangChain's newer versions have."""
        texts = {index: "".join(pieces) for index, pieces in self._texts.items()}
        for index, annotations in citations_of(texts, metadata).items():
            piece.content.append({"type": "text", "text": "", "annotations": annotations, "index": index})
        blocked = metadata.said("block_reason")
        reason = blocked or metadata.said("finish_reason")
        if "refusal" in KNOWN_BLOCK_TYPES and (blocked or reason in REFUSED):
            text = metadata.said("finish_message") or f"Gemini refused: {reason}"
            self._place({"type": "refusal", "refusal": text}, piece)

    def _place(self, block: Json, piece: _Piece) -> None:
        self._index += 1
        block["index"] = self._index
        if block["type"] == "tool_call" and not _sort_call(block, self._index, piece):
            block = {**piece.invalid[-1], "type": "invalid_tool_call"}
        piece.content.append(block)


def _sort_call(block: Json, index: int, piece: _Piece) -> bool:
    """Put a call among the calls, or among the invalid ones: JSON has no NaN and no infinity (B015)."""
    call = {"name": block["name"], "args": block["args"], "id": block["id"], "index": index}
    if _is_finite(block["args"]):
        piece.calls.append(call)
        return True
    text = to_json(block["args"], inf_nan_mode="constants").decode()
    piece.invalid.append({**call, "args": text, "error": INVALID_ARGS})
    return False


def _is_finite(value: Any) -> bool:
    match value:
        case dict():
            return all(_is_finite(inner) for inner in value.values())
        case list():
            return all(_is_finite(inner) for inner in value)
        case float():
            return math.isfinite(value)
    return True


def _visible(part: Json) -> bool:
    """Whether a part is something to the reader: text of the answer, a call, media; not a thought alone."""
    return not part.get("thought") and part.get("text") != ""


def _call_chunk(call: Json) -> Json:
    """A call as a stream gives it. LangChain parses the text, so what must stay invalid may not be an object."""
    args = call["args"]
    if not isinstance(args, str) or args.startswith("{"):
        args = to_json(args).decode()
    return {"name": call["name"], "args": args, "id": call["id"], "index": call.get("index")}


def _block_chunk(block: Json) -> Json:
    """A block as a stream gives it: a call's arguments as JSON text, to be parsed by LangChain when it is whole."""
    if block["type"] != "tool_call":
        return block
    return {**block, "type": "tool_call_chunk", "args": to_json(block["args"]).decode()}


def _joined(deltas: list[Json]) -> list[Json]:
    """The blocks that LangChain makes of these when it adds chunks."""
    blocks: dict[int, Json] = {}
    for delta in deltas:
        block = blocks.setdefault(delta["index"], delta)
        if block is delta:
            continue
        kind = block["type"]
        block[kind] += delta[kind]
        if extras := delta.get("extras"):
            block["extras"] = {**block.get("extras", {}), **extras}
        if annotations := delta.get("annotations"):
            block["annotations"] = [*block.get("annotations", ()), *annotations]
    return list(blocks.values())


def _whole(deltas: list[Json]) -> list[str | Json]:
    """The blocks of a whole answer: as LangChain leaves them when a stream has ended, where calls lose their index."""
    return [_without_index(block) if block["type"] == "tool_call" else block for block in _joined(deltas)]


def _without_index(value: Json) -> Json:
    return {name: inner for name, inner in value.items() if name != "index"}
