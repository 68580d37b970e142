"""Structured output: what is asked for by each method, and what becomes of good, unfinished and bad replies."""

import asyncio
import dataclasses
import json
from collections.abc import Iterator
from datetime import date
from enum import Enum
from functools import reduce
from itertools import pairwise
from operator import add
from typing import Annotated, Any, Optional, TypedDict

import pydantic.v1
import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration
from langchain_core.runnables import RunnableLambda
from langchain_core.tracers.base import BaseTracer
from langchain_core.tracers.schemas import Run
from langchain_core.utils.function_calling import convert_to_json_schema
from pydantic import BaseModel, ConfigDict, Field

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat._schemas import schema_of
from langchain_genai_chat._structured import Asked, ReplyParser, ask_for, parsed_replies
from langchain_genai_chat.emulator import Emulator
from langchain_genai_chat.emulator.scripted import Answer
from langchain_genai_chat.errors import BadReplyError, InvalidRequestError, OutputTruncatedError, PromptBlockedError

Json = dict[str, Any]

MODEL = "gemini-3.5-flash"
OLDER = "gemini-2.5-flash"


class Joke(BaseModel):
    """A joke."""

    setup: str
    lines: list[str] = []
    rating: int | None = Field(None, description="of ten")


class OldJoke(pydantic.v1.BaseModel):
    setup: str
    lines: list[str] = []
    rating: int | None = None


class DictJoke(TypedDict):
    """A joke."""

    setup: Annotated[str, ..., "how it begins"]
    lines: list[str]
    rating: int


@dataclasses.dataclass
class DataJoke:
    setup: str
    lines: list[str]
    rating: int | None = None


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Node(BaseModel):
    value: int
    children: list["Node"] = []


SCHEMA = {"title": "Joke", **{name: value for name, value in schema_of(Joke).items() if name != "title"}}
VALUE: Json = {"setup": "Why?", "lines": ["one", "two"], "rating": 7}
TREE = {"value": 1, "children": [{"value": 2, "children": []}]}

CASES: dict[str, tuple[Any, Any, Any]] = {
    "pydantic": (Joke, VALUE, Joke(**VALUE)),
    "pydantic 1": (OldJoke, VALUE, OldJoke(**VALUE)),
    "TypedDict": (DictJoke, VALUE, VALUE),
    "dataclass": (DataJoke, VALUE, DataJoke(**VALUE)),
    "JSON Schema": (SCHEMA, VALUE, VALUE),
    "untitled": ({"type": "object", "properties": {"setup": {"type": "string"}}}, VALUE, VALUE),
    "a tool": ({"name": "joke", "description": "", "parameters": SCHEMA}, VALUE, VALUE),
    "enum": (Colour, "red", Colour.RED),
    "list": (list[Joke], [VALUE, VALUE], [Joke(**VALUE)] * 2),
    "list of TypedDicts": (list[DictJoke], [VALUE], [VALUE]),
    "optional": (Optional[Joke], VALUE, Joke(**VALUE)),  # noqa: UP045 - one of the ways to say it
    "recursive": (Node, TREE, Node(value=1, children=[Node(value=2)])),
    "array": ({"title": "names", "type": "array", "items": {"type": "string"}}, ["a", "b"], ["a", "b"]),
}
METHODS = ("json_schema", "function_calling", "json_mode")


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


def body(emulator: Emulator) -> Json:
    sent: Json = emulator.requests[-1].body
    return sent


def answer(*parts: Json, finish: str | None = "STOP", **rest: Any) -> Json:
    reason = {"finishReason": finish} if finish else {}
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, **reason}], **rest}


def in_pieces(text: str, size: int = 9) -> Answer:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    return [*(answer({"text": piece}, finish=None) for piece in pieces[:-1]), answer({"text": pieces[-1]})]


def scripted(schema: Any, value: Any, method: str) -> Json:
    if method != "function_calling":
        return answer({"text": json.dumps(value)})
    asked = ask_for(schema, method)
    assert asked.tool is not None
    args = {"value": value} if asked.wrapped else value
    return answer({"functionCall": {"name": asked.tool["function"]["name"], "args": args}})


def invoke(chain: Any) -> Any:
    return chain.invoke("Tell a joke.")


def ainvoke(chain: Any) -> Any:
    return asyncio.run(chain.ainvoke("Tell a joke."))


def stream(chain: Any) -> Any:
    return list(chain.stream("Tell a joke."))[-1]


def astream(chain: Any) -> Any:
    async def run() -> Any:
        return [value async for value in chain.astream("Tell a joke.")][-1]

    return asyncio.run(run())


PATHS = (invoke, ainvoke, stream, astream)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.behaviour("B070")
@pytest.mark.behaviour("F13")
def test_every_schema_by_every_method_on_every_path(emulator: Emulator, case: str, method: str, path: Any) -> None:
    schema, value, expected = CASES[case]
    for strict in (None, True, False) if path is invoke and method != "json_mode" else (None,):
        emulator.script(scripted(schema, value, method))
        got = path(model_at(emulator).with_structured_output(schema, method=method, strict=strict))
        assert got == expected
        assert type(got) is type(expected)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", CASES)
def test_include_raw_gives_the_message_too(emulator: Emulator, case: str, method: str) -> None:
    schema, value, expected = CASES[case]
    chain = model_at(emulator).with_structured_output(schema, method=method, include_raw=True)
    for path in (invoke, ainvoke):
        emulator.script(scripted(schema, value, method))
        got = path(chain)
        assert (got["parsed"], got["parsing_error"]) == (expected, None)
        assert isinstance(got["raw"], AIMessage)


def test_include_raw_streams(emulator: Emulator) -> None:
    emulator.script(in_pieces(json.dumps(VALUE)))
    total = reduce(add, model_at(emulator).with_structured_output(Joke, include_raw=True).stream("Tell a joke."))
    assert total["parsed"] == Joke(**VALUE)
    assert total["parsing_error"] is None
    assert json.loads(total["raw"].text) == VALUE


@pytest.mark.parametrize("case", CASES)
def test_the_model_of_the_emulator_fits_every_schema(emulator: Emulator, case: str) -> None:
    """The request passes Google's own schema, and an answer is made of what it says."""
    for method in ("json_schema", "function_calling"):
        chain = model_at(emulator).with_structured_output(CASES[case][0], method=method)
        assert chain.invoke("'Why?' 3 red") is not None


# ---- what is asked for ---------------------------------------------------------------


@pytest.mark.behaviour("B021")
@pytest.mark.behaviour("B028")
def test_the_schema_goes_as_json_schema(emulator: Emulator) -> None:
    invoke(model_at(emulator).with_structured_output(Joke))
    sent = body(emulator)["generationConfig"]
    assert sent == {"responseMimeType": "application/json", "responseJsonSchema": schema_of(Joke)}
    assert list(sent["responseJsonSchema"]["properties"]) == ["setup", "lines", "rating"]


@pytest.mark.behaviour("B070")
@pytest.mark.parametrize("case", CASES)
def test_json_mode_sends_the_schema_that_it_is_given(emulator: Emulator, case: str) -> None:
    """As in langchain-google-genai, where it is another word for `json_schema`: what a model was held to, it stays."""
    sent = []
    for method in ("json_mode", "json_schema"):
        invoke(model_at(emulator).with_structured_output(CASES[case][0], method=method))
        sent.append(body(emulator))
    assert sent[0] == sent[1]
    assert sent[0]["generationConfig"]["responseJsonSchema"]


def test_json_mode_without_a_schema_asks_for_json_of_any_form(emulator: Emulator) -> None:
    emulator.script(answer({"text": json.dumps(VALUE)}))
    assert invoke(model_at(emulator).with_structured_output(None, method="json_mode")) == VALUE
    assert body(emulator)["generationConfig"] == {"responseMimeType": "application/json"}


@pytest.mark.parametrize("case", CASES)
def test_a_function_is_called_whose_arguments_are_the_object(emulator: Emulator, case: str) -> None:
    invoke(model_at(emulator).with_structured_output(CASES[case][0], method="function_calling"))
    ((declaration,),) = [tool["functionDeclarations"] for tool in body(emulator)["tools"]]
    assert declaration["parametersJsonSchema"].get("type") == "object"
    config = body(emulator)["toolConfig"]["functionCallingConfig"]
    assert config == {"mode": "ANY", "allowedFunctionNames": [declaration["name"]]}


def test_what_is_no_object_stands_in_one_argument() -> None:
    asked = ask_for(list[Node], "function_calling")
    assert asked.wrapped
    assert asked.tool is not None
    parameters = asked.tool["function"]["parameters"]
    assert parameters["properties"] == {"value": {"type": "array", "items": {"$ref": "#/$defs/Node"}}}
    assert list(parameters["$defs"]) == ["Node"]


def test_a_schema_may_have_a_title_that_no_function_can() -> None:
    class Titled(BaseModel):
        model_config = ConfigDict(title="A joke, of sorts")
        setup: str

    asked = ask_for(Titled, "function_calling")
    assert asked.tool is not None
    assert asked.tool["function"]["name"] == "A_joke_of_sorts"


@pytest.mark.behaviour("B070")
def test_an_unknown_method_is_told(emulator: Emulator) -> None:
    with pytest.raises(InvalidRequestError, match="method 'json' is none; pass one of: json_schema, function_calling"):
        model_at(emulator).with_structured_output(Joke, method="json")
    with pytest.raises(InvalidRequestError, match="needs a schema; only 'json_mode' goes without"):
        model_at(emulator).with_structured_output(None)


def test_an_unknown_argument_raises_when_it_is_bound(emulator: Emulator) -> None:
    with pytest.raises(TypeError, match="takes no 'temperture'"):
        model_at(emulator).with_structured_output(Joke, temperture=1)


@pytest.mark.behaviour("B072")
@pytest.mark.parametrize("method", METHODS)
def test_a_models_fields_stay_in_the_bound_request(emulator: Emulator, method: str) -> None:
    """A schema must not switch thinking on again."""
    fields: Json = {"thinking_budget": 0, "temperature": 0.5, "max_tokens": 99, "seed": 3, "stop": ["x"]}
    model = model_at(emulator, model=OLDER, **fields)
    emulator.script(scripted(Joke, VALUE, method))
    invoke(model.with_structured_output(Joke, method=method, top_p=0.5))
    sent = body(emulator)["generationConfig"]
    for name in ("responseMimeType", "responseJsonSchema"):
        sent.pop(name, None)
    assert sent == {
        "thinkingConfig": {"thinkingBudget": 0},
        "temperature": 0.5,
        "maxOutputTokens": 99,
        "seed": 3,
        "stopSequences": ["x"],
        "topP": 0.5,
    }


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("method", METHODS)
def test_traces_tell_the_schema_as_langchain_describes_it(emulator: Emulator, case: str, method: str) -> None:
    schema, value, _ = CASES[case]
    runs: list[Run] = []

    class Kept(BaseTracer):
        def _persist_run(self, run: Run) -> None:
            runs.append(run)

    emulator.script(scripted(schema, value, method))
    model_at(emulator).with_structured_output(schema, method=method).invoke("hi", {"callbacks": [Kept()]})
    options = runs[0].child_runs[0].extra["options"]
    if case == "untitled":
        assert "ls_structured_output_format" not in options  # the core describes nothing without a title
        return
    traced = options["ls_structured_output_format"]
    assert traced["kwargs"] == {"method": method}
    if case in ("pydantic", "pydantic 1", "TypedDict", "JSON Schema", "recursive", "a tool"):
        assert traced["schema"] == convert_to_json_schema(schema)
    else:
        assert traced["schema"]["title"]


# ---- with tools, and at all levels ---------------------------------------------------


def look_up(name: str) -> str:
    """Look up a name."""
    return name


@pytest.mark.behaviour("B068")
def test_tools_and_a_schema_go_in_one_request(emulator: Emulator) -> None:
    emulator.script(answer({"text": json.dumps(VALUE)}))
    assert invoke(model_at(emulator).with_structured_output(Joke, tools=[look_up])) == Joke(**VALUE)
    assert body(emulator)["generationConfig"]["responseJsonSchema"] == schema_of(Joke)
    assert body(emulator)["tools"][0]["functionDeclarations"][0]["name"] == "look_up"


@pytest.mark.behaviour("B068")
def test_a_family_that_takes_one_of_them_says_so_before_the_request(emulator: Emulator) -> None:
    """It is a 400 that names no way out."""
    older = model_at(emulator, model=OLDER)
    with pytest.raises(InvalidRequestError, match=r"no functions together with a schema.*method='function_calling'"):
        older.with_structured_output(Joke, tools=[look_up])
    emulator.script(scripted(Joke, VALUE, "function_calling"))
    both = older.with_structured_output(Joke, method="function_calling", tools=[look_up])
    assert invoke(both) == Joke(**VALUE)
    assert body(emulator)["toolConfig"] == {"functionCallingConfig": {"mode": "ANY"}}


OF_OPENAI = {"type": "json_schema", "json_schema": {"name": "Joke", "schema": SCHEMA, "strict": True}}
WRITTEN = {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}


@pytest.mark.parametrize(
    "given",
    [
        {"response_format": OF_OPENAI},
        {"response_json_schema": SCHEMA},
        {"response_mime_type": "application/json", "response_json_schema": SCHEMA},
        {"response_schema": SCHEMA},
        {"responseJsonSchema": SCHEMA},
    ],
    ids="-".join,
)
def test_a_schema_is_the_same_at_every_level(emulator: Emulator, given: Json) -> None:
    model_at(emulator, **given).invoke("hi")
    model_at(emulator).bind(**given).invoke("hi")
    model_at(emulator).invoke("hi", **given)
    model_at(emulator).bind_tools([], **given).invoke("hi")
    assert [each.body["generationConfig"] for each in emulator.requests] == [WRITTEN] * 4


@pytest.mark.behaviour("B068")
def test_a_provider_strategys_arguments_go_with_tools(emulator: Emulator) -> None:
    model_at(emulator).bind_tools([look_up], response_format=OF_OPENAI).invoke("hi")
    assert body(emulator)["generationConfig"] == WRITTEN
    assert "tools" in body(emulator)


OTHER = {"type": "object", "properties": {"b": {"type": "integer"}}}


@pytest.mark.parametrize("base", ["response_schema", "response_json_schema"])
def test_a_calls_form_takes_the_place_of_the_models(emulator: Emulator, base: str) -> None:
    """They exclude each other, so that of the model would make every other call an error."""
    model = model_at(emulator, **{base: OTHER})
    for given in ({"response_format": OF_OPENAI}, {"response_schema": SCHEMA}, {"response_json_schema": SCHEMA}):
        model.invoke("hi", **given)
        assert body(emulator)["generationConfig"] == WRITTEN
    invoke(model.with_structured_output(Joke))
    assert body(emulator)["generationConfig"]["responseJsonSchema"] == schema_of(Joke)
    model.invoke("hi", response_format={"type": "text"})
    assert body(emulator)["generationConfig"] == {"responseMimeType": "text/plain"}


# ---- streams -------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["pydantic", "pydantic 1", "dataclass", "TypedDict", "JSON Schema", "list"])
@pytest.mark.parametrize("path", ["stream", "astream"])
@pytest.mark.behaviour("B069")
def test_objects_grow_in_a_stream_until_they_are_what_invoke_gives(emulator: Emulator, case: str, path: str) -> None:
    schema, value, expected = CASES[case]
    chain = model_at(emulator).with_structured_output(schema)

    async def collected() -> list[Any]:
        return [each async for each in chain.astream("Tell a joke.")]

    emulator.script(in_pieces(json.dumps(value)))
    got = list(chain.stream("Tell a joke.")) if path == "stream" else asyncio.run(collected())
    assert len(got) >= 2
    assert got[-1] == expected
    assert all(type(each) is type(expected) for each in got)
    assert all(earlier != later for earlier, later in pairwise(got))


def test_json_that_comes_whole_is_given_once(emulator: Emulator) -> None:
    emulator.script(answer({"text": json.dumps(VALUE)}))
    assert list(model_at(emulator).with_structured_output(SCHEMA).stream("hi")) == [VALUE]


def test_nothing_that_may_be_null_is_given_in_a_stream_too(emulator: Emulator) -> None:
    schema, _, _ = CASES["optional"]
    chain = model_at(emulator).with_structured_output(schema)
    for path in PATHS:
        emulator.script(answer({"text": "null"}))
        assert path(chain) is None


def test_thoughts_are_no_part_of_the_object(emulator: Emulator) -> None:
    thought = {"text": "Hm, {", "thought": True}
    for path in PATHS:
        emulator.script(answer(thought, {"text": json.dumps(VALUE)}))
        chain = model_at(emulator, include_thoughts=True).with_structured_output(Joke)
        assert path(chain) == Joke(**VALUE)


# ---- bad replies ---------------------------------------------------------------------

CUT = answer(
    {"text": '{"setup": "Why'},
    finish="MAX_TOKENS",
    usageMetadata={"promptTokenCount": 3, "candidatesTokenCount": 4, "thoughtsTokenCount": 90, "totalTokenCount": 97},
)
NOT_JSON = answer({"text": "A joke it is."})
CALLED = answer({"functionCall": {"name": "look_up", "args": {"name": "joke"}}})
BAD: dict[str, tuple[Json, type[Exception], str]] = {
    "truncated": (CUT, OutputTruncatedError, "after 90 tokens of thought and 4 of answer"),
    "blocked": ({"promptFeedback": {"blockReason": "SAFETY"}}, PromptBlockedError, "SAFETY"),
    "stopped": (answer({"text": '{"setup":'}, finish="RECITATION"), BadReplyError, "RECITATION"),
    "empty": (answer(finish="STOP"), BadReplyError, "no answer"),
    "no JSON": (NOT_JSON, OutputParserException, "is no JSON"),
    "brackets": (answer({"text": "[" * 100_000}), OutputParserException, "is no JSON"),
    "half": (answer({"text": '{"setup": "Why", "lines": 2'}), OutputParserException, "is no JSON"),
    "half in a fence": (answer({"text": '```json\n{"setup": "Why'}), OutputParserException, "is no JSON"),
    "half with a fence in it": (answer({"text": ' {"setup": "```json\n{}'}), OutputParserException, "is no JSON"),
    "another form": (answer({"text": '{"lines": 3}'}), OutputParserException, "does not fit the schema"),
    "a call": (CALLED, OutputParserException, "called 'look_up' instead of answering"),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.behaviour("B064")
@pytest.mark.behaviour("B066")
@pytest.mark.behaviour("B071")
def test_what_is_no_whole_object_raises(emulator: Emulator, bad: str, path: Any) -> None:
    """Half a reply that passes for a whole one is worse than none."""
    reply, error, told = BAD[bad]
    emulator.script(reply)
    chain = model_at(emulator).with_structured_output(Joke, tools=[look_up])
    with pytest.raises(error, match=told):
        path(chain)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.behaviour("B071")
def test_include_raw_keeps_the_error_beside_the_message(emulator: Emulator, bad: str) -> None:
    reply, error, told = BAD[bad]
    chain = model_at(emulator).with_structured_output(Joke, include_raw=True)
    for path in (invoke, ainvoke):
        emulator.script(reply)
        got = path(chain)
        assert got["parsed"] is None
        assert isinstance(got["parsing_error"], error)
        assert told in str(got["parsing_error"])
        assert isinstance(got["raw"], AIMessage)


@pytest.mark.parametrize("schema", [DictJoke, SCHEMA])
def test_null_is_no_object(emulator: Emulator, schema: Any) -> None:
    """None would stand for it, and nobody could tell it from a failure."""
    emulator.script(answer({"text": "null"}))
    with pytest.raises(OutputParserException, match="is null"):
        invoke(model_at(emulator).with_structured_output(schema))


@pytest.mark.parametrize("path", PATHS)
def test_text_instead_of_the_call_raises(emulator: Emulator, path: Any) -> None:
    emulator.script(NOT_JSON)
    with pytest.raises(OutputParserException, match="did not call 'Joke'"):
        path(model_at(emulator).with_structured_output(Joke, method="function_calling"))


def test_a_call_that_does_not_fit_raises(emulator: Emulator) -> None:
    emulator.script(answer({"functionCall": {"name": "Joke", "args": {"lines": 1}}}))
    with pytest.raises(OutputParserException, match="does not fit the schema"):
        invoke(model_at(emulator).with_structured_output(Joke, method="function_calling"))


# ---- the parser ----------------------------------------------------------------------


def parse(target: Any, text: str) -> Any:
    return ReplyParser(target=target).invoke(AIMessage(text))


IN_A_FENCE = [
    '{"a": 1}',
    '```json\n{"a": 1}\n```',
    'Here:\n```\n{"a": 1}\n```\nDone.',
    'See [1]:\n```JSON\n{"a": 1}\n```',
    ' {"a": 1}\nDone.',
]


@pytest.mark.parametrize("text", IN_A_FENCE)
def test_json_is_found_in_a_fence(text: str) -> None:
    """Models put it there in JSON mode now and then."""
    assert parse(None, text) == {"a": 1}


def test_a_strict_class_reads_dates_and_enums_from_json() -> None:
    """JSON has neither; a strict class takes them from JSON's text, from Python's it does not."""

    class Event(BaseModel):
        model_config = ConfigDict(strict=True)
        day: date
        colour: Colour
        pair: tuple[int, int]

    text = '{"day": "2026-11-21", "colour": "red", "pair": [1, 2]}'
    assert parse(Event, text) == Event(day=date(2026, 11, 21), colour=Colour.RED, pair=(1, 2))


def test_a_parser_says_what_it_can_of_a_part() -> None:
    parser = ReplyParser(target=SCHEMA)
    from_part = [
        parser.parse_result([generation], partial=True)
        for generation in (
            ChatGeneration(message=AIMessageChunk(content=text)) for text in ('{"set', '{"setup": "Wh', "no")
        )
    ]
    assert from_part == [{}, {"setup": "Wh"}, None]


def test_a_parser_reads_plain_text_too() -> None:
    """A chain may end with a parser behind something that is no chat model."""
    assert ReplyParser(target=Joke).invoke(json.dumps(VALUE)) == Joke(**VALUE)
    assert list(ReplyParser(target=Joke).transform(iter([json.dumps(VALUE)]))) == [Joke(**VALUE)]


def test_parsed_replies_need_no_model_of_ours() -> None:
    fake: RunnableLambda[Any, AIMessage] = RunnableLambda(lambda _: AIMessage(json.dumps(VALUE)))
    assert parsed_replies(fake, Joke, asked=Asked({}), include_raw=False).invoke("hi") == Joke(**VALUE)


def test_a_stream_gives_no_other_tools_arguments_as_the_object():
    """Tools that are called before the answer have arguments too."""
    calls = [{"name": "search", "args": '{"q": "a"}', "id": "1", "index": 0}]
    answer = [{"name": "Ans", "args": '{"a": 1}', "id": "2", "index": 1}]
    chunks = [
        AIMessageChunk(content="", tool_call_chunks=calls),
        AIMessageChunk(content="", tool_call_chunks=answer, response_metadata={"finish_reason": "STOP"}),
    ]
    parser = ReplyParser(target={"title": "Ans", "type": "object"}, call="Ans")
    assert list(parser.transform(iter(chunks))) == [{"a": 1}]
