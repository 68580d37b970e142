"""Requests that clients really sent, as LangChain messages and encoded again: they must still say the same.

Both sides are read as the service reads them. Forgiven: neighbours of one role joined, unsigned neighbouring texts
joined, unsigned empty texts left out, the filler for calls without a signature.
"""

import json
from typing import Any

import pytest
from langchain_core.messages import BaseMessage, SystemMessage

from langchain_genai_chat import GenAIChatMessageHistory
from langchain_genai_chat._content_messages import decode_contents
from langchain_genai_chat._families import family_of
from langchain_genai_chat._messages import encode_messages
from langchain_genai_chat._model_turns import FILLER
from langchain_genai_chat.emulator.validate import STANDARD_ALPHABET, read_body
from langchain_genai_chat.errors import InvalidRequestError

Json = dict[str, Any]

FILES = ("gemini-generate.jsonl", "gemini-stream.jsonl", "vertex-generate.jsonl", "vertex-stream.jsonl")
REQUEST = "in.GenerateContentRequest"

EMPTY = "a user's turn without anything in it"
UNANSWERED = "a call without its result, which is an error here as it is in the current turn (B011)"
REFUSED = {
    "mirascope-handles-empty-string-content-5dd8aec8": EMPTY,
    "pydantic-ai-test-google-instructions-only-with-tool-calls-eb4c0d42": EMPTY,
    "pydantic-ai-test-google-instructions-only-with-tool-calls-4c180273": EMPTY,
    "pydantic-ai-test-google-instructions-only-with-tool-calls-de2fc9a9": EMPTY,
    "pydantic-ai-test-google-instructions-only-with-tool-calls-c018be22": EMPTY,
    "js-genai-chats-tests-chats-function-calling-google-ai-with-function-ca-158a0e9a": UNANSWERED,
    "js-genai-chats-tests-chats-function-calling-vertex-ai-with-function-ca-483090e4": UNANSWERED,
}
"""Conversations that are refused before they are sent, by id, each with its reason."""


@pytest.fixture(scope="module")
def requests(recordings) -> list[tuple[Json, Json]]:
    """Every exchange that Google answered with 200, with its request as the service reads it."""
    exchanges = [exchange for name in FILES for exchange in recordings(name)]
    return [
        (exchange, read_body(exchange["request"], REQUEST, exchange["api"]))
        for exchange in exchanges
        if exchange["status"] == 200
        and exchange["request"] is not None
        and exchange["method"] in ("generateContent", "streamGenerateContent")
    ]


def test_every_recorded_conversation_says_the_same_as_messages(requests):
    """A thread that was held with another client can go on in LangChain."""
    refused, different = {}, {}
    for exchange, recorded in requests:
        family, vertex = family_of(exchange["model"]), exchange["api"] == "vertex"
        messages = _messages_of(recorded, exchange["model"], vertex=vertex)
        try:
            system, contents = encode_messages(messages, family=family, vertex=vertex, history="strict")
        except InvalidRequestError as error:
            refused[exchange["id"]] = str(error)
            continue
        body = {"contents": contents, **({"systemInstruction": system} if system else {})}
        sent = read_body(json.loads(json.dumps(body)), REQUEST, exchange["api"])
        if _said(sent) != _said(recorded):
            different[exchange["id"]] = (_said(recorded), _said(sent))
    assert len(requests) > 1_000
    assert refused.keys() == REFUSED.keys(), refused
    assert not different, _first(different)


def test_every_recorded_conversation_is_kept_whole_as_messages_in_json(requests):
    """A message history is stored as its messages, and has to give back the contents that it was made of."""
    different = {}
    for exchange, recorded in requests:
        roles = ["model" if content.get("role") == "model" else "user" for content in recorded["contents"]]
        history = GenAIChatMessageHistory(
            {**content, "role": role} for content, role in zip(recorded["contents"], roles, strict=True)
        )
        again = GenAIChatMessageHistory.from_json(history.to_json())
        if _kept(again) != _kept(history):
            different[exchange["id"]] = (_kept(history), _kept(again))
    # these have their call answered with an error
    assert different.keys() == {name for name, reason in REFUSED.items() if reason == UNANSWERED}, _first(different)


def _kept(history: GenAIChatMessageHistory) -> Any:
    contents = history.to_contents()
    return _said({"contents": [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in contents]})


def _messages_of(body: Json, model: str, *, vertex: bool) -> list[BaseMessage]:
    instruction = [part["text"] for part in body.get("systemInstruction", {}).get("parts", [])]
    messages: list[BaseMessage] = [SystemMessage(text) for text in instruction]
    groups = decode_contents(body["contents"], model=model, vertex=vertex)
    return messages + [message for group in groups for message in group]


def _said(body: Json) -> tuple[list[Json], list[tuple[str, list[Json]]]]:
    said: list[tuple[str, list[Json]]] = []
    for content in body["contents"]:
        role = "model" if content.get("role") == "model" else "user"
        parts = [_plain(part) for part in content.get("parts", [])]
        if said and said[-1][0] == role:
            said[-1][1].extend(parts)
        else:
            said.append((role, parts))
    system = [_plain(part) for part in body.get("systemInstruction", {}).get("parts", [])]
    return _joined(system), [(role, _joined(parts)) for role, parts in said]


def _plain(part: Json) -> Json:
    """A part in one spelling: base64 of the standard alphabet, a response that is an object, no thought=False."""
    plain = {name: value for name, value in part.items() if value != FILLER and (name, value) != ("thought", False)}
    if data := plain.get("inlineData"):
        plain["inlineData"] = {**data, "data": data["data"].translate(STANDARD_ALPHABET)}
    if response := plain.get("functionResponse"):
        plain["functionResponse"] = {"response": {}, **response}
        if media := response.get("parts"):
            plain["functionResponse"]["parts"] = [_plain(each) for each in media]
    return plain


def _joined(parts: list[Json]) -> list[Json]:
    joined: list[Json] = []
    for part in parts:
        if part == {"text": ""}:
            continue
        if joined and part.keys() == joined[-1].keys() and part.keys() in ({"text"}, {"text", "thought"}):
            joined[-1] = {**part, "text": joined[-1]["text"] + part["text"]}
        else:
            joined.append(part)
    return joined


def _first(lost: dict[str, Any]) -> str:
    shown = [f"{name}\n  {had}\n  {sent}"[:3000] for name, (had, sent) in list(lost.items())[:5]]
    return f"{len(lost)} differ:\n" + "\n".join(shown)
