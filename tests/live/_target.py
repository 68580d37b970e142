"""Who is asked: Google's service or the emulator, through one client of this package that is heard.

Knows clients, models and what was created; knows nothing of what is asked.
"""

from dataclasses import dataclass, field
from typing import Any

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.genai import Client, errors
from langchain_genai_chat.genai.types import RetryPolicy

from ._wire import Json, Wire

# A free key has some ten requests a minute, and is told how long to wait.
PATIENT = RetryPolicy(max_retries=4, deadline_s=300.0)
ANSWER_TOKENS = 2048
"""The most that one answer may take, thoughts included."""
EMULATOR = "langchain-genai-chat-emulator"


@dataclass(frozen=True, kw_only=True)
class Models:
    """The names of the models that are asked."""

    main: str
    budget: str
    """One whose thinking is said in tokens, and which does not insist on signatures."""


@dataclass(kw_only=True)
class Target:
    """Somebody who answers: `arguments` make its client."""

    models: Models
    arguments: Json
    wire: Wire = field(default_factory=Wire)
    left: list[str] = field(default_factory=list)
    """What was created and could not be deleted."""

    def __post_init__(self) -> None:
        """Make the client, which sends nothing."""
        self.client = self.client_with()

    def client_with(self, **changed: Any) -> Client:
        """A client of its own for this target, with some arguments changed."""
        given = {**self.arguments, **changed}
        options = {"retry_options": PATIENT, **self.wire.options, **given.pop("http_options", {})}
        return Client(http_options=options, **given)

    def chat_model(self, **settings: Any) -> ChatGenAI:
        """A LangChain chat model over the client; the main model if no other is named."""
        client = settings.pop("client", self.client)
        return ChatGenAI(**{"model": self.models.main, "max_tokens": ANSWER_TOKENS, "client": client, **settings})

    def config(self, **settings: Any) -> Json:
        """A config for calls of the client itself."""
        return {"max_output_tokens": ANSWER_TOKENS, **settings}

    @property
    def is_emulator(self) -> bool:
        """Whether the last answer came from the emulator, as it says of itself."""
        return len(self.wire) > 0 and self.wire.last.server == EMULATOR

    @property
    def tokens(self) -> int:
        """What all its answers took, as they tell."""
        return sum(one.tokens for one in self.wire.since(0))

    def clean(self, start: int) -> None:
        """Delete the files and caches that were created since; those that stay are in `left`."""
        names = self._created(start)
        self.left += names
        for name in names:
            kept = self.client.files if "files/" in name else self.client.caches
            try:
                kept.delete(name=name)
            except errors.APIError:
                continue
            self.left.remove(name)

    def _created(self, start: int) -> list[str]:
        """What answers say was created, without what was deleted."""
        names: dict[str, None] = {}
        for one in self.wire.since(start):
            for event in one.events:
                row = event.get("file", {}) if one.method == "files.upload.finalize" else event
                if one.method in ("files.upload.finalize", "cachedContents.create") and "name" in row:
                    names[row["name"]] = None
            if one.method in ("files.delete", "cachedContents.delete") and one.is_success:
                names = {name: None for name in names if not one.url.partition("?")[0].endswith(name)}
        return [*names]
