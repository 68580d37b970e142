"""LangChain's middleware over sockets, where it looks at the model: at its tokens, its limits, its errors."""

from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import (
    ClearToolUsesEdit,
    ContextEditingMiddleware,
    HumanInTheLoopMiddleware,
    LLMToolSelectorMiddleware,
    ModelFallbackMiddleware,
    ModelRetryMiddleware,
    SummarizationMiddleware,
)
from langchain_core.exceptions import ModelInvalidRequestError
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.emulator import Emulator, Fault

Models = Callable[..., ChatGenAI]
Json = dict[str, Any]

MODEL = "gemini-3.5-flash"
OTHER_MODEL = "gemini-2.5-flash"
OVERLOADED = Fault.of("UNAVAILABLE", "The model is overloaded. Please try again later.")
TOO_LONG = Fault.of(
    "INVALID_ARGUMENT", "The input token count (1048580) exceeds the maximum number of tokens allowed (1048576)."
)
SUMMARY = "Here is a summary of the conversation to date"


def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"It is sunny in {city}."


def asked(*texts: str) -> Any:
    return {"messages": [HumanMessage(text) for text in texts]}


def reported(tokens: int) -> Json:
    """A short reply that is said to have cost much."""
    content = {"role": "model", "parts": [{"text": "Yes."}]}
    usage = {"promptTokenCount": tokens - 1, "candidatesTokenCount": 1, "totalTokenCount": tokens}
    candidate = {"content": content, "finishReason": "STOP", "index": 0}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": MODEL, "responseId": "r"}


def is_summarized(messages: list[AnyMessage]) -> bool:
    return messages[0].text.startswith(SUMMARY)


def models_asked(google: Emulator) -> list[str]:
    return [one.path.rpartition("/")[2] for one in google.requests]


@pytest.mark.parametrize(("tokens", "summarized"), [(5000, True), (50, False)])
def test_a_summary_is_due_by_the_tokens_that_gemini_reported(
    tokens: int, summarized: bool, google: Emulator, model: Models
) -> None:
    """Langchain takes a reply's count only if its provider is the model's, and else guesses by letters."""
    summarize = SummarizationMiddleware(model(), trigger=("tokens", 1000), keep=("messages", 1))
    agent = create_agent(model(), [], middleware=[summarize])
    google.script(reported(tokens))
    first = agent.invoke(asked("Is it so?"))
    second = agent.invoke({"messages": [*first["messages"], HumanMessage("Hello")]})
    assert is_summarized(second["messages"]) is summarized
    assert len(google.requests) == 2 + summarized


def test_a_summary_is_due_by_a_fraction_of_the_models_limit(google: Emulator, model: Models) -> None:
    """Without a profile this middleware refuses to be made."""
    small = model(profile={"max_input_tokens": 40})
    agent = create_agent(small, [], middleware=[SummarizationMiddleware(small, trigger=("fraction", 0.5))])
    assert not is_summarized(agent.invoke(asked("Hello"))["messages"])
    SummarizationMiddleware(model(), trigger=("fraction", 0.5), keep=("fraction", 0.1))
    many = [f"This is number {number} of some sentences." for number in range(25)]
    assert is_summarized(agent.invoke(asked(*many))["messages"])


async def test_a_summary_that_is_too_long_itself_is_asked_for_again_with_less(google: Emulator, model: Models) -> None:
    """Langchain knows it by ContextOverflowError, which Google's 400 has to become."""
    summarize = SummarizationMiddleware(model(), trigger=("messages", 2), keep=("messages", 1))
    agent = create_agent(model(), [], middleware=[summarize])
    google.script(TOO_LONG)
    result = await agent.ainvoke(asked(" ".join(["A long story of many words."] * 100), "Hello"))
    assert is_summarized(result["messages"])
    first, second, _ = (len(str(one.body)) for one in google.requests)
    assert second < first


@pytest.mark.parametrize("fault", [OVERLOADED, TOO_LONG], ids=["503", "400"])
async def test_another_model_takes_over_with_the_same_history(fault: Fault, google: Emulator, model: Models) -> None:
    """The other family's rules hold for what the first one said, and the first one's for what the other did.

    The second model's call is unsigned, and goes back to the first one within the turn.
    """
    agent = create_agent(model(), [get_weather], middleware=[ModelFallbackMiddleware(model(model=OTHER_MODEL))])
    started = agent.invoke(asked("What is the weather in Paris?"))["messages"]
    google.script(fault)
    question: Any = {"messages": [*started, HumanMessage("What is the weather in Oslo?")]}
    result = await agent.ainvoke(question)
    assert "sunny in Oslo" in result["messages"][-1].text
    first, second = f"{MODEL}:generateContent", f"{OTHER_MODEL}:generateContent"
    assert models_asked(google) == [first, first, first, second, first]
    answered = [message for message in result["messages"] if isinstance(message, AIMessage)]
    assert [message.response_metadata["model_name"] for message in answered] == [MODEL, MODEL, OTHER_MODEL, MODEL]


def test_an_agents_history_of_an_older_model_goes_on_with_a_newer(google: Emulator, model: Models) -> None:
    """2.5 signs nothing, and Gemini 3 wants signatures: those that it never gave are not asked of it."""
    older = create_agent(model(model=OTHER_MODEL), [get_weather])
    newer = create_agent(model(), [get_weather])
    history = older.invoke(asked("What is the weather in Paris?"))["messages"]
    interrupted = history[:3]
    assert [message.type for message in interrupted] == ["human", "ai", "tool"]
    result = newer.invoke({"messages": interrupted})
    assert "sunny in Paris" in result["messages"][-1].text


async def test_overload_is_asked_again_and_a_bad_request_is_not(google: Emulator, model: Models) -> None:
    """Langchain asks the error itself whether a second try could help."""
    retry = ModelRetryMiddleware(max_retries=2, initial_delay=0, jitter=False, on_failure="error")
    agent = create_agent(model(), [], middleware=[retry])
    google.script(OVERLOADED, OVERLOADED)
    result = await agent.ainvoke(asked("Hello"))
    assert result["messages"][-1].text.startswith("Hello")
    assert len(google.requests) == 3
    google.reset()
    google.script(Fault.of("INVALID_ARGUMENT", "Request contains an invalid argument."))
    with pytest.raises(ModelInvalidRequestError):
        await agent.ainvoke(asked("Hello"))
    assert len(google.requests) == 1


@pytest.mark.behaviour("B119")
def test_results_are_cleared_by_counts_of_one_request_each(google: Emulator, model: Models) -> None:
    """The count holds messages and tools, so the model's own tokenizer costs one request where it is asked."""
    edit = ClearToolUsesEdit(trigger=150, keep=1, placeholder="[gone]")
    editing = ContextEditingMiddleware(edits=[edit], token_count_method="model")
    agent = create_agent(model(), [get_weather], middleware=[editing])
    result = agent.invoke(asked("Get the weather in Paris, then get the weather in Oslo, then the weather in Rome"))
    assert "sunny in Rome" in result["messages"][-1].text
    asked_last = google.requests[-1].body["contents"]
    responses = [
        part["functionResponse"]["response"]["output"]
        for content in asked_last
        for part in content["parts"]
        if "functionResponse" in part
    ]
    assert responses[:-1] == ["[gone]", "[gone]"]
    assert responses[-1] == "It is sunny in Rome."
    counted = [one for one in google.requests if one.path.endswith(":countTokens")]
    answered = [one for one in google.requests if not one.path.endswith(":countTokens")]
    assert len(answered) == 4
    assert 4 <= len(counted) <= 8
    assert all("tools" in one.body["generateContentRequest"] for one in counted)


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        ({"type": "approve"}, "sunny in Paris"),
        ({"type": "edit", "edited_action": {"name": "get_weather", "args": {"city": "Oslo"}}}, "sunny in Oslo"),
        ({"type": "reject", "message": "Not today."}, "get_weather failed: User rejected"),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else None,
)
@pytest.mark.parametrize("settings", [{}, {"include_thoughts": True}], ids=str)
def test_a_person_may_decide_about_a_call(
    settings: Any, decision: Any, told: str, google: Emulator, model: Models
) -> None:
    """The turn waits in a checkpoint, and goes on with the model's own call, signed as it was."""
    asking = HumanInTheLoopMiddleware(interrupt_on={"get_weather": True})
    agent: Any = create_agent(model(**settings), [get_weather], middleware=[asking], checkpointer=InMemorySaver())
    thread = {"configurable": {"thread_id": "t"}}
    waiting = agent.invoke(asked("What is the weather in Paris?"), thread)
    assert waiting["__interrupt__"]
    result = agent.invoke(Command(resume={"decisions": [decision]}), thread)
    assert told in result["messages"][-1].text
    call, signed = next(
        (part["functionCall"], "thoughtSignature" in part)
        for content in google.requests[-1].body["contents"]
        for part in content["parts"]
        if "functionCall" in part
    )
    assert (call["args"], signed) == ({"city": "Paris"}, True)


def test_a_model_chooses_the_tools_that_another_call_gets(google: Emulator, model: Models) -> None:
    """The choice is a structured answer of an enumeration that LangChain makes as it runs."""

    def get_time(city: str) -> str:
        """Get the time in a city."""
        return f"It is noon in {city}."

    select = LLMToolSelectorMiddleware(model=model(), max_tools=1)
    agent = create_agent(model(), [get_time, get_weather], middleware=[select])
    result = agent.invoke(asked("Use get_weather for Paris"))
    assert "sunny in Paris" in result["messages"][-1].text
    declared = [
        [one["name"] for tool in request.body.get("tools", []) for one in tool["functionDeclarations"]]
        for request in google.requests
    ]
    assert declared == [[], ["get_weather"], [], ["get_weather"]]
