"""What callers may pass as contents, as a chat message and as a system instruction."""

import copy
from typing import Any

import pytest

from langchain_genai_chat.genai import types
from langchain_genai_chat.genai._contents import content_of, contents_of, message_content

CALL = types.Part.from_function_call(name="f", args={})
RESULT = types.Part.from_function_response(name="f", response={})
FILE = types.File(uri="https://x/files/1", mime_type="a/b")
FILE_SENT = {"fileData": {"fileUri": "https://x/files/1", "mimeType": "a/b"}}


def user(*parts: Any) -> dict[str, Any]:
    return {"role": "user", "parts": list(parts)}


def model(*parts: Any) -> dict[str, Any]:
    return {"role": "model", "parts": list(parts)}


def wire(contents: list[types.Content]) -> list[Any]:
    return [content.model_dump(mode="json", by_alias=True, exclude_none=True) for content in contents]


def text(value: str) -> dict[str, Any]:
    return {"text": value}


CALL_SENT = {"functionCall": {"name": "f", "args": {}}}
RESULT_SENT = {"functionResponse": {"name": "f", "response": {}}}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("a", [user(text("a"))]),
        ("", [user(text(""))]),
        (FILE, [user(FILE_SENT)]),
        (CALL, [model(CALL_SENT)]),
        (RESULT, [user(RESULT_SENT)]),
        (types.Content(role="model", parts=[types.Part("a")]), [model(text("a"))]),
        ({"role": "model", "parts": [{"text": "a"}]}, [model(text("a"))]),
        ({"text": "a"}, [user(text("a"))]),
        ({"file_uri": "gs://b/x"}, [user({"fileData": {"fileUri": "gs://b/x"}})]),
        ({}, [{}]),
        (["a", types.Part("b"), FILE], [user(text("a"), text("b"), FILE_SENT)]),
        (["a", CALL, CALL, RESULT], [user(text("a")), model(CALL_SENT, CALL_SENT), user(RESULT_SENT)]),
        (["a", {"role": "model", "parts": []}, "b"], [user(text("a")), model(), user(text("b"))]),
        (["a", ["b", "c"], "d"], [user(text("a")), user(text("b"), text("c")), user(text("d"))]),
        ([types.UserContent("a"), types.UserContent("b")], [user(text("a")), user(text("b"))]),
        (("a", "b"), [user(text("a"), text("b"))]),
        ([{"role": "user", "parts": "a"}], [user(text("a"))]),
        ([{"role": "user", "parts": ["a", {"text": "b"}]}], [user(text("a"), text("b"))]),
        ([{"role": "user", "parts": {"text": "a"}}], [user(text("a"))]),
    ],
)
def test_contents_are_read_as_google_genai_reads_them(given: Any, sent: list[Any]) -> None:
    """Documented examples run with the import changed; the last three google-genai does not take."""
    before = copy.deepcopy(given)
    assert wire(contents_of(given)) == sent
    assert given == before


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "contents is empty"),
        ([], "contents is empty"),
        (1, "contents: int cannot stand"),
        (b"x", "contents: bytes cannot stand"),
        (["a", 2.5], r"contents\[1\]: float cannot stand"),
        ([["a", None]], r"contents\[0\]\[1\]: NoneType cannot stand"),
        ([{"role": "user", "parts": 3}], r"contents\[0\] is no content"),
        ([[]], "at least one part"),
        ([types.File(name="files/1")], r"contents\[0\]: File 'files/1' needs uri and mime_type"),
    ],
)
def test_what_is_no_content_is_refused_by_index_and_type(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        contents_of(given)


def test_contents_stay_the_same_objects() -> None:
    """A long history is not copied at every turn."""
    history = [types.UserContent("a"), types.ModelContent("b")]
    assert all(given is read for given, read in zip(history, contents_of(history), strict=True))


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("a", user(text("a"))),
        ("", user(text(""))),
        (types.Part("a"), user(text("a"))),
        (FILE, user(FILE_SENT)),
        ({"text": "a"}, user(text("a"))),
        ({"uri": "https://x/files/1", "mime_type": "a/b"}, user(FILE_SENT)),
        (["a", {"text": "b"}, FILE], user(text("a"), text("b"), FILE_SENT)),
        (CALL, model(CALL_SENT)),
        ([RESULT, RESULT], user(RESULT_SENT, RESULT_SENT)),
    ],
)
def test_a_message_is_one_turn(given: Any, sent: dict[str, Any]) -> None:
    assert wire([message_content(given)]) == [sent]


def test_subclasses_of_text_and_part_are_messages() -> None:
    """google-genai compares exact types."""

    class Words(str):
        __slots__ = ()

    class Piece(types.Part):
        pass

    assert wire([message_content([Words("a"), Piece(text="b")])]) == [user(text("a"), text("b"))]


@pytest.mark.parametrize(
    "given",
    [None, 1, b"x", ("a",), {"role": "user", "parts": []}, types.UserContent("a"), [types.UserContent("a")]],
)
def test_what_is_no_message_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="Message must be a valid part type"):
        message_content(given)


def test_an_empty_message_is_refused() -> None:
    with pytest.raises(ValueError, match=r"content parts are required"):
        message_content([])


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("a", user(text("a"))),
        (["a", "b"], user(text("a"), text("b"))),
        (types.Content(parts=[types.Part("a")]), {"parts": [text("a")]}),
        ({"parts": [{"text": "a"}]}, {"parts": [text("a")]}),
    ],
)
def test_a_system_instruction_is_one_content(given: Any, sent: dict[str, Any]) -> None:
    assert wire([content_of(given, "system_instruction")]) == [sent]
