"""What came to the emulator, and what a test may tell it to answer.

Knows the shapes of both; knows nothing of what is refused, of counts or of HTTP.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from .asked import words_of
from .refusals import Fault, Json


@dataclass(slots=True, kw_only=True)
class Received:
    """A request that came, and how it went."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any = None
    status: int = 0
    refused: str | None = None  # the rule that was broken, and where Google was seen to refuse the same

    @property
    def prompt(self) -> str:
        """The texts of the last content, empty where there is none."""
        contents = self.body.get("contents") if isinstance(self.body, dict) else None
        return words_of(contents[-1]) if isinstance(contents, list) and contents else ""

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status}{f', refused: {self.refused}' if self.refused else ''}"


@dataclass(init=False, slots=True)
class Call:
    """A function call in a scripted answer, say `Call("get_weather", city="Paris")`."""

    part: Json

    def __init__(self, name: str, /, **args: Any) -> None:
        self.part = {"functionCall": {"name": name, "args": args}}


@dataclass(init=False, slots=True)
class Reply:
    """A scripted answer in short: the emulator adds ids, signatures and counts, and cuts it into a stream's events.

    Args:
        parts: Texts, calls, and any other part as JSON, say `{"inlineData": {...}}`.
        finish_reason: Why it ends: "MAX_TOKENS", "SAFETY" and so on.
    """

    parts: list[Json]
    finish_reason: str

    def __init__(self, *parts: str | Call | Json, finish_reason: str = "STOP") -> None:
        given = ({"text": part} if isinstance(part, str) else part for part in parts)
        self.parts = [part.part if isinstance(part, Call) else part for part in given]
        self.finish_reason = finish_reason


class Cut:
    """Stands where the connection breaks: in a list of events, or for the whole answer."""


Event: TypeAlias = str | Json | float | type[Cut]
Answer: TypeAlias = str | Call | Reply | Json | list[Any] | Fault | type[Cut]
Answerer: TypeAlias = Callable[[Received], Answer | None]


def check_answer(given: object) -> None:
    """Raise TypeError for what cannot be answered."""
    if not (isinstance(given, str | Call | Reply | dict | list | Fault) or callable(given)):
        words = "a text, a Call, a Reply, a dict, a list, a Fault, Cut or a function"
        raise TypeError(f"{given!r} cannot be answered; script {words}.")
