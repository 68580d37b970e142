"""The probes of Google's service, with the emulator standing in for it: nothing here was tried on the service."""

import io
import os
import re
import signal
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from langchain_genai_chat.emulator import Emulator, Fault, Received
from langchain_genai_chat.emulator.scripted import Answer
from langchain_genai_chat.genai import Client

from .__main__ import NOTHING, main
from ._facts import facts_of
from ._recorded import Recordings
from ._wire import Exchange

ROOT = Path(__file__).parents[2]
KEY = "key-of-the-reader"
OWN = ("GEMINI_", "GOOGLE_", "LANGCHAIN_", "LANGSMITH_", "LIVE_", "GENAI_RECORDINGS")
CANNOT = {"system instruction", "code execution", "Google Search"}
WATCHED = """
import sys
from tests.live.__main__ import main  # urllib3, which LangChain imports, tries a socket then
sys.addaudithook(lambda event, _: event.startswith("socket.") and print(event))
sys.exit(main([]))
"""
# A shell's background job ignores the signal, and so would its children.
INTERRUPTIBLE = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("tests.live", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A run: how it ended, what it printed, and what the stand-in received."""

    status: int
    text: str
    requests: list[Received]

    @property
    def rows(self) -> dict[str, str]:
        """The service's cell by the name of the probe, both on one line."""
        rows: dict[str, str] = {}
        begun = ""
        for line in self.text.splitlines():
            name, *cells = (cell.strip() for cell in line.split(" | "))
            if cells:
                is_begun = re.match(r"held|FAILED|cannot|skipped", cells[0]) is not None
                begun = name if is_begun else f"{begun} {name}".strip()
                before = "" if is_begun else rows.pop(begun.removesuffix(f" {name}") if name else begun, "")
                rows[begun] = f"{before} {cells[0]}".strip()
        return rows


def run_on(service: Emulator, patch: pytest.MonkeyPatch, *arguments: str, **environ: str) -> Printed:
    """Run the program in this process, with a stand-in for the service and nobody's own environment."""
    for name in [name for name in os.environ if name.startswith(OWN)]:
        patch.delenv(name)
    given = {"GOOGLE_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": service.base_url, "COLUMNS": "200", **environ}
    for name, value in given.items():
        patch.setenv(name, value)
    with redirect_stdout(io.StringIO()) as printed:
        status = main(arguments)
    return Printed(status=status, text=printed.getvalue(), requests=service.requests)


@pytest.fixture(scope="module")
def whole() -> Printed:
    """One run of everything."""
    with pytest.MonkeyPatch.context() as patch, Emulator(api_key=KEY) as service:
        return run_on(service, patch, "--search")


def test_every_probe_holds_on_the_emulator_or_says_why_it_cannot(whole: Printed):
    """A probe that fails here would say nothing about the service; what a test server lacks is said in its row."""
    assert whole.status == 0
    assert "FAILED" not in whole.text
    assert {name for name, cell in whole.rows.items() if cell.startswith("cannot (it ")} == CANNOT
    assert len([cell for cell in whole.rows.values() if cell.startswith("held")]) > 55


def test_the_stand_in_agrees_with_the_emulator_in_every_row(whole: Printed):
    """They are the same, so a disagreement would be the comparison's own."""
    assert re.search(r"^emulator: \d+ agrees$", whole.text, re.MULTILINE)


def test_everything_that_was_created_is_deleted(whole: Printed):
    """Files and caches cost, or stay for two days."""
    assert whole.text.endswith("All that was created was deleted.\n")
    made = [one for one in whole.requests if one.method == "POST" and re.search(r"/(files|cachedContents)$", one.path)]
    gone = {one.path for one in whole.requests if one.method == "DELETE" and one.status == 200}
    assert len(made) == 3  # a cache; a file's start and its bytes
    assert len(gone) == 2


def test_what_was_spent_is_said_and_is_what_the_answers_told(whole: Printed):
    """A default cap that one run reaches would be none that a reader can use."""
    spent = re.search(r"Spent: (\d+) tokens, with a cap of 100000", whole.text)
    assert spent is not None
    assert "Asked: 127.0.0.1, which is not Google's; " in whole.text
    assert 1_000 < int(spent[1]) < 50_000


def test_the_key_is_printed_nowhere(whole: Printed, monkeypatch: pytest.MonkeyPatch):
    """Nor where the service repeats it, as an error or as anything else that is shown."""
    assert KEY not in whole.text
    answers: list[Answer] = [Fault.of("INVALID_ARGUMENT", KEY), {"candidates": [{"finishReason": f"{KEY}-{KEY}"}]}]
    for answer in answers:
        with Emulator(api_key=KEY) as service:
            service.script(answer)
            failed = run_on(service, monkeypatch, "--only", "max tokens")
        assert failed.rows["max tokens"].startswith("FAILED")
        assert KEY not in failed.text
    assert "***-***" in failed.text


def test_without_a_key_it_says_so_and_opens_no_socket():
    """Neither the service is asked nor the emulator started."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    command = [sys.executable, "-c", WATCHED]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=110, check=False)
    assert (done.returncode, done.stdout.splitlines()) == (0, [NOTHING])


def test_no_probe_is_begun_once_the_cap_is_reached(monkeypatch: pytest.MonkeyPatch):
    """The first answer takes more than one token."""
    with Emulator(api_key=KEY) as service:
        stopped = run_on(service, monkeypatch, "--tokens", "1", "--only", "text")
    assert stopped.status == 0
    assert "Stopped before 'text, streamed': the cap of 1 tokens is reached." in stopped.text
    assert [one.path.rpartition(":")[2] for one in stopped.requests[1:]] == ["generateContent"]


def test_a_probe_that_fails_is_shown_and_ends_with_1(monkeypatch: pytest.MonkeyPatch):
    """With its claim, and with what the service showed."""
    with Emulator(answer=lambda _: "I do not know.", api_key=KEY) as service:
        failed = run_on(service, monkeypatch, "--only", "two turns", "--only", "preview")
    assert failed.status == 1
    assert failed.rows["two turns"].startswith("FAILED (not so: the second reply knows the name); STOP, ")
    assert failed.rows["preview"].startswith("held")
    assert "service:  1 failed, 1 held" in failed.text


def test_a_row_says_how_the_emulator_differs(monkeypatch: pytest.MonkeyPatch):
    """What it is known not to do is no disagreement; what else it shows, or does not show, is one."""
    bare = {"candidates": [{"content": {"role": "model", "parts": [{"text": "PINEAPPLE"}]}, "finishReason": "STOP"}]}
    with Emulator(answer=lambda _: bare, api_key=KEY) as service:
        shown = run_on(service, monkeypatch, "--only", "system instruction", "--only", "safety settings")
    assert re.search(r"held; STOP, text +\| cannot \(it follows no instructions\); only the", shown.text)
    assert re.search(r"held; STOP, text +\| disagrees; only the emulator: signed text", shown.text)
    assert "emulator: 1 cannot, 1 disagrees" in shown.text


@pytest.mark.parametrize("kept", ["file", "cache"])
def test_what_a_failed_probe_created_is_deleted(kept: str, monkeypatch: pytest.MonkeyPatch):
    """The probe ends before it deletes it itself."""
    with Emulator(answer=lambda _: Fault.of("INVALID_ARGUMENT"), api_key=KEY) as service:
        failed = run_on(service, monkeypatch, "--only", kept)
    assert failed.rows[kept].startswith("FAILED (")
    assert [one.status for one in failed.requests if one.method == "DELETE"] == [200]
    assert "All that was created was deleted." in failed.text


def test_what_cannot_be_deleted_is_named(monkeypatch: pytest.MonkeyPatch):
    """So that the reader can do it; here somebody else was faster."""

    def take_away(_: Received) -> Fault:
        with Client(vertexai=False, api_key=KEY, http_options={"base_url": service.base_url}) as client:
            client.files.delete(name=next(iter(client.files.list())).name or "")
        return Fault.of("INVALID_ARGUMENT")

    with Emulator(answer=take_away, api_key=KEY) as service:
        failed = run_on(service, monkeypatch, "--only", "file")
    assert re.search(r"NOT deleted: files/\w+$", failed.text, re.MULTILINE)


def test_an_interrupt_ends_with_the_rows_so_far_and_nothing_left():
    """The reader's Ctrl-C comes while a file is there and asked about."""
    started: list[subprocess.Popen[str]] = []

    def interrupt(received: Received) -> None:
        if any("fileData" in part for part in received.body["contents"][-1]["parts"]):
            started[0].send_signal(signal.SIGINT)

    with Emulator(answer=interrupt, api_key=KEY) as service:
        environ = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
        environ |= {"GOOGLE_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": service.base_url}
        command = [sys.executable, "-c", INTERRUPTIBLE, "--only", "preview", "--only", "file"]
        with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as process:
            started.append(process)
            shown, _ = process.communicate(timeout=110)
        deleted = [one.status for one in service.requests if one.method == "DELETE"]
    assert process.returncode == 130
    assert re.search(r"^preview +\| held", shown, re.MULTILINE)
    assert "Interrupted." in shown
    assert re.search(r"^Spent: [1-9]\d* tokens", shown, re.MULTILINE)
    assert deleted == [200]
    assert shown.endswith("All that was created was deleted.\n")


def test_a_key_that_is_refused_is_told_once(monkeypatch: pytest.MonkeyPatch):
    """Rather than in every row."""
    with Emulator(api_key="another-key") as service:
        refused = run_on(service, monkeypatch)
    assert refused.status == 1
    assert "Refused, so nothing more was asked: 400 INVALID_ARGUMENT: API key not valid." in refused.text
    assert len(refused.requests) == 1


def test_a_key_of_vertex_ai_is_used_there_and_only_there(monkeypatch: pytest.MonkeyPatch):
    """Express mode: the key stands for the project."""
    with Emulator(api_key=KEY) as service:
        environ = {"GOOGLE_GENAI_USE_VERTEXAI": "true", "GOOGLE_VERTEX_BASE_URL": service.base_url}
        shown = run_on(service, monkeypatch, **environ)
    assert shown.status == 0
    assert {one.path.split("/")[2] for one in shown.requests} == {"publishers"}
    skipped = [cell for cell in shown.rows.values() if cell.startswith("skipped")]
    assert skipped == ["skipped (GOOGLE_GENAI_USE_VERTEXAI is set: the key is Vertex AI's)"]
    held = [name for name, cell in shown.rows.items() if cell.startswith("held")]
    assert len(held) == 11
    assert all(name.endswith(", Vertex AI") for name in held)


def test_every_probe_has_a_name_of_its_own_and_a_claim(capsys: pytest.CaptureFixture[str]):
    """The list is what a reader decides by, before anything is asked."""
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [line[:40] for line in lines]
    assert len(names) == len(set(names)) > 60
    assert all(re.fullmatch(r"\S.*  \S.*\.", line) for line in lines)


def exchange(text: str, model: str = "gemini-3.5-flash") -> Exchange:
    """An answer to a plain question."""
    return Exchange(
        http_method="POST",
        url=f"https://generativelanguage.googleapis.com/v1beta/models/{model}:generateContent",
        request={"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]},
        status=200,
        text=text,
    )


@pytest.mark.parametrize(
    ("answer", "verdict", "words"),
    [
        ('{"candidates": [{"finishReason": "OTHER"}]}', "disagrees", r"only here: OTHER; only there: .*STOP"),
        (
            '{"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}]}',
            "tokens differ",
            "prompt",
        ),
    ],
)
def test_recordings_tell_how_an_answer_differs_from_them(answer: str, verdict: str, words: str, recordings):
    """What kind of parts came weighs more than which tokens were counted."""
    assert recordings("errors.jsonl")
    found = Recordings(Path(os.environ["GENAI_RECORDINGS"])).compare([exchange(answer, "gemini-2.5-flash")])
    assert found[0] == verdict
    assert re.search(words, found[1])


def test_a_request_like_none_that_was_recorded_is_told_apart(recordings):
    """Its row may agree for the other requests; it says that one was left out."""
    known, unknown = recordings("count-tokens.jsonl")[0], exchange("{}", "gemini-9")
    given = {key: known[key] for key in ("http_method", "url", "status", "request")}
    compared = Recordings(Path(os.environ["GENAI_RECORDINGS"]))
    answered = replace(unknown, text='{"candidates": [{"finishReason": "STOP"}]}')
    assert compared.compare([answered]) == ("none", "none fits")
    verdict, words = compared.compare([Exchange(text=known["response_text"], **given), answered])
    assert verdict == "agrees"
    assert words.endswith("countTokens; none for 1 of the requests")


def test_each_recorded_exchange_agrees_with_the_recordings(recordings):
    """The comparison finds what it looks for, for every kind of request that was recorded."""
    compared = Recordings(Path(os.environ["GENAI_RECORDINGS"]))
    for name in ("gemini-generate.jsonl", "vertex-stream.jsonl", "caches.jsonl", "errors.jsonl"):
        for one in [each for each in recordings(name) if each["url"]][:40]:
            given = {key: one[key] for key in ("http_method", "url", "status")}
            heard = Exchange(request=one["request"] or {}, text=one["response_text"], **given)
            assert compared.compare([heard])[0] == ("agrees" if facts_of(heard) else "none"), one["id"]
