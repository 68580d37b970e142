"""Vertex AI for what the Gemini API has: paths, headers, counting, models; over sockets where the emulator has it."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from langchain_genai_chat.emulator import Emulator
from langchain_genai_chat.genai import Client, types

MODEL = "gemini-2.5-flash"
OWN: Any = {"vertexai": True, "project": "p", "location": "us-central1", "credentials": lambda: "token"}


def sent_by(call: Any, answer: Any = None, **given: Any) -> httpx.Request:
    """The request that a call makes."""
    requests: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=answer or {"totalTokens": 1, "candidates": [{"finishReason": "STOP"}]})

    call(Client(**{**OWN, **given}, http_client=httpx.Client(transport=httpx.MockTransport(respond))))
    (request,) = requests
    return request


def generate(client: Client, **config: Any) -> None:
    client.models.generate_content(model=MODEL, contents="Hi", config=config or None)


GOOGLE = f"publishers/google/models/{MODEL}:generateContent"


@pytest.mark.behaviour("B111")
@pytest.mark.behaviour("B112")
@pytest.mark.parametrize(
    ("given", "url", "header"),
    [
        (
            {},
            f"https://us-central1-aiplatform.googleapis.com/v1beta1/projects/p/locations/us-central1/{GOOGLE}",
            "bearer",
        ),
        (
            {"location": None},
            f"https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global/{GOOGLE}",
            "bearer",
        ),
        (
            {"location": "eu"},
            f"https://aiplatform.eu.rep.googleapis.com/v1beta1/projects/p/locations/eu/{GOOGLE}",
            "bearer",
        ),
        (
            {"project": None, "location": None, "credentials": None, "api_key": "k"},
            f"https://aiplatform.googleapis.com/v1beta1/{GOOGLE}",
            "key",
        ),
        (
            {"credentials": None, "api_key": "k"},
            f"https://us-central1-aiplatform.googleapis.com/v1beta1/projects/p/locations/us-central1/{GOOGLE}",
            "key",
        ),
        (
            {
                "project": None,
                "location": None,
                "credentials": None,
                "http_options": {"base_url": "https://gw.example/x"},
            },
            "https://gw.example/x",
            "none",
        ),
        (
            {"http_options": {"base_url": "https://gw.example/x"}},
            f"https://gw.example/x/v1beta1/projects/p/locations/us-central1/{GOOGLE}",
            "bearer",
        ),
    ],
)
def test_every_row_of_the_table_goes_where_and_as_whom_it_says(given: Any, url: str, header: str) -> None:
    """Regional, global, multi-region, express mode, a key with a project, a gateway, a proxy."""
    request = sent_by(generate, **given)
    assert str(request.url) == url
    signed = (request.headers.get("authorization"), request.headers.get("x-goog-api-key"))
    assert signed == {"bearer": ("Bearer token", None), "key": (None, "k"), "none": (None, None)}[header]


def test_explicit_credentials_are_used_at_any_address() -> None:
    """Left out in silence they would come back as a 401 that nobody understands."""
    given = {"project": None, "location": "l", "credentials": lambda: "token"}
    with pytest.raises(ValueError, match="pass project"):
        sent_by(generate, http_options={"base_url": "https://gw.example"}, **given)


def test_credentials_without_vertex_are_refused() -> None:
    """The Gemini API takes keys; they would be ignored."""
    with pytest.raises(ValueError, match="pass vertexai=True"):
        Client(credentials=lambda: "token")


@pytest.mark.behaviour("B120")
@pytest.mark.behaviour("F04")
@pytest.mark.parametrize("vertex", [False, True])
def test_the_service_tier_goes_where_the_backend_reads_it(vertex: bool) -> None:
    """A body field on the Gemini API, a header on Vertex AI; one spelling here."""
    given: Any = (
        {} if vertex else {"vertexai": False, "api_key": "k", "project": None, "location": None, "credentials": None}
    )
    request = sent_by(lambda client: generate(client, service_tier="flex"), **given)
    body, header = json.loads(request.content), request.headers.get("x-vertex-ai-llm-shared-request-type")
    assert (body.get("serviceTier"), header) == ((None, "flex") if vertex else ("flex", None))


@pytest.mark.behaviour("B113")
def test_labels_reach_the_body() -> None:
    """Bills are split by them."""
    assert json.loads(sent_by(lambda client: generate(client, labels={"team": "blue"})).content)["labels"] == {
        "team": "blue"
    }


TOOL = {"function_declarations": [{"name": "weather", "description": "d"}]}


@pytest.mark.behaviour("B119")
@pytest.mark.behaviour("F28")
@pytest.mark.parametrize("vertex", [False, True])
def test_a_count_includes_instruction_tools_and_schema(vertex: bool) -> None:
    """Top-level fields on Vertex AI; on the Gemini API only inside a whole request."""
    config = {
        "system_instruction": "Be brief.",
        "tools": [TOOL],
        "generation_config": {"response_mime_type": "application/json"},
    }
    given: Any = (
        {} if vertex else {"vertexai": False, "api_key": "k", "project": None, "location": None, "credentials": None}
    )
    request = sent_by(lambda client: client.models.count_tokens(model=MODEL, contents="Hi", config=config), **given)
    whole = {
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
        "systemInstruction": {"role": "user", "parts": [{"text": "Be brief."}]},
        "tools": [{"functionDeclarations": [{"name": "weather", "description": "d"}]}],
        "generationConfig": {"responseMimeType": "application/json"},
    }
    wrapped = {"generateContentRequest": {"model": f"models/{MODEL}", **whole}}
    assert json.loads(request.content) == (whole if vertex else wrapped)


def test_contents_alone_are_counted_as_they_are() -> None:
    """There is nothing to wrap."""
    request = sent_by(lambda client: client.models.count_tokens(model=MODEL, contents="Hi"))
    assert list(json.loads(request.content)) == ["contents"]


def test_base_models_belong_to_no_project() -> None:
    """`GET publishers/...` has no project prefix, and lists come under another name."""
    seen: list[types.Model] = []
    rows: dict[str, Any] = {
        "publisherModels": [{"name": "publishers/google/models/a", "versionId": "001", "supportedActions": {"x": {}}}]
    }
    request = sent_by(lambda client: seen.append(client.models.list().page[0]), rows)
    assert request.url.path == "/v1beta1/publishers/google/models"
    assert (seen[0].version, seen[0].supported_actions) == ("001", None)
    assert seen[0].model_dump()["supportedActions"] == {"x": {}}
    got = sent_by(lambda client: client.models.get(model=MODEL), rows["publisherModels"][0])
    assert got.url.path == f"/v1beta1/publishers/google/models/{MODEL}"
    own = sent_by(lambda client: client.models.list(config={"query_base": False}), {"models": []})
    assert own.url.path == "/v1beta1/projects/p/locations/us-central1/models"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.mark.parametrize("own", [OWN, {"vertexai": True, "api_key": "k"}], ids=["project", "express"])
async def test_vertex_has_all_that_the_gemini_api_has(emulator: Emulator, own: Any) -> None:
    """Calls, streams, chats, counts and models, with both drivers over sockets."""
    options: Any = {"base_url": emulator.base_url}
    with Client(**own, http_options=options) as client:
        assert client.models.generate_content(model=MODEL, contents="Hi").text
        assert "".join(chunk.text or "" for chunk in client.models.generate_content_stream(model=MODEL, contents="Hi"))
        assert client.chats.create(model=MODEL).send_message("Hi").text
        assert client.models.count_tokens(model=MODEL, contents="Hi").total_tokens
        assert isinstance(client.models.get(model=MODEL), types.Model)
        assert next(iter(client.models.list())).name
        async with client.aio as aio:
            assert (await aio.models.generate_content(model=MODEL, contents="Hi")).text
            assert (await aio.chats.create(model=MODEL).send_message("Hi")).text
            assert (await aio.models.count_tokens(model=MODEL, contents="Hi")).total_tokens
