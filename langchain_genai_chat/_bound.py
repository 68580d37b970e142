"""A model with arguments bound to it, which can be asked what it would send.

Knows LangChain's bindings; everything else is the model's.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Self, TypeVar

from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import _ChatModelBinding
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig

from ._config import still_bound
from ._settings import FORMS, SPELLINGS
from .genai.types import AsyncStream, Stream
from .genai.types.preview import Preview

OF_TRACES = "ls_structured_output_format"
"""An argument that LangChain takes out before a call."""
OF_TOOLS = ("tools", "tool_choice")

B = TypeVar("B", bound="BoundModel")
CALLED = (
    "bind",
    "invoke",
    "ainvoke",
    "batch",
    "abatch",
    "batch_as_completed",
    "abatch_as_completed",
    "stream_events",
    "astream_events",
    "transform",
    "atransform",
)
"""Methods of LangChain's bindings that lay what they are given over what is bound, as it is spelled."""


def _called_under_any_name(cls: type[B]) -> type[B]:
    """A class in whose `CALLED` methods an argument counts more than a bound one, under whatever names they are."""
    for name in CALLED:
        setattr(cls, name, _under_a_call(getattr(_ChatModelBinding, name)))
    return cls


def _under_a_call(theirs: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(theirs)
    def ours(self: "BoundModel", *args: Any, **kwargs: Any) -> Any:
        return theirs(self._under(kwargs), *args, **kwargs)

    @wraps(theirs)
    async def awaited(self: "BoundModel", *args: Any, **kwargs: Any) -> Any:
        return await theirs(self._under(kwargs), *args, **kwargs)

    return awaited if iscoroutinefunction(theirs) else ours  # LangChain looks at which it is


@_called_under_any_name
class BoundModel(_ChatModelBinding):  # type: ignore[no-redef]  # pydantic's plugin trips over a field named kwargs
    """What `bind`, `bind_tools` and, before its parser, `with_structured_output` give."""

    def preview(self, messages: LanguageModelInput, *, stream: bool = False, **kwargs: Any) -> Preview:
        """Show the request that a call with these arguments would send; see `ChatGenAI.preview`."""
        bound: Any = self.bound
        shown: Preview = bound.preview(messages, stream=stream, **of_a_call(self._laid(kwargs)))
        return shown

    def stream(
        self,
        input: LanguageModelInput,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Stream[AIMessageChunk]:
        """Give the answer in chunks; see `ChatGenAI.stream`."""
        bound: Any = self.bound
        chunks: Stream[AIMessageChunk] = bound.stream(input, self._merge_configs(config), **self._laid(kwargs))
        return chunks

    def astream(
        self,
        input: LanguageModelInput,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncStream[AIMessageChunk]:
        """Give the answer in chunks; see `ChatGenAI.astream`."""
        bound: Any = self.bound
        chunks: AsyncStream[AIMessageChunk] = bound.astream(input, self._merge_configs(config), **self._laid(kwargs))
        return chunks

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> "BoundModel":
        """The model with these tools and what was bound before, but for other tools; see `ChatGenAI.bind_tools`."""
        bound: Any = self.bound
        made: BoundModel = bound.bind_tools(tools, **{**still_bound(self._kept(OF_TOOLS), kwargs), **kwargs})
        return type(self)(**{**dict(self), "kwargs": made.kwargs})

    def with_structured_output(
        self, schema: dict[str, Any] | type | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, Any]:
        """The model with replies of a schema and what was bound before; see `ChatGenAI.with_structured_output`.

        Another schema that was bound before gives way to this one. Tools that were are left out, as LangChain's other
        models leave them: pass `tools` here.
        """
        bound: Any = self.bound
        kept = self._kept((*OF_TOOLS, *FORMS))
        made: Runnable[LanguageModelInput, Any] = bound.with_structured_output(
            schema, **{**still_bound(kept, kwargs), **kwargs}
        )
        if self.config or self.config_factories:
            return RunnableBinding(bound=made, config=self.config, config_factories=self.config_factories)
        return made

    def _under(self, call: Mapping[str, Any]) -> Self:
        """This, without what a call says in the place of bound arguments."""
        return type(self)(**{**dict(self), "kwargs": still_bound(self.kwargs, call)}) if call else self

    def _laid(self, call: Mapping[str, Any]) -> dict[str, Any]:
        return {**still_bound(self.kwargs, call), **call}

    def _kept(self, replaced: Collection[str]) -> dict[str, Any]:
        given = of_a_call(self.kwargs)
        return {name: value for name, value in given.items() if SPELLINGS.get(name) not in replaced}


def of_a_call(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Bound arguments as they reach a call: LangChain takes out its own note for tracing."""
    return {name: value for name, value in arguments.items() if name != OF_TRACES}
