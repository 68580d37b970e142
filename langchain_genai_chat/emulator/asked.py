"""A validated request to a model: what rules and the emulator's model look at.

Knows contents, turns and declarations; knows nothing of what is refused or answered.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any

from .catalogue import Model
from .validate import Backend

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A validated request to a model."""

    body: Json
    model: Model
    backend: Backend = "gemini"

    @property
    def contents(self) -> list[Json]:
        """The conversation."""
        return [*self.body.get("contents", [])]

    @property
    def config(self) -> Json:
        """The generation config, empty where none was sent."""
        return {**self.body.get("generationConfig", {})}

    @property
    def declarations(self) -> dict[str, Json]:
        """Every function declared, by its place."""
        return {
            f"tools[{t}].function_declarations[{i}]": declaration
            for t, tool in enumerate(self.body.get("tools", []))
            for i, declaration in enumerate(tool.get("functionDeclarations", []))
        }

    @property
    def turn_start(self) -> int:
        """Where the current turn begins: after the last content of the user's that is no response."""
        users = [i for i, content in enumerate(self.contents) if kind_of(content) == "user"]
        return users[-1] + 1 if users else 0

    @property
    def results(self) -> list[Json]:
        """The function responses of the current turn."""
        parts = chain.from_iterable(content["parts"] for content in self.contents[self.turn_start :])
        return [part["functionResponse"] for part in parts if "functionResponse" in part]

    @property
    def prompt(self) -> str:
        """What the user said last, function responses apart."""
        return words_of(self.contents[max(0, self.turn_start - 1)])

    def turns(self) -> Iterator[tuple[str, list[Json]]]:
        """Neighbours of one kind joined: calls and responses split over contents were answered (recorded)."""
        for kind, run in groupby(self.contents, kind_of):
            yield kind, [*chain.from_iterable(content.get("parts", []) for content in run)]


def kind_of(content: Json) -> str:
    """Whose content it is: "model", "responses" to its calls, or "user"."""
    if content.get("role") == "model":
        return "model"
    return "responses" if any("functionResponse" in part for part in content.get("parts", [])) else "user"


def words_of(content: Json) -> str:
    """Its texts."""
    return " ".join(part["text"] for part in content.get("parts", []) if part.get("text"))


def texts_in(value: Any) -> Iterator[str]:
    """Every text and number in a JSON value, as text."""
    if isinstance(value, str | int | float):
        yield str(value)
    elif value is not None:
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts_in(one)
