"""Python's descriptions of an object as JSON Schema: what each says, in its order, with nothing left out."""

import dataclasses
import warnings
from collections.abc import Callable
from datetime import date
from enum import Enum, IntEnum
from typing import Annotated, Any, Generic, Literal, NotRequired, Optional, TypedDict, TypeVar

import pydantic.dataclasses
import pydantic.v1
import pytest
import typing_extensions
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field

from langchain_genai_chat._schemas import schema_of, weight_of, without_typed_dicts

T = TypeVar("T")


class Step(BaseModel):
    """A step."""

    config: dict[str, Any]
    tries: int = 3


class Plan(BaseModel):
    steps: list[Step]


class Node(BaseModel):
    """A node."""

    value: int
    children: list["Node"] = []
    parent: "Node | None" = None


class Box(BaseModel, Generic[T]):
    inside: T


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


@dataclasses.dataclass
class Point:
    """A point."""

    x: int
    tags: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Bare:
    x: int


@pydantic.dataclasses.dataclass
class Checked:
    x: int


class Address(TypedDict):
    """Where somebody lives.

    Args:
        street: with its number
    """

    street: str
    town: Annotated[str, ..., "the town"]
    country: NotRequired[Annotated[str | None, None, "its code"]]


class Tree(typing_extensions.TypedDict):
    """A tree."""

    value: int
    left: "Tree | None"
    more: "list[Tree]"


class Person(typing_extensions.TypedDict, total=False):
    name: typing_extensions.Required[str]
    home: Address
    homes: list[Address]
    by_name: dict[str, Address]
    maybe: Optional[Address]  # noqa: UP045 - the older spelling is a type of another kind
    noted: list[Annotated[Address, "noted"]]
    either: Address | int
    pair: tuple[Address, int]
    kind: Literal["a", 1]
    age: Annotated[int, Field(ge=0)]


class Awkward(TypedDict):
    schema: str
    _id: int
    model_config: int


class OldStep(pydantic.v1.BaseModel):
    """An old step."""

    name: str = pydantic.v1.Field(..., description="what it is called")
    tries: int = 3


class OldPlan(pydantic.v1.BaseModel):
    first: OldStep = pydantic.v1.Field(..., description="the first one")
    rest: list[OldStep] = []
    parent: Optional["OldPlan"] = None


OldPlan.update_forward_refs()

CLASSES = [
    *(Step, Plan, Node, Box[int], Colour, Level, Point, Bare, Checked, Address, Tree, Person, Awkward),
    *(OldStep, OldPlan, list[Node], dict[str, Address], Point | None, int | str, Literal[1, 2], date, list),
]


@pytest.mark.parametrize("described", CLASSES, ids=str)
def test_every_description_is_json_schema_and_warns_of_nothing(described: Any) -> None:
    """A warning at each call is noise that nobody can end (B027)."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schema = schema_of(described)
    Draft202012Validator.check_schema(schema)
    assert schema == schema_of(described)


@pytest.mark.parametrize("described", CLASSES, ids=str)
def test_every_reference_leads_somewhere_and_stands_alone(described: Any) -> None:
    """Google takes no keyword beside `$ref`, and a dangling one is a 400 for the whole request (B021)."""
    schema = schema_of(described)

    def check(inner: Any) -> None:
        for each in inner.values() if isinstance(inner, dict) else inner if isinstance(inner, list) else ():
            check(each)
        if isinstance(inner, dict) and isinstance(inner.get("$ref"), str):
            assert inner == {"$ref": inner["$ref"]}
            assert inner["$ref"].removeprefix("#/$defs/") in schema["$defs"]

    check(schema)


@pytest.mark.behaviour("B021")
def test_nested_models_keep_their_definitions() -> None:
    schema = schema_of(Plan)
    assert schema["properties"]["steps"] == {"type": "array", "items": {"$ref": "#/$defs/Step"}}
    assert schema["$defs"]["Step"]["properties"]["config"] == {"type": "object", "additionalProperties": True}


@pytest.mark.behaviour("B025")
@pytest.mark.behaviour("F13")
def test_a_recursive_model_stands_at_the_root_and_refers_to_itself() -> None:
    """What holds a function's arguments has to be an object itself."""
    schema = schema_of(Node)
    assert (schema["type"], schema["description"]) == ("object", "A node.")
    assert schema["properties"]["children"] == {"type": "array", "items": {"$ref": "#/$defs/Node"}, "default": []}
    assert schema["$defs"]["Node"]["properties"] == schema["properties"]


@pytest.mark.parametrize("recursive", [Tree, OldPlan])
@pytest.mark.behaviour("B025")
def test_recursion_is_kept_in_every_kind_of_class(recursive: Any) -> None:
    schema = schema_of(recursive)
    assert schema["type"] == "object"
    own = {"$ref": f"#/$defs/{recursive.__name__}"}
    assert own in (schema["properties"].get("more", {}).get("items"), schema["properties"].get("parent"))


@pytest.mark.behaviour("B022")
def test_branches_of_a_union_keep_their_order_and_their_description() -> None:
    class Asked(BaseModel):
        what: Step | Node | None = Field(None, description="one of two")
        names: list[str] | None = Field(None, description="who")

    properties = schema_of(Asked)["properties"]
    assert properties["what"]["anyOf"] == [{"$ref": "#/$defs/Step"}, {"$ref": "#/$defs/Node"}, {"type": "null"}]
    assert properties["what"]["description"] == "one of two"
    assert properties["names"]["description"] == "who"
    assert "required" not in schema_of(Asked)


def test_a_description_beside_a_reference_goes_round_it() -> None:
    class Holder(BaseModel):
        step: Step = Field(description="which")

    assert schema_of(Holder)["properties"]["step"] == {"description": "which", "anyOf": [{"$ref": "#/$defs/Step"}]}


@pytest.mark.behaviour("B024")
def test_enums_keep_their_values_types() -> None:
    class Asked(BaseModel):
        month: Literal[10, 11, 12] = 11
        level: Level

    schema = schema_of(Asked)
    assert schema["properties"]["month"] == {"type": "integer", "enum": [10, 11, 12], "default": 11}
    assert schema["$defs"]["Level"] == {"type": "integer", "enum": [1, 2], "title": "Level"}
    assert schema_of(Colour) == {"type": "string", "enum": ["red", "blue"], "title": "Colour"}


@pytest.mark.behaviour("B026")
def test_dicts_and_lists_of_anything_say_so() -> None:
    class Asked(BaseModel):
        model_config = ConfigDict(extra="forbid")
        counts: dict[str, int]
        anything: Any
        bare: list  # type: ignore[type-arg]

    schema = schema_of(Asked)
    assert schema["additionalProperties"] is False
    assert schema["properties"] == {
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "anything": {},
        "bare": {"type": "array", "items": {}},
    }


@pytest.mark.behaviour("B028")
@pytest.mark.behaviour("F07")
def test_fields_keep_the_order_they_were_declared_in() -> None:
    """A model that reasons before it answers needs the reasoning to come first."""

    class Answer(BaseModel):
        zeal: str
        answer: str
        body: str

    class Said(TypedDict):
        zeal: str
        answer: str

    assert list(schema_of(Answer)["properties"]) == ["zeal", "answer", "body"]
    assert list(schema_of(Said)["properties"]) == ["zeal", "answer"]
    ordered = {"type": "object", "properties": {"b": {}, "a": {}}, "propertyOrdering": ["a", "b"]}
    assert list(schema_of(ordered).items()) == list(ordered.items())


@pytest.mark.behaviour("B027")
def test_made_titles_are_left_out_and_given_ones_stay() -> None:
    class Asked(BaseModel):
        first_name: str
        last: str = Field(title="Family name", examples=["Lee"], default="")

    assert schema_of(Asked)["properties"] == {
        "first_name": {"type": "string"},
        "last": {"type": "string", "title": "Family name", "examples": ["Lee"], "default": ""},
    }


def test_a_typed_dict_follows_langchains_convention() -> None:
    """`Annotated[type, default or ..., description]`, and a docstring in Google's style, which counts."""
    assert schema_of(Address) == {
        "title": "Address",
        "description": "Where somebody lives.",
        "type": "object",
        "properties": {
            "street": {"type": "string", "description": "with its number"},
            "town": {"type": "string", "description": "the town"},
            "country": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "description": "its code"},
        },
        "required": ["street", "town"],
    }


def test_typed_dicts_inside_typed_dicts_are_whole() -> None:
    schema = schema_of(Person)
    home = {"$ref": "#/$defs/Address"}
    assert schema["required"] == ["name"]
    assert schema["properties"] == {
        "name": {"type": "string"},
        "home": home,
        "homes": {"type": "array", "items": home},
        "by_name": {"type": "object", "additionalProperties": home},
        "maybe": {"anyOf": [home, {"type": "null"}]},
        "noted": {"type": "array", "items": home},
        "either": {"anyOf": [home, {"type": "integer"}]},
        "pair": {"type": "array", "prefixItems": [home, {"type": "integer"}], "minItems": 2, "maxItems": 2},
        "kind": {"enum": ["a", 1]},
        "age": {"type": "integer", "minimum": 0},
    }
    assert schema["$defs"]["Address"]["properties"]["town"]["description"] == "the town"


def test_any_key_of_a_typed_dict_is_kept() -> None:
    """No attribute of a model could be called so, a key can."""
    assert list(schema_of(Awkward)["properties"]) == ["schema", "_id", "model_config"]


def test_a_type_without_typed_dicts_is_left_alone() -> None:
    for hint in (int, list[int], dict[str, Node], Node | None, Literal["a"], Annotated[int, "n"], Node, None):
        assert without_typed_dicts(hint) is hint


@pytest.mark.parametrize(("described", "description"), [(Point, "A point."), (Bare, None), (Checked, None)])
def test_a_dataclass_is_described_by_its_own_words_only(described: Any, description: str | None) -> None:
    """Python makes a docstring of the signature, which says nothing that the schema does not."""
    assert schema_of(described).get("description") == description


def test_a_class_of_pydantics_first_version_says_all() -> None:
    assert schema_of(OldStep) == {
        "title": "OldStep",
        "description": "An old step.",
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "what it is called"},
            "tries": {"type": "integer", "default": 3},
        },
        "required": ["name"],
    }
    first = schema_of(OldPlan)["properties"]["first"]
    assert first["anyOf"] == [{"$ref": "#/$defs/OldStep"}]
    assert first["description"] == "the first one"


PARAMETERS = {"type": "object", "properties": {"a": {"const": None}}}


@pytest.mark.parametrize(
    "given",
    [
        PARAMETERS,
        {"name": "f", "description": "", "parameters": PARAMETERS},
        {"type": "function", "function": {"name": "f", "parameters": PARAMETERS}},
        {"name": "f", "input_schema": PARAMETERS},
        {"name": "f", "inputSchema": PARAMETERS},
        {"name": "f", "parametersJsonSchema": PARAMETERS},
    ],
)
def test_a_dict_gives_the_schema_that_it_holds(given: Any) -> None:
    assert schema_of(given) == PARAMETERS


def test_what_cannot_be_described_is_named() -> None:
    """Else pydantic's own error says nothing of whose schema it is, and is no ValueError."""

    class Acting(BaseModel):
        act: Callable[[], None]

    with pytest.raises(ValueError, match=r"Acting.* cannot be described as JSON Schema"):
        schema_of(Acting)


@pytest.mark.behaviour("B029")
def test_a_schemas_weight_is_what_the_service_stumbles_over() -> None:
    schema = {"type": "object", "properties": {"a": {"enum": [1, 2]}, "b": {"items": {"enum": ["x"]}}}}
    assert weight_of([schema]) == {
        "bytes": len(b'[{"type":"object","properties":{"a":{"enum":[1,2]},') + len(b'"b":{"items":{"enum":["x"]}}}}]'),
        "enum_values": 3,
        "depth": 4,
    }
