"""A reply of generateContent, or one event of a stream, and what is asked of it most.

Knows nothing of how events add up.
"""

from datetime import datetime
from typing import Any

from pydantic import Field

from ._base import WireModel, hint_once
from ._bytes import Base64
from .calls import FunctionCall
from .content import Content, Part
from .enums import (
    BlockedReason,
    FinishReason,
    HarmBlockThreshold,
    HarmCategory,
    HarmProbability,
    HarmSeverity,
    ModelStage,
)
from .files import HttpResponse
from .grounding import CitationMetadata, GroundingAttribution, GroundingMetadata, UrlContextMetadata
from .usage import GenerateContentResponseUsageMetadata


class SafetyRating(WireModel):
    """One category's verdict; scores and severity are Vertex's."""

    category: HarmCategory | None = None
    probability: HarmProbability | None = None
    blocked: bool | None = None
    probability_score: float | None = None
    severity: HarmSeverity | None = None
    severity_score: float | None = None
    overwritten_threshold: HarmBlockThreshold | None = None


class GenerateContentResponsePromptFeedback(WireModel):
    """Why a prompt was blocked; without a reason it was not."""

    block_reason: BlockedReason | None = None
    block_reason_message: str | None = None
    safety_ratings: list[SafetyRating] | None = None


class LogprobsResultCandidate(WireModel):
    """A token and the natural logarithm of its probability."""

    token: str | None = None
    token_id: int | None = None
    log_probability: float | None = None


class LogprobsResultTopCandidates(WireModel):
    """The likeliest tokens of one step, the likeliest first."""

    candidates: list[LogprobsResultCandidate] | None = None


class LogprobsResult(WireModel):
    """The tokens chosen at each step, and those that might have been."""

    chosen_candidates: list[LogprobsResultCandidate] | None = None
    top_candidates: list[LogprobsResultTopCandidates] | None = None
    log_probability_sum: float | None = None


class ModelStatus(WireModel):
    """Where the model stands in its life (Gemini)."""

    model_stage: ModelStage | None = None
    retirement_time: datetime | None = None
    message: str | None = None


class Candidate(WireModel):
    """One of the replies; `index` is absent when 0, `content` may be missing when it was filtered."""

    content: Content | None = None
    finish_reason: FinishReason | None = None
    finish_message: str | None = None
    index: int | None = None
    safety_ratings: list[SafetyRating] | None = None
    citation_metadata: CitationMetadata | None = None
    grounding_metadata: GroundingMetadata | None = None
    url_context_metadata: UrlContextMetadata | None = None
    avg_logprobs: float | None = None
    logprobs_result: LogprobsResult | None = None
    token_count: int | None = None
    grounding_attributions: list[GroundingAttribution] | None = None
    continuation_token: Base64 | None = None


_LOCAL_FIELDS = frozenset(
    {"sdk_http_response", "automatic_function_calling_history", "automatic_function_calling_responses", "parsed"}
)


class GenerateContentResponse(WireModel):
    """A whole reply, or one event of a stream; every field may be missing.

    The accessors look at the first candidate. `sdk_http_response`, `parsed` and what begins with
    `automatic_function_calling` are the client's: they are never dumped, and two replies that differ only in
    them are equal.
    """

    candidates: list[Candidate] | None = None
    usage_metadata: GenerateContentResponseUsageMetadata | None = None
    model_version: str | None = None
    response_id: str | None = None
    prompt_feedback: GenerateContentResponsePromptFeedback | None = None
    model_status: ModelStatus | None = None
    create_time: datetime | None = None
    sdk_http_response: HttpResponse | None = Field(default=None, exclude=True)
    automatic_function_calling_history: list[Content] | None = Field(default=None, exclude=True)
    automatic_function_calling_responses: list["GenerateContentResponse"] | None = Field(default=None, exclude=True)
    """The replies before this one whose functions were called: their tokens were spent too."""
    parsed: Any = Field(default=None, exclude=True)

    def __eq__(self, other: object) -> bool:
        """Compare what came over the wire."""
        if not isinstance(other, GenerateContentResponse):
            return NotImplemented
        return (self.model_extra or {}) == (other.model_extra or {}) and all(
            getattr(self, name) == getattr(other, name)
            for name in GenerateContentResponse.model_fields
            if name not in _LOCAL_FIELDS
        )

    __hash__ = None  # type: ignore[assignment]  # as every model that can be changed

    @property
    def parts(self) -> list[Part] | None:
        """The parts of the first candidate, None if there are none."""
        if not self.candidates:
            return None
        if len(self.candidates) > 1:
            hint_once("A reply has several candidates; its accessors look at the first only.")
        content = self.candidates[0].content
        return None if content is None else content.parts

    @property
    def text(self) -> str | None:
        """The text without the thoughts; None without a text part, `""` if all of them are empty."""
        texts = []
        for part in self.parts or ():
            if part.text is None:
                hint_once("A reply has parts that are not text; its `text` leaves them out.")
            elif not part.thought:
                texts.append(part.text)
        return "".join(texts) if texts else None

    @property
    def function_calls(self) -> list[FunctionCall] | None:
        """The calls of the model, None if there is none."""
        return [part.function_call for part in self.parts or [] if part.function_call is not None] or None

    @property
    def executable_code(self) -> str | None:
        """The first code that the model wrote to be run by the service."""
        return next((part.executable_code.code for part in self.parts or [] if part.executable_code), None)

    @property
    def code_execution_result(self) -> str | None:
        """What the first run of the model's code printed."""
        return next(
            (part.code_execution_result.output for part in self.parts or [] if part.code_execution_result),
            None,
        )

    @property
    def initial_prompt_token_count(self) -> int | None:
        """The tokens of the prompt of the request that this answers."""
        return None if self.usage_metadata is None else self.usage_metadata.prompt_token_count
