"""Settings give the same request wherever they are set, and a call's count over the model's."""

from typing import Any

import pytest
from pydantic import BaseModel

from langchain_genai_chat._config import CallConfig, Layer, build_call, http_options
from langchain_genai_chat._settings import (
    AMOUNTS,
    EFFORTS,
    GENERATION,
    LANGCHAIN_OF_A_MODEL,
    OF_A_CONFIG,
    PLACES,
    SPELLINGS,
    GenerationFields,
    by_our_names,
)
from langchain_genai_chat.genai import Client, types

GEMINI = Client(api_key="made-up-key")
VERTEX = Client(vertexai=True, api_key="made-up-key")


def layer(**given: Any) -> Layer:
    return Layer.of(by_our_names(given, SPELLINGS, "A call"))


def built(one: Layer, client: Client = GEMINI, output_version: str | None = None) -> CallConfig:
    return build_call(
        one,
        fields_of=client.models.config_fields,
        vertex=client.vertexai,
        output_version=output_version,
        sent_by_client=(),
    )


def call(client: Client = GEMINI, **given: Any) -> CallConfig:
    return built(layer(**{"model": "gemini-3.5-flash", **given}), client)


def generation(**given: Any) -> dict[str, Any]:
    fields: dict[str, Any] = call(**given).fields["generationConfig"]
    return fields


NOT_OF_A_REQUEST = {
    "http_options": "options have names of their own: timeout, max_retries, headers, extra_body",
    "should_return_http_response": "answers are LangChain's messages",
    "automatic_function_calling": "functions are LangChain's to call",
    "automatic_continuation": "an option of genai's own calls",
}


@pytest.mark.behaviour("F05")
def test_every_field_of_a_request_is_a_field_of_the_model() -> None:
    """A field that the constructor does not know would be one that is silently not sent."""
    places = {PLACES.get(name, (name,))[0] for name in GENERATION}
    assert places == types.GenerateContentConfig.model_fields.keys() - NOT_OF_A_REQUEST.keys()
    inside = {PLACES[name][1] for name in PLACES if len(PLACES[name]) > 1}
    assert inside == types.ThinkingConfig.model_fields.keys() | {"reasoning_effort"}


def test_every_field_says_what_it_takes() -> None:
    """The mixin is the one place where a setting is declared; None is the default of each."""
    assert all(field.default is None for field in GenerationFields.model_fields.values())


@pytest.mark.behaviour("B073")
@pytest.mark.parametrize(
    ("langchain", "wire"),
    [
        ({"max_tokens": 5}, {"maxOutputTokens": 5}),
        ({"max_output_tokens": 5}, {"maxOutputTokens": 5}),
        ({"maxOutputTokens": 5}, {"maxOutputTokens": 5}),
        ({"stop": ["a"]}, {"stopSequences": ["a"]}),
        ({"stop": "a"}, {"stopSequences": ["a"]}),
        ({"stop_sequences": ["a"]}, {"stopSequences": ["a"]}),
        ({"n": 2}, {"candidateCount": 2}),
        ({"candidate_count": 2}, {"candidateCount": 2}),
        ({"thinking_budget": 0}, {"thinkingConfig": {"thinkingBudget": 0}}),
        ({"thinking_level": "low"}, {"thinkingConfig": {"thinkingLevel": "LOW"}}),
        ({"thinkingLevel": types.ThinkingLevel.LOW}, {"thinkingConfig": {"thinkingLevel": "LOW"}}),
        ({"include_thoughts": False}, {"thinkingConfig": {"includeThoughts": False}}),
        ({"thinking_config": {"thinkingBudget": 7}}, {"thinkingConfig": {"thinkingBudget": 7}}),
        (
            {"thinking_config": types.ThinkingConfig(include_thoughts=True), "thinking_level": "HIGH"},
            {"thinkingConfig": {"includeThoughts": True, "thinkingLevel": "HIGH"}},
        ),
        ({"response_format": {"type": "json_object"}}, {"responseMimeType": "application/json"}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "A", "schema": {"type": "object"}}}},
            {"responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}},
        ),
    ],
)
def test_langchains_names_and_the_wires_mean_the_same(langchain: dict[str, Any], wire: dict[str, Any]) -> None:
    """Code written for another provider, for google-genai, or from the REST documentation works."""
    assert generation(**langchain) == wire


@pytest.mark.behaviour("B073")
@pytest.mark.parametrize("given", [{"temperature": 0}, {"seed": 0}, {"response_logprobs": False}, {"logprobs": 0}])
def test_falsy_values_are_sent(given: dict[str, Any]) -> None:
    """Zero is a temperature; only None means not set."""
    (value,) = given.values()
    assert list(generation(**given).values()) == [value]


@pytest.mark.behaviour("B076")
def test_what_was_not_set_is_not_sent() -> None:
    """A hidden default is one that nobody chose; some models refuse it."""
    assert call().fields == {}
    assert call(temperature=None, stop=None, tools=[], timeout=None).fields == {}


@pytest.mark.behaviour("B073")
@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("temprature", "temperature"),
        ("max_token", "max_tokens"),
        ("max_ouput_tokens", "max_output_tokens"),
        ("maxToken", "max_tokens"),
        ("thinkingLevl", "thinking_level"),
        ("budget", "thinking_budget"),
        ("effort", "reasoning_effort"),
        ("model_name", "model"),
        ("max_completion_tokens", "max_tokens"),
        ("maxNewTokens", "max_tokens"),
        ("stop_words", "stop"),
    ],
)
def test_an_unknown_name_raises_and_names_the_nearest(name: str, nearest: str) -> None:
    """A misspelt option that is ignored is found in production."""
    with pytest.raises(TypeError, match=f"takes no '{name}'.*'{nearest}'"):
        layer(**{name: 1})


@pytest.mark.parametrize("name", ["prompt", "region", "user", "best_of", "endpoint", "service_account", "logit_bias"])
def test_a_name_that_is_like_no_other_gets_no_hint(name: str) -> None:
    """'project' for a prompt, or 'store' for a system, sends people the wrong way."""
    with pytest.raises(TypeError, match=rf"takes no '{name}'\.$"):
        layer(**{name: 1})


@pytest.mark.parametrize(
    ("name", "where"),
    [*((name, "config={'") for name in OF_A_CONFIG), *((name, "to the model") for name in LANGCHAIN_OF_A_MODEL)],
)
def test_what_langchain_takes_elsewhere_is_said_to_belong_there(name: str, where: str) -> None:
    """LangChain knows the name, so that no misspelling is looked for."""
    with pytest.raises(TypeError, match=rf"takes no '{name}'; pass .*{where}"):
        layer(**{name: 1})


def test_one_setting_cannot_be_given_under_two_names() -> None:
    """Which of the two counts would be anybody's guess."""
    with pytest.raises(TypeError, match="twice"):
        call(max_tokens=5, max_output_tokens=6)
    assert generation(max_tokens=5, max_output_tokens=None) == {"maxOutputTokens": 5}


@pytest.mark.behaviour("B074")
@pytest.mark.parametrize("given", [{"thinking_budget": 1, "thinking_level": "LOW"}, dict.fromkeys(AMOUNTS, 1)])
def test_two_ways_to_say_how_much_is_thought_exclude_each_other(given: dict[str, Any]) -> None:
    """The service refuses the pair, after the wait for it."""
    with pytest.raises(ValueError, match="exclude each other"):
        call(**given)


@pytest.mark.behaviour("B074")
def test_a_calls_amount_of_thinking_replaces_the_models() -> None:
    """A level for one call must not collide with the budget that the model was made with."""
    base = layer(model="gemini-3.5-flash", thinking_budget=0, include_thoughts=True)
    over = built(layer(thinking_level="high").over(base))
    assert over.fields == {"generationConfig": {"thinkingConfig": {"includeThoughts": True, "thinkingLevel": "HIGH"}}}


@pytest.mark.behaviour("B074")
@pytest.mark.parametrize(
    ("model", "given", "sent"),
    [
        ("gemini-2.5-flash", {"thinking_level": "low"}, {"thinkingLevel": "LOW"}),
        ("gemini-3.5-flash", {"thinking_budget": 128}, {"thinkingBudget": 128}),
        ("gemini-2.5-flash", {"thinking_budget": 0}, {"thinkingBudget": 0}),
        ("gemini-9-x", {"thinking_level": "EXTREME"}, {"thinkingLevel": "EXTREME"}),
    ],
)
def test_what_was_asked_for_is_sent_whatever_the_model(model: str, given: dict[str, Any], sent: Any) -> None:
    """The service knows its models; a swap behind the caller's back is worse than its refusal."""
    assert generation(model=model, **given) == {"thinkingConfig": sent}


@pytest.mark.behaviour("B074")
@pytest.mark.parametrize(
    ("model", "kind"), [("gemini-2.5-flash", "budget"), ("gemini-3.5-flash", "level"), ("gemini-9-x", "level")]
)
def test_reasoning_effort_is_a_budget_or_a_level_by_family(model: str, kind: str) -> None:
    """LangChain has one word for both; the table is Google's own."""
    for effort, (name, value) in EFFORTS[kind].items():
        camel = {"thinking_budget": "thinkingBudget", "thinking_level": "thinkingLevel"}[name]
        assert generation(model=model, reasoning_effort=effort) == {"thinkingConfig": {camel: value}}
    with pytest.raises(ValueError, match="reasoning_effort 'huge' is none that this model has"):
        call(model=model, reasoning_effort="huge")


@pytest.mark.behaviour("B067")
def test_safety_settings_of_a_call_are_merged_by_category() -> None:
    """To change one category must not drop the others."""
    base = layer(safety_settings={"HARM_CATEGORY_HARASSMENT": "BLOCK_NONE", "HARM_CATEGORY_HATE_SPEECH": "OFF"})
    over = layer(
        safety_settings=[
            types.SafetySetting(category="HARM_CATEGORY_HARASSMENT", threshold="BLOCK_ONLY_HIGH"),
            {"category": types.HarmCategory.HARM_CATEGORY_JAILBREAK, "threshold": "off"},
        ]
    ).over(base)
    assert built(over).fields["safetySettings"] == [
        {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_ONLY_HIGH"},
        {"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "OFF"},
        {"category": "HARM_CATEGORY_JAILBREAK", "threshold": "OFF"},
    ]


@pytest.mark.behaviour("B067")
@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"HARM_CATEGORY_HARRASSMENT": "OFF"}, "no category. Did you mean 'HARM_CATEGORY_HARASSMENT'"),
        ({"HARM_CATEGORY_HARASSMENT": "BLOCK_LOTS"}, "'BLOCK_LOTS' is no threshold"),
    ],
)
def test_a_bad_safety_name_raises(settings: dict[str, str], problem: str) -> None:
    """Enums are open where Google answers; what protects people is not left to a misspelling."""
    with pytest.raises(ValueError, match=problem):
        call(safety_settings=settings)


@pytest.mark.behaviour("B120", "F04")
def test_the_service_tier_goes_where_the_backend_wants_it() -> None:
    """A field of the body on the Gemini API, a header on Vertex AI; one spelling here."""
    assert call(service_tier="FLEX").fields == {"serviceTier": "flex"}
    vertex = call(VERTEX, service_tier="flex", headers={"x-a": "b"})
    assert vertex.fields == {}
    assert vertex.options is not None
    assert vertex.options.headers == {"x-a": "b", "X-Vertex-AI-LLM-Shared-Request-Type": "flex"}


@pytest.mark.behaviour("B113")
@pytest.mark.parametrize("client", [GEMINI, VERTEX], ids=["gemini", "vertex"])
def test_labels_are_sent_on_both_backends(client: Client) -> None:
    """The Gemini API takes them since 2026."""
    assert call(client, labels={"team": "a"}).fields == {"labels": {"team": "a"}}


def test_a_field_of_the_other_backend_is_refused() -> None:
    """Before the request, with the field's name, and not as a 400 that names neither."""
    with pytest.raises(ValueError, match="audio_timestamp"):
        call(audio_timestamp=True)
    assert call(VERTEX, audio_timestamp=True).fields == {"generationConfig": {"audioTimestamp": True}}


@pytest.mark.behaviour("B076")
def test_sampling_that_a_model_does_not_take_is_left_out_with_a_warning() -> None:
    """Known for two models; for every other what was asked for is sent."""
    with pytest.warns(UserWarning, match="temperature, top_p is not sent"):
        fields = call(model="gemini-3.6-flash", temperature=0.5, top_p=0.1, seed=1).fields
    assert fields == {"generationConfig": {"seed": 1}}
    assert generation(model="gemini-9-x", temperature=0.5) == {"temperature": 0.5}


class Answer(BaseModel):
    value: int


@pytest.mark.behaviour("B072")
@pytest.mark.parametrize("schema", [Answer, Answer.model_json_schema()], ids=["class", "dict"])
def test_a_schema_goes_beside_everything_else(schema: Any) -> None:
    """Thinking options were lost once a schema was bound."""
    fields = generation(thinking_budget=0, response_json_schema=schema)
    assert fields["thinkingConfig"] == {"thinkingBudget": 0}
    assert fields["responseMimeType"] == "application/json"
    assert fields["responseJsonSchema"]["required"] == ["value"]


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ({}, "text"),
        ({"temperature": 1, "thinking_level": "HIGH"}, "text"),
        ({"include_thoughts": False}, "text"),
        ({"include_thoughts": True}, "blocks"),
        ({"extra_body": {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}}, "blocks"),
        ({"response_modalities": ["TEXT"]}, "text"),
        ({"response_modalities": ["text", "image"]}, "blocks"),
        ({"response_modalities": [types.Modality.AUDIO]}, "blocks"),
        ({"response_format": {"text": {"mimeType": "text/plain"}}}, "text"),
        ({"response_format": {"image": {"aspectRatio": "1:1"}}}, "blocks"),
        ({"tools": [{"function_declarations": [{"name": "f"}]}]}, "text"),
        ({"tools": [{"code_execution": {}}]}, "blocks"),
        ({"tools": [{"function_declarations": [{"name": "f"}]}, {"googleSearch": {}}]}, "blocks"),
        ({"tools": [types.Tool(url_context=types.UrlContext())]}, "blocks"),
        ({"model": "gemini-2.5-flash-image"}, "blocks"),
        ({"model": "gemini-2.5-flash-preview-tts"}, "blocks"),
    ],
)
@pytest.mark.behaviour("B080")
def test_the_shape_of_content_follows_from_the_request(given: dict[str, Any], shape: str) -> None:
    """Never from the reply: a stream has to know it before the first chunk."""
    assert call(**given).shape == shape
    assert built(layer(model="gemini-3.5-flash"), output_version="v1").shape == "blocks"


@pytest.mark.behaviour("B051", "B047")
@pytest.mark.parametrize(
    ("given", "times"),
    [
        ({"timeout": 1.5}, (1.5, 1.5, 1.5, 2)),
        ({"timeout": 30}, (30.0, 30.0, 10.0, 2)),
        ({"timeout": {"connect": 3.0, "read": 7.0, "write": 7.0, "pool": None}}, (7.0, 7.0, 3.0, 2)),
        ({"timeout": {"connect": None, "read": None}}, (600.0, 120.0, 10.0, 2)),
        ({"max_retries": 0}, (600.0, 120.0, 10.0, 0)),
        ({"max_retries": 3, "timeout": 5}, (5.0, 5.0, 5.0, 3)),
        ({"retry": types.RetryPolicy(max_retries=7, deadline_s=9.0)}, (9.0, 120.0, 10.0, 7)),
        ({"retry": types.RetryPolicy(max_retries=7, deadline_s=9.0), "max_retries": 1}, (9.0, 120.0, 10.0, 1)),
        ({"retry": types.RetryPolicy(max_retries=7), "timeout": {"read": 4.0}}, (4.0, 4.0, 10.0, 7)),
    ],
)
def test_seconds_and_retries_become_one_policy(given: dict[str, Any], times: tuple[float, float, float, int]) -> None:
    """LangChain counts seconds and retries, the client's options milliseconds and attempts; here they meet."""
    options = http_options(given)
    assert options is not None
    policy = options.policy(types.RetryPolicy())
    assert (policy.deadline_s, policy.silence_s, policy.connect_s, policy.max_retries) == times


@pytest.mark.parametrize("given", [{"timeout": 0}, {"timeout": -1}, {"timeout": float("inf")}, {"max_retries": -1}])
def test_impossible_times_and_numbers_are_refused(given: dict[str, Any]) -> None:
    """An unbounded request hangs for ever; a negative number of retries is none."""
    with pytest.raises(ValueError, match=next(iter(given))):
        http_options(given)


def test_options_are_no_part_of_the_body() -> None:
    """They say how a request goes, and only extra_body has business in it, where the client puts it."""
    config = call(timeout=1, max_retries=1, headers={"a": "b"}, extra_body={"x": 1})
    assert config.fields == {}
    assert config.options is not None
    assert config.options.extra_body == {"x": 1}


def test_the_models_system_instruction_comes_before_the_conversations() -> None:
    """Neither may be lost; the standing order comes first."""
    config = call(system_instruction="Be brief.")
    body = config.body({"parts": [{"text": "Be kind."}]}, [])
    assert [part["text"] for part in body["systemInstruction"]["parts"]] == ["Be brief.", "Be kind."]
    assert config.body(None, [])["systemInstruction"] == config.fields["systemInstruction"]
    assert call().body({"parts": [{"text": "a"}]}, []) == {
        "contents": [],
        "systemInstruction": {"parts": [{"text": "a"}]},
    }


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"tools": [{"type": "no_such"}]}, "tool"),
        ({"tool_choice": "search"}, "search"),
        ({"response_format": {"type": "grammar"}}, "'grammar'"),
    ],
)
def test_what_has_no_form_here_is_refused(given: dict[str, Any], problem: str) -> None:
    """Not dropped: an agent whose tools are not sent only looks as if it worked."""
    with pytest.raises(ValueError, match=problem):
        call(**given)


@pytest.mark.behaviour("B079", "F27")
def test_tools_are_refused_where_a_model_takes_none() -> None:
    """The API's own words are about a developer instruction that is not enabled."""
    tools = [{"functionDeclarations": [{"name": "f"}]}]
    with pytest.raises(ValueError, match="gemma-3-27b-it takes no tools"):
        call(model="gemma-3-27b-it", tools=tools)
    assert call(model="gemma-4-31b-it", tools=tools).fields["tools"]


@pytest.mark.parametrize("given", [{"history": "lax"}, {"on_bad_reply": "explode"}])
def test_a_policy_that_there_is_not_is_refused(given: dict[str, Any]) -> None:
    """It would be taken for the default."""
    with pytest.raises(ValueError, match=next(iter(given.values()))):
        call(**given)


def test_a_wrong_type_is_refused_by_name() -> None:
    """Nothing is sent that the service would refuse for its type."""
    with pytest.raises(ValueError, match="temperature"):
        call(temperature="warm")
