"""Bytes cut anywhere give the same events: WHATWG's rules, and what stands in an event stream's place."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from langchain_genai_chat.genai._sse import EventDecoder

HELLO = {"candidates": [{"content": {"parts": [{"text": "Hello"}]}}]}
REFUSAL = {"error": {"code": 429, "message": 'a "quoted" { brace', "status": "RESOURCE_EXHAUSTED"}}


def decode(body: bytes, size: int = 4096) -> list[bytes]:
    decoder = EventDecoder()
    events = [event for at in range(0, len(body), size) for event in decoder.feed(body[at : at + size])]
    return events + decoder.flush()


CASES: dict[str, tuple[bytes, list[bytes]]] = {
    "a space after the colon goes": (b"data: a\n\n", [b"a"]),
    "only one space goes": (b"data:  a\n\n", [b" a"]),
    "no space is needed": (b"data:a\n\n", [b"a"]),
    "data lines of one event are joined by a newline": (b"data: a\ndata: b\n\n", [b"a\nb"]),
    "lines end at CRLF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
    "lines end at CR": (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
    "line ends may be mixed": (b"data: a\r\n\ndata: b\n\r\ndata: c\r\r\n", [b"a", b"b", b"c"]),
    "CRLF is one line end": (b"data: a\r\ndata: b\r\n\r\n", [b"a\nb"]),
    "comments are ignored": (b": ping\n\ndata: a\n:\n\n", [b"a"]),
    "other fields are ignored": (b"event: m\nid: 1\nretry: 2\ndata: a\n\n", [b"a"]),
    "unknown fields are ignored": (b"x-trace: 1\ndata: a\nx\n\n", [b"a"]),
    "an event without data is none": (b"event: m\n\ndata:\n\ndata: a\n\n", [b"a"]),
    "a last event without its empty line counts": (b"data: a\n\ndata: b", [b"a", b"b"]),
    "a byte order mark goes": (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
    "U+2028, U+2029 and U+0085 end no line": (
        'data: "\u2028\u2029\x85"\n\n'.encode(),
        ['"\u2028\u2029\x85"'.encode()],
    ),
    "form feed and vertical tab end no line": (b'data: "\x0b\x0c\x1c"\n\n', [b'"\x0b\x0c\x1c"']),
    "no bytes are no events": (b"", []),
    "[DONE] is an event like any other": (b"data: [DONE]\n\n", [b"[DONE]"]),
    "a proxy's page is an event, to be told of": (b"<html>\n", [b"<html>"]),
}


@pytest.mark.behaviour("B044")
@pytest.mark.parametrize("size", [1, 2, 7, 4096])
@pytest.mark.parametrize("case", CASES)
def test_events_are_those_of_the_standard(case: str, size: int) -> None:
    """WHATWG HTML 9.2.6, and the two places where the service needs more of a reader than it."""
    body, events = CASES[case]
    assert decode(body, size) == events


@pytest.mark.behaviour("B044")
@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize("indent", [None, 2], ids=["compact", "pretty"])
@pytest.mark.parametrize("ends", [b"", b"\n", b"\r\n"], ids=["bare", "lf", "crlf"])
def test_an_array_gives_its_elements(size: int, indent: int | None, ends: bytes) -> None:
    """What the service answers without alt=sse, and some proxies answer always."""
    body = json.dumps([HELLO, REFUSAL, HELLO], indent=indent).encode().replace(b"\n", ends or b"\n") + ends
    assert [json.loads(event) for event in decode(body, size)] == [HELLO, REFUSAL, HELLO]


@pytest.mark.behaviour("B044")
@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize("wrap", [lambda error: error, lambda error: [error]], ids=["object", "list of one"])
@pytest.mark.parametrize("end", [b"\r\n\r\n", b"\n\n", b"\n"], ids=["crlf", "lf", "no empty line"])
def test_a_bare_error_after_good_events_is_one_event(wrap, end: bytes, size: int) -> None:
    """The service breaks off a stream so: many lines of JSON without `data:`, braces in its strings."""
    good = b"data: " + json.dumps(HELLO).encode() + end
    body = good + json.dumps(wrap(REFUSAL), indent=2).encode() + end
    assert [json.loads(event) for event in decode(body, size)] == [HELLO, REFUSAL]


def test_events_go_on_after_bare_json() -> None:
    """A reader that has met an object outside of data lines must find back to them."""
    body = b'{\n"a": 1\n}\n\ndata: {"b": 2}\n\n'
    assert [json.loads(event) for event in decode(body)] == [{"a": 1}, {"b": 2}]


def test_an_array_gives_an_element_before_the_array_ends() -> None:
    """A stream that shows nothing until it is over is no stream."""
    decoder = EventDecoder()
    assert [json.loads(event) for event in decoder.feed(b'[{"a": 1},{"b"')] == [{"a": 1}]
    assert [json.loads(event) for event in decoder.feed(b": 2}]")] == [{"b": 2}]


def test_an_event_comes_with_the_block_that_ends_it() -> None:
    """The empty line says that an event is whole; waiting for the next event would hold each token back."""
    decoder = EventDecoder()
    assert decoder.feed(b"data: a\r\n\r\n") == [b"a"]
    assert decoder.feed(b"data: b\n") == []
    assert decoder.feed(b"\n") == [b"b"]


@pytest.mark.parametrize("body", [b'data: {"a": "x', b'{"a": "x', b'[{"a": "x', b'[\n{"a":\n"x'])
def test_cut_text_comes_as_it_is(body: bytes) -> None:
    """Whoever reads it sees that it is no whole JSON, and calls the stream cut off."""
    (event,) = decode(body)
    with pytest.raises(ValueError, match=r".+"):
        json.loads(event)


@pytest.mark.behaviour("B044")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("frame", [b"data: %s\r\n\r\n", b"%s\n", b"[%s]"], ids=["data", "object", "array"])
def test_a_20_mb_event_is_read_in_one_pass(frame: bytes) -> None:
    """Pictures come as one event; a reader that joins anew at each block would need hours, not moments."""
    event = b'{"data": "%s"}' % (b"QUJD" * 5_000_000)
    assert decode(frame % event, 16_384) == [event]


@pytest.mark.timeout(20)
def test_a_20_mb_event_may_come_in_small_lines() -> None:
    """Pretty-printed numbers by the million: each line is looked at once."""
    values = list(range(1_000_000))
    body = json.dumps({"values": values}, indent=0).encode()
    (event,) = decode(body, 16_384)
    assert json.loads(event) == {"values": values}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=3)


def framed(objects: list[dict[str, Any]], frame: str, end: str) -> bytes:
    """Objects as a body: events, an array, or bare objects, compact or over several lines."""
    indent = 1 if frame.startswith("pretty") else None
    ascii_only = frame.endswith("ascii")
    if "array" in frame:
        text = json.dumps(objects, indent=indent, ensure_ascii=ascii_only)
    elif "bare" in frame:
        text = "\n".join(json.dumps(each, indent=indent, ensure_ascii=ascii_only) for each in objects)
    else:
        text = "".join(f"data: {json.dumps(each, ensure_ascii=ascii_only)}\n\n" for each in objects)
    return text.replace("\n", end).encode("utf-8", "surrogatepass")


FRAMES = ["sse", "sse ascii", "array", "pretty array", "pretty array ascii", "bare", "pretty bare"]


@given(
    objects=st.lists(OBJECTS, min_size=1, max_size=4),
    frame=st.sampled_from(FRAMES),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    cuts=st.lists(st.integers(min_value=0, max_value=400), max_size=12),
)
@example(objects=[{"\\": '"'}], frame="array", end="\n", cuts=[1, 2, 3, 4, 5, 6, 7, 8])
def test_any_cutting_gives_the_same_events(
    objects: list[dict[str, Any]], frame: str, end: str, cuts: list[int]
) -> None:
    """Networks cut where they like: in a character, between CR and LF, behind a backslash."""
    body = framed(objects, frame, end)
    bounds = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    decoder = EventDecoder()
    events = [event for start, stop in pairwise(bounds) for event in decoder.feed(body[start:stop])]
    events += decoder.flush()
    assert [json.loads(event) for event in events] == objects


@given(body=st.binary(max_size=200), size=st.integers(min_value=1, max_value=20))
def test_no_bytes_make_it_fail(body: bytes, size: int) -> None:
    """Whatever comes, the reader answers with events; that they mean nothing is said by who reads them."""
    assert b"".join(decode(body, size)) == b"".join(decode(body, len(body) or 1))
