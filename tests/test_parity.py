"""Sync and async classes offer the same things under the same names.

Finds each pair `X`, `AsyncX` in the modules of genai by itself; knows only where the two may differ, and why.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from langchain_genai_chat import genai

# The async name by the sync one, where they differ: Python's own convention, google-genai's, and httpx's.
RENAMED = {
    "close": "aclose",
    "cancel": "acancel",
    "send": "asend",
    "throw": "athrow",
    "handle_request": "handle_async_request",
    "__enter__": "__aenter__",
    "__exit__": "__aexit__",
}

# What one side has alone, and why.
ONE_SIDED = {
    "Client.aio": "the way from the sync client to the async one",
}


def find_pairs() -> dict[str, tuple[type, type]]:
    classes: dict[str, type] = {}
    for info in pkgutil.walk_packages(genai.__path__, f"{genai.__name__}."):
        found = inspect.getmembers(importlib.import_module(info.name), inspect.isclass)
        classes |= {name: each for name, each in found if each.__module__ == info.name and name[0] != "_"}
    names = [name for name in classes if f"Async{name}" in classes]
    return {name: (classes[name], classes[f"Async{name}"]) for name in names}


def public_members(cls: type) -> dict[str, Any]:
    """The members by their sync name, entering and leaving a `with` among them; what httpx brings is httpx's."""
    sync_names = {twin: name for name, twin in RENAMED.items()}
    members = attributes_of(cls) | dict(inspect.getmembers_static(cls))
    own = {name: each for name, each in members.items() if not str(getattr(each, "__module__", "")).startswith("httpx")}
    return {sync_names.get(name, name): member for name, member in own.items() if is_public(name)}


def attributes_of(cls: type) -> dict[str, Any]:
    """What `__init__` sets on the object, which the class does not show."""
    functions = [each.__dict__["__init__"] for each in cls.__mro__ if inspect.isfunction(each.__dict__.get("__init__"))]
    source = "".join(map(inspect.getsource, functions))
    return dict.fromkeys(re.findall(r"^ +self\.(\w+)(?:: .+)? = ", source, re.MULTILINE), "attribute")


def is_public(name: str) -> bool:
    return not name.startswith("_") or name in {*RENAMED, *RENAMED.values()}


def in_sync_words(annotation: Any) -> str:
    """The annotation as the sync twin would say it."""
    text = inspect.formatannotation(annotation)
    text = re.sub(r"\bAsync(?=[A-Z])|\bAwaitable\b", "", text)
    return re.sub(r"Generator\[(.+?)(?:, None){1,2}\]", r"Iterator[\1]", text)


def parameters_of(function: Any) -> list[tuple[str, Any, Any, str]]:
    parameters = inspect.signature(function).parameters.values()
    return [(each.name, each.kind, each.default, in_sync_words(each.annotation)) for each in parameters]


def differences(twin: type, other: type) -> Iterator[str]:
    """What the async class `other` does not offer as the sync class `twin` does."""
    mine, theirs = public_members(twin), public_members(other)
    for name in sorted(mine.keys() ^ theirs.keys()):
        owner = twin if name in mine else other
        if f"{owner.__name__}.{name}" not in ONE_SIDED:
            yield f"{name}: only {owner.__name__} has it"
    for name in sorted(mine.keys() & theirs.keys()):
        member, its_twin = mine[name], theirs[name]
        if type(member) is not type(its_twin):
            yield f"{name}: a {type(member).__name__} here, a {type(its_twin).__name__} there"
        elif inspect.isfunction(member):
            if parameters_of(member) != parameters_of(its_twin):
                yield f"{name}: {inspect.signature(member)} here, {inspect.signature(its_twin)} there"
            if in_sync_words(returned(member)) != in_sync_words(returned(its_twin)):
                yield f"{name}: gives {returned(member)} here, {returned(its_twin)} there"
            if inspect.isasyncgenfunction(its_twin):
                yield f"{name}: an async generator, which checks its arguments only when first asked"


def returned(function: Any) -> Any:
    return inspect.signature(function).return_annotation


PAIRS = find_pairs()


@pytest.mark.parametrize("name", PAIRS)
def test_both_twins_offer_the_same(name: str) -> None:
    """What is learnt on one side holds on the other, and no rule is written for one of them only."""
    assert list(differences(*PAIRS[name])) == []


def test_the_pairs_are_found() -> None:
    """A search that finds nothing would agree with everything."""
    assert {"Client", "Models"} <= PAIRS.keys()


class Shop:
    def __init__(self) -> None:
        self.street = "Main Street"

    def close(self) -> None: ...
    def sell(self, *, name: str) -> Iterator[str]:
        yield name


class SameShop:
    def __init__(self) -> None:
        self.street: str = "Main Street"

    async def aclose(self) -> None: ...
    async def sell(self, *, name: str) -> AsyncIterator[str]:
        return sold(name)


class OtherShop:
    street = "Main Street"

    async def aclose(self) -> None: ...
    async def buy(self) -> None: ...
    async def sell(self, *, name: str, price: int = 0) -> AsyncIterator[str]:
        return sold(name)


class LazyShop:
    async def aclose(self) -> None: ...
    async def sell(self, *, name: str) -> AsyncIterator[bytes]:
        yield name.encode()


async def sold(name: str) -> AsyncIterator[str]:
    yield name


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (SameShop, []),
        (OtherShop, ["buy: only OtherShop has it", "sell: (self, *, name: str)"]),
        (LazyShop, ["street: only Shop has it", "sell: gives", "sell: an async generator"]),
    ],
)
def test_differences_are_seen(other: type, found: list[str]) -> None:
    """A comparison that cannot fail keeps nothing."""
    seen = list(differences(Shop, other))
    assert [text[: len(start)] for text, start in zip(seen, found, strict=True)] == found
