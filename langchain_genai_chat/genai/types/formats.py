"""The newer, flat form of asking for text, audio, pictures or video.

Knows nothing of the other generation settings.
"""

from typing import Any

from pydantic import AliasChoices, Field

from ._base import WireModel
from .enums import AspectRatio, Delivery, ImageSize


class TextResponseFormat(WireModel):
    """Text, plain or JSON that fits a JSON Schema (`schema` on the wire)."""

    mime_type: str | None = None
    json_schema: Any = Field(
        default=None, validation_alias=AliasChoices("schema", "jsonSchema"), serialization_alias="schema"
    )


class AudioResponseFormat(WireModel):
    """Audio; rates in hertz and bits a second."""

    mime_type: str | None = None
    delivery: Delivery | None = None
    sample_rate: int | None = None
    bit_rate: int | None = None


class ImageResponseFormat(WireModel):
    """A picture."""

    mime_type: str | None = None
    delivery: Delivery | None = None
    aspect_ratio: AspectRatio | None = None
    image_size: ImageSize | None = None


class VideoResponseFormat(WireModel):
    """A video (Vertex), `duration` as `"8s"`."""

    aspect_ratio: AspectRatio | None = None
    delivery: Delivery | None = None
    duration: str | None = None
    gcs_uri: str | None = None
    resolution: str | None = None


class ResponseFormat(WireModel):
    """One kind of output each; Gemini takes one object of all, Vertex a list."""

    text: TextResponseFormat | None = None
    audio: AudioResponseFormat | None = None
    image: ImageResponseFormat | None = None
    video: VideoResponseFormat | None = None
