"""Every fault of the table, met in each of the eight ways to ask: the outcome is the one that its rule says."""

import pickle
import traceback
from collections.abc import Iterator

import pytest
from langchain_core import exceptions as core

from langchain_genai_chat.genai import errors
from langchain_genai_chat.genai.types import RetryPolicy

from ._asking import KEY, OF_LANGCHAIN, STREAMED, WAYS, Came, Way
from ._faults import FAULTS, Fault, Flagged, Outcome, Raises, Right
from ._server import FaultServer, Run

PATIENT = RetryPolicy(max_retries=1, first_delay_s=0.0, jitter_s=0.0, deadline_s=20.0, silence_s=20.0)
IMPATIENT = RetryPolicy(max_retries=1, first_delay_s=0.0, jitter_s=0.0, deadline_s=0.5, silence_s=0.5)
IMPATIENT_AFTER_AN_EVENT = IMPATIENT.model_copy(update={"silence_s": 2.0})
"""With which an event that comes at once comes in time, also on a busy machine."""


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def outcome_of(fault: Fault, way: Way) -> Outcome | None:
    return fault.streamed if way in STREAMED else fault.unary


CASES = [
    pytest.param(fault, way, id=f"{fault.name}-{way.__name__}")
    for fault in FAULTS
    for way in WAYS
    if outcome_of(fault, way) is not None
]


@pytest.mark.behaviour("B043")
@pytest.mark.behaviour("B044")
@pytest.mark.behaviour("B047")
@pytest.mark.behaviour("B048")
@pytest.mark.behaviour("B050")
@pytest.mark.behaviour("B053")
@pytest.mark.parametrize(("fault", "way"), CASES)
def test_every_fault_has_its_outcome_on_every_path(fault: Fault, way: Way, server: FaultServer) -> None:
    """A caller needs one rule for each way that an answer can go wrong, the same wherever it is asked from."""
    outcome = outcome_of(fault, way)
    run = server.run(fault.behave)
    came = way(address(fault, run), policy_of(fault, outcome))
    if fault.impatient:
        assert run.is_asked_within(5)
    match outcome:
        case Right():
            check_right(outcome, came, run)
        case Raises():
            check_error(outcome, came, run, way)
        case Flagged():
            check_flagged(outcome, came, way)
    assert run.is_left_within(5), "the connection is still open"
    assert came.took_s < 15, "less than what is dripped or held takes, and than a patient policy's deadline"


def policy_of(fault: Fault, outcome: Outcome | None) -> RetryPolicy:
    if not fault.impatient:
        return PATIENT
    return IMPATIENT_AFTER_AN_EVENT if isinstance(outcome, Raises) and outcome.after else IMPATIENT


def address(fault: Fault, run: Run) -> str:
    if fault.closed:
        return "http://127.0.0.1:1"  # where nobody listens, nor another test will
    return run.base_url.replace("http://", "https://") if fault.tls else run.base_url


def check_right(outcome: Right, came: Came, run: Run) -> None:
    if came.error is not None:
        raise AssertionError(repr(came.error)[:2000]) from came.error
    assert came.text == outcome.text
    assert len(run.asked) == outcome.requests


def check_flagged(outcome: Flagged, came: Came, way: Way) -> None:
    if came.error is not None:
        raise AssertionError(repr(came.error)[:2000]) from came.error
    assert came.text == outcome.text
    if way in OF_LANGCHAIN:
        assert came.message is not None
        said = came.message.response_metadata
        assert outcome.reason in (
            said.get("block_reason"),
            said.get("finish_reason"),
            "EMPTY" if said.get("is_empty") else None,
        )
    else:
        assert came.history == 2, "what was answered is in the history, though it is not sent again"


def check_error(outcome: Raises, came: Came, run: Run, way: Way) -> None:
    error = came.error
    if not isinstance(error, errors.APIError):
        raise AssertionError(f"{error!r:.2000}, after {came.text!r:.200}") from error  # noqa: TRY004 - the claim failed
    assert isinstance(error, outcome.kind), repr(error)
    if outcome.code is not None:
        assert error.code == outcome.code
    if outcome.status is not None:
        assert error.status == outcome.status
    if outcome.retry_after is not None:
        assert error.retry_after == outcome.retry_after
    assert outcome.says in str(error)
    assert len(run.asked) == outcome.requests
    assert came.text == (outcome.after or "")
    assert error.partial == (outcome.after is not None)
    if way in OF_LANGCHAIN:
        assert isinstance(error, core.ModelError)
    else:
        assert came.history == 0, "what failed is as if it had not been sent"
    check_words(error)


def check_words(error: errors.APIError) -> None:
    """It says something, not everything, not the key; and it goes to another process."""
    shown = "".join(traceback.format_exception(error))
    assert error.details
    assert isinstance(error.retry_after, float | None)
    assert isinstance(error.request_id, str | None)
    for text in (shown, str(error), repr(error), repr(error.details), repr(vars(error)), repr(error.response)):
        assert KEY not in text
    if error.response is not None:
        for request in filter(None, (error.response.request, error.response.next_request)):
            assert KEY not in repr(dict(request.headers))
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - it was pickled here
    assert (type(again), str(again), again.partial) == (type(error), str(error), error.partial)


def test_there_are_a_hundred_faults_and_each_has_its_own_name() -> None:
    """Two rows of one name would hide one another in a report."""
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 100
    assert all(fault.rule.endswith(".") and (fault.unary or fault.streamed) for fault in FAULTS)
