"""Runs tests on other versions of what the package needs: the lowest that it allows, and the newest that there are.

Lays a few packages over those of the environment that it runs in; knows nothing of what the tests show.

    python tests/release/versions.py [what pytest is given]
"""

import re
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

CHECKOUT = Path(__file__).parents[2]
PART = (
    "tests/standard/test_unit.py",
    "tests/conformance/test_roundtrip.py",
    "tests/test_chat_models.py",
    "tests/agents",
)
"""What is run where nothing else is said: the hooks that LangChain calls, and nothing lost."""

Requirements = list[list[str]]
"""What pip is told, one installation after the other."""


def lowest(needed: list[str]) -> Requirements:
    """Each at its lower bound, with what that needs."""
    return [[re.sub(r"^([^<>=]+)>=([\d.]+).*", r"\1==\2", each) for each in needed]]


def newest(needed: list[str]) -> Requirements:
    """The newest of each; langchain-core by itself, since it asks for what an index may not have yet."""
    others = [each for each in needed if not each.startswith("langchain-core")]
    return [["--upgrade", *others], ["--upgrade", "--no-deps", "langchain-core"]]


SETS: dict[str, Callable[[list[str]], Requirements]] = {"lowest": lowest, "newest": newest}


def pip(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def lay_over(name: str) -> Path:
    """Make `.venv-{name}` anew, its own few packages before those of this environment; its interpreter.

    Raises:
        RuntimeError: pip could not install them.
    """
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = sum(project["optional-dependencies"].values(), start=project["dependencies"])
    folder = CHECKOUT / f".venv-{name}"
    subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", folder], check=True)
    below = sysconfig.get_path("purelib")
    own = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    (own / "below.pth").write_text(f"import site; site.addsitedir({below!r})\n", encoding="utf-8")
    python = folder / "bin/python"
    for requirements in SETS[name](needed):
        done = pip("--python", python, "install", "--quiet", *requirements)
        if done.returncode:
            raise RuntimeError(done.stderr)
    held = sorted(path.stem.replace("-", " ") for path in own.glob("*.dist-info"))
    print(f"{name}: {', '.join(held)}", flush=True)
    return python


def run_tests(name: str, arguments: list[str]) -> int:
    """Print what pytest says on that set of versions, when it has; its exit status."""
    command = [lay_over(name), "-m", "pytest", "-q", "-p", "no:cacheprovider", *(arguments or PART)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    print(f"on the {name} versions:\n{done.stdout}{done.stderr}", flush=True)
    return done.returncode


def main() -> int:
    """Run them on all sets side by side; 0 if all passed, or if pip reaches no index."""
    with TemporaryDirectory() as folder:
        probe = pip("--retries=0", "download", "--quiet", "--no-deps", "--no-cache-dir", f"--dest={folder}", "httpx")
    if probe.returncode:
        print(f"other versions: skipped, for pip reaches no package index: {probe.stderr.strip().splitlines()[-1]}")
        return 0
    with ThreadPoolExecutor() as pool:
        return max(pool.map(lambda name: run_tests(name, sys.argv[1:]), SETS))


if __name__ == "__main__":
    sys.exit(main())
