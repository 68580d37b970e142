"""What a request cost, in tokens; counting tokens beforehand.

Knows nothing of contents.
"""

from typing import Any

from pydantic import Field

from ._base import ConfigModel, WireModel
from .config import GenerationConfig, ToolUnion
from .enums import MediaModality, ServiceTier, TrafficType
from .files import HttpResponse
from .options import HttpOptions


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


class CountTokensResponse(WireModel):
    """The tokens of what was sent; `total_billable_characters` is Vertex's."""

    sdk_http_response: HttpResponse | None = Field(default=None, exclude=True)
    total_tokens: int | None = None
    cached_content_token_count: int | None = None
    prompt_tokens_details: list[ModalityTokenCount] | None = None
    cache_tokens_details: list[ModalityTokenCount] | None = None
    total_billable_characters: int | None = None


class CountTokensConfig(ConfigModel):
    """What to count beside contents; on Gemini these go inside `generateContentRequest`."""

    http_options: HttpOptions | None = None
    system_instruction: Any = None
    tools: list[ToolUnion] | None = None
    generation_config: GenerationConfig | None = None
