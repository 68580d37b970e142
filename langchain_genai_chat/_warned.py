"""Warnings that name a line of the user's, and what was warned of before.

Knows whose frames stand between that line and this package; what there is to warn of, others know.
"""

import sys
import warnings
from collections.abc import Hashable

BETWEEN = {"langchain_genai_chat", "langchain_core", "langchain", "langgraph", "asyncio", "concurrent", "threading"}
MOST_KNOWN = 1024
_KNOWN: dict[int, object] = {}
"""Hashes of what was warned of, each with who asked first."""


def warn(text: str) -> None:
    """Warn at the nearest line that is neither of this package nor of what calls it for the user.

    A call that LangChain makes in a task of its own is seen from where its event loop was started.
    """
    level, frame = 2, sys._getframe(1)  # noqa: SLF001 - as `warnings` itself looks for it
    while frame.f_globals.get("__name__", "").partition(".")[0] in BETWEEN and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, stacklevel=level)


def is_news(*said: Hashable) -> bool:
    """Whether this is asked of something for the first time, so that it is warned of once, in whichever thread.

    Python's own memory does not serve, since LangChain clears it at each call. This one is emptied when it is full.
    """
    if len(_KNOWN) >= MOST_KNOWN:
        _KNOWN.clear()
    asker = object()
    return _KNOWN.setdefault(hash(said), asker) is asker
