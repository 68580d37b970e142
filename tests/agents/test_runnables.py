"""LangChain's runnables around a model, over sockets: fallbacks, retries, alternatives, caches, rates, init."""

import copy
import json
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.chat_models import init_chat_model
from langchain_core.caches import InMemoryCache
from langchain_core.exceptions import ModelAPIError, ModelInvalidRequestError
from langchain_core.load import dumps, load
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import ConfigurableField
from langchain_core.tracers.base import BaseTracer
from langchain_core.tracers.schemas import Run
from pydantic import BaseModel

from langchain_genai_chat import ChatGenAI, register_with_langchain
from langchain_genai_chat.emulator import Emulator, Fault

Models = Callable[..., ChatGenAI]

MODEL = "gemini-3.5-flash"
OTHER_MODEL = "gemini-2.5-flash"
OVERLOADED = Fault.of("UNAVAILABLE")
BETA = "ignore::langchain_core._api.beta_decorator.LangChainBetaWarning"


class Person(BaseModel):
    """Somebody."""

    name: str
    age: int


def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"It is sunny in {city}."


def models_asked(google: Emulator) -> list[str]:
    return [one.path.rpartition("/")[2].partition(":")[0] for one in google.requests]


async def test_tools_bound_to_a_model_with_fallbacks_are_bound_to_all(google: Emulator, model: Models) -> None:
    """LangChain reads the return annotations to tell; without them the fallbacks are lost without a word."""
    both = model().with_fallbacks([model(model=OTHER_MODEL)])
    bound: Any = both.bind_tools([get_weather])
    for ask in (bound.invoke, bound.ainvoke):
        google.script(OVERLOADED)
        reply = ask("What is the weather in Paris?")
        reply = reply if isinstance(reply, AIMessage) else await reply
        assert [call["name"] for call in reply.tool_calls] == ["get_weather"]
    assert models_asked(google) == [MODEL, OTHER_MODEL] * 2
    assert all(one.body["tools"] for one in google.requests)


def test_a_structured_answer_falls_back_too(google: Emulator, model: Models) -> None:
    """The same of `with_structured_output`."""
    both: Any = model().with_fallbacks([model(model=OTHER_MODEL)])
    google.script(OVERLOADED)
    assert both.with_structured_output(Person).invoke("This is Bob, 41 years old.") == Person(name="Bob", age=41)
    assert models_asked(google) == [MODEL, OTHER_MODEL]


def test_a_stream_that_fails_at_once_falls_back(google: Emulator, model: Models) -> None:
    """Nothing was handed out, so the other one may begin anew."""
    google.script(OVERLOADED)
    both = model().with_fallbacks([model(model=OTHER_MODEL)])
    assert "".join(chunk.text for chunk in both.stream("Hello")).startswith("Hello")
    assert models_asked(google) == [MODEL, OTHER_MODEL]


def test_with_retry_tries_what_can_be_tried(google: Emulator, model: Models) -> None:
    """By LangChain's kinds, which tell an overload from a mistake."""
    patient = model().with_retry(
        retry_if_exception_type=(ModelAPIError,), wait_exponential_jitter=False, stop_after_attempt=3
    )
    google.script(OVERLOADED, OVERLOADED)
    assert patient.invoke("Hello").text.startswith("Hello")
    google.script(Fault.of("INVALID_ARGUMENT"))
    with pytest.raises(ModelInvalidRequestError):
        patient.invoke("Hello")
    assert len(google.requests) == 4


def test_alternatives_and_fields_are_chosen_by_the_configuration(google: Emulator, model: Models) -> None:
    """One chain, whose model is chosen when it runs."""
    chosen = (
        model(temperature=0.5)
        .configurable_fields(temperature=ConfigurableField(id="heat"))
        .configurable_alternatives(ConfigurableField(id="which"), default_key="new", old=model(model=OTHER_MODEL))
    )
    chain = ChatPromptTemplate.from_messages([("human", "{text}")]) | chosen
    chain.invoke({"text": "Hello"})
    chain.invoke({"text": "Hello"}, {"configurable": {"heat": 0.1}})
    chain.invoke({"text": "Hello"}, {"configurable": {"which": "old"}})
    assert models_asked(google) == [MODEL, MODEL, OTHER_MODEL]
    heats = [one.body.get("generationConfig", {}).get("temperature") for one in google.requests]
    assert heats == [0.5, 0.1, None]


@pytest.mark.filterwarnings(BETA)
@pytest.mark.parametrize("usage", [True, False], ids=["usage", "no usage"])
async def test_a_cached_reply_is_the_same_on_every_path_with_its_usage(
    usage: bool, google: Emulator, model: Models
) -> None:
    """A hit without usage stops LangChain's third event stream, so there are zeros where Gemini reports nothing."""
    content = {"role": "model", "parts": [{"text": "Hello there."}]}
    response: dict[str, Any] = {"candidates": [{"content": content, "finishReason": "STOP"}], "modelVersion": MODEL}
    if usage:
        response["usageMetadata"] = {"promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 7}
    google.script(response)
    cached = model(cache=InMemoryCache())
    agent: Any = create_agent(cached, [])
    first = cached.invoke([HumanMessage("Hi")])
    run = agent.stream_events({"messages": [HumanMessage("Hi")]}, version="v3")
    streamed = [stream.output for stream in run.messages]
    hits = [*streamed, run.output["messages"][-1], await cached.ainvoke([HumanMessage("Hi")])]
    assert len(google.requests) == 1
    assert len(hits) == 3
    for hit in hits:
        assert hit.text == first.text == "Hello there."
        counts = [hit.usage_metadata[name] for name in ("input_tokens", "output_tokens", "total_tokens")]
        assert counts == ([3, 4, 7] if usage else [0, 0, 0])


def test_a_rate_limiter_holds_requests_back(google: Emulator, model: Models) -> None:
    """LangChain takes it before each request, streams too."""
    limited = model(rate_limiter=InMemoryRateLimiter(requests_per_second=10, check_every_n_seconds=0.01))
    started = time.monotonic()
    limited.invoke("Hello")
    list(limited.stream("Hello"))
    limited.invoke("Hello")
    assert time.monotonic() - started >= 0.2
    assert len(google.requests) == 3


@pytest.fixture
def registered() -> Iterator[None]:
    """Within a test only: what is entered in LangChain's tables holds for the whole process."""
    providers = import_module("langchain.chat_models.base")._BUILTIN_PROVIDERS
    before = dict(providers)
    register_with_langchain()
    yield
    providers.clear()
    providers.update(before)


@pytest.mark.behaviour("B114")
@pytest.mark.usefixtures("registered")
def test_init_chat_model_makes_it_by_its_own_provider_name(google: Emulator) -> None:
    """By prefix, by argument, and configurable; LangChain's own names go on meaning what they meant."""
    given: Any = {"base_url": google.base_url, "api_key": "made-up"}
    for made in (
        init_chat_model(f"genai_chat:{MODEL}", **given),
        init_chat_model(MODEL, model_provider="genai_chat", **given),
    ):
        assert type(made) is ChatGenAI
        assert made.invoke("Hello").text.startswith("Hello")
    chosen: Any = init_chat_model(model_provider="genai_chat", configurable_fields=("model", "temperature"), **given)
    bound = chosen.bind_tools([get_weather])
    reply = bound.invoke("What is the weather in Paris?", {"configurable": {"model": OTHER_MODEL, "temperature": 0.1}})
    assert [call["name"] for call in reply.tool_calls] == ["get_weather"]
    assert models_asked(google) == [MODEL, MODEL, OTHER_MODEL]
    assert type(init_chat_model("gemini-2.5-flash", model_provider="google_genai", api_key="k")) is not ChatGenAI


@pytest.mark.behaviour("B114")
def test_without_being_asked_nothing_is_entered_in_langchains_tables() -> None:
    """Importing the package changes nobody's process; a new one tells, since another test may have asked."""
    program = (
        "from langchain.chat_models import base; from langchain_genai_chat import ChatGenAI, register_with_langchain; "
        "before = 'genai_chat' in base._BUILTIN_PROVIDERS; register_with_langchain(); "
        "print(before, 'genai_chat' in base._BUILTIN_PROVIDERS)"
    )
    shown = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert shown.split() == ["False", "True"]


@pytest.mark.behaviour("B114")
def test_a_langchain_without_its_table_is_told_and_none_at_all_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is LangChain's own and may move; langchain-core alone has no `init_chat_model` to serve."""
    base = import_module("langchain.chat_models.base")
    with monkeypatch.context() as patched:
        patched.delattr(base, "_BUILTIN_PROVIDERS")
        with pytest.raises(RuntimeError, match="pass ChatGenAI"):
            register_with_langchain()
    before = dict(base._BUILTIN_PROVIDERS)
    monkeypatch.setitem(sys.modules, "langchain.chat_models", None)
    register_with_langchain()
    assert before == base._BUILTIN_PROVIDERS


@pytest.mark.behaviour("B110")
@pytest.mark.filterwarnings(BETA)
@pytest.mark.usefixtures("registered")
def test_a_chain_is_dumped_without_the_key_and_loaded_with_it(google: Emulator, model: Models) -> None:
    """With the registration `load` needs no list of classes."""
    chain = ChatPromptTemplate.from_messages([("human", "{text}")]) | model(api_key="made-up-secret", temperature=0.5)
    chain.invoke({"text": "Hello"})
    text = dumps(chain)
    assert "made-up-secret" not in text
    loaded = load(
        json.loads(text),
        allowed_objects="all",
        valid_namespaces=["langchain_genai_chat"],
        secrets_map={"GOOGLE_API_KEY": "made-up-secret"},
    )
    assert loaded.invoke({"text": "Hello"}).text.startswith("Hello")
    first, second = google.requests
    assert (first.body, first.headers["x-goog-api-key"]) == (second.body, second.headers["x-goog-api-key"])


def pickled(made: Any) -> Any:
    return pickle.loads(pickle.dumps(made))  # noqa: S301 - what was written here


@pytest.mark.behaviour("B110")
@pytest.mark.parametrize("used", [False, True], ids=["before use", "after use"])
@pytest.mark.parametrize("again", [copy.deepcopy, pickled])
def test_bound_tools_and_structured_models_are_copied_and_pickled(
    used: bool, again: Callable[[Any], Any], google: Emulator, model: Models
) -> None:
    """Workers get them that way; clients with their connections stay behind."""
    bound = model().bind_tools([get_weather])
    structured = model().with_structured_output(Person)
    if used:
        bound.invoke("Hello")
        structured.invoke("This is Bob, 41 years old.")
    assert again(bound).invoke("What is the weather in Paris?").tool_calls[0]["args"] == {"city": "Paris"}
    assert again(structured).invoke("This is Bob, 41 years old.") == Person(name="Bob", age=41)


class Traced(BaseTracer):
    """Keeps the runs."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[Run] = []

    def _persist_run(self, run: Run) -> None:
        self.runs.append(run)


@pytest.mark.behaviour("B117")
def test_a_trace_has_what_a_price_is_made_of(google: Emulator, model: Models) -> None:
    """Model, provider, settings of the call and usage with its details, as LangSmith reads them."""
    tracer = Traced()
    model(temperature=0.5, include_thoughts=True).invoke(
        "Hello", {"callbacks": [tracer]}, model=OTHER_MODEL, max_tokens=9, stop=["END"]
    )
    (run,) = tracer.runs
    metadata = run.extra["metadata"]
    assert {name: value for name, value in metadata.items() if name.startswith("ls_")} == {
        "ls_provider": "google_genai",
        "ls_model_name": OTHER_MODEL,
        "ls_model_type": "chat",
        "ls_temperature": 0.5,
        "ls_max_tokens": 9,
        "ls_stop": ["END"],
        "ls_integration": "langchain_chat_model",
    }
    assert "langchain-genai-chat" in metadata["lc_versions"]
    assert run.extra["invocation_params"]["include_thoughts"] is True
    assert run.outputs is not None
    message = run.outputs["generations"][0][0]["message"]["kwargs"]
    assert message["usage_metadata"]["output_token_details"]["reasoning"] > 0
    assert message["response_metadata"]["model_name"] == OTHER_MODEL
