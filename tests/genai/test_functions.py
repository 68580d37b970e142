"""Python functions: what is declared of them, what they are called with, what the model is told."""

import dataclasses
import enum
import functools
import gc
import inspect
import weakref
from typing import Annotated, Any, Literal

import pytest
from google.genai import types as sdk
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from langchain_genai_chat.genai import errors, types
from langchain_genai_chat.genai._functions import (
    Functions,
    declare,
    fit_arguments,
    plain,
    response_content,
    run_function,
    whole_numbers,
)


class Town(BaseModel):
    """A town."""

    name: str
    people: float = 0


class Route(BaseModel):
    start: Town
    stops: list[Town] = []


class Unit(enum.Enum):
    CELSIUS = "c"
    FAHRENHEIT = "f"


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0


class Box(TypedDict):
    width: int


class Opaque:
    """A class that pydantic knows nothing of."""


def simple(city: str, days: int = 3, *, unit: Literal["c", "f"] = "c") -> dict[str, int]:
    """Tell the weather.

    The first line is not all of it.
    """
    return {city: days, unit: 0}


def modelled(route: Route, towns: list[Town], other: Town | None = None) -> list[Town]:
    return [route.start, *towns, *([other] if other else [])]


def described(city: Annotated[str, Field(description="A town's name.")], span: tuple[int, str] = (1, "a")) -> str:
    return f"{city}{span}"


def without_parameters() -> int:
    """Nothing to say."""
    return 1


def starred(name: str, *names: str, **rest: str) -> None:
    """Only `name` can be named."""


def late(city: "str", count: "Annotated[int, Field(ge=0)]" = 1) -> "str":
    return city * count


@pytest.mark.parametrize("function", [simple, modelled, described, without_parameters, starred, late])
def test_a_declaration_is_google_genais(function: Any) -> None:
    """The model must see the same tool whichever client declares it; the SDK's tuples are lists in JSON."""
    ours = types.FunctionDeclaration.from_callable(callable=function)
    theirs = sdk.FunctionDeclaration.from_callable_with_api_option(callable=function, use_json_schema=True)
    expected = plain(theirs.model_dump(exclude_none=True))
    assert ours.model_dump(exclude_none=True) == expected


def test_what_google_genai_cannot_declare_is_declared() -> None:
    """Dataclass, Enum, unions and parameters without annotation are ordinary Python."""

    def book(point: Point, unit: Unit, box: Box, anything, when: int | str | None = None):
        """Book."""

    schema = types.FunctionDeclaration.from_callable(callable=book).parameters_json_schema
    assert list(schema["properties"]) == ["point", "unit", "box", "anything", "when"]
    assert schema["required"] == ["point", "unit", "box", "anything"]
    assert schema["properties"]["anything"] == {}
    assert schema["properties"]["unit"]["enum"] == ["c", "f"]
    assert schema["properties"]["when"]["default"] is None


def test_a_function_is_described_once() -> None:
    """It goes out with each message of a chat, and pydantic takes a millisecond to describe one."""
    assert declare(simple) is declare(simple)


def test_a_function_that_was_changed_is_described_anew() -> None:
    """A docstring is the prompt of a tool, and some programs fill it in when they run."""

    def find(place: str, limit: int = 3) -> None:
        """Find it."""

    first = declare(find)
    find.__doc__ = "Find it in the archive."
    find.__name__ = "search"
    find.__defaults__ = (5,)
    find.__annotations__["place"] = int
    changed = declare(find)
    assert (first.name, first.description) == ("find", "Find it.")
    assert (changed.name, changed.description) == ("search", "Find it in the archive.")
    assert changed.parameters_json_schema["properties"]["place"]["type"] == "integer"
    assert changed.parameters_json_schema["properties"]["limit"]["default"] == 5


def test_what_was_described_is_not_kept_alive() -> None:
    """Functions made inside of others come and go with each call."""

    def passing(place: str) -> None:
        """Find it."""

    declare(passing)
    seen = weakref.ref(passing)
    del passing
    gc.collect()
    assert seen() is None


@pytest.mark.parametrize("function", [functools.partial(simple, days=2), Opaque().__eq__], ids=["partial", "method"])
def test_other_callables_are_described_each_time(function: Any) -> None:
    """Two of them may be equal and not the same."""
    assert declare(function) == declare(function)


def test_methods_partials_and_objects_have_names() -> None:
    """Whatever can be called can be a tool."""

    class Shop:
        def sell(self, item: str) -> str:
            """Sell."""
            return item

        def __call__(self, item: str) -> str:
            return item

    half = functools.partial(simple, "Rome")
    declared = [types.FunctionDeclaration.from_callable(callable=each) for each in (Shop().sell, Shop(), half)]
    assert [each.name for each in declared] == ["sell", "Shop", "simple"]
    assert list(declared[0].parameters_json_schema["properties"]) == ["item"]
    assert declared[2].description == inspect.getdoc(simple)


def test_what_cannot_be_described_is_refused_by_name() -> None:
    """A model cannot fill in what nobody can describe to it."""

    def use(thing: Opaque) -> None: ...
    def lost(thing: "Nowhere") -> None: ...  # type: ignore[name-defined] # noqa: F821 - that is the case

    with pytest.raises(ValueError, match=r"Failed to parse the parameter thing: .*Opaque of function use"):
        types.FunctionDeclaration.from_callable(callable=use)
    with pytest.raises(ValueError, match="Failed to parse the parameters of function lost"):
        types.FunctionDeclaration.from_callable(callable=lost)


def test_a_result_that_cannot_be_described_is_no_hindrance() -> None:
    """The model calls a function without knowing the shape of its result."""

    def fetch(name: str) -> Opaque:
        return Opaque()

    assert types.FunctionDeclaration.from_callable(callable=fetch).response_json_schema is None


def test_two_classes_of_one_name_are_refused() -> None:
    """Their definitions would stand under one key, and one parameter would be described as the other."""

    def made() -> type[BaseModel]:
        class Town(BaseModel):
            code: int

        return Town

    def travel(start: list[Town], end: list[Any]) -> None: ...

    travel.__annotations__["end"] = list[made()]  # type: ignore[misc]
    with pytest.raises(ValueError, match="another class named 'Town'"):
        types.FunctionDeclaration.from_callable(callable=travel)


def test_the_other_constructor_of_google_genai_is_there() -> None:
    """Documented examples call it."""
    declared = types.FunctionDeclaration.from_callable_with_api_option(callable=simple, api_option="VERTEX_AI")
    assert declared == types.FunctionDeclaration.from_callable(callable=simple, client=None)
    with pytest.raises(ValueError, match="Unsupported api_option value: 'BARD'"):
        types.FunctionDeclaration.from_callable_with_api_option(callable=simple, api_option="BARD")


@pytest.mark.parametrize(
    ("annotation", "given", "expected"),
    [
        (int, 3.0, 3),
        (float, 3, 3.0),
        (float, 3.0, 3.0),
        (list[float], [1, 2.0], [1.0, 2.0]),
        (Any, {"a": [1.0, 1.5]}, {"a": [1, 1.5]}),
        (inspect.Parameter.empty, 2.0, 2),
        (Town, {"name": "Rome", "people": 3}, Town(name="Rome", people=3.0)),
        (list[Town], [{"name": "Rome"}], [Town(name="Rome")]),
        (dict[str, Town], {"a": {"name": "Rome"}}, {"a": Town(name="Rome")}),
        (Town | str, "Rome", "Rome"),
        (Town | str, {"name": "Rome"}, Town(name="Rome")),
        (list[Town] | None, None, None),
        (list[Town] | None, [{"name": "Rome"}], [Town(name="Rome")]),
        (Literal["c", 1], 1.0, 1),
        (Unit, "f", Unit.FAHRENHEIT),
        (Point, {"x": 1}, Point(1.0)),
        (Box, {"width": 2.0}, {"width": 2}),
        (tuple[int, str], [1.0, "a"], (1, "a")),
        (Annotated[int, Field(ge=0)], 1, 1),
        (Opaque | None, None, None),
    ],
    ids=str,
)
def test_an_argument_is_made_what_its_annotation_says(annotation: Any, given: Any, expected: Any) -> None:
    """JSON has neither models nor enums nor ints; a function written for them gets them."""

    def function(value): ...

    if annotation is not inspect.Parameter.empty:
        function.__annotations__["value"] = annotation
    _, keywords = fit_arguments(function, {"value": given})
    assert keywords == {"value": expected}
    assert type(keywords["value"]) is type(expected)


@pytest.mark.parametrize(
    ("annotation", "given"),
    [
        (int, "many"),
        (int, 1.5),
        (Literal["a"], "b"),
        (Unit, "k"),
        (Town, {"people": 1}),
        (Town | int, "x"),
        (Opaque, 1),
    ],
    ids=str,
)
def test_an_argument_that_does_not_fit_is_told_and_not_passed(annotation: Any, given: Any) -> None:
    """The model gets another chance, and the function never sees what it was not written for."""
    called: list[Any] = []

    def function(value):
        called.append(value)

    function.__annotations__["value"] = annotation
    with pytest.raises(errors.UnknownFunctionCallArgumentError):
        fit_arguments(function, {"value": given})
    result = run_function(function, {"value": given})
    assert isinstance(result, dict)
    assert "argument 'value' of function does not fit" in result["error"]
    assert called == []


def test_unknown_arguments_are_left_out_and_missing_ones_take_their_default() -> None:
    """A model invents arguments; that is no reason to fail."""
    assert run_function(simple, {"city": "Rome", "mood": "good"}) == {"result": {"Rome": 3, "c": 0}}
    result = run_function(simple, {})
    assert isinstance(result, dict)
    assert result["error"].startswith("TypeError: ")


def test_positional_arguments_are_passed_by_place() -> None:
    """They cannot be passed by name, which google-genai tries."""

    def take(one: int, two: int = 5, /, *, three: int) -> list[int]:
        return [one, two, three]

    assert run_function(take, {"one": 1.0, "three": 3}) == {"result": [1, 5, 3]}


def test_a_missing_positional_argument_does_not_move_those_after_it() -> None:
    """Its default stands in its place; without one the call fails, and the function is not run."""

    def take(one: int = 1, two: int = 2, three: int = 3, /) -> list[int]:
        return [one, two, three]

    def want(one: int, two: int = 2, /) -> list[int]:
        return [one, two]

    assert run_function(take, {"two": 5}) == {"result": [1, 5, 3]}
    assert run_function(take, {"three": 5}) == {"result": [1, 2, 5]}
    assert run_function(want, {"two": 5}) == {"error": "argument 'one' of want is missing"}


def test_numbers_become_whole_however_deep() -> None:
    """The wire's numbers are doubles; 3.0 was meant as 3."""
    assert repr(whole_numbers({"a": [1.0, {"b": 2.5}], "c": "1.0"})) == repr({"a": [1, {"b": 2.5}], "c": "1.0"})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Town(name="Rome"), {"name": "Rome", "people": 0.0}),
        ([Point(1.0)], [{"x": 1.0, "y": 0.0}]),
        ({1: {2, 3}}, {"1": [2, 3]}),
        (b"\xff", "_w=="),
        (Unit.CELSIUS, "c"),
        (None, None),
        ({"output": 1}, {"output": 1}),
    ],
    ids=str,
)
def test_a_result_becomes_json(value: Any, expected: Any) -> None:
    """Whatever a function returns, the model sees something; a dict stands under `result` too."""
    assert run_function(lambda: value, {}) == {"result": expected}


def test_a_result_that_json_cannot_hold_is_its_text() -> None:
    """Better a text than no answer."""
    result = run_function(Opaque, {})
    assert isinstance(result, dict)
    assert result["result"].startswith("<")


def test_what_a_function_raises_is_told_to_the_model(caplog: pytest.LogCaptureFixture) -> None:
    """The turn goes on; the developer finds the traceback at DEBUG (B095, B118)."""

    def fail(city: str) -> None:
        raise KeyError(city)

    with caplog.at_level("DEBUG", logger="langchain_genai_chat"):
        assert run_function(fail, {"city": "Rome"}) == {"error": "KeyError: 'Rome'"}
    assert [record.levelname for record in caplog.records] == ["DEBUG"]
    assert caplog.records[0].exc_info is not None


def test_a_result_that_goes_round_in_circles_is_told() -> None:
    """A failure to write the result is the function's too."""
    circle: list[Any] = []
    circle.append(circle)
    result = run_function(lambda: circle, {})
    assert isinstance(result, dict)
    assert result["error"].startswith("ValueError: ")


class WordlessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_an_error_without_words_is_told() -> None:
    """An exception is the user's code too, and may fail when it is shown."""

    def fail() -> None:
        raise WordlessError

    assert run_function(fail, {}) == {"error": "WordlessError: it cannot be shown"}


def test_half_of_a_surrogate_pair_does_not_reach_the_request() -> None:
    """JSON in UTF-8 cannot hold it: a file name that is no UTF-8 has it, and the turn would end there."""

    def fail() -> None:
        raise ValueError("a\ud800b")

    assert run_function(fail, {}) == {"error": "ValueError: a?b"}
    result = run_function(lambda: {"name": "a\ud800b"}, {})
    assert isinstance(result, dict)
    assert "surrogates not allowed" in result["error"]


async def test_a_coroutine_function_is_awaited_and_its_errors_told() -> None:
    """Async tools are tools."""

    async def fetch(city: str) -> str:
        if not city:
            raise LookupError("no city")
        return city.upper()

    result = run_function(fetch, {"city": "Rome"})
    assert inspect.isawaitable(result)
    assert await result == {"result": "ROME"}
    failed = run_function(fetch, {"city": ""})
    assert inspect.isawaitable(failed)
    assert await failed == {"error": "LookupError: no city"}


def test_an_unknown_function_is_answered_and_never_run() -> None:
    """google-genai raises KeyError to the caller, and the turn is lost."""
    run = Functions([simple]).runs([types.FunctionCall(name="rm", args={"path": "/"})])[0]
    assert run() == {"error": "unknown function rm; known: simple"}


def test_a_call_without_arguments_is_a_call() -> None:
    """The wire leaves empty args out."""
    assert Functions([without_parameters]).runs([types.FunctionCall(name="without_parameters")])[0]() == {"result": 1}


def test_two_functions_of_one_name_are_refused() -> None:
    """The model could call one only, and nobody knew which."""
    with pytest.raises(ValueError, match="called 'simple'"):
        Functions([simple, functools.partial(simple)])


def test_coroutine_functions_are_refused_where_nothing_awaits() -> None:
    """In whatever guise they come."""

    async def fetch(city: str) -> str:
        return city

    class Fetch:
        async def __call__(self, city: str) -> str:
            return city

    for function in (fetch, functools.partial(fetch, "Rome"), Fetch()):
        with pytest.raises(errors.UnsupportedFunctionError, match="coroutine function"):
            Functions([function]).refuse_coroutines()


def test_answers_keep_ids_names_and_order() -> None:
    """Gemini 3 matches parallel calls by id; google-genai drops it."""
    calls = [types.FunctionCall(id="1", name="a"), types.FunctionCall(name="b")]
    content = response_content(calls, [{"result": 1}, {"error": "x"}])
    assert content.to_json_dict() == {
        "role": "user",
        "parts": [
            {"function_response": {"id": "1", "name": "a", "response": {"result": 1}}},
            {"function_response": {"name": "b", "response": {"error": "x"}}},
        ],
    }


def test_a_coroutine_that_nobody_awaited_is_an_error() -> None:
    """A plain function may give one; a synchronous call has no loop for it, and must not send its repr."""

    async def later() -> int:
        return 1

    result = run_function(lambda: later(), {})  # noqa: PLW0108 - a plain function that gives a coroutine
    content = response_content([types.FunctionCall(name="later")], [result])
    assert "must be awaited" in str(content)
