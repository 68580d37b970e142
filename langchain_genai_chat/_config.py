"""Everything of a request but the conversation: a model's fields with a call's arguments laid over them.

Knows which of two counts, and what the model's family makes of it; knows nothing of messages.
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from ._caching import without_cached
from ._families import Family, family_of
from ._settings import (
    AMOUNTS,
    EFFORTS,
    FORMS,
    GENERATION,
    OPTIONS,
    PLACES,
    POLICIES,
    SAMPLING,
    SPELLINGS,
    TIER_HEADER,
    History,
    OnBadReply,
    plain,
    plain_safety,
    plain_timeout,
)
from ._shapes import Shape
from ._tools import encode_tools
from ._warned import warn
from .genai import types

Json: TypeAlias = dict[str, Any]
FieldsOf: TypeAlias = "Callable[[types.GenerateContentConfig], Json]"
"""The body's fields, all but the contents, as plain JSON; what `client.models.config_fields` is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What a model's fields say, or a call's arguments; None was left out."""

    model: str | None = None
    config: Json = field(default_factory=dict)
    """By names of `GenerateContentConfig`."""
    options: Json = field(default_factory=dict)
    policies: Json = field(default_factory=dict)
    tools: Json = field(default_factory=dict)
    """Tools and how they are called, as they were given."""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Layer":
        """Sort arguments by where they go.

        Raises:
            ValueError: A value cannot be, or two exclude each other.
        """
        said = {name: value for name, value in given.items() if value is not None}
        for name, known in POLICIES.items():
            if name in said and said[name] not in known:
                raise ValueError(f"{name} {said[name]!r} is none of {', '.join(map(repr, known))}.")
        return cls(
            model=said.get("model"),
            config=_config(said),
            options=_options(said),
            policies={name: said[name] for name in POLICIES if name in said},
            tools={name: said[name] for name in TOOLS if name in said},
        )

    def over(self, base: "Layer") -> "Layer":
        """This layer over another: what it says counts, safety settings by category, headers and retries by name."""
        below = base.config
        if self.tools.get("tool_choice") is not None and "tool_config" in below:
            config = {k: v for k, v in below["tool_config"].items() if k not in CALLING}
            below = {**below, "tool_config": config}  # a call's choice counts, not the mode of the layer below
        return Layer(
            model=self.model or base.model,
            config=_laid(self.config, below),
            options=_laid(self.options, base.options),
            policies={**base.policies, **self.policies},
            tools={**base.tools, **self.tools},
        )

    def check(self) -> None:
        """Raise `ValueError` for what no request could carry."""
        if config := _without_effort(self.config, family_of(self.model or "")):  # a plain model waits 13 ms less
            types.GenerateContentConfig.model_validate(config)
        if options := http_options(self.options):
            options.policy(types.RetryPolicy())


class CallConfig(NamedTuple):  # in a quarter of the time that a frozen dataclass takes to be made, at import
    """What one request is made of, beside its conversation."""

    model: str
    family: Family
    vertex: bool
    fields: Json
    """The body but for its contents, as JSON."""
    options: types.HttpOptions | None
    """What is different from the client's own."""
    shape: Shape
    history: History
    on_bad_reply: OnBadReply
    max_retries: int
    renames: bool
    """Names that Google does not take go under others, also those in the history of tools that are not bound."""
    aliases: Mapping[str, str]
    """Names of tools on the wire to their own, where they differ."""
    cache: str | None = None
    """The name of a cache, or a `Cache`: what it holds is left out of the body."""

    @property
    def candidates(self) -> int:
        """How many answers were asked for."""
        return (self.fields.get("generationConfig") or {}).get("candidateCount") or 1

    def body(self, system: Json | None, contents: list[Json]) -> Json:
        """The request's body; the conversation's system messages follow what the config says."""
        body = {"contents": contents, **self.fields}
        if system is not None:
            before = self.fields.get("systemInstruction")
            body["systemInstruction"] = (
                system if before is None else {**before, "parts": [*before["parts"], *system["parts"]]}
            )
        return body if self.cache is None else without_cached(body, self.cache, self.model)


def build_call(
    layer: Layer, *, fields_of: FieldsOf, vertex: bool, output_version: str | None, sent_by_client: Collection[str]
) -> CallConfig:
    """Everything that a request needs but its conversation.

    Args:
        layer: A call's arguments over a model's fields.
        fields_of: Lays a config out as the wire has it; raises `ValueError` for what the backend has not.
        vertex: The backend.
        output_version: `"v1"` asks for content in blocks.
        sent_by_client: Options that the client has already.
    """
    model = layer.model or ""
    family = family_of(model)
    config = _without_effort(layer.config, family)
    headers: dict[str, str] = {}
    if vertex and "service_tier" in config:
        headers[TIER_HEADER] = types.ServiceTier(config.pop("service_tier")).value
    if family.fixed_sampling:
        _drop_sampling(config, model)
    fields = fields_of(types.GenerateContentConfig.model_validate(config)) if config else {}
    tools = encode_tools(
        layer.tools.get("tools") or (),
        layer.tools.get("tool_choice"),
        mixes_server_tools=family.mixes_server_tools,
        vertex=vertex,
        rename=bool(layer.tools.get("rename_tools")),
    )
    answers_json = (fields.get("generationConfig") or {}).get("responseMimeType") == "application/json"
    if answers_json and not family.tools_with_schema and _declares(tools.fields):
        raise ValueError(
            f"{model} takes no functions together with a schema or JSON; method='function_calling' takes both."
        )
    if tools.fields.get("tools") and not family.takes_tools:
        raise ValueError(f"{model} takes no tools; extra_body would send them.")
    fields = {**fields, **tools.fields, **_tool_config(tools.fields, fields)}
    options = {name: value for name, value in layer.options.items() if name not in sent_by_client}
    if headers:
        options["headers"] = {**(options.get("headers") or {}), **headers}
    asked = (fields, layer.options.get("extra_body") or {})
    blocks = output_version == "v1" or family.answers_with_media or any(map(_yields_blocks, asked))
    return CallConfig(
        model=model,
        family=family,
        vertex=vertex,
        fields=fields,
        options=http_options(options),
        shape="blocks" if blocks else "text",
        history=layer.policies.get("history", "strict"),
        on_bad_reply=layer.policies.get("on_bad_reply", "return"),
        max_retries=_max_retries(layer.options),
        renames=bool(layer.tools.get("rename_tools")),
        aliases=tools.aliases,
        cache=config.get("cached_content"),
    )


def still_bound(bound: Mapping[str, Any], call: Mapping[str, Any]) -> Json:
    """What is left of bound arguments under a call's, which count under whatever name, as in `Layer.over`.

    A call's argument takes the whole place of a bound one, as in all of LangChain's bindings: nothing is merged.
    """
    said = {_our_name(name): value for name, value in call.items() if value is not None}
    gone = {*said, *_names_in(said.get("thinking_config"))}
    if gone & {*AMOUNTS}:
        gone |= {*AMOUNTS}
    if _takes_form(said):
        gone |= {*FORMS}
    inside = {"thinking_config": gone, "tool_config": CALLING if "tool_choice" in said else ()}
    kept = {name: value for name, value in bound.items() if _our_name(name) not in gone}
    if "response_mime_type" in said:
        kept = {name: value for name, value in kept.items() if value not in _OF_A_MIME_TYPE}
    for name, value in kept.items():
        lost = inside.get(_our_name(name), ())
        if any(each in lost for each in _names_in(value)):
            kept[name] = {key: each for key, each in plain(value).items() if _our_name(key) not in lost}
    return kept


_OF_A_MIME_TYPE = ({"type": "text"}, {"type": "json_object"})
"""The forms of OpenAI's `response_format` that say no more than a MIME type."""


def _our_name(spelled: str) -> str:
    return SPELLINGS.get(spelled, spelled)


def _names_in(value: Any) -> list[str]:
    value = plain(value)
    return [_our_name(name) for name in value] if isinstance(value, Mapping) else []


def _takes_form(said: Json) -> bool:
    """Whether one form of text takes the place of any other, for they exclude each other."""
    return bool(said.keys() & {*FORMS[1:]}) or said.get("response_mime_type") == "text/plain"


def http_options(given: Json) -> types.HttpOptions | None:
    """LangChain's options as the client's.

    Raises:
        ValueError: A time or a number that cannot be.
    """
    if not given:
        return None
    options = _options(given)
    if "retry" in options:
        options["retry_options"] = options.pop("retry")
    return types.HttpOptions(**options)


def _options(said: Json) -> Json:
    """Options without the three ways to say how long and how often, of which a policy of what they set is made.

    The narrower one counts: `timeout` over `retry`, `max_retries` over both.
    """
    options = {name: said[name] for name in OPTIONS if name in said and name not in _OF_POLICY}
    retry = types.RetryPolicy.model_validate(said["retry"]) if said.get("retry") is not None else types.RetryPolicy()
    given = {name: getattr(retry, name) for name in retry.model_fields_set}
    timeout = plain_timeout(said.get("timeout"))
    if isinstance(timeout, Mapping):
        read_s = timeout.get("read")  # times are finite: what is None there stays what it was
        times = {"connect_s": timeout.get("connect"), "silence_s": read_s, "deadline_s": read_s}
        given |= {name: seconds for name, seconds in times.items() if seconds is not None}
    elif timeout is not None:
        if not 0 < timeout < math.inf:
            raise ValueError(f"timeout must be more than 0 seconds, got {timeout!r}; None is the default.")
        given |= {"silence_s": timeout, "deadline_s": timeout}
        if timeout < retry.connect_s:
            given["connect_s"] = timeout
    if (retries := said.get("max_retries")) is not None:
        if retries < 0:
            raise ValueError(f"max_retries must be 0 or more, got {retries!r}.")
        given["max_retries"] = retries
    return {**options, "retry": types.RetryPolicy(**given)} if given else options


def _config(said: Json) -> Json:
    """Arguments that shape the reply, by names of `GenerateContentConfig`."""
    config = {_PLACE[name]: value for name, value in said.items() if name in _PLACE}
    if thinking := _thinking(said):
        config["thinking_config"] = thinking
    if "safety_settings" in config:
        config["safety_settings"] = plain_safety(config["safety_settings"])
    if isinstance(config.get("stop_sequences"), str):
        config["stop_sequences"] = [config["stop_sequences"]]
    if isinstance(config.get("response_format"), Mapping) and "type" in config["response_format"]:
        config |= _openai_format(config.pop("response_format"))
    return config


_OF_POLICY = ("timeout", "max_retries", "retry")
CALLING = ("function_calling_config", "functionCallingConfig")
TOOLS = ("tools", "tool_choice", "rename_tools")
_INSIDE = frozenset(name for name, place in PLACES.items() if len(place) > 1) | {"thinking_config"}
_PLACE = {name: PLACES.get(name, (name,))[0] for name in GENERATION if name not in _INSIDE and name != "tools"}


def _thinking(said: Json) -> Json:
    thinking: Json = {}
    if (given := said.get("thinking_config", {})) != {}:
        thinking = types.ThinkingConfig.model_validate(given).model_dump(mode="json", exclude_none=True)
    thinking |= {PLACES[name][1]: said[name] for name in PLACES if name in said and name in _INSIDE}
    amounts = [name for name in AMOUNTS if name in thinking]
    if len(amounts) > 1:
        raise ValueError(f"{' and '.join(amounts)} exclude each other; pass one of them.")
    return thinking


def _openai_format(asked: Mapping[str, Any]) -> Json:
    """LangChain's `response_format`, which is OpenAI's, as the fields that say it here."""
    match asked:
        case {"type": "json_schema", "json_schema": {"schema": schema}}:
            return {"response_mime_type": "application/json", "response_json_schema": schema}
        case {"type": "json_object"}:
            return {"response_mime_type": "application/json"}
        case {"type": "text"}:
            return {"response_mime_type": "text/plain"}
    raise ValueError(f"response_format of type {asked['type']!r} has no form here; use 'json_schema', 'json_object'.")


def _merge_thinking(base: Json, call: Json) -> Json:
    kept = {name: value for name, value in base.items() if name not in AMOUNTS or not call.keys() & {*AMOUNTS}}
    return {**kept, **call}


def _merge_safety(base: list[Json], call: list[Json]) -> list[Json]:
    return list({each.get("category"): each for each in (*base, *call)}.values())


def _merge_headers(base: Mapping[str, str], call: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in (*base.items(), *call.items())}


def _merge_retry(base: types.RetryPolicy, call: types.RetryPolicy) -> types.RetryPolicy:
    return call.over(base)


_MERGES: dict[str, Callable[[Any, Any], Any]] = {
    "thinking_config": _merge_thinking,
    "safety_settings": _merge_safety,
    "headers": _merge_headers,
    "retry": _merge_retry,
}


def _laid(call: Json, base: Json) -> Json:
    """A call's values over the model's; where both have one that is made of several, each of these by itself."""
    if _takes_form(call):
        base = {name: value for name, value in base.items() if name not in FORMS}
    both = {name: merge(base[name], call[name]) for name, merge in _MERGES.items() if name in base and name in call}
    return {**base, **call, **both}


def _without_effort(config: Json, family: Family) -> Json:
    """A copy in which `reasoning_effort` is what it means for the family."""
    config = dict(config)
    thinking = config.get("thinking_config")
    if thinking and "reasoning_effort" in thinking:
        efforts = EFFORTS["level" if family.thinking == "level" else "budget"]
        effort = str(thinking["reasoning_effort"]).lower()
        if effort not in efforts:
            raise ValueError(f"reasoning_effort {effort!r} is none that this model has: {', '.join(efforts)}.")
        rest = {name: value for name, value in thinking.items() if name != "reasoning_effort"}
        config["thinking_config"] = {**rest, **dict([efforts[effort]])}
    return config


def _drop_sampling(config: Json, model: str) -> None:
    dropped = [name for name in SAMPLING if config.pop(name, None) is not None]
    if dropped:
        warn(f"{model} samples in its own way; {', '.join(dropped)} is not sent. extra_body would send it.")


def _tool_config(from_tools: Json, from_config: Json) -> Json:
    """What tools say of their calling, with the caller's own `tool_config` over it."""
    said = {**from_tools.get("toolConfig", {}), **from_config.get("toolConfig", {})}
    return {"toolConfig": said} if said else {}


def _yields_blocks(fields: Json) -> bool:
    """Whether a request may be answered with more than text and function calls (design: the shape rule)."""
    generation = fields.get("generationConfig") or {}
    if (generation.get("thinkingConfig") or {}).get("includeThoughts"):
        return True
    if any(str(modality).upper() != "TEXT" for modality in generation.get("responseModalities") or ()):
        return True
    formats = generation.get("responseFormat") or ()
    if any(each.keys() - {"text"} for each in ([formats] if isinstance(formats, Mapping) else formats)):
        return True
    return any(tool.keys() - {"functionDeclarations"} for tool in fields.get("tools") or ())


def _declares(fields: Json) -> bool:
    return any("functionDeclarations" in tool for tool in fields.get("tools") or ())


def _max_retries(options: Json) -> int:
    return (options.get("retry") or types.RetryPolicy()).max_retries
