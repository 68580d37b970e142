"""Data beside text: blobs, references to files, and what is said about them.

Knows MIME types and PIL's interface; reads no file and no URL.
"""

import io
import mimetypes
import re
from os import PathLike
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ._base import WireModel
from ._bytes import Base64
from .enums import (
    DocumentMetadataContentLayer,
    PartMediaResolutionLevel,
    SpreadsheetMetadataContentLayer,
    VideoMetadataContentLayer,
)

# What Gemini documents and the standard library lacks, or names otherwise (audio/x-wav).
_MIME_TYPES = {
    ".aac": "audio/aac",
    ".flac": "audio/flac",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".jpg": "image/jpeg",
    ".m4a": "audio/mp4",
    ".md": "text/markdown",
    ".ogg": "audio/ogg",
    ".opus": "audio/opus",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webp": "image/webp",
}
_NO_MIME_TYPE_NEEDED = re.compile(
    r"https?://((www\.|m\.)?youtube\.com/|youtu\.be/|generativelanguage\.googleapis\.com/.*files/)|files/"
)
_JPEG_MODES = frozenset({"1", "L", "RGB", "RGBX", "CMYK", "YCbCr"})


def guess_mime_type(uri: str) -> str | None:
    """The MIME type that a path's or URI's extension stands for, None if it is not known."""
    path = urlsplit(uri).path
    suffix = Path(path).suffix.lower()
    return _MIME_TYPES.get(suffix) or mimetypes.guess_type(f"file{suffix}", strict=False)[0]


def needed_mime_type(uri: str, mime_type: str | None) -> str | None:
    """The MIME type given or guessed; None where the service finds it out itself (its own files, YouTube).

    Raises:
        ValueError: None was given, and the extension says nothing.
    """
    if mime_type or _NO_MIME_TYPE_NEEDED.match(uri):
        return mime_type
    if guessed := guess_mime_type(uri):
        return guessed
    raise ValueError(f"No MIME type can be guessed from {uri!r}; pass mime_type.")


class Blob(WireModel):
    """Bytes in the request or reply itself; a request may hold 100 MB (20 MB on older models)."""

    mime_type: str | None = None
    data: Base64 | None = None
    display_name: str | None = None


class FileData(WireModel):
    """A file by its URI: of the Files API, `gs://`, public https, or YouTube."""

    mime_type: str | None = None
    file_uri: str | None = None
    display_name: str | None = None


class VideoMetadata(WireModel):
    """A stretch of a video: offsets as `"3.5s"`, `fps` above 0 up to 24."""

    start_offset: str | None = None
    end_offset: str | None = None
    fps: float | None = None
    content_layers: list[VideoMetadataContentLayer] | None = None


class DocumentMetadata(WireModel):
    """A range of pages, and what of them is read; not in Google's discovery documents."""

    start_page: int | None = None
    end_page: int | None = None
    content_layers: list[DocumentMetadataContentLayer] | None = None


class SpreadsheetMetadata(WireModel):
    """A range of cells of one sheet; not in Google's discovery documents."""

    visible_cells: str | None = None
    sheet_index: int | None = None
    content_layers: list[SpreadsheetMetadataContentLayer] | None = None


class AudioMetadata(WireModel):
    """A stretch of audio, offsets as `"3.5s"`; not in Google's discovery documents."""

    start_offset: str | None = None
    end_offset: str | None = None


class PartMediaResolution(WireModel):
    """How closely one part's picture is looked at; wins over the request's own setting."""

    level: PartMediaResolutionLevel | None = None
    num_tokens: int | None = None


class WordInfo(WireModel):
    """One transcribed word, offsets as `"3.5s"`."""

    word: str | None = None
    start_offset: str | None = None
    end_offset: str | None = None


class Transcription(WireModel):
    """What was said in audio; `AudioTranscription` on the wire."""

    text: str | None = None
    finished: bool | None = None
    language_code: str | None = None
    speaker_label: str | None = None
    words: list[WordInfo] | None = None
    start_offset: str | None = None
    end_offset: str | None = None


class SpeechMetadata(WireModel):
    """Who speaks in made audio, and how."""

    speaker: str | None = None
    style: str | None = None


class Image(WireModel):
    """A picture by its bytes or its `gs://` URI; not a message of the wire."""

    gcs_uri: str | None = None
    image_bytes: Base64 | None = None
    mime_type: str | None = None

    def save(self, location: str | PathLike[str]) -> None:
        """Write the bytes to a file; ValueError when there are none."""
        if self.image_bytes is None:
            raise ValueError("The image has no bytes to save.")
        Path(location).write_bytes(self.image_bytes)


def is_pil_image(value: object) -> bool:
    """Whether this is a Pillow image, judged without importing Pillow."""
    return any(base.__name__ == "Image" and base.__module__ == "PIL.Image" for base in type(value).__mro__)


def encode_pil_image(image: Any) -> Blob:
    """A Pillow image as a blob: JPEG (quality kept) if it was read from a JPEG file, else PNG."""
    buffer = io.BytesIO()
    if image.format == "JPEG" and image.mode in _JPEG_MODES:
        image.save(buffer, format="JPEG", quality="keep")
        return Blob(mime_type="image/jpeg", data=buffer.getvalue())
    image.save(buffer, format="PNG")
    return Blob(mime_type="image/png", data=buffer.getvalue())
