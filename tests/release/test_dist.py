"""What is in the wheel and in the sdist, and what they say of themselves."""

import re
import subprocess
import tarfile
import zipfile
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import EmailPolicy
from pathlib import Path

import pytest

from langchain_genai_chat import __version__

pytestmark = pytest.mark.release

PACKAGE = "langchain_genai_chat"
STEM = f"{PACKAGE}-{__version__}"
INFO = f"{STEM}.dist-info"


def files_below(folder: Path, root: Path) -> set[str]:
    paths = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(root).as_posix() for path in paths}


def in_sdist(sdist: Path) -> set[str]:
    with tarfile.open(sdist) as archive:
        return {each.name.removeprefix(f"{STEM}/") for each in archive.getmembers() if each.isfile()}


def metadata(wheel: Path) -> EmailMessage:
    with zipfile.ZipFile(wheel) as archive:
        parser = BytesParser(EmailMessage, policy=EmailPolicy(utf8=True))
        return parser.parsebytes(archive.read(f"{INFO}/METADATA"))


def test_the_wheel_has_the_package_and_its_papers_and_nothing_else(wheel, checkout):
    """Tests, caches or a second top-level package in a wheel are installed into everybody's site-packages."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    papers = {f"{INFO}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")}
    assert names - papers == files_below(checkout / PACKAGE, checkout)
    assert {name.rpartition(".")[2] for name in names - papers} == {"py", "typed", "json"}
    assert f"{PACKAGE}/py.typed" in names
    assert papers - names == set()


def test_the_sdist_is_the_repository(sdist, checkout):
    """Whoever packages it again has the tests, their cassettes, the lock and the checks at hand, and no stray file."""
    if not (checkout / ".git").exists():
        pytest.skip("not a git checkout, so what belongs to the repository cannot be asked")
    command = ["git", "-C", str(checkout), "ls-files", "-z", "--exclude-standard"]
    asked = [
        subprocess.run([*command, kind], capture_output=True, text=True, check=True).stdout
        for kind in ("--cached", "--others")
    ]
    tracked, untracked = (set(filter(None, names.split("\0"))) for names in asked)
    tracked = {name for name in tracked if (checkout / name).exists()}
    held = in_sdist(sdist)
    assert tracked - held == set()
    assert held - tracked - untracked == {"PKG-INFO"}


def test_the_metadata_says_what_pyproject_and_the_readme_say(wheel, checkout):
    """What an index shows and what pip resolves are read from here, and from nowhere else."""
    said = metadata(wheel)
    assert (said["Name"], said["Version"]) == ("langchain-genai-chat", __version__)
    assert (said["License-Expression"], said["License-File"]) == ("MIT", "LICENSE")
    assert said["Requires-Python"] == ">=3.11"
    assert said["Description-Content-Type"] == "text/markdown"
    assert str(said.get_payload()).strip() == (checkout / "README.md").read_text(encoding="utf-8").strip()
    assert set(said.get_all("Provides-Extra", [])) == {"vertex", "images", "emulator"}


def test_the_version_has_an_entry_in_the_changelog(checkout):
    """Unreleased, or the version that is released: a release whose changes are told nowhere is none."""
    heads = re.findall(r"^## \[([^\]]+)\]", (checkout / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert heads
    assert heads[0] in {"Unreleased", __version__}
