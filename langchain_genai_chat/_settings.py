"""What may be set, for a model or a call: each name, what it takes, and where it stands in a request's config.

One table leads from LangChain's names to the wire's; knows nothing of models, of messages or of how layers are laid.
"""

import base64
import difflib
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Literal, TypeAlias, get_args

from pydantic import BaseModel, Field, InstanceOf, SecretStr
from pydantic.alias_generators import to_camel

from ._caching import Cache
from ._tool_forms import without_sdk
from .genai import types

Json: TypeAlias = dict[str, Any]
History: TypeAlias = Literal["strict", "repair"]
OnBadReply: TypeAlias = Literal["return", "raise", "retry"]


class ConnectionFields(BaseModel, defer_build=True):  # only as a base is it ever built; so is the next one
    """Where requests go and who sends them: what a client is made of, so that none goes with one that is given."""

    api_key: SecretStr | None = None
    """Also `google_api_key`."""
    vertexai: bool | None = None
    """Vertex AI instead of the Gemini API; by default what `GOOGLE_GENAI_USE_VERTEXAI` says."""
    project: str | None = None
    location: str | None = None
    credentials: Any = Field(default=None, exclude=True, repr=False)
    base_url: str | None = None
    """Of a gateway or the emulator; a version at its end is not doubled."""
    api_version: str | None = None
    http_client: Any = Field(default=None, exclude=True, repr=False)
    """Anything with the interface of `httpx.Client`; used, shared with copies, never closed."""
    http_async_client: Any = Field(default=None, exclude=True, repr=False)
    proxy: Any = Field(default=None, exclude=True, repr=False)
    verify: Any = Field(default=None, exclude=True, repr=False)


class GenerationFields(BaseModel, defer_build=True):
    """How a reply is made: the fields of `types.GenerateContentConfig`, under LangChain's names where it has some.

    None means not set, and is not sent; every other value is, falsy ones too.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    max_tokens: int | None = None
    """At most so many tokens of answer and thoughts; also `max_output_tokens`."""
    stop: list[str] | None = None
    """Where the answer ends; also `stop_sequences`."""
    n: int | None = None
    """How many answers are made, of which each is a generation; also `candidate_count`."""
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    response_logprobs: bool | None = None
    logprobs: int | None = None
    """How many candidates for each token, 0 to 20; with `response_logprobs=True`."""
    thinking_budget: int | None = None
    """Tokens for thinking, up to Gemini 2.5: 0 is off, -1 is as many as the model finds right."""
    thinking_level: str | None = None
    """How much is thought, from Gemini 3 on: `minimal`, `low`, `medium` or `high`."""
    reasoning_effort: str | None = None
    """LangChain's word for the two above: `none`, `minimal`, `low`, `medium`, `high` or `xhigh`; see `EFFORTS`."""
    include_thoughts: bool | None = None
    """Summaries of thoughts come as reasoning blocks."""
    thinking_config: Json | None = None
    safety_settings: list[Json] | None = None
    """A list of `{"category", "threshold"}`, or a dict of thresholds by category; a call's are merged by category."""
    response_mime_type: str | None = None
    response_schema: Any = None
    response_json_schema: Any = None
    response_format: Any = None
    response_modalities: list[str] | None = None
    media_resolution: str | None = None
    speech_config: Json | str | None = None
    image_config: Json | None = None
    audio_timestamp: bool | None = None
    audio_transcription_config: Json | None = None
    translation_config: Json | None = None
    enable_enhanced_civic_answers: bool | None = None
    enable_affective_dialog: bool | None = None
    routing_config: Json | None = None
    model_selection_config: Json | None = None
    system_instruction: Any = None
    """Stands before what the conversation's system messages say."""
    tools: list[Any] | None = None
    tool_config: Json | None = None
    cached_content: InstanceOf[Cache] | str | None = None
    """A cache's name; what it holds is left out of requests. What `create_cache` gives is checked against them."""
    labels: dict[str, str] | None = None
    service_tier: str | None = None
    """`standard`, `flex` or `priority`, on both backends."""
    store: bool | None = None
    model_armor_config: Json | None = None
    generation_output_config: Json | None = None
    continuation_token: str | None = None


# The table: a name of ours to its place in GenerateContentConfig, where the two differ.
PLACES: dict[str, tuple[str, ...]] = {
    "max_tokens": ("max_output_tokens",),
    "stop": ("stop_sequences",),
    "n": ("candidate_count",),
    "thinking_budget": ("thinking_config", "thinking_budget"),
    "thinking_level": ("thinking_config", "thinking_level"),
    "include_thoughts": ("thinking_config", "include_thoughts"),
    "reasoning_effort": ("thinking_config", "reasoning_effort"),  # made one of the others when the model is known
}
CONNECTION = tuple(ConnectionFields.model_fields)
GENERATION = tuple(GenerationFields.model_fields)
AMOUNTS = ("thinking_budget", "thinking_level", "reasoning_effort")
"""Three ways to say how much is thought, of which one may be used."""

# Google's own table for OpenAI's word (https://ai.google.dev/gemini-api/docs/openai, "Thinking"). Where thinking
# cannot be switched off, `none` is the least there is.
EFFORTS: dict[str, dict[str, tuple[str, Any]]] = {
    "level": {
        "none": ("thinking_level", "MINIMAL"),
        "minimal": ("thinking_level", "MINIMAL"),
        "low": ("thinking_level", "LOW"),
        "medium": ("thinking_level", "MEDIUM"),
        "high": ("thinking_level", "HIGH"),
        "xhigh": ("thinking_level", "XHIGH"),
    },
    "budget": {
        "none": ("thinking_budget", 0),
        "minimal": ("thinking_budget", 1024),
        "low": ("thinking_budget", 1024),
        "medium": ("thinking_budget", 8192),
        "high": ("thinking_budget", 24576),
    },
}

OPTIONS = ("timeout", "max_retries", "retry", "headers", "extra_body")
"""How a request is sent, for the model or for one call."""
POLICIES: dict[str, tuple[str, ...]] = {"history": get_args(History), "on_bad_reply": get_args(OnBadReply)}
LANGCHAIN = ("tool_choice", "rename_tools", "stream")
"""What LangChain passes with a call and no field holds; `stream` has done its work in the core by then."""
SAMPLING = ("temperature", "top_p", "top_k")
TIER_HEADER = "X-Vertex-AI-LLM-Shared-Request-Type"


def _spellings() -> Iterator[tuple[str, str]]:
    for name in GENERATION:
        for spelled in (name, PLACES.get(name, (name,))[-1]):
            yield spelled, name
            yield to_camel(spelled), name
    yield from (("modelConfig", "model_selection_config"), ("outputConfig", "generation_output_config"))
    yield from ((name, name) for name in ("model", *OPTIONS, *POLICIES, *LANGCHAIN))
    yield from (("extra_headers", "headers"), ("additional_headers", "headers"))
    yield from (("request_timeout", "timeout"), ("retries", "max_retries"))


SPELLINGS = dict(_spellings())
"""Every name that an argument may go by, LangChain's, the wire's in snake_case and camelCase, to the one used here."""

# Names that langchain-google-genai takes, or once took, and what does here what they do there.
MOVED = {
    "client_options": "pass its api_endpoint as base_url",
    "client_args": "pass proxy, verify, or a whole client as http_client and http_async_client",
    "async_client_args": "pass proxy, verify, or a whole client as http_async_client",
    "http_options": "pass base_url, api_version, headers, timeout, max_retries or extra_body",
    "default_metadata": "pass headers",
    "default_metadata_input": "pass headers",
    "model_kwargs": "pass what it holds as arguments; extra_body is for what this package does not know",
    "generation_config": "pass what it holds as arguments, as in temperature=0",
    "convert_system_message_to_human": "leave it out, for system messages are sent as such",
    "transport": "leave it out, for everything goes over HTTP",
    "functions": "pass tools",
    "code_execution": 'pass tools=[{"code_execution": {}}]',
}


def by_our_names(given: Mapping[str, Any], known: Mapping[str, str], taker: str) -> Json:
    """Arguments under the names used here; None under one spelling leaves the other's value.

    Raises:
        TypeError: There is no such argument, or one was given twice under two names.
    """
    named: Json = {}
    for spelled, value in given.items():
        name = known.get(spelled)
        if name is None and spelled in MOVED:
            raise TypeError(f"{taker} takes no {spelled!r}; {MOVED[spelled]}.")
        if name is None:
            near = difflib.get_close_matches(spelled, known, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"{taker} takes no {spelled!r}.{hint}")
        if value is None and name in named:
            continue
        if named.get(name) is not None:
            raise TypeError(f"{taker} was given {name!r} twice, once as {spelled!r}; pass it once.")
        named[name] = without_sdk(value)
    return named


def plain(value: Any) -> Any:
    """A value as JSON has it, where JSON has one: wire messages, enums, bytes; classes and functions as they are."""
    value = without_sdk(value)
    match value:
        case types.WireModel():
            return value.model_dump(mode="json", by_alias=True, exclude_none=True)
        case Enum():
            return value.value
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case Mapping():
            return {plain(key): plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
    return value


def plain_timeout(value: Any) -> Any:
    """Seconds as they are; the four times of an `httpx.Timeout` as a dict, by their names."""
    if value is None or isinstance(value, (int, float, Mapping)):
        return value
    times = {name: getattr(value, name, None) for name in ("connect", "read", "write", "pool")}
    if all(seconds is None for seconds in times.values()):
        raise ValueError(f"timeout must be seconds or an httpx.Timeout, got {type(value).__name__}.")
    return times


def plain_safety(value: Any) -> list[Json]:
    """Safety settings, listed or by category, as a list of JSON objects with known names.

    Raises:
        ValueError: A category or threshold is none that is known. `extra_body` sends any.
    """
    value = plain(value)
    if isinstance(value, Mapping):
        value = [{"category": category, "threshold": threshold} for category, threshold in value.items()]
    settings = [plain(types.SafetySetting.model_validate(each)) for each in value]
    for each in settings:
        for name, names in (("category", types.HarmCategory), ("threshold", types.HarmBlockThreshold)):
            said = each.get(name)
            if said is not None and said not in names.__members__:
                near = difflib.get_close_matches(str(said), names.__members__, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise ValueError(f"safety_settings: {said!r} is no {name}.{hint}")
    return settings
