"""The wire's nouns are loaded when they are first used, and nobody can tell but by the clock."""

import ast
import importlib
import inspect
import pickle
import pkgutil
import subprocess
import sys
import typing
from pathlib import Path

import pytest

from langchain_genai_chat import genai
from langchain_genai_chat.genai import types
from langchain_genai_chat.genai.types._homes import HOMES

ANNOTATED = [
    importlib.import_module(info.name)
    for info in pkgutil.iter_modules(genai.__path__, f"{genai.__name__}.")
    if not info.ispkg and not info.name.rpartition(".")[2].startswith("_")
]

NOUNS: list[str] = vars(types)["__all__"]  # of which type checkers do not know


def test_type_checkers_and_python_find_each_noun_in_the_same_file() -> None:
    """A noun that only one of them finds is red in an editor, or an AttributeError in production."""
    tree = ast.parse(Path(types.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 1]
    told = {each.name: node.module for node in imports for each in node.names}
    assert {name: home for name, home in told.items() if name != "HOMES"} == HOMES
    assert set(NOUNS) == {name for name in HOMES if name not in ("is_content_mapping", "to_part")}


@pytest.mark.parametrize("name", NOUNS)
def test_every_noun_is_there(name: str) -> None:
    """Whether it was used before or not, it is the object that its file holds, listed and pickled by its name."""
    noun = getattr(types, name)
    assert noun is getattr(importlib.import_module(f"{types.__name__}.{HOMES[name]}"), name)
    assert name in dir(types)
    if inspect.isclass(noun):
        assert pickle.loads(pickle.dumps(noun)) is noun  # noqa: S301 - what was pickled in the same line


def test_a_noun_that_there_is_not_is_an_attribute_error() -> None:
    """`hasattr` and `from ... import` count on it."""
    assert not hasattr(types, "Contents")
    with pytest.raises(ImportError, match="cannot import name 'Contents'"):
        from langchain_genai_chat.genai.types import Contents  # type: ignore[attr-defined] # noqa: F401, PLC0415


@pytest.mark.parametrize("module", ANNOTATED, ids=lambda module: module.__name__)
def test_hints_can_be_read_at_run_time(module: typing.Any) -> None:
    """LangChain's wrappers and users' tools ask for hints as objects, where they are written as text."""
    found = [each for each in vars(module).values() if getattr(each, "__module__", None) == module.__name__]
    functions = [each for each in found if inspect.isfunction(each)]
    methods = [
        method
        for each in found
        if inspect.isclass(each) and each.__name__[0] != "_"
        for name, method in inspect.getmembers(each, inspect.isfunction)
        if name[0] != "_" and method.__module__ == module.__name__
    ]
    public = [each for each in [*functions, *methods] if each.__name__[0] != "_"]
    # What names httpx in a hint has it for type checkers alone: httpx is the transport's.
    unread = [each.__qualname__ for each in public if "httpx" not in str(each.__annotations__) and not _hints(each)]
    assert unread == []


def _hints(function: typing.Any) -> bool:
    return isinstance(typing.get_type_hints(function), dict)


def test_a_chat_model_loads_no_noun_that_it_does_not_use() -> None:
    """Two hundred classes would be half of what importing it takes beside LangChain."""
    show = "import sys; print(*[name for name in sys.modules if '.genai.types.' in name])"
    script = f"from langchain_genai_chat import ChatGenAI; {show}"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.rpartition(".")[2] for name in ran.stdout.split()}
    assert loaded & {"config", "content", "grounding", "response", "retrieval", "tools"} == set()


def test_a_client_loads_what_its_first_answer_needs() -> None:
    """An event loop should not wait for files to be read when the first answer comes."""
    script = "from langchain_genai_chat import genai; import sys; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {"langchain_genai_chat.genai.chats", "langchain_genai_chat.genai.types.response"} <= set(ran.stdout.split())
