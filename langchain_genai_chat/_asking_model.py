"""What a model would send: a call's arguments and messages, a count and a cache as requests.

Sends nothing; knows nothing of what is answered.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import LangSmithParams, LanguageModelInput
from langchain_core.language_models._utils import _normalize_messages
from langchain_core.messages import BaseMessage, HumanMessage

from ._caching import HELD, seconds_text
from ._config import CallConfig, Layer, build_call
from ._families import short_name
from ._held_model import OF_THE_CLIENT, HeldModel
from ._messages import encode_apart, encode_messages
from ._settings import SPELLINGS, by_our_names
from ._turns import StreamTurn, Turn
from .errors import InvalidRequestError, translating
from .genai import types
from .genai.types.preview import Preview

if TYPE_CHECKING:
    _Held = HeldModel
else:
    _Held = object  # it has no fields; pydantic would collect those of its base once more, for 1 ms of the import


class AskingModel(_Held):
    """What `ChatGenAI` is before anything is sent; stands before `HeldModel` among its bases."""

    def preview(self, messages: LanguageModelInput, *, stream: bool = False, **kwargs: Any) -> Preview:
        """Show the request that a call with these arguments would send, without sending it; the key is left out.

        Raises:
            InvalidRequestError: It could not be sent.

        Example:
            ```python
            shown = model.preview("Hello", temperature=0)
            print(shown.method, shown.url, shown.body)
            ```
        """
        turn = self._turn(_normalize_messages(self._convert_input(messages).to_messages()), None, kwargs)
        with translating():
            method = "streamGenerateContent" if stream else "generateContent"
            return self.client.models.preview_json(method=method, **turn.sent)

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        said = {SPELLINGS.get(name, name): value for name, value in kwargs.items() if value is not None}
        params = LangSmithParams(
            ls_provider="google_genai",
            ls_model_name=short_name(said.get("model", self.model)),
            ls_model_type="chat",
        )
        if (temperature := said.get("temperature", self.temperature)) is not None:
            params["ls_temperature"] = temperature
        if (max_tokens := said.get("max_tokens", self.max_tokens)) is not None:
            params["ls_max_tokens"] = max_tokens
        if asked := stop or said.get("stop") or self.stop:
            params["ls_stop"] = [asked] if isinstance(asked, str) else asked
        return params

    @cached_property
    def _plain_call(self) -> CallConfig:
        return self._built(self._layer)

    def _call(self, stop: list[str] | None, given: Mapping[str, Any]) -> CallConfig:
        """What a call without arguments shares with all such calls, else what its arguments make of it."""
        self._look_again()
        if stop is None and not given:
            return self._plain_call
        said = given if stop is None else {**given, "stop": stop}
        return self._built(Layer.of(by_our_names(said, SPELLINGS, "A call")).over(self._layer))

    def _built(self, layer: Layer) -> CallConfig:
        return build_call(
            layer,
            fields_of=self.client.models.config_fields,
            vertex=self.client.vertexai,
            output_version=self.output_version,
            sent_by_client=self._sent_by_client(layer),
        )

    def _sent_by_client(self, layer: Layer) -> list[str]:
        """Options that need not go with the request, since the client that was made here has them."""
        if self.genai_client is not None:
            return []
        return [name for name in OF_THE_CLIENT if layer.options.get(name) is self._layer.options.get(name)]

    def _turn(self, messages: list[BaseMessage], stop: list[str] | None, given: Mapping[str, Any]) -> Turn:
        with translating():
            call = self._call(stop, given)
            system, contents = encode_messages(
                messages, family=call.family, vertex=self.client.vertexai, history=call.history
            )
        return Turn(call, call.body(system, contents), len(messages))

    def _stream_turn(self, messages: list[BaseMessage], stop: list[str] | None, given: Mapping[str, Any]) -> StreamTurn:
        turn = self._turn(messages, stop, given)
        return StreamTurn(turn.call, turn.body, turn.place)

    def _cache_of(self, given: LanguageModelInput, *, tools: Sequence[Any] | None, tool_choice: Any) -> Turn:
        """A call as if these messages were sent, of which the cache keeps what it can."""
        messages = _normalize_messages(self._convert_input(given).to_messages())
        spoken = any(message.type != "system" for message in messages)
        kwargs = {"tools": list(tools) if tools else None, "tool_choice": tool_choice}
        with translating():
            call = self._call(None, {name: value for name, value in kwargs.items() if value})._replace(cache=None)
            system, contents = encode_messages(
                messages if spoken else [*messages, HumanMessage("-")],  # a call needs one, a cache does not
                family=call.family,
                vertex=call.vertex,
                history=call.history,
            )
        body = call.body(system, contents)
        return Turn(call, body if spoken else {**body, "contents": []}, len(messages))

    def _count(self, given: list[BaseMessage], tools: Sequence[Any] | None) -> dict[str, Any] | None:
        """The arguments of one countTokens request, which holds the whole request that it counts; None for nothing."""
        messages, vertex = _normalize_messages(given), self.client.vertexai
        with translating():
            call = self._call(None, {"tools": list(tools)} if tools else {})
            try:
                system, contents = encode_messages(messages, family=call.family, vertex=vertex, history="strict")
            except InvalidRequestError:
                system, contents = None, encode_apart(messages, family=call.family, vertex=vertex)
        if not contents:
            return None
        call = call._replace(cache=None, fields={k: v for k, v in call.fields.items() if k != "cachedContent"})
        return Turn(call, call.body(system, contents), len(messages)).counting(vertex=vertex)


def cache_config(
    made: Turn, ttl: float | timedelta | str, display_name: str | None
) -> "types.CreateCachedContentConfig":
    """What of a call is kept, as the client takes it."""
    fields = {name: made.body[name] for name in ("contents", *HELD) if made.body.get(name)}
    fields["contents"] = [types.Content.model_validate(content) for content in made.body["contents"]] or None
    if "systemInstruction" in fields:
        fields["systemInstruction"] = types.Content.model_validate(fields["systemInstruction"])
    own = {"ttl": seconds_text(ttl), "displayName": display_name, "httpOptions": made.call.options}
    return types.CreateCachedContentConfig.model_validate({**fields, **own})
