"""A strict local Gemini over real HTTP, for tests, demos and notebooks; it is not Google's model.

Knows Google's published messages and recorded refusals; of the client beside it, nothing. What it exports is loaded
on first use, so that pytest can load the plugin at no cost, and without the extra.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .refusals import Fault
    from .scripted import Call, Cut, Received, Reply
    from .server import Emulator

__all__ = ["Call", "Cut", "Emulator", "Fault", "Received", "Reply"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = {"Emulator": "server", "Fault": "refusals"}.get(name, "scripted")
    try:
        return getattr(import_module(f"{__name__}.{home}"), name)
    except ModuleNotFoundError as missing:
        words = f"{missing.msg}; the emulator is installed with: pip install 'langchain-genai-chat[emulator]'"
        raise ModuleNotFoundError(words, name=missing.name) from missing
