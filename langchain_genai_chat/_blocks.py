"""One content block of LangChain, one part of the wire, both ways: a row for each kind.

Knows nothing of messages, nor of what part stands beside which.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ._media import decode_media, encode_media

Json: TypeAlias = dict[str, Any]

CODE_TOOL = "code_interpreter"
"""LangChain's standard name for code that the service runs."""
MADE_ID = "lgc_"
"""How the ids begin that we make for calls without one; they are never sent."""
SIGNATURES = "__gemini_function_call_thought_signatures__"
"""In `additional_kwargs`: the signatures of calls by their ids; langchain-google-genai's key and form."""
PARTS = "genai_parts"
"""In `additional_kwargs`: how a text-shaped message was cut into parts, where that is not text, then calls.

A list of `{"end": n, "signature"?: s, "more"?: {...}}`, a text part that ends at character n, with its other fields;
`{"call": id, "patch"?: {...}}`, a call in its place; `{"part": {...}}`, a part that is neither. What it does not list
follows: text, then calls.
"""


@dataclass(frozen=True, slots=True)
class Codec:
    """One kind of part: the field that tells it, the type of its block, and the way there and back.

    `decode` may leave things out: what a block does not say of its part is kept beside it (`decode_part`).
    """

    field: str
    block_type: str
    decode: Callable[[Json, str], Json]
    """A part, and an id for it if it needs one and has none, to a block."""
    encode: Callable[[Mapping[str, Any]], Json]


def _decode_text(part: Json, _: str) -> Json:
    return {"type": "text", "text": part["text"]}


def _encode_text(block: Mapping[str, Any]) -> Json:
    return {"text": block["text"]}


def _decode_thought(part: Json, _: str) -> Json:
    return {"type": "reasoning", "reasoning": part.get("text", "")}


def _encode_thought(block: Mapping[str, Any]) -> Json:
    return {"text": block.get("reasoning", ""), "thought": True}


def _decode_call(part: Json, made_id: str) -> Json:
    call = part["functionCall"]
    return {
        "type": "tool_call",
        "id": call.get("id") or made_id,
        "name": call.get("name") or "",
        "args": call.get("args") or {},
    }


def _encode_call(block: Mapping[str, Any]) -> Json:
    return {"functionCall": {**sent_id(block.get("id")), "name": block["name"], "args": block.get("args") or {}}}


def _decode_code(part: Json, made_id: str) -> Json:
    code = part["executableCode"]
    args = {"language": code.get("language", "PYTHON"), "code": code.get("code", "")}
    return {"type": "server_tool_call", "id": code.get("id") or made_id, "name": CODE_TOOL, "args": args}


def _encode_server_call(block: Mapping[str, Any]) -> Json:
    args = block.get("args") or {}
    if "function" in (block.get("extras") or {}):
        return _encode_call(block)
    if block["name"] == CODE_TOOL:
        code = {"language": str(args.get("language", "PYTHON")).upper(), "code": args.get("code", "")}
        return {"executableCode": {**sent_id(block.get("id")), **code}}
    return {"toolCall": {**sent_id(block.get("id")), "toolType": block["name"].upper(), "args": args}}


def _decode_code_result(part: Json, made_id: str) -> Json:
    result = part["codeExecutionResult"]
    outcome = result.get("outcome", "OUTCOME_UNSPECIFIED")
    return {
        "type": "server_tool_result",
        "tool_call_id": result.get("id") or made_id,
        "status": "success" if outcome in ("OUTCOME_OK", 1) else "error",
        "output": result.get("output", ""),
        "extras": {"outcome": outcome},
    }


def _encode_server_result(block: Mapping[str, Any]) -> Json:
    extras = block.get("extras") or {}
    call_id = sent_id(block.get("tool_call_id"))
    if name := extras.get("function"):
        return {"functionResponse": {**call_id, "name": name, "response": block.get("output")}}
    if tool_type := extras.get("tool_type"):
        return {"toolResponse": {**call_id, "toolType": tool_type, "response": block.get("output")}}
    outcome = extras.get("outcome") or ("OUTCOME_OK" if block.get("status") == "success" else "OUTCOME_FAILED")
    return {"codeExecutionResult": {**call_id, "outcome": outcome, "output": block.get("output", "")}}


def _decode_server_call(part: Json, made_id: str) -> Json:
    call = part["toolCall"]
    return {
        "type": "server_tool_call",
        "id": call.get("id") or made_id,
        "name": str(call.get("toolType", "tool")).lower(),
        "args": call.get("args") or {},
    }


def _decode_server_response(part: Json, made_id: str) -> Json:
    response = part["toolResponse"]
    return {
        "type": "server_tool_result",
        "tool_call_id": response.get("id") or made_id,
        "status": "success",
        "output": response.get("response") or {},
        "extras": {"tool_type": response.get("toolType", "TOOL_TYPE_UNSPECIFIED")},
    }


def _decode_served_call(part: Json, made_id: str) -> Json:
    block = _decode_call(part, made_id)
    return {**block, "type": "server_tool_call", "extras": {"function": block["name"]}}


def _decode_served_response(part: Json, made_id: str) -> Json:
    response = part["functionResponse"]
    return {
        "type": "server_tool_result",
        "tool_call_id": response.get("id") or made_id,
        "status": "error" if "error" in (response.get("response") or {}) else "success",
        "output": response.get("response") or {},
        "extras": {"function": response.get("name", "")},
    }


def _decode_medium(part: Json, made_id: str) -> Json:
    key = "inlineData" if part.get("inlineData") is not None else "fileData"
    plain = {name: part[key][name] for name in ("mimeType", "data", "fileUri") if name in part[key]}
    return decode_media({key: plain}) or _decode_unknown(part, made_id)


def _encode_medium(block: Mapping[str, Any]) -> Json:
    part = encode_media({name: value for name, value in block.items() if name not in ("index", "extras")})
    if part is None:
        raise ValueError(f"a block of type {block.get('type')!r} holds no media")
    return part


def _decode_unknown(part: Json, _: str) -> Json:
    return {"type": "non_standard", "value": part}


def _encode_unknown(block: Mapping[str, Any]) -> Json:
    value: Json = dict(block["value"])
    return value


THOUGHT = Codec("thought", "reasoning", _decode_thought, _encode_thought)
CALL = Codec("functionCall", "tool_call", _decode_call, _encode_call)
SERVED_CALL = Codec("", "server_tool_call", _decode_served_call, _encode_server_call)
"""A function call that the service has run itself, which its response in the same content tells."""
UNKNOWN = Codec("", "non_standard", _decode_unknown, _encode_unknown)
TEXT = Codec("text", "text", _decode_text, _encode_text)
CODECS = (
    THOUGHT,
    TEXT,
    CALL,
    Codec("inlineData", "image", _decode_medium, _encode_medium),
    Codec("inlineData", "audio", _decode_medium, _encode_medium),
    Codec("inlineData", "video", _decode_medium, _encode_medium),
    Codec("fileData", "file", _decode_medium, _encode_medium),
    Codec("executableCode", "server_tool_call", _decode_code, _encode_server_call),
    Codec("codeExecutionResult", "server_tool_result", _decode_code_result, _encode_server_result),
    Codec("toolCall", "server_tool_call", _decode_server_call, _encode_server_call),
    Codec("toolResponse", "server_tool_result", _decode_server_response, _encode_server_result),
    Codec("functionResponse", "server_tool_result", _decode_served_response, _encode_server_result),
    UNKNOWN,
)
BY_BLOCK_TYPE = {codec.block_type: codec for codec in CODECS}


def codec_of(part: Json) -> Codec:
    """The row of a part; one for what this package does not know."""
    for codec in CODECS:
        if part.get(codec.field) is not None and (codec is not THOUGHT or (part["thought"] and "text" in part)):
            return codec
    return UNKNOWN


def decode_part(part: Json, made_id: str, codec: Codec | None = None) -> Json:
    """A part of an answer as a standard block that `encode_block` turns into the same part again.

    Its signature is in `extras["signature"]`; what the block cannot say of the part otherwise is in
    `extras["part"]`, as a JSON merge patch (RFC 7396) on what `encode_block` would give without it.
    """
    codec = codec or codec_of(part)
    block = codec.decode(part, made_id)
    if block["type"] == UNKNOWN.block_type:
        return block
    extras = block.get("extras") or {}
    plain = codec.encode(block)
    signature = part.get("thoughtSignature")
    if signature is not None:
        extras["signature"] = signature
        plain["thoughtSignature"] = signature
    if patch := _difference(plain, part):
        extras["part"] = patch
    if extras:
        block["extras"] = extras
    return block


def encode_block(block: Mapping[str, Any]) -> Json:
    """A standard block of a model's message as its part; raises `KeyError` for a type without a row."""
    part = BY_BLOCK_TYPE[block["type"]].encode(block)
    extras = block.get("extras") or {}
    if (signature := extras.get("signature")) is not None:
        part["thoughtSignature"] = signature
    if patch := extras.get("part"):
        part = _patched(part, patch)
    return part


def sent_id(call_id: str | None) -> Json:
    """The id of a call as a field, unless it is one of those that are made here."""
    return {"id": call_id} if call_id and not call_id.startswith(MADE_ID) else {}


def _difference(plain: Mapping[str, Any], part: Mapping[str, Any]) -> Json:
    """The merge patch that makes the part of the plain one; JSON null in a message is the same as absence."""
    patch: Json = {name: None for name in plain if part.get(name) is None}
    for name, value in part.items():
        before = plain.get(name)
        if value is None or value == before:
            continue
        if not (isinstance(value, dict) and isinstance(before, dict)):
            patch[name] = value
        elif inner := _difference(before, value):
            patch[name] = inner
    return patch


def _patched(part: Json, patch: Mapping[str, Any]) -> Json:
    patched = dict(part)
    for name, value in patch.items():
        if value is None:
            patched.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(patched.get(name), dict):
            patched[name] = _patched(patched[name], value)
        else:
            patched[name] = value
    return patched
