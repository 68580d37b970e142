"""Contents and a flat config become the body of a request, the same whichever way a field was given."""

import enum
import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field
from pydantic.alias_generators import to_camel
from pydantic_core import to_json
from typing_extensions import TypedDict

from langchain_genai_chat.genai import types
from langchain_genai_chat.genai._body import encode_body, merge_tools, parse_output

HELLO = [types.UserContent("a")]


def sent(vertex: bool = False, **fields: Any) -> dict[str, Any]:
    """The JSON of a request with a config, without its contents."""
    body = encode_body(HELLO, types.GenerateContentConfig(**fields), vertex=vertex)
    read: dict[str, Any] = json.loads(to_json(body, by_alias=True, exclude_none=True))
    assert read.pop("contents") == [{"parts": [{"text": "a"}], "role": "user"}]
    return read


@pytest.mark.behaviour("B073")
def test_falsy_values_are_sent_and_none_is_not() -> None:
    """Temperature 0 is a setting, None is none."""
    assert sent(temperature=0, top_k=0, stop_sequences=[], seed=None, labels={}, response_logprobs=False) == {
        "labels": {},
        "generationConfig": {"temperature": 0, "topK": 0, "stopSequences": [], "responseLogprobs": False},
    }


@pytest.mark.behaviour("B076")
def test_nothing_is_sent_that_was_not_asked_for() -> None:
    assert sent() == {}
    assert encode_body(HELLO, None, vertex=False) == {"contents": HELLO}


def test_options_of_the_call_are_not_sent() -> None:
    assert (
        sent(
            http_options={"timeout": 1000},
            should_return_http_response=True,
            automatic_function_calling={"disable": True},
            automatic_continuation=True,
        )
        == {}
    )


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        (
            "system_instruction",
            "be brief",
            {"systemInstruction": {"parts": [{"text": "be brief"}], "role": "user"}},
        ),
        ("safety_settings", [{"category": "HARM_CATEGORY_HARASSMENT"}], None),
        ("tool_config", {"functionCallingConfig": {"mode": "ANY"}}, None),
        ("cached_content", "cachedContents/1", None),
        ("labels", {"snake_case": "v"}, None),
        ("service_tier", "flex", None),
        ("continuation_token", b"\xff\xfe", {"continuationToken": "//4="}),
    ],
)
def test_what_stands_at_the_top(field: str, value: Any, place: dict[str, Any] | None) -> None:
    expected = place or {to_camel(field): value}
    for vertex in (False, True):
        assert sent(vertex, **{field: value}) == expected


@pytest.mark.parametrize(
    ("fields", "generation"),
    [
        ({"thinking_config": {"thinking_budget": 0}}, {"thinkingConfig": {"thinkingBudget": 0}}),
        ({"thinking_config": {"thinking_level": "low"}}, {"thinkingConfig": {"thinkingLevel": "LOW"}}),
        ({"response_modalities": ["image", "TEXT"]}, {"responseModalities": ["IMAGE", "TEXT"]}),
        ({"top_k": 40}, {"topK": 40}),
        ({"media_resolution": "MEDIA_RESOLUTION_LOW"}, {"mediaResolution": "MEDIA_RESOLUTION_LOW"}),
        (
            {"speech_config": "Kore"},
            {"speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}}},
        ),
        ({"image_config": {"aspect_ratio": "16:9"}}, {"imageConfig": {"aspectRatio": "16:9"}}),
    ],
)
def test_what_stands_in_generation_config(fields: dict[str, Any], generation: dict[str, Any]) -> None:
    assert sent(**fields) == {"generationConfig": generation}


def test_names_that_differ_on_the_wire() -> None:
    written = sent(
        vertex=True,
        model_selection_config={"feature_selection_preference": "balanced"},
        generation_output_config={"output_uri_prefix": "gs://b"},
        image_config={"output_mime_type": "image/png", "output_compression_quality": 0},
    )
    assert written == {
        "outputConfig": {"outputUriPrefix": "gs://b"},
        "generationConfig": {
            "modelConfig": {"featureSelectionPreference": "BALANCED"},
            "imageConfig": {"imageOutputOptions": {"mimeType": "image/png", "compressionQuality": 0}},
        },
    }


def test_response_format_has_the_shape_of_the_backend() -> None:
    one = {"text": {"mime_type": "APPLICATION_JSON", "schema": {"a_b": None}}}
    written = {"text": {"mimeType": "APPLICATION_JSON", "schema": {"a_b": None}}}
    for given in (one, [one]):
        assert sent(response_format=given) == {"generationConfig": {"responseFormat": written}}
        assert sent(vertex=True, response_format=given) == {"generationConfig": {"responseFormat": [written]}}
    with pytest.raises(ValueError, match=r"response_format gives \['text'\] twice"):
        sent(response_format=[one, one])


VOICE = {"replicated_voice_config": {"consent_audio": b"x"}}


@pytest.mark.parametrize(
    ("fields", "place", "vertex_only"),
    [
        ({"routing_config": {}}, "routing_config", True),
        ({"model_selection_config": {}}, "model_selection_config", True),
        ({"audio_timestamp": False}, "audio_timestamp", True),
        ({"model_armor_config": {}}, "model_armor_config", True),
        ({"generation_output_config": {}}, "generation_output_config", True),
        ({"safety_settings": [{}, {"method": "SEVERITY"}]}, "safety_settings[1].method", True),
        ({"enable_enhanced_civic_answers": True}, "enable_enhanced_civic_answers", False),
        ({"store": False}, "store", False),
        ({"tools": [{"retrieval": {}}]}, "tools[0].retrieval", True),
        ({"tools": [{"enterprise_web_search": {}}]}, "tools[0].enterprise_web_search", True),
        ({"tools": [{"parallel_ai_search": {}}]}, "tools[0].parallel_ai_search", True),
        ({"tools": [{"exa_ai_search": {}}]}, "tools[0].exa_ai_search", True),
        ({"tools": [{"file_search": {}}]}, "tools[0].file_search", False),
        ({"tools": [{"mcp_servers": [{"name": "a"}]}]}, "tools[0].mcp_servers[0].name", False),
        (
            {"tools": [{"google_search": {"exclude_domains": []}}]},
            "tools[0].google_search.exclude_domains",
            True,
        ),
        ({"tools": [{"google_maps": {"grounding_types": {}}}]}, "tools[0].google_maps.grounding_types", True),
        (
            {"tool_config": {"include_server_side_tool_invocations": True}},
            "tool_config.include_server_side_tool_invocations",
            False,
        ),
        (
            {"tool_config": {"function_calling_config": {"stream_function_call_arguments": True}}},
            "tool_config.function_calling_config.stream_function_call_arguments",
            True,
        ),
        ({"image_config": {"person_generation": "ALLOW_ALL"}}, "image_config.person_generation", True),
        (
            {"speech_config": {"voice_config": VOICE}},
            "speech_config.voice_config.replicated_voice_config.consent_audio",
            False,
        ),
    ],
)
def test_a_field_of_the_other_backend_raises(fields: dict[str, Any], place: str, vertex_only: bool) -> None:
    """Google's answer to it would be a 400 that names a proto path, or silence."""
    sent(vertex=vertex_only, **fields)
    owner, here = ("Vertex AI", "the Gemini API") if vertex_only else ("the Gemini API", "Vertex AI")
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared
        sent(vertex=not vertex_only, **fields)
    assert str(refused.value) == f"{place} is a field of {owner}, and this client talks to {here}."


@pytest.mark.parametrize(
    ("part", "place", "vertex_only"),
    [
        ({"toolCall": {}}, "tool_call", False),
        ({"toolResponse": {}}, "tool_response", False),
        ({"partMetadata": {"a": 1}}, "part_metadata", False),
        ({"functionCall": {"partialArgs": []}}, "function_call.partial_args", True),
        ({"functionCall": {"willContinue": True}}, "function_call.will_continue", True),
        ({"functionResponse": {"willContinue": True}}, "function_response.will_continue", False),
        (
            {"functionResponse": {"parts": [{"mediaProcessing": "STATIC"}]}},
            "function_response.parts[0].media_processing",
            False,
        ),
    ],
)
def test_a_part_of_the_other_backend_raises(part: dict[str, Any], place: str, vertex_only: bool) -> None:
    contents = [*HELLO, types.ModelContent(["b", types.Part(part)])]
    encode_body(contents, None, vertex=vertex_only)
    with pytest.raises(ValueError, match="is a field of") as refused:
        encode_body(contents, None, vertex=not vertex_only)
    assert str(refused.value).startswith(f"contents[1].parts[1].{place} is a field of")


class TestTools:
    def test_declarations_are_one_tool_the_last(self) -> None:
        """The service takes one list of declarations, and a cache wants it in one order."""
        first = types.Tool(
            function_declarations=[types.FunctionDeclaration(name="f")], google_search=types.GoogleSearch()
        )
        second = types.Tool(function_declarations=[types.FunctionDeclaration(name="g")])
        written = sent(tools=[first, {"codeExecution": {}}, second])["tools"]
        assert written == [
            {"googleSearch": {}},
            {"codeExecution": {}},
            {"functionDeclarations": [{"name": "f"}, {"name": "g"}]},
        ]
        assert first.function_declarations is not None

    def test_a_function_needs_someone_to_declare_it(self) -> None:
        def greet() -> str:
            return "hello"

        with pytest.raises(TypeError, match=r"tools\[0\] is a Python function"):
            merge_tools([greet])
        declared = merge_tools([greet], lambda call: types.FunctionDeclaration(name=call.__name__))
        assert declared == [types.Tool(function_declarations=[types.FunctionDeclaration(name="greet")])]

    @pytest.mark.behaviour("B023")
    def test_a_parameter_schema_goes_as_it_is(self) -> None:
        schema = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "snake_case": {"type": ["string", "null"], "const": None},
                "n": {"exclusiveMinimum": 0},
            },
            "additionalProperties": False,
        }
        declaration = types.FunctionDeclaration(name="f", parameters_json_schema=schema)
        tools = sent(tools=[types.Tool(function_declarations=[declaration])])["tools"]
        assert tools[0]["functionDeclarations"][0]["parametersJsonSchema"] == schema


class Step(BaseModel):
    config: dict[str, Any]


class Plan(BaseModel):
    zeta: str
    steps: list[Step] = Field(description="in order")
    alpha: int | None = None


class Node(BaseModel):
    children: "list[Node]"


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Number(enum.IntEnum):
    ONE = 1


class Opaque:
    pass


class Point(TypedDict):
    x: int


def schema_sent(**fields: Any) -> dict[str, Any]:
    generation: dict[str, Any] = sent(**fields)["generationConfig"]
    return generation


class TestOutputSchema:
    @pytest.mark.behaviour("B021")
    def test_a_class_goes_as_json_schema_with_its_definitions(self) -> None:
        generation = schema_sent(response_schema=Plan)
        assert generation == {
            "responseMimeType": "application/json",
            "responseJsonSchema": Plan.model_json_schema(),
        }
        assert generation["responseJsonSchema"]["$defs"]["Step"]["properties"]["config"]["type"] == "object"

    @pytest.mark.behaviour("B028")
    def test_properties_keep_their_order(self) -> None:
        """A model that reasons before it answers does so because the field comes first."""
        assert list(schema_sent(response_schema=Plan)["responseJsonSchema"]["properties"]) == [
            "zeta",
            "steps",
            "alpha",
        ]

    @pytest.mark.behaviour("B025")
    def test_a_recursive_class_keeps_its_reference(self) -> None:
        written = json.dumps(schema_sent(response_schema=Node)["responseJsonSchema"])
        assert '"$ref": "#/$defs/Node"' in written

    @pytest.mark.parametrize(
        ("given", "schema"),
        [
            (list[int], {"type": "array", "items": {"type": "integer"}}),
            (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
            (int | str, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
            (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
            (Literal[1, 2], {"type": "integer", "enum": [1, 2]}),
            (Color, {"title": "Color", "type": "string", "enum": ["red", "blue"]}),
            (
                Point,
                {
                    "title": "Point",
                    "type": "object",
                    "properties": {"x": {"title": "X", "type": "integer"}},
                    "required": ["x"],
                },
            ),
            ({"type": "object", "properties": {"a_b": {"const": None}}}, None),
        ],
    )
    @pytest.mark.behaviour("B026")
    def test_every_kind_of_type_goes_as_json_schema(self, given: Any, schema: dict[str, Any] | None) -> None:
        assert schema_sent(response_schema=given)["responseJsonSchema"] == (given if schema is None else schema)
        assert schema_sent(response_json_schema=given)["responseJsonSchema"] == (given if schema is None else schema)

    @pytest.mark.parametrize(
        "given",
        [
            {
                "type": "OBJECT",
                "properties": {"a_b": {"type": "STRING", "max_length": 3}},
                "property_ordering": ["a_b"],
            },
            {"any_of": [{"type": "STRING"}, {"type": "INTEGER"}]},
            types.Schema(type="ARRAY", items=types.Schema(type="string")),
        ],
    )
    def test_the_openapi_subset_goes_as_it_is_given(self, given: Any) -> None:
        generation = schema_sent(response_schema=given)
        written = types.Schema.model_validate(given).model_dump(mode="json", by_alias=True, exclude_none=True)
        assert generation == {"responseMimeType": "application/json", "responseSchema": written}

    def test_a_property_called_type_does_not_make_it_openapi(self) -> None:
        given = {
            "type": "object",
            "properties": {"type": {"type": "string", "enum": ["OBJECT"], "default": "OBJECT"}},
        }
        assert schema_sent(response_schema=given)["responseJsonSchema"] == given

    def test_a_mime_type_of_the_user_stays(self) -> None:
        generation = schema_sent(response_schema=Color, response_mime_type="text/x.enum")
        assert generation["responseMimeType"] == "text/x.enum"

    def test_no_schema_asks_for_nothing(self) -> None:
        assert sent(response_schema=None) == sent(response_schema={}) == {}

    def test_two_schemas_are_refused(self) -> None:
        with pytest.raises(ValueError, match="exclude each other"):
            sent(response_schema=Plan, response_json_schema={})

    def test_what_pydantic_cannot_describe_is_refused(self) -> None:
        with pytest.raises(ValueError, match="cannot be described as JSON Schema"):
            sent(response_schema=Opaque)

    def test_additional_properties_of_the_subset_are_of_vertex(self) -> None:
        given = {
            "type": "OBJECT",
            "properties": {"a": {"type": "OBJECT", "additional_properties": {"type": "STRING"}}},
        }
        sent(vertex=True, response_schema=given)
        with pytest.raises(ValueError, match=r"properties\['a'\].additional_properties is a field of Vertex AI"):
            sent(response_schema=given)


@pytest.mark.parametrize(
    ("schema", "text", "parsed"),
    [
        (Step, '{"config": {"a": 1}}', Step(config={"a": 1})),
        (Step, '{"config": ', None),
        (Step, '{"other": 1}', None),
        (list[Step], '[{"config": {}}]', [Step(config={})]),
        (int | str, "3", 3),
        (dict[str, int], '{"a": 1}', {"a": 1}),
        (Point, '{"x": 1}', {"x": 1}),
        ({"type": "object"}, '{"a": [1.0]}', {"a": [1.0]}),
        (types.Schema(type=types.Type.OBJECT), '{"a": null}', {"a": None}),
        ({"type": "object"}, "no json", None),
        (Color, "red", Color.RED),
        (Color, '"blue"', Color.BLUE),
        (Color, "green", None),
        (Number, '"1"', Number.ONE),
        (Literal["a", "b"], "b\n", "b"),
        (Literal[1, 2], "2", 2),
        (Step, None, None),
    ],
)
def test_a_reply_is_read_by_the_kind_of_its_schema(schema: Any, text: str | None, parsed: Any) -> None:
    """In a stream every chunk is tried, so text that does not fit is no error."""
    assert parse_output(text, types.GenerateContentConfig(response_schema=schema)) == parsed
    assert parse_output(text, types.GenerateContentConfig(response_json_schema=schema)) == parsed


def test_without_a_schema_nothing_is_parsed() -> None:
    assert parse_output("{}", None) is None
    assert parse_output("{}", types.GenerateContentConfig()) is None


@pytest.mark.behaviour("B067")
def test_safety_settings_are_the_same_as_text_and_as_enums() -> None:
    as_enums = types.SafetySetting(
        category=types.HarmCategory.HARM_CATEGORY_HARASSMENT, threshold=types.HarmBlockThreshold.OFF
    )
    as_text = {"category": "harm_category_harassment", "threshold": "off"}
    assert sent(safety_settings=[as_enums]) == sent(safety_settings=[as_text])


def test_every_field_of_the_config_goes_somewhere() -> None:
    """A field that is added to the types and forgotten here would be dropped in silence."""
    for name in types.GenerateContentConfig.model_fields:
        config = types.GenerateContentConfig.model_construct(**{name: None})
        assert encode_body(HELLO, config, vertex=False) == {"contents": HELLO}
