"""Every recorded message goes through the types and comes out the same: nothing is lost, nothing is added.

Compares JSON after settling what JSON leaves open: enum numbers, base64 alphabets, null members, int64 as
text, fractions of a second. Reads the recordings named by GENAI_RECORDINGS.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from langchain_genai_chat.genai import types

Exchange = dict[str, Any]
Recordings = Callable[[str], list[Exchange]]

GENERATE = ("gemini-generate", "gemini-stream", "vertex-generate", "vertex-stream")
ANSWERS: dict[str, type[types.WireModel]] = {
    "generateContent": types.GenerateContentResponse,
    "streamGenerateContent": types.GenerateContentResponse,
    "countTokens": types.CountTokensResponse,
    "cachedContents.create": types.CachedContent,
    "cachedContents.get": types.CachedContent,
    "cachedContents.patch": types.CachedContent,
    "cachedContents.list": types.ListCachedContentsResponse,
    "files.get": types.File,
    "files.list": types.ListFilesResponse,
    "models.list": types.ListModelsResponse,
}
REQUESTS: dict[str, type[types.WireModel]] = {
    "generateContent": types.GenerateContentRequest,
    "streamGenerateContent": types.GenerateContentRequest,
    "countTokens": types.CountTokensRequest,
    "cachedContents.create": types.CachedContent,
    "cachedContents.patch": types.CachedContent,
}

FREE_FORM = frozenset(
    {
        "args",
        "response",
        "partMetadata",
        "parametersJsonSchema",
        "responseJsonSchema",
        "_responseJsonSchema",
        "labels",
    }
)
MAPS = frozenset({"properties", "defs"})
BYTES = frozenset({"data", "thoughtSignature", "sdkBlob", "continuationToken"})
LITERAL_SIGNATURES = frozenset({"skip_thought_signature_validator", "context_engineering_is_the_way_to_go"})
# The numbers that recordings have, as the proto files of the Gemini API give them.
NUMBERS = {
    "finishReason": {1: "STOP", 2: "MAX_TOKENS"},
    "modality": {1: "TEXT", 2: "IMAGE"},
    "probability": {1: "NEGLIGIBLE"},
    "category": {
        7: "HARM_CATEGORY_HARASSMENT",
        8: "HARM_CATEGORY_HATE_SPEECH",
        9: "HARM_CATEGORY_SEXUALLY_EXPLICIT",
        10: "HARM_CATEGORY_DANGEROUS_CONTENT",
    },
    "threshold": {3: "BLOCK_ONLY_HIGH", 4: "BLOCK_NONE"},
    "type": {1: "STRING", 6: "OBJECT"},
    "trafficType": {1: "ON_DEMAND"},
}
INT64 = frozenset({"sizeBytes", "minItems", "maxItems", "minLength", "maxLength"})
LISTS = frozenset({"contents", "parts", "tools"})
ANY_CASE = frozenset({"type", "mode", "thinkingLevel", "serviceTier"})
TIMES = re.compile(r"[a-z]+Time$")


@pytest.mark.parametrize("name", [*GENERATE, "count-tokens", "caches", "files", "other"])
def test_every_answer_comes_out_as_it_was_recorded(recordings: Recordings, name: str) -> None:
    """A field lost here is lost to every layer above, and to the next turn of a conversation."""
    compared = 0
    for exchange in recordings(f"{name}.jsonl"):
        if exchange["status"] != 200 or "recorded" not in exchange["tags"]:
            continue
        for message, recorded in answers_of(exchange):
            dumped = message.model_validate_json(recorded).model_dump(mode="json", by_alias=True, exclude_none=True)
            assert settled(dumped) == settled(json.loads(recorded)), exchange["id"]
            compared += 1
    assert compared


def answers_of(exchange: Exchange) -> Iterator[tuple[type[types.WireModel], str]]:
    """The messages of an answer, each with its text."""
    text: str = exchange["response_text"]
    if exchange["method"] == "files.upload.finalize":
        yield types.File, json.dumps(json.loads(text)["file"])
    elif exchange["method"] not in ANSWERS or not text.strip():
        return
    elif exchange["sse"]:
        for line in text.splitlines():
            if line.startswith("data:"):
                yield ANSWERS[exchange["method"]], line.removeprefix("data:")
    else:
        body = json.loads(text)
        for item in body if isinstance(body, list) else [body]:
            yield ANSWERS[exchange["method"]], json.dumps(item)


@pytest.mark.parametrize("name", [*GENERATE, "count-tokens", "caches"])
def test_every_request_comes_out_as_it_was_sent(recordings: Recordings, name: str) -> None:
    """Histories and configs of many clients, in both spellings, are what users bring along.

    The service also takes one object where a list is due (21 requests of two clients); the types do not,
    `_contents` does for contents.
    """
    compared = 0
    for exchange in recordings(f"{name}.jsonl"):
        if exchange["method"] in REQUESTS and exchange["request"]:
            sent = listed(exchange["request"])
            read = REQUESTS[exchange["method"]].model_validate(sent)
            dumped = read.model_dump(mode="json", by_alias=True, exclude_none=True)
            assert settled(dumped) == settled(camel(sent)), exchange["id"]
            compared += 1
    assert compared


def listed(value: Any, key: str = "") -> Any:
    """A request with a list of one object where one object stands for it."""
    if isinstance(value, dict):
        if key in LISTS:
            return [listed(value)]
        return {name: item if name in FREE_FORM else listed(item, name) for name, item in value.items()}
    return [listed(item) for item in value] if isinstance(value, list) else value


def settled(value: Any, key: str = "") -> Any:
    """JSON with one spelling for what has several."""
    if key in FREE_FORM:
        return value
    if isinstance(value, dict):
        return {name: settled(item, name) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [settled(item, key) for item in value]
    if value != value:  # noqa: PLR0124 - NaN
        return "NaN"
    if isinstance(value, int) and not isinstance(value, bool):
        return NUMBERS.get(key, {}).get(value, value)
    return settled_text(value, key) if isinstance(value, str) else value


def settled_text(text: str, key: str) -> Any:
    if key in BYTES and text not in LITERAL_SIGNATURES:
        return text.translate(str.maketrans("-_", "+/")).rstrip("=")
    if key in INT64:
        return int(text)
    if key in ANY_CASE:
        return text.upper()
    if TIMES.match(key):
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    return text


def camel(value: Any, key: str = "") -> Any:
    """A request with the names of fields in camelCase, as `types` dumps them."""
    if isinstance(value, list):
        return [camel(item, key) for item in value]
    if not isinstance(value, dict) or key in FREE_FORM:
        return value
    if key in MAPS:
        return {name: camel(item) for name, item in value.items()}
    return {
        spelled: camel(item, spelled)
        for name, item in value.items()
        for spelled in [re.sub(r"(?<=[a-z])_([a-z])", lambda found: found[1].upper(), name)]
    }
