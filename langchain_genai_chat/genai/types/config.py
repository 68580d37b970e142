"""How a reply is made: the settings of a request, and the flat config of a call.

Knows nothing of how the flat form is laid out on the wire.
"""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import AliasChoices, ConfigDict, Field, InstanceOf

from ._base import ConfigModel, WireModel
from ._bytes import Base64
from ._mcp import McpSession
from .enums import (
    FeatureSelectionPreference,
    HarmBlockMethod,
    HarmBlockThreshold,
    HarmCategory,
    MediaResolution,
    Modality,
    PersonGeneration,
    ProminentPeople,
    ServiceTier,
    ThinkingLevel,
)
from .formats import ResponseFormat
from .options import HttpOptions
from .schema import Schema
from .speech import AudioTranscriptionConfig, SpeechConfig, TranslationConfig
from .tools import Tool, ToolConfig


class ThinkingConfig(WireModel):
    """How much the model thinks: a budget of tokens (2.5; 0 off, -1 dynamic) or a level (3 and later)."""

    include_thoughts: bool | None = None
    thinking_budget: int | None = None
    thinking_level: ThinkingLevel | None = None


class ImageConfigImageOutputOptions(WireModel):
    """How a made picture is encoded (Vertex); `compression_quality` 0 to 100."""

    mime_type: str | None = None
    compression_quality: int | None = None


class ImageConfig(WireModel):
    """What a made picture is like: `aspect_ratio` as `"16:9"`, `image_size` 512, 1K, 2K or 4K.

    All but these two are Vertex's; the two `output_*` fields go out inside `imageOutputOptions`.
    """

    aspect_ratio: str | None = None
    image_size: str | None = None
    person_generation: PersonGeneration | None = None
    prominent_people: ProminentPeople | None = None
    output_mime_type: str | None = None
    output_compression_quality: int | None = None
    image_output_options: ImageConfigImageOutputOptions | None = None


class SafetySetting(WireModel):
    """When a category blocks a reply; at most one setting a category."""

    category: HarmCategory | None = None
    threshold: HarmBlockThreshold | None = None
    method: HarmBlockMethod | None = None


class GenerationConfigRoutingConfigAutoRoutingMode(WireModel):
    """What automatic routing weighs."""

    model_routing_preference: Literal["UNKNOWN", "PRIORITIZE_QUALITY", "BALANCED", "PRIORITIZE_COST"] | None = None


class GenerationConfigRoutingConfigManualRoutingMode(WireModel):
    """The model to route to."""

    model_name: str | None = None


class GenerationConfigRoutingConfig(WireModel):
    """Routing between models (Vertex)."""

    auto_mode: GenerationConfigRoutingConfigAutoRoutingMode | None = None
    manual_mode: GenerationConfigRoutingConfigManualRoutingMode | None = None


class ModelSelectionConfig(WireModel):
    """What model selection weighs (Vertex); `modelConfig` on the wire."""

    feature_selection_preference: FeatureSelectionPreference | None = None


class ModelArmorConfig(WireModel):
    """Model Armor templates for prompt and reply (Vertex), by full resource name."""

    prompt_template_name: str | None = None
    response_template_name: str | None = None


class GenerationOutputConfig(WireModel):
    """Where output goes (Vertex); `outputConfig` on the wire."""

    output_uri_prefix: str | None = None


class AutomaticFunctionCallingConfig(ConfigModel):
    """Whether Python functions among the tools are run; 10 requests at most unless said otherwise."""

    disable: bool | None = None
    maximum_remote_calls: int | None = None
    ignore_call_history: bool | None = None


class GenerationSettings(WireModel):
    """What the wire's `generationConfig` and a call's flat config have in common."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    candidate_count: int | None = None
    max_output_tokens: int | None = None
    stop_sequences: list[str] | None = None
    response_logprobs: bool | None = None
    logprobs: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    response_mime_type: str | None = None
    response_json_schema: Any = None
    response_modalities: list[Modality] | None = None
    response_format: ResponseFormat | list[ResponseFormat] | None = None
    media_resolution: MediaResolution | None = None
    audio_timestamp: bool | None = None
    thinking_config: ThinkingConfig | None = None
    image_config: ImageConfig | None = None
    audio_transcription_config: AudioTranscriptionConfig | None = None
    translation_config: TranslationConfig | None = None
    enable_enhanced_civic_answers: bool | None = None
    enable_affective_dialog: bool | None = None
    routing_config: GenerationConfigRoutingConfig | None = None
    model_selection_config: ModelSelectionConfig | None = Field(
        default=None,
        validation_alias=AliasChoices("modelConfig", "modelSelectionConfig"),
        serialization_alias="modelConfig",
    )


class GenerationConfig(GenerationSettings):
    """`generationConfig` as it is on the wire."""

    response_schema: Schema | None = None
    speech_config: SpeechConfig | None = None


ToolUnion: TypeAlias = Annotated[
    Tool | Callable[..., Any] | InstanceOf[McpSession],
    Field(union_mode="left_to_right"),  # to look for a session in a function takes 13 µs, and no function is one
]
"""A tool, a Python function to be declared, or for the asynchronous client an MCP session."""
SchemaUnion: TypeAlias = Any
"""A pydantic class, `list[...]`, a union, TypedDict, dataclass, Enum, Literal, JSON Schema or `Schema`."""


class GenerateContentConfig(GenerationSettings, ConfigModel):
    """Everything of a request but model and contents, flat; an unknown field raises and names the nearest.

    `system_instruction` takes whatever `contents` takes for one content; it is read when the request is made.
    """

    model_config: ClassVar[ConfigDict] = ConfigModel.model_config

    http_options: HttpOptions | None = None
    should_return_http_response: bool | None = None
    system_instruction: Any = None
    response_schema: SchemaUnion = None
    speech_config: SpeechConfig | str | None = None
    """A plain string is the name of a prebuilt voice."""
    safety_settings: list[SafetySetting] | None = None
    tools: list[ToolUnion] | None = None
    tool_config: ToolConfig | None = None
    labels: dict[str, str] | None = None
    cached_content: str | None = None
    service_tier: ServiceTier | None = None
    store: bool | None = None
    model_armor_config: ModelArmorConfig | None = None
    generation_output_config: GenerationOutputConfig | None = None
    continuation_token: Base64 | None = None
    automatic_continuation: bool | None = None
    automatic_function_calling: AutomaticFunctionCallingConfig | None = None
