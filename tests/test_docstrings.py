"""The examples in docstrings, run as README's snippets are.

Each begins with the names of `NAMES`, a `model`, a `client` and an `emulator` at hand.
"""

import ast
import asyncio
import importlib
import inspect
import pkgutil
import re
import sys
import textwrap
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

import pytest

import langchain_genai_chat
from langchain_genai_chat import ChatGenAI, GenAIChatMessageHistory, cassettes, errors, genai
from langchain_genai_chat.emulator import Call, Cut, Emulator, Fault, Reply

NAMES = {
    "Call": Call,
    "ChatGenAI": ChatGenAI,
    "Cut": Cut,
    "Emulator": Emulator,
    "Fault": Fault,
    "GenAIChatMessageHistory": GenAIChatMessageHistory,
    "Reply": Reply,
    "cassettes": cassettes,
    "errors": errors,
    "genai": genai,
    "types": genai.types,
}
WITHOUT = {
    "FunctionInvocationError": "a kind of ValueError that google-genai has; here the model is told instead",
    "UnknownFunctionCallArgumentError": "as FunctionInvocationError",
    "LateKeyClient": "what ChatGenAI makes when it has no key",
    "SyncTransport": "what a client sends with",
    "AsyncTransport": "as SyncTransport",
    "VCR_CONFIG": "a value for vcrpy, which is not needed otherwise",
}
"""Public names that are described without an example, each with its reason; README shows the emulator's in use."""


def public_objects() -> Iterator[tuple[str, Any]]:
    """What every public module promises, by name; the wire's nouns and the emulator aside."""
    for info in [*pkgutil.walk_packages(langchain_genai_chat.__path__, "langchain_genai_chat.")]:
        *above, last = info.name.split(".")
        if last.startswith(("_", "demo")) or {"emulator", "types"} & {*above, last}:
            continue
        module = importlib.import_module(info.name)
        own = {name for name, each in inspect.getmembers(module, inspect.isclass) if each.__module__ == module.__name__}
        for name in sorted(getattr(module, "__all__", own)):
            if not name.startswith("_") and not inspect.ismodule(each := getattr(module, name)):
                yield name, each
    yield "register_with_langchain", langchain_genai_chat.register_with_langchain


def examples_of(name: str, described: Any) -> Iterator[tuple[str, str]]:
    """The examples in an object's docstring and in those of its public methods."""
    own = vars(described) if inspect.isclass(described) else {}
    methods = {f"{name}.{method}": each for method, each in own.items() if method[0] != "_"}
    for place, each in {name: described, **methods}.items():
        text = inspect.getdoc(each) or "" if each is described or inspect.isfunction(each) else ""
        for index, code in enumerate(re.findall(r"^ *```python\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)):
            yield f"{place}-{index}" if index else place, textwrap.dedent(code)


OBJECTS = dict(public_objects())
EXAMPLES = dict(example for name, each in OBJECTS.items() for example in examples_of(name, each))


def test_every_public_name_is_shown_in_use() -> None:
    """What can be copied and run is read first, and cannot go out of date unseen."""
    without = {name for name in OBJECTS if name not in EXAMPLES}
    assert without == WITHOUT.keys()


def lines_of(code: CodeType) -> set[int]:
    return {line for _, _, line in code.co_lines() if line}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_runs_to_its_last_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A branch that an example shows and never takes, an `except` above all, would be a guess."""
    code = compile(EXAMPLES[name], name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    run: set[int] = set()

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code is not code:
            return None
        run.add(frame.f_lineno)
        return trace

    with Emulator() as emulator:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", emulator.base_url)
        monkeypatch.setenv("GOOGLE_API_KEY", "any")
        with ChatGenAI(model="gemini-3.5-flash") as model, genai.Client() as client:
            names = {**NAMES, "emulator": emulator, "model": model, "client": client, "__name__": name}
            before = sys.gettrace()
            sys.settrace(trace)
            try:
                if code.co_flags & inspect.CO_COROUTINE:
                    asyncio.run(eval(code, names))  # noqa: S307 - the package's own text
                else:
                    exec(code, names)  # noqa: S102 - as above
            finally:
                sys.settrace(before)
    assert lines_of(code) - run <= {0}
