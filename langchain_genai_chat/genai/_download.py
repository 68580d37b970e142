"""A download: the blocks of an open answer to a path or a stream.

Knows files; where the answer comes from, and what it is of, is the caller's.
"""

import functools
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from ._exchange import Calls, Flow, Read

if TYPE_CHECKING:
    import httpx

BLOCK_BYTES = 1024 * 1024
NAME_CHARS = 200
"""Of a file's name in the name of the one beside it, for names have an end."""

Target: TypeAlias = str | PathLike[str] | BinaryIO


def write_answer(response: "httpx.Response", destination: Target) -> Flow[None]:
    """Write an open answer in blocks of 1 MiB.

    A path gets it whole, or stays as it was: until the end it is in a hidden file in the same folder. A stream
    gets what comes.
    """
    if not isinstance(destination, (str, PathLike)):
        yield from _write_blocks(response, destination.write)
        return
    part = _Part(Path(destination))
    try:
        yield Calls((part.open,))
        yield from _write_blocks(response, part.write)
        yield Calls((part.keep,))
    finally:
        part.end()


def _write_blocks(response: "httpx.Response", write: Callable[[bytes], Any]) -> Flow[None]:
    held = bytearray()
    while block := (yield Read(response)):
        held += block
        if len(held) >= BLOCK_BYTES:
            yield Calls((functools.partial(write, bytes(held)),))
            held.clear()
    yield Calls((functools.partial(write, bytes(held)),))


class _Part:
    """What a path is to become: a file beside it that takes its place when it is whole. Its methods block."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part: Path | None = None
        self._stream: BinaryIO | None = None
        self._ended = False

    def open(self) -> None:
        """Begin the file beside the path; a device or a pipe is written to as it is, and a folder raises."""
        self._path = self._path.resolve()  # a link stays one
        before = self._path.stat().st_mode if self._path.exists() else None
        if before is not None and not stat.S_ISREG(before):
            self._stream = self._path.open("wb")
            return
        self._part = self._path.with_name(f".{self._path.name[:NAME_CHARS]}.{secrets.token_hex(4)}.part")
        self._stream = self._part.open("xb")
        if before is not None:
            self._part.chmod(stat.S_IMODE(before))
        if self._ended:  # meanwhile: a task that is cancelled does not wait for this thread
            self.end()

    def write(self, block: bytes) -> None:
        """Go on with it."""
        if self._stream is not None:
            self._stream.write(block)

    def keep(self) -> None:
        """Put it in the path's place."""
        if self._stream is not None:
            self._stream.close()
        if self._part is not None:
            self._part.replace(self._path)
            self._part = None

    def end(self) -> None:
        """Close it, and leave nothing behind of what was not kept."""
        self._ended = True
        if self._stream is not None:
            with suppress(OSError):  # to write the rest of it failed again
                self._stream.close()
        if self._part is not None:
            self._part.unlink(missing_ok=True)
