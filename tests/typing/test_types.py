"""What type checkers make of the wheel, as it is installed beside a user's program.

The program in museum/ uses both layers, and says with `assert_type` what it takes their results for.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = [pytest.mark.release, pytest.mark.timeout(300)]

HERE = Path(__file__).parent


def run(*command: str | Path, cwd: Path, check: bool = True) -> str:
    """What a command prints that is not led back to the checkout by the environment."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MYPYPATH"))}
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=outside, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel, over the libraries of this one."""
    folder = tmp_path_factory.mktemp("typed")
    run(
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        folder / "dist",
        HERE.parents[1],
        cwd=folder,
    )
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    base = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
    below = sysconfig.get_path("purelib")
    site = Path(sysconfig.get_path("purelib", vars=base))
    (site / "below.pth").write_text(f"import site; site.addsitedir({below!r})\n", encoding="utf-8")
    python = folder / "venv/bin/python"
    (wheel,) = (folder / "dist").glob("*.whl")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    return python


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The program's folder, away from the checkout and its settings."""
    shutil.copytree(HERE / "museum", tmp_path / "museum", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_mypy_takes_a_users_program_at_its_strictest(python: Path, program: Path) -> None:
    """Without a plugin and without settings, as most users run it."""
    cache = program / "cache"
    run(
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--python-executable",
        python,
        "--cache-dir",
        cache,
        "museum",
        cwd=program,
    )


def test_pyright_takes_a_users_program_at_its_strictest(python: Path, program: Path) -> None:
    """What many editors show while one types."""
    (program / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}', encoding="utf-8")
    run(sys.executable, "-m", "pyright", "--pythonpath", python, "--project", program, cwd=program)


def test_a_wrong_use_is_seen(python: Path, program: Path) -> None:
    """A check in which everything is Any would find nothing wrong with anything."""
    (program / "wrong.py").write_text(
        "from langchain_genai_chat import ChatGenAI, genai\n"
        "ChatGenAI(model=1)\n"
        "ChatGenAI(model='m', temprature=0)\n"
        "ChatGenAI(model='m').invoke('Hello').txt\n"
        "ChatGenAI(model='m', on_bad_reply='ignore')\n"
        "genai.Client().chats.create('m')\n"
        "genai.Client().chats.create(model='m').send_message('Hello').txt\n",
        encoding="utf-8",
    )
    found = run(
        sys.executable, "-m", "pyright", "--pythonpath", python, "--outputjson", "wrong.py", cwd=program, check=False
    )
    errors = [each for each in json.loads(found)["generalDiagnostics"] if each["severity"] == "error"]
    assert {each["range"]["start"]["line"] for each in errors} == {1, 2, 3, 4, 5, 6}


def test_every_public_type_is_known(python: Path, program: Path) -> None:
    """A name without a type, or with one that checkers guess differently, is a hole in somebody's strict run."""
    command = ["env", f"PATH={python.parent}:/usr/bin:/bin", sys.executable, "-m", "pyright"]
    said = run(
        *command, "--verifytypes", "langchain_genai_chat", "--ignoreexternal", "--outputjson", cwd=program, check=False
    )
    report = json.loads(said)["typeCompleteness"]
    unknown = [each for each in report["symbols"] if not each["isTypeKnown"] or each["isTypeAmbiguous"]]
    problems = [problem for each in unknown for problem in each["diagnostics"]]
    # What is only unknown because something else is would hide the one line that is to be mended.
    causes = {f"{each['file']}: {each['message']}" for each in problems if "partially unknown" not in each["message"]}
    assert report["exportedSymbolCounts"]["withKnownType"] > 2000
    assert (causes, [each["name"] for each in unknown if each["isExported"]]) == (set(), [])
