"""The client's side: chats, contents, files, caches, errors, and the emulator that tests of one's own run on."""

from pathlib import Path
from typing import assert_type

from langchain_genai_chat import ChatGenAI, genai
from langchain_genai_chat.emulator import Emulator, Fault
from langchain_genai_chat.genai import errors, types


def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"sunny in {city}"


def talk(client: genai.Client) -> str:
    """A chat, whole answers and streams, with a function that it may call."""
    thinking = types.ThinkingConfig(thinking_budget=100)
    config = types.GenerateContentConfig(tools=[get_weather], temperature=0, thinking_config=thinking)
    chat = client.chats.create(model="gemini-3.5-flash", config=config)
    reply = assert_type(chat.send_message("What is the weather in Boston?"), types.GenerateContentResponse)
    for chunk in chat.send_message_stream(["And", types.Part.from_text(text="in Paris?")]):
        assert_type(chunk, types.GenerateContentResponse)
        assert_type(chunk.text, str | None)
    assert_type(chat.get_history(curated=True), list[types.Content])
    other = client.chats.create(model="gemini-3.5-flash", config={"temperature": 0}, history=chat.get_history())
    assert_type(other.count_tokens("Hello"), types.CountTokensResponse)
    return reply.text or ""


async def atalk(client: genai.Client) -> str:
    """The same without blocking; a stream is awaited first, as in google-genai."""
    chat = client.aio.chats.create(model="gemini-3.5-flash")
    reply = assert_type(await chat.send_message("Hello"), types.GenerateContentResponse)
    async for chunk in await chat.send_message_stream("And?"):
        assert_type(chunk, types.GenerateContentResponse)
    return reply.text or ""


def generate(client: genai.Client, picture: Path) -> list[types.FunctionCall]:
    """One content by itself, of parts of several kinds, and what its answer holds."""
    contents = [
        types.Content(role="user", parts=[types.Part.from_bytes(data=picture.read_bytes(), mime_type="image/png")]),
        types.Content(role="user", parts=[types.Part(text="What is it?")]),
    ]
    response = client.models.generate_content(model="gemini-3.5-flash", contents=contents)
    for candidate in response.candidates or []:
        assert_type(candidate.content, types.Content | None)
    if response.usage_metadata is not None:
        assert_type(response.usage_metadata.total_token_count, int | None)
    for chunk in client.models.generate_content_stream(model="gemini-3.5-flash", contents="Hello"):
        assert_type(chunk, types.GenerateContentResponse)
    return response.function_calls or []


def store(client: genai.Client, picture: Path) -> list[str | None]:
    """Files and caches."""
    file = assert_type(client.files.wait(file=client.files.upload(file=picture)), types.File)
    cache = client.caches.create(model="gemini-3.5-flash", config={"contents": [file], "ttl": "300s"})
    assert_type(cache, types.CachedContent)
    for model in client.models.list():
        assert_type(model, types.Model)
    return [each.name for each in client.files.list()]


def fail(client: genai.Client) -> int:
    """Errors have google-genai's names and attributes."""
    try:
        client.models.generate_content(model="gemini-3.5-flash", contents="Hello")
    except errors.APITimeoutError:
        return 0
    except errors.ClientError as error:
        return assert_type(error.code, int)
    return 200


def rehearse() -> list[int]:
    """A test of one's own."""
    with Emulator() as emulator:
        emulator.script(Fault.of("UNAVAILABLE"), "Hi.")
        model = ChatGenAI(model="gemini-3.5-flash", base_url=emulator.base_url)
        assert model.invoke("Hello").text == "Hi."
        return [request.status for request in emulator.requests]
