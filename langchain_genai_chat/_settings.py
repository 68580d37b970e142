"""What may be set, for a model or a call: each name, what it takes, and where it stands in a request's config.

One table leads from LangChain's names to the wire's; knows nothing of models, of messages or of how layers are laid.
"""

import base64
import difflib
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Literal, TypeAlias, get_args

from pydantic import BaseModel, Field, InstanceOf, SecretStr, StrictStr
from pydantic.alias_generators import to_camel, to_snake

from ._caching import Cache
from ._tool_forms import without_sdk
from .genai import types

Json: TypeAlias = dict[str, Any]
History: TypeAlias = Literal["strict", "repair"]
OnBadReply: TypeAlias = Literal["return", "raise", "retry"]


class ConnectionFields(BaseModel, defer_build=True):  # only as a base is it ever built; so is the next one
    """Where requests go and who sends them: what a client is made of, so that none goes with one that is given."""

    api_key: SecretStr | None = Field(
        default=None, description="By default `GOOGLE_API_KEY`, else `GEMINI_API_KEY`; also `google_api_key`."
    )
    vertexai: bool | None = Field(
        default=None,
        description="Vertex AI instead of the Gemini API; by default what `GOOGLE_GENAI_USE_VERTEXAI` says.",
    )
    project: str | None = Field(
        default=None,
        description="Of Google Cloud, for Vertex AI; by default `GOOGLE_CLOUD_PROJECT`, else the credentials' own.",
    )
    location: str | None = Field(
        default=None,
        description='A region, `"global"`, `"us"` or `"eu"`, for Vertex AI; by default `GOOGLE_CLOUD_LOCATION`.',
    )
    credentials: Any = Field(
        default=None,
        exclude=True,
        repr=False,
        description=(
            "For Vertex AI: a service account's file or dict, an object of `google.auth`, or a callable that "
            "gives a token."
        ),
    )
    base_url: StrictStr | None = Field(  # else bytes would become an address that was not looked at
        default=None,
        description="Of a gateway or the emulator; a version at its end is not doubled.",
    )
    api_version: str | None = Field(default=None, description="`v1beta`, `v1`, ...; by default the backend's own.")
    http_client: Any = Field(
        default=None,
        exclude=True,
        repr=False,
        description="Anything with the interface of `httpx.Client`; used, shared with copies, never closed.",
    )
    http_async_client: Any = Field(
        default=None,
        exclude=True,
        repr=False,
        description="The same for `httpx.AsyncClient`.",
    )
    proxy: Any = Field(default=None, exclude=True, repr=False, description="An address, or an `httpx.Proxy`.")
    verify: Any = Field(
        default=None,
        exclude=True,
        repr=False,
        description="As httpx takes it: False, or an `ssl.SSLContext`.",
    )


class GenerationFields(BaseModel, defer_build=True):
    """How a reply is made: the fields of `types.GenerateContentConfig`, under LangChain's names where it has some.

    None means not set, and is not sent; every other value is, falsy ones too.
    """

    temperature: float | None = Field(
        default=None,
        description="How much chance there is in what is said, from 0 up to 2.",
    )
    top_p: float | None = Field(
        default=None,
        description="Tokens are drawn from the likeliest that together have this probability.",
    )
    top_k: float | None = Field(default=None, description="Tokens are drawn from so many of the likeliest.")
    max_tokens: int | None = Field(
        default=None,
        description="At most so many tokens of answer and thoughts; also `max_output_tokens`.",
    )
    stop: list[str] | None = Field(default=None, description="Where the answer ends; also `stop_sequences`.")
    n: int | None = Field(
        default=None,
        description="How many answers are made, of which each is a generation; also `candidate_count`.",
    )
    seed: int | None = Field(default=None, description="The same seed and request give much the same answer.")
    presence_penalty: float | None = Field(
        default=None,
        description="Against tokens that have occurred; more than 0 for more variety.",
    )
    frequency_penalty: float | None = Field(
        default=None,
        description="Against tokens by how often they have occurred; more than 0 for more variety.",
    )
    response_logprobs: bool | None = Field(
        default=None,
        description="The probabilities of the tokens come in `response_metadata`.",
    )
    logprobs: int | None = Field(
        default=None,
        description="How many candidates for each token, 0 to 20; with `response_logprobs=True`.",
    )
    thinking_budget: int | None = Field(
        default=None,
        description="Tokens for thinking, up to Gemini 2.5: 0 is off, -1 is as many as the model finds right.",
    )
    thinking_level: str | None = Field(
        default=None,
        description="How much is thought, from Gemini 3 on: `minimal`, `low`, `medium` or `high`.",
    )
    reasoning_effort: str | None = Field(
        default=None,
        description="LangChain's word for the two above: `none`, `minimal`, `low`, `medium`, `high` or `xhigh`.",
    )
    include_thoughts: bool | None = Field(default=None, description="Summaries of thoughts come as reasoning blocks.")
    thinking_config: Json | None = Field(
        default=None,
        description="`thinking_budget`, `thinking_level` and `include_thoughts` in one, as the wire has them.",
    )
    safety_settings: list[Json] | None = Field(
        default=None,
        description=(
            'A list of `{"category", "threshold"}`, or a dict of thresholds by category; a call\'s are merged '
            "by category."
        ),
    )
    response_mime_type: str | None = Field(
        default=None,
        description="`text/plain`, `application/json` or `text/x.enum`.",
    )
    response_schema: Any = Field(
        default=None,
        description="What the answer is held to: a class, a dict of JSON Schema or of the OpenAPI subset.",
    )
    response_json_schema: Any = Field(default=None, description="The same, always as JSON Schema.")
    response_format: Any = Field(
        default=None,
        description="OpenAI's form of the two above, or Google's of what media look like.",
    )
    response_modalities: list[str] | None = Field(
        default=None,
        description="What the answer is made of: `TEXT`, `IMAGE`, `AUDIO`.",
    )
    media_resolution: str | None = Field(
        default=None,
        description="With how many tokens media are seen: `MEDIA_RESOLUTION_LOW`, `..._MEDIUM`, `..._HIGH`.",
    )
    speech_config: Json | str | None = Field(
        default=None,
        description="Voice and language of speech; a str is the name of a voice.",
    )
    image_config: Json | None = Field(default=None, description="Aspect ratio and size of pictures.")
    audio_timestamp: bool | None = Field(default=None, description="Times in sound are understood (Vertex AI).")
    audio_transcription_config: Json | None = Field(default=None, description="How sound is transcribed.")
    translation_config: Json | None = Field(default=None, description="How speech is translated.")
    enable_enhanced_civic_answers: bool | None = Field(
        default=None,
        description="As the wire has it (Gemini API).",
    )
    enable_affective_dialog: bool | None = Field(default=None, description="Whether moods are heard, and answered to.")
    routing_config: Json | None = Field(
        default=None,
        description="Which model answers, by quality or cost (Vertex AI).",
    )
    model_selection_config: Json | None = Field(
        default=None,
        description="Which model answers, by preference (Vertex AI).",
    )
    system_instruction: Any = Field(
        default=None,
        description="Stands before what the conversation's system messages say.",
    )
    tools: list[Any] | None = Field(default=None, description="What every call may use, as for `bind_tools`.")
    tool_config: Json | None = Field(
        default=None,
        description="How tools are called, as the wire has it; `tool_choice` says it for most.",
    )
    cached_content: InstanceOf[Cache] | str | None = Field(
        default=None,
        description=(
            "A cache's name; what it holds is left out of requests. What `create_cache` gives is checked against them."
        ),
    )
    labels: dict[str, str] | None = Field(default=None, description="For bills (Vertex AI).")
    service_tier: str | None = Field(default=None, description="`standard`, `flex` or `priority`, on both backends.")
    store: bool | None = Field(default=None, description="Whether the service may keep the request (Gemini API).")
    model_armor_config: Json | None = Field(
        default=None,
        description="Templates that prompts and answers are checked by (Vertex AI).",
    )
    generation_output_config: Json | None = Field(default=None, description="Where output goes (Vertex AI).")
    continuation_token: str | None = Field(default=None, description="What an answer gave to go on with it.")


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

TIMES = ("connect", "read", "write", "pool")
"""Of an `httpx.Timeout`."""
OPTIONS = ("timeout", "max_retries", "retry", "headers", "extra_body")
"""How a request is sent, for the model or for one call."""
POLICIES: dict[str, tuple[str, ...]] = {"history": get_args(History), "on_bad_reply": get_args(OnBadReply)}
LANGCHAIN = ("tool_choice", "rename_tools", "stream")
"""What LangChain passes with a call and no field holds; `stream` has done its work in the core by then."""
SAMPLING = ("temperature", "top_p", "top_k")
FORMS = ("response_mime_type", "response_schema", "response_json_schema", "response_format")
"""What a reply's text is held to; the last three exclude each other."""
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
    "stream_usage": "leave it out, for what was used comes with every stream",  # LangChain's, of OpenAI's models
}


OF_A_MODEL = (*CONNECTION, "google_api_key", "client")
"""What only a constructor takes, under each of its names."""
LANGCHAIN_OF_A_MODEL = ("cache", "disable_streaming", "output_version", "profile", "rate_limiter", "verbose")
OF_A_CONFIG = (
    "callbacks",
    "configurable",
    "max_concurrency",
    "metadata",
    "recursion_limit",
    "run_id",
    "run_name",
    "tags",
)
"""What LangChain takes with a call, beside the arguments of models."""


def by_our_names(given: Mapping[str, Any], known: Mapping[str, str], taker: str) -> Json:
    """Arguments under the names used here; None under one spelling leaves the other's value.

    Raises:
        TypeError: There is no such argument, or one was given twice under two names.
    """
    named: Json = {}
    for spelled, value in given.items():
        name = known.get(spelled)
        if name is None:
            raise TypeError(f"{taker} takes no {spelled!r}{_instead(spelled, known)}")
        if value is None and name in named:
            continue
        if named.get(name) is not None:
            raise TypeError(f"{taker} was given {name!r} twice, once as {spelled!r}; pass it once.")
        named[name] = without_sdk(value)
    return named


def _instead(spelled: str, known: Mapping[str, str]) -> str:
    """What does what was meant, or a name that is nearly the same, or of the same words; any other would mislead."""
    if spelled in MOVED:
        return f"; {MOVED[spelled]}."
    if spelled in OF_A_MODEL:
        return "; pass it to the model, whose calls all go one way."
    if spelled in LANGCHAIN_OF_A_MODEL:
        return "; pass it to the model."
    if spelled in OF_A_CONFIG:
        return f"; pass config={{{spelled!r}: ...}} to a call."
    names = [name for name in known if name.islower()]
    words = {*to_snake(spelled).split("_")}
    near = difflib.get_close_matches(spelled.lower(), names, n=1, cutoff=0.75)
    near += [name for name in names if spelled.lower() in name.split("_")]
    near += sorted((name for name in names if name != "n" and words.issuperset(name.split("_"))), key=len)[-1:]
    return f". Did you mean {near[0]!r}?" if near else "."


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
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, Mapping):
        if unknown := [name for name in value if name not in TIMES]:
            raise ValueError(f"timeout has no {unknown[0]!r}; its times are: {', '.join(TIMES)}.")
        return value
    times = {name: getattr(value, name, None) for name in TIMES}
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
