"""Every form of tool as its declaration, every choice as its config, and calls under names of their own."""

import copy
import dataclasses
import functools
import logging
import warnings
from collections.abc import Callable, Iterator
from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Any, Literal, NotRequired, TypedDict, get_origin, get_type_hints

import pydantic.v1
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from langchain.tools import InjectedState, ToolRuntime
from langchain_core._api import LangChainBetaWarning
from langchain_core.exceptions import ModelInvalidRequestError
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import Runnable, RunnableBinding, RunnableLambda, RunnableWithFallbacks
from langchain_core.tools import BaseTool, InjectedToolArg, InjectedToolCallId, StructuredTool, Tool, tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, Field

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat._schemas import weight_of
from langchain_genai_chat._tool_forms import bound_forms
from langchain_genai_chat._tools import encode_tools, renamed_calls
from langchain_genai_chat.emulator import Emulator, Fault
from langchain_genai_chat.errors import InvalidRequestError, RefusedRequestError, SchemaTooComplexError
from langchain_genai_chat.genai import types

Json = dict[str, Any]

MODEL = "gemini-3.5-flash"
OLDER = "gemini-2.5-flash"


class Step(BaseModel):
    """A step."""

    config: dict[str, Any]
    tries: int = 3


class Node(BaseModel):
    """A node."""

    value: int
    children: list["Node"] = []


class Place(TypedDict):
    """A place."""

    town: Annotated[str, ..., "its name"]
    zone: NotRequired[str]


@dataclasses.dataclass
class Point:
    """A point."""

    x: int
    y: int = 0


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Old(pydantic.v1.BaseModel):
    """An old class."""

    name: str = pydantic.v1.Field(..., description="who")
    age: int = 3


def add(a: int, b: int = 2) -> int:
    """Add two numbers.

    Args:
        a: the first
        b: the second,
            which may be left out

    Returns:
        their sum
    """
    return a + b


async def wait(seconds: Annotated[float, Field(ge=0, description="how long")]) -> None:
    """Wait."""


def everything(  # noqa: PLR0917 - one of each kind
    step: Step,
    place: Place,
    places: list[Place],
    point: Point,
    colour: Colour,
    number: Literal[1, 2] = 1,
    *,
    maybe: str | None = None,
) -> None:
    """Take everything."""


def now() -> str:
    """Tell the time."""
    return "now"


def hidden(
    x: int,
    secret: Annotated[str, InjectedToolArg],
    call: Annotated[str, InjectedToolCallId],
    state: Annotated[dict[str, Any], InjectedState],
    runtime: ToolRuntime,
) -> None:
    """Take what the model does not give."""


class Weather(BaseTool):
    name: str = "weather"
    description: str = "Tell the weather."

    def _run(self, town: str) -> str:
        return town


SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["z"],
    "properties": {
        "z": {"type": ["string", "null"], "default": None, "pattern": "^a"},
        "a": {"enum": [1, None, "x"], "const": 1},
        "m": {"oneOf": [{"type": "integer", "exclusiveMinimum": 0}, {"allOf": [{"$ref": "#/$defs/N"}]}]},
    },
    "$defs": {"N": {"type": "object", "properties": {"next": {"$ref": "#/$defs/N"}}}},
    "additionalProperties": False,
    "propertyOrdering": ["m", "a", "z"],
}
OBJECT = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}


def encode(*tools: Any, choice: Any = None, vertex: bool = False, mixes: bool = True, rename: bool = False) -> Json:
    return encode_tools(tools, choice, mixes_server_tools=mixes, vertex=vertex, rename=rename).fields


def declared(tool: Any, **given: Any) -> Json:
    ((only,),) = ([each["functionDeclarations"] for each in encode(tool, **given)["tools"]],)
    (declaration,) = only
    result: Json = declaration
    return result


# ---- every form ----------------------------------------------------------------------


def test_a_function_is_described_by_its_docstring_and_hints() -> None:
    assert declared(add) == {
        "name": "add",
        "description": "Add two numbers.",
        "parametersJsonSchema": {
            "type": "object",
            "properties": {
                "a": {"type": "integer", "description": "the first"},
                "b": {"type": "integer", "default": 2, "description": "the second, which may be left out"},
            },
            "required": ["a"],
        },
    }


def test_an_async_function_is_one_too() -> None:
    assert declared(wait)["parametersJsonSchema"]["properties"] == {
        "seconds": {"type": "number", "minimum": 0, "description": "how long"}
    }


@pytest.mark.behaviour("B021")
@pytest.mark.behaviour("B024")
def test_every_kind_of_argument_is_described() -> None:
    """`typing.TypedDict` too, which pydantic takes from Python 3.12 on only."""
    parameters = declared(everything)["parametersJsonSchema"]
    assert parameters["required"] == ["step", "place", "places", "point", "colour"]
    assert parameters["properties"] == {
        "step": {"$ref": "#/$defs/Step"},
        "place": {"$ref": "#/$defs/Place"},
        "places": {"type": "array", "items": {"$ref": "#/$defs/Place"}},
        "point": {"$ref": "#/$defs/Point"},
        "colour": {"$ref": "#/$defs/Colour"},
        "number": {"type": "integer", "enum": [1, 2], "default": 1},
        "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
    }
    assert parameters["$defs"]["Colour"]["enum"] == ["red", "blue"]
    assert parameters["$defs"]["Place"]["required"] == ["town"]
    assert parameters["$defs"]["Place"]["properties"]["town"]["description"] == "its name"


@pytest.mark.parametrize("form", [hidden, tool(hidden)])
def test_what_the_model_does_not_give_is_not_declared(form: Any) -> None:
    assert list(declared(form)["parametersJsonSchema"]["properties"]) == ["x"]


def test_an_argument_may_be_called_as_a_models_attribute_is() -> None:
    """It is warned of at each call; nobody who writes a tool could do anything about it."""

    def read(schema: str, json: int) -> None:
        """Read."""

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(declared(read)["parametersJsonSchema"]["properties"]) == ["schema", "json"]


def test_a_method_has_no_self() -> None:
    class Shop:
        def buy(self, thing: str) -> None:
            """Buy it."""

    assert list(declared(Shop().buy)["parametersJsonSchema"]["properties"]) == ["thing"]


FORMS: list[tuple[Any, Json]] = [
    (Weather(), {"name": "weather", "description": "Tell the weather."}),
    (Step, {"name": "Step", "description": "A step."}),
    (Node, {"name": "Node", "description": "A node."}),
    (Place, {"name": "Place", "description": "A place."}),
    (Point, {"name": "Point", "description": "A point."}),
    (Old, {"name": "Old", "description": "An old class."}),
]


@pytest.mark.parametrize(("form", "said"), FORMS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_class_is_a_function_of_its_fields(form: Any, said: Json) -> None:
    declaration = declared(form)
    parameters = declaration.pop("parametersJsonSchema")
    assert declaration == said
    assert "title" not in parameters
    assert "description" not in parameters
    Draft202012Validator.check_schema(parameters)


def test_a_runnable_is_a_tool_by_as_tool() -> None:
    class Asked(BaseModel):
        a: int

    runnable = RunnableLambda(lambda given: given["a"]).with_types(input_type=Asked)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LangChainBetaWarning)
        made = runnable.as_tool(name="first", description="The first.")
    assert declared(made)["parametersJsonSchema"] == {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
    }
    with pytest.raises(ValueError, match=r"a RunnableBinding is no tool; its as_tool\(\) is one"):
        declared(runnable)


GIVEN: list[Any] = [
    {"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA}},
    {"type": "function", "name": "f", "description": "d", "parameters": SCHEMA},
    {"name": "f", "description": "d", "parameters": SCHEMA},
    {"name": "f", "description": "d", "input_schema": SCHEMA, "cache_control": {"type": "ephemeral"}},
    {"name": "f", "description": "d", "inputSchema": SCHEMA, "annotations": {"readOnlyHint": True}},
    SimpleNamespace(name="f", description="d", inputSchema=SCHEMA),
    {"title": "f", "description": "d", **SCHEMA},
    {"name": "f", "description": "d", "parametersJsonSchema": SCHEMA},
    {"name": "f", "description": "d", "parameters_json_schema": SCHEMA},
    types.FunctionDeclaration(name="f", description="d", parameters_json_schema=SCHEMA),
    types.Tool(
        function_declarations=[types.FunctionDeclaration(name="f", description="d", parameters_json_schema=SCHEMA)]
    ),
    {"function_declarations": [{"name": "f", "description": "d", "parameters_json_schema": SCHEMA}]},
    {"functionDeclarations": [{"name": "f", "description": "d", "parametersJsonSchema": SCHEMA}]},
    StructuredTool(name="f", description="d", args_schema=SCHEMA, func=lambda **given: given),
]


@pytest.mark.parametrize("given_tool", GIVEN)
@pytest.mark.behaviour("B023")
def test_a_schema_in_any_form_goes_word_for_word(given_tool: Any) -> None:
    """Order, nulls and unknown words included; what came is not changed."""
    before = copy.deepcopy(given_tool)
    declaration = declared(given_tool)
    assert declaration == {"name": "f", "description": "d", "parametersJsonSchema": SCHEMA}
    assert str(declaration["parametersJsonSchema"]) == str(SCHEMA)
    assert given_tool == before
    assert [declared(form) for form in bound_forms(given_tool)] == [declaration]


def test_the_openapi_subset_goes_as_it_is() -> None:
    """It is Gemini's own, and a user who wrote it meant it."""
    schema = {"type": "OBJECT", "properties": {"x": {"type": "STRING", "nullable": True}}, "required": ["x"]}
    for form in (
        {"name": "f", "parameters": schema},
        {"functionDeclarations": [{"name": "f", "parameters": schema}]},
        {"name": "f", "parameters": types.Schema.model_validate(schema)},
        types.FunctionDeclaration(name="f", parameters=types.Schema.model_validate(schema)),
    ):
        assert declared(form) == {"name": "f", "description": "", "parameters": schema}


def test_a_declaration_keeps_what_only_gemini_has() -> None:
    declaration = {
        "name": "f",
        "description": "",
        "parametersJsonSchema": OBJECT,
        "responseJsonSchema": {"default": None},
        "behavior": "NON_BLOCKING",
    }
    assert declared(types.FunctionDeclaration.model_validate(declaration)) == declaration
    assert declared({"functionDeclarations": [declaration]}) == declaration


names = st.text("abcdefgh", min_size=1, max_size=4)
values = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5)
schemas = st.recursive(
    st.fixed_dictionaries(
        {}, optional={"type": st.sampled_from(["string", "integer"]), "const": values, "x-own": values}
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "description": st.text(max_size=9),
            "default": values,
            "enum": st.lists(values, min_size=1, unique_by=repr),
            "properties": st.dictionaries(names, inner, max_size=3),
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=3),
            "additionalProperties": inner | st.booleans(),
            "$defs": st.dictionaries(names, inner, max_size=2),
        },
    ),
    max_leaves=8,
)


@given(st.dictionaries(names, schemas, min_size=1, max_size=4), schemas)
def test_any_schema_goes_through_unchanged(properties: Json, rest: Json) -> None:
    schema = {**rest, "type": "object", "properties": properties}
    for form in ({"name": "f", "description": "", "parameters": schema}, {"name": "f", "inputSchema": schema}):
        sent = declared(form)["parametersJsonSchema"]
        assert str(sent) == str(schema)


def hinted_tool() -> BaseTool:
    return tool(parse_docstring=True)(add)


@pytest.mark.parametrize(
    "form",
    [
        *(add, wait, now, hidden, Step, Node, Point, Old, Weather(), tool(now), hinted_tool()),
        *(GIVEN[0], GIVEN[2], GIVEN[3]),
        GIVEN[6],
        Tool(name="search", description="Search.", func=len),
    ],
)
def test_names_descriptions_and_what_is_required_are_langchains(form: Any) -> None:
    """A tool that is described otherwise here would behave otherwise than on every other model."""
    theirs = convert_to_openai_tool(form)["function"]
    ((ours),) = [each["function"] for each in bound_forms(form)]
    assert (ours["name"], ours["description"]) == (theirs["name"], theirs["description"])
    assert ours["parameters"].get("required") == theirs["parameters"].get("required")
    assert list(ours["parameters"]["properties"]) == list(theirs["parameters"]["properties"])


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({}, "is no tool"),
        ({"description": "d", "x": 1}, "'description', 'x' is no tool; it needs a 'name' or a 'title'"),
        ({"type": "web_search_preview"}, "'web_search_preview' is not one of Google's"),
        ({"type": "web_search_20250305", "name": "web_search"}, "is not one of Google's"),
        (Colour, "Colour is no tool"),
        (int, "int is no tool"),
        (functools.partial(add, 1), "a partial is no tool; pass a function"),
        ("add", "a str is no tool"),
        (None, "a NoneType is no tool"),
        ({"function_declarations": [{"description": "nameless"}]}, "tool '' has no legal name"),
    ],
)
def test_what_is_no_tool_is_told_by_what_it_is(form: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        bound_forms(form)


@pytest.mark.behaviour("B017")
@pytest.mark.parametrize(
    "form",
    [
        *(now, tool(now)),
        {"name": "now", "description": "Tell the time."},
        {"name": "now", "description": "Tell the time.", "inputSchema": {"type": "object", "properties": None}},
        {
            "name": "now",
            "description": "Tell the time.",
            "parameters": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
        },
        {"name": "now", "description": "Tell the time.", "parameters": {"type": "OBJECT", "properties": {}}},
    ],
)
def test_a_function_without_arguments_has_no_schema(form: Any) -> None:
    """Empty properties were refused."""
    assert declared(form) == {"name": "now", "description": "Tell the time."}


@pytest.mark.parametrize("free", [{}, True, {"type": "integer"}])
def test_arguments_of_any_name_are_arguments(free: Any) -> None:
    schema = {"type": "object", "additionalProperties": free}
    assert declared({"name": "f", "description": "", "parameters": schema})["parametersJsonSchema"] == schema


@pytest.mark.behaviour("B027")
def test_binding_again_and_again_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with warnings.catch_warnings(), caplog.at_level(logging.DEBUG):
        warnings.simplefilter("error")
        for _ in range(2):
            encode(add, everything, Node, Old, Point, Weather(), *GIVEN[:1])
    # httpcore closes connections of other tests whenever their clients are collected
    assert [each for each in caplog.records if not each.name.startswith("httpcore")] == []


# ---- Google's own --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_tool", "sent"),
    [
        ({"google_search": {}}, {"googleSearch": {}}),
        ({"googleSearch": {}}, {"googleSearch": {}}),
        (types.Tool(google_search=types.GoogleSearch()), {"googleSearch": {}}),
        ({"url_context": {}}, {"urlContext": {}}),
        ({"code_execution": {}}, {"codeExecution": {}}),
        ({"google_maps": {"enable_widget": True}}, {"googleMaps": {"enableWidget": True}}),
        (
            {"fileSearch": {"fileSearchStoreNames": ["s"], "topK": 3}},
            {"fileSearch": {"fileSearchStoreNames": ["s"], "topK": 3}},
        ),
        (
            {"computer_use": {"environment": "ENVIRONMENT_BROWSER"}},
            {"computerUse": {"environment": "ENVIRONMENT_BROWSER"}},
        ),
        ({"enterprise_web_search": {}}, {"enterpriseWebSearch": {}}),
        (
            {"retrieval": {"vertex_ai_search": {"datastore": "d"}}},
            {"retrieval": {"vertexAiSearch": {"datastore": "d"}}},
        ),
        ({"mcp_servers": [{"name": "m"}]}, {"mcpServers": [{"name": "m"}]}),
        ({"google_search": {}, "url_context": {}}, {"googleSearch": {}, "urlContext": {}}),
        ({"of_tomorrow": {"some_key": 1}}, {"ofTomorrow": {"some_key": 1}}),
        ({"ofTomorrow": {}}, {"ofTomorrow": {}}),
    ],
)
@pytest.mark.behaviour("B084")
def test_tools_that_google_runs_go_as_they_are(given_tool: Any, sent: Json) -> None:
    before = copy.deepcopy(given_tool)
    assert encode(given_tool) == {"tools": [sent]}
    assert given_tool == before


@pytest.mark.behaviour("B083")
def test_functions_and_googles_tools_stand_apart_with_the_flag() -> None:
    apart: list[Json] = [{"name": "f", "description": ""}, {"google_search": {}}]
    for tools in (apart, [{"function_declarations": [{"name": "f"}], "google_search": {}}]):
        assert encode(*tools) == {
            "tools": [{"googleSearch": {}}, {"functionDeclarations": [{"name": "f", "description": ""}]}],
            "toolConfig": {"includeServerSideToolInvocations": True},
        }
        assert "toolConfig" not in encode(*tools, vertex=True)
        with pytest.raises(ValueError, match="does not take functions together with 'googleSearch'"):
            encode(*tools, mixes=False)


def test_all_functions_stand_in_one_tool_the_last() -> None:
    sent = encode({"functionDeclarations": [{"name": "a"}]}, {"code_execution": {}}, now, {"urlContext": {}})["tools"]
    assert [list(each) for each in sent] == [["codeExecution"], ["urlContext"], ["functionDeclarations"]]
    assert [each["name"] for each in sent[-1]["functionDeclarations"]] == ["a", "now"]


# ---- choice --------------------------------------------------------------------------

OF_NAME = {"mode": "ANY", "allowedFunctionNames": ["add"]}


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        *((choice, None) for choice in (None, False, "")),
        ("auto", {"mode": "AUTO"}),
        ({"type": "auto"}, {"mode": "AUTO"}),
        *((choice, {"mode": "ANY"}) for choice in ("any", "required", True, {"type": "any"})),
        ("none", {"mode": "NONE"}),
        ({"type": "none"}, {"mode": "NONE"}),
        ("validated", {"mode": "VALIDATED"}),
        *((choice, OF_NAME) for choice in ("add", ["add"], ("add",))),
        ({"type": "function", "function": {"name": "add"}}, OF_NAME),
        ({"type": "function", "name": "add"}, OF_NAME),
        ({"type": "tool", "name": "add"}, OF_NAME),
        (["now", "add"], {"mode": "ANY", "allowedFunctionNames": ["now", "add"]}),
    ],
)
@pytest.mark.behaviour("B018")
def test_every_spelling_of_a_choice(choice: Any, config: Json | None) -> None:
    assert encode(add, now, choice=choice).get("toolConfig", {}).get("functionCallingConfig") == config


@pytest.mark.parametrize("choice", [None, "auto", "any", "none", True, False])
@pytest.mark.behaviour("B018")
def test_without_functions_nothing_is_chosen(choice: Any) -> None:
    assert "toolConfig" not in encode({"google_search": {}}, choice=choice)
    assert encode(choice=choice) == {}


@pytest.mark.parametrize("choice", ["serch", ["add", "serch"], {"type": "tool", "name": "serch"}])
@pytest.mark.behaviour("B018")
def test_a_choice_of_no_bound_tool_is_told(choice: Any) -> None:
    with pytest.raises(ValueError, match=r"'serch' names no bound tool; bound: 'add', 'now'. Pass 'auto'"):
        encode(add, now, choice=choice)


@pytest.mark.parametrize("choice", [3, [], [1], {"type": "what"}, {}])
def test_a_choice_that_says_nothing_is_told(choice: Any) -> None:
    with pytest.raises(ValueError, match="says nothing; pass 'auto'"):
        encode(add, choice=choice)


@pytest.mark.parametrize(
    ("choice", "mode"), [(None, "VALIDATED"), ("auto", "VALIDATED"), ("any", "ANY"), ("none", "NONE")]
)
def test_strict_validates_where_the_model_may_choose(choice: Any, mode: str) -> None:
    """A forced call is held to its schema in any case."""
    tools: list[Json] = [*bound_forms(add, strict=True), *bound_forms(now)]
    assert encode(*tools, choice=choice)["toolConfig"] == {"functionCallingConfig": {"mode": mode}}
    assert "strict" not in str(encode(*tools)["tools"])


def test_a_tools_own_strict_is_not_overruled() -> None:
    own = {"name": "f", "description": "", "strict": True}
    assert encode(own)["toolConfig"] == {"functionCallingConfig": {"mode": "VALIDATED"}}
    with pytest.raises(ValueError, match="tool 'f' says strict=True itself"):
        bound_forms(own, strict=False)


# ---- names ---------------------------------------------------------------------------

ILLEGAL = ["get weather", "1st", "größe", "a/b", "x" * 129, "", "-a", "a\n"]


@pytest.mark.parametrize("name", ILLEGAL)
@pytest.mark.behaviour("B016")
def test_a_name_that_google_takes_not_is_told_with_the_rule(name: str) -> None:
    for form in (
        {"name": name, "description": ""},
        {"type": "function", "function": {"name": name}},
        {"functionDeclarations": [{"name": name}]},
    ):
        with pytest.raises(ValueError, match=r"has no legal name: it must begin with a letter.* at most 128"):
            encode(form)


@pytest.mark.parametrize("name", ["a", "_a", "a.b-c:d", "x" * 128, "A1"])
def test_a_legal_name_goes_as_it_is_with_rename_too(name: str) -> None:
    for rename in (False, True):
        assert declared({"name": name, "description": ""}, rename=rename)["name"] == name


@given(st.lists(st.text(max_size=140), min_size=1, max_size=5, unique=True))
@pytest.mark.behaviour("F16")
def test_every_name_has_a_legal_one_of_its_own(given_names: list[str]) -> None:
    tools = [{"name": name, "description": ""} for name in given_names]
    made = encode_tools(tools, None, mixes_server_tools=True, vertex=False, rename=True)
    (sent,) = made.fields["tools"]
    legal = [each["name"] for each in sent["functionDeclarations"]]
    assert len(set(legal)) == len(legal)
    assert [made.aliases.get(name, name) for name in legal] == given_names
    encode(*({"name": name, "description": ""} for name in legal))  # raises for one that is not legal


def test_a_choice_goes_under_the_legal_name() -> None:
    sent = encode({"name": "get weather", "description": ""}, choice="get weather", rename=True)
    assert sent["toolConfig"]["functionCallingConfig"]["allowedFunctionNames"] == ["get_weather"]


def test_renaming_changes_copies_only() -> None:
    contents = [{"role": "model", "parts": [{"functionCall": {"name": "a b"}, "thoughtSignature": "s"}, {"text": "t"}]}]
    before = copy.deepcopy(contents)
    renamed = renamed_calls(contents, {"a b": "a_b"})
    assert renamed[0]["parts"] == [{"functionCall": {"name": "a_b"}, "thoughtSignature": "s"}, {"text": "t"}]
    assert contents == before


# ---- over HTTP -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(service: Emulator) -> Iterator[Emulator]:
    yield service
    service.reset()


def model_at(emulator: Emulator, **given: Any) -> ChatGenAI:
    return ChatGenAI(**{"model": MODEL, "api_key": "k", "base_url": emulator.base_url, **given})


def calling(*calls: tuple[str, Json]) -> Json:
    parts: list[Json] = [{"functionCall": {"name": name, "args": args}} for name, args in calls]
    return {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}]}


def last_body(emulator: Emulator) -> Json:
    body: Json = emulator.requests[-1].body
    return body


ALL: list[Any] = [
    *(add, wait, everything, now, Step, Node, Place, Point, Old, Weather()),
    GIVEN[0],
    {
        "functionDeclarations": [
            {"name": "g", "parameters": {"type": "OBJECT", "properties": {"x": {"type": "STRING"}}}}
        ]
    },
]


def test_every_form_is_taken_by_the_service(emulator: Emulator) -> None:
    """The emulator checks each request against Google's own schema."""
    model_at(emulator).bind_tools(ALL).invoke("hi")
    assert last_body(emulator)["tools"] == encode(*ALL)["tools"]


def test_bound_tools_stay_in_openais_form(emulator: Emulator) -> None:
    """Agents look into them for names (langgraph.prebuilt), and traces show them."""
    tools: list[Any] = [add, {"google_search": {}}]
    bound = model_at(emulator).bind_tools(tools)
    assert isinstance(bound, RunnableBinding)
    assert bound.kwargs["tools"] == [*bound_forms(add), {"google_search": {}}]
    assert bound.kwargs["tools"][0]["type"] == "function"


@pytest.mark.behaviour("F14")
def test_a_call_with_either_branch_of_a_union_is_read(emulator: Emulator) -> None:
    def go(to: Step | Place) -> None:
        """Go."""

    bound = model_at(emulator).bind_tools([go])
    for args in ({"to": {"config": {}, "tries": 1}}, {"to": {"town": "Oslo"}}):
        emulator.script(calling(("go", args)))
        (call,) = bound.invoke("go").tool_calls
        assert call["args"] == args


def test_a_call_without_arguments_has_none(emulator: Emulator) -> None:
    reply = calling(("now", {}))
    del reply["candidates"][0]["content"]["parts"][0]["functionCall"]["args"]
    emulator.script(reply)
    (call,) = model_at(emulator).bind_tools([now]).invoke("now").tool_calls
    assert (call["name"], call["args"]) == ("now", {})


def renamed(emulator: Emulator, how: Callable[[Any, Any], AIMessage]) -> None:
    tools: list[Json] = [
        {"name": "get weather", "description": "", "parameters": OBJECT},
        {"name": "now!", "description": ""},
    ]
    bound = model_at(emulator).bind_tools(tools, rename_tools=True)
    emulator.script(calling(("get_weather", {"x": 1}), ("now_", {})))
    question = HumanMessage("weather and time")
    reply = how(bound, [question])
    assert [call["name"] for call in reply.tool_calls] == ["get weather", "now!"]
    results = [ToolMessage("fine", tool_call_id=call["id"], name=call["name"]) for call in reply.tool_calls]
    emulator.script(calling(("now_", {})))
    again = how(bound, [question, reply, *results])
    assert [call["name"] for call in again.tool_calls] == ["now!"]
    contents = last_body(emulator)["contents"]
    assert [part["functionCall"]["name"] for part in contents[1]["parts"]] == ["get_weather", "now_"]
    assert [part["functionResponse"]["name"] for part in contents[2]["parts"]] == ["get_weather", "now_"]


@pytest.mark.behaviour("B016")
@pytest.mark.behaviour("F16")
def test_renamed_tools_keep_their_names_through_a_conversation(emulator: Emulator) -> None:
    def streamed(bound: Any, messages: Any) -> AIMessage:
        first, *rest = bound.stream(messages)
        total: AIMessage = sum(rest, first)
        return total

    renamed(emulator, lambda bound, messages: bound.invoke(messages))
    renamed(emulator, streamed)


@pytest.mark.behaviour("B016")
def test_an_illegal_name_raises_when_it_is_bound_and_when_it_is_called(emulator: Emulator) -> None:
    bad = {"type": "function", "function": {"name": "get weather"}}
    model = model_at(emulator)
    with pytest.raises(InvalidRequestError, match="'get weather' has no legal name"):
        model.bind_tools([bad])
    with pytest.raises(InvalidRequestError, match="'get weather' has no legal name"):
        model.invoke("hi", tools=[bad])
    assert not emulator.requests


@pytest.mark.behaviour("B019")
@pytest.mark.behaviour("F15")
def test_parallel_tool_calls_are_what_there_is(emulator: Emulator) -> None:
    model = model_at(emulator)
    emulator.script(calling(("add", {"a": 1}), ("now", {})))
    reply = model.bind_tools([add, now], parallel_tool_calls=True).invoke("both")
    assert len(reply.tool_calls) == 2
    with pytest.raises(NotImplementedError, match="leave parallel_tool_calls out"):
        model.bind_tools([add], parallel_tool_calls=False)


@pytest.mark.behaviour("B019")
def test_an_unknown_argument_raises_when_it_is_bound(emulator: Emulator) -> None:
    model = model_at(emulator)
    with pytest.raises(TypeError, match=r"takes no 'temperture'. Did you mean 'temperature'"):
        model.bind_tools([add], temperture=1)
    model.bind_tools([add], temperature=1).invoke("hi")
    assert last_body(emulator)["generationConfig"] == {"temperature": 1}


@pytest.mark.behaviour("B083")
def test_mixing_is_refused_at_bind_where_the_model_cannot(emulator: Emulator) -> None:
    tools: list[Any] = [add, {"google_search": {}}]
    with pytest.raises(InvalidRequestError, match="does not take functions together with 'googleSearch'"):
        model_at(emulator, model=OLDER).bind_tools(tools)
    model_at(emulator).bind_tools(tools).invoke("hi")
    assert last_body(emulator)["toolConfig"] == {"includeServerSideToolInvocations": True}


def test_a_choice_is_sent(emulator: Emulator) -> None:
    bound = model_at(emulator).bind_tools([add, now], tool_choice="now")
    (call,) = bound.invoke("add 1 and 2").tool_calls
    assert call["name"] == "now"
    assert last_body(emulator)["toolConfig"] == {
        "functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["now"]}
    }


@pytest.mark.behaviour("B029")
def test_a_schema_too_complex_is_told_with_its_weight_and_not_tried_again(emulator: Emulator) -> None:
    words = "The specified schema produces a constraint that has too many states for serving."
    emulator.script(Fault.of("INVALID_ARGUMENT", words))
    with pytest.raises(SchemaTooComplexError, match="enum values: 4, depth: ") as caught:
        model_at(emulator).bind_tools([everything]).invoke("hi")
    error = caught.value
    assert isinstance(error, RefusedRequestError | ModelInvalidRequestError)
    assert error.message == words
    (sent,) = last_body(emulator)["tools"][0]["functionDeclarations"]
    assert error.weight == weight_of([sent["parametersJsonSchema"]])
    assert not error.is_retryable
    assert len(emulator.requests) == 1
    assert copy.copy(error).weight == error.weight


@pytest.mark.parametrize("method", ["bind_tools", "with_structured_output"])
def test_the_return_hints_are_real(method: str) -> None:
    """LangChain asks fallbacks for them at run time; without them the fallbacks are lost in silence."""
    hints = get_type_hints(getattr(ChatGenAI, method))
    assert issubclass(get_origin(hints["return"]) or hints["return"], Runnable)


def test_fallbacks_get_the_tools_too(emulator: Emulator) -> None:
    bound = model_at(emulator).with_fallbacks([model_at(emulator, model=OLDER)]).bind_tools([add])
    assert isinstance(bound, RunnableWithFallbacks)
    assert len(bound.fallbacks) == 1
    emulator.script(Fault.of("INVALID_ARGUMENT", "No."))
    bound.invoke("hi")
    assert OLDER in emulator.requests[-1].path
    assert last_body(emulator)["tools"] == encode(add)["tools"]
