"""The fixture `gemini` as its users have it: their tests, in a pytest of its own, and what it prints.

Each project is written to a new folder; nothing of this project's configuration is in force there.
"""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from langchain_genai_chat.emulator import Emulator

pytest_plugins = ["pytester"]

CONFIGURATION = """
[pytest]
addopts = -p no:cacheprovider
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
filterwarnings = error
"""
IMPORTS = """
import pytest
from langchain_genai_chat import ChatGenAI, errors
from langchain_genai_chat.emulator import Call, Cut, Emulator, Fault, Reply

MODEL = "gemini-3.5-flash"
"""


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    """Projects that run in this process find their libraries loaded: pytester forgets what they load themselves."""
    for name in ("google.genai", "httpcore", "langchain.agents", "langchain_google_genai", "uvicorn"):
        import_module(name)


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini(CONFIGURATION)
    return pytester


def run(project: pytest.Pytester, tests: str, *options: str) -> pytest.RunResult:
    project.makepyfile(test_users=IMPORTS + tests)
    return project.runpytest(*options)


def test_an_agent_is_tested_with_scripted_answers(project: pytest.Pytester) -> None:
    """The whole of it as users write it: calls in, results out, ids and signatures by themselves."""
    done = run(
        project,
        """
from langchain.agents import create_agent

def get_weather(city: str) -> str:
    "Get the weather."
    return f"sunny in {city}"

def test_agent(gemini: Emulator) -> None:
    gemini.script(Reply("Wait.", Call("get_weather", city="Rome"), Call("get_weather", city="Oslo")), "Sunny in both.")
    agent = create_agent(ChatGenAI(model=MODEL), [get_weather])
    state = agent.invoke({"messages": [("human", "Weather in Rome and Oslo?")]})
    assert [one.text for one in state["messages"][2:]] == ["sunny in Rome", "sunny in Oslo", "Sunny in both."]
    assert state["messages"][-1].usage_metadata["output_tokens"] == 5
    first, second = gemini.requests
    assert first.prompt == "Weather in Rome and Oslo?"
    assert [part["functionResponse"]["name"] for part in second.body["contents"][-1]["parts"]] == ["get_weather"] * 2
""",
    )
    done.assert_outcomes(passed=1)


def test_faults_are_scripted_between_answers(project: pytest.Pytester) -> None:
    """429 with its delay, 503, a broken connection, a cut stream, a silent one, a slow one, and a function."""
    done = run(
        project,
        """
import time

def test_faults(gemini):
    gemini.script(Fault.of("RESOURCE_EXHAUSTED", retry_delay_s=0.01), Fault.of("UNAVAILABLE"), Cut, "Done.")
    assert ChatGenAI(model=MODEL, max_retries=3).invoke("Hi").text == "Done."
    assert [each.status for each in gemini.requests] == [429, 503, 200, 200]

async def test_streams(gemini):
    model = ChatGenAI(model=MODEL)
    gemini.script(["It is ", 0.2, "sunny."], ["It is ", Cut], Reply("It is", finish_reason="MAX_TOKENS"))
    begun = time.monotonic()
    assert "".join([chunk.text async for chunk in model.astream("Hi")]) == "It is sunny."
    assert time.monotonic() - begun >= 0.2
    seen = []
    with pytest.raises(errors.ConnectionFailedError):
        async for chunk in model.astream("Hi"):
            seen.append(chunk.text)
    assert "".join(seen) == "It is "
    chunks = [chunk async for chunk in model.astream("Hi")]
    assert chunks[-1].response_metadata["finish_reason"] == "MAX_TOKENS"

def test_functions(gemini):
    def slowly(request):
        time.sleep(0.2)
        return request.prompt.upper()
    gemini.script(slowly, lambda request: None)
    model = ChatGenAI(model=MODEL)
    assert (model.invoke("Hi").text, model.invoke("Hi").text) == ("HI", "Hello! How can I help you?")

def test_blocked(gemini):
    gemini.script(Reply(finish_reason="SAFETY"))
    assert ChatGenAI(model=MODEL).invoke("Hi").response_metadata["finish_reason"] == "SAFETY"
""",
    )
    done.assert_outcomes(passed=4)


def test_whatever_client_the_code_makes_reaches_the_emulator(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a key, a project, a switch or a proxy of the developer's may lead a test to Google's service."""
    for name in ("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"):
        monkeypatch.setenv(name, "true")
    for name in ("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "GEMINI_API_KEY", "GOOGLE_GENAI_API_VERSION"):
        monkeypatch.setenv(name, "developers-own")
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    done = run(
        project,
        """
import os
from google import genai
from langchain_google_genai import ChatGoogleGenerativeAI

BEFORE = dict(os.environ)

@pytest.mark.filterwarnings("ignore")
def test_clients(gemini):
    gemini.script(*"abcd")
    assert ChatGenAI(model=MODEL).invoke("Hi").text == "a"
    account = {"vertexai": True, "project": "p", "location": "global", "credentials": lambda: "made-up-token"}
    assert ChatGenAI(model=MODEL, **account).invoke("Hi").text == "b"
    with genai.Client() as client:
        assert client.models.generate_content(model=MODEL, contents="Hi").text == "c"
    assert ChatGoogleGenerativeAI(model=MODEL).invoke("Hi").text == "d"
    keys = [each.headers.get("x-goog-api-key") for each in gemini.requests]
    assert keys == ["made-up-key", None, "made-up-key", "made-up-key"]

def test_afterwards():
    assert dict(os.environ).items() >= {k: v for k, v in BEFORE.items() if k != "PYTEST_CURRENT_TEST"}.items()
    assert "GOOGLE_GEMINI_BASE_URL" not in os.environ
""",
    )
    done.assert_outcomes(passed=2)


def test_answers_that_nobody_asked_for_fail_the_test(project: pytest.Pytester) -> None:
    """A test that expects two requests and sees one has not shown what it says; a failed one has said enough."""
    done = run(
        project,
        """
def test_unused(gemini):
    gemini.script("One.", Call("two", x=1))
    ChatGenAI(model=MODEL).invoke("Hi")

def test_failed(gemini):
    gemini.script("One.")
    raise ValueError("before")

def test_forgiven(gemini):
    gemini.script("One.")
    gemini.reset()

@pytest.mark.xfail
def test_expected(gemini):
    gemini.script("One.")

def test_next(gemini):
    assert (gemini.unused, gemini.requests) == ([], [])
""",
    )
    done.assert_outcomes(failed=2, passed=2, xfailed=1)
    done.stdout.fnmatch_lines(
        ["1 scripted answer(s) not asked for; script what the test asks for, or end it with `gemini.reset()`: *'two'*"]
    )
    said = [line for line in done.stdout.lines if "not asked for;" in line and not line.startswith("FAILED")]
    assert len(said) == 1  # of the first test only; where CI is set, pytest's summary repeats it


def test_a_failing_test_shows_what_was_sent_and_why_it_was_refused(project: pytest.Pytester) -> None:
    """Else the reader has Google's words, and no way to what they mean."""
    done = run(
        project,
        """
def test_refused(gemini):
    ChatGenAI(model=MODEL).invoke("Hi", stop=list("abcdef"))

def test_raises(gemini):
    def look(request):
        raise KeyError("tools")
    gemini.script(look)
    ChatGenAI(model=MODEL, max_retries=0).invoke("Hi")
""",
    )
    done.assert_outcomes(failed=2)
    path = "POST /v1beta/models/gemini-3.5-flash:generateContent"
    done.stdout.fnmatch_lines(
        [
            "*Captured gemini call*",
            f"{path} -> 400, refused: stop sequences must be at most 5 (seen in: discovery document*",
            f"{path} -> 500, refused: the scripted function raised KeyError('tools')",
        ]
    )


def test_each_worker_of_xdist_has_an_emulator(project: pytest.Pytester) -> None:
    """Scripts of tests that run at once must not mix."""
    done = run(
        project,
        """
@pytest.mark.parametrize("number", range(8))
def test_own(gemini, number):
    gemini.script(str(number))
    assert ChatGenAI(model=MODEL).invoke("Hi").text == str(number)
    assert len(gemini.requests) == 1
""",
        "-n2",
    )
    done.assert_outcomes(passed=8)


def test_async_tests_use_it_under_any_runner(project: pytest.Pytester) -> None:
    """The server has a thread and a loop of its own."""
    done = run(
        project,
        """
from langchain_genai_chat import genai

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_anyio(gemini, anyio_backend):
    gemini.script("Hi.")
    async with genai.Client().aio as client:
        assert (await client.models.generate_content(model=MODEL, contents="Hi")).text == "Hi."
""",
        "-o",
        "asyncio_mode=strict",
    )
    done.assert_outcomes(passed=2)


def test_a_test_that_forbids_blocking_is_not_disturbed(project: pytest.Pytester) -> None:
    """The tool blockbuster watches every event loop of the process, the emulator's too."""
    done = run(
        project,
        """
from blockbuster import blockbuster_ctx
from langchain_genai_chat import genai

async def test_good_and_bad_requests(gemini):
    gemini.script("Hi.")
    with blockbuster_ctx():
        async with genai.Client().aio as client:
            assert (await client.models.generate_content(model=MODEL, contents="Hi")).text == "Hi."
            with pytest.raises(genai.errors.ClientError):
                await client.models.generate_content(model="none", contents="Hi")
""",
    )
    done.assert_outcomes(passed=1)


def test_the_server_is_the_users_to_choose(project: pytest.Pytester) -> None:
    """Models that this release does not know, keys that are wrong."""
    done = run(
        project,
        """
@pytest.fixture(scope="session")
def gemini_server():
    with Emulator(models=["my-model"], answer=lambda request: "Mine.") as emulator:
        yield emulator

def test_mine(gemini):
    assert ChatGenAI(model="my-model").invoke("Hi").text == "Mine."
""",
    )
    done.assert_outcomes(passed=1)


def test_unittest_and_dynamic_requests_are_checked_too(project: pytest.Pytester) -> None:
    """However the fixture is asked for, what is left over is seen."""
    done = run(
        project,
        """
import unittest

class TestOld(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _gemini(self, gemini):
        self.gemini = gemini

    def test_left(self):
        self.gemini.script("One.")

    def test_good(self):
        self.gemini.script("One.")
        self.assertEqual(ChatGenAI(model=MODEL).invoke("Hi").text, "One.")

def test_dynamic(request):
    request.getfixturevalue("gemini").script("One.")
""",
    )
    done.assert_outcomes(failed=2, passed=1)


WITHOUT = """
import sys

class Hidden:
    "Stands for an environment without the emulator's extra."

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in {"starlette", "uvicorn"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden)
"""


def test_without_the_extra_pytest_runs_and_the_fixture_says_what_to_install(project: pytest.Pytester) -> None:
    """The plugin comes with the package, the extra does not."""
    project.makeconftest(WITHOUT)
    project.makepyfile("""
        def test_without(): ...
        def test_with(gemini): ...
    """)
    done = project.runpytest_subprocess()
    done.assert_outcomes(passed=1, errors=1)
    install = "pip install 'langchain-genai-chat[[]emulator[]]'"
    done.stdout.fnmatch_lines([f"No module named '*'; the emulator is installed with: {install}"])


LOADED = """
import sys
HEAVY = ("langchain_core", "starlette", "uvicorn", "httpx", "pydantic")
def pytest_sessionfinish(session):
    ours = [name for name in sys.modules if name.startswith("langchain_genai_chat")]
    print("loaded:", *sorted(ours), *(name for name in HEAVY if name in sys.modules))
"""


def test_pytest_loads_three_small_files_until_the_fixture_is_used(project: pytest.Pytester) -> None:
    """Every run of every project in the environment pays for a plugin."""
    project.makeconftest(LOADED)
    project.makepyfile("def test_nothing(): ...")
    ours = ("-p", "langchain_genai_chat.emulator.pytest_plugin")
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    for name, value in alone.items():
        project._monkeypatch.setenv(name, value)
    done = project.runpytest_subprocess("-s", "-o", "asyncio_mode=", *ours, "-c", "/dev/null", "--rootdir=.")
    names = ("", "._version", ".emulator", ".emulator.pytest_plugin")
    done.stdout.fnmatch_lines([f"*loaded: {' '.join('langchain_genai_chat' + name for name in names)}"])


def test_the_plugin_is_found_by_its_entry_point() -> None:
    """Nobody should have to write a conftest.py."""
    command = [sys.executable, "-m", "pytest", "--fixtures", "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
    said = subprocess.run([*command, str(Path(__file__))], capture_output=True, text=True, check=False).stdout
    assert "gemini -- " in said
    assert "gemini_server [session scope] -- " in said


def test_the_fixture_serves_this_project_too(gemini: Emulator) -> None:
    """Typed, and in a configuration that takes every warning for an error."""
    assert gemini.base_url.startswith("http://127.0.0.1:")
