"""Requests as they are on the wire, for whoever reads them.

Knows nothing of the flat config that they are made from.
"""

from typing import Any

from ._base import WireModel
from ._bytes import Base64
from .config import GenerationConfig, GenerationOutputConfig, ModelArmorConfig, SafetySetting
from .content import Content
from .enums import ServiceTier
from .tools import Tool, ToolConfig


class GenerateContentRequest(WireModel):
    """The body of generateContent and streamGenerateContent."""

    model: str | None = None
    contents: list[Content] | None = None
    system_instruction: Content | None = None
    tools: list[Tool] | None = None
    tool_config: ToolConfig | None = None
    safety_settings: list[SafetySetting] | None = None
    generation_config: GenerationConfig | None = None
    cached_content: str | None = None
    labels: dict[str, str] | None = None
    service_tier: ServiceTier | None = None
    store: bool | None = None
    model_armor_config: ModelArmorConfig | None = None
    output_config: GenerationOutputConfig | None = None
    continuation_token: Base64 | None = None


class CountTokensRequest(WireModel):
    """The body of countTokens: Gemini takes contents or a whole request, Vertex the request's fields."""

    model: str | None = None
    contents: list[Content] | None = None
    generate_content_request: GenerateContentRequest | None = None
    system_instruction: Content | None = None
    tools: list[Tool] | None = None
    generation_config: GenerationConfig | None = None
    instances: list[Any] | None = None
