"""pytest's fixture `gemini`: a running emulator, with an environment that leads to it.

Knows pytest, which loads this file in every run: so it imports nothing else before the fixture is used.
"""

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from . import Emulator

DIVERTING = ("USE_ENTERPRISE", "USE_VERTEXAI", "API_VERSION")
_used: pytest.StashKey["Emulator"] = pytest.StashKey()


@pytest.fixture(scope="session")
def gemini_server() -> Iterator["Emulator"]:
    """The session's emulator; override this fixture for other settings, say `Emulator(models=["my-model"])`."""
    try:
        from . import Emulator  # noqa: PLC0415 - an extra, and pytest loads this file without it too
    except ModuleNotFoundError as missing:
        pytest.fail(str(missing), pytrace=False)
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def gemini(gemini_server: "Emulator", request: pytest.FixtureRequest) -> Iterator["Emulator"]:
    """An `Emulator` without script and requests, to which Gemini clients that are made in the test connect.

    Keys and base URLs of the environment, Vertex AI's too, are set to it; what would lead elsewhere is unset. A test
    that passes but leaves scripted answers unused fails, unless it ends with `gemini.reset()`. A failing test's report
    lists the requests, and why they were refused.
    """
    gemini_server.reset()
    request.node.stash[_used] = gemini_server
    with pytest.MonkeyPatch.context() as environment:
        for name in ("CLOUD_PROJECT", "CLOUD_LOCATION", *(f"GENAI_{each}" for each in DIVERTING)):
            environment.delenv(f"GOOGLE_{name}", raising=False)
        for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY"):
            environment.setenv(name, "made-up-key")
        for name in ("GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL"):
            environment.setenv(name, gemini_server.base_url)
        proxied = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
        environment.setenv("no_proxy", ",".join(filter(None, (proxied, "127.0.0.1"))))
        yield gemini_server


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that left answers unused, and put the emulator's requests into the report."""
    try:
        result = yield
        if item.stash.get(_used, None) is not None and (unused := item.stash[_used].unused):
            words = "not asked for; script what the test asks for, or end it with `gemini.reset()`"
            pytest.fail(f"{len(unused)} scripted answer(s) {words}: {unused!r}", pytrace=False)
        return result
    finally:
        if item.stash.get(_used, None) is not None:
            item.add_report_section("call", "gemini", "\n".join(map(str, item.stash[_used].requests[-20:])))
