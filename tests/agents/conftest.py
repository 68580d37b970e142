"""One emulator for each file, and models that talk to it over sockets."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.emulator import Emulator

MODEL = "gemini-3.5-flash"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def google(emulator: Emulator) -> Iterator[Emulator]:
    """The emulator, which must not have had to refuse anything that the test did not ask it to."""
    emulator.reset()
    yield emulator
    assert [one.refused for one in emulator.requests if one.refused] == []


@pytest.fixture
def model(google: Emulator) -> Iterator[Callable[..., ChatGenAI]]:
    """Makes models, and closes them; a failed request is not sent again unless that is asked for."""
    with ExitStack() as made:
        yield lambda **given: made.enter_context(
            ChatGenAI(**{"model": MODEL, "api_key": "made-up", "base_url": google.base_url, "max_retries": 0, **given})
        )
