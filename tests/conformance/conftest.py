"""The recorded replies, read once for all tests of this folder."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from langchain_genai_chat._metadata import GROWING_FIELDS, grown

Json = dict[str, Any]

FILES = (
    "gemini-generate.jsonl",
    "gemini-stream.jsonl",
    "vertex-generate.jsonl",
    "vertex-stream.jsonl",
    "responses-only.jsonl",
)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One recorded answer: its events, a single one where it is no stream."""

    id: str
    vertex: bool
    model: str
    """As the answer names it."""
    sse: bool
    text: str
    """The body as it came."""
    events: list[Json]

    @property
    def parts(self) -> list[Json]:
        """The parts of its first candidate."""
        return [part for event in self.events for part in (_candidate(event).get("content") or {}).get("parts") or []]

    @property
    def whole(self) -> Json:
        """The answer as one response, without a stream."""
        if len(self.events) == 1:
            return self.events[0]
        whole: Json = {}
        candidate: Json = {}
        for event in self.events:
            whole.update(event)
            for name, value in _candidate(event).items():
                grows = name in GROWING_FIELDS and name in candidate
                candidate[name] = grown(candidate[name], value) if grows else value
        return {**whole, "candidates": [{**candidate, "content": {"role": "model", "parts": self.parts}}]}


def _candidate(event: Json) -> Json:
    first: Json = (event.get("candidates") or [{}])[0]
    return first


@pytest.fixture(scope="session")
def replies(recordings) -> list[Reply]:
    """Every recorded reply with status 200 that is JSON and has a candidate."""
    exchanges = (exchange for name in FILES for exchange in recordings(name))
    return [reply for exchange in exchanges if (reply := _reply(exchange))]


def _reply(exchange: Json) -> Reply | None:
    if exchange["status"] != 200 or exchange["method"] not in ("generateContent", "streamGenerateContent"):
        return None
    try:
        events = _events(exchange)
    except ValueError:
        return None  # no JSON: not a reply, and the client's own tests hold what it becomes
    if not any(event.get("candidates") for event in events):
        return None
    model = next((event["modelVersion"] for event in events if event.get("modelVersion")), "gemini-2.5-flash")
    vertex = exchange["api"] == "vertex"
    text = exchange["response_text"]
    return Reply(id=exchange["id"], vertex=vertex, model=model, sse=exchange["sse"], text=text, events=events)


def _events(exchange: Json) -> list[Json]:
    text = exchange["response_text"]
    if not exchange["sse"]:
        body = json.loads(text)
        return body if isinstance(body, list) else [body]
    blocks = re.split(r"\r?\n\r?\n", text)
    lines = ([line[5:] for line in re.split(r"\r?\n", block) if line.startswith("data:")] for block in blocks)
    return [json.loads("\n".join(data)) for data in lines if data]
