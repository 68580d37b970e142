"""Code that was written for langchain-google-genai: every name that it passes is taken here, or its heir is named."""

import json
import unittest.mock
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from langchain_core.callbacks import StdOutCallbackHandler
from langchain_core.rate_limiters import InMemoryRateLimiter
from pydantic import SecretStr, ValidationError
from pydantic.alias_generators import to_camel

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.errors import InvalidOptionError
from langchain_genai_chat.genai import Client

google = pytest.importorskip("google.genai", reason="not installed: google-genai")
langchain_google = pytest.importorskip("langchain_google_genai", reason="not installed: langchain-google-genai")

Json = dict[str, Any]
MODEL = "gemini-3.5-flash"
REPLY = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hello."}]}, "finishReason": "STOP"}]}

SAME_REQUEST: dict[str, list[Any]] = {
    "base_url": ["http://gateway"],
    "api_version": ["v1"],
    "google_api_key": ["another", SecretStr("another")],
    "additional_headers": [{"x-team": "a"}],
    "model": ["gemini-2.5-pro", "models/gemini-2.5-pro"],
    "temperature": [0.0, 1.5],
    "frequency_penalty": [0.5],
    "presence_penalty": [-0.5],
    "top_p": [0.1],
    "top_k": [3],
    "max_output_tokens": [9],
    "n": [2],
    "response_modalities": [["TEXT"], [google.types.Modality.TEXT]],
    "image_config": [{"aspect_ratio": "16:9"}],
    "thinking_budget": [0, 100],
    "include_thoughts": [True],
    "safety_settings": [
        {"HARM_CATEGORY_HARASSMENT": "OFF"},
        {google.types.HarmCategory.HARM_CATEGORY_HARASSMENT: google.types.HarmBlockThreshold.BLOCK_NONE},
    ],
    "seed": [0],
    "stop": [["END"]],
    "response_mime_type": ["application/json"],
    "reasoning_effort": ["low"],
    "thinking_config": [{"thinking_budget": 5}, google.types.ThinkingConfig(thinking_budget=5, include_thoughts=True)],
    "cached_content": ["cachedContents/c"],
}
"""Fields that change the request, with values that langchain-google-genai takes."""
VERTEX: dict[str, list[Any]] = {
    "project": ["p"],
    "location": ["europe-west4"],
    "labels": [{"team": "a"}],
    "vertexai": [True],
}
"""Those that do so on Vertex AI only."""
HELD: dict[str, Any] = {
    "name": "guide",
    "cache": False,
    "verbose": True,
    "callbacks": [StdOutCallbackHandler()],
    "tags": ["a"],
    "custom_get_token_ids": len,
    "rate_limiter": InMemoryRateLimiter(),
    "disable_streaming": "tool_calling",
    "output_version": "v1",
    "profile": {"max_input_tokens": 5},
    "credentials": object(),
    "media_resolution": "MEDIA_RESOLUTION_LOW",  # langchain-google-genai takes it and does not send it
    "max_retries": 3,  # which there is the number of requests, the first one too
    "timeout": 5,
    "streaming": True,
    "response_schema": {"type": "OBJECT"},
}
"""Fields whose effect other tests show; here the value is taken under each name."""
REFUSED = {
    "client_options": "base_url",
    "client_args": "proxy, verify, or a whole client as http_client",
    "default_metadata": "headers",
    "default_metadata_input": "headers",
    "model_kwargs": "as arguments",
    "convert_system_message_to_human": "leave it out",
}
"""Names that are not taken, and what their error has to say."""
SHOWN_APART = {"client", "metadata"}


def spellings() -> dict[str, set[str]]:
    """Each field of langchain-google-genai's class, to every name that its constructor takes it by."""
    fields = langchain_google.ChatGoogleGenerativeAI.model_fields
    return {name: {name, *filter(None, (field.alias, field.validation_alias))} for name, field in fields.items()}


def cases(samples: dict[str, list[Any]]) -> Iterator[Any]:
    for name, values in samples.items():
        for spelled in sorted(spellings()[name] - REFUSED.keys()):
            for number, value in enumerate(values):
                yield pytest.param(spelled, value, id=f"{spelled}-{number}")


class Wire:
    """Stands for Google and keeps what it is asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, json=REPLY)

    def asked_by_google(self, given: Json) -> httpx.Request:
        """The request of langchain-google-genai; its own default of the temperature is left to the service."""
        there: Any = {"model": MODEL, "client_args": {"transport": self.transport}}
        if not given.keys() & {"google_api_key", "api_key", "credentials"}:
            there["api_key"] = "made-up"
        langchain_google.ChatGoogleGenerativeAI(**{**there, "temperature": None, **given}).invoke("Hi")
        return self.requests[-1]

    def asked_here(self, given: Json) -> httpx.Request:
        here: Any = {"model": MODEL, "http_client": httpx.Client(transport=self.transport)}
        if not given.keys() & {"google_api_key", "api_key", "credentials"}:
            here["api_key"] = "made-up"
        ChatGenAI(**{**here, **given}).invoke("Hi")
        return self.requests[-1]


def in_camel_case(config: Any) -> Any:
    """Google takes both spellings, and langchain-google-genai mixes them."""
    if not isinstance(config, dict):
        return config
    return {to_camel(name): in_camel_case(inner) for name, inner in config.items()}


def said(request: httpx.Request) -> Json:
    """What a request says, in whatever way: its address, its own headers, its body without what says nothing."""
    body = {name: value for name, value in json.loads(request.content).items() if value != []}
    config = in_camel_case(body.pop("generationConfig", {}))
    if config.get("candidateCount") == 1:  # what Google does anyway
        del config["candidateCount"]
    headers = {name: request.headers.get(name) for name in ("x-goog-api-key", "x-team")}
    return {"url": str(request.url), "headers": headers, "body": body, "config": config}


def test_every_field_of_the_other_class_is_in_one_table_here() -> None:
    """One that its next release adds fails here, and is decided on."""
    tables = [set(SAME_REQUEST), set(VERTEX), set(HELD), {*REFUSED} & spellings().keys(), SHOWN_APART]
    assert sorted(name for table in tables for name in table) == sorted(spellings())
    assert {name for names in spellings().values() for name in names} >= REFUSED.keys()


@pytest.mark.parametrize(("name", "value"), [*cases(SAME_REQUEST)])
def test_a_name_makes_the_request_that_it_makes_there(name: str, value: Any) -> None:
    """Taken is not enough: it has to mean the same."""
    wire = Wire()
    asked = said(wire.asked_here({name: value}))
    assert asked == said(wire.asked_by_google({name: value}))
    assert asked != said(wire.asked_here({}))


@pytest.mark.parametrize(("name", "value"), [*cases(VERTEX)])
def test_a_name_of_vertex_ai_makes_the_request_that_it_makes_there(name: str, value: Any) -> None:
    """As above; the other package asks for credentials where a project is named."""
    wire = Wire()
    login = google_credentials()
    given = {"vertexai": True, "project": "q", "location": "us-central1", "credentials": login, name: value}
    assert said(wire.asked_here(given)) == said(wire.asked_by_google(given))


def google_credentials() -> Any:
    """Credentials with a token at hand, which ask nobody for one."""
    credentials = pytest.importorskip("google.oauth2.credentials", reason="not installed: google-auth")
    return credentials.Credentials(token="made-up")


@pytest.mark.parametrize("name", HELD)
def test_a_name_is_taken_and_its_value_is_held(name: str) -> None:
    """Also under the aliases."""
    for spelled in spellings()[name]:
        model = ChatGenAI(model=MODEL, **{spelled: HELD[name]})
        assert getattr(model, name) == HELD[name]


def test_metadata_is_taken_and_stands_beside_the_versions() -> None:
    """LangChain's core puts these there."""
    assert ChatGenAI(model=MODEL, metadata={"a": 1}).metadata == {"a": 1, "lc_versions": unittest.mock.ANY}


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_is_not_taken_says_what_to_pass_instead(name: str) -> None:
    """The nearest name by its letters would be a wrong one."""
    with pytest.raises(TypeError, match=f"takes no '{name}'; .*{REFUSED[name]}"):
        ChatGenAI(model=MODEL, **{name: {}})


def test_a_client_of_googles_own_kind_is_told_from_one_of_this_packages() -> None:
    """Both classes are called Client."""
    with pytest.raises(ValidationError, match=r"client is a google\.genai\.client\.Client; pass a langchain_genai_ch"):
        ChatGenAI(model=MODEL, client=google.Client(api_key="made-up"))
    own = Client(api_key="made-up")
    assert ChatGenAI(model=MODEL, client=own).client is own


@pytest.mark.parametrize(
    ("name", "heir"), [("code_execution", "tools"), ("functions", "tools"), ("generation_config", "temperature")]
)
def test_an_argument_of_a_call_that_is_not_taken_says_what_to_pass_instead(name: str, heir: str) -> None:
    """Before anything is sent."""
    given: Json = {name: {}}
    with pytest.raises(InvalidOptionError, match=f"A call takes no '{name}'; .*{heir}"):
        ChatGenAI(model=MODEL, api_key="made-up").invoke("Hi", **given)


def test_tools_and_settings_of_googles_own_classes_are_taken_as_their_dicts() -> None:
    """As they are by `bind_tools` there; google-genai is not imported for it."""
    declared = google.types.FunctionDeclaration(
        name="get_weather", parameters={"type": "OBJECT", "properties": {"city": {"type": "STRING"}}}
    )
    tools = [
        google.types.Tool(google_search=google.types.GoogleSearch()),
        google.types.Tool(function_declarations=[declared]),
    ]
    settings = google.types.ToolConfig(retrieval_config={"language_code": "fr"})
    model = ChatGenAI(model=MODEL)
    body = model.bind_tools(tools, tool_config=settings, tool_choice="any").preview("Hi").body
    search, functions = body["tools"]
    assert search == {"googleSearch": {}}
    assert functions["functionDeclarations"][0]["name"] == "get_weather"
    assert body["toolConfig"]["retrievalConfig"] == {"languageCode": "fr"}
    assert body["toolConfig"]["functionCallingConfig"]["mode"] == "ANY"
    thinking = google.types.ThinkingConfig(thinking_level="LOW")
    body = model.preview("Hi", thinking_config=thinking).body
    assert body["generationConfig"] == {"thinkingConfig": {"thinkingLevel": "LOW"}}


@pytest.mark.parametrize("method", ["json_schema", "json_mode", "function_calling"])
def test_the_arguments_of_structured_output_are_taken(method: str) -> None:
    """All that the other class names, by name."""
    schema = {"title": "City", "type": "object", "properties": {"name": {"type": "string"}}}
    model = ChatGenAI(model=MODEL, api_key="made-up", http_client=httpx.Client(transport=Wire().transport))
    asked = model.with_structured_output(schema=schema, method=method, include_raw=True, strict=True).invoke("Hi")
    assert (asked["raw"].text, asked["parsed"]) == ("Hello.", None)
