"""Thought signatures: made from the part that they sign, and judged when they come back.

Knows parts and bytes; knows nothing of turns or of models.
"""

import hashlib
import json
from base64 import b64encode
from typing import Any

from .validate import Backend, read_bytes

MARK = b"langchain-genai-chat-emulator:"
# What Google's own begin with, in all recordings; they cannot be checked here. A hash that a proxy made up was
# refused (NikkeTryHard/zerogravity#98).
GOOGLES = (b"\x01", b"\x0a", b"\x12")
# Documented on both (pydantic/pydantic-ai#3881); the Gemini API takes their base64 too: recorded, 10 times, as in
# pydantic-ai-test-cross-provider-capability-replay-google-gemini-3-flas-e8e8617a. Vertex does not
# (langchain-ai/langchain-google#1570).
FILLERS: dict[str, tuple[str, ...]] = {
    "gemini": ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go"),
    "vertex": ("skip_thought_signature_validator",),
}


def sign(part: dict[str, Any]) -> str:
    """The signature of a part: of a call's name and arguments, of a text, of media's bytes."""
    return b64encode(MARK + _digest(part)).decode()


def is_good(part: dict[str, Any], backend: Backend) -> bool:
    """Whether a part's signature is the emulator's for this very content, a documented filler, or Google's."""
    given = part["thoughtSignature"]
    raw = read_bytes(given) or b""
    if raw.startswith(MARK):
        return raw == MARK + _digest(part)
    encoded = backend == "gemini" and raw in (filler.encode() for filler in FILLERS[backend])
    return given in FILLERS[backend] or encoded or raw.startswith(GOOGLES)


def _digest(part: dict[str, Any]) -> bytes:
    call, blob = part.get("functionCall", {}), part.get("inlineData", {})
    # not the id: clients that drop it from call and response alike were answered
    signed = [call.get("name"), call.get("args") or {}, part.get("text"), blob.get("mimeType")]
    text = json.dumps(signed, sort_keys=True).encode()
    return hashlib.sha256(text + (read_bytes(blob.get("data", "")) or b"")).digest()
