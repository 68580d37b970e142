"""google-genai, Google's own client, talks to the emulator as it talks to Google.

The SDK is a development dependency; nothing of it is imported by the package.
"""

import pytest

from langchain_genai_chat.emulator import Emulator, Fault

genai = pytest.importorskip("google.genai")
FLASH = "gemini-3.5-flash"


@pytest.fixture(scope="module")
def server():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(server):
    server.reset()
    return server


@pytest.fixture
def client(emulator):
    with genai.Client(api_key="k", vertexai=False, http_options={"base_url": emulator.base_url}) as client:
        yield client


def test_a_chat_remembers_unary_and_streamed(client):
    """The SDK's chats send back what came, signatures too."""
    chat = client.chats.create(model=FLASH)
    assert chat.send_message("My name is Alice").text == "Nice to meet you, Alice."
    assert "".join(chunk.text or "" for chunk in chat.send_message_stream("Go on")) == "You said: Go on"
    answer = chat.send_message("What was my name?")
    assert answer.text == "Your name is Alice."
    assert answer.usage_metadata.total_token_count == (
        answer.usage_metadata.prompt_token_count + answer.usage_metadata.candidates_token_count
    )


@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession")  # google-genai's own
async def test_the_async_client_gets_the_same(emulator):
    """Another transport of the same SDK."""
    client = genai.Client(api_key="k", vertexai=False, http_options={"base_url": emulator.base_url})
    async with client.aio as aio:
        answer = await aio.models.generate_content(model=FLASH, contents="Hello")
        stream = await aio.models.generate_content_stream(model=FLASH, contents="Hello")
        streamed = "".join([chunk.text or "" async for chunk in stream])
    client.close()
    assert answer.text == streamed == "Hello! How can I help you?"


def test_every_kind_of_setting_is_taken(client):
    """The SDK sends a mixture of spellings."""
    answer = client.models.generate_content(
        model=FLASH,
        contents=["Look", genai.types.Part.from_bytes(data=b"\xff\xfe\xfd", mime_type="image/png")],
        config={
            "system_instruction": "Be brief.",
            "temperature": 0.5,
            "candidate_count": 2,
            "response_mime_type": "application/json",
            "response_json_schema": {"type": "object"},
            "thinking_config": {"include_thoughts": True, "thinking_level": "low"},
            "safety_settings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
            "tools": [{"function_declarations": [{"name": "f", "parameters_json_schema": {"type": "object"}}]}],
        },
    )
    assert len(answer.candidates) == 2
    assert answer.usage_metadata.thoughts_token_count


def test_tokens_and_models_are_listed(client):
    """The SDK's pager walks over all pages."""
    assert client.models.count_tokens(model=FLASH, contents="Hello there").total_tokens == 4
    names = [model.name for model in client.models.list(config={"page_size": 5})]
    assert len(names) == len(set(names)) > 20
    assert client.models.get(model=FLASH).input_token_limit == 1048576


def test_errors_are_what_the_sdk_expects(client, emulator):
    """Code, status and message come through its own exceptions."""
    with pytest.raises(genai.errors.ClientError) as caught:
        client.models.generate_content(model="nothing", contents="Hello")
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")
    emulator.script(Fault.of("UNAVAILABLE"))
    with pytest.raises(genai.errors.ServerError):
        list(client.models.generate_content_stream(model=FLASH, contents="Hello"))
