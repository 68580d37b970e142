"""Calls by the prompt over real sockets: which functions, with what, in which order, signed and with ids.

Speaks plain httpx and keeps the conversation itself, as a client does.
"""

import httpx
import pytest

from langchain_genai_chat.emulator import Emulator


def declare(name, about="", /, **properties):
    schema = {"type": "object", "properties": properties, "required": [*properties]}
    return {"name": name, "description": about, "parametersJsonSchema": schema}


TEXT, INTEGER = {"type": "string"}, {"type": "integer"}
WEATHER = declare("get_weather", "Get the weather at a location.", location=TEXT)
TIME = declare("get_time", "Get the time in a city.", city=TEXT)
ADD, MULTIPLY = declare("add", a=INTEGER, b=INTEGER), declare("multiply", a=INTEGER, b=INTEGER)
MAGIC = declare("magic_function", "Applies a magic function.", input={**INTEGER, "exclusiveMaximum": 1000})
NO_ARGUMENTS = {"name": "magic_function_no_args", "description": "Calculates a magic function."}
CUSTOMER = declare("unicode_customer", "Creates a customer.", customer_name=TEXT, description=TEXT)
STYLE = declare("greeting_generator", "Generates a greeting.", answer_style=TEXT)
OLD = {
    "name": "get_weather",
    "parameters": {"type": "OBJECT", "properties": {"location": {"type": "STRING"}}, "required": ["location"]},
}


@pytest.fixture(scope="module")
def emulator():
    with Emulator() as emulator:
        yield emulator


class Conversation:
    """A client that answers each call with what `results` has for its name."""

    def __init__(self, emulator, tools, model="gemini-3.5-flash", results=None, **body):
        self.url = f"{emulator.base_url}/v1beta/models/{model}:generateContent"
        self.body = {"contents": [], "tools": [{"functionDeclarations": list(tools)}], **body}
        self.results = results or {}

    def post(self):
        return httpx.post(self.url, json=self.body, headers={"x-goog-api-key": "k"})

    def say(self, text):
        self.body["contents"].append({"role": "user", "parts": [{"text": text}]})
        return self.step()

    def step(self):
        answer = self.post()
        assert answer.status_code == 200, answer.text
        content = answer.json()["candidates"][0]["content"]
        self.body["contents"].append(content)
        return content["parts"]

    def respond(self, parts):
        calls = [part["functionCall"] for part in parts]
        ids = [{"id": call["id"]} if "id" in call else {} for call in calls]
        responses = [
            {"name": call["name"], "response": self.results.get(call["name"], {"output": 7}), **own}
            for call, own in zip(calls, ids, strict=True)
        ]
        parts = [{"functionResponse": response} for response in responses]
        self.body["contents"].append({"role": "user", "parts": parts})
        return self.step()


def calls(parts):
    return [(part["functionCall"]["name"], part["functionCall"]["args"]) for part in parts if "functionCall" in part]


@pytest.mark.parametrize(
    ("prompt", "tools", "expected"),
    [
        ("What is the weather in Boston?", [TIME, WEATHER], [("get_weather", {"location": "Boston"})]),
        ("What is the weather in San Francisco, CA?", [OLD], [("get_weather", {"location": "San Francisco, CA"})]),
        (
            "What is the weather in Boston, Paris and Rome?",
            [WEATHER],
            [("get_weather", {"location": city}) for city in ("Boston", "Paris", "Rome")],
        ),
        (
            "What is the weather in Boston and the time in Tokyo?",
            [TIME, WEATHER],
            [("get_weather", {"location": "Boston"}), ("get_time", {"city": "Tokyo"})],
        ),
        ("Add 3 and 4", [MULTIPLY, ADD], [("add", {"a": 3, "b": 4})]),
        ("What is magic_function(3)? Use the tool.", [NO_ARGUMENTS, MAGIC], [("magic_function", {"input": 3})]),
        ("Call magic_function_no_args()", [MAGIC, NO_ARGUMENTS], [("magic_function_no_args", {})]),
        (
            "magic_function(3) and magic_function(5)",
            [MAGIC],
            [("magic_function", {"input": 3}), ("magic_function", {"input": 5})],
        ),
        (
            "Create a customer named '\u4f60\u597d\u554a\u96c6\u56e2' (Hello Group) - a Chinese company",
            [CUSTOMER],
            [("unicode_customer", {"customer_name": "\u4f60\u597d\u554a\u96c6\u56e2", "description": "Hello Group"})],
        ),
        ("Using the tool, generate a Pirate greeting.", [STYLE], [("greeting_generator", {"answer_style": "Pirate"})]),
        ("Where is it sunny, at what location?", [declare("f", "Weather at a sunny location")], [("f", {})]),
        ("Tell me something.", [WEATHER, ADD], []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_functions_are_called_by_the_prompts_words(emulator, prompt, tools, expected):
    """Named outright, by a word of the name, or by two words of the description; else the answer is text."""
    assert calls(Conversation(emulator, tools).say(prompt)) == expected


def test_results_are_repeated_and_the_first_call_of_each_step_is_signed(emulator):
    """As Gemini 3: parallel calls, signature on the first only, an id on each, sequential steps by "then"."""
    talk = Conversation(emulator, [WEATHER, ADD, MULTIPLY], results={"get_weather": {"error": "no such city"}})
    parts = talk.say("What is the weather in Boston and Paris, then add 3 and 4, then multiply the result by 10?")
    assert [part.get("thoughtSignature") is not None for part in parts] == [True, False]
    second = talk.respond(parts)
    assert calls(second) == [("add", {"a": 3, "b": 4})]
    third = talk.respond(second)
    assert calls(third) == [("multiply", {"a": 10, "b": 7})]
    ids = [part["functionCall"]["id"] for part in [*parts, *second, *third]]
    assert len(set(ids)) == 4
    assert talk.respond(third)[0]["text"] == 'multiply returned {"output": 7}.'
    talk = Conversation(emulator, [WEATHER], results={"get_weather": {"error": "no such city"}})
    assert talk.respond(talk.say("Weather in Boston?"))[0]["text"] == "get_weather failed: no such city."


def test_a_signature_that_is_lost_changed_or_moved_is_a_400_that_names_the_call(emulator):
    """The first thing that breaks in every client; manthanabc/paws#103, google-gemini/gemini-cli#13467."""
    talk = Conversation(emulator, [ADD])
    talk.respond(talk.say("Add 3 and 4"))
    call = talk.body["contents"][1]["parts"][0]
    kept = call.pop("thoughtSignature")
    lost = talk.post().json()["error"]
    assert (lost["code"], lost["status"]) == (400, "INVALID_ARGUMENT")
    assert "function call `default_api:add` , position 2." in lost["message"]
    for changed in ({**call["functionCall"], "args": {"a": 3, "b": 5}}, {**call["functionCall"], "args": {}}):
        talk.body["contents"][1]["parts"] = [{"functionCall": changed, "thoughtSignature": kept}]
        assert talk.post().json()["error"]["message"] == "Corrupted thought signature."
    talk.body["contents"][1]["parts"] = [{**call, "thoughtSignature": "skip_thought_signature_validator"}]
    assert talk.post().status_code == 200
    talk.body["contents"][1]["parts"] = [call]
    talk.body["contents"].append({"role": "user", "parts": [{"text": "Thanks"}]})
    assert talk.post().status_code == 200


def test_2_5_neither_signs_nor_checks_nor_gives_ids(emulator):
    """In the recordings 2.5 gave no id to any call."""
    talk = Conversation(emulator, [ADD], model="gemini-2.5-flash")
    parts = talk.say("Add 3 and 4")
    assert parts == [{"functionCall": {"name": "add", "args": {"a": 3, "b": 4}}}]
    assert talk.respond(parts)[0]["text"] == 'add returned {"output": 7}.'


@pytest.mark.parametrize(
    ("config", "prompt", "expected"),
    [
        ({"mode": "ANY"}, "Hello!", ["get_weather"]),
        ({"mode": "ANY", "allowedFunctionNames": ["add"]}, "Weather in Boston", ["add"]),
        ({"mode": "NONE"}, "Weather in Boston", []),
        ({"mode": "AUTO"}, "Weather in Boston", ["get_weather"]),
        ({"mode": "VALIDATED"}, "Weather in Boston", ["get_weather"]),
        ({"mode": "VALIDATED"}, "Hello!", []),
    ],
    ids=str,
)
def test_the_mode_forces_and_forbids_calls(emulator, config, prompt, expected):
    """https://ai.google.dev/gemini-api/docs/function-calling, modes."""
    tool_config = {"functionCallingConfig": config}
    talk = Conversation(emulator, [WEATHER, ADD], toolConfig=tool_config)
    assert [name for name, _ in calls(talk.say(prompt))] == expected


def test_a_forced_call_is_forced_again_after_its_response(emulator):
    """With ANY there is no end in text: googleapis/python-genai#2888."""
    talk = Conversation(emulator, [ADD], toolConfig={"functionCallingConfig": {"mode": "ANY"}})
    assert calls(talk.respond(talk.say("Add 3 and 4"))) == [("add", {"a": 3, "b": 4})]


def test_a_forced_call_is_of_another_function_once_the_prompt_was_done(emulator):
    """An agent that asks for its answer by a forced call would never have it else (langchain, ToolStrategy)."""
    answer = declare("Joke", setup=TEXT)
    talk = Conversation(emulator, [WEATHER, answer], toolConfig={"functionCallingConfig": {"mode": "ANY"}})
    first = talk.say("Weather in Boston")
    assert [name for name, _ in calls(first)] == ["get_weather"]
    assert [name for name, _ in calls(talk.respond(first))] == ["Joke"]


def test_a_stream_gives_the_same_calls(emulator):
    """One event for each call, the signature in the event of the first."""
    talk = Conversation(emulator, [WEATHER])
    parts = talk.say("Weather in Boston and Paris")
    talk.body["contents"].pop()
    url = talk.url.replace(":generateContent", ":streamGenerateContent")
    events = httpx.post(url, json=talk.body, headers={"x-goog-api-key": "k"}).json()
    assert [part for event in events for part in event["candidates"][0]["content"]["parts"]] == parts
    assert [event["candidates"][0].get("finishReason") for event in events] == [None, "STOP"]


SCHEMA = {"type": "object", "properties": {"city": TEXT, "days": INTEGER}, "required": ["city", "days"]}


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}, '{"city": "Boston", "days": 3}'),
        (
            {
                "responseMimeType": "application/json",
                "responseSchema": {"type": "OBJECT", "properties": {"days": {"type": "INTEGER"}}},
            },
            '{"days": 3}',
        ),
        (
            {"responseFormat": {"text": {"mimeType": "APPLICATION_JSON", "schema": SCHEMA}}},
            '{"city": "Boston", "days": 3}',
        ),
        (
            {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["rain", "weather"]}},
            "weather",
        ),
    ],
    ids=["JSON Schema", "OpenAPI", "responseFormat", "enum"],
)
def test_a_response_schema_is_filled_from_the_prompt(emulator, config, text):
    """Whatever asks for an object gets one that fits, in each dialect."""
    talk = Conversation(emulator, [], generationConfig=config)
    del talk.body["tools"]
    assert talk.say("The weather in Boston for 3 days")[0]["text"] == text


def test_json_without_a_schema_has_the_keys_that_the_prompt_quotes(emulator):
    """LangChain's json_mode names them in the prompt only."""
    talk = Conversation(emulator, [], generationConfig={"responseMimeType": "application/json"})
    del talk.body["tools"]
    assert talk.say("A joke as JSON with 'setup' and 'punchline' keys.")[0]["text"].startswith('{"setup": ')


def test_an_image_model_draws_a_signed_image_and_wants_it_back(emulator):
    """The first part after the thoughts and every image are signed; langchain-ai/langchain-google#1431."""
    config = {"responseModalities": ["TEXT", "IMAGE"]}
    talk = Conversation(emulator, [], model="gemini-3-pro-image", generationConfig=config)
    del talk.body["tools"]
    parts = talk.say("Draw a cat")
    assert ["thoughtSignature" in part for part in parts] == [True, True]
    assert parts[1]["inlineData"]["mimeType"] == "image/png"
    talk.say("Now a dog")
    del talk.body["contents"][-1]["parts"][1]["thoughtSignature"]
    talk.body["contents"].append({"role": "user", "parts": [{"text": "Larger"}]})
    assert "content position 4, part position 2" in talk.post().json()["error"]["message"]
