"""The wheel in environments that have it and what it asks for, far from the checkout.

The emulator runs here, in the development environment; what is tried runs there, as a user's program would.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from langchain_genai_chat.emulator import Emulator

pytestmark = [pytest.mark.release, pytest.mark.timeout(300)]

HIDDEN = ("PYTHON", "VIRTUAL_ENV", "COVERAGE", "PYTEST")
"""What the start of a name in the environment leads back here."""


def pip(*arguments: str | Path) -> str:
    """What pip printed; of its warnings nothing, for an index may be set up in any way."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def new_environment(folder: Path) -> Path:
    """The interpreter of an environment without even pip."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder / "bin/python"


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def install(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str | Path, ...]:
    """The beginning of an installation, which takes no other versions than the lock does."""
    folder = tmp_path_factory.mktemp("index")
    probe = [sys.executable, "-m", "pip", "--retries=0", "download", "--quiet", "--no-deps", "--no-cache-dir"]
    done = subprocess.run([*probe, f"--dest={folder}", "httpx"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"pip reaches no package index: {done.stderr.strip().splitlines()[-1]}")
    locked = re.findall(
        r"^[\w.-]+==[^ ;\\]+", (checkout / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE
    )
    versions = folder / "versions.txt"
    versions.write_text("\n".join(locked), encoding="utf-8")
    return "install", "--quiet", "--no-compile", "--constraint", versions


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory, install: tuple[str | Path, ...]) -> Path:
    """The interpreter of an environment with the wheel and what it asks for."""
    python = new_environment(tmp_path_factory.mktemp("alone"))
    pip("--python", python, *install, wheel)
    return python


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment of the emulator's address in which nothing leads back to the checkout."""
    with Emulator() as emulator:
        outside = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
        yield outside | {"GOOGLE_GEMINI_BASE_URL": emulator.base_url, "GOOGLE_API_KEY": "any", "HOME": str(tmp_path)}


def run(python: Path, program: str, folder: Path, environment: Mapping[str, str]) -> str:
    path = folder / "program.py"
    path.write_text(program, encoding="utf-8")
    done = subprocess.run([python, path], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def snippets(checkout: Path) -> list[str]:
    text = (checkout / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def asked_for(name: str, held: Mapping[str, Sequence[str]], extras: frozenset[str] = frozenset()) -> set[str]:
    """A package and all that it asks for, in turn, by what the installed packages say of themselves."""
    found = {name}
    for requirement in map(Requirement, held[name]):
        needed = requirement.marker is None or any(
            requirement.marker.evaluate({"extra": extra}) for extra in extras | {""}
        )
        if needed and normal(requirement.name) not in found:
            found |= asked_for(normal(requirement.name), held, frozenset(requirement.extras))
    return found


@pytest.mark.behaviour("B115")
def test_nothing_comes_along_but_three_libraries_and_what_they_need(alone):
    """What one more library asks for is what the next release of something else cannot be installed with."""
    environment = json.loads(pip("--python", alone, "inspect"))
    said = [each["metadata"] for each in environment["installed"]]
    held = {normal(each["name"]): each.get("requires_dist", ()) for each in said}
    three = ("langchain-core", "httpx", "pydantic")
    assert held.keys() - {"langchain-genai-chat"} == set().union(*(asked_for(name, held) for name in three))


def test_the_wheel_works_alone(alone, checkout, tmp_path, environment):
    """Its first snippet, its client and every name that it exports, with no extra and no file of the checkout."""
    program = """
import langchain_genai_chat
from langchain_genai_chat import genai
assert all(getattr(langchain_genai_chat, name) for name in langchain_genai_chat.__all__)
with genai.Client() as client:
    print(client.chats.create(model="gemini-3.5-flash").send_message("Hello").text)
print(langchain_genai_chat.__file__)
"""
    *said, place = run(alone, snippets(checkout)[0] + program, tmp_path, environment).splitlines()
    assert len([line for line in said if line]) >= 2
    assert Path(place).is_relative_to(alone.parents[1])


@pytest.fixture(scope="module")
def furnished(alone: Path, install: tuple[str | Path, ...], wheel: Path) -> Path:
    """The same with the emulator's extra, and langchain for its agents."""
    pip("--python", alone, *install, f"{wheel}[emulator]", "langchain")
    return alone


def test_the_snippets_of_the_readme_run_where_it_is_installed(furnished, checkout, tmp_path, environment):
    """A reader's first hour."""
    run(furnished, "\n".join(snippets(checkout)), tmp_path, environment)
