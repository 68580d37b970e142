"""The names that the package promises, pinned, and how many they may become."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from importlib.metadata import version
from types import ModuleType

import pytest

import langchain_genai_chat

EXPORTS = {
    "langchain_genai_chat": {
        "ChatGenAI",
        "GenAIChatMessageHistory",
        "__version__",
        "errors",
        "genai",
        "register_with_langchain",
    },
    "langchain_genai_chat.errors": {
        "BadReplyError",
        "InvalidRequestError",
        "OutputTruncatedError",
    },
    "langchain_genai_chat.genai": {"AsyncClient", "Client", "errors", "types"},
    "langchain_genai_chat.genai.errors": {
        "APIConnectionError",
        "APIError",
        "APITimeoutError",
        "ClientError",
        "FileFailedError",
        "FunctionInvocationError",
        "ServerError",
        "UnknownApiResponseError",
        "UnknownFunctionCallArgumentError",
        "UnsupportedFunctionError",
    },
}
MAX_PUBLIC_NAMES = 40


@pytest.mark.parametrize("name", EXPORTS)
def test_exports_are_pinned(name: str) -> None:
    """A name once exported is somebody's import; adding or losing one is a decision, so it shows here."""
    assert set(importlib.import_module(name).__all__) == EXPORTS[name]


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_exists(name: str) -> None:
    """What is loaded on first use is missed on first use only."""
    module = importlib.import_module(name)
    assert [each for each in module.__all__ if not hasattr(module, each)] == []
    assert set(module.__all__) <= set(dir(module))


def test_the_version_is_said_once() -> None:
    """The package names its version to servers and traces; it is the one that was installed."""
    assert langchain_genai_chat.__version__ == version("langchain-genai-chat")


def public_modules() -> Iterator[ModuleType]:
    yield langchain_genai_chat
    for info in pkgutil.walk_packages(langchain_genai_chat.__path__, "langchain_genai_chat."):
        *above, name = info.name.split(".")
        # What the emulator's files hold is said by its package; the wire's nouns are not for us to choose.
        if not name.startswith("_") and "emulator" not in above and "types" not in {*above, name}:
            yield importlib.import_module(info.name)


def promised(module: ModuleType) -> set[str]:
    """`__all__` without modules, or for a module that has none the public classes that it defines."""
    if hasattr(module, "__all__"):
        return {name for name in module.__all__ if not inspect.ismodule(getattr(module, name))}
    classes = inspect.getmembers(module, inspect.isclass)
    return {name for name, each in classes if each.__module__ == module.__name__ and name[0] != "_"}


def test_public_names_are_few() -> None:
    """At most forty names to learn, the wire's nouns in `types` aside.

    Counted are the names that modules without an underscore promise, each name once; methods, fields and
    modules are not counted.
    """
    names = set().union(*map(promised, public_modules()))
    assert len(names) <= MAX_PUBLIC_NAMES, sorted(names)
