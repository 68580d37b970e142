"""Media blocks of LangChain's messages, in every library's spelling, to one part of the wire's JSON and back.

Opens no file and no URL: what the service cannot reach by itself is refused, and base64 stays text.
"""

import ipaddress
import re
from binascii import a2b_base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from ._base64 import split_data_uri, to_base64
from ._media_options import encode_media_options, find
from .genai.types._mime import guess_mime_type, sniff_mime_type

Json: TypeAlias = dict[str, Any]

# Block type -> keys under which its fields may stand one level down. How a library spells a field itself
# (the data, the URL, the id, the MIME type) is read in every block.
_BLOCKS: dict[str, tuple[str, ...]] = {
    "image": ("source",),  # LangChain, flat; Anthropic, in `source`
    "document": ("source",),  # Anthropic
    "audio": (),  # LangChain
    "video": (),
    "text-plain": (),
    "file": ("file", "source"),  # LangChain, flat; OpenAI, in `file`
    "image_url": ("image_url",),  # OpenAI's chat completions
    "input_audio": ("input_audio",),
    "input_image": ("image_url",),  # OpenAI's responses
    "input_file": (),
    "media": (),  # langchain-google-genai
    "file_data": ("file_data", "fileData"),  # the wire's own, with a type
    "fileData": ("file_data", "fileData"),
    "inline_data": ("inline_data", "inlineData"),
    "inlineData": ("inline_data", "inlineData"),
}
_DATA = ("base64", "data", "file_data")
_URI = ("url", "file_uri", "fileUri", "file_url")
_MIME_TYPE = ("mime_type", "mimeType", "media_type")
_DISPLAY_NAME = ("display_name", "displayName", "filename", "title")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{1,30}):")
_FILE_NAME = re.compile(r"files/[a-z0-9-]{1,40}")
_FILES_HOST = "generativelanguage.googleapis.com"
_YOUTUBE = re.compile(r"(?:(?:www|m|music)\.)?(?:youtube|youtube-nocookie)\.com|youtu\.be")
# How PNG, JPEG, GIF, WebP and PDF begin in base64, which no address does.
_BARE_BASE64 = ("iVBORw0KGgo", "/9j/", "R0lGOD", "UklGR", "JVBERi0")


def encode_media(block: Mapping[str, Any]) -> Json | None:
    """The part that a media block stands for, or None when the block is no media block.

    Data goes before a URL, a URL before a file id. The MIME type is the one given, else the data URI's,
    else that of the format, name or suffix, else that of the data's first bytes. An address whose suffix
    tells nothing needs it given, an image's too; YouTube and the Files API do without.

    Raises:
        ValueError: The block cannot be sent; the message says what came and what would do.
    """
    kind = block.get("type")
    if not isinstance(kind, str) or kind not in _BLOCKS:
        return None
    inner, outer = _levels(block, kind)
    style = inner.get("type") or outer.get("source_type")
    if (text := _plain_text(kind, style, inner, outer)) is not None:
        return {"text": text}
    beside = (outer.get("extras"), outer.get("metadata"))
    everywhere = (inner, outer, *(each for each in beside if isinstance(each, Mapping)))
    about = _About(
        kind=kind,
        given=find((inner, outer), _MIME_TYPE),
        format=find((inner,), ("format",)),
        name=find(everywhere, _DISPLAY_NAME),
    )
    if (data := find((inner, outer), _DATA)) is not None:
        part = _encode_data(data, about)
    elif (uri := find((inner, outer), _URI)) is not None:
        part = _encode_uri(uri, about)
    elif (file_id := find((inner, outer), ("id",) if style == "id" else ("file_id",))) is not None:
        part = _encode_file_id(file_id, about)
    else:
        or_text = ", or text" if kind == "text-plain" else ""
        raise ValueError(
            f"A block of type {kind!r} with the keys {', '.join(map(str, block))} holds no data. "
            f"Pass base64 with mime_type, or url, or file_id{or_text}."
        )
    return part | encode_media_options(everywhere)


def decode_media(part: Json) -> Json | None:
    """The standard block for a part's `inlineData` or `fileData`; the rest of the part is not looked at.

    None where there is neither, or where `encode_media` would not give it back as it was (no MIME type where
    one would be guessed, a field that no block has): such a part is better kept as it is. Base64 that is
    not standard becomes so, since that is what readers of blocks decode.
    """
    key = next((key for key in ("inlineData", "fileData") if part.get(key)), None)
    if key is None:
        return None
    source: Json = part[key]
    data_key, block_key = ("data", "base64") if key == "inlineData" else ("fileUri", "url")
    mime_type = source.get("mimeType")
    kind = str(mime_type).partition("/")[0]
    block = {"type": kind if kind in {"image", "audio", "video"} else "file", block_key: source.get(data_key)}
    if mime_type:
        block["mime_type"] = mime_type
    try:
        again = (encode_media(block) or {}).get(key, {})
    except ValueError:
        return None
    if key == "inlineData":
        block["base64"] = again.get("data")
    return block if again == source | {data_key: block[block_key]} else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """What a block says of its data."""

    kind: str
    given: Any
    format: Any
    name: Any

    def mime_type(self, *guesses: str | None) -> str | None:
        """The type given, else the first guess; where film and sound look alike, as the block's type says."""
        if self.given is not None:
            given = self.given if "/" in str(self.given) else guess_mime_type(f".{self.given}")
            if not isinstance(given, str):
                raise ValueError(f"mime_type {self.given!r:.80} is none; pass one like 'image/png'.")
            return "image/jpeg" if given.lower() == "image/jpg" else given
        if self.kind == "text-plain" and guesses:
            guesses += ("text/plain",)
        mime_type = next(filter(None, guesses), "")
        main, _, sub = mime_type.partition("/")
        if main == "video" and self.kind in {"audio", "input_audio"}:
            return f"audio/{sub}"
        if main == "audio" and self.kind == "video":
            return f"video/{sub}"
        return mime_type or None

    def label(self, source: Json) -> Json:
        """The wire's blob or file with its display name."""
        return source if self.name is None else {**source, "displayName": str(self.name)}


def _levels(block: Mapping[str, Any], kind: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What stands one level down, and the rest of the block."""
    key = next((key for key in _BLOCKS[kind] if block.get(key) is not None), None)
    if key is None:
        return {}, block
    inner = {"url": block[key]} if key == "image_url" and isinstance(block[key], str) else block[key]
    if not isinstance(inner, Mapping):
        raise ValueError(f"{key!r} of a {kind!r} block came as {type(inner).__name__}; pass a dict.")  # noqa: TRY004 - caught as ValueError
    return inner, {name: value for name, value in block.items() if name != key}


def _plain_text(kind: str, style: object, *levels: Mapping[str, Any]) -> str | None:
    """The text, perhaps empty, of a block that holds it as text."""
    if style == "content":  # Anthropic's document that is made of blocks
        content = levels[0].get("content")
        pieces = content if isinstance(content, list) else [{"text": content}]
        texts = [piece.get("text") for piece in pieces if isinstance(piece, Mapping)]
        if len(texts) < len(pieces) or not all(isinstance(text, str) for text in texts):
            raise ValueError("A document of more than text is more than one part; pass its blocks instead.")
        return "\n".join(map(str, texts))
    keys = ("text", "data") if style == "text" else ("text",) if kind == "text-plain" else ()
    values = (level.get(key) for level in levels for key in keys)
    return next((value for value in values if isinstance(value, str)), None)


def _encode_data(data: object, about: _About) -> Json:
    """Bytes, base64 or a data URI as inline data."""
    told = None
    if isinstance(data, str) and data[:5].lower() == "data:":
        told, data = split_data_uri(data)
    text = to_base64(data)
    mime_type = about.mime_type(
        "image/jpeg" if told == "image/jpg" else told,
        guess_mime_type(f".{about.format}"),
        guess_mime_type(f"{about.name}"),
        sniff_mime_type(a2b_base64(text[:88])),
    )
    if mime_type is None:
        raise ValueError("Neither a name nor its first bytes tell what the data is; pass mime_type.")
    return {"inlineData": about.label({"mimeType": mime_type, "data": text})}


def _encode_file_id(file_id: object, about: _About) -> Json:
    """A file of the Files API, by name or URI."""
    if isinstance(file_id, str) and (_FILE_NAME.fullmatch(file_id) or _SCHEME.match(file_id)):
        return _encode_uri(file_id, about)
    raise ValueError(
        f"File id {file_id!r:.80} names no file of Gemini's, which are 'files/ID' or a URI; what OpenAI or "
        "Anthropic store cannot be reached. Upload the file with the Files API (client.files.upload)."
    )


def _encode_uri(uri: object, about: _About) -> Json:
    """An address as file data; a data URI, or base64 where an address should stand, as inline data."""
    if not isinstance(uri, str):
        raise ValueError(f"A URL came as {type(uri).__name__}; pass a string, or base64.")  # noqa: TRY004 - as above
    scheme = match[1].lower() if (match := _SCHEME.match(uri)) else ""
    if scheme == "data" or (not scheme and uri.startswith(_BARE_BASE64)):
        return _encode_data(uri, about)
    suffixed, type_needed = uri, True
    if _FILE_NAME.fullmatch(uri):
        uri, type_needed = f"https://{_FILES_HOST}/v1beta/{uri}", False
    elif scheme in {"http", "https"}:
        address = urlsplit(uri)
        host, suffixed = address.hostname or "", address.path
        if not _is_public(host):
            raise ValueError(f"Google cannot reach the host {host!r}; pass base64, or upload the file.")
        type_needed = not (_YOUTUBE.fullmatch(host) or (host == _FILES_HOST and "/files/" in suffixed))
    elif scheme != "gs":
        raise ValueError(
            f"{_shown(uri)} is no address that Google can reach, and no file is read here. Pass an https:// "
            "or gs:// URL, a Files API name ('files/ID'), or the data as base64."
        )
    mime_type = about.mime_type(*([guess_mime_type(suffixed)] if type_needed else []))
    if mime_type is None and type_needed:
        raise ValueError(f"{_shown(uri)} does not tell its MIME type; pass mime_type.")
    return {"fileData": about.label({"mimeType": mime_type, "fileUri": uri} if mime_type else {"fileUri": uri})}


def _shown(uri: str) -> str:
    """An address for a message, without what may be secret in it."""
    return repr(re.sub(r"//[^/]*@", "//", uri.partition("?")[0])[:100])


def _is_public(host: str) -> bool:
    """Whether a host might be on the internet, by its name alone: nothing is resolved."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:  # a name
        host = host.rstrip(".")
        return "." in host and not host.endswith((".localhost", ".local", ".internal"))
