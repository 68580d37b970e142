"""A model with arguments bound to it, which can be asked what it would send.

Knows LangChain's bindings; everything else is the model's.
"""

from collections.abc import Mapping
from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import _ChatModelBinding

from .genai.types.preview import Preview

OF_TRACES = "ls_structured_output_format"
"""An argument that LangChain takes out before a call."""


class BoundModel(_ChatModelBinding):  # type: ignore[no-redef]  # pydantic's plugin trips over a field named kwargs
    """What `bind`, `bind_tools` and, before its parser, `with_structured_output` give."""

    def preview(self, messages: LanguageModelInput, *, stream: bool = False, **kwargs: Any) -> Preview:
        """Show the request that a call with these arguments would send; see `ChatGenAI.preview`."""
        bound: Any = self.bound
        shown: Preview = bound.preview(messages, stream=stream, **of_a_call({**self.kwargs, **kwargs}))
        return shown


def of_a_call(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Bound arguments as they reach a call: LangChain takes out its own note for tracing."""
    return {name: value for name, value in arguments.items() if name != OF_TRACES}
