"""Values that fit their schema, filled from a prompt: examples, and schemas made at random judged by jsonschema."""

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_genai_chat.emulator.filling import Filler, Prompt

TREE = {
    "$defs": {
        "Node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
                "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
            },
            "required": ["value", "children", "next"],
        }
    },
    "$ref": "#/$defs/Node",
}


def fill(schema, prompt="What is it?"):
    return Filler(schema, Prompt(prompt)).fill(schema)


def one(prompt, **schema):
    """The value of a required property `x`, or of the one that is named."""
    name = schema.pop("called", "x")
    return fill({"type": "object", "properties": {name: schema}, "required": [name]}, prompt)[name]


@pytest.mark.parametrize(
    ("prompt", "schema", "value"),
    [
        ("Take 3 of 4.5", {"type": "integer"}, 3),
        ("Take 4.5", {"type": "integer", "minimum": 7}, 7),
        ("Take 4.5", {"type": "number"}, 4.5),
        ("Take gemini-3", {"type": "NUMBER"}, 0),
        ("Take 5", {"type": "integer", "exclusiveMinimum": 5, "multipleOf": 4}, 8),
        ("In Boston, MA or elsewhere", {"type": "string", "called": "location"}, "Boston, MA"),
        ("It is 'so' in Boston", {"type": "string"}, "so"),
        ("What is up?", {"type": "string", "called": "query"}, "What is up?"),
        ("What is up?", {"type": "string", "called": "a_b"}, "a b"),
        ("What is up?", {"type": "string", "called": "query", "maxLength": 4}, "What"),
        ("What is up?", {"type": "string", "minLength": 4}, "x..."),
        ("On 2026-11-21", {"type": "string", "format": "date"}, "2026-11-21"),
        ("Today", {"type": "string", "format": "date"}, "2025-01-31"),
        ("Fly to LAX", {"type": "string", "pattern": "^[A-Z]{3}$"}, "LAX"),
        ("In celsius", {"enum": ["fahrenheit", "celsius"]}, "celsius"),
        ("In kelvin", {"enum": ["fahrenheit", "celsius"]}, "fahrenheit"),
        ("In kelvin", {"enum": ["fahrenheit", "celsius"], "default": "celsius"}, "celsius"),
        ("In kelvin", {"const": 7}, 7),
        ("In celsius", {"anyOf": [{"const": "fahrenheit"}, {"const": "celsius"}]}, "celsius"),
        ("Be brief", {"type": "boolean", "called": "brief"}, True),
        ("Not brief", {"type": "boolean", "called": "brief"}, False),
        ("What?", {"type": "boolean"}, False),
        ("What?", {"type": "null"}, None),
        ("3, 3 and 4", {"type": "array", "items": {"type": "integer"}}, [3, 3, 4]),
        ("red and blue", {"type": "array", "items": {"enum": ["blue", "green", "red"]}}, ["blue", "red"]),
        ("What?", {"type": "array", "items": {"type": "integer"}, "minItems": 2}, [0, 0]),
        ("1 2", {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]}, [1, "x"]),
        ("Take 3", {"anyOf": [{"type": "null"}, {"type": "integer"}]}, 3),
        ("Take 3", {"type": ["null", "integer"]}, 3),
    ],
    ids=str,
)
def test_the_prompt_fills_what_it_fits(prompt, schema, value):
    """Numbers to numbers, names to places, what is quoted to texts; else the default, or something that is valid."""
    assert one(prompt, **schema) == value


def test_what_need_not_be_there_is_filled_only_from_the_prompt():
    """An optional argument made up would surprise every function that has a default."""
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "note": {"type": "string"}},
        "required": ["city"],
    }
    assert fill(schema, "Weather in Boston?") == {"city": "Boston"}
    assert fill(schema, "Weather in Boston for 3 days?") == {"city": "Boston", "days": 3}


def test_a_recursive_schema_ends():
    """Pydantic writes trees so; Gemini takes them where the cycle can end."""
    value = fill(TREE, "1 2 3")
    jsonschema.validate(value, TREE)
    assert value["children"][0]["children"] == []


def test_the_order_of_properties_is_kept():
    """`propertyOrdering` wins, then the order of declaration: thinking goes before the answer."""
    properties = {"b": {"type": "STRING"}, "a": {"type": "STRING"}}
    assert list(fill({"type": "OBJECT", "properties": properties})) == ["b", "a"]
    assert list(fill({"properties": properties, "propertyOrdering": ["a", "b"]})) == ["a", "b"]


LEAVES = st.one_of(
    st.fixed_dictionaries({"type": st.sampled_from(["string", "boolean", "null"])}),
    st.tuples(st.integers(-50, 50), st.integers(0, 50)).map(
        lambda pair: {"type": "integer", "minimum": pair[0], "maximum": pair[0] + pair[1]}
    ),
    st.tuples(st.integers(0, 9), st.integers(0, 9)).map(
        lambda pair: {"type": "string", "minLength": pair[0], "maxLength": pair[0] + pair[1]}
    ),
    st.lists(st.one_of(st.text(max_size=5), st.integers()), min_size=1, max_size=3).map(lambda some: {"enum": some}),
    st.integers().map(lambda value: {"const": value}),
    st.just({"$ref": "#/$defs/Node"}),
)


def compounds(inner):
    properties = st.dictionaries(st.sampled_from(["a", "b", "name", "query"]), inner, max_size=4)
    return st.one_of(
        st.tuples(properties, st.booleans()).map(
            lambda pair: {
                "type": "object",
                "properties": pair[0],
                "required": [*pair[0]] if pair[1] else [],
                "additionalProperties": False,
            }
        ),
        st.tuples(inner, st.integers(0, 3)).map(
            lambda pair: {"type": "array", "items": pair[0], "minItems": pair[1], "maxItems": pair[1] + 2}
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"anyOf": some}),
    )


@settings(max_examples=150, deadline=None)
@given(st.recursive(LEAVES, compounds, max_leaves=8), st.sampled_from(["", "Take 3 to Boston, 'so' they say", "a b"]))
def test_any_schema_is_filled_with_a_value_that_fits(schema, prompt):
    """An invalid argument would be the emulator's fault in somebody else's test."""
    root = {**schema, "$defs": TREE["$defs"]}
    jsonschema.validate(fill(root, prompt), root)
