"""Whether a fault of the wire reaches a caller as the right answer, or as an error that tells what happened."""

import asyncio
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from operator import add
from typing import Any, TypeAlias

from google.genai import errors as google_errors
from langchain_core.exceptions import LangChainException, ModelError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_google_genai._common import GoogleGenerativeAIError

from langchain_genai_chat.genai.errors import APIError

from ..faults._faults import Fault, Flagged, Outcome, Raises, Right
from ..faults._server import FaultServer, Run
from ._packages import KEY, Make

TYPED = (
    APIError,
    LangChainException,
    ModelError,
    GoogleGenerativeAIError,
    google_errors.APIError,
    google_errors.UnknownApiResponseError,
)
"""What somebody who writes `except` can know of from a package's documentation."""
LIMIT_S = 20.0
"""Of one call, retries included."""

Ask: TypeAlias = Callable[[BaseChatModel], AIMessage]


def invoke(model: BaseChatModel) -> AIMessage:
    return model.invoke("Hi")


def stream(model: BaseChatModel) -> AIMessage:
    return summed(list(model.stream("Hi")))


def ainvoke(model: BaseChatModel) -> AIMessage:
    return asyncio.run(model.ainvoke("Hi"))


def astream(model: BaseChatModel) -> AIMessage:
    async def chunks() -> list[Any]:
        return [chunk async for chunk in model.astream("Hi")]

    return summed(asyncio.run(chunks()))


def summed(chunks: list[Any]) -> AIMessage:
    whole: AIMessage = reduce(add, chunks)
    return whole


WAYS: tuple[Ask, ...] = (invoke, ainvoke, stream, astream)


def mishandled(make: Make, faults: Iterable[Fault], server: FaultServer) -> tuple[dict[str, str], int]:
    """The cases that go wrong, by fault and way, each with what came instead; and how many cases there are."""
    cases = [(fault, way, outcome) for fault in faults for way in WAYS if (outcome := _due(fault, way)) is not None]
    with ThreadPoolExecutor(8) as pool:
        told = pool.map(lambda case: _wrong(make, server, *case), cases)
        wrong = {
            f"{fault.name}-{way.__name__}": said for (fault, way, _), said in zip(cases, told, strict=True) if said
        }
    return wrong, len(cases)


def _due(fault: Fault, way: Ask) -> Outcome | None:
    return fault.streamed if way in (stream, astream) else fault.unary


def _wrong(make: Make, server: FaultServer, fault: Fault, way: Ask, due: Outcome) -> str:
    """What is wrong with what came; empty if nothing is."""
    run = server.run(fault.behave)
    timeout_s = 0.5 if fault.impatient else LIMIT_S
    try:
        model = make(model="gemini-3.5-flash", base_url=_address(fault, run), max_retries=2, timeout=timeout_s)
        text = str(way(model).text)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is judged here
        return _wrong_error(error, due)
    match due:
        case Raises():
            return f"no error, but {text!r:.80}"
        case Right() | Flagged() if text != due.text:
            return f"{text!r:.80} for {due.text!r:.80}"
    return ""


def _wrong_error(error: Exception, due: Outcome) -> str:
    if not isinstance(due, Raises):
        return f"{type(error).__name__} for an answer"
    if not isinstance(error, TYPED):
        return f"a bare {type(error).__name__}"
    shown = "".join(traceback.format_exception(error))
    return "the key in the error's text" if KEY in shown else ""


def _address(fault: Fault, run: Run) -> str:
    if fault.closed:
        return "http://127.0.0.1:1"  # where nobody listens, nor another case will
    return run.base_url.replace("http://", "https://") if fault.tls else run.base_url
