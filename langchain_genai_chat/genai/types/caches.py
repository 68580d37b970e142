"""Contents kept by the service to be used again, and the options of the calls about them.

Knows nothing of sending.
"""

from datetime import datetime
from typing import Any

from ._base import ConfigModel, WireModel
from .config import ToolUnion
from .content import Content
from .options import HttpOptions
from .tools import Tool, ToolConfig


class EncryptionSpec(WireModel):
    """The customer's key for data at rest (Vertex)."""

    kms_key_name: str | None = None


class CachedContentUsageMetadata(WireModel):
    """What is cached: tokens; on Vertex also seconds, pictures and characters."""

    total_token_count: int | None = None
    audio_duration_seconds: int | None = None
    image_count: int | None = None
    text_count: int | None = None
    video_duration_seconds: int | None = None


class CachedContent(WireModel):
    """A cached beginning of requests, usable with its own `model` only; `ttl` as `"3600s"`."""

    name: str | None = None
    display_name: str | None = None
    model: str | None = None
    create_time: datetime | None = None
    update_time: datetime | None = None
    expire_time: datetime | None = None
    ttl: str | None = None
    usage_metadata: CachedContentUsageMetadata | None = None
    contents: list[Content] | None = None
    system_instruction: Content | None = None
    tools: list[Tool] | None = None
    tool_config: ToolConfig | None = None
    encryption_spec: EncryptionSpec | None = None


class ListCachedContentsResponse(WireModel):
    """One page of caches."""

    cached_contents: list[CachedContent] | None = None
    next_page_token: str | None = None


class DeleteCachedContentResponse(WireModel):
    """Empty: the cache is gone."""


class CreateCachedContentConfig(ConfigModel):
    """What to cache and until when: `ttl` (`"3600s"`) or `expire_time`."""

    http_options: HttpOptions | None = None
    ttl: str | None = None
    expire_time: datetime | None = None
    display_name: str | None = None
    contents: Any = None
    system_instruction: Any = None
    tools: list[ToolUnion] | None = None
    tool_config: ToolConfig | None = None
    kms_key_name: str | None = None


class UpdateCachedContentConfig(ConfigModel):
    """The new end: `ttl` (`"3600s"`) or `expire_time`."""

    http_options: HttpOptions | None = None
    ttl: str | None = None
    expire_time: datetime | None = None


class GetCachedContentConfig(ConfigModel):
    """Options of reading one cache's metadata."""

    http_options: HttpOptions | None = None


class DeleteCachedContentConfig(ConfigModel):
    """Options of deleting a cache."""

    http_options: HttpOptions | None = None


class ListCachedContentsConfig(ConfigModel):
    """Options of a listing; `page_size` is a bound, pages may be shorter."""

    http_options: HttpOptions | None = None
    page_size: int | None = None
    page_token: str | None = None
