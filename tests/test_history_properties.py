"""Random conversations: what is sent is taken by Google's rules, what is not is refused, and a thread only grows."""

import copy
import json
import warnings
from functools import reduce
from itertools import pairwise
from operator import add
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
    messages_from_dict,
    messages_to_dict,
)
from langchain_core.messages.utils import message_chunk_to_message

from langchain_genai_chat import ChatGenAI, GenAIChatMessageHistory, genai
from langchain_genai_chat._families import family_of
from langchain_genai_chat._messages import encode_messages
from langchain_genai_chat._replies import StreamFolder, decode_response
from langchain_genai_chat.emulator.asked import Asked
from langchain_genai_chat.emulator.catalogue import load_models
from langchain_genai_chat.emulator.rules import check
from langchain_genai_chat.emulator.validate import read_body
from langchain_genai_chat.errors import InvalidRequestError

Json = dict[str, Any]

MODELS = load_models()
CLIENT = genai.Client(api_key="k")
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
IMAGE = {"type": "image", "base64": PNG, "mime_type": "image/png"}

quick = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
models = st.sampled_from(["gemini-2.5-flash", "gemini-3-flash-preview"])

# ---- any messages -------------------------------------------------------------------

texts = st.text(alphabet="ab \n{}é🎉", max_size=5)
names = st.sampled_from(["f", "g"])
ids = st.sampled_from(["a", "b", "lgc_c"])
calls = st.lists(st.builds(lambda name, call_id: {"name": name, "args": {}, "id": call_id}, names, ids), max_size=3)
origins = st.sampled_from(
    [
        {},
        {"model_provider": "google_genai", "model_name": "gemini-2.5-flash"},
        {"model_provider": "google_genai", "model_name": "gemini-3-flash-preview", "output_version": "v1"},
        {"model_provider": "anthropic"},
        {"model_provider": "openai", "output_version": "v1"},
    ]
)
text_blocks = st.builds(lambda text: {"type": "text", "text": text}, texts)
human_blocks = st.one_of(
    texts,
    text_blocks,
    st.just(IMAGE),
    st.just({"type": "file", "file_id": "files/abc"}),
    st.builds(lambda call_id, text: {"type": "tool_result", "tool_use_id": call_id, "content": text}, ids, texts),
)
model_blocks = st.one_of(
    texts,
    text_blocks,
    st.just(IMAGE),
    st.builds(lambda text: {"type": "reasoning", "reasoning": text}, texts),
    st.builds(lambda text: {"type": "text", "text": text, "extras": {"signature": "c2ln"}}, texts),
    st.builds(lambda name, call_id: {"type": "tool_call", "name": name, "args": {}, "id": call_id}, names, ids),
    st.builds(lambda name, call_id: {"type": "tool_use", "name": name, "input": {}, "id": call_id}, names, ids),
    st.just({"type": "refusal", "refusal": "no"}),
    st.just({"type": "server_tool_call", "id": "s", "name": "code_interpreter", "args": {"code": "1"}}),
)
any_message: st.SearchStrategy[BaseMessage] = st.one_of(
    st.builds(HumanMessage, texts | st.lists(human_blocks, max_size=3)),
    st.builds(SystemMessage, texts),
    st.builds(
        lambda content, made, origin: AIMessage(content, tool_calls=made, response_metadata=origin),
        texts | st.lists(model_blocks, max_size=3),
        calls,
        origins,
    ),
    st.builds(
        lambda reason: AIMessage("", response_metadata={"finish_reason": reason}), st.sampled_from(["SAFETY", "STOP"])
    ),
    st.builds(
        lambda text, call_id, status: ToolMessage(text, tool_call_id=call_id, status=status),
        texts | st.lists(text_blocks | st.just(IMAGE), max_size=2),
        ids,
        st.sampled_from(["success", "error"]),
    ),
    st.builds(lambda text, name: FunctionMessage(content=text, name=name), texts, names),
    st.builds(
        lambda text, role: ChatMessage(content=text, role=role), texts, st.sampled_from(["user", "model", "system"])
    ),
    st.just(RemoveMessage(id="x")),
)
conversations = st.lists(any_message, max_size=7)


def _check_by_the_emulator(system: Json | None, contents: list[Json], model: str, *, vertex: bool) -> None:
    body: Json = {"contents": contents, **({"systemInstruction": system} if system else {})}
    backend: Any = "vertex" if vertex else "gemini"
    read = read_body(json.loads(json.dumps(body)), "in.GenerateContentRequest", backend)
    check(Asked(body=read, model=MODELS[model], backend=backend))


def _responds(content: Json) -> bool:
    return any("functionResponse" in part for part in content["parts"])


def _check_by_the_rules_of_turns(contents: list[Json]) -> None:
    assert all(content["parts"] for content in contents)
    for before, after in pairwise(contents):
        assert before["role"] != after["role"] or _responds(before)
        assert not _responds(after) or (before["role"] == "model" and not _responds(before))


@pytest.mark.filterwarnings("ignore:messages")
@pytest.mark.behaviour("B030")
@pytest.mark.behaviour("B031")
@pytest.mark.behaviour("B034")
@quick
@given(messages=conversations, model=models, vertex=st.booleans(), history=st.sampled_from(["strict", "repair"]))
def test_a_conversation_is_refused_or_makes_a_request_that_the_emulator_takes(messages, model, vertex, history):
    """Trimmers, handoffs and crashes leave every list that there is."""
    before = copy.deepcopy(messages)
    try:
        system, contents = encode_messages(messages, family=family_of(model), vertex=vertex, history=history)
    except InvalidRequestError as error:
        assert history == "strict" or str(error).startswith("Nothing to send")  # noqa: PT017 - it need not be raised
    else:
        _check_by_the_emulator(system, contents, model, vertex=vertex)
        _check_by_the_rules_of_turns(contents)
    assert messages == before


# ---- runs of an agent ---------------------------------------------------------------

signatures = st.sampled_from([None, "CgFh", "EgFi"])  # begin as Google's own do


def _part(body: Json, signature: str | None) -> Json:
    return {**body, "thoughtSignature": signature} if signature else body


reply_parts = st.one_of(
    st.builds(lambda text: {"text": text, "thought": True}, texts),
    st.builds(lambda text, signature: _part({"text": text}, signature), texts, signatures),
    st.builds(
        lambda name, call_id, signature, args: _part(
            {
                "functionCall": {
                    "name": name,
                    **({"id": call_id} if call_id else {}),
                    **({"args": args} if args else {}),
                }
            },
            signature,
        ),
        names,
        st.none() | st.uuids(version=4).map(str),
        signatures,
        st.dictionaries(st.sampled_from("xy"), st.integers() | texts, max_size=2),
    ),
    st.builds(lambda signature: _part({"inlineData": {"mimeType": "image/png", "data": PNG}}, signature), signatures),
    st.just({"executableCode": {"language": "PYTHON", "code": "1"}}),
    st.just({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}}),
)
gemini_api_parts = reply_parts | st.builds(
    lambda signature: _part({"toolCall": {"id": "t", "toolType": "GOOGLE_SEARCH_WEB"}}, signature), signatures
)
steps = st.lists(
    st.tuples(st.lists(reply_parts, max_size=4), texts, st.booleans(), st.booleans()), min_size=1, max_size=5
)


def _reply(parts: list[Json], model: str, *, shape: Any, turn: int, stream: bool, vertex: bool) -> AIMessage:
    head = {"modelVersion": model, "responseId": f"r{turn}"}
    if stream:
        folder = StreamFolder(shape=shape, turn=turn, vertex=vertex)
        chunks = [folder.fold({**head, "candidates": [{"content": {"parts": [part]}}]}) for part in parts]
        message = message_chunk_to_message(reduce(add, [*filter(None, chunks), folder.finish()]).message)
    else:
        answer = {**head, "candidates": [{"content": {"parts": parts}}]}
        message = decode_response(answer, shape=shape, turn=turn, vertex=vertex).generations[0].message
    assert isinstance(message, AIMessage)
    return message


@pytest.mark.behaviour("B006")
@pytest.mark.behaviour("B010")
@quick
@given(
    steps=steps,
    model=models,
    vertex=st.booleans(),
    shape=st.sampled_from(["text", "blocks"]),
    instruction=st.none() | st.just("Be brief."),
)
def test_each_request_of_a_run_begins_with_the_bytes_of_the_one_before(steps, model, vertex, shape, instruction):
    """Gemini's implicit cache pays for a common beginning, through storage and streams as well."""
    family = family_of(model)
    messages: list[BaseMessage] = [SystemMessage(instruction)] if instruction else []
    messages.append(HumanMessage(["Go.", IMAGE]))
    before = encode_messages(messages, family=family, vertex=vertex, history="strict")
    for parts, text, stream, stored in steps:
        reply = _reply(parts, model, shape=shape, turn=len(messages), stream=stream, vertex=vertex)
        messages.append(reply)
        results = [ToolMessage(text, tool_call_id=call["id"]) for call in reversed(reply.tool_calls)]
        messages += results or [HumanMessage(text or "On.")]
        if stored:
            messages = messages_from_dict(json.loads(json.dumps(messages_to_dict(messages))))
        with warnings.catch_warnings(action="error"):
            after = encode_messages(messages, family=family, vertex=vertex, history="strict")
        assert json.dumps(after[1]).startswith(json.dumps(before[1])[:-1])
        assert after[0] == before[0]
        _check_by_the_emulator(*after, model, vertex=vertex)
        _check_by_the_rules_of_turns(after[1])
        before = after


def test_instruction_and_tools_are_the_same_in_each_request_of_a_run():
    """They come before the contents in what Gemini's implicit cache compares."""
    tool = {
        "name": "f",
        "description": "F.",
        "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}},
    }
    model = ChatGenAI(model="gemini-3-flash-preview", api_key="key")
    messages: list[BaseMessage] = [SystemMessage("Be brief."), HumanMessage("Go.")]
    bodies: list[Json] = []
    for step in range(3):
        bodies.append(json.loads(json.dumps(model.preview(messages, tools=[tool]).body)))
        messages.append(AIMessage("", tool_calls=[{"id": f"c{step}", "name": "f", "args": {"x": step}}]))
        messages += [ToolMessage("1", tool_call_id=f"c{step}"), SystemMessage("Go on.")]
    assert bodies[0]["tools"]
    for before, after in pairwise(bodies):
        assert json.dumps(after["contents"]).startswith(json.dumps(before["contents"])[:-1])
        assert {**after, "contents": []} == {**before, "contents": []}


@pytest.mark.behaviour("B001")
@pytest.mark.behaviour("B037")
@quick
@given(
    parts=st.lists(gemini_api_parts, max_size=5),
    model=models,
    shape=st.sampled_from(["text", "blocks"]),
    stream=st.booleans(),
)
def test_any_reply_comes_back_as_its_parts(parts, model, shape, stream):
    """Whatever order Gemini speaks in, it must find its own words there again."""
    reply = _reply(parts, model, shape=shape, turn=1, stream=stream, vertex=False)
    results = [ToolMessage("1", tool_call_id=call["id"]) for call in reply.tool_calls]
    history = [HumanMessage("Go."), reply, *results, HumanMessage("On.")]
    _, contents = encode_messages(history, family=family_of(model), vertex=False, history="strict")
    filler = "skip_thought_signature_validator"
    sent = [{name: value for name, value in part.items() if value != filler} for part in contents[1]["parts"]]
    assert _joined(sent) == _joined(parts)


def _joined(parts: list[Json]) -> list[Json]:
    joined: list[Json] = []
    for part in parts:
        if part.get("text") == "" and "thoughtSignature" not in part:
            continue
        if joined and part.keys() == joined[-1].keys() and part.keys() in ({"text"}, {"text", "thought"}):
            joined[-1] = {**part, "text": joined[-1]["text"] + part["text"]}
        else:
            joined.append(part)
    return joined


@quick
@given(messages=conversations, in_a_chat=st.booleans())
def test_a_message_history_is_the_same_however_messages_are_added(messages, in_a_chat):
    """One message in is one message out; what is kept does not depend on who added how many at a time."""
    at_once, stepwise = (
        GenAIChatMessageHistory(CLIENT.chats.create(model="gemini-3.5-flash") if in_a_chat else None) for _ in range(2)
    )
    try:
        at_once.add_messages(messages)
    except InvalidRequestError:
        assert at_once.messages == []
        return
    for message in messages:
        stepwise.add_message(message)
    assert at_once.messages == stepwise.messages == messages
    assert at_once.to_contents() == stepwise.to_contents()
    if not in_a_chat:
        assert GenAIChatMessageHistory.from_json(at_once.to_json()).to_contents() == at_once.to_contents()
