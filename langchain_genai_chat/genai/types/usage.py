"""What a request cost, in tokens.

Knows nothing of contents.
"""

from ._base import WireModel
from .enums import MediaModality, ServiceTier, TrafficType


class ModalityTokenCount(WireModel):
    """Tokens of one kind of data."""

    modality: MediaModality | None = None
    token_count: int | None = None


class GenerateContentResponseUsageMetadata(WireModel):
    """Tokens of a request; in a stream each event has the total so far, so the last one counts.

    The prompt's count includes the cached tokens, the candidates' count leaves the thoughts out.
    """

    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    cached_content_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    total_token_count: int | None = None
    prompt_tokens_details: list[ModalityTokenCount] | None = None
    candidates_tokens_details: list[ModalityTokenCount] | None = None
    cache_tokens_details: list[ModalityTokenCount] | None = None
    tool_use_prompt_tokens_details: list[ModalityTokenCount] | None = None
    traffic_type: TrafficType | None = None
    service_tier: ServiceTier | None = None
