"""What the emulator answers when no test told it: a few deterministic rules, and counted tokens.

Knows a validated request and a model's family; knows nothing of HTTP, of keys or of what is refused.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from .rules import Asked

Json = dict[str, Any]

TOKEN = re.compile(r"\w{1,4}|[^\w\s]")
PIECE = re.compile(r"(?:\S+\s*){1,4}|\s+")
MEDIA_TOKENS = 258  # an image: openinference-test-generate-content-describe-image-true-aedcc062
MODALITIES = {"image": "IMAGE", "audio": "AUDIO", "video": "VIDEO", "text": "TEXT"}
NAME_GIVEN = re.compile(r"\bmy name is ([^\W\d_][\w'-]*)", re.IGNORECASE)
NAME_ASKED = re.compile(r"\bwhat(?:['\u2019]s| is| was) my name\b", re.IGNORECASE)
GREETING = re.compile(r"\s*(?:hello|hi|hey)\b", re.IGNORECASE)
THOUGHT = "The emulator looks for a rule that fits the last message."


def answer(asked: Asked, number: int) -> Json:
    """The whole answer, as generateContent gives it; `number` tells its id from an equal request's."""
    candidates = []
    for index, (parts, reason) in enumerate(_drafts(asked)):
        thoughts, rest = [p for p in parts if "thought" in p], [p for p in parts if "thought" not in p]
        joined = {key: value for part in rest for key, value in part.items()}  # the last one's signature
        joined["text"] = "".join(part["text"] for part in rest)
        candidates.append(_candidate(asked, [*thoughts, joined], index, reason))
    return _response(asked, number, candidates, candidates)


def answer_in_events(asked: Asked, number: int) -> Iterator[Json]:
    """The same answer as streamGenerateContent gives it: totals so far in each event, reason in the last."""
    drafts = _drafts(asked)
    so_far: list[Json] = []
    for step in range(max(len(parts) for parts, _ in drafts)):
        candidates = [
            _candidate(asked, [parts[step]], index, reason if step == len(parts) - 1 else None)
            for index, (parts, reason) in enumerate(drafts)
            if step < len(parts)
        ]
        so_far += candidates
        yield _response(asked, number, candidates, so_far)


def count_tokens(body: Json) -> list[Json]:
    """A request's tokens by modality: one count for countTokens and for `promptTokenCount`."""
    counts = {"TEXT": sum(_tokens(_json(tool)) for tool in body.get("tools", []))}
    for content in [body.get("systemInstruction", {}), *body.get("contents", [])]:
        for part in content.get("parts", []):
            modality, count = _weigh(part)
            counts[modality] = counts.get(modality, 0) + count
    return [{"modality": modality, "tokenCount": count} for modality, count in counts.items() if count]


def _drafts(asked: Asked) -> list[tuple[list[Json], str]]:
    """Each candidate as the parts that a stream gives one by one, and its finish reason."""
    thinking = asked.config.get("thinkingConfig", {})
    thinks = (
        thinking.get("includeThoughts")
        and thinking.get("thinkingBudget") != 0
        and asked.model.row.get("thinking")
    )
    drafts = []
    for index in range(max(1, asked.config.get("candidateCount", 1))):
        text, reason = _limit(_text(asked, index), asked.config)
        parts: list[Json] = [{"text": THOUGHT, "thought": True}] if thinks else []
        parts += [{"text": piece} for piece in PIECE.findall(text) or [""]]
        if asked.model.signs_text:  # in a last, empty part of a stream: chatlas-test-google-document-54d61679
            parts.append(
                {"text": "", "thoughtSignature": b64encode(_hash(asked.model.answers_as, text)).decode()}
            )
        drafts.append((parts, reason))
    return drafts


def _text(asked: Asked, index: int) -> str:
    text = _reply(asked.contents)
    if asked.config.get("responseMimeType") == "application/json":
        return _json({"answer": text})
    return f"{text} (candidate {index + 1})" if index else text


def _reply(contents: list[Json]) -> str:
    """The rules: what fits the last content, first come first served."""
    text, last = _words(contents[-1]), contents[-1]["parts"]
    given = NAME_GIVEN.search(text)
    results = [part["functionResponse"] for part in last if "functionResponse" in part]
    media = [_mime_type(part) for part in last if part.keys() & {"inlineData", "fileData"}]
    if NAME_ASKED.search(text):
        names = [
            name
            for content in contents
            if content.get("role") != "model"
            for name in NAME_GIVEN.findall(_words(content))
        ]
        return f"Your name is {names[-1]}." if names else "You have not told me your name."
    if given:
        return f"Nice to meet you, {given[1]}."
    if GREETING.match(text):
        return "Hello! How can I help you?"
    if results:
        return " ".join(
            f"{result.get('name')} answered {_json(result.get('response'))}." for result in results
        )
    seen = [f"You said: {text}"] if text.strip() else []
    return " ".join([*seen, *(f"You sent {kind}." for kind in media)]) or "You said nothing."


def _limit(text: str, config: Json) -> tuple[str, str]:
    """Cut before the first stop sequence, then after the last token allowed."""
    stops = [text.find(stop) for stop in config.get("stopSequences", []) if stop and stop in text]
    text = text[: min(stops)] if stops else text
    tokens = [*TOKEN.finditer(text)]
    limit = config.get("maxOutputTokens") or len(tokens)
    return (text, "STOP") if len(tokens) <= limit else (text[: tokens[limit - 1].end()], "MAX_TOKENS")


def _candidate(asked: Asked, parts: list[Json], index: int, reason: str | None) -> Json:
    written: Json = {"content": {"parts": parts, "role": "model"}}
    if reason:
        written["finishReason"] = reason
    written["index"] = index
    tokens = [token for part in parts if "thought" not in part for token in TOKEN.findall(part["text"])]
    if asked.config.get("responseLogprobs") and tokens:
        chosen = [
            {"token": token, "tokenId": _hash(token)[0], "logProbability": -0.01 * len(token)}
            for token in tokens
        ]
        written["avgLogprobs"] = sum(token["logProbability"] for token in chosen) / len(chosen)
        top = range(asked.config.get("logprobs", 0))
        ranked = [
            [{**token, "logProbability": token["logProbability"] - rank} for rank in top] for token in chosen
        ]
        written["logprobsResult"] = {
            "topCandidates": [{"candidates": tokens} for tokens in ranked],
            "chosenCandidates": chosen,
        }
    return written


def _response(asked: Asked, number: int, candidates: list[Json], so_far: list[Json]) -> Json:
    details = count_tokens(asked.body)
    parts = [part for candidate in so_far for part in candidate["content"]["parts"]]
    counts = {
        "promptTokenCount": sum(detail["tokenCount"] for detail in details),
        "candidatesTokenCount": sum(_tokens(part["text"]) for part in parts if "thought" not in part),
        "thoughtsTokenCount": sum(_tokens(part["text"]) for part in parts if "thought" in part),
    }
    return {
        "candidates": candidates,
        "usageMetadata": {
            **{
                name: count for name, count in counts.items() if count
            },  # zero is absent, as in all recordings
            "totalTokenCount": sum(counts.values()),
            "promptTokensDetails": details,
            "serviceTier": asked.body.get("serviceTier", "standard"),
        },
        "modelVersion": asked.model.answers_as,
        "responseId": _hash(_json(asked.body), str(number)).hex()[:22],
    }


def _weigh(part: Json) -> tuple[str, int]:
    if part.keys() & {"inlineData", "fileData"}:
        return MODALITIES.get(_mime_type(part).split("/")[0], "DOCUMENT"), MEDIA_TOKENS
    calls = [part[key] for key in ("functionCall", "functionResponse", "executableCode") if key in part]
    return "TEXT", _tokens(part.get("text", "")) + sum(_tokens(_json(call)) for call in calls)


def _mime_type(part: Json) -> str:
    return str((part.get("inlineData") or part["fileData"]).get("mimeType", "a file"))


def _words(content: Json) -> str:
    return " ".join(part["text"] for part in content.get("parts", []) if part.get("text"))


def _tokens(text: str) -> int:
    """Words in pieces of four letters, and signs: the same sum however a text is cut at its blanks."""
    return len(TOKEN.findall(text))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _hash(*words: str) -> bytes:
    return hashlib.sha256("\0".join(words).encode()).digest()
