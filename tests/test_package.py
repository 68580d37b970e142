"""What the package brings along when it is installed and imported, and which promises its tests keep."""

import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
UNCLAIMED = {
    "F01": "out of scope: the Interactions API is not used",
}
"""Behaviours that no test shows, each with its reason."""


def modules_of(statement: str) -> set[str]:
    """The modules that a statement loads in a new interpreter."""
    show = "import sys; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", f"{statement}; {show}"], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def loaded_by(statement: str) -> set[str]:
    """The packages that a statement loads in a new interpreter."""
    return {name.partition(".")[0] for name in modules_of(statement)}


@pytest.mark.behaviour("B115")
def test_the_package_needs_three_libraries_and_no_other():
    """Pins of protobuf and grpc are what Google's own packages collide over."""
    needed = [each for each in requires("langchain-genai-chat") or () if "extra ==" not in each]
    assert {re.split(r"[<>=!~ ]", each)[0] for each in needed} == {"langchain-core", "httpx", "pydantic"}


@pytest.mark.behaviour("B115")
@pytest.mark.behaviour("B116")
@pytest.mark.parametrize(
    ("statement", "unloaded"),
    [
        ("import langchain_genai_chat", {"langchain_core", "httpx", "pydantic", "google"}),
        ("import langchain_genai_chat.genai", {"langchain_core", "google", "PIL", "starlette", "jsonschema"}),
        ("from langchain_genai_chat import ChatGenAI", {"google", "PIL", "starlette", "jsonschema", "transformers"}),
    ],
)
def test_importing_loads_what_is_used_and_nothing_else(statement, unloaded):
    """An import that takes seconds is paid by every process, whether it makes a request or not."""
    assert loaded_by(statement) & unloaded == set()


@pytest.mark.parametrize(("name", "home"), [("ChatGenAI", "chat_models"), ("GenAIChatMessageHistory", "chat_history")])
def test_what_is_loaded_first_is_nothing_more(name, home):
    """The package loads parts of LangChain before a module that needs them; one that it does not need costs time."""
    wanted = modules_of(f"import langchain_genai_chat.{home}")
    assert modules_of(f"from langchain_genai_chat import {name}") == wanted


def test_every_behaviour_is_shown_by_a_test_or_has_its_reason():
    """A promise that no test claims is one that nobody keeps."""
    claimed = set()
    for path in TESTS.rglob("test_*.py"):
        marks = re.findall(r"mark\.behaviour\(([^)]*)\)", path.read_text(encoding="utf-8"))
        claimed |= set(re.findall(r"[BF]\d+", " ".join(marks)))
    promised = {f"B{number:03}" for number in range(1, 121)} | {f"F{number:02}" for number in range(1, 29)}
    assert promised - claimed == UNCLAIMED.keys()
