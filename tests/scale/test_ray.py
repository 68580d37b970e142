"""Many prompts on several workers of Ray Data: the model goes there pickled, and needs no code of ours for it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from langchain_genai_chat.emulator import Emulator, Fault, Received
from langchain_genai_chat.emulator.scripted import Answer

pytestmark = [pytest.mark.serial, pytest.mark.timeout(300)]

PROGRAM = Path(__file__).with_name("answer_many.py")
PROMPTS = 1_000
BAD = {3, 500, 999}


def answer(asked: Received) -> Answer | None:
    """A few prompts are refused."""
    text = asked.body["contents"][-1]["parts"][0]["text"]
    return Fault.of("INVALID_ARGUMENT", "This one is refused.") if int(text.split()[-1]) in BAD else None


@pytest.mark.scale
@pytest.mark.behaviour("B110")
def test_a_thousand_prompts_are_answered_in_order_and_failures_stay_with_their_rows(tmp_path: Path) -> None:
    """Each worker has a model of its own with one client, which keeps to its own rate."""
    pytest.importorskip("ray.data", reason="ray is not installed")
    prompts, results = tmp_path / "prompts.txt", tmp_path / "results.json"
    prompts.write_text("\n".join(f"Tell me of number {number}" for number in range(PROMPTS)), encoding="utf-8")
    with TemporaryDirectory(prefix="ray") as folder, Emulator(answer=answer) as emulator:  # a short path, for sockets
        env = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "RAY_TMPDIR": folder}
        command = [sys.executable, str(PROGRAM), emulator.base_url, str(prompts), str(results)]
        subprocess.run(command, env=env, check=True, timeout=280)
        assert len(emulator.requests) == PROMPTS
    rows: list[dict[str, Any]] = json.loads(results.read_text(encoding="utf-8"))
    assert [int(row["prompt"].split()[-1]) for row in rows] == list(range(PROMPTS))
    failed = {number for number, row in enumerate(rows) if row["error"]}
    assert failed == BAD
    assert {row["error"] for row in rows if row["error"]} == {"RefusedRequestError"}
    assert all(f"number {number}" in row["text"] for number, row in enumerate(rows) if number not in BAD)
    assert len({row["client"] for row in rows}) == 2
    assert {row["rate"] for row in rows} == {400}
