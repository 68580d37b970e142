"""What a cache holds, known by digests, and requests without it.

Knows bodies of the wire; makes no cache, and sends nothing.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeAlias

from ._families import short_name
from .errors import InvalidRequestError

Json: TypeAlias = dict[str, Any]

# A field of the body that a cache holds, and how it is given to a model.
HELD = {"systemInstruction": "system message", "tools": "tools", "toolConfig": "tool_choice or tool_config"}


class Cache(str):
    """The name of a cache that was made here, with what is known of it; pass it as `cached_content`.

    A request that says what the cache does not hold raises. Stored as text it is the name alone: then the fields
    that a cache holds are left out of requests unseen.
    """

    __slots__ = ("contents", "digests", "last_parts", "model")

    model: str
    digests: Mapping[str, str]
    """By field of the body."""
    contents: int
    """How many contents it holds, ..."""
    last_parts: int
    """... and how many parts the last of them has."""

    @classmethod
    def of(cls, name: str, model: str, body: Json) -> "Cache":
        """The cache of a name that a request's body was put into."""
        cache = cls(name)
        contents = body.get("contents") or []
        cache.model = short_name(model)
        cache.contents, cache.last_parts = len(contents), len(contents[-1]["parts"]) if contents else 0
        held = {field: body[field] for field in (*HELD, "contents") if body.get(field)}
        cache.digests = {field: _digest(value) for field, value in held.items()}
        return cache

    def check(self, body: Json, model: str) -> None:
        """Raise `InvalidRequestError` for a request that says something else than the cache."""
        if short_name(model) != self.model:
            raise InvalidRequestError(f"cached_content belongs to {self.model!r}, and {model!r} is asked; use one.")
        for field, words in HELD.items():
            if body.get(field) and _digest(body[field]) != self.digests.get(field):
                what = f"other {words} than" if field in self.digests else f"no {words}, but"
                raise InvalidRequestError(
                    f"cached_content holds {what} this call has, and the service takes none beside a cache: "
                    f"make one that holds them with create_cache, or call without cached_content."
                )

    def without_own(self, contents: list[Json]) -> list[Json]:
        """Contents without those that the cache begins with; all of them where they begin otherwise."""
        if not self.contents or len(contents) < self.contents:
            return contents
        *before, last = contents[: self.contents]
        held = {**last, "parts": last["parts"][: self.last_parts]}
        if _digest([*before, held]) != self.digests["contents"]:
            return contents
        more = last["parts"][self.last_parts :]
        return [*([{**last, "parts": more}] if more else []), *contents[self.contents :]]


def without_cached(body: Json, cache: str, model: str) -> Json:
    """A request's body without what its cache holds; the service refuses it twice (B102).

    Raises:
        InvalidRequestError: The cache is known to hold something else, or nothing is left to ask.
    """
    rest = {field: value for field, value in body.items() if field not in HELD}
    if isinstance(cache, Cache):
        cache.check(body, model)
        rest["contents"] = cache.without_own(body["contents"])
        if not rest["contents"]:
            raise InvalidRequestError("cached_content holds all of these messages; add one to be answered.")
    return rest


def seconds_text(ttl: float | timedelta | str) -> str:
    """A time to live as the wire has it: `"3600s"`."""
    if isinstance(ttl, str):
        return ttl
    seconds = ttl.total_seconds() if isinstance(ttl, timedelta) else ttl
    if not seconds > 0:
        raise InvalidRequestError(f"ttl must be more than 0 seconds, got {ttl!r}.")
    return f"{seconds:g}s" if seconds < 1e6 else f"{round(seconds)}s"  # noqa: PLR2004 - :g would write an exponent


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
