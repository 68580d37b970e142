"""Cassettes hold what was said and nothing of who said it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from vcr import VCR
from vcr.request import Request

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.emulator import Emulator

CASSETTES = Path(__file__).parents[2] / "cassettes"
MODEL = "gemini-3.5-flash"
SECRETS = ("SecretSecretSecret", "secret-token", "secret-project", "secret@example.com")
HEADERS = {
    "request": {"content-type"},
    "response": {"content-type", "retry-after", "server"},
}


def recorded() -> list[Path]:
    return sorted(CASSETTES.rglob("*.yaml"))


def test_cassettes_name_no_server_and_hold_no_headers_but_harmless_ones() -> None:
    """What may stand in a cassette is listed, so a header that Google invents tomorrow does not."""
    assert recorded()
    for path in recorded():
        for interaction in yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]:
            for side, allowed in HEADERS.items():
                assert {name.lower() for name in interaction[side]["headers"]} <= allowed, path.name
            assert interaction["request"]["uri"].startswith("http://emulator.invalid/v1beta/models/"), path.name


def test_cassettes_say_that_the_emulator_answered() -> None:
    """Whoever reads one must not take it for Gemini's words."""
    for path in recorded():
        for interaction in yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]:
            assert interaction["response"]["headers"]["server"] == ["langchain-genai-chat-emulator"], path.name


def ask_with_a_key(url: str) -> None:
    ChatGenAI(model=MODEL, base_url=url, api_key=SECRETS[0]).invoke("Hello")


def ask_on_vertex(url: str) -> None:
    account = {"vertexai": True, "project": SECRETS[2], "location": "us-central1", "credentials": lambda: SECRETS[1]}
    model = ChatGenAI(model=MODEL, base_url=url, **account, headers={"x-goog-user-project": SECRETS[2]})
    assert "".join(chunk.text for chunk in model.stream("Hello")).startswith("Hello")


def ask_with_the_key_in_the_query(url: str) -> None:
    contents = {"contents": [{"parts": [{"text": "Hello"}]}]}
    account = {"cookie": SECRETS[3], "authorization": f"Bearer {SECRETS[1]}"}
    answer = httpx.post(f"{url}/v1beta/models/{MODEL}:generateContent?key={SECRETS[0]}", json=contents, headers=account)
    assert answer.is_success


@pytest.mark.parametrize("ask", [ask_with_a_key, ask_on_vertex, ask_with_the_key_in_the_query])
def test_what_authenticates_is_not_recorded_and_not_needed_to_replay(
    ask: Callable[[str], None], recorder: VCR, tmp_path: Path
) -> None:
    """Keys, tokens, accounts and projects go by header, by path or by query; the replay has no server at all."""
    cassette = tmp_path / "cassette.yaml"
    with Emulator() as emulator:
        url = emulator.base_url
        with recorder.use_cassette(str(cassette)):
            ask(url)
        sent = str([(one.path, one.query, one.headers) for one in emulator.requests])
    assert any(secret in sent for secret in SECRETS)
    text = cassette.read_text(encoding="utf-8")
    assert [secret for secret in (*SECRETS, url) if secret in text] == []
    with recorder.use_cassette(str(cassette)) as played:
        ask("http://elsewhere.invalid")
    assert played.play_count == 1


def asked(**body: Any) -> Request:
    return Request("POST", "http://emulator.invalid/", json.dumps(body), {})


ONE, OTHER = "0b8a3dc2-59e3-4f2a-9a6a-111111111111", "0b8a3dc2-59e3-4f2a-9a6a-222222222222"


def test_ids_minted_at_random_are_the_same_and_nothing_else_is(recorder: VCR) -> None:
    """langchain-tests mints ids for its examples; which call a result belongs to still counts."""
    same_body = recorder.matchers["same_body"]
    same_body(asked(id=ONE, then=OTHER, again=ONE), asked(id=OTHER, then=ONE, again=OTHER))
    same_body(asked(a=1, b=2), asked(b=2, a=1))
    for other in (asked(id=OTHER, then=ONE, again=ONE), asked(id=ONE, then=ONE, again=ONE), asked(id="4ac3b69f")):
        with pytest.raises(AssertionError, match="differ"):
            same_body(asked(id=ONE, then=OTHER, again=ONE), other)


def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"It is sunny in {city}."


def ask_with_tools(url: str, model: str) -> list[BaseMessage]:
    agent = create_agent(ChatGenAI(model=model, base_url=url, api_key=SECRETS[0]), [get_weather])
    asked: Any = {"messages": [HumanMessage("Weather in Paris and Rome, then the weather in Oslo")]}
    messages: list[BaseMessage] = agent.invoke(asked)["messages"]
    return messages


@pytest.mark.parametrize("model", [MODEL, "gemini-2.5-flash"])
def test_what_is_made_up_for_an_answer_is_the_same_each_time(model: str, recorder: VCR, tmp_path: Path) -> None:
    """Gemini 2.5 gives calls no ids: random ones would find no second turn in a cassette, and no checkpoint again."""
    cassette = str(tmp_path / "cassette.yaml")
    with Emulator() as emulator, recorder.use_cassette(cassette):
        first = ask_with_tools(emulator.base_url, model)
    with recorder.use_cassette(cassette) as played:
        second = ask_with_tools("http://elsewhere.invalid", model)
    assert played.play_count == 3
    ids = [[call["id"] for call in one.tool_calls] for one in first if isinstance(one, AIMessage)]
    assert ids == [[call["id"] for call in one.tool_calls] for one in second if isinstance(one, AIMessage)]
    assert [len(each) for each in ids] == [2, 1, 0]
    assert len({each for some in ids for each in some}) == 3
