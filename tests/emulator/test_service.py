"""The emulator over real sockets: framing, keys, paging, scripts, and what it remembers of requests.

Speaks plain httpx; what a Gemini client sees is test_other_clients'.
"""

import json
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from langchain_genai_chat.emulator import Cut, Emulator, Fault

FLASH = "/v1beta/models/gemini-2.5-flash"
HELLO = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
SCRIPTED = {"candidates": [{"content": {"role": "model", "parts": [{"text": "scripted"}]}, "finishReason": "STOP"}]}


@pytest.fixture(scope="module")
def server():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(server):
    server.reset()
    return server


@pytest.fixture
def http(emulator):
    with httpx.Client(base_url=emulator.base_url, headers={"x-goog-api-key": "k"}) as client:
        yield client


def text(response):
    return response.json()["candidates"][0]["content"]["parts"][0]["text"]


def sse(response):
    return [json.loads(event.removeprefix("data: ")) for event in response.text.split("\r\n\r\n") if event]


def test_it_is_up_in_half_a_second_and_frees_its_port():
    """Tests start one each; a port that stays taken breaks the next. Measured without what else the machine does."""
    begun = time.process_time()
    with Emulator() as emulator:
        assert time.process_time() - begun < 0.5
        port = int(emulator.base_url.rsplit(":", 1)[1])
    with pytest.raises(RuntimeError, match="not running"):
        _ = emulator.base_url
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_port_that_is_taken_raises_at_the_start(emulator):
    """Better than a thread that dies unseen."""
    taken = int(emulator.base_url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"):
        Emulator(port=taken).start()


@pytest.mark.parametrize(
    ("where", "why"), [("taken", "in use"), ("99999", "0-65535"), ("192.0.2.1", "assign requested")]
)
def test_the_program_ends_with_a_line_where_it_cannot_listen(emulator, where, why):
    """A second emulator in another terminal is the usual reason; a traceback looks like a fault of this one."""
    port = emulator.base_url.rsplit(":", 1)[1] if where == "taken" else where
    place = ["--host", where] if "." in where else ["--port", port]
    command = [sys.executable, "-m", "langchain_genai_chat.emulator", *place]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith("python -m langchain_genai_chat.emulator: cannot serve: ")
    assert why in line


def test_the_program_says_that_it_is_not_google():
    """Whoever reads its answers must know what gave them; what it refuses, and why, is said where it runs."""
    command = [sys.executable, "-m", "langchain_genai_chat.emulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as program:
        assert program.stdout is not None
        assert "not Google's model" in program.stdout.readline()
        base_url = program.stdout.readline().removeprefix("Base URL: ").strip()
        assert program.stdout.readline().startswith(f"export GOOGLE_GEMINI_BASE_URL={base_url} GOOGLE_API_KEY=any ")
        answer = httpx.get(f"{base_url}/v1beta/models/gemini-2.5-flash?key=k")
        assert answer.json()["name"] == "models/gemini-2.5-flash"
        assert httpx.post(f"{base_url}{FLASH}:generateContent?key=k", json={}).status_code == 400
        assert program.stdout.readline() == "GET /v1beta/models/gemini-2.5-flash -> 200\n"
        assert "-> 400, refused: contents must be given (seen in: " in program.stdout.readline()
        program.send_signal(signal.SIGINT)
        assert (program.stdout.read(), program.wait()) == ("Stopped.\n", 0)


def test_a_unary_answer_is_one_object(http):
    """As ruby-llm-chat-code-execution-with-gemini-gemini-3-5-flash-runs-code-se-4d720bdc."""
    answer = http.post(f"{FLASH}:generateContent", json=HELLO)
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert text(answer) == "Hello! How can I help you?"
    assert answer.json()["candidates"][0]["finishReason"] == "STOP"


def test_a_stream_with_alt_sse_is_several_events_that_end_in_crlf(http):
    """As openinference-test-generate-content-describe-image-true-aedcc062: running totals, reason last."""
    answer = http.post(f"{FLASH}:streamGenerateContent?alt=sse", json=HELLO)
    assert answer.headers["content-type"] == "text/event-stream"
    events = sse(answer)
    assert len(events) > 1
    assert answer.text.endswith("\r\n\r\n")
    totals = [event["usageMetadata"]["totalTokenCount"] for event in events]
    assert totals == sorted(totals)
    assert [event["candidates"][0].get("finishReason") for event in events] == [None] * (len(events) - 1) + ["STOP"]
    assert len({event["responseId"] for event in events}) == 1


def test_a_stream_without_alt_sse_is_one_json_array(http):
    """As llm-gemini-test-nested-model-optional-e4ad837b, down to the CRLF after the comma."""
    answer = http.post(f"{FLASH}:streamGenerateContent", json=HELLO)
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert b"}\n,\r\n{" in answer.content
    assert len(answer.json()) > 1


def test_an_error_is_an_object_but_in_an_array_stream(http):
    """SSE: mirascope-google-gemini-2-5-flash-d7ce0c56; else a list of one."""
    path = "/v1beta/models/nothing"
    assert http.post(f"{path}:generateContent", json=HELLO).json()["error"]["code"] == 404
    assert http.post(f"{path}:streamGenerateContent?alt=sse", json=HELLO).json()["error"]["code"] == 404
    assert http.post(f"{path}:streamGenerateContent", json=HELLO).json()[0]["error"]["code"] == 404


def test_the_key_may_come_in_header_or_query_but_must_come(emulator):
    """PublicAffairs/openai-gemini#92: without one, 403."""
    url = f"{emulator.base_url}{FLASH}:countTokens"
    assert httpx.post(url, json=HELLO).status_code == 403
    assert httpx.post(f"{url}?key=k", json=HELLO).status_code == 200
    assert httpx.post(url, json=HELLO, headers={"x-goog-api-key": "k"}).status_code == 200


def test_only_the_right_key_is_taken_where_there_is_one():
    """mirascope-google-gemini-2-5-flash-a48ce0de: 400 with API_KEY_INVALID, whatever the body."""
    with Emulator(api_key="right") as emulator:
        url = f"{emulator.base_url}{FLASH}:generateContent"
        wrong = httpx.post(url, content=b"{", headers={"x-goog-api-key": "wrong"})
        assert wrong.json()["error"]["details"][0]["reason"] == "API_KEY_INVALID"
        assert httpx.post(url, json=HELLO, headers={"x-goog-api-key": "right"}).status_code == 200


def test_a_body_that_is_not_json_is_400(http):
    """The front end reads JSON before anything else."""
    error = http.post(f"{FLASH}:generateContent", content=b'{"contents": ').json()["error"]
    assert (error["code"], error["message"]) == (400, "Invalid JSON payload received. Unexpected token.")


def test_a_path_that_no_method_has_is_404_in_html(http):
    """As vertexai-sdk-test-data-unary-failure-invalid-location-url-not-found-ht-2702fa34."""
    for answer in (http.post("/v1beta/models/gemini-2.5-flash:sing"), http.get("/v1beta/nothing")):
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "text/html; charset=UTF-8"


def test_the_list_of_models_is_paged(http):
    """A pager that asks for the same page twice, or stops early, shows here."""
    names, token = [], ""
    while True:
        page = http.get("/v1beta/models", params={"pageSize": 7, "pageToken": token}).json()
        names += [model["name"] for model in page["models"]]
        token = page.get("nextPageToken")
        if not token:
            break
    assert names == [model["name"] for model in http.get("/v1beta/models").json()["models"]]
    assert "models/gemini-flash-latest" in names
    assert "models/gemini-flash-latest" not in http.get("/v1/models").text
    assert http.get("/v1beta/models?pageToken=x").status_code == 400


@pytest.mark.parametrize("models", ["gemini-9-pro", ["gemini-9-pro", "gemini-9-flash"]])
def test_further_models_can_be_named(models):
    """Tomorrow's model must not need a new release; one name is one, and not as many as it has letters."""
    with Emulator(models=models) as emulator:
        url = f"{emulator.base_url}/v1beta/models/gemini-9-pro:generateContent?key=k"
        assert httpx.post(url, json=HELLO).json()["modelVersion"] == "gemini-9-pro"


def test_a_script_answers_in_turn_and_then_the_model(emulator, http):
    """A dict serves unary and stream alike; a refused request takes nothing from the script."""
    emulator.script(SCRIPTED, SCRIPTED)
    assert http.post(f"{FLASH}:generateContent", json={}).status_code == 400
    assert text(http.post(f"{FLASH}:generateContent", json=HELLO)) == "scripted"
    assert sse(http.post(f"{FLASH}:streamGenerateContent?alt=sse", json=HELLO)) == [SCRIPTED]
    assert text(http.post(f"{FLASH}:generateContent", json=HELLO)) != "scripted"


def test_a_scripted_list_is_a_stream_and_no_unary_answer(emulator, http):
    """Folding it in silence would hide a test that calls the wrong method."""
    emulator.script([SCRIPTED, SCRIPTED], [SCRIPTED])
    assert sse(http.post(f"{FLASH}:streamGenerateContent?alt=sse", json=HELLO)) == [SCRIPTED, SCRIPTED]
    refused = http.post(f"{FLASH}:generateContent", json=HELLO)
    assert refused.status_code == 501
    assert "script a dict" in refused.json()["error"]["message"]


def test_a_cut_breaks_the_connection_in_the_stream(emulator, http):
    """A client must not take half an answer for a whole one."""
    emulator.script([SCRIPTED, Cut, SCRIPTED])
    with pytest.raises(httpx.RemoteProtocolError):
        http.post(f"{FLASH}:streamGenerateContent?alt=sse", json=HELLO)


def test_a_fault_is_an_error_in_googles_envelope_or_any_other(emulator, http):
    """429 with RetryInfo, and a proxy's page, are what retries are tested with."""
    emulator.script(
        Fault.of("RESOURCE_EXHAUSTED", retry_delay_s=37), Fault(code=502, body="<html>", headers={"x-a": "b"})
    )
    limited = http.post(f"{FLASH}:generateContent", json=HELLO)
    assert limited.status_code == 429
    assert limited.json()["error"]["details"][0]["retryDelay"] == "37s"
    page = http.post(f"{FLASH}:generateContent", json=HELLO)
    assert (page.status_code, page.text, page.headers["x-a"]) == (502, "<html>", "b")


def test_an_answerer_sees_the_request_and_may_leave_it_to_the_model():
    """A function is a script that looks at what was asked."""

    def answer(received):
        return SCRIPTED if "secret" in str(received.body) else None

    with Emulator(answer=answer) as emulator:
        url = f"{emulator.base_url}{FLASH}:generateContent?key=k"
        assert text(httpx.post(url, json=HELLO)) != "scripted"
        assert text(httpx.post(url, json={"contents": [{"parts": [{"text": "secret"}]}]})) == "scripted"


def test_requests_are_remembered_with_why_they_were_refused(emulator, http):
    """A user's test asks what was sent; a user's bug shows in `refused`."""
    http.post(f"{FLASH}:generateContent?a=b", json=HELLO)
    http.post(f"{FLASH}:generateContent", json={"contents": []})
    good, bad = emulator.requests
    assert (good.method, good.path, good.query) == ("POST", f"{FLASH}:generateContent", {"a": "b"})
    assert (good.body, good.status, good.refused) == (HELLO, 200, None)
    assert good.headers["x-goog-api-key"] == "k"
    assert bad.status == 400
    assert bad.refused.startswith("contents must be given (seen in: ")
    emulator.reset()
    assert emulator.requests == []


def test_a_thousand_messages_take_no_longer_than_a_blink(http):
    """Long histories are what LangChain sends; the server must not be what is measured."""
    turns = [{"role": role, "parts": [{"text": "Some words of a usual length."}]} for role in ("user", "model")] * 500
    begun = time.process_time()
    assert http.post(f"{FLASH}:generateContent", json={"contents": [*turns, turns[0]]}).status_code == 200
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize("owner", ["projects/p/locations/us-central1/publishers/google", "publishers/google"])
def test_vertex_has_paths_a_schema_and_words_of_its_own(emulator, owner):
    """With a project and a token, or in express mode with a key; both spellings of the version."""
    url = f"{emulator.base_url}/v1beta1/{owner}/models/gemini-2.5-flash"
    token = {"authorization": "Bearer t"}
    labelled = {**HELLO, "generationConfig": {"audioTimestamp": True}}
    answer = httpx.post(f"{url}:generateContent", json=labelled, headers=token)
    assert text(answer) == "Hello! How can I help you?"
    assert answer.json()["usageMetadata"]["trafficType"] == "ON_DEMAND"
    assert httpx.post(f"{url}:generateContent?key=k", json={**HELLO, "store": True}).status_code == 400
    assert httpx.post(f"{url}:generateContent", json=HELLO).status_code == 403
    assert len(sse(httpx.post(f"{url}:streamGenerateContent?alt=sse", json=HELLO, headers=token))) > 1
    counted = httpx.post(f"{url}:countTokens", json=HELLO, headers=token).json()
    assert counted["totalBillableCharacters"] == 5
    gone = httpx.post(f"{url}x:generateContent", json=HELLO, headers=token).json()["error"]
    assert (gone["code"], gone["message"]) == (404, f"Publisher Model `{owner}/models/gemini-2.5-flashx` not found.")
