"""Bytes of an answer in, the data of its events out, cut as they may be.

Knows server-sent events, and the bare JSON that comes in their place (an error object, an array of
responses); knows nothing of HTTP or of what the events mean.
"""

import re

_OTHER_FIELD = re.compile(rb":|[A-Za-z][\w-]*\s*(?::|$)")
_JSON_MARKS = re.compile(rb'\\.|["{}\[\]]', re.DOTALL)
BOM = b"\xef\xbb\xbf"


class EventDecoder:
    """Takes blocks of bytes, gives the data of each whole event.

    Lines end at CR, LF or CRLF only: JSON strings may hold U+2028, U+2029 and U+0085 unescaped
    (WHATWG HTML, 9.2.6). Several data lines of one event are joined by a newline, a last event without
    its empty line counts, and JSON that stands outside of data lines is one event, or one for each
    element if it is an array. A line that is neither a field nor JSON (a proxy's page) is an event too, so
    that whoever reads it can say what came.
    """

    def __init__(self) -> None:
        self._started = False
        self._pieces: list[bytes] = []
        self._data: list[bytes] = []
        self._json: JsonSplitter | None = None

    def feed(self, block: bytes) -> list[bytes]:
        """Give the events that end in this block."""
        if block.startswith(b"data: ") and block.endswith(b"\r\n\r\n") and self._is_between_events():
            event = block[6:-4]
            if event and b"\n" not in event and b"\r" not in event:  # one event, as most blocks are: half the time
                return [event]
        if not self._started:
            block = b"".join((*self._pieces, block))
            self._pieces.clear()
            if len(block) < len(BOM) and BOM.startswith(block):
                self._pieces.append(block)
                return []
            self._started = True
            block = block.removeprefix(BOM)
        if b"\n" not in block and b"\r" not in block:
            self._pieces.append(block)  # a large event comes in many blocks: joined once, at its end
            return self._early_json()
        if self._pieces:
            block = b"".join((*self._pieces, block))
            self._pieces.clear()
        events, block = ([], block) if self._json or self._data else _plain_events(block)
        if not block:
            return events
        lines = block.splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):  # unfinished, or a CR that may be half of a CRLF
            self._pieces.append(lines.pop())
        return [*events, *(event for line in lines for event in self._line(line))] if lines else events

    @property
    def has_begun(self) -> bool:
        """Whether a part of an event is held; of comments, of other fields and of empty lines there is none."""
        if self._data or (self._json is not None and self._json.has_begun):
            return True
        line = b"".join(self._pieces[:5]).lstrip()[:5]  # no piece is empty
        return bool(line) and (b"data:".startswith(line) or line[:1] in (b"{", b"["))

    def _is_between_events(self) -> bool:
        return self._started and not (self._pieces or self._data or self._json)

    def flush(self) -> list[bytes]:
        """Give what is left when the bytes have ended; text that is no whole JSON comes as it is."""
        rest = b"".join(self._pieces)
        self._pieces.clear()
        events = [event for line in rest.splitlines(keepends=True) for event in self._line(line)]
        events += self._line(b"")
        if self._json is not None:
            events += self._json.flush()
            self._json = None
        return events

    def _line(self, line: bytes) -> list[bytes]:
        if self._json is not None:
            return self._feed_json(line)
        if line.startswith(b"data:"):
            value = line[6:] if line.startswith(b"data: ") else line[5:]
            self._data.append(value.rstrip(b"\r\n"))
            return []
        text = line.strip()
        if not text:
            return self._dispatch()
        if _OTHER_FIELD.match(text):
            return []
        events = self._dispatch()
        if text[:1] not in (b"{", b"["):
            return [*events, text]
        self._json = JsonSplitter()
        return events + self._feed_json(line)

    def _dispatch(self) -> list[bytes]:
        """The event of the data lines so far; one without data is none."""
        data, self._data = self._data, []
        event = data[0] if len(data) == 1 else b"\n".join(data)
        return [event] if event.strip() else []

    def _early_json(self) -> list[bytes]:
        """An array without line ends gives its elements as they come, not all at the end."""
        if self._json is None and not self._data and self._pieces[0].lstrip()[:1] in (b"[", b"{"):
            self._json = JsonSplitter()
        if self._json is None:
            return []
        block = b"".join(self._pieces)
        self._pieces.clear()
        return self._feed_json(block)

    def _feed_json(self, block: bytes) -> list[bytes]:
        splitter = self._json
        if splitter is None:
            return []
        events = splitter.feed(block)
        if splitter.done:
            self._json = None
        return events


def _plain_events(block: bytes) -> tuple[list[bytes], bytes]:
    """The events at the beginning of a block that are as the service writes them, and the rest of it.

    Each is one `data: ` line and an empty one, ended by CRLF; splitting at these costs a third of going by lines.
    """
    end = block.rfind(b"\r\n\r\n")
    if end < 0 or not block.startswith(b"data: "):
        return [], block
    plain = block[6:end]
    events = plain.split(b"\r\n\r\ndata: ")
    if b"" in events:
        return [], block
    if not plain.count(b"\n") == plain.count(b"\r") == 2 * (len(events) - 1):
        return [], block
    return events, block[end + 4 :]


class JsonSplitter:
    """Takes blocks of JSON, gives each object when it is whole; an array gives its elements instead.

    Braces count only outside of strings, also where a block ends inside one.
    """

    def __init__(self) -> None:
        self.done = False
        self._array = False
        self._depth = 0
        self._in_string = False
        self._pieces: list[bytes] = []
        self._held = b""

    @property
    def has_begun(self) -> bool:
        """Whether a part of a value is held."""
        return bool(self._held) or any(piece.strip(b", \r\n\t") for piece in self._pieces)

    def feed(self, block: bytes) -> list[bytes]:
        """Give the values that end in this block."""
        block = self._held + block
        backslashes = len(block) - len(block.rstrip(b"\\"))
        self._held = b"\\" if backslashes % 2 else b""  # an escape is read together with what it escapes
        block = block[: len(block) - len(self._held)]
        values, start = [], 0
        for mark in _JSON_MARKS.finditer(block):
            in_array = self._array
            if self._ends_value(mark.group()):
                values.append(self._take(block[start : mark.end()]))
                start = mark.end()
            elif self._array and not in_array:
                start = mark.end()
        self._pieces.append(block[start:])
        return values

    def flush(self) -> list[bytes]:
        """Give what is left, whole or not."""
        rest = b"" if self.done else self._take(self._held)
        return [rest] if rest else []

    def _ends_value(self, mark: bytes) -> bool:
        if mark == b'"':
            self._in_string = not self._in_string
        elif self._in_string or mark.startswith(b"\\"):
            return False
        elif mark in b"{[":
            self._array = self._array or (self._depth == 0 and mark == b"[")
            self._depth += 1
            self.done = False
        else:
            self._depth -= 1
            self.done = self._depth <= 0
            return self._depth == (1 if self._array else 0)
        return False

    def _take(self, piece: bytes) -> bytes:
        value = b"".join((*self._pieces, piece)).strip()
        self._pieces.clear()
        return value.lstrip(b", \r\n\t") if self._array else value
