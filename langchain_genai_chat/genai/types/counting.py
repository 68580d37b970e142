"""Counting tokens beforehand: what may be said of it, and what is answered.

Knows nothing of contents.
"""

from typing import Any

from pydantic import Field

from ._base import ConfigModel, WireModel
from .config import GenerationConfig, ToolUnion
from .files import HttpResponse
from .options import HttpOptions
from .usage import ModalityTokenCount


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
