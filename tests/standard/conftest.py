"""How cassettes are recorded, and how a request is found in them again.

What may stand in one is the package's to say; `make record` makes them anew, and says what was recorded.
"""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from vcr import VCR
from vcr.request import Request

from langchain_genai_chat.cassettes import VCR_CONFIG

Json = dict[str, Any]

RANDOM_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def steady(body: Any) -> Any:
    """A body's JSON in which ids that were made at random are numbered in the order of their coming."""
    text = body.decode() if isinstance(body, bytes) else body or "null"
    seen = list(dict.fromkeys(RANDOM_ID.findall(text)))
    return json.loads(RANDOM_ID.sub(lambda found: f"random-{seen.index(found[0])}", text))


def same_body(asked: Request, recorded: Request) -> None:
    """The matcher: equal as JSON, whatever order keys have and whatever was minted at random."""
    if steady(asked.body) != steady(recorded.body):
        raise AssertionError("the bodies differ")


def pytest_recording_configure(config: Any, vcr: VCR) -> None:
    vcr.register_matcher("same_body", same_body)


@pytest.fixture(scope="session")
def vcr_config() -> Json:
    return {**VCR_CONFIG, "match_on": ["method", "uri", "same_body"], "allow_playback_repeats": True}


@pytest.fixture
def recorder(vcr_config: Json) -> VCR:
    """What cassettes are recorded with, for tests of that."""
    config = {name: value for name, value in vcr_config.items() if name != "allow_playback_repeats"}
    made = VCR(record_mode="once", **config)
    made.register_matcher("same_body", same_body)
    return made


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    return str(Path(request.config.rootpath, "cassettes", Path(request.node.fspath).stem.removeprefix("test_")))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say who answered what was recorded."""
    if config.getoption("--record-mode") == "rewrite":
        texts = [path.read_text(encoding="utf-8") for path in Path(config.rootpath, "cassettes").rglob("*.yaml")]
        servers = Counter(server for text in texts for server in re.findall(r"      server:\n      - (.*)", text))
        for server, count in servers.items():
            terminalreporter.write_line(f"cassettes hold {count} answers of {server}")
