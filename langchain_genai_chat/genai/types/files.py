"""Files of the Gemini API's file store, and the options of its calls.

Knows nothing of uploading.
"""

from datetime import datetime
from typing import Any

from ._base import ConfigModel, WireModel
from .enums import FileSource, FileState
from .options import HttpOptions


class HttpResponse(WireModel):
    """What is kept of the HTTP answer: its headers, and its body where no field holds it."""

    headers: dict[str, str] | None = None
    body: str | None = None


class FileStatus(WireModel):
    """Why a file FAILED; `code` is a gRPC status number."""

    details: list[dict[str, Any]] | None = None
    message: str | None = None
    code: int | None = None


class File(WireModel):
    """An uploaded file, kept for 48 hours; `name` is `files/ID`, `sha256_hash` base64 of the hex digest."""

    name: str | None = None
    display_name: str | None = None
    mime_type: str | None = None
    size_bytes: int | None = None
    create_time: datetime | None = None
    expiration_time: datetime | None = None
    update_time: datetime | None = None
    sha256_hash: str | None = None
    uri: str | None = None
    download_uri: str | None = None
    state: FileState | None = None
    source: FileSource | None = None
    video_metadata: dict[str, Any] | None = None
    """`{"videoDuration": "12.5s"}`."""
    error: FileStatus | None = None


class ListFilesResponse(WireModel):
    """One page of files; a service without files answers `{}`."""

    files: list[File] | None = None
    next_page_token: str | None = None


class DeleteFileResponse(WireModel):
    """Empty: the file is gone."""


class UploadFileConfig(ConfigModel):
    """Options of an upload: `name` is an ID of at most 40 characters, with or without `files/`."""

    http_options: HttpOptions | None = None
    name: str | None = None
    mime_type: str | None = None
    display_name: str | None = None


class GetFileConfig(ConfigModel):
    """Options of reading one file's metadata."""

    http_options: HttpOptions | None = None


class DownloadFileConfig(ConfigModel):
    """Options of a download."""

    http_options: HttpOptions | None = None


class DeleteFileConfig(ConfigModel):
    """Options of deleting a file."""

    http_options: HttpOptions | None = None


class ListFilesConfig(ConfigModel):
    """Options of a listing; `page_size` is a bound, pages may be shorter."""

    http_options: HttpOptions | None = None
    page_size: int | None = None
    page_token: str | None = None
