"""Replies that were really recorded: what their bodies hold, and what a next request should have of them."""

import json
import re
from dataclasses import dataclass
from typing import Any

from langchain_genai_chat._metadata import GROWING_FIELDS, grown
from langchain_genai_chat.genai._fold import CallAssembler

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


def reply_of(exchange: Json) -> Reply | None:
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


def joined(parts: list[Json]) -> list[Json]:
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


def parts_to_come_back(parts: list[Json]) -> list[Json]:
    """The parts of a reply as the next request should have them."""
    assembler = CallAssembler()  # what it makes of streamed arguments is held by its own tests
    whole = [each for part in parts if (each := assembler.fold(part))]
    rest = assembler.flush()
    return joined([*whole, rest] if rest else whole)


def without_filler(parts: list[Json]) -> list[Json]:
    """An unsigned call of a model that signs its calls goes back with the documented filler (B004)."""
    return [
        {name: value for name, value in part.items() if value != "skip_thought_signature_validator"} for part in parts
    ]
