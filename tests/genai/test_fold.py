"""A streamed reply is the same reply: the fold of its chunks, as values."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_genai_chat.genai._fold import ContentFolder
from langchain_genai_chat.genai.errors import UnknownApiResponseError
from langchain_genai_chat.genai.types import Content, Part

PIXEL = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
SIGNATURE = base64.b64encode(b"signed").decode()
OTHER = base64.b64encode(b"other").decode()
CALL = {"functionCall": {"id": "1", "name": "f", "args": {"a": 1}}}


def fold(*chunks: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    folder = ContentFolder()
    for parts in chunks:
        folder.fold(Content.model_validate({"role": "model", "parts": parts}))
    content = folder.finish()
    if content is None:
        return None
    whole: list[dict[str, Any]] = content.model_dump(mode="json", by_alias=True, exclude_none=True)["parts"]
    return whole


@pytest.mark.behaviour("B088")
@pytest.mark.parametrize(
    ("chunks", "whole"),
    [
        ([[{"text": "Hel"}], [{"text": "lo\n"}]], [{"text": "Hello\n"}]),
        (
            [[{"text": "hm", "thought": True}], [{"text": "m", "thought": True}, {"text": "Yes"}], [{"text": "."}]],
            [{"text": "hmm", "thought": True}, {"text": "Yes."}],
        ),
        (
            [[{"text": "Hel"}], [{"text": "lo"}], [{"text": "", "thoughtSignature": SIGNATURE}]],
            [{"text": "Hello", "thoughtSignature": SIGNATURE}],
        ),
        (
            [[{"text": "a", "thoughtSignature": SIGNATURE}], [{"text": "b"}], [{"text": "c"}]],
            [{"text": "a", "thoughtSignature": SIGNATURE}, {"text": "bc"}],
        ),
        (
            [[{"text": "a", "thoughtSignature": SIGNATURE}], [{"text": "", "thoughtSignature": OTHER}]],
            [{"text": "a", "thoughtSignature": SIGNATURE}, {"text": "", "thoughtSignature": OTHER}],
        ),
        ([[{"text": "I call"}, CALL], [CALL], [{"text": "done"}]], [{"text": "I call"}, CALL, CALL, {"text": "done"}]),
        ([[CALL], [{"text": ""}]], [CALL]),
        ([[{"text": ""}], [CALL]], [CALL]),
        ([[{"text": ""}], [{"text": ""}]], [{"text": ""}]),
        ([[{"text": "a"}], [{"text": "b", "newField": 1}]], [{"text": "a"}, {"text": "b", "newField": 1}]),
        ([[{"brandNew": {"x": 1}}], [{"text": "a"}]], [{"brandNew": {"x": 1}}, {"text": "a"}]),
        ([[{"text": "a"}], [{}]], [{"text": "a"}, {}]),
        ([[], []], None),
        (
            [
                [{**PIXEL, "thoughtSignature": SIGNATURE}],
                [{"text": "b"}],
            ],
            [{**PIXEL, "thoughtSignature": SIGNATURE}, {"text": "b"}],
        ),
    ],
    ids=lambda chunks: str(chunks)[:60],
)
def test_chunks_add_up_to_the_reply_unstreamed(chunks: Any, whole: Any) -> None:
    """Text in pieces is one part; a signature stays where it was; a piece of nothing is nothing."""
    assert fold(*chunks) == whole


def test_streamed_arguments_are_put_together() -> None:
    """Vertex sends a call's arguments by JSON path; the history needs the call."""
    chunks: list[list[dict[str, Any]]] = [
        [{"functionCall": {"name": "f", "willContinue": True}, "thoughtSignature": SIGNATURE}],
        [{"functionCall": {"partialArgs": [{"jsonPath": "$.n", "numberValue": 3}], "willContinue": True}}],
        [
            {
                "functionCall": {
                    "partialArgs": [{"jsonPath": "$.town.name", "stringValue": "Ro", "willContinue": True}],
                    "willContinue": True,
                }
            }
        ],
        [
            {
                "functionCall": {
                    "partialArgs": [{"jsonPath": "$.town.name", "stringValue": "me"}],
                    "willContinue": True,
                }
            }
        ],
        [{"functionCall": {}}],
        [CALL],
    ]
    whole = {"functionCall": {"name": "f", "args": {"n": 3, "town": {"name": "Rome"}}}, "thoughtSignature": SIGNATURE}
    parts = fold(*chunks)
    assert parts == [whole, CALL]
    assert parts is not None
    assert repr(parts[0]["functionCall"]["args"]["n"]) == "3"


def test_a_call_that_is_still_open_is_kept() -> None:
    """What came of it is better than nothing."""
    assert fold([{"functionCall": {"name": "f", "willContinue": True}}]) == [
        {"functionCall": {"name": "f", "args": {}}}
    ]


def test_it_is_known_whether_a_call_is_still_open() -> None:
    """Nobody may make half a call."""
    folder = ContentFolder()
    seen = []
    parts: list[Any] = [{"text": "a"}, {"functionCall": {"name": "f", "willContinue": True}}, {"functionCall": {}}]
    for part in parts:
        folder.fold(Content.model_validate({"role": "model", "parts": [part]}))
        seen.append(folder.is_open)
    assert seen == [False, True, False]


def test_nothing_and_no_content_are_no_content() -> None:
    """An event may bring only a finish reason."""
    folder = ContentFolder()
    folder.fold(None)
    folder.fold(Content(role="model"))
    assert folder.finish() is None


def test_what_was_streamed_is_not_changed() -> None:
    """The chunks are the consumer's."""
    first, second = Content(parts=[Part(text="a")], role="model"), Content(parts=[Part(text="b")], role="model")
    folder = ContentFolder()
    folder.fold(first)
    folder.fold(second)
    assert folder.finish() == Content(parts=[Part(text="ab")], role="model")
    assert (first.parts, second.parts) == ([Part(text="a")], [Part(text="b")])


@given(st.lists(st.text(min_size=1), min_size=1), st.booleans())
def test_text_survives_however_it_is_cut(pieces: list[str], thought: bool) -> None:
    """No character may be lost or moved."""
    mark = {"thought": True} if thought else {}
    assert fold(*[[{"text": piece, **mark}] for piece in pieces]) == [{"text": "".join(pieces), **mark}]


@pytest.mark.parametrize("path", ["$.a[99999999999]", "$.a.b[0].c[1001]", "$[0]", "$", "a"])
def test_a_piece_that_belongs_nowhere_is_a_typed_error(path: str) -> None:
    """A list as long as a number says is memory for nothing, and a wrong place is a wrong call."""
    piece = {"jsonPath": path, "numberValue": 1}
    with pytest.raises(UnknownApiResponseError, match="belongs at"):
        fold([{"functionCall": {"name": "f", "partialArgs": [piece]}}])


def test_a_piece_without_a_path_says_nothing() -> None:
    """JSON null is absence."""
    assert fold([{"functionCall": {"name": "f", "partialArgs": [{"jsonPath": None, "numberValue": 1}]}}]) == [
        {"functionCall": {"name": "f", "args": {}}}
    ]
