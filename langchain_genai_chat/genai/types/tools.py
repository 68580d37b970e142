"""What a model may call: declared functions and the service's own tools.

Knows nothing of running a function.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import model_validator

from ._base import WireModel
from ._signatures import describe
from .enums import (
    Behavior,
    DynamicRetrievalConfigMode,
    Environment,
    FunctionCallingConfigMode,
    PhishBlockThreshold,
    SafetyPolicy,
)
from .retrieval import AuthConfig, Retrieval
from .schema import Schema

API_OPTIONS = ("GEMINI_API", "VERTEX_AI", "ENTERPRISE")


class FunctionDeclaration(WireModel):
    """A function the model may call; parameters in one dialect, JSON Schema or the OpenAPI subset."""

    name: str | None = None
    description: str | None = None
    parameters: Schema | None = None
    parameters_json_schema: Any = None
    response: Schema | None = None
    response_json_schema: Any = None
    behavior: Behavior | None = None

    @classmethod
    def from_callable(
        cls,
        *,
        callable: Callable[..., Any],  # noqa: A002 - google-genai's name
        behavior: Behavior | None = None,
        client: Any = None,  # noqa: ARG003 - google-genai asks it for the dialect, which is always the same here
        use_json_schema: bool = True,  # noqa: ARG003 - as client
    ) -> Self:
        """The declaration of a Python function, as it is made of a function among the tools of a config.

        The description is the whole docstring; parameters and result are always described in JSON Schema, by
        pydantic, so `client` and `use_json_schema` change nothing. `Annotated[str, Field(description=...)]`
        describes one parameter. `*args` and `**kwargs` are left out.

        Raises:
            ValueError: pydantic cannot describe a parameter's annotation.
        """
        described = describe(callable)
        return cls(**described) if behavior is None else cls(**described, behavior=behavior)

    @classmethod
    def from_callable_with_api_option(
        cls,
        *,
        callable: Callable[..., Any],  # noqa: A002 - google-genai's name
        api_option: str = "GEMINI_API",
        behavior: Behavior | None = None,
        use_json_schema: bool = True,
    ) -> Self:
        """`from_callable` by google-genai's other name; raises `ValueError` for an unknown `api_option`."""
        if api_option not in API_OPTIONS:
            raise ValueError(f"Unsupported api_option value: {api_option!r}; pass one of {', '.join(API_OPTIONS)}.")
        return cls.from_callable(callable=callable, behavior=behavior, use_json_schema=use_json_schema)


class DynamicRetrievalConfig(WireModel):
    """When Gemini 1.5 searches: above `dynamic_threshold`, 0 to 1."""

    mode: DynamicRetrievalConfigMode | None = None
    dynamic_threshold: float | None = None


class GoogleSearchRetrieval(WireModel):
    """Search for Gemini 1.5; newer models take `GoogleSearch`."""

    dynamic_retrieval_config: DynamicRetrievalConfig | None = None


class ToolCodeExecution(WireModel):
    """A sandbox for the model's Python code; nothing to set."""


class UrlContext(WireModel):
    """Reading of the pages named in the prompt; nothing to set."""


class Interval(WireModel):
    """A stretch of time, start included, end not; a search needs both."""

    start_time: datetime | None = None
    end_time: datetime | None = None


class WebSearch(WireModel):
    """Nothing to set."""


class ImageSearch(WireModel):
    """Nothing to set."""


class SearchTypes(WireModel):
    """What is searched; only pages unless pictures are asked for."""

    web_search: WebSearch | None = None
    image_search: ImageSearch | None = None


class GoogleSearch(WireModel):
    """Google Search; `blocking_confidence` and `exclude_domains` are Vertex's."""

    search_types: SearchTypes | None = None
    time_range_filter: Interval | None = None
    blocking_confidence: PhishBlockThreshold | None = None
    exclude_domains: list[str] | None = None


class EnterpriseWebSearch(WireModel):
    """Web search without logging of queries (Vertex)."""

    blocking_confidence: PhishBlockThreshold | None = None
    exclude_domains: list[str] | None = None


class ToolParallelAiSearch(WireModel):
    """Search by Parallel (Vertex)."""

    api_key: str | None = None
    custom_configs: dict[str, Any] | None = None
    enable_data_retention: bool | None = None
    enable_zero_data_retention: bool | None = None


class ToolExaAiSearch(WireModel):
    """Search by Exa (Vertex)."""

    api_key: str | None = None
    custom_configs: dict[str, Any] | None = None


class ComputerUse(WireModel):
    """A browser, phone or desktop that the caller operates as the model says."""

    environment: Environment | None = None
    excluded_predefined_functions: list[str] | None = None
    enable_prompt_injection_detection: bool | None = None
    disabled_safety_policies: list[SafetyPolicy] | None = None


class FileSearch(WireModel):
    """Search in file search stores (Gemini)."""

    file_search_store_names: list[str] | None = None
    metadata_filter: str | None = None
    top_k: int | None = None


class GoogleMapsPlaces(WireModel):
    """Nothing to set."""


class GoogleMapsRouting(WireModel):
    """Nothing to set."""


class GoogleMapsGroundingTypes(WireModel):
    """What Maps is asked for (Vertex)."""

    places: GoogleMapsPlaces | None = None
    routing: GoogleMapsRouting | None = None


class GoogleMaps(WireModel):
    """Google Maps; a widget token comes back when `enable_widget` is set."""

    enable_widget: bool | None = None
    auth_config: AuthConfig | None = None
    grounding_types: GoogleMapsGroundingTypes | None = None


class StreamableHttpTransport(WireModel):
    """Where an MCP server is, for the service to connect to; times as `"30s"`."""

    url: str | None = None
    headers: dict[str, str] | None = None
    timeout: str | None = None
    sse_read_timeout: str | None = None
    terminate_on_close: bool | None = None


class McpServer(WireModel):
    """An MCP server that the service itself connects to (Gemini)."""

    name: str | None = None
    streamable_http_transport: StreamableHttpTransport | None = None


class Tool(WireModel):
    """Function declarations, or one of the service's own tools."""

    function_declarations: list[FunctionDeclaration] | None = None
    google_search: GoogleSearch | None = None
    google_search_retrieval: GoogleSearchRetrieval | None = None
    code_execution: ToolCodeExecution | None = None
    url_context: UrlContext | None = None
    computer_use: ComputerUse | None = None
    file_search: FileSearch | None = None
    google_maps: GoogleMaps | None = None
    mcp_servers: list[McpServer] | None = None
    retrieval: Retrieval | None = None
    enterprise_web_search: EnterpriseWebSearch | None = None
    parallel_ai_search: ToolParallelAiSearch | None = None
    exa_ai_search: ToolExaAiSearch | None = None

    @model_validator(mode="before")
    @classmethod
    def _make_instances(cls, value: Any) -> Any:
        """Take `google_search=types.GoogleSearch`, as Google's documentation writes it now and then."""
        if not isinstance(value, Mapping):
            return value
        return {name: {} if isinstance(each, type) else each for name, each in value.items()}


class FunctionCallingConfig(WireModel):
    """Whether functions may or must be called; `allowed_function_names` narrows ANY and VALIDATED."""

    mode: FunctionCallingConfigMode | None = None
    allowed_function_names: list[str] | None = None
    stream_function_call_arguments: bool | None = None


class LatLng(WireModel):
    """A place on earth, in degrees."""

    latitude: float | None = None
    longitude: float | None = None


class RetrievalConfig(WireModel):
    """Where the user is and what they speak, for search and maps."""

    lat_lng: LatLng | None = None
    language_code: str | None = None


class ToolConfig(WireModel):
    """How tools are used; `include_server_side_tool_invocations` (Gemini) mixes both kinds in one request."""

    function_calling_config: FunctionCallingConfig | None = None
    retrieval_config: RetrievalConfig | None = None
    include_server_side_tool_invocations: bool | None = None
