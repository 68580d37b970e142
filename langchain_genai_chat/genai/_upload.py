"""A resumable upload: bytes in chunks, what to do when one breaks, and telling how far it is.

Knows Google's upload protocol and open files; where an upload starts, and what it makes, is the caller's.
"""

from __future__ import annotations

import functools
import importlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias
from urllib.parse import quote

from . import types
from ._exchange import Attempts, Calls, Flow, Now, Request, with_retries
from ._outcomes import clean_error
from .errors import APIConnectionError, APIError, ClientError, UnknownApiResponseError
from .types._mime import guess_mime_type, sniff_mime_type

if TYPE_CHECKING:
    import httpx

CHUNK_BYTES = 8 * 1024 * 1024
HEAD_BYTES = 64
CANCELLED = 499

Uploadable: TypeAlias = str | PathLike[str] | BinaryIO
Tell: TypeAlias = Callable[[int, int], Any]
"""Is told how many bytes of how many are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file to be uploaded, read in any order from where it stood; its methods block."""

    stream: BinaryIO
    start: int
    size: int
    name: str | None
    """Of its file, without folders; None where it was given open."""
    mime_type: str | None
    """By name, else by its first bytes; None where neither says it."""

    @classmethod
    def of(cls, file: Uploadable) -> Opened:
        """Open a path, or measure an open stream from where it stands to its end."""
        if isinstance(file, (str, PathLike)):
            path = Path(file)
            return cls._measured(path.open("rb"), path.name)
        return cls._measured(file, None)

    @classmethod
    def _measured(cls, stream: BinaryIO, name: str | None) -> Opened:
        start = stream.tell()
        size = stream.seek(0, io.SEEK_END) - start
        stream.seek(start)
        opened = cls(stream=stream, start=start, size=size, name=name, mime_type=None)
        known = (guess_mime_type(name) if name else None) or sniff_mime_type(opened.read(0, HEAD_BYTES))
        return replace(opened, mime_type=known)

    def read(self, offset: int, size: int) -> bytes:
        """Bytes from an offset, fewer only at the end."""
        self.stream.seek(self.start + offset)
        blocks: list[bytes] = []
        while size > 0 and (block := self.stream.read(size)):
            blocks.append(block)
            size -= len(block)
        return blocks[0] if len(blocks) == 1 else b"".join(blocks)

    def close(self) -> None:
        """Close what was opened here."""
        if self.name is not None:
            self.stream.close()


def check_uploadable(file: Any) -> None:
    """Raise `TypeError` or `ValueError` for what cannot be uploaded; looks at no file."""
    if isinstance(file, (str, PathLike)):
        return
    if isinstance(file, (bytes, bytearray, memoryview)):
        raise TypeError("file came as bytes, which could be a path or a content; pass io.BytesIO(data).")
    if isinstance(file, io.TextIOBase) or not callable(getattr(file, "read", None)):
        raise TypeError(f"file is a {type(file).__name__}; pass a path, or a stream opened in binary mode ('rb').")
    if not file.seekable():
        raise ValueError("file is a stream that cannot seek, so a broken chunk could not be sent again; pass a file.")


def start_headers(opened: Opened, mime_type: str) -> dict[str, str]:
    """The headers of the request that starts an upload."""
    headers = {
        "x-goog-upload-protocol": "resumable",
        "x-goog-upload-command": "start",
        "x-goog-upload-header-content-length": str(opened.size),
        "x-goog-upload-header-content-type": mime_type,
    }
    if opened.name is not None:
        headers["x-goog-upload-file-name"] = "".join(
            letter if " " <= letter <= "~" else quote(letter, errors="replace") for letter in opened.name
        )
    return headers


def chunk_bytes(started: httpx.Response) -> int:
    """How long a chunk is: a multiple of the granularity that the service asks for."""
    granularity = int(started.headers.get("x-goog-upload-chunk-granularity") or 1)
    return max(CHUNK_BYTES // granularity, 1) * granularity


def send_chunks(
    opened: Opened, session: Request, policy: types.RetryPolicy, *, chunk: int, tell: Tell | None
) -> Flow[httpx.Response]:
    """Send all bytes and give the answer to the last; after a break ask what has come, and go on from there.

    Args:
        opened: Read through `Calls`, one chunk at a time.
        session: A request to the upload's own URL, without a body; its headers go with each chunk.
        policy: Bounds each chunk anew: the attempts and their time.
        chunk: Bytes of one.
        tell: Called after each chunk through `Calls`.
    """
    once = policy.with_(max_retries=0)
    offset, attempts = 0, Attempts(policy, (yield Now()))
    while True:
        (body,) = yield Calls((functools.partial(opened.read, offset, chunk),))
        sent = offset + len(body)
        if len(body) < min(chunk, opened.size - offset):
            raise ValueError(f"The file has become shorter than the {opened.size} bytes that it had at the start.")
        try:
            command = "upload" if sent < opened.size else "upload, finalize"
            response = yield from with_retries(_command(session, command, offset, body), once)
            status = _status(response)
            attempts = Attempts(policy, (yield Now()))
        except APIError as problem:
            delay_s = attempts.delay_s(problem, (yield Now()))
            response = yield from with_retries(_command(session, "query", delay_s=delay_s), policy)
            status, sent = _status(response), _received(response, opened.size)
        else:
            if sent >= opened.size and status != "final":
                raise no_upload(response, "All bytes were sent, and the upload is not final.")
        if tell is not None and sent > offset:
            yield Calls((functools.partial(tell, sent, opened.size),))
        if status == "final":
            return response
        offset = sent


def _command(
    session: Request, command: str, offset: int | None = None, body: bytes = b"", *, delay_s: float = 0.0
) -> Request:
    place = {} if offset is None else {"x-goog-upload-offset": str(offset)}
    headers = {**session.headers, "x-goog-upload-command": command, **place}
    return replace(session, headers=headers, body=body, delay_s=delay_s)


def _status(response: httpx.Response) -> str:
    status: str | None = response.headers.get("x-goog-upload-status")
    if status is None:
        raise APIConnectionError.because("The upload's answer has no status.", status="UPLOAD_BROKEN")
    if status == "cancelled":
        details = {"message": "The service has cancelled the upload.", "status": "CANCELLED"}
        raise clean_error(ClientError, CANCELLED, {"error": details}, response)
    return status


def _received(response: httpx.Response, size: int) -> int:
    """How many bytes the service has."""
    if response.headers["x-goog-upload-status"] == "final":
        return size
    received = response.headers.get("x-goog-upload-size-received", "")
    if not received.isdigit() or int(received) > size:
        raise no_upload(response, "The upload's answer does not say how much of the file has come.")
    return int(received)


def no_upload(response: httpx.Response, message: str) -> UnknownApiResponseError:
    """The error for an answer that an upload does not have."""
    details = {"message": message, "status": "UNREADABLE_RESPONSE"}
    return clean_error(UnknownApiResponseError, response.status_code, {"error": details}, response)


class Bar:
    """A bar of tqdm's that is told how far an upload is."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    @classmethod
    def if_installed(cls, title: str | None) -> Bar | None:
        """A bar, or None without tqdm."""
        try:
            tqdm = importlib.import_module("tqdm")
        except ImportError:
            return None
        return cls(tqdm.tqdm(desc=title, unit="B", unit_scale=True, unit_divisor=1024))

    def __call__(self, sent: int, total: int) -> None:
        """Move to `sent`, which is less than before when a chunk has to be sent again."""
        self._bar.total = total
        self._bar.update(sent - self._bar.n)

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()
