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
_BEFORE = {
    "ChatGenAI": ("langchain_core.tracers.schemas", "langchain_core.language_models.chat_models"),
    "GenAIChatMessageHistory": ("langchain_core.tracers.schemas",),
    "genai": (f"{__name__}.genai.chats", f"{__name__}.genai.types.response"),
}
"""What is loaded before a name's own module.

Of LangChain only what that module loads too, but from here, not from the end of a chain of imports. CPython 3.11 maps
a new piece of a thread's frame stack at each call that goes past one of 16 KiB, and unmaps it when the call returns. In
a program that imports this package at its top, LangChain's classes would be built just where the first piece ends, and
calls go past its end 5,500 times in place of 80, which is a tenth of the import's time.

Of `genai` what the first call needs of everyone who takes this name, so that it is not waited for then.
"""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for before in _BEFORE.get(name, ()):
        import_module(before)
    home = import_module(f"{__name__}.{_HOMES[name]}")
    value = home if _HOMES[name] == name else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
