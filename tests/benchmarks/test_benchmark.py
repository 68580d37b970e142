"""How fast this package is: against the least that could do the same, and against Google's two packages.

`make benchmark` prints the table and draws `chart.png`, for some minutes; with `CI` in the environment all of it is
run once and briefly, for its output. Nothing here fails for being slow: a figure of one machine on one day is no rule.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import TypeAlias

import pytest
from PIL import Image, ImageDraw, ImageFont

FOLDER = Path(__file__).parent
CHART = FOLDER / "chart.png"
FOREIGN = ("PYTHON", "LANGCHAIN_", "LANGSMITH_", "GOOGLE_", "GEMINI_")

Figures: TypeAlias = dict[str, float]
Results: TypeAlias = dict[tuple[str, str], list[Figures]]
"""By case and subject: the figures of each round."""

IMPORTS = {
    "bare": "import json, httpx",
    "least": "import httpx, langchain_core.language_models.chat_models",
    "ChatGenAI": "from langchain_genai_chat import ChatGenAI",
    "langchain-google-genai": "from langchain_google_genai import ChatGoogleGenerativeAI",
    "genai": "from langchain_genai_chat import genai",
    "google-genai": "from google import genai",
}
PEERS = ("langchain-google-genai", "google-genai")
PAIRS = (("ChatGenAI", "least"), ("ChatGenAI", "langchain-google-genai"), ("genai", "google-genai"))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a figure of a case, and what it should be at most (or at least) of the other's."""

    title: str
    case: str
    figure: str
    aims: tuple[float | None, float, float]
    at_least: bool = False


ROWS = (
    Row("import, ms", "import", "ms", (1.08, 0.58, 0.45)),
    Row("construct and first call, ms", "first", "ms", (1.0, 0.55, 0.55)),
    Row("invoke, µs", "invoke", "us", (1.0, 0.33, 0.33)),
    Row("stream in a burst, µs a chunk", "burst", "us_a_chunk", (1.0, 0.13, 0.13)),
    Row("stream paced, µs a chunk", "paced", "us_a_chunk", (1.0, 0.33, 0.40)),
    Row("first chunk, µs of waiting", "first_chunk", "us", (1.05, 0.33, 0.33)),
    Row("history of 1,000 messages, ms", "history", "ms", (0.7, 0.012, 0.012)),
    Row("session of {session} turns, ms", "session", "ms", (None, 0.02, 0.02)),
    Row("20 tools, ms a call", "tools", "ms", (1.2, 0.15, 0.06)),
    Row("image of 5 MB, ms", "image", "ms", (1.05, 0.6, 1.0)),
    Row("image of 5 MB, MB at most", "image", "peak_mb", (1.05, 0.6, 1.0)),
    Row("{many} async streams, µs a chunk", "many", "us_a_chunk", (1.1, 0.3, 0.35)),
    Row("{many} async streams, ms of stall", "many", "stall_ms", (1.1, 0.3, 0.35)),
    Row("32 threads, calls a second", "threads", "calls_a_s", (0.95, 2.7, 2.7), at_least=True),
)
"""The aims are ratios to the least chat model, to langchain-google-genai, and of genai to google-genai."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How often everything is measured, and how much of it at a time."""

    rounds: int
    amounts: dict[str, int]


LONG = Extent(
    rounds=3,
    amounts={
        "import": 1,
        "first": 1,
        "invoke": 200,
        "burst": 5,
        "paced": 1,
        "first_chunk": 25,
        "history": 5,
        "session": 300,
        "tools": 10,
        "image": 3,
        "many": 200,
        "threads": 30,
    },
)
SHORT = Extent(
    rounds=1,
    amounts={
        **dict.fromkeys(LONG.amounts, 1),
        "invoke": 20,
        "first_chunk": 5,
        "session": 20,
        "many": 20,
        "threads": 3,
    },
)
ALONE = ("first", "image")
"""What wants a new process each time."""
ONCE = ("session",)
"""What takes the slowest half a minute, and is an average of many calls by itself."""


class Worker:
    """The process that measures one subject."""

    def __init__(self, subject: str, port: str) -> None:
        self._process = program("worker.py", subject, port)

    def measure(self, case: str, amount: int) -> Figures:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        print(json.dumps([case, amount]), file=stdin, flush=True)
        answer = stdout.readline()
        assert answer, f"the process died that measures {case}"
        figures: Figures = json.loads(answer)
        return figures

    def close(self) -> None:
        self._process.communicate()


def program(name: str, *arguments: str) -> subprocess.Popen[str]:
    own = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    command = [sys.executable, "-W", "ignore", str(FOLDER / name), *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=own)


@contextmanager
def served() -> Iterator[str]:
    """The port of a server that runs meanwhile."""
    server = program("server.py")
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.communicate()


def import_time(subject: str) -> Figures:
    script = f"import time; t = time.process_time(); {IMPORTS[subject]}; print(time.process_time() - t)"
    own = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], check=True, stdout=subprocess.PIPE, text=True, env=own
    )
    return {"ms": 1000 * float(done.stdout)}


def installed(subject: str) -> bool:
    try:
        return subject not in PEERS or bool(version(subject))
    except PackageNotFoundError:
        return False


def measured(extent: Extent) -> Results:
    """All figures. In a round each subject has its turn, so that what else the machine does weighs on all alike."""
    subjects = [subject for subject in IMPORTS if installed(subject)]
    results: Results = {(case, subject): [] for case in extent.amounts for subject in subjects}
    with served() as port, ExitStack() as closing:
        workers = {subject: Worker(subject, port) for subject in subjects}
        for worker in workers.values():
            closing.callback(worker.close)
        for case, amount in extent.amounts.items():
            for number in range(1 if case in ONCE else extent.rounds):
                for subject in subjects if number % 2 == 0 else reversed(subjects):
                    if case == "import":
                        figures = import_time(subject)
                    elif case in ALONE:
                        worker = Worker(subject, port)
                        figures = worker.measure(case, amount)
                        worker.close()
                    else:
                        figures = workers[subject].measure(case, amount)
                    results[case, subject].append(figures)
    return results


def ratios(results: Results, row: Row, ours: str, other: str) -> list[float]:
    """One of each round, in order of size; none where the other is not installed."""
    rounds = zip(results[row.case, ours], results.get((row.case, other), ()), strict=False)
    return sorted(one[row.figure] / two[row.figure] for one, two in rounds if two[row.figure])


def ratio(results: Results, row: Row, ours: str, other: str) -> float | None:
    """The median of the rounds' ratios; None where the other is not installed."""
    each = ratios(results, row, ours, other)
    return median(each) if each else None


def spread(each: list[float]) -> str:
    """The median, and between which figures it lies where there are several."""
    if not each:
        return "-"
    between = f", {rounded(each[0])} to {rounded(each[-1])}" if len(each) > 1 else ""
    return f"{rounded(median(each))}{between}"


def rounded(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}" if value < 10 else f"{value:.0f}"


def table(results: Results, extent: Extent) -> str:
    """The figures as Markdown: medians of every subject, then our ratios with what they should be."""
    subjects = list(dict.fromkeys(subject for _, subject in results))
    head = [*subjects, *(f"{ours} / {other}" for ours, other in PAIRS)]
    lines = [["", *head], ["---", *("---:" for _ in head)]]
    for row in ROWS:
        medians = [rounded(median(each[row.figure] for each in results[row.case, subject])) for subject in subjects]
        cells = []
        for (ours, other), aim in zip(PAIRS, row.aims, strict=True):
            aimed = "" if aim is None else f" ({'≥' if row.at_least else '≤'} {aim:g})"
            cells.append(spread(ratios(results, row, ours, other)) + aimed)
        lines.append([row.title.format(**extent.amounts), *medians, *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


LEFT, WIDE, HIGH, TOP = 330, 620, 40, 70
COLOURS = ((66, 103, 178), (102, 166, 30))


def draw(results: Results, extent: Extent, path: Path) -> None:
    """Bars of what we cost in each case, where the peer costs 1."""
    rows = [row for row in ROWS if not row.at_least]
    image = Image.new("RGB", (LEFT + WIDE + 70, TOP + HIGH * len(rows) + 10), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=14)
    for number, (ours, other) in enumerate(PAIRS[1:]):
        pen.rectangle((LEFT + 280 * number, 12, LEFT + 280 * number + 14, 26), fill=COLOURS[number])
        pen.text((LEFT + 280 * number + 22, 11), f"{ours} / {other}", fill="black", font=font)
    for mark in (0, 0.25, 0.5, 0.75, 1):
        x = LEFT + int(WIDE * mark)
        pen.line((x, TOP - 8, x, TOP + HIGH * len(rows)), fill=(90, 90, 90) if mark == 1 else (220, 220, 220))
        pen.text((x - 8, TOP - 28), f"{mark:g}", fill="black", font=font)
    for number, row in enumerate(rows):
        y = TOP + HIGH * number
        title = row.title.format(**extent.amounts).replace("µ", "u")  # which Pillow's own font has not
        pen.text((10, y + 8), title, fill="black", font=font)
        for bar, (ours, other) in enumerate(PAIRS[1:]):
            share = ratio(results, row, ours, other)
            if share is not None:
                top, end = y + 4 + 15 * bar, LEFT + int(WIDE * min(share, 1))
                pen.rectangle((LEFT, top, max(end, LEFT + 1), top + 12), fill=COLOURS[bar])
                pen.text((end + 6, top - 2), rounded(share), fill="black", font=ImageFont.load_default(size=11))
    image.save(path, optimize=True)


NOISE = (
    "This is the short form: one round with few calls, which shows that everything runs. A ratio of it can be wrong by "
    "half, and is no figure to go by; `make benchmark` without CI in the environment measures."
)


def about() -> str:
    """What was measured, and where."""
    packages = [f"{name} {version(name)}" for name in ("httpx", "langchain-core", *filter(installed, PEERS))]
    return f"Python {sys.version.split()[0]}, {', '.join(packages)}; {os.cpu_count()} cores"


@pytest.mark.benchmark
@pytest.mark.timeout(3600)
def test_what_it_costs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A reader of README can run what it quotes."""
    short = bool(os.environ.get("CI"))
    extent = SHORT if short else LONG
    results = measured(extent)
    path = tmp_path / "chart.png" if short else CHART
    draw(results, extent, path)
    with capsys.disabled():
        print(f"\n\n{table(results, extent)}\n\n{about()}")
        if short:
            print(NOISE)
    assert all(figures for figures in results.values())
    assert path.stat().st_size > 0


def test_the_order_of_amounts_is_that_of_the_table() -> None:
    """A case that is measured and not shown would be work for nothing, and one that is not measured cannot be shown."""
    shown = list(dict.fromkeys(row.case for row in ROWS))
    assert shown == list(LONG.amounts) == list(SHORT.amounts)


def test_a_ratio_is_of_figures_of_one_round() -> None:
    """A machine that is busy in one round is busy for both."""
    results: Results = {
        ("invoke", "ChatGenAI"): [{"us": 1.0}, {"us": 30.0}, {"us": 1.0}],
        ("invoke", "least"): [{"us": 2.0}, {"us": 60.0}, {"us": 2.0}],
    }
    row = next(row for row in ROWS if row.case == "invoke")
    assert ratio(results, row, "ChatGenAI", "least") == 0.5
    assert ratio(results, row, "ChatGenAI", "google-genai") is None


def test_a_ratio_shows_between_which_figures_it_lies() -> None:
    """One of 0.8 that was 0.5 in one round and 2 in another says nothing; a single round cannot show it."""
    assert spread([0.5, 0.8, 2.0]) == "0.80, 0.50 to 2.00"
    assert spread([0.8]) == "0.80"
    assert spread([]) == "-"
