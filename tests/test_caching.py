"""Caches above the wall: what one holds is left out of requests, tools still run, and what differs raises.

Over real sockets to the emulator, which refuses instruction, tools or tool_config beside a cache as Google does.
"""

import copy
import json
import pickle
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.exceptions import ModelInvalidRequestError, ModelNotFoundError, ModelPermissionDeniedError
from langchain_core.load import dumps
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat._caching import Cache, seconds_text
from langchain_genai_chat.emulator import Emulator
from langchain_genai_chat.errors import CacheExpiredError

MODEL = "gemini-3.5-flash"  # takes schemas and functions together
BOOK = HumanMessage("Chapter one. " * 100)
RULES = SystemMessage("Answer from the book.")
VERTEX: Any = {"vertexai": True, "project": "p", "location": "us-central1", "credentials": lambda: "token"}
LEFT_OUT = {"systemInstruction", "tools", "toolConfig"}


@tool
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"sunny in {city}"


@tool
def clock(zone: str) -> str:
    """Tell the time of a zone."""
    return zone


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(server: Emulator) -> Emulator:
    server.reset()
    return server


@pytest.fixture(params=["gemini", "vertex"])
def model(request: Any, emulator: Emulator) -> Iterator[ChatGenAI]:
    given: Any = VERTEX if request.param == "vertex" else {"api_key": "k"}
    with ChatGenAI(model=MODEL, base_url=emulator.base_url, **given) as model:
        yield model


def last_body(emulator: Emulator) -> Any:
    return emulator.requests[-1].body


def test_what_is_cached_is_what_a_call_would_send(model: ChatGenAI, emulator: Emulator) -> None:
    """The same words in the same form, or the model would read another book."""
    cache = model.create_cache([RULES, BOOK], tools=[weather], ttl=timedelta(minutes=10), display_name="book")
    kept = last_body(emulator)
    would = model.bind_tools([weather]).invoke([RULES, BOOK])
    assert would.content
    sent = last_body(emulator)
    assert {name: kept[name] for name in ("systemInstruction", "contents", "tools")} == sent
    assert (kept["ttl"], kept["displayName"]) == ("600s", "book")
    assert kept["model"].endswith(f"models/{MODEL}")
    assert model.client.caches.get(name=cache).display_name == "book"


@pytest.mark.behaviour("B102")
@pytest.mark.behaviour("F03")
async def test_what_the_cache_holds_is_left_out(model: ChatGenAI, emulator: Emulator) -> None:
    """The service refuses it beside a cache; everything else is sent as ever, schemas too."""
    cache = model.create_cache([RULES, BOOK], tools=[weather])
    bound = model.bind_tools([weather]).bind(cached_content=cache, response_mime_type="application/json")
    question = HumanMessage("What happens?")
    for messages in ([RULES, question], [RULES, BOOK, AIMessage("Read."), question], [question]):
        bound.invoke(messages)
        body = last_body(emulator)
        assert body["cachedContent"] == cache
        assert not LEFT_OUT & body.keys()
        assert body["generationConfig"] == {"responseMimeType": "application/json"}
        assert "Chapter" not in json.dumps(body["contents"])
        assert body["contents"][-1]["parts"] == [{"text": "What happens?"}]
    await bound.ainvoke([RULES, question])
    assert not LEFT_OUT & last_body(emulator).keys()
    list(bound.stream([RULES, question]))
    assert not LEFT_OUT & last_body(emulator).keys()


def test_a_question_in_the_turn_of_the_book_is_left(model: ChatGenAI, emulator: Emulator) -> None:
    """Two human messages are one content on the wire, of which the cache holds the first part."""
    cache = model.create_cache([RULES, BOOK])
    model.invoke([RULES, BOOK, HumanMessage("What happens?")], cached_content=cache)
    assert last_body(emulator)["contents"] == [{"role": "user", "parts": [{"text": "What happens?"}]}]


@pytest.mark.behaviour("B102")
@pytest.mark.behaviour("F03")
def test_an_agent_uses_a_cache_and_runs_its_tools(emulator: Emulator) -> None:
    """Its system prompt and tools are in the cache; the model calls them from there, and they run here."""
    model = ChatGenAI(model=MODEL, base_url=emulator.base_url, api_key="k")
    cache = model.create_cache([RULES], tools=[weather])
    model = model.model_copy(update={"cached_content": cache})
    emulator.script(
        {
            "candidates": [
                {
                    "content": {
                        "role": "model",
                        "parts": [{"functionCall": {"name": "weather", "args": {"city": "Oslo"}}}],
                    },
                    "finishReason": "STOP",
                }
            ]
        }
    )
    agent = create_agent(model, tools=[weather], system_prompt=str(RULES.content))
    with model:
        messages = agent.invoke({"messages": [HumanMessage("Weather in Oslo?")]})["messages"]
    assert [message.type for message in messages] == ["human", "ai", "tool", "ai"]
    assert messages[2].content == "sunny in Oslo"
    calls = [each.body for each in emulator.requests if each.path.endswith(":generateContent")]
    assert len(calls) == 2
    assert all(body["cachedContent"] == cache and not LEFT_OUT & body.keys() for body in calls)


@pytest.mark.behaviour("B102")
@pytest.mark.parametrize(
    ("given", "messages", "words"),
    [
        ({"tools": [weather, clock]}, [RULES], "other tools than"),
        ({}, [SystemMessage("Answer at will.")], "other system message than"),
        ({"tools": [weather], "tool_choice": "any"}, [RULES], "no tool_choice or tool_config, but"),
        ({"model": "gemini-2.5-flash"}, [RULES], "belongs to 'gemini-3.5-flash'"),
        ({}, [RULES, BOOK], "holds all of these messages"),
    ],
)
def test_what_differs_from_the_cache_raises_before_the_request(
    emulator: Emulator, given: Any, messages: Any, words: str
) -> None:
    """Left out in silence, a tool would never be called and nobody would know why."""
    with ChatGenAI(model=MODEL, base_url=emulator.base_url, api_key="k") as model:
        cache = model.create_cache([RULES, BOOK], tools=[weather])
        more = [] if "all of" in words else [HumanMessage("Hi")]
        with pytest.raises(ModelInvalidRequestError, match=words):
            model.invoke([*messages, *more], cached_content=cache, **given)
        assert len(emulator.requests) == 1


def test_a_cache_without_tools_does_not_take_some(emulator: Emulator) -> None:
    """They cannot be added beside it."""
    with ChatGenAI(model=MODEL, base_url=emulator.base_url, api_key="k") as model:
        cache = model.create_cache([RULES, BOOK])
        with pytest.raises(ModelInvalidRequestError, match="no tools, but"):
            model.bind_tools([weather]).invoke("Hi", cached_content=cache)


def test_a_plain_name_is_trusted(emulator: Emulator) -> None:
    """Made elsewhere or stored as text, nothing is known of it: what a cache holds is left out unseen."""
    with ChatGenAI(model=MODEL, base_url=emulator.base_url, api_key="k") as model:
        cache = str(model.create_cache([RULES, BOOK], tools=[weather]))
        assert type(cache) is str
        model.bind_tools([clock]).invoke([SystemMessage("Other."), HumanMessage("Hi")], cached_content=cache)
        assert not LEFT_OUT & last_body(emulator).keys()


@pytest.mark.behaviour("B103")
async def test_the_asynchronous_twin_makes_the_same_cache(model: ChatGenAI, emulator: Emulator) -> None:
    """Word for word."""
    made = model.create_cache([RULES, BOOK], tools=[weather], tool_choice="any", ttl="60s")
    body = last_body(emulator)
    again = await model.acreate_cache([RULES, BOOK], tools=[weather], tool_choice="any", ttl="60s")
    assert last_body(emulator) == body
    assert again.digests == made.digests
    await model.aclose()


@pytest.mark.behaviour("B103")
def test_a_cache_that_is_over_is_a_typed_error(model: ChatGenAI, emulator: Emulator) -> None:
    """403 on the Gemini API, 404 on Vertex AI; nothing is made anew behind anyone's back."""
    cache = model.create_cache([RULES, BOOK])
    model.client.caches.delete(name=cache)
    before = len(emulator.requests)
    with pytest.raises(CacheExpiredError) as caught:
        model.invoke("Hi", cached_content=cache)
    assert isinstance(caught.value, ModelNotFoundError)
    assert isinstance(caught.value, ModelPermissionDeniedError)
    assert len(emulator.requests) == before + 1


@pytest.mark.parametrize(
    ("ttl", "text"),
    [(3600, "3600s"), (0.5, "0.5s"), (timedelta(days=30), "2592000s"), ("90s", "90s")],
)
def test_a_time_to_live_is_seconds_in_the_end(ttl: Any, text: str) -> None:
    """A duration of the wire's has its unit in it."""
    assert seconds_text(ttl) == text


@pytest.mark.parametrize("ttl", [0, -1, timedelta(0)])
def test_a_time_to_live_of_nothing_is_refused(ttl: Any) -> None:
    """It would be over before its first use."""
    with pytest.raises(ModelInvalidRequestError, match="more than 0 seconds"):
        seconds_text(ttl)


def test_what_is_known_of_a_cache_survives_copies_and_is_plain_text_as_json() -> None:
    """Models are pickled and copied with it; stored as JSON it is the name."""
    cache = Cache.of("cachedContents/a", MODEL, {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]})
    model = ChatGenAI(model=MODEL, api_key="k", cached_content=cache)
    for twin in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), model.model_copy()):  # noqa: S301 - made here
        assert isinstance(twin.cached_content, Cache)
        assert twin.cached_content.digests == cache.digests
    assert json.loads(dumps(model))["kwargs"]["cached_content"] == "cachedContents/a"
