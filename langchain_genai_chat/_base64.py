"""Data as the wire has it: standard, padded base64, made from bytes, from other base64, or from a data URI.

Decodes nothing: text that has the form is passed on as the same object, however long.
"""

from base64 import b64encode
from string import ascii_letters, digits
from urllib.parse import unquote, unquote_to_bytes

max_inline_bytes = 100 * 1024 * 1024
"""What a whole request may hold, counted as base64; data that is longer by itself cannot be sent inline."""

BLOCK_CHARS = 8_192
_ALPHABET = (ascii_letters + digits + "+/").encode()
_TO_STANDARD = str.maketrans("-_", "+/", " \t\r\n\f\v")
_UNSAID = {"base64", "charset=utf-8", "charset=utf8", "charset=us-ascii"}


def to_base64(data: object) -> str:
    """Bytes, or base64 of any spelling (URL-safe, unpadded, broken into lines), as standard base64.

    Raises:
        ValueError: It is neither, it is empty, or it is more than `max_inline_bytes`.
    """
    if isinstance(data, bytes | bytearray | memoryview):
        _check_size((memoryview(data).nbytes + 2) // 3 * 4)
        if encoded := b64encode(data).decode("ascii"):
            return encoded
        data = ""
    if not isinstance(data, str):
        raise ValueError(f"Data came as {type(data).__name__}; pass bytes or base64.")  # noqa: TRY004 - caught as ValueError
    _check_size(len(data))
    if len(data) % 4 == 0 and _is_standard(data):
        return data
    text = data.translate(_TO_STANDARD).rstrip("=")
    padding = -len(text) % 4
    if padding == 3 or not _is_standard(text):  # noqa: PLR2004 - no data leaves one letter over
        raise ValueError("The data is empty or no base64; pass bytes, or base64 in a string.")
    return text + "=" * padding


def _is_standard(text: str) -> bool:
    """Whether text is of the alphabet, padded at most at its end.

    Block by block, for 5 MB in 3 ms; a regular expression takes three times as long, the text at once its size.
    """
    end = len(text) - (2 if text.endswith("==") else text.endswith("="))
    blocks = (text[start : min(start + BLOCK_CHARS, end)] for start in range(0, end, BLOCK_CHARS))
    return end > 0 and text.isascii() and not any(block.encode().translate(None, _ALPHABET) for block in blocks)


def split_data_uri(uri: str) -> tuple[str | None, str]:
    """The MIME type that a data URI names, if any, and its data as base64, perhaps not standard.

    Of the type's parameters, those that tell how to read the data stay: any of sound, foreign charsets.
    """
    comma = uri.find(",")
    if comma < 0:
        raise ValueError(f"{uri[:40]!r} is no data URI; pass one like 'data:image/png;base64,...'.")
    mime_type, *parameters = (each.strip() for each in uri[len("data:") : comma].split(";"))
    data = uri[comma + 1 :]
    if "base64" in map(str.lower, parameters):
        data = unquote(data) if "%" in data else data
    else:
        _check_size(len(data) // 3)  # the least it can be, were every byte percent-encoded
        data = b64encode(unquote_to_bytes(data)).decode("ascii")
        mime_type = mime_type or "text/plain"
    if mime_type.lower() in {"", "application/octet-stream"}:  # a browser that does not know says the latter
        return None, data
    wanted = "" if mime_type.lower().startswith("audio/") else "charset="
    kept = [each for each in parameters if each.lower().startswith(wanted) and each.lower() not in _UNSAID]
    return ";".join([mime_type, *kept]), data


def _check_size(size: int) -> None:
    if size > max_inline_bytes:
        raise ValueError(
            f"The data is {size:,} bytes as base64; a request may hold {max_inline_bytes:,}. "
            "Upload it with the Files API (client.files.upload) and pass the file's URI as url."
        )
