"""Replies and histories that were really recorded, through LangChain's messages, JSON storage and back to the wire.

A reply must come back as the parts that it had: unsigned neighbouring texts joined, unsigned empty texts and
JSON nulls left out, nothing else forgiven.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.load import dumps, loads
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage, messages_from_dict, messages_to_dict
from langchain_core.messages.utils import message_chunk_to_message

from langchain_genai_chat._families import family_of
from langchain_genai_chat._messages import encode_messages
from langchain_genai_chat._replies import StreamFolder, decode_response
from langchain_genai_chat.genai._fold import CallAssembler

Json = dict[str, Any]

FILES = (
    "gemini-generate.jsonl",
    "gemini-stream.jsonl",
    "vertex-generate.jsonl",
    "vertex-stream.jsonl",
    "responses-only.jsonl",
)
NOT_WELL_FORMED: dict[str, str] = {}
"""Replies that do not come back as they were, by id, each with its reason."""


def _events(exchange: Json) -> list[Json]:
    """The JSON of each event; of the whole body where it is no stream."""
    text = exchange["response_text"]
    if exchange["sse"]:
        blocks = re.split(r"\r?\n\r?\n", text)
        lines = ([line[5:] for line in re.split(r"\r?\n", block) if line.startswith("data:")] for block in blocks)
        return [json.loads("\n".join(data)) for data in lines if data]
    body = json.loads(text)
    return body if isinstance(body, list) else [body]


def _replies(recordings: Any) -> Iterator[tuple[str, str, list[Json]]]:
    for name in FILES:
        for exchange in recordings(name):
            if exchange["status"] != 200 or exchange["method"] not in ("generateContent", "streamGenerateContent"):
                continue
            try:
                events = _events(exchange)
            except ValueError:
                continue  # no JSON: not a reply, and test_client_recorded holds what it becomes
            if any(event.get("candidates") for event in events):
                yield exchange["id"], exchange["api"], events


def _expected(events: list[Json]) -> list[Json]:
    """The parts of a reply as the next request should have them."""
    parts: list[Json] = []
    assembler = CallAssembler()  # what it makes of streamed arguments is held by its own tests
    for event in events:
        candidate = (event.get("candidates") or [{}])[0]
        whole = [assembler.fold(part) for part in (candidate.get("content") or {}).get("parts") or []]
        parts += [part for part in whole if part]
    rest = assembler.flush()
    return _joined([*parts, rest] if rest else parts)


def _joined(parts: list[Json]) -> list[Json]:
    joined: list[Json] = []
    for part in map(_without_nulls, parts):
        if part.get("text") == "" and "thoughtSignature" not in part:
            continue
        last = joined[-1] if joined else {}
        if part.keys() | {"thought"} == last.keys() | {"thought"} == {"text", "thought"} and (
            bool(part.get("thought")) == bool(last.get("thought"))
        ):
            last["text"] += part["text"]
        else:
            joined.append(part)
    return joined


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _message(events: list[Json], shape: Any, *, stream: bool) -> AIMessage:
    if not stream:
        message = decode_response(events[0], shape=shape, turn=1).generations[0].message
    else:
        folder = StreamFolder(shape=shape, turn=1)
        chunks = [chunk.message for event in events if (chunk := folder.fold(event))]
        total = folder.finish().message
        if chunks:
            first, *rest = [*chunks, total]
            total = first
            for chunk in rest:
                total = total + chunk
        message = message_chunk_to_message(total)
    assert isinstance(message, AIMessage)
    return message


def _stored(message: Any) -> Any:
    """Through both of LangChain's ways to JSON text and back."""
    (restored,) = messages_from_dict(json.loads(json.dumps(messages_to_dict([message]))))
    return loads(dumps(restored), allowed_objects="messages")


def _sent_again(message: AIMessage, model: str, api: str) -> list[Json]:
    answers = [ToolMessage("{}", tool_call_id=call["id"], name=call["name"]) for call in message.tool_calls]
    history = [HumanMessage("Hi"), message, *answers, HumanMessage("And now?")]
    family = family_of(model)
    _, contents = encode_messages(history, family=family, vertex=api == "vertex", history="strict")
    assert [content["role"] for content in contents[:2]] == ["user", "model"]
    return _joined(contents[1]["parts"])


def _model_of(events: list[Json]) -> str:
    return next((event["modelVersion"] for event in events if event.get("modelVersion")), "gemini-2.5-flash")


@pytest.mark.filterwarnings("ignore:The function `loads` is in beta")
@pytest.mark.behaviour("B001")
@pytest.mark.behaviour("B037")
@pytest.mark.parametrize("shape", ["text", "blocks"])
@pytest.mark.parametrize("stored", [False, True], ids=["fresh", "stored"])
def test_every_recorded_reply_comes_back_whole(recordings, shape, stored):
    """A lossy message is a lost thought, a lost call or a 400 on the next turn."""
    lost: dict[str, Any] = {}
    count = 0
    for name, api, events in _replies(recordings):
        if not _expected(events):
            continue
        count += 1
        message = _message(events, shape, stream=len(events) > 1)
        if stored:
            message = _stored(message)
        model = _model_of(events)
        sent = _sent_again(message, model, api)
        if family_of(model).checks_signatures:
            sent = _without_filler(sent)
        if sent != _expected(events):
            lost[name] = (_expected(events), sent)
    assert count > 1_000
    assert lost.keys() == NOT_WELL_FORMED.keys(), _first(lost)


def _without_filler(parts: list[Json]) -> list[Json]:
    """An unsigned call of a model that signs its calls goes back with the documented filler (B004)."""
    return [
        {name: value for name, value in part.items() if value != "skip_thought_signature_validator"} for part in parts
    ]


def _first(lost: dict[str, Any]) -> str:
    shown = [f"{name}\n  had  {had}\n  sent {sent}"[:3000] for name, (had, sent) in list(lost.items())[:5]]
    return f"{len(lost)} differ:\n" + "\n".join(shown)
