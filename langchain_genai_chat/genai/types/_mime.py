"""The MIME type that a name or the first bytes of data stand for.

Asks neither the machine's own tables, which would be read from disk, nor the whole of the data.
"""

_BY_SUFFIX = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "jfif": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "heif": "image/heif",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "svg": "image/svg+xml",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/opus",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "aif": "audio/aiff",
    "aiff": "audio/aiff",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "avi": "video/x-msvideo",
    "mpg": "video/mpeg",
    "mpeg": "video/mpeg",
    "mkv": "video/x-matroska",
    "wmv": "video/x-ms-wmv",
    "3gp": "video/3gpp",
    "flv": "video/x-flv",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "htm": "text/html",
    "html": "text/html",
    "css": "text/css",
    "xml": "text/xml",
    "rtf": "text/rtf",
    "js": "text/javascript",
    "py": "text/x-python",
    "json": "application/json",
}

# (the first bytes, what stands at the ninth in containers that share them, type)
_BY_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", b"", "image/png"),
    (b"\xff\xd8\xff", b"", "image/jpeg"),
    (b"GIF8", b"", "image/gif"),
    (b"%PDF-", b"", "application/pdf"),
    (b"RIFF", b"WEBP", "image/webp"),
    (b"RIFF", b"WAVE", "audio/wav"),
    (b"RIFF", b"AVI ", "video/x-msvideo"),
    (b"FORM", b"AIFF", "audio/aiff"),
    (b"ID3", b"", "audio/mpeg"),
    (b"\xff\xfb", b"", "audio/mpeg"),
    (b"\xff\xf3", b"", "audio/mpeg"),
    (b"\xff\xf2", b"", "audio/mpeg"),
    (b"\xff\xf1", b"", "audio/aac"),
    (b"\xff\xf9", b"", "audio/aac"),
    (b"OggS", b"", "audio/ogg"),
    (b"fLaC", b"", "audio/flac"),
    (b"FLV\x01", b"", "video/x-flv"),
    (b"\x00\x00\x01\xba", b"", "video/mpeg"),
)

# ISO media files say what they are four bytes in, by brand; those not listed hold a film.
_BY_BRAND = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"avif": "image/avif",
    b"M4A ": "audio/mp4",
    b"qt  ": "video/quicktime",
}


def guess_mime_type(name: str) -> str | None:
    """The MIME type by the suffix of a file's name, path or `.suffix`; None where it says nothing."""
    _, dot, suffix = name.rpartition("/")[2].rpartition(".")
    return _BY_SUFFIX.get(suffix.lower()) if dot else None


def sniff_mime_type(head: bytes) -> str | None:
    """The MIME type by the first bytes of data, of which 64 are enough; None where they say nothing."""
    if head[4:8] == b"ftyp":
        return _BY_BRAND.get(head[8:12], "video/mp4")
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in head else "video/x-matroska"
    for magic, later, mime_type in _BY_MAGIC:
        if head.startswith(magic) and head[8:].startswith(later):
            return mime_type
    return None
