"""The models that the emulator has, as Google lists them, and what their families do.

Knows names, limits and families; knows nothing of requests or of answers.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from .refusals import read_schema

# llm-gemini-test-nested-model-optional-e4ad837b answers with the first; the other two are our choice.
BEHIND_LATEST = {
    "gemini-flash-latest": "gemini-3.6-flash",
    "gemini-flash-lite-latest": "gemini-3.5-flash-lite",
    "gemini-pro-latest": "gemini-3.1-pro-preview",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model: its name, its row in the list, and what depends on its family."""

    name: str
    row: dict[str, Any]

    @property
    def answers_as(self) -> str:
        """The `modelVersion` of its answers."""
        return BEHIND_LATEST.get(self.name, self.name)

    @property
    def is_gemini_3(self) -> bool:
        """Or later: signs its parts, wants signatures back, gives its calls ids (ai.google.dev, thought-signatures)."""
        return re.match(r"gemini-([012]\b|flash|pro)|gemma", self.answers_as) is None

    @property
    def draws(self) -> bool:
        """Answers with images where IMAGE is among the modalities asked for."""
        return "image" in self.name

    def served_by(self, version: str) -> bool:
        """Whether an API version has it: the `-latest` names are on v1beta only."""
        return version != "v1" or self.name not in BEHIND_LATEST


def load_models(*more: str) -> dict[str, Model]:
    """The models by name, newest first, and `more` names with the newest one's facts.

    Recorded rows: llm-gemini-test-cli-gemini-models-6aa9299e, chatlas-test-google-list-models-f9e472b6.
    1.5 is gone (crewai-testcrewmultimodalgemini-test-image-file-gemini-gemini-1-5-flas-ba321b86: 404).
    """
    models = [Model(name=row["name"].removeprefix("models/"), row=row) for row in read_schema("models")["models"]]
    models += [replace(models[0], name=name, row={**models[0].row, "name": f"models/{name}"}) for name in more]
    return {model.name: model for model in models}
