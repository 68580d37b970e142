"""What tests everywhere start from: an environment without anybody's keys, and the recorded traffic."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

Exchange = dict[str, Any]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's background job ignores it, and so would every process that a test starts and interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# On a busy machine an example may take any time; the rest is as Hypothesis has it, which under CI is repeatable.
settings.register_profile("unhurried", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

FOREIGN = ("GEMINI_", "GOOGLE_", "LANGCHAIN_", "LANGSMITH_", "LC_")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's key, project or tracing must neither help a test nor be used by one."""
    for name in os.environ:
        if name.startswith(FOREIGN):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def recordings() -> Callable[[str], list[Exchange]]:
    """Reads a file of recorded exchanges, say `recordings("gemini-generate.jsonl")`."""
    folder = os.environ.get("GENAI_RECORDINGS")
    if not folder:
        pytest.skip("GENAI_RECORDINGS names no folder of recorded traffic")

    def read(name: str) -> list[Exchange]:
        with Path(folder, name).open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    return read
