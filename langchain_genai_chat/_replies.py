"""What the service answers, as LangChain's messages: a whole answer, or a stream event by event.

Knows the two shapes of content. Both ways of answering go through one folder of parts, so that `invoke` and the
sum of `stream` cannot differ.
"""

import hashlib
from typing import Any, TypeAlias

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic_core import to_json

from ._blocks import MADE_ID, SERVED_CALL, codec_of
from ._metadata import BAD_FINISHES, PROVIDER, Metadata
from ._plain_chunks import plain_chunk
from ._shapes import CUT, MALFORMED, NAMELESS, BlockParts, Parts, Piece, Shape, TextParts, unparsable
from .genai._fold import CallAssembler

Json: TypeAlias = dict[str, Any]


def decode_response(response: Json, *, shape: Shape, turn: int, vertex: bool | None = None) -> ChatResult:
    """A whole answer as LangChain's result: one generation for each candidate, an empty one if there is none.

    Args:
        response: The wire's JSON.
        shape: Of the messages' content; follows from the request, never from the answer.
        turn: The number of messages before this one, so that the ids that are made differ between turns.
        vertex: The backend that answers, since the other one takes none of its signatures; None if it is not known.
    """
    generations = []
    for place, candidate in enumerate(response.get("candidates") or [None]):
        reply = _Reply(shape, turn, place, vertex=vertex)
        piece = reply.fold(response, candidate)
        early = {call["index"] for call in piece.calls}
        piece.add(reply.finish())
        metadata = reply.metadata
        message = AIMessage(
            content=piece.content if shape == "text" else _whole(piece.content, early),
            tool_calls=[_without_index(call) for call in piece.calls],
            invalid_tool_calls=[_without_index(call) for call in piece.invalid],
            additional_kwargs=piece.additional,
            response_metadata=reply.response_metadata(last=True),
            # The counts are the whole answer's, so that only one of several generations may carry them.
            usage_metadata=metadata.usage if place == 0 else Metadata().usage,
        )
        info = {"finish_reason": reason} if (reason := metadata.said("finish_reason")) else None
        generations.append(ChatGeneration(message=message, generation_info=info))
    model = response.get("modelVersion")
    return ChatResult(generations=generations, llm_output={"model_name": model} if model else {})


PLAIN_TEXT = {"text"}


class StreamFolder:
    """The events of one stream as LangChain's chunks, which add up to what `decode_response` gives.

    Lives for one call. What an answer says of itself comes once, with the last chunk: LangChain joins strings
    and adds numbers when it adds chunks.
    """

    def __init__(self, *, shape: Shape, turn: int, vertex: bool | None = None) -> None:
        self._reply = _Reply(shape, turn, 0, vertex=vertex)

    def fold(self, event: Json) -> ChatGenerationChunk | None:
        """The chunk of an event; None if it brings no content."""
        candidates = event.get("candidates")
        piece = self._reply.fold(event, candidates[0] if candidates else None)
        return self._chunk(piece) if piece else None

    def finish(self) -> ChatGenerationChunk:
        """The last chunk, when the stream has ended: usage and metadata, citations, what was still open."""
        return self._chunk(self._reply.finish(), last=True)

    def _chunk(self, piece: "Piece", *, last: bool = False) -> ChatGenerationChunk:
        reply = self._reply
        if not last and isinstance(piece.content, str) and not (piece.calls or piece.invalid or piece.additional):
            return plain_chunk(piece.content)
        blocks = [] if isinstance(piece.content, str) else _joined(piece.content)
        content = piece.content if isinstance(piece.content, str) else [_block_chunk(block) for block in blocks]
        message = AIMessageChunk(
            content=content,
            tool_call_chunks=[_call_chunk(call) for call in (*piece.calls, *piece.invalid)],
            additional_kwargs=piece.additional,
            response_metadata=reply.response_metadata(last=last),
            usage_metadata=reply.metadata.usage if last else None,
            chunk_position="last" if last else None,
        )
        for made, block in zip(message.content, blocks, strict=False):
            # LangChain makes whole calls of the last chunk's, without the index; for output_version="v1" it would give
            # them one of its own, which may be another block's.
            if isinstance(made, dict):
                made["index"] = block["index"]
        return ChatGenerationChunk(message=message)


def bad_reply(message: AIMessage) -> str | None:
    """Why an answer is no ordinary success: a block reason, a bad finish reason, or `EMPTY`; None if it is one."""
    metadata = message.response_metadata
    reason = metadata.get("block_reason") or metadata.get("finish_reason")
    if "block_reason" in metadata or reason in BAD_FINISHES:
        return str(reason)
    return "EMPTY" if metadata.get("is_empty") else None


class _Reply:
    """One candidate's answer as it comes."""

    def __init__(self, shape: Shape, turn: int, place: int, *, vertex: bool | None) -> None:
        self.metadata = Metadata()
        self._parts: Parts = TextParts() if shape == "text" else BlockParts()
        self._assembler = CallAssembler()
        self._ids = _Ids(turn, place)
        self._blocks = shape == "blocks"
        self._backend = {} if vertex is None else {"backend": "vertex" if vertex else "gemini"}
        self._empty = True
        self._held: list[Json] = []
        """A run of calls, and of the service's own responses to them."""

    def fold(self, response: Json, candidate: Json | None) -> Piece:
        self.metadata.note(response, candidate)
        piece = Piece(self._parts.empty())
        for part in ((candidate or {}).get("content") or {}).get("parts") or ():
            if part.keys() == PLAIN_TEXT and not self._held:  # as nearly all parts of a stream are
                self._parts.add_text(part["text"], piece)
                if part["text"]:
                    self._empty = False
            elif whole := self._assembler.fold(part):
                self._take(whole, piece)
        return piece

    def finish(self) -> Piece:
        """What comes with the end: a call that was never closed, one that was malformed, citations, a refusal."""
        piece = Piece(self._parts.empty())
        metadata = self.metadata
        open_call = self._assembler.flush()
        # The service leaves the closing piece out now and then (recorded: ...-missing-terminal-function-c-efe4b078);
        # after any other end than STOP a call came in part only, and half of its arguments must not be acted on.
        if open_call and metadata.said("finish_reason") == "STOP":
            self._take(open_call, piece)
        self._release(piece)
        if open_call and metadata.said("finish_reason") != "STOP":
            piece.invalid.append(self._unreadable(open_call, CUT))
        message = metadata.said("finish_message")
        if metadata.said("finish_reason") == "MALFORMED_FUNCTION_CALL" and message:
            made_id = self._ids.of({"functionCall": message}, metadata.response_id)
            piece.invalid.append({"name": None, "args": unparsable(message), "id": made_id, "error": MALFORMED})
        self._parts.end(metadata, piece)
        return piece

    def _unreadable(self, part: Json, error: str) -> Json:
        call = part["functionCall"]
        args = unparsable(to_json(call.get("args") or {}).decode())
        made_id = self._ids.of(part, self.metadata.response_id)
        return {"name": call.get("name"), "args": args, "id": made_id, "error": error}

    def response_metadata(self, *, last: bool) -> Json:
        metadata: Json = {"model_provider": PROVIDER}
        if self._blocks:
            metadata["output_version"] = "v1"
        if last:
            metadata |= self.metadata.as_response_metadata(is_empty=self._empty) | self._backend
        return metadata

    def _take(self, part: Json, piece: Piece) -> None:
        """Add a part, but hold a call back until the next part that is none, or the end, tells who runs it.

        The service runs some functions itself (`mcpServers`) and then gives the response in the same content,
        in a stream an event later; such a call must not come to whoever runs `tool_calls`. Nobody waits for what
        is held: tools are run when an answer has ended.
        """
        call = part.get("functionCall")
        if call is not None and not call.get("name"):  # nobody can run it, and the service takes none back
            piece.invalid.append(self._unreadable(part, NAMELESS))
            return
        self._empty = self._empty and not _visible(part)
        if "functionCall" in part or "functionResponse" in part:
            self._held.append(part)
            return
        self._release(piece)
        self._parts.add(part, codec_of(part), self._ids.of(part, self.metadata.response_id), piece)

    def _release(self, piece: Piece) -> None:
        held, self._held = self._held, []
        calls = _served(held)
        ids: list[str] = []
        for place, part in enumerate(held):
            call = calls.get(place)
            ids.append(self._ids.of(part, self.metadata.response_id) if call is None else ids[call])
            codec = SERVED_CALL if place in calls.values() else codec_of(part)
            self._parts.add(part, codec, ids[place], piece)


def _served(held: list[Json]) -> dict[int, int]:
    """Which response, by its place, answers which call: the first one of its id, where it has one, and its name."""
    calls: dict[int, int] = {}
    for place, response in enumerate(part.get("functionResponse") for part in held):
        for before, call in enumerate(part.get("functionCall") for part in held[:place]):
            if call and response and before not in calls.values() and _names(call) == _names(response):
                calls[place] = before
                break
    return calls


def _names(call: Json) -> tuple[Any, Any]:
    return call.get("id"), call.get("name")


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


def _visible(part: Json) -> bool:
    """Whether a part is something to the reader: text of the answer, a call, media; not a thought alone."""
    said = part.keys() - {"thought", "thoughtSignature"}
    return not part.get("thought") and part.get("text") != "" and any(part[name] is not None for name in said)


def _call_chunk(call: Json) -> Json:
    """A call as a stream gives it: LangChain parses the text."""
    args = call["args"] if isinstance(call["args"], str) else to_json(call["args"]).decode()
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


def _whole(deltas: list[Json], early: set[int]) -> list[str | Json]:
    """The blocks of a whole answer, as adding chunks leaves them: calls that came early lose their index."""
    return [_without_index(block) if block["index"] in early else block for block in _joined(deltas)]


def _without_index(value: Json) -> Json:
    return {name: inner for name, inner in value.items() if name != "index"}
