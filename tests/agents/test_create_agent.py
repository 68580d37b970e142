"""LangChain's agents over sockets: tools, and each way to a structured answer."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolMessage
from pydantic import BaseModel

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.emulator import Emulator, Received
from langchain_genai_chat.errors import InvalidRequestError

Models = Callable[..., ChatGenAI]

MODEL = "gemini-3.5-flash"
QUESTION = "What is the weather in Paris and the time in Rome?"
SKY = "blue in the east, with a few small clouds over the river"
PATIENCE: Any = {"recursion_limit": 12}
"""An agent that goes round for ever fails after this many steps."""


class Report(BaseModel):
    """The weather at a place."""

    city: str
    sky: str


def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"It is sunny in {city}."


def get_time(city: str) -> str:
    """Get the time in a city."""
    return f"It is noon in {city}."


TOOLS = [get_weather, get_time]


def asked(text: str = QUESTION) -> Any:
    return {"messages": [HumanMessage(text)]}


def kinds(messages: list[AnyMessage]) -> list[str]:
    return [message.type for message in messages]


def calls_in(messages: list[BaseMessage]) -> list[str]:
    return [call["name"] for message in messages if isinstance(message, AIMessage) for call in message.tool_calls]


def modes(requests: list[Received]) -> list[Any]:
    return [one.body.get("toolConfig", {}).get("functionCallingConfig", {}).get("mode") for one in requests]


@pytest.mark.parametrize("name", [MODEL, "gemini-2.5-flash", "gemini-flash-latest"])
async def test_an_agent_calls_tools_at_once_and_answers_from_their_results(
    name: str, google: Emulator, model: Models
) -> None:
    """Two calls of one turn, answered in one content, in their order, whatever the family does with ids."""
    agent = create_agent(model(model=name), TOOLS, system_prompt="Be brief.")
    for result in (agent.invoke(asked(), PATIENCE), await agent.ainvoke(asked(), PATIENCE)):
        messages = result["messages"]
        assert kinds(messages) == ["human", "ai", "tool", "tool", "ai"]
        assert calls_in(messages) == ["get_weather", "get_time"]
        assert "sunny in Paris" in messages[-1].text
        assert "noon in Rome" in messages[-1].text
    first, second, *_ = google.requests
    answered = second.body["contents"][-1]["parts"]
    assert [part["functionResponse"]["name"] for part in answered] == ["get_weather", "get_time"]
    assert second.body["contents"][:1] == first.body["contents"]
    assert second.body["systemInstruction"] == {"parts": [{"text": "Be brief."}]}


def test_steps_that_follow_each_other_keep_their_signatures(google: Emulator, model: Models) -> None:
    """Gemini 3 refuses a step whose call is unsigned; the emulator does too, and so the agent would stop."""
    agent = create_agent(model(), TOOLS)
    result = agent.invoke(
        asked("Get the weather in Paris, then get the time in Rome, then the weather in Oslo"), PATIENCE
    )
    assert kinds(result["messages"]) == ["human", "ai", "tool", "ai", "tool", "ai", "tool", "ai"]
    signed = [part for content in google.requests[-1].body["contents"] for part in content["parts"]]
    assert ["thoughtSignature" in part for part in signed if "functionCall" in part] == [True] * 3


@pytest.mark.behaviour("B068")
@pytest.mark.parametrize("name", [MODEL, "gemini-2.5-flash"])
def test_an_agent_finds_the_way_to_a_structured_answer_that_the_family_takes(
    name: str, google: Emulator, model: Models
) -> None:
    """Gemini 3 takes tools and a schema in one request; before it that is a 400, so the answer is a call."""
    agent = create_agent(model(model=name), TOOLS, response_format=Report)
    result = agent.invoke(asked(), PATIENCE)
    assert isinstance(result["structured_response"], Report)
    assert calls_in(result["messages"])[:2] == ["get_weather", "get_time"]
    together = ["responseJsonSchema" in one.body.get("generationConfig", {}) for one in google.requests]
    assert together == [name == MODEL] * 2
    assert modes(google.requests) == ([None] * 2 if name == MODEL else ["ANY"] * 2)
    assert all(one.body["tools"] for one in google.requests)


@pytest.mark.behaviour("B068")
@pytest.mark.parametrize("tools", [TOOLS, []], ids=["tools", "no tools"])
@pytest.mark.parametrize("strategy", [ToolStrategy, ProviderStrategy])
@pytest.mark.parametrize("name", [MODEL, "gemini-flash-latest"])
async def test_either_strategy_may_be_asked_for(
    tools: list[Any], strategy: Any, name: str, google: Emulator, model: Models
) -> None:
    """Langchain's own choice goes by names, and does not know all that can do both."""
    agent: Any = create_agent(model(model=name), tools, response_format=strategy(Report))
    for result in (agent.invoke(asked(), PATIENCE), await agent.ainvoke(asked(), PATIENCE)):
        assert isinstance(result["structured_response"], Report)
        assert ("Report" in calls_in(result["messages"])) is (strategy is ToolStrategy)
    sent = google.requests[0].body
    assert ("responseJsonSchema" in sent.get("generationConfig", {})) is (strategy is ProviderStrategy)


@pytest.mark.behaviour("B068")
def test_a_strategy_that_the_family_refuses_is_told_before_anything_is_sent(google: Emulator, model: Models) -> None:
    """Google's own words for it name neither the setting nor the way out."""
    agent = create_agent(model(model="gemini-2.5-flash"), TOOLS, response_format=ProviderStrategy(Report))
    with pytest.raises(InvalidRequestError, match="function_calling"):
        agent.invoke(asked(), PATIENCE)
    assert google.requests == []


@pytest.mark.behaviour("F24")
def test_a_structured_answer_streams_and_its_pieces_are_its_text(google: Emulator, model: Models) -> None:
    """A user interface shows the object as it grows; the last must be what the state has."""
    agent: Any = create_agent(model(), [], response_format=ProviderStrategy(Report))
    pieces, report = [], None
    for mode, event in agent.stream(asked(f"Weather in 'Paris' is '{SKY}'"), stream_mode=["messages", "values"]):
        if mode == "messages":
            pieces.append(event[0].text)
        else:
            report = event.get("structured_response")
    assert len([piece for piece in pieces if piece]) > 1
    assert Report.model_validate(json.loads("".join(pieces))) == report == Report(city="Paris", sky=SKY)


@pytest.mark.behaviour("B083")
@pytest.mark.behaviour("B084")
@pytest.mark.behaviour("F02")
@pytest.mark.parametrize(
    ("tool", "sent"),
    [
        (
            {"file_search": {"file_search_store_names": ["fileSearchStores/s"]}},
            {"fileSearch": {"fileSearchStoreNames": ["fileSearchStores/s"]}},
        ),
        ({"google_search": {}}, {"googleSearch": {}}),
        ({"urlContext": {}}, {"urlContext": {}}),
        ({"code_execution": {}}, {"codeExecution": {}}),
    ],
    ids=lambda value: next(iter(value)),
)
def test_googles_own_tools_stand_beside_functions(tool: Any, sent: Any, google: Emulator, model: Models) -> None:
    """An agent takes them as dicts, and runs only what is its own."""
    agent = create_agent(model(), [tool, get_weather])
    result = agent.invoke(asked("What is the weather in Paris?"), PATIENCE)
    assert kinds(result["messages"]) == ["human", "ai", "tool", "ai"]
    for one in google.requests:
        functions = [each for each in one.body["tools"] if "functionDeclarations" in each]
        assert [each for each in one.body["tools"] if each not in functions] == [sent]
        assert [each["name"] for each in functions[0]["functionDeclarations"]] == ["get_weather"]
        assert one.body["toolConfig"]["includeServerSideToolInvocations"] is True


@pytest.mark.behaviour("F02")
def test_what_file_search_found_is_cited_by_its_title(google: Emulator, model: Models) -> None:
    """A reader wants to know which document an answer is from."""
    found = {"retrievedContext": {"title": "colours.pdf", "text": "Blue.", "fileSearchStore": "fileSearchStores/s"}}
    support = {"segment": {"startIndex": 0, "endIndex": 13, "text": "Blue is best."}, "groundingChunkIndices": [0]}
    candidate = {
        "content": {"role": "model", "parts": [{"text": "Blue is best."}]},
        "finishReason": "STOP",
        "groundingMetadata": {"groundingChunks": [found], "groundingSupports": [support]},
    }
    google.script({"candidates": [candidate], "modelVersion": MODEL})
    agent = create_agent(model(), [{"file_search": {"file_search_store_names": ["fileSearchStores/s"]}}])
    (block,) = agent.invoke(asked("Which is best?"))["messages"][-1].content_blocks
    (citation,) = block["annotations"]
    assert (citation["title"], citation["start_index"], citation["end_index"]) == ("colours.pdf", 0, 13)


def test_an_agents_name_and_a_second_question_go_well(google: Emulator, model: Models) -> None:
    """LangChain puts the agent's name on replies, which have to be sendable again."""
    agent = create_agent(model(), TOOLS, name="guide")
    first = agent.invoke(asked("My name is Alice."))
    second = agent.invoke({"messages": [*first["messages"], HumanMessage("What is my name?")]})
    assert [message.name for message in second["messages"] if message.type == "ai"] == ["guide"] * 2
    assert second["messages"][-1].text == "Your name is Alice."


def test_a_tool_that_fails_is_told_to_the_model_as_an_error(google: Emulator, model: Models) -> None:
    """The model may try again only if it can tell an error from a result."""
    error = ToolMessage("No such city.", tool_call_id="c", status="error", name="get_weather")
    called = AIMessage("", tool_calls=[{"name": "get_weather", "args": {"city": "Nowhere"}, "id": "c"}])
    agent = create_agent(model(), TOOLS)
    result = agent.invoke({"messages": [HumanMessage("Weather?"), called, error]})
    assert result["messages"][-1].text.startswith("get_weather failed: No such city.")
    response = google.requests[0].body["contents"][-1]["parts"][0]["functionResponse"]
    assert response["response"] == {"error": "No such city."}
