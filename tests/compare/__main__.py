"""README's table against langchain-google-genai: `make compare`, or one row of it with `make compare ROW=replies`.

Replies need recorded traffic in the folder that GENAI_RECORDINGS names; all else needs nothing but this machine.
"""

import json
import logging
import os
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import requires, version
from pathlib import Path
from statistics import median
from typing import TypeAlias

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..benchmarks.test_benchmark import Worker, import_time, served
from ..conformance._recorded import FILES, Reply, parts_to_come_back, reply_of
from ..faults._faults import FAULTS
from ..faults._server import FaultServer
from ._handling import mishandled
from ._packages import PACKAGES, Make
from ._survival import lost_replies

Cells: TypeAlias = list[str]

SUBJECTS = {"langchain-genai-chat": "ChatGenAI", "langchain-google-genai": "langchain-google-genai"}
"""What the benchmark calls them."""
ROUNDS = 5


def replies() -> Cells:
    folder = os.environ.get("GENAI_RECORDINGS")
    if not folder:
        return ["GENAI_RECORDINGS names no folder"] * len(PACKAGES)
    answered = recorded(Path(folder))
    cells = []
    for make in PACKAGES.values():
        with FaultServer() as server:
            lost = lost_replies(make, answered, server)
        cells.append(f"{len(answered) - len(lost)} of {len(answered)}")
    return cells


def recorded(folder: Path) -> list[Reply]:
    """Google's own replies that came to an end; what was made up for other clients' tests is no measure."""
    named = [name for name in FILES if name != "responses-only.jsonl"]
    lines = (line for name in named for line in (folder / name).read_text(encoding="utf-8").splitlines())
    read = filter(None, (reply_of(json.loads(line)) for line in lines))
    return [each for each in read if parts_to_come_back(each.parts) and each.whole["candidates"][0].get("finishReason")]


def faults() -> Cells:
    return [handled(make) for make in PACKAGES.values()]


def handled(make: Make) -> str:
    with FaultServer() as server:
        wrong, cases = mishandled(make, FAULTS, server)
    return f"{cases - len(wrong)} of {cases}"


def history() -> Cells:
    with served() as port:
        workers = [Worker(subject, port) for subject in SUBJECTS.values()]
        rounds = [[worker.measure("history", 3)["ms"] for worker in workers] for _ in range(ROUNDS)]
        for worker in workers:
            worker.close()
    return [f"{median(figures):.1f}" for figures in zip(*rounds, strict=True)]


def imported() -> Cells:
    rounds = [[import_time(subject)["ms"] for subject in SUBJECTS.values()] for _ in range(ROUNDS)]
    return [f"{median(figures):.0f}" for figures in zip(*rounds, strict=True)]


def packages() -> Cells:
    return [str(len(needed_by(name))) for name in SUBJECTS]


def needed_by(name: str, known: frozenset[str] = frozenset()) -> frozenset[str]:
    """The package and all that it needs, by name: one package is asked for in several spellings of it."""
    found = known | {canonicalize_name(name)}
    for needed in map(Requirement, requires(name) or ()):
        is_new = canonicalize_name(needed.name) not in found
        if is_new and (needed.marker is None or needed.marker.evaluate({"extra": ""})):
            found = needed_by(needed.name, found)
    return found


ROWS: dict[str, tuple[str, Callable[[], Cells]]] = {
    "replies": ("Recorded replies that, stored as JSON and sent again, have all the parts that they had", replies),
    "faults": (
        "Faults of the wire, each on four ways to ask, that end in the right answer or a typed error without the key",
        faults,
    ),
    "history": ("Invoking with a history of 1,000 messages, ms of CPU", history),
    "import": ("Importing the chat model, ms of CPU", imported),
    "packages": ("Packages that `pip install` brings", packages),
}
"""What each counts, and how."""


def main(names: list[str]) -> None:
    warnings.simplefilter("ignore")
    logging.disable()
    print("| | langchain-genai-chat |", f"langchain-google-genai {version('langchain-google-genai')} |")
    print("|---|---:|---:|")
    for name in names or ROWS:
        title, cells = ROWS[name]
        print(f"| {' | '.join([title, *cells()])} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
