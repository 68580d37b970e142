"""A model as an object: its fields, the client that it makes, and what of it is copied, pickled and dumped.

Knows when what was derived from the fields is no longer true; knows nothing of what is asked or answered.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from inspect import Signature
from types import TracebackType
from typing import Any, Self, TypeVar

from langchain_core.language_models import BaseChatModel, ModelProfile
from langchain_core.load import dumpd
from langchain_core.rate_limiters import InMemoryRateLimiter
from pydantic import Field, SecretStr, field_validator, model_validator

from ._config import Json, Layer, http_options
from ._profiles import profile_of
from ._schemas import schema_of
from ._settings import (
    CONNECTION,
    GENERATION,
    OPTIONS,
    POLICIES,
    SPELLINGS,
    ConnectionFields,
    GenerationFields,
    History,
    OnBadReply,
    by_our_names,
    plain,
    plain_safety,
    plain_timeout,
)
from ._tool_forms import bound_forms
from ._version import __version__
from .errors import translating
from .genai import Client, types
from .genai.client import LateKeyClient
from .genai.types.options import plain_address

OF_THE_CLIENT = ("timeout", "max_retries", "retry", "headers")
"""Options that a client made here has of its own; `extra_body` belongs to one method's body and goes with each."""
DERIVED = ("_dumped", "_layer", "_plain_call", "_identity", "_seen")
"""What is computed from the fields once, and again after one of them was set, or changed in place."""

RATE = ("requests_per_second", "check_every_n_seconds", "max_bucket_size")
"""The settings of LangChain's rate limiter, which has a lock and so cannot be pickled itself."""

M = TypeVar("M", bound="HeldModel")


class _Signature:
    """What a class's constructor takes: pydantic says it of a class that is built, so ask for that by building it.

    There is none of an object, nor of a class one of whose fields has a type that is not there yet.
    """

    def __get__(self, instance: object, owner: "type[HeldModel]") -> Signature:
        if instance is None:
            owner.model_rebuild(raise_errors=False)
            if owner.__pydantic_complete__:
                return owner.__signature__
        raise AttributeError("__signature__")


class HeldModel(BaseChatModel, ConnectionFields, GenerationFields, defer_build=True, hide_input_in_errors=True):
    """What `ChatGenAI` is while nobody calls it.

    Its errors leave out what pydantic would show of the arguments, for keys, headers and addresses are among them.
    """

    model: str = Field(description="A bare name, `models/...`, `tunedModels/...`, or a resource name of Vertex AI.")
    headers: dict[str, str] | None = Field(
        default=None,
        exclude=True,
        repr=False,
        description=(
            "Sent with every request; a call's are merged over them. Kept out of traces, since they may authenticate."
        ),
    )
    timeout: float | dict[str, float | None] | None = Field(
        default=None,
        description=(
            "Seconds: for a call with its retries, for the longest silence of a stream; or an `httpx.Timeout`. "
            "None is the default of `RetryPolicy`: 600 s, and 120 s of silence."
        ),
    )
    max_retries: int | None = Field(
        default=None,
        description="Requests after the first; None is what `retry` says, 2 by default.",
    )
    retry: types.RetryPolicy | None = Field(
        default=None,
        description="How often, how long and for which statuses is tried again; the two above count more.",
    )
    extra_body: Json | None = Field(default=None, description="Merged into the body of each request as it is.")
    genai_client: Client | None = Field(
        default=None,
        exclude=True,
        repr=False,
        description="The argument `client`: one that is used instead of making one, and is not closed.",
    )
    streaming: bool | None = Field(
        default=None,
        description="True: `invoke` streams too. False: nothing does, `stream` gives one chunk.",
    )
    history: History = Field(
        default="strict",
        description=(
            '`"strict"`: what Google would refuse raises before the request. `"repair"`: it is mended, with a warning.'
        ),
    )
    on_bad_reply: OnBadReply = Field(
        default="return",
        description=(
            '`"return"`: a blocked, empty or malformed answer comes back, with `block_reason`, `finish_reason` or '
            '`is_empty` in its `response_metadata`. `"raise"`: as `BadReplyError`. `"retry"`: it is asked for again.'
        ),
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        if not cls.__pydantic_complete__:
            type.__setattr__(cls, "__signature__", _Signature())

    @model_validator(mode="before")
    @classmethod
    def _read_arguments(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        named = by_our_names(given, _arguments_of(cls), cls.__name__)
        return {name: _as_held(name, value) for name, value in named.items()}

    @field_validator("model")
    @classmethod
    def _check_model(cls, name: str) -> str:
        if not name.strip():
            raise ValueError("model is empty; pass a name.")
        if ":" in name:
            raise ValueError(f"model {name!r} has a colon, which no name has; pass {name.rpartition(':')[2]!r}.")
        return name

    @field_validator("genai_client", mode="before")
    @classmethod
    def _check_client(cls, client: Any) -> Any:
        if client is None or isinstance(client, Client):
            return client
        kind = type(client)
        raise ValueError(f"client is a {kind.__module__}.{kind.__name__}; pass a langchain_genai_chat.genai.Client.")

    @model_validator(mode="after")
    def _check_genai_settings(self) -> Self:
        self._add_version("langchain-genai-chat", __version__)
        if self.genai_client is not None and (given := self._given(CONNECTION)):
            raise ValueError(f"client has its own {', '.join(given)}; pass either.")
        own = self.http_client is not None or self.http_async_client is not None
        if own and (given := self._given(("proxy", "verify"))):
            raise ValueError(f"http_client has its own {', '.join(given)}; pass either.")
        self._layer.check()
        return self

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """What the user set, without LangChain's versions and a known profile."""
        yield "model", self.model
        for name, value in super().__repr_args__():
            shown = value
            if name == "metadata":
                shown = {key: each for key, each in value.items() if key != "lc_versions"}
            known = name == "model" or (name == "profile" and value == profile_of(self.model))
            if not known and shown != {}:
                yield name, shown

    @property
    def client(self) -> Client:
        """The client of this package's `genai` that requests go through; made on first use."""
        if self.genai_client is not None:
            return self.genai_client
        made: Client | None = self.__dict__.get("_made_client")
        return made if made is not None else self.__dict__.setdefault("_made_client", self._make_client())

    def _resolve_model_profile(self) -> ModelProfile:
        return profile_of(self.model)

    @property
    def _llm_type(self) -> str:
        return "genai-chat"

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        self._look_again()
        return self._identity

    def close(self) -> None:
        """Close the connections of synchronous calls; a client that was passed in stays open."""
        if self.genai_client is None:
            self.client.close()

    async def aclose(self) -> None:
        """Close the connections of all calls; a client that was passed in stays open."""
        if self.genai_client is None:
            self.client.close()
            await self.client.aio.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Whether `dumps` gives what `load` makes a model of: yes, with the key as the name of a secret."""
        return True

    @property
    def lc_secrets(self) -> dict[str, str]:
        """The field that is dumped as the name of a secret."""
        return {"api_key": "GOOGLE_API_KEY"}

    @property
    def lc_attributes(self) -> dict[str, Any]:
        """Fields as JSON that are not JSON themselves; LangChain's cache tells models apart by them too."""
        told: dict[str, Any] = {}
        if self.retry is not None:
            told["retry"] = self.retry.model_dump(exclude_unset=True)
            if "statuses" in told["retry"]:
                told["retry"]["statuses"] = sorted(self.retry.statuses)
        if self.tools is not None:
            told["tools"] = [form for tool in self.tools for form in bound_forms(tool, rename=True)]
        for name in ("response_schema", "response_json_schema", "response_format"):
            schema = getattr(self, name)
            if schema is not None and not isinstance(schema, dict):
                told[name] = schema_of(schema)
        if self.genai_client is not None:
            told |= {"base_url": self.genai_client.base_url, "vertexai": self.genai_client.vertexai}
        return told

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "model" and self.profile == profile_of(self.model):  # not the user's own, which stays
            super().__setattr__("profile", profile_of(value))
        super().__setattr__(name, _as_held(name, value))
        self._forget_derived(name)

    def __copy__(self) -> Self:
        copied = super().__copy__()
        _forget(copied.__dict__, (*DERIVED, "_made_client"))
        return copied

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        memo = {} if memo is None else memo
        for name in ("http_client", "http_async_client", "genai_client", "credentials", "verify", "rate_limiter"):
            given = getattr(self, name)
            memo[id(given)] = given  # the caller's, with connections and locks: shared
        return super(HeldModel, copy.copy(self)).__deepcopy__(memo)

    def __getstate__(self) -> dict[Any, Any]:
        state = super().__getstate__()
        state["__dict__"] = {**state["__dict__"]}
        _forget(state["__dict__"], (*DERIVED, "_made_client"))
        if type(self.rate_limiter) is InMemoryRateLimiter:
            state["__dict__"]["rate_limiter"] = {name: getattr(self.rate_limiter, name) for name in RATE}
        return state

    def __setstate__(self, state: dict[Any, Any]) -> None:
        rate = state["__dict__"].get("rate_limiter")
        if isinstance(rate, dict):  # each process keeps to the rate by itself
            state = {**state, "__dict__": {**state["__dict__"], "rate_limiter": InMemoryRateLimiter(**rate)}}
        super().__setstate__(state)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy with fields changed, under any of their names; the copy makes a client of its own."""
        copied = super().model_copy(deep=deep)
        for name, value in by_our_names(update or {}, _arguments_of(type(self)), type(self).__name__).items():
            setattr(copied, name, value)
        return copied

    @property
    def _serialized(self) -> dict[str, Any]:
        self._look_again()  # LangChain's own is computed once for all time
        return self._dumped

    @cached_property
    def _dumped(self) -> dict[str, Any]:
        self._seen  # noqa: B018 - from now on
        dumped: dict[str, Any] = dumpd(self)
        return dumped

    @cached_property
    def _seen(self) -> dict[str, Any]:
        """Lists and dicts among the fields as they were when something was derived from them."""
        names = (*CONNECTION, *GENERATION, *OPTIONS)
        held = {name: value for name in names if isinstance(value := getattr(self, name), (list, dict))}
        # Tools may be objects, with connections, which are not copied.
        objects = {id(tool): tool for tool in self.tools or () if not isinstance(tool, dict)}
        return {name: copy.deepcopy(value, dict(objects)) for name, value in held.items()}

    def _look_again(self) -> None:
        """Forget what was derived if a list or a dict was changed in place since then."""
        seen = self.__dict__.get("_seen")
        changed = [name for name, value in seen.items() if getattr(self, name) != value] if seen else ()
        for name in changed:
            self._forget_derived(name)

    def _forget_derived(self, name: str) -> None:
        """Forget what followed from a field, LangChain's cache key among it."""
        _forget(self.__dict__, DERIVED if name not in CONNECTION + OF_THE_CLIENT else (*DERIVED, "_made_client"))

    @cached_property
    def _layer(self) -> Layer:
        self._seen  # noqa: B018 - from now on
        return Layer.of({name: getattr(self, name) for name in (*GENERATION, *OPTIONS, *POLICIES, "model")})

    @cached_property
    def _identity(self) -> Mapping[str, Any]:
        self._seen  # noqa: B018 - from now on
        return {"model": self.model} | {name: getattr(self, name) for name in self._given(GENERATION)}

    def _given(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if getattr(self, name) is not None]

    def _make_client(self) -> Client:
        arguments = {name: getattr(self, name) for name in self._given(("proxy", "verify"))} or None
        own: Json = {"base_url": self.base_url, "api_version": self.api_version}
        own |= {"client_args": arguments, "async_client_args": arguments}
        options = http_options({name: getattr(self, name) for name in self._given(OF_THE_CLIENT)})
        # The fields are validated; to have pydantic build the class for them is 1 ms of the first call.
        options = types.HttpOptions.model_construct(**own) if options is None else options.model_copy(update=own)
        with translating():
            return LateKeyClient(
                vertexai=self.vertexai,
                api_key=self.api_key.get_secret_value() if self.api_key else None,
                credentials=self.credentials,
                project=self.project,
                location=self.location,
                http_options=options,
                http_client=self.http_client,
                http_async_client=self.http_async_client,
            )


def describing_settings(cls: type[M]) -> type[M]:
    """A class whose docstring lists its settings, with what each field says of itself: `help` shows no fields."""
    own = [name for name in cls.model_fields if name not in {*BaseChatModel.model_fields, *GENERATION, *CONNECTION}]
    names = (*own, *GENERATION, *CONNECTION)
    told = "".join(f"\n        {name}: {cls.model_fields[name].description}" for name in names)
    cls.__doc__ = f"{cls.__doc__}\n    Args:{told}\n    "
    return cls


@cache
def _arguments_of(cls: type[HeldModel]) -> Mapping[str, str]:
    """Every name that a class's constructor takes, to its field."""
    own = {name: name for name in cls.model_fields}
    ours = {spelled: name for spelled, name in SPELLINGS.items() if name in own}
    return {**own, **ours, "google_api_key": "api_key", "client": "genai_client"}


def _as_held(name: str, value: Any) -> Any:
    """A value in the form in which its field holds it, whether it is given, set or changed in a copy."""
    match name:
        case "api_key":
            return SecretStr(value) if isinstance(value, str) else value
        case "stop":
            return [value] if isinstance(value, str) else value
        case "safety_settings":
            return None if value is None else plain_safety(value)
        case "timeout":
            return plain_timeout(value)
        case "base_url" if value and isinstance(value, str):
            plain_address(value)
    return plain(value) if name in GENERATION else value


def _forget(values: dict[str, Any], names: Sequence[str]) -> None:
    for name in names:
        values.pop(name, None)
