"""Cassettes hold what was said, who answered, and nothing of who asked."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from vcr import VCR
from vcr.request import Request

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.cassettes import VCR_CONFIG
from langchain_genai_chat.emulator import Emulator, Fault
from langchain_genai_chat.genai import Client

CASSETTES = Path(__file__).parents[2] / "cassettes"
MODEL = "gemini-3.5-flash"
HELLO = [{"role": "user", "parts": [{"text": "Hello"}]}]
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
            assert interaction["request"]["uri"].startswith("http://recorded.invalid/v1beta/models/"), path.name


def test_cassettes_say_that_the_emulator_answered() -> None:
    """Whoever reads one must not take it for Gemini's words."""
    for path in recorded():
        for interaction in yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]:
            assert interaction["response"]["headers"]["server"] == ["langchain-genai-chat-emulator"], path.name


@pytest.mark.parametrize("key", [SECRETS[0], None])
def test_recording_takes_the_service_with_a_key_and_the_emulator_without(key: str | None, tmp_path: Path) -> None:
    """`make record`, with an emulator in the service's place: it tells who answered, and leaves no key behind."""
    root = Path(__file__).parents[2]
    with Emulator(api_key=key) as service:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("GOOGLE", "GEMINI"))}
        if key:
            environment |= {"GOOGLE_API_KEY": key, "GOOGLE_GEMINI_BASE_URL": service.base_url}
        suite = f"{root}/tests/standard/test_integration.py"
        options = ["-c", f"{root}/pyproject.toml", f"--rootdir={tmp_path}", "-p", "no:cacheprovider"]
        recording = [*options, "--record-mode=rewrite", f"{suite}::TestFromCassettes::test_invoke"]
        command = [sys.executable, "-m", "pytest", *recording]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        asked = [request.headers["x-goog-api-key"] for request in service.requests]
    assert asked == ([key] if key else [])
    assert "cassettes hold 1 answers of langchain-genai-chat-emulator" in done.stdout
    (cassette,) = tmp_path.rglob("*.yaml")
    text = cassette.read_text(encoding="utf-8")
    assert [secret for secret in (*SECRETS, service._host, "made-up-key") if secret in text] == []


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


def test_what_an_answer_tells_of_the_account_is_not_recorded(recorder: VCR, tmp_path: Path) -> None:
    """A 429 names the consumer's project in its details, and Vertex AI's caches have it in their names."""
    consumer = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "metadata": {"consumer": f"projects/{SECRETS[2]}"}}
    cassette = str(tmp_path / "cassette.yaml")
    body = {"cachedContent": f"projects/{SECRETS[2]}/locations/global/cachedContents/1", "contents": HELLO}

    def ask(url: str) -> tuple[int, Any]:
        path = f"/v1beta/models/{MODEL}:generateContent"
        answer = httpx.post(url + path, json=body, headers={"x-goog-api-key": SECRETS[0]})
        return answer.status_code, answer.json()["error"]

    with Emulator() as emulator:
        emulator.script(Fault.of("RESOURCE_EXHAUSTED", f"Quota of projects/{SECRETS[2]} is exceeded.", consumer))
        with recorder.use_cassette(cassette):
            status, error = ask(emulator.base_url)
    text = Path(cassette).read_text(encoding="utf-8")
    assert [secret for secret in SECRETS if secret in text] == []
    with recorder.use_cassette(cassette) as played:
        again, scrubbed = ask("http://elsewhere.invalid")
    assert (again, played.play_count) == (status, 1)
    assert scrubbed["message"] == error["message"].replace(SECRETS[2], "scrubbed")


def test_what_gets_a_token_is_not_recorded_and_not_needed_to_replay(tmp_path: Path) -> None:
    """A service account signs what its token is given for, which is good for an hour, as is the token."""
    key = rsa.generate_private_key(65537, 2048)
    text_of_key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    mail = f"robot@{SECRETS[2]}.iam.gserviceaccount.com"

    def ask(url: str) -> str:
        account = {"type": "service_account", "client_email": mail, "private_key": text_of_key}
        where = {"vertexai": True, "project": SECRETS[2], "location": "global", "base_url": url}
        model = ChatGenAI(model=MODEL, credentials={**account, "token_uri": f"{url}/token"}, **where)
        return model.invoke(f"Who is {mail}?").text

    cassette = tmp_path / "cassette.yaml"
    with Emulator() as emulator:
        with VCR(**VCR_CONFIG).use_cassette(str(cassette)):
            first = ask(emulator.base_url)
        asserted = emulator.requests[0].body
    assert "assertion=ey" in asserted
    text = cassette.read_text(encoding="utf-8")
    assert [secret for secret in (*SECRETS, "robot", "emulated-token", asserted[:40]) if secret in text] == []
    with VCR(**VCR_CONFIG, record_mode="none").use_cassette(str(cassette)) as played:
        again = ask("http://elsewhere.invalid")
    assert (again, played.play_count) == (first.replace(mail, "scrubbed@gserviceaccount.com"), 2)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Consumer 'api_key:made-up' has been suspended.", "Consumer 'api_key:scrubbed' has been suspended."),
        ("It has not been used in project 123456789 before.", "It has not been used in project scrubbed before."),
        ("Visit https://google/?project=123456789 then retry.", "Visit https://google/?project=scrubbed then retry."),
        ("Quota for consumer 'project_number:123456789'.", "Quota for consumer 'project_number:scrubbed'."),
        ('{"containerInfo": "projects/1"}', '{"containerInfo": "scrubbed"}'),
        ('{"id_token":"a.b","accessToken": "c"}', '{"id_token":"scrubbed","accessToken": "scrubbed"}'),
        ("To robot.1@a-b.iam.gserviceaccount.com.", "To scrubbed@gserviceaccount.com."),
        ("project 12 of alice@example.com", "project 12 of alice@example.com"),
    ],
)
def test_errors_of_googles_and_tokens_are_scrubbed_where_they_name_the_account(told: str, kept: str) -> None:
    """Its errors name projects in many ways, and now and then the key itself; what people write stays."""
    answer = {"headers": {}, "body": {"string": told.encode()}}
    assert VCR_CONFIG["before_record_response"](answer)["body"]["string"].decode() == kept


def test_what_a_machine_tells_of_itself_is_not_recorded() -> None:
    """Google's machines are asked for their project, account and token, each in plain text."""
    asked_for = Request("GET", "http://metadata.google.internal/computeMetadata/v1/project/project-id", "", {})
    assert VCR_CONFIG["before_record_request"](asked_for) is None


def test_an_upload_is_replayed_without_the_address_that_it_went_to(tmp_path: Path) -> None:
    """Whoever has the address may upload, and without one in the answer no bytes would be sent at all."""
    (tmp_path / "a.txt").write_text("Hello", encoding="utf-8")
    cassette = tmp_path / "cassette.yaml"

    def ask(url: str) -> str | None:
        with Client(vertexai=False, api_key=SECRETS[0], http_options={"base_url": url}) as client:
            return client.files.upload(file=tmp_path / "a.txt").name

    with Emulator() as emulator:
        with VCR(**VCR_CONFIG).use_cassette(str(cassette)):
            first = ask(emulator.base_url)
        upload_id = emulator.requests[1].query["upload_id"]
    text = cassette.read_text(encoding="utf-8")
    assert [secret for secret in (*SECRETS, upload_id, emulator._host) if secret in text] == []
    with VCR(**VCR_CONFIG, record_mode="none").use_cassette(str(cassette)) as played:
        assert ask("http://elsewhere.invalid") == first
    assert played.play_count == 2


def test_the_settings_do_without_anything_of_ours(tmp_path: Path) -> None:
    """As a user has them: no matcher to register, and a replay wherever the client points."""
    cassette = str(tmp_path / "cassette.yaml")
    with Emulator() as emulator, VCR(**VCR_CONFIG).use_cassette(cassette):
        first = ask_with_tools(emulator.base_url, MODEL)
    with VCR(**VCR_CONFIG, record_mode="none").use_cassette(cassette) as played:
        second = ask_with_tools("http://elsewhere.invalid", MODEL)
    assert played.play_count == 3
    assert [one.text for one in second] == [one.text for one in first]


def asked(**body: Any) -> Request:
    return Request("POST", "http://recorded.invalid/", json.dumps(body), {})


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
