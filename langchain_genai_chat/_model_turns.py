"""One AIMessage to the parts of a model's turn: both shapes of this package, and what other packages store.

Knows nothing of the messages around it; calls are paired with their results in `_messages`.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from langchain_core.messages import AIMessage
from pydantic import ValidationError
from pydantic_core import from_json

from ._blocks import BY_BLOCK_TYPE, PARTS, SIGNATURES, encode_block
from ._families import Family, family_of
from ._media import encode_media
from ._metadata import PROVIDER, REFUSED
from .genai import types

Json: TypeAlias = dict[str, Any]

FILLER = "skip_thought_signature_validator"
"""Stands for the signature of a call that the target model did not make (wire: thought-signatures.md)."""
DROPPED = frozenset({"refusal", "redacted_thinking", "function_call", "invalid_tool_call", "cachePoint", "cache_point"})
"""Blocks that are no part of a turn, or stand in `tool_calls` as well."""
CALLS = frozenset({"tool_call", "tool_call_chunk"})
ORIGIN_BOUND = frozenset({"reasoning", "thinking", "server_tool_call", "server_tool_result", "non_standard"})
"""Blocks that mean something to the service that made them only."""


GEMINI_API_ONLY = frozenset({"toolCall", "toolResponse"})
"""Parts that Vertex AI has not: it refuses them as unknown fields."""


@dataclass(slots=True)
class ModelTurn:
    """The parts of one message, and its calls in the order of their parts."""

    parts: list[Json] = field(default_factory=list)
    calls: list[Mapping[str, Any]] = field(default_factory=list)


def is_blocked(message: AIMessage) -> bool:
    """Whether a message stands for an answer that the service blocked whole (B035)."""
    said = message.response_metadata
    blocks = [] if isinstance(message.content, str) else message.content
    refused = blocks and all(isinstance(block, dict) and block.get("type") == "refusal" for block in blocks)
    nothing = (refused or not message.content) and not message.tool_calls and PARTS not in message.additional_kwargs
    return nothing and bool(said.get("block_reason") or said.get("finish_reason") in REFUSED)


def encode_ai(message: AIMessage, answered: Mapping[str, str], *, family: Family, vertex: bool) -> ModelTurn:
    """The turn of a message as the target model takes it.

    Args:
        message: Made by this package, by another one, or by hand.
        answered: Ids of the results that follow, with the names that they give, perhaps empty; an invalid call is
            sent only if one answers it.
        family: The target model's; signatures of another family are left out.
        vertex: The target backend; so are those of the other backend.

    Raises:
        ValueError: A block cannot be sent.
    """
    turn = ModelTurn()
    calls = _Calls(message, answered)
    provider = message.response_metadata.get("model_provider")
    if provider not in (None, PROVIDER):
        parts = _foreign_parts(message, calls)
    elif (text := _marked_text(message)) is not None:
        parts = _text_shaped(text, message, calls)
    elif isinstance(message.content, str):
        parts = _text_shaped(message.content, message, calls)
    else:
        parts = _block_shaped(message.content, calls, own=provider == PROVIDER)
    turn.parts = [part for part in parts if part.get("text") != "" or "thoughtSignature" in part]
    turn.parts += calls.rest()
    turn.calls = calls.placed
    if provider != PROVIDER and not "".join(part.get("text", "") for part in turn.parts).strip():
        turn.parts = [part for part in turn.parts if "text" not in part]  # nothing was said (B034)
    if not _keeps_signatures(message, family, vertex=vertex):
        for part in turn.parts:
            part.pop("thoughtSignature", None)
        turn.parts = [part for part in turn.parts if part and part.get("text") != ""]
    if vertex:
        turn.parts = [part for part in turn.parts if not part.keys() & GEMINI_API_ONLY]
    if not turn.parts:
        turn.parts = [{"text": ""}]
    elif family.checks_signatures:
        _fill_signature(turn.parts)
    return turn


class _Calls:
    """The calls of a message: `tool_calls` say what they are, blocks only where they stand and what they carry.

    A call that was edited keeps its signature. Whether Google holds a signature to the arguments that it came with
    is documented nowhere; the filler is documented for calls that have no signature, not in place of a real one.
    """

    def __init__(self, message: AIMessage, answered: Mapping[str, str]) -> None:
        self._waiting: list[Mapping[str, Any]] = list(message.tool_calls) or _old_call(message)
        for invalid in message.invalid_tool_calls:
            call_id = invalid.get("id") or ""
            if name := call_id in answered and (invalid.get("name") or answered[call_id]):
                self._waiting.append({"id": call_id, "name": name, "args": _object(invalid["args"])})
        self._signatures: Mapping[str, str] = message.additional_kwargs.get(SIGNATURES) or {}
        self.placed: list[Mapping[str, Any]] = []

    def place(self, call_id: str | None, extras: Mapping[str, Any] | None = None) -> Json | None:
        """The part of a call at this place; None if the message has no such call any more."""
        call = next((call for call in self._waiting if call.get("id") == call_id), None)
        if call is None:
            return None
        self._waiting.remove(call)
        self.placed.append(call)
        extras = {"signature": self._signatures.get(call_id or ""), **(extras or {})}
        part = encode_block({"type": "tool_call", **call, "extras": extras})
        if args := call.get("args"):
            part["functionCall"].setdefault("args", args)  # edited, where the model's call had none
        return part

    def place_new(self, call: Mapping[str, Any], extras: Mapping[str, Any] | None = None) -> Json | None:
        """The part of a call that only a block knows, unless `tool_calls` has it."""
        if not any(waiting.get("id") == call["id"] for waiting in self._waiting):
            self._waiting.append(call)
        return self.place(call["id"], extras)

    def sign(self, index: int, signature: str) -> None:
        """Take a signature for the call at a place in `tool_calls`."""
        if index < len(self._waiting):
            self._signatures = {**self._signatures, str(self._waiting[index].get("id")): signature}

    def rest(self) -> list[Json]:
        """The parts of the calls that no block stood for, in order."""
        return [part for call in list(self._waiting) if (part := self.place(call.get("id")))]


def _marked_text(message: AIMessage) -> str | None:
    """The text of a message whose marks say how it was cut, also where LangChain's v3 events made blocks of it."""
    content = message.content
    if isinstance(content, str) or PARTS not in message.additional_kwargs:
        return None
    blocks = [{"type": "text", "text": item} if isinstance(item, str) else item for item in content]
    if any(block.get("type") not in CALLS | DROPPED | {"text"} for block in blocks):
        return None
    return "".join(block["text"] for block in blocks if block["type"] == "text")


def _text_shaped(text: str, message: AIMessage, calls: _Calls) -> Iterator[Json]:
    """The parts of a text-shaped message, cut where its marks say (`_replies.PARTS`)."""
    at = 0
    for mark in message.additional_kwargs.get(PARTS) or ():
        if "end" in mark:
            part: Json = {"text": text[at : mark["end"]], **mark.get("more", {})}
            if "signature" in mark:
                part["thoughtSignature"] = mark["signature"]
            yield part
            at = mark["end"]
        elif "call" in mark:
            if call := calls.place(mark["call"], {"part": mark["patch"]} if "patch" in mark else None):
                yield call
        else:
            yield dict(mark["part"])
    if at < len(text):
        yield {"text": text[at:]}
    audio = message.additional_kwargs.get("audio")
    if isinstance(audio, bytes):  # langchain-google-genai's place for generated speech
        yield {"inlineData": {"mimeType": "audio/wav", "data": base64.b64encode(audio).decode()}}


def _block_shaped(content: Iterable[Any], calls: _Calls, *, own: bool) -> Iterator[Json]:
    """The parts of a message whose content is a list; blocks that only their maker understands need its tag."""
    for item in content:
        block: Mapping[str, Any] = {"type": "text", "text": item} if isinstance(item, str) else item
        kind = block.get("type")
        if kind in DROPPED or (kind in ORIGIN_BOUND and not own) or is_cache_mark(block):
            continue
        if kind in ("text", "reasoning"):
            yield from _split_text(block)
        elif kind in CALLS:
            yield from _some(calls.place(block.get("id"), block.get("extras")))
        elif kind == "tool_use":  # Anthropic's
            call = {"id": block.get("id"), "name": block["name"], "args": block.get("input") or {}}
            yield from _some(calls.place_new(call))
        elif kind == "function_call_signature":
            calls.sign(block.get("index", 0), block["signature"])
        else:
            part = _other_part(block)
            if kind is None and "functionCall" in part:  # the wire's own, written by hand
                call = {"id": None, "args": {}, **part["functionCall"]}
                yield from _some(calls.place_new(call, {"signature": part.get("thoughtSignature")}))
            else:
                yield part


def is_cache_mark(block: Mapping[str, Any]) -> bool:
    """Whether a block only says where another provider should cache."""
    return block.keys() == {"cachePoint"} or block.get("type") in ("cachePoint", "cache_point")


def _other_part(block: Mapping[str, Any]) -> Json:
    """The part of a block that is neither text nor a call."""
    kind = block.get("type")
    if kind in OLD_BLOCKS:
        return OLD_BLOCKS[kind](block)
    if (media := encode_media(_without_extras(block))) is not None:
        return _signed(media, block)
    return encode_block(block) if kind in BY_BLOCK_TYPE else raw_part(block)


def _split_text(block: Mapping[str, Any]) -> Iterator[Json]:
    """A block of text or reasoning as the parts it was joined of: the signature belongs to the last one."""
    extras = dict(block.get("extras") or {})
    cut = extras.pop("signed_from", 0)
    name = block["type"]
    text = block.get(name) or ""
    if cut:
        yield encode_block({"type": name, name: text[:cut]})
    yield encode_block({"type": name, name: text[cut:], "extras": extras})


def _foreign_parts(message: AIMessage, calls: _Calls) -> Iterator[Json]:
    """The parts of another provider's message: text, media and calls; what only it understands is left out."""
    blocks: list[Any] = [*message.content_blocks]  # as they are in a message that is tagged v1
    for item in blocks:
        block = {"type": "text", "text": item} if isinstance(item, str) else item
        kind = block["type"]
        if kind == "text":
            yield {"text": block["text"]}
        elif kind == "tool_call":
            yield from _some(calls.place(block.get("id")))
        elif kind not in DROPPED | ORIGIN_BOUND and (media := encode_media(_without_extras(block))):
            yield media


def raw_part(value: Any) -> Json:
    """A part of the wire that a caller wrote, in either spelling; raises `ValueError` if it is none."""
    part = value if isinstance(value, types.Part) else None
    fields = types.Part.model_fields
    if part is None and isinstance(value, Mapping) and "type" not in value:
        try:
            part = types.Part.model_validate(dict(value))
        except ValidationError as error:
            first = error.errors()[0]
            raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if part is None or not part.model_fields_set & fields.keys():
        kind = value.get("type") if isinstance(value, Mapping) else type(value).__name__
        raise ValueError(f"a block of type {kind!r} is not known; pass a standard block or a part of the Gemini API")
    dumped: Json = part.model_dump(mode="json", by_alias=True, exclude_none=True)
    return dumped


def _thinking(block: Mapping[str, Any]) -> Json:
    return _with_signature({"text": block.get("thinking", ""), "thought": True}, block.get("signature"))


def _old_code(block: Mapping[str, Any]) -> Json:
    code: Json = {"language": block.get("language") or "PYTHON", "code": block.get("executable_code", "")}
    return _signed({"executableCode": code}, block)


def _old_code_result(block: Mapping[str, Any]) -> Json:
    outcome = types.Outcome(block.get("outcome", 1))
    result = {"outcome": str(outcome), "output": block.get("code_execution_result", "")}
    return _signed({"codeExecutionResult": result}, block)


OLD_BLOCKS = {"thinking": _thinking, "executable_code": _old_code, "code_execution_result": _old_code_result}
"""langchain-google-genai's own blocks."""


def _signed(part: Json, block: Mapping[str, Any]) -> Json:
    extras = block.get("extras") or {}
    part = _with_signature(part, extras.get("signature") or block.get("signature"))
    return {**part, **extras.get("part", {})}


def _with_signature(part: Json, signature: str | None) -> Json:
    return {**part, "thoughtSignature": signature} if signature else part


def _without_extras(block: Mapping[str, Any]) -> Json:
    """A block without what is ours: its media options may stand in `extras` too, so the rest of them stays."""
    extras = {name: value for name, value in (block.get("extras") or {}).items() if name not in ("signature", "part")}
    plain = {name: value for name, value in block.items() if name not in ("index", "extras", "annotations")}
    return {**plain, "extras": extras} if extras else plain


def _keeps_signatures(message: AIMessage, family: Family, *, vertex: bool) -> bool:
    """Whether the message's signatures are the target's: made by its family, on its backend, as far as is known."""
    said = message.response_metadata
    if said.get("model_provider") not in (None, PROVIDER):
        return False
    model, backend = said.get("model_name"), said.get("backend")
    if backend and (backend == "vertex") != vertex:
        return False
    return not model or family_of(model).signs_as == family.signs_as


def _fill_signature(parts: list[Json]) -> None:
    """Put the filler on the first call if it has no signature; parallel calls after it need none (B004)."""
    for part in parts:
        if "functionCall" in part:
            part.setdefault("thoughtSignature", FILLER)
            return


def _old_call(message: AIMessage) -> list[Mapping[str, Any]]:
    """The call of a message in OpenAI's first form, which has no id."""
    call = message.additional_kwargs.get("function_call")
    if not call or message.invalid_tool_calls:
        return []
    return [{"id": None, "name": call.get("name", ""), "args": _object(call.get("arguments"))}]


def _object(text: Any) -> Json:
    """A JSON object, from text that may be none: then no arguments."""
    if isinstance(text, dict):
        return text
    try:
        value = from_json(text or "{}", allow_inf_nan=False)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _some(part: Json | None) -> tuple[Json, ...]:
    return (part,) if part else ()
