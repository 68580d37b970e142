"""What README's table counts, on a few cases: that it sees what is right, and what is wrong."""

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatResult

from langchain_genai_chat import ChatGenAI

from ..conformance._recorded import FILES, parts_to_come_back, reply_of
from ..faults._faults import FAULTS
from ..faults._server import FaultServer
from .__main__ import needed_by
from ._handling import mishandled
from ._packages import KEY, ours
from ._survival import lost_replies

SOME = [fault for fault in FAULTS if fault.name in ("status-400", "status-503-once", "error-body-html")]


class Trimming(ChatGenAI):
    """Loses the end of every text, as others do."""

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        result = super()._generate(*args, **kwargs)
        message = result.generations[0].message
        message.content = message.text[:-1]
        return result


class Bare(ChatGenAI):
    """Raises what nobody has heard of."""

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        raise KeyError("candidates")


def of_class(model_class: type[ChatGenAI]) -> Callable[..., BaseChatModel]:
    return lambda **given: model_class(api_key=KEY, **given)


def test_a_reply_that_is_sent_again_short_of_something_counts_as_lost(recordings):
    """A measure that everything passes measures nothing."""
    read = filter(None, map(reply_of, recordings(FILES[0])[:40]))
    replies = [reply for reply in read if parts_to_come_back(reply.parts) and "text" in reply.parts[-1]]
    assert len(replies) > 10
    with FaultServer() as server:
        assert lost_replies(ours, replies, server) == {}
        assert lost_replies(of_class(Trimming), replies, server).keys() == {reply.id for reply in replies}


def test_an_error_that_no_documentation_names_counts_as_mishandled():
    """Somebody has to be able to write `except` for it."""
    with FaultServer() as server:
        assert mishandled(ours, SOME, server) == ({}, 4 * len(SOME))
        wrong, _ = mishandled(of_class(Bare), SOME, server)
    assert {name: said for name, said in wrong.items() if "-invoke" in name} == {
        "status-400-invoke": "a bare KeyError",
        "status-503-once-invoke": "KeyError for an answer",
        "error-body-html-invoke": "a bare KeyError",
    }


def test_an_answer_in_place_of_an_error_counts_as_mishandled():
    """An empty success is the worst ending: nobody looks for it."""

    class Empty(ChatGenAI):
        def invoke(self, *args: Any, **kwargs: Any) -> AIMessage:
            return AIMessage("")

    with FaultServer() as server:
        wrong, _ = mishandled(of_class(Empty), SOME, server)
    assert wrong["status-400-invoke"] == "no error, but ''"


@pytest.mark.parametrize(("name", "some"), [("httpx", {"httpcore", "certifi", "idna"}), ("certifi", set())])
def test_what_a_package_needs_is_counted_with_what_that_needs(name, some):
    """What pip installs is the whole of it."""
    assert needed_by(name) >= some | {name}


def test_a_package_is_counted_once_however_it_is_spelled():
    """Some ask for typing-extensions and some for typing_extensions."""
    found = [name for name in needed_by("langchain-core") if name.startswith("typing")]
    assert sorted(found) == ["typing-extensions", "typing-inspection"]
