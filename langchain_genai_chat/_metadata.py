"""What an answer says about itself: usage, reasons, ratings, grounding, citations.

Knows the keys that LangChain reads; nothing of content blocks but the annotations that belong on text.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata

from .genai import types

Json: TypeAlias = dict[str, Any]

PROVIDER = "google_genai"
USUAL_RESPONSE = frozenset({"candidates", "usageMetadata", "modelVersion", "responseId"})
USUAL_CANDIDATE = frozenset({"content", "index"})
"""What most events of a stream have, and nothing else."""
RESPONSE_FIELDS = ("modelStatus", "createTime", "turnToken")
CANDIDATE_FIELDS = (
    "finishMessage",
    "safetyRatings",
    "citationMetadata",
    "groundingMetadata",
    "groundingAttributions",
    "urlContextMetadata",
    "avgLogprobs",
    "logprobsResult",
    "tokenCount",
    "score",
    "continuationToken",
)
GROWING_FIELDS = ("citationMetadata", "groundingMetadata", "urlContextMetadata", "logprobsResult")
"""Lists in them may come piece by piece in a stream."""

REFUSED = frozenset({"SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "MODEL_ARMOR", "ESCALATION"})
BAD_FINISHES = REFUSED | {
    "RECITATION",
    "LANGUAGE",
    "OTHER",
    "PUP_LIMITED_DISABLED",
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE",
    "MALFORMED_RESPONSE",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "IMAGE_OTHER",
    "NO_IMAGE",
}
"""Finish reasons of answers that are no ordinary success; MAX_TOKENS is one, unless nothing came."""


class Metadata:
    """Takes what each event says of its answer; in a stream the last word counts."""

    def __init__(self) -> None:
        self._said: Json = {}
        self._usage: Json | None = None
        self.response_id: str | None = None

    def note(self, response: Json, candidate: Json | None) -> None:
        """Take an event's, or a whole answer's, fields."""
        said = self._said
        if usage := response.get("usageMetadata"):
            self._usage = usage  # totals so far, not this event's share (wire: response.md, usageMetadata)
        if response_id := response.get("responseId"):
            self.response_id = said["response_id"] = response_id
        if model := response.get("modelVersion"):
            said["model_name"] = model
        if not response.keys() <= USUAL_RESPONSE:
            self._note_response(response)
        if candidate is not None and not candidate.keys() <= USUAL_CANDIDATE:
            self._note_candidate(candidate)

    def _note_response(self, response: Json) -> None:
        said = self._said
        if feedback := response.get("promptFeedback"):
            said["prompt_feedback"] = snake(feedback)
            if reason := feedback.get("blockReason"):
                said["block_reason"] = str(reason)
        for name in RESPONSE_FIELDS:
            if (value := response.get(name)) is not None:
                said[_snake_name(name)] = snake(value)

    def _note_candidate(self, candidate: Json) -> None:
        said = self._said
        if (reason := candidate.get("finishReason")) is not None:
            said["finish_reason"] = reason if isinstance(reason, str) else str(types.FinishReason(reason))
        for name in CANDIDATE_FIELDS:
            if (value := candidate.get(name)) is not None:
                key = _snake_name(name)
                value = snake(value)
                said[key] = grown(said[key], value) if name in GROWING_FIELDS and key in said else value

    @property
    def usage(self) -> UsageMetadata:
        """Token counts; zeros where the service gave none, since LangChain's cache needs some."""
        return usage_of(self._usage or {})

    def said(self, name: str) -> Any:
        """One of the metadata, by its LangChain name."""
        return self._said.get(name)

    def as_response_metadata(self, *, is_empty: bool) -> Json:
        """All of it, JSON only; `is_empty` is there, and true, where neither text nor a call nor media came."""
        metadata = {**self._said}
        for wire, name in (("serviceTier", "service_tier"), ("trafficType", "traffic_type")):
            if value := (self._usage or {}).get(wire):
                metadata[name] = value
        if is_empty:
            metadata["is_empty"] = True
        return metadata


def usage_of(usage: Mapping[str, Any]) -> UsageMetadata:
    """LangChain's counts of the wire's: input and output add up to the total, no token is in two details.

    `input_token_details` split the input: `cache_read` holds all cached tokens, the modalities the others.
    """
    tool_use = usage.get("toolUsePromptTokenCount") or 0
    thoughts = usage.get("thoughtsTokenCount") or 0
    cached = usage.get("cachedContentTokenCount") or 0
    inputs = (usage.get("promptTokenCount") or 0) + tool_use
    outputs = (usage.get("candidatesTokenCount") or 0) + thoughts
    in_details = _modalities(usage.get("promptTokensDetails"))
    for modality, count in _modalities(usage.get("cacheTokensDetails")).items():
        in_details[modality] = max(in_details.get(modality, 0) - count, 0)
    in_details = _within(inputs - tool_use - cached, in_details)
    in_details |= {name: count for name, count in (("cache_read", cached), ("tool_use", tool_use)) if count}
    out_details = _within(outputs - thoughts, _modalities(usage.get("candidatesTokensDetails")))
    if thoughts:
        out_details["reasoning"] = thoughts
    counts = UsageMetadata(input_tokens=inputs, output_tokens=outputs, total_tokens=inputs + outputs)
    if in_details:
        counts["input_token_details"] = InputTokenDetails(**in_details)  # type: ignore[typeddict-item]  # more keys are allowed
    if out_details:
        counts["output_token_details"] = OutputTokenDetails(**out_details)  # type: ignore[typeddict-item]  # as above
    return counts


def _within(room: int, details: Mapping[str, int]) -> dict[str, int]:
    """Counts that do not exceed what they are details of."""
    # A cached PDF is DOCUMENT in the prompt's details and IMAGE in the cache's; recorded:
    # ruby-llm-chat-pdf-models-vertexai-gemini-2-5-flash-understands-pdfs-ab44acc2.
    kept = {}
    for name, count in details.items():
        if (taken := min(count, room)) > 0:
            kept[name] = taken
            room -= taken
    return kept


def _modalities(details: Sequence[Mapping[str, Any]] | None) -> dict[str, int]:
    """Counts by modality but text, which is what is left over."""
    return {
        str(detail["modality"]).lower(): detail.get("tokenCount") or 0
        for detail in details or ()
        if detail.get("modality") not in (None, "TEXT", "MODALITY_UNSPECIFIED", 0, 1)
    }


def grown(old: Any, new: Any) -> Any:
    """What a stream said before, with what it says now: a list that begins with the old one replaces it."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {
            **old,
            **{name: grown(old[name], value) if name in old else value for name, value in new.items()},
        }
    if isinstance(old, list) and isinstance(new, list):
        return new if new[: len(old)] == old else [*old, *(item for item in new if item not in old)]
    return new


def snake(value: Any) -> Any:
    """JSON of the wire with snake_case names, as LangChain's readers of Gemini metadata want it; no nulls."""
    if isinstance(value, dict):
        return {_snake_name(name): snake(inner) for name, inner in value.items() if inner is not None}
    return [snake(item) for item in value] if isinstance(value, list) else value


def _snake_name(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def citations_of(texts: Mapping[int, str], metadata: Metadata) -> dict[int, list[Json]]:
    """Annotations for text blocks, by their index, from grounding supports and citation sources.

    Offsets are characters of the block's text; the wire's count UTF-8 bytes (B086). Where the wire's segment
    does not say where its text stands, it is looked for; a citation whose text is not found has no offsets.
    """
    found: dict[int, list[Json]] = {}
    if not texts:
        return found
    grounding = metadata.said("grounding_metadata") or {}
    chunks = grounding.get("grounding_chunks") or []
    for support in grounding.get("grounding_supports") or ():
        segment = support.get("segment") or {}
        index, place = _placed(texts, segment)
        for number in support.get("grounding_chunk_indices") or ():
            if 0 <= number < len(chunks):
                found.setdefault(index, []).append({"type": "citation", **place, **_source(chunks[number])})
    sources = metadata.said("citation_metadata") or {}
    for source in [*(sources.get("citation_sources") or ()), *(sources.get("citations") or ())]:
        segment = {name: source[name] for name in ("start_index", "end_index") if name in source}
        index, place = _placed(texts, segment)
        named = {"url": source.get("uri"), "title": source.get("title")}
        extras = {name: source[name] for name in ("license", "publication_date") if source.get(name)}
        citation = {"type": "citation", **place, **{name: value for name, value in named.items() if value}}
        found.setdefault(index, []).append({**citation, "extras": extras} if extras else citation)
    return found


def _placed(texts: Mapping[int, str], segment: Mapping[str, Any]) -> tuple[int, Json]:
    """The block that a segment lies in, and its place there in characters."""
    indices = list(texts)
    part = segment.get("part_index", 0)
    wanted = segment.get("text")
    first = [indices[part]] if part < len(indices) else []
    start, end = segment.get("start_index", 0), segment.get("end_index")
    for index in [*first, *(other for other in indices if other not in first)]:
        data = texts[index].encode()
        if end is not None and end <= len(data):
            before, inside = (data[a:b].decode("utf-8", "ignore") for a, b in ((0, start), (start, end)))
            if wanted in (None, inside):
                return index, {"start_index": len(before), "end_index": len(before) + len(inside)}
        if wanted and (at := texts[index].find(wanted)) >= 0:
            return index, {"start_index": at, "end_index": at + len(wanted)}
    return indices[-1], {}


def _source(chunk: Mapping[str, Any]) -> Json:
    """Who is cited: a web page, a map place, a passage of a file, an image."""
    kind = next((name for name in ("web", "maps", "retrieved_context", "image") if chunk.get(name)), None)
    inside = chunk[kind] if kind else {}
    said = {
        "url": inside.get("uri") or inside.get("source_uri"),
        "title": inside.get("title") or inside.get("domain"),
        "cited_text": inside.get("text"),
    }
    return {name: value for name, value in said.items() if value}
