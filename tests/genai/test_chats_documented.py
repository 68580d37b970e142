"""Chats as google-genai documents them: each use runs unchanged on google-genai and here, with the same requests.

The uses are functions of the module that they would import; what may differ is taken out by `normalised`, once.
"""

import asyncio
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
from google import genai as google_genai
from pydantic import BaseModel

from langchain_genai_chat import genai as our_genai
from langchain_genai_chat.emulator import Emulator, Fault
from langchain_genai_chat.genai.types._base import to_camel

FLASH = "gemini-3.5-flash"
SKIP = "skip_thought_signature_validator"  # the documented filler for a model's calls that are made up here
STANDARD = str.maketrans("-_", "+/")
Json = dict[str, Any]


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@dataclass
class Documented:
    """What a documented use has at hand: the module that it imported, a client of it, and the service."""

    genai: Any
    client: Any
    emulator: Emulator

    @property
    def types(self) -> Any:
        return self.genai.types


Use = Callable[[Documented], Any]


def basic_message(on: Documented) -> Any:
    """`send_message`, and what the response says."""
    chat = on.client.chats.create(model=FLASH)
    response = chat.send_message("Tell me a story in 10 words")
    assert response.candidates[0].content.parts[0].text == response.text
    assert response.candidates[0].finish_reason == on.types.FinishReason.STOP
    assert response.usage_metadata.total_token_count > 0
    assert response.model_version == FLASH
    assert response.function_calls is None
    return response.text


def streaming(on: Documented) -> Any:
    """`send_message_stream`: a synchronous iterator of partial answers."""
    chat = on.client.chats.create(model=FLASH)
    chunks = [chunk.text for chunk in chat.send_message_stream("Tell me a story in three hundred words, slowly")]
    assert len([text for text in chunks if text]) > 1
    return "".join(text or "" for text in chunks)


def multi_turn_memory(on: Documented) -> Any:
    """What was said before is known."""
    chat = on.client.chats.create(model=FLASH)
    chat.send_message("My name is Alice.")
    return chat.send_message("What is my name?").text


def streamed_memory(on: Documented) -> Any:
    """What was said in a stream is known too."""
    chat = on.client.chats.create(model=FLASH)
    for _ in chat.send_message_stream("My name is Alice."):
        pass
    return chat.send_message("What is my name?").text


def image_by_pil(on: Documented) -> Any:
    """A picture beside text, as a PIL image."""
    image = pytest.importorskip("PIL.Image")
    chat = on.client.chats.create(model=FLASH)
    picture = io.BytesIO()
    image.new("RGB", (2, 2), "red").save(picture, "PNG")
    return chat.send_message(["What is in this picture?", image.open(picture)]).text


def bytes_and_uris(on: Documented) -> Any:
    """Audio as bytes, video by address, text as a part: any mix."""
    part = on.types.Part
    chat = on.client.chats.create(model=FLASH)
    message = [
        part.from_text(text="Compare these"),
        part.from_bytes(data=b"\x00\x01", mime_type="audio/wav"),
        part.from_uri(file_uri="gs://generativeai-downloads/video.mp4", mime_type="video/mp4"),
        "and say which is louder",
    ]
    return chat.send_message(message).text


def one_part(on: Documented) -> Any:
    """A part alone."""
    return on.client.chats.create(model=FLASH).send_message(on.types.Part.from_text(text="Hello")).text


def chat_config(on: Documented) -> Any:
    """A config object for the whole chat."""
    config = on.types.GenerateContentConfig(
        system_instruction="You are a helpful assistant.",
        temperature=0.5,
        max_output_tokens=100,
        top_p=0.9,
        top_k=20,
        stop_sequences=["STOP!"],
        safety_settings=[
            on.types.SafetySetting(
                category=on.types.HarmCategory.HARM_CATEGORY_HATE_SPEECH,
                threshold=on.types.HarmBlockThreshold.BLOCK_ONLY_HIGH,
            )
        ],
        thinking_config=on.types.ThinkingConfig(include_thoughts=True, thinking_level="low"),
    )
    chat = on.client.chats.create(model=FLASH, config=config)
    chat.send_message("Hello")
    return chat.send_message("How are you?").text


def config_override(on: Documented) -> Any:
    """A config for one message, as a dict; here the chat has none, where both clients mean the same."""
    chat = on.client.chats.create(model=FLASH)
    first = chat.send_message("Hello", config={"temperature": 0.0, "max_output_tokens": 50})
    second = chat.send_message("Hello again", config=on.types.GenerateContentConfig(seed=7))
    return first.text, second.text, chat.send_message("And again").text


class Recipe(BaseModel):
    answer: str


def json_output(on: Documented) -> Any:
    """`response_schema` and `response.parsed`."""
    chat = on.client.chats.create(
        model=FLASH,
        config={"response_mime_type": "application/json", "response_json_schema": Recipe.model_json_schema()},
    )
    on.emulator.script(reply({"text": '{"answer": "cookies"}'}))
    response = chat.send_message("List a popular cookie recipe")
    assert Recipe.model_validate_json(response.text).answer == "cookies"
    return response.parsed


def json_output_of_a_class(on: Documented) -> Any:
    """A pydantic class as the schema gives an instance of it."""
    config = on.types.GenerateContentConfig(response_mime_type="application/json", response_schema=Recipe)
    on.emulator.script(reply({"text": '{"answer": "cookies"}'}))
    response = on.client.chats.create(model=FLASH).send_message("List a popular cookie recipe", config=config)
    assert response.parsed == Recipe(answer="cookies")
    return response.text


def asynchronous(on: Documented) -> Any:
    """`client.aio.chats`, whose `create` is not awaited."""

    async def main() -> Any:
        async with on.client.aio as aio:
            chat = aio.chats.create(model=FLASH)
            await chat.send_message("My name is Alice.")
            return (await chat.send_message("What is my name?")).text

    return asyncio.run(main())


def asynchronous_streaming(on: Documented) -> Any:
    """The stream is awaited, then read."""

    async def main() -> Any:
        async with on.client.aio as aio:
            chat = aio.chats.create(model=FLASH)
            texts = [chunk.text or "" async for chunk in await chat.send_message_stream("Tell me a story, please")]
            return "".join(texts), (await chat.send_message("What is my name?")).text

    return asyncio.run(main())


def uploaded_file(on: Documented) -> Any:
    """What `client.files.upload` gives, beside text and alone."""
    name, uri = "files/abc", "https://generativelanguage.googleapis.com/v1beta/files/abc"
    file = on.types.File(name=name, uri=uri, mime_type="text/plain")
    chat = on.client.chats.create(model=FLASH)
    chat.send_message(["Can you summarize this file?", file])
    return chat.send_message(file).text


def comprehensive_and_curated_history(on: Documented) -> Any:
    """A blocked message is in the one and not in the other."""
    chat = on.client.chats.create(model=FLASH)
    chat.send_message("Hello")
    on.emulator.script({"promptFeedback": {"blockReason": "SAFETY"}})
    assert chat.send_message("Something bad").text is None
    chat.send_message("Something good")
    histories = chat.get_history(), chat.get_history(curated=True)
    assert [len(history) for history in histories] == [6, 4]
    return [[content.model_dump(exclude_none=True) for content in history] for history in histories]


def history_of_before(on: Documented) -> Any:
    """A chat goes on from contents or dicts."""
    types = on.types
    history = [
        types.Content(role="user", parts=[types.Part(text="My name is Alice.")]),
        {"role": "model", "parts": [{"text": "Nice to meet you, Alice."}]},
        types.UserContent("Do you like it here?"),
        types.ModelContent([types.Part.from_text(text="Very"), types.Part.from_text(text=" much.")]),
    ]
    chat = on.client.chats.create(model=FLASH, history=history)
    return chat.send_message("What is my name?").text


def history_passed_on(on: Documented) -> Any:
    """The history of one chat begins another."""
    chat = on.client.chats.create(model=FLASH)
    chat.send_message("My name is Alice.")
    again = on.client.chats.create(model=FLASH, history=chat.get_history())
    return again.send_message("What is my name?").text


def error_handling(on: Documented) -> Any:
    """Errors have a code, a status and a message; the chat can be gone on with."""
    chat = on.client.chats.create(model=FLASH)
    on.emulator.script(Fault.of("INVALID_ARGUMENT", "Nothing to see here."))
    with pytest.raises(on.genai.errors.ClientError) as refused:
        chat.send_message("Hello")
    on.emulator.script(Fault.of("INTERNAL"))
    with pytest.raises(on.genai.errors.APIError) as failed:
        chat.send_message("Hello")
    with pytest.raises(ValueError, match="Message must be a valid part type"):
        chat.send_message(5)
    with pytest.raises(ValueError, match="Role must be user or model, but got"):
        on.client.chats.create(model=FLASH, history=[on.types.Content(role="system", parts=[])])
    assert chat.get_history() == []
    errors = [refused.value, failed.value]
    return [(each.code, each.status, each.message) for each in errors], chat.send_message("Hello").text


def three_turns(on: Documented) -> Any:
    """Each turn sends the ones before it."""
    chat = on.client.chats.create(model=FLASH)
    chat.send_message("My name is Bob and I like tea")
    chat.send_message("Hello there")
    return chat.send_message("What is my name?").text


def starting_fresh(on: Documented) -> Any:
    """Another chat of the same client knows nothing."""
    on.client.chats.create(model=FLASH).send_message("My name is Alice.")
    return on.client.chats.create(model=FLASH).send_message("What is my name?").text


def get_current_weather(location: str, unit: str = "celsius") -> Json:
    """Returns the current weather.

    Args:
        location: The city and state, e.g. San Francisco, CA
        unit: celsius or fahrenheit
    """
    return {"weather": "sunny", "location": location, "unit": unit}


def reply(*parts: Json) -> Json:
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, "finishReason": "STOP", "index": 0}]}


def weather_call(city: str) -> Json:
    called = {"name": "get_current_weather", "args": {"location": city}}
    return reply({"functionCall": called, "thoughtSignature": SKIP})


def function_calling_over_two_turns(on: Documented) -> Any:
    """Python functions as tools are called; later turns see the earlier calls."""
    on.emulator.script(
        weather_call("Boston"), reply({"text": "Sunny."}), weather_call("New York"), reply({"text": "Sunny too."})
    )
    config = on.types.GenerateContentConfig(tools=[get_current_weather])
    chat = on.client.chats.create(model=FLASH, config=config)
    answers = chat.send_message("What is the weather in Boston?"), chat.send_message("How about in New York?")
    assert len(chat.get_history()) == 8
    return [answer.text for answer in answers]


def streamed_function_calling(on: Documented) -> Any:
    """In a stream too: chunks of all rounds come."""
    end = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Sunny."}]}, "finishReason": "STOP"}]}
    on.emulator.script([weather_call("Boston")], [end])
    chat = on.client.chats.create(model=FLASH, config={"tools": [get_current_weather]})
    chunks = list(chat.send_message_stream("What is the weather in Boston?"))
    assert [bool(chunk.function_calls) for chunk in chunks] == [True, False]
    assert len(chat.get_history()) == 4
    return chunks[-1].text


def asynchronous_function_calling(on: Documented) -> Any:
    """Coroutine functions are tools in an async chat."""

    async def main() -> Any:
        async def fetch_weather(location: str) -> str:
            """Fetch the weather."""
            return f"sunny in {location}"

        called = {"name": "fetch_weather", "args": {"location": "Boston"}}
        on.emulator.script(reply({"functionCall": called, "thoughtSignature": SKIP}), reply({"text": "Sunny."}))
        async with on.client.aio as aio:
            chat = aio.chats.create(model=FLASH, config={"tools": [fetch_weather]})
            return (await chat.send_message("What is the weather in Boston?")).text

    return asyncio.run(main())


def function_calling_by_hand(on: Documented) -> Any:
    """Turned off, the calls come back, and their results are sent as parts."""
    config = on.types.GenerateContentConfig(
        tools=[get_current_weather],
        automatic_function_calling=on.types.AutomaticFunctionCallingConfig(disable=True),
    )
    on.emulator.script(weather_call("Boston"), reply({"text": "Sunny."}))
    chat = on.client.chats.create(model=FLASH, config=config)
    called = chat.send_message("What is the weather in Boston?").function_calls[0]
    result = get_current_weather(**called.args)
    return chat.send_message([on.types.Part.from_function_response(name=called.name, response=result)]).text


def declared_functions(on: Documented) -> Any:
    """Declarations without code are the caller's to run."""
    declared = on.types.FunctionDeclaration(
        name="get_current_weather",
        description="Get the current weather",
        parameters_json_schema={"type": "object", "properties": {"location": {"type": "string"}}},
    )
    on.emulator.script(weather_call("Boston"))
    config = on.types.GenerateContentConfig(tools=[on.types.Tool(function_declarations=[declared])])
    response = on.client.chats.create(model=FLASH, config=config).send_message("What is the weather in Boston?")
    assert response.function_calls[0].name == "get_current_weather"
    return response.function_calls[0].args


def models_call_functions_too(on: Documented) -> Any:
    """`models.generate_content` with functions, and the history of their calls."""
    on.emulator.script(weather_call("Boston"), reply({"text": "Sunny."}))
    response = on.client.models.generate_content(
        model=FLASH, contents="What is the weather in Boston?", config={"tools": [get_current_weather]}
    )
    history = response.automatic_function_calling_history
    assert [content.role for content in history] == ["user", "model", "user"]
    return response.text


USES: list[Use] = [
    each
    for each in list(globals().values())
    if getattr(each, "__annotations__", {}).get("on") is Documented and each.__module__ == __name__
]


def normalised(body: Json) -> Json:
    """A body without what chats.md says may differ.

    google-genai mixes two spellings of keys, writes bytes in the other alphabet, sends empty objects, translates
    schemas to the OpenAPI subset, and sends a streamed turn back in pieces.
    """
    written = without_empty(in_camel_case({**body, "contents": [*map(standard_base64, body["contents"])]}))
    settings = written.get("generationConfig", {})
    if "responseSchema" in settings:
        settings["responseJsonSchema"] = in_lower_case(settings.pop("responseSchema"))
    contents: list[Json] = []
    for content in written.pop("contents"):
        if contents and content["role"] == contents[-1]["role"] == "model":
            contents[-1] = joined(contents[-1], content)
        else:
            contents.append(content)
    return {**written, "contents": contents}


def in_camel_case(value: Any) -> Any:
    if isinstance(value, dict):
        return {to_camel(key): in_camel_case(inner) for key, inner in value.items()}
    return [*map(in_camel_case, value)] if isinstance(value, list) else value


def in_lower_case(schema: Json) -> Json:
    """A schema with the types of JSON Schema, which are those of the OpenAPI subset in lower case."""
    types = {"type": schema["type"].lower()}
    inside = {"properties": {name: in_lower_case(each) for name, each in schema.get("properties", {}).items()}}
    return {**schema, **types, **without_empty(inside)}


def without_empty(body: Json) -> Json:
    return {name: value for name, value in body.items() if value != {}}


def standard_base64(content: Json) -> Json:
    """google-genai writes bytes in the URL-safe alphabet, which the documented filler of signatures is not in."""

    def standard(part: Json) -> Json:
        signature = part.get("thoughtSignature")
        if signature and signature.rstrip("=") != SKIP:
            part = {**part, "thoughtSignature": signature.translate(STANDARD)}
        blob = part.get("inlineData")
        return {**part, "inlineData": {**blob, "data": blob["data"].translate(STANDARD)}} if blob else part

    return {**content, "parts": [*map(standard, content["parts"])]}


def joined(content: Json, more: Json) -> Json:
    """Two of google-genai's contents of one streamed turn as one, the texts in one part with the last signature."""
    first, second = content["parts"], more["parts"]
    text = first[-1].get("text", "") + second[0].get("text", "")
    return {**content, "parts": [*first[:-1], {**second[0], "text": text}, *second[1:]]}


def run(use: Use, module: ModuleType, emulator: Emulator) -> tuple[Any, list[tuple[str, Json]]]:
    emulator.reset()
    options = {"base_url": emulator.base_url, "retry_options": {"attempts": 1}}
    with module.Client(api_key="a-made-up-key", vertexai=False, http_options=options) as client:
        result = use(Documented(module, client, emulator))
    assert [each.refused for each in emulator.requests if each.refused] == []
    return result, [(each.path, normalised(each.body)) for each in emulator.requests]


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
@pytest.mark.filterwarnings("ignore:::google")
def test_a_documented_use_sends_what_google_genai_sends(use: Use, server: Emulator) -> None:
    """Who changes the import must not have to change anything else, nor pay for other requests."""
    theirs, their_requests = run(use, google_genai, server)
    ours, our_requests = run(use, our_genai, server)
    assert ours == theirs
    assert our_requests == their_requests
