"""What the emulator answers when no test told it: a few deterministic rules, and counted tokens.

Knows a validated request and a model's family; knows nothing of HTTP, of keys or of what is refused.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator

from .asked import Asked, Json, texts_in, words_of
from .filling import Filler, Prompt
from .scripted import Reply
from .signatures import sign
from .tools import plan_calls
from .validate import read_bytes

TOKEN = re.compile(r"\w{1,4}|[^\w\s]")
PIECE = re.compile(r"(?:\S+\s*){1,4}|\s+")
MEDIA_TOKENS = 258  # an image: openinference-test-generate-content-describe-image-true-aedcc062
MODALITIES = {"image": "IMAGE", "audio": "AUDIO", "video": "VIDEO", "text": "TEXT"}
NAME_GIVEN = re.compile(r"\bmy name is ([^\W\d_][\w'-]*)", re.IGNORECASE)
NAME_ASKED = re.compile(r"\bwhat(?:['\u2019]s| is| was) my name\b", re.IGNORECASE)
GREETING = re.compile(r"\s*(?:hello|hi|hey)\b", re.IGNORECASE)
KEYS_ASKED = re.compile(r"\b(?:keys?|fields?)\b", re.IGNORECASE)
THOUGHT = "The emulator looks for a rule that fits the last message."
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def answer(asked: Asked, number: int, said: Reply | None = None) -> Json:
    """The whole answer, as generateContent gives it; `number` tells its id from an equal request's."""
    return next(_answers(asked, number, [([parts], reason) for parts, reason in _drafts(asked, said)]))


def answer_in_events(asked: Asked, number: int, said: Reply | None = None) -> Iterator[Json]:
    """The same answer as streamGenerateContent gives it: totals so far in each event, reason in the last."""
    drafts = _drafts(asked, said)
    return _answers(asked, number, [([[one] for one in _in_pieces(parts)] or [[]], reason) for parts, reason in drafts])


def _answers(asked: Asked, number: int, drafts: list[tuple[list[list[Json]], str]]) -> Iterator[Json]:
    """A response for each step, with the parts that each candidate has in it."""
    so_far: list[Json] = []
    for step in range(max(len(steps) for steps, _ in drafts)):
        candidates = [
            _candidate(steps[step], index, reason if step == len(steps) - 1 else None)
            for index, (steps, reason) in enumerate(drafts)
            if step < len(steps)
        ]
        so_far += candidates
        yield _response(asked, number, candidates, so_far)


def count_tokens(body: Json) -> list[Json]:
    """A request's tokens by modality: one count for countTokens and for `promptTokenCount`."""
    contents = [body.get("systemInstruction", {}), *body.get("contents", [])]
    parts = [part for content in contents for part in content.get("parts", [])]
    return _by_modality([*parts, *({"text": _json(tool)} for tool in body.get("tools", []))])


def _drafts(asked: Asked, said: Reply | None) -> list[tuple[list[Json], str]]:
    """Each candidate's parts and finish reason."""
    if said is not None:
        drafts = [([{**part} for part in said.parts], said.finish_reason)]
    else:
        drafts = [_draft(asked, index) for index in range(max(1, asked.config.get("candidateCount", 1)))]
    for index, (parts, _) in enumerate(drafts if asked.model.is_gemini_3 else ()):
        _sign(asked, parts, index)
    return drafts


def _draft(asked: Asked, index: int) -> tuple[list[Json], str]:
    thinking = asked.config.get("thinkingConfig", {})
    thinks = thinking.get("includeThoughts") and thinking.get("thinkingBudget") != 0
    thoughts = [{"text": THOUGHT, "thought": True}] if thinks and asked.model.row.get("thinking") else []
    if calls := plan_calls(asked):
        return [*thoughts, *({"functionCall": call} for call in calls)], "STOP"
    text, reason = _limit(_text(asked, index), asked.config)
    draws = asked.model.draws and "IMAGE" in asked.config.get("responseModalities", [])
    image = {"inlineData": {"mimeType": "image/png", "data": PIXEL}}
    return [*thoughts, {"text": text}, *([image] if draws else [])], reason


def _sign(asked: Asked, parts: list[Json], index: int) -> None:
    """Give calls their ids, and signatures to the first call, else to the first part, and to every image."""
    said = [part for part in parts if not part.get("thought")]
    calls = [part for part in said if "functionCall" in part]
    # no two steps have the same contents before them, so ids are unique in a conversation
    before = _json(asked.contents)
    for i, part in enumerate(calls):
        part["functionCall"] = {"id": _hash(before, f"{index} {i}").hex()[:8], **part["functionCall"]}
    for part in [*(calls or said)[:1], *(part for part in said if "inlineData" in part)]:
        part.setdefault("thoughtSignature", sign(part))


def _in_pieces(parts: list[Json]) -> Iterator[Json]:
    """A text by words and its signature in a last, empty part (chatlas-test-google-document-54d61679)."""
    for part in parts:
        if "text" in part and "thought" not in part:
            yield from ({"text": piece} for piece in PIECE.findall(part["text"]) or [""])
            if "thoughtSignature" in part:
                yield {**part, "text": ""}
        else:
            yield part


def _text(asked: Asked, index: int) -> str:
    """JSON or a value of an enum where that was asked for, else what the rules say."""
    config, prompt = asked.config, asked.prompt
    flat = config.get("responseFormat", {}).get("text", {})
    names = ("responseJsonSchema", "_responseJsonSchema", "responseSchema")
    schema = flat.get("schema") or next((config[name] for name in names if name in config), None)
    mime_type = config.get("responseMimeType") or flat.get("mimeType", "text/plain")
    said = " ".join([prompt, *(text for one in asked.results for text in texts_in(one.get("response")))])
    if schema and mime_type != "text/plain":
        value = Filler(schema, Prompt(said)).fill(schema)
        return value if mime_type == "text/x.enum" and isinstance(value, str) else _json(value)
    text = _reply(asked.contents)
    if mime_type in ("application/json", "APPLICATION_JSON"):
        keys = Prompt(prompt).quoted if KEYS_ASKED.search(prompt) else []
        return _json(dict.fromkeys(keys, text) or {"answer": text})
    return f"{text} (candidate {index + 1})" if index else text


def _reply(contents: list[Json]) -> str:
    """The rules: what fits the last content, first come first served."""
    text, last = words_of(contents[-1]), contents[-1]["parts"]
    given = NAME_GIVEN.search(text)
    results = " ".join(_result(part["functionResponse"]) for part in last if "functionResponse" in part)
    media = "".join(f" I see {_described(media)}." for part in _with_inner(last) if (media := _media(part)))
    if NAME_ASKED.search(text):
        users = " ".join(words_of(content) for content in contents if content.get("role") != "model")
        names = NAME_GIVEN.findall(users)
        return f"Your name is {names[-1]}." if names else "You have not told me your name."
    if given:
        return f"Nice to meet you, {given[1]}."
    if GREETING.match(text) and not media:
        return "Hello! How can I help you?"
    said = f"You said: {text}" if text.strip() else ""
    return f"{results}{' ' if results and said else ''}{said}{media}".strip() or "You said nothing."


def _result(result: Json) -> str:
    response = result.get("response") or {}
    if "error" in response:
        return f"{result.get('name')} failed: {' '.join(texts_in(response['error']))}."
    return f"{result.get('name')} returned {_json(response)}."


def _media(part: Json) -> Json:
    return {**(part.get("inlineData") or part.get("fileData") or {})}


def _described(media: Json) -> str:
    size = len(read_bytes(media.get("data", "")) or b"")
    where = f" at {media['fileUri']}" if "fileUri" in media else f", {size} bytes"
    return f"{media.get('mimeType', 'a file')}{where}"


def _limit(text: str, config: Json) -> tuple[str, str]:
    """Cut before the first stop sequence, then after the last token allowed."""
    stops = [text.find(stop) for stop in config.get("stopSequences", []) if stop and stop in text]
    text = text[: min(stops)] if stops else text
    tokens = [*TOKEN.finditer(text)]
    limit = config.get("maxOutputTokens") or len(tokens)
    return (text, "STOP") if len(tokens) <= limit else (text[: tokens[limit - 1].end()], "MAX_TOKENS")


def _candidate(parts: list[Json], index: int, reason: str | None) -> Json:
    content = {"content": {"parts": parts, "role": "model"}} if parts else {}
    return {**content, **({"finishReason": reason} if reason else {}), "index": index}


def _response(asked: Asked, number: int, candidates: list[Json], so_far: list[Json]) -> Json:
    parts = [part for candidate in so_far for part in candidate.get("content", {}).get("parts", [])]
    prompt = count_tokens(asked.body)
    answered = _by_modality(part for part in parts if "thought" not in part)
    counts = {
        "promptTokenCount": total_of(prompt),
        "candidatesTokenCount": total_of(answered),
        "thoughtsTokenCount": total_of(_by_modality(part for part in parts if "thought" in part)),
    }
    return {
        "candidates": candidates,
        "usageMetadata": {
            **{name: count for name, count in counts.items() if count},  # zero is absent, as recorded
            "totalTokenCount": sum(counts.values()),
            "promptTokensDetails": prompt,
            **({"candidatesTokensDetails": answered} if len(answered) > 1 else {}),
            **({"trafficType": "ON_DEMAND"} if asked.backend == "vertex" else {}),
            **({"serviceTier": asked.body.get("serviceTier", "standard")} if asked.backend == "gemini" else {}),
        },
        "modelVersion": asked.model.answers_as,
        "responseId": _hash(_json(asked.body), str(number)).hex()[:22],
    }


def _by_modality(parts: Iterable[Json]) -> list[Json]:
    counts = {"TEXT": 0}
    for part in _with_inner(parts):
        modality, count = _weigh(part)
        counts[modality] = counts.get(modality, 0) + count
    return [{"modality": modality, "tokenCount": count} for modality, count in counts.items() if count]


def total_of(details: list[Json]) -> int:
    """The sum of counts by modality."""
    return sum(detail["tokenCount"] for detail in details)


def _weigh(part: Json) -> tuple[str, int]:
    if media := _media(part):
        return MODALITIES.get(media.get("mimeType", "").split("/")[0], "DOCUMENT"), MEDIA_TOKENS
    calls = [part[key] for key in ("functionCall", "functionResponse", "executableCode") if key in part]
    calls = [{**call, "parts": []} if "parts" in call else call for call in calls]
    return "TEXT", len(TOKEN.findall(part.get("text", ""))) + sum(len(TOKEN.findall(_json(one))) for one in calls)


def _with_inner(parts: Iterable[Json]) -> Iterator[Json]:
    """The parts, and the media that function responses hold."""
    for part in parts:
        yield part
        yield from part.get("functionResponse", {}).get("parts", [])


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _hash(*words: str) -> bytes:
    return hashlib.sha256("\0".join(words).encode()).digest()
