"""Google's Gemini in LangChain, straight over httpx and pydantic.

What it exports is loaded on first use, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from . import errors, genai
    from ._registration import register_with_langchain
    from .chat_history import GenAIChatMessageHistory
    from .chat_models import ChatGenAI

__all__ = ["ChatGenAI", "GenAIChatMessageHistory", "__version__", "errors", "genai", "register_with_langchain"]

_HOMES = {
    "ChatGenAI": "chat_models",
    "GenAIChatMessageHistory": "chat_history",
    "errors": "errors",
    "genai": "genai",
    "register_with_langchain": "_registration",
}
_BESIDES = {"genai": ("genai.chats", "genai.types.response")}
"""What the first call of everyone needs who takes this name, and ChatGenAI does not: loaded before it is waited for."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for besides in _BESIDES.get(name, ()):
        import_module(f"{__name__}.{besides}")
    home = import_module(f"{__name__}.{_HOMES[name]}")
    value = home if _HOMES[name] == name else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
