"""A server that answers as Gemini does, at once and always the same, so that only the client is measured.

`python server.py` prints its port and serves until its standard input is closed. The model's name says what is
answered: `whole-CHARS` a text of so many characters, `stream-EVENTS-MS` so many events of 40 characters, so many
milliseconds apart; 0 sends all of them in one write. Where functions are declared, the first request for the model
is answered with a call of `get_weather`.
"""

import asyncio
import functools
import json
import re
import sys
from typing import Any

Json = dict[str, Any]

TARGET = re.compile(rb"POST \S*/models/(\w+)-(\d+)(?:-(\d+))?:(\w+)")
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
PROSE = "All happy families are alike; each unhappy family is unhappy in its own way. "
EVENT_CHARS = 40


def reply(part: Json, *, last: bool = True) -> bytes:
    candidate: Json = {"content": {"role": "model", "parts": [part]}, "index": 0}
    if last:
        candidate["finishReason"] = "STOP"
    counts = {"promptTokenCount": 9, "candidatesTokenCount": 20, "totalTokenCount": 29}
    whole = {"candidates": [candidate], "usageMetadata": counts, "modelVersion": "bench", "responseId": "bench-0001"}
    return json.dumps(whole).encode()


def text(chars: int, start: int = 0) -> Json:
    start %= len(PROSE)
    return {"text": (PROSE * (chars // len(PROSE) + 2))[start : start + chars]}


CALL = reply({"functionCall": {"name": "get_weather", "args": {"city": "Paris"}}})


@functools.cache
def whole_answer(chars: int) -> bytes:
    return framed(reply(text(chars)))


def framed(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=UTF-8\r\ncontent-length: %d\r\n\r\n"
    return head % len(body) + body


@functools.cache
def events(count: int) -> list[bytes]:
    bodies = (reply(text(EVENT_CHARS, EVENT_CHARS * n), last=n == count - 1) for n in range(count))
    return [chunked(b"data: %b\r\n\r\n" % body) for body in bodies]


def chunked(block: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(block), block)


STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
END = chunked(b"")


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            body = await reader.readexactly(int(length[1])) if length else b""
            await answer(head, body, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def answer(head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
    asked = TARGET.match(head)
    if asked is None:
        raise ValueError(f"not an address of this server: {head[:100]!r}")
    size, pause_ms = int(asked[2]), int(asked[3] or 0)
    calls = b'"functionDeclarations"' in body and b'"functionResponse"' not in body
    if asked[4] == b"generateContent":
        writer.write(framed(CALL) if calls else whole_answer(size))
    elif not pause_ms:
        writer.write(b"".join((STREAM, *events(size), END)))
    else:
        writer.write(STREAM)
        clock = asyncio.get_running_loop().time
        due = clock()
        for event in events(size):
            due += pause_ms / 1000
            await asyncio.sleep(max(due - clock(), 0))
            writer.write(event)
        writer.write(END)
    await writer.drain()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**26, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
