"""Probes of thinking, of answers that follow a schema, and of code that the service runs."""

from enum import Enum
from typing import Any

from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from ._asking import asked, joined, reason_of, tokens_of
from ._probe import Probes, Shown
from ._target import Target
from .probes_tools import weather

PROBES = Probes()

PUZZLE = "A farmer has 17 sheep. All but 9 run away, then he buys twice as many as are left. How many has he?"
PARIS = "Describe Paris, with 2100000 inhabitants."


class City(BaseModel):
    """A city."""

    name: str
    inhabitants: int


class Colour(Enum):
    """A colour."""

    RED = "red"
    GREEN = "green"


class Report(BaseModel):
    """The weather."""

    city: str
    weather: str


JSON_SCHEMA: dict[str, Any] = {**City.model_json_schema(), "title": "City"}


def thought_tokens(target: Target) -> int:
    """The thoughts' tokens of the last answer."""
    return int(target.wire.last.usage.get("thoughtsTokenCount", 0))


@PROBES.add("thinking by level")
def think_by_level(target: Target) -> Shown:
    """With a level and summaries asked for, a reasoning block comes before the text, and its tokens are told."""
    reply = target.chat_model(thinking_level="high", include_thoughts=True, max_tokens=8192).invoke(PUZZLE)
    kinds = [block["type"] for block in reply.content_blocks]
    assert kinds[0] == "reasoning", "the first block is reasoning"
    assert "text" in kinds, "there is text"
    assert thought_tokens(target) > 0, "the thoughts' tokens are told"
    assert tokens_of(reply)[1] > thought_tokens(target), "they are among the output tokens"
    return None


@PROBES.add("thinking, streamed")
def stream_thoughts(target: Target) -> Shown:
    """Thoughts come in a stream too, and a next turn with them is accepted."""
    model = target.chat_model(thinking_level="high", include_thoughts=True, max_tokens=8192)
    reply = joined(model.stream(messages := asked(PUZZLE)))
    assert "reasoning" in [block["type"] for block in reply.content_blocks], "there is reasoning"
    assert model.invoke([*messages, reply, HumanMessage("Thank you.")]).text, "the next reply has text"
    return None


@PROBES.add("thinking by budget")
def think_by_budget(target: Target) -> Shown:
    """With a budget and summaries asked for, a model of Gemini 2.5 gives a reasoning block."""
    model = target.chat_model(model=target.models.budget, thinking_budget=1024, include_thoughts=True, max_tokens=4096)
    kinds = [block["type"] for block in model.invoke(PUZZLE).content_blocks]
    assert "reasoning" in kinds, "there is reasoning"
    return None


@PROBES.add("thinking off")
def think_nothing(target: Target) -> Shown:
    """With a budget of 0, a model of Gemini 2.5 takes no tokens for thoughts."""
    reply = target.chat_model(model=target.models.budget, thinking_budget=0).invoke(PUZZLE)
    assert reason_of(reply) == "STOP", "the reply ends with STOP"
    assert thought_tokens(target) == 0, "no tokens went into thoughts"
    return None


@PROBES.add("structured: pydantic", on_vertex=True)
def structure_by_class(target: Target) -> Shown:
    """A class gives an instance of it."""
    found = target.chat_model().with_structured_output(City).invoke(PARIS)
    assert found == City(name="Paris", inhabitants=2100000), "the object says what the prompt said"
    return None


@PROBES.add("structured: JSON Schema")
def structure_by_schema(target: Target) -> Shown:
    """A JSON Schema gives a dict."""
    found = target.chat_model().with_structured_output(JSON_SCHEMA).invoke(PARIS)
    assert found == {"name": "Paris", "inhabitants": 2100000}, "the dict says what the prompt said"
    return None


@PROBES.add("structured: enum")
def structure_by_enum(target: Target) -> Shown:
    """An Enum gives one of its members."""
    found = target.chat_model().with_structured_output(Colour).invoke("Of which colour is a ripe tomato, red or green?")
    assert found is Colour.RED, "the colour is red"
    return None


@PROBES.add("structured, streamed")
def stream_structure(target: Target) -> Shown:
    """A stream of a class ends with the whole instance."""
    *_, found = target.chat_model().with_structured_output(City).stream(PARIS)
    assert found == City(name="Paris", inhabitants=2100000), "the last object says what the prompt said"
    return None


@PROBES.add("structured by a call")
def structure_by_call(target: Target) -> Shown:
    """With `method="function_calling"` the object is the arguments of a call."""
    found = target.chat_model().with_structured_output(City, method="function_calling").invoke(PARIS)
    assert found == City(name="Paris", inhabitants=2100000), "the object says what the prompt said"
    return None


@PROBES.add("structured, through the client")
def parse(target: Target) -> Shown:
    """`response_schema` of the client gives `parsed`."""
    config = target.config(response_mime_type="application/json", response_schema=City)
    response = target.client.models.generate_content(model=target.models.main, contents=PARIS, config=config)
    assert response.parsed == City(name="Paris", inhabitants=2100000), "parsed says what the prompt said"
    return None


@PROBES.add("schema beside functions")
def structure_after_calls(target: Target) -> Shown:
    """From Gemini 3 on a schema and functions go together: the function is called, the answer is an object."""
    config = target.config(tools=[weather], response_mime_type="application/json", response_schema=Report)
    asking = "What is the weather in Boston? Call weather."
    response = target.client.models.generate_content(model=target.models.main, contents=asking, config=config)
    assert response.automatic_function_calling_history, "the function was called"
    assert isinstance(response.parsed, Report), "the answer is an object"
    return None


@PROBES.add("code execution", emulator_lacks="it runs no code")
def run_code(target: Target) -> Shown:
    """Code and its result come as server tool blocks, and a next turn with them is accepted."""
    model = target.chat_model().bind_tools([{"code_execution": {}}])
    messages = asked("Run Python code that prints the sum of the first 50 prime numbers.")
    reply = model.invoke(messages)
    kinds = [block["type"] for block in reply.content_blocks]
    assert "server_tool_call" in kinds, "there is code"
    assert "server_tool_result" in kinds, "there is its result"
    assert model.invoke([*messages, reply, HumanMessage("Thank you.")]).text, "the next reply has text"
    return None


@PROBES.add("Google Search", emulator_lacks="it searches nothing", asked_by="--search")
def search(target: Target) -> Shown:
    """A searched answer has grounding metadata and citations."""
    model = target.chat_model().bind_tools([{"google_search": {}}])
    reply = model.invoke("Search: who won the most recent Nobel Prize in Physics?")
    assert reply.response_metadata.get("grounding_metadata"), "there is grounding metadata"
    cited = [block for block in reply.content_blocks if block["type"] == "text" and block.get("annotations")]
    assert cited, "there are citations"
    return None
