"""A model with arguments bound to it, which can be asked what it would send.

Knows LangChain's bindings; everything else is the model's.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import _ChatModelBinding
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig

from ._settings import FORMS, SPELLINGS
from .genai.types import AsyncStream, Stream
from .genai.types.preview import Preview

OF_TRACES = "ls_structured_output_format"
"""An argument that LangChain takes out before a call."""
OF_TOOLS = ("tools", "tool_choice")


class BoundModel(_ChatModelBinding):  # type: ignore[no-redef]  # pydantic's plugin trips over a field named kwargs
    """What `bind`, `bind_tools` and, before its parser, `with_structured_output` give."""

    def preview(self, messages: LanguageModelInput, *, stream: bool = False, **kwargs: Any) -> Preview:
        """Show the request that a call with these arguments would send; see `ChatGenAI.preview`."""
        bound: Any = self.bound
        shown: Preview = bound.preview(messages, stream=stream, **of_a_call({**self.kwargs, **kwargs}))
        return shown

    def stream(
        self,
        input: LanguageModelInput,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Stream[AIMessageChunk]:
        """Give the answer in chunks; see `ChatGenAI.stream`."""
        bound: Any = self.bound
        chunks: Stream[AIMessageChunk] = bound.stream(input, self._merge_configs(config), **{**self.kwargs, **kwargs})
        return chunks

    def astream(
        self,
        input: LanguageModelInput,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncStream[AIMessageChunk]:
        """Give the answer in chunks; see `ChatGenAI.astream`."""
        bound: Any = self.bound
        chunks: AsyncStream[AIMessageChunk] = bound.astream(
            input, self._merge_configs(config), **{**self.kwargs, **kwargs}
        )
        return chunks

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> "BoundModel":
        """The model with these tools and what was bound before, but for other tools; see `ChatGenAI.bind_tools`."""
        bound: Any = self.bound
        made: BoundModel = bound.bind_tools(tools, **{**self._kept(OF_TOOLS), **kwargs})
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
        made: Runnable[LanguageModelInput, Any] = bound.with_structured_output(schema, **{**kept, **kwargs})
        if self.config or self.config_factories:
            return RunnableBinding(bound=made, config=self.config, config_factories=self.config_factories)
        return made

    def _kept(self, replaced: Collection[str]) -> dict[str, Any]:
        given = of_a_call(self.kwargs)
        return {name: value for name, value in given.items() if SPELLINGS.get(name) not in replaced}


def of_a_call(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Bound arguments as they reach a call: LangChain takes out its own note for tracing."""
    return {name: value for name, value in arguments.items() if name != OF_TRACES}
