"""Answers that are nearly the wire's: each becomes a reply or one typed error, whoever reads it."""

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.load import dumpd

from langchain_genai_chat._replies import StreamFolder, bad_reply, decode_response
from langchain_genai_chat._shapes import Shape
from langchain_genai_chat.genai import errors
from langchain_genai_chat.genai._answers import has_content, read_answer
from langchain_genai_chat.genai._fold import ContentFolder
from langchain_genai_chat.genai._outcomes import read_event
from langchain_genai_chat.genai.types import GenerateContentResponse

Json = dict[str, Any]

PIECE = {"jsonPath": "$.a.b[0]", "stringValue": "x", "willContinue": True}
PARTS = [
    {"text": "Hello", "thoughtSignature": "AAAA"},
    {"text": "Hm", "thought": True},
    {"functionCall": {"name": "f", "id": "1", "args": {"a": [1, {"b": None}]}}},
    {"functionCall": {"name": "g", "partialArgs": [PIECE], "willContinue": True}},
    {"functionCall": {"partialArgs": [{"jsonPath": "$.a.b[0]", "numberValue": 1}]}},
    {"functionResponse": {"name": "f", "id": "1", "response": {"output": 1}}},
    {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
    {"fileData": {"mimeType": "image/png", "fileUri": "https://example.com/a.png"}},
    {"executableCode": {"language": "PYTHON", "code": "1"}},
    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
    {"toolCall": {"toolType": "GOOGLE_SEARCH", "id": "2", "args": {"q": 1}}},
    {"toolResponse": {"toolType": "GOOGLE_SEARCH", "id": "2", "response": {}}},
]
TOKENS = [{"modality": "TEXT", "tokenCount": 2}, {"modality": "IMAGE", "tokenCount": 1}]
GROUNDING = {
    "groundingChunks": [{"web": {"uri": "https://example.com", "title": "A"}}],
    "groundingSupports": [
        {"segment": {"partIndex": 0, "startIndex": 0, "endIndex": 2, "text": "He"}, "groundingChunkIndices": [0]}
    ],
}
WHOLE: Json = {
    "candidates": [
        {
            "content": {"role": "model", "parts": PARTS},
            "index": 0,
            "finishReason": "STOP",
            "finishMessage": "m",
            "safetyRatings": [{"category": "HARM", "probability": "LOW"}],
            "citationMetadata": {"citationSources": [{"startIndex": 0, "endIndex": 2, "uri": "https://example.com"}]},
            "groundingMetadata": GROUNDING,
            "urlContextMetadata": {"urlMetadata": [{"retrievedUrl": "https://example.com"}]},
            "avgLogprobs": -0.5,
            "logprobsResult": {"topCandidates": [{"candidates": [{"token": "a"}]}]},
        }
    ],
    "promptFeedback": {"safetyRatings": [{"category": "HARM"}]},
    "usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 5, "promptTokensDetails": TOKENS},
    "modelVersion": "gemini-3.5-flash",
    "responseId": "r",
}
NESTED: Any = json.loads("[" * 120 + "]" * 120)
PATHS = st.sampled_from(["$.a[99999999]", "$.a.b", "$[0]", "$.a[0].b", "$['a'][1]", "", "$", "a", "$.a[0][0]"])
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | PATHS
    | st.just(NESTED),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["text", "parts", "args", "name", "a", "thought"]) | st.text(max_size=3), inner, max_size=3
        )
    ),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from places(inner, (*path, key))


PLACES = sorted(places(WHOLE), key=len)[1:]


def put(whole: Json, path: tuple[Any, ...], junk: Any) -> None:
    target: Any = whole
    with suppress(KeyError, IndexError, TypeError):  # an earlier piece of junk stands in the way
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = junk


@st.composite
def nearly(draw: st.DrawFn) -> Json:
    whole = copy.deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 3))):
        put(whole, draw(st.sampled_from(PLACES)), draw(JUNK))
    return whole


RESPONSE = httpx.Response(200, request=httpx.Request("POST", "https://example.com"))
BOUNDED = settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@BOUNDED
@given(nearly())
@pytest.mark.parametrize("shape", ["text", "blocks"])
def test_what_is_nearly_an_answer_is_a_message_or_a_typed_error(shape: Shape, answer: Json) -> None:
    """A crash in a reader is an error that nobody expects, and that no policy covers."""
    try:
        read = read_event(json.dumps(answer).encode(), read_answer, RESPONSE)
        has_content(read)
        result = decode_response(read, shape=shape, turn=1)
        folder = StreamFolder(shape=shape, turn=1)
        chunks = [chunk for chunk in (folder.fold(read), folder.finish()) if chunk is not None]
    except errors.APIError:
        return
    for message in (result.generations[0].message, sum(chunks[1:], chunks[0]).message):
        bad_reply(message)  # type: ignore[arg-type]  # a model's
        assert message.content_blocks is not None
        assert message.text is not None
        json.dumps(dumpd(message))


@BOUNDED
@given(nearly())
def test_what_is_nearly_an_answer_is_a_response_or_a_typed_error(answer: Json) -> None:
    """The client's own types are the other reader."""
    try:
        read = read_event(json.dumps(answer).encode(), GenerateContentResponse.model_validate_json, RESPONSE)
        folder = ContentFolder()
        for candidate in read.candidates or ():
            folder.fold(candidate.content)
        content = folder.finish()
    except errors.APIError:
        return
    assert read.text is None or isinstance(read.text, str)
    assert isinstance(read.function_calls, list | None)
    read.model_dump_json(by_alias=True)
    if content is not None:
        content.model_dump_json(by_alias=True)


@settings(BOUNDED, max_examples=200)
@given(st.binary(max_size=40) | JUNK.map(lambda value: json.dumps(value).encode()))
def test_bytes_are_an_answer_or_a_typed_error(data: bytes) -> None:
    """Whatever comes, and from whomever."""
    for read in (read_answer, GenerateContentResponse.model_validate_json):
        with suppress(errors.APIError):
            read_event(data, read, RESPONSE)
