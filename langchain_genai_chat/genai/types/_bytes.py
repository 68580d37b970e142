"""The wire's bytes: base64 text in JSON, and the texts that stand in place of a thought signature.

Knows nothing of any message. It stands apart from `_base` since pydantic loads its serializers when they are named:
1.5 ms, which a chat model of LangChain's, that works on JSON, need not spend.
"""

import binascii
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

_URLSAFE_TO_STANDARD = str.maketrans("-_", "+/")


def decode_base64(text: str) -> bytes:
    """Bytes of base64 text in the standard or the URL-safe alphabet, padded or not."""
    if "-" in text or "_" in text:
        text = text.translate(_URLSAFE_TO_STANDARD)
    if missing := -len(text) % 4:
        text += "=" * missing
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise ValueError(f"not base64 text: {error}") from None


def encode_base64(data: bytes) -> str:
    """Base64 text as we send it: standard alphabet, padded."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


class LiteralSignature(bytes):
    """A documented text in place of a thought signature; it goes out as it is, not as base64."""

    __slots__ = ()


SKIP_THOUGHT_SIGNATURE = LiteralSignature(b"skip_thought_signature_validator")
"""For calls that Gemini did not make; both backends take it."""
_LITERAL_SIGNATURES = {
    literal.decode(): literal
    for literal in (SKIP_THOUGHT_SIGNATURE, LiteralSignature(b"context_engineering_is_the_way_to_go"))
}


def _read_bytes(value: Any) -> Any:
    return decode_base64(value) if isinstance(value, str) else value


def _read_signature(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return _LITERAL_SIGNATURES.get(value) or decode_base64(value)


def _write_signature(value: bytes) -> str:
    return value.decode() if isinstance(value, LiteralSignature) else encode_base64(value)


Base64 = Annotated[
    bytes,
    BeforeValidator(_read_bytes),
    PlainSerializer(encode_base64, return_type=str, when_used="json-unless-none"),
]
"""Bytes here, base64 text in JSON; a string is always decoded."""
Signature = Annotated[
    bytes,
    BeforeValidator(_read_signature),
    PlainSerializer(_write_signature, return_type=str, when_used="json-unless-none"),
]
"""As `Base64`, but for the two literal texts, which stay what they are."""
