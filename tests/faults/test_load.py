"""Many streams at once through faults: each ends in its own answer or a typed error, none lost, none mixed."""

import asyncio
import itertools
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain_core import exceptions as core

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.emulator import Cut, Emulator, Fault
from langchain_genai_chat.genai import errors
from langchain_genai_chat.genai.types import RetryPolicy

pytestmark = [pytest.mark.serial, pytest.mark.timeout(300)]

MODEL = "gemini-3.5-flash"
STREAMS, CHUNKS = 200, 100
AT_ONCE = RetryPolicy(max_retries=2, first_delay_s=0.0, jitter_s=0.0)


def event(text: str, finish: str | None = None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": text}]}}
    return {"candidates": [candidate | ({"finishReason": finish} if finish else {})]}


class Rush:
    """Answers stream N with `N:0 N:1 ...`; how it goes wrong follows from N, and at which attempt too."""

    def __init__(self) -> None:
        self._attempts: Counter[int] = Counter()
        self._lock = threading.Lock()

    def __call__(self, received: Any) -> Any:
        number = int(received.body["contents"][0]["parts"][0]["text"])
        with self._lock:
            self._attempts[number] += 1
            attempt = self._attempts[number]
        events: list[Any] = [event(f"{number}:{step} ") for step in range(CHUNKS - 1)]
        events.append(event(f"{number}:{CHUNKS - 1} ", "STOP"))
        faults: dict[int, Any] = {
            3: [*events[:50], Cut],
            4: [*events[:50], {"error": {"code": 429, "message": "Made up.", "status": "RESOURCE_EXHAUSTED"}}],
            5: events[:50],
            6: Fault.of("INVALID_ARGUMENT"),
        }
        if attempt == 1:
            faults |= {1: Fault.of("UNAVAILABLE"), 2: [Cut]}
        return faults.get(number % 10, events)


def expected(number: int) -> tuple[int, type[Exception] | None]:
    """How many chunks come, and what error after them."""
    after: dict[int, tuple[int, type[Exception] | None]] = {
        3: (50, core.ModelConnectionError),
        4: (50, core.ModelRateLimitError),
        5: (50, core.ModelConnectionError),
        6: (0, core.ModelInvalidRequestError),
    }
    return after.get(number % 10, (CHUNKS, None))


def check(number: int, text: str, error: BaseException | None) -> None:
    count, kind = expected(number)
    assert text == "".join(f"{number}:{step} " for step in range(count)), f"stream {number}"
    if kind is None:
        assert error is None, repr(error)
    else:
        assert isinstance(error, kind), repr(error)
        assert isinstance(error, errors.APIError)
        assert error.partial == bool(count)


@pytest.mark.behaviour("B048")
async def test_200_streams_at_once_end_in_their_own_answers_or_typed_errors() -> None:
    """What a busy server does all day: one client, one loop, and a service that has its moments."""
    with Emulator(answer=Rush()) as emulator:
        async with ChatGenAI(model=MODEL, api_key="k", base_url=emulator.base_url, retry=AT_ONCE) as model:

            async def read(number: int) -> None:
                text, error = "", None
                try:
                    async for chunk in model.astream(str(number)):
                        text += str(chunk.text)
                except core.ModelError as problem:
                    error = problem
                check(number, text, error)

            await asyncio.gather(*(read(number) for number in range(STREAMS)))
        requests = Counter(each.body["contents"][0]["parts"][0]["text"] for each in emulator.requests)
    for number in range(STREAMS):
        assert requests[str(number)] == (2 if number % 10 in (1, 2) else 1)


@pytest.mark.behaviour("B055")
def test_32_threads_of_streams_end_in_their_own_answers_or_typed_errors() -> None:
    """The same for those who have threads instead."""
    with (
        Emulator(answer=Rush()) as emulator,
        ChatGenAI(model=MODEL, api_key="k", base_url=emulator.base_url, retry=AT_ONCE) as model,
        ThreadPoolExecutor(32) as pool,
    ):

        def read(number: int) -> None:
            text, error = "", None
            try:
                for chunk in model.stream(str(number)):
                    text += str(chunk.text)
            except core.ModelError as problem:
                error = problem
            check(number, text, error)

        for done in [pool.submit(read, number) for number in itertools.chain(range(40), range(40))]:
            done.result()
