"""Replies that were really recorded, through LangChain's messages, JSON storage and back to the wire.

A reply must come back as the parts that it had: unsigned neighbouring texts joined, unsigned empty texts and
JSON nulls left out, nothing else forgiven.
"""

import copy
import json
from functools import reduce
from operator import add
from typing import Any

import pytest
from langchain_core.load import dumps, loads
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage, messages_from_dict, messages_to_dict
from langchain_core.messages.utils import message_chunk_to_message

from langchain_genai_chat._families import family_of
from langchain_genai_chat._messages import encode_messages
from langchain_genai_chat._metadata import usage_of
from langchain_genai_chat._replies import StreamFolder, decode_response

from ._recorded import joined, parts_to_come_back, without_filler

Json = dict[str, Any]

NOT_WELL_FORMED: dict[str, str] = {}
"""Replies that do not come back as they were, by id, each with its reason."""

USAGE_THAT_DOES_NOT_ADD_UP = {
    "prism-generate-text-with-a-prompt-with-no-thinking-budget-1-609dd916": "total 61 of 17 + 492",
    "prism-generate-text-with-a-prompt-with-thinking-budget-1-4d7a17ba": "total 61 of 17 + 492 + 1209",
    "prism-media-detection-1-3be5749b": "total 35 of 263 + 35",
    "prism-media-detection-2-d7a99518": "total 35 of 263 + 35",
}
"""Counts that were made up by hand for a test of another client, by id, each with its reason."""


def _invoked(response: Json, shape: Any, *, vertex: bool) -> AIMessage:
    message = decode_response(response, shape=shape, turn=1, vertex=vertex).generations[0].message
    assert isinstance(message, AIMessage)
    return message


def _streamed(events: list[Json], shape: Any, *, vertex: bool) -> AIMessage:
    folder = StreamFolder(shape=shape, turn=1, vertex=vertex)
    chunks = [chunk for event in events if (chunk := folder.fold(event))]
    message = message_chunk_to_message(reduce(add, [*chunks, folder.finish()]).message)
    assert isinstance(message, AIMessage)
    return message


def _message(reply: Any, shape: Any) -> AIMessage:
    if len(reply.events) > 1:
        return _streamed(reply.events, shape, vertex=reply.vertex)
    return _invoked(reply.events[0], shape, vertex=reply.vertex)


def _stored(message: Any) -> Any:
    """Through both of LangChain's ways to JSON text and back."""
    (restored,) = messages_from_dict(json.loads(json.dumps(messages_to_dict([message]))))
    return loads(dumps(restored), allowed_objects="messages")


def _request(message: AIMessage, reply: Any) -> tuple[Json | None, list[Json]]:
    answers = [ToolMessage("{}", tool_call_id=call["id"], name=call["name"]) for call in message.tool_calls]
    history = [HumanMessage("Hi"), message, *answers, HumanMessage("And now?")]
    return encode_messages(history, family=family_of(reply.model), vertex=reply.vertex, history="strict")


def _sent_again(message: AIMessage, reply: Any) -> list[Json]:
    _, contents = _request(message, reply)
    assert [content["role"] for content in contents[:2]] == ["user", "model"]
    sent = joined(contents[1]["parts"])
    return without_filler(sent) if family_of(reply.model).checks_signatures else sent


@pytest.mark.filterwarnings("ignore:The function `loads` is in beta")
@pytest.mark.behaviour("B001")
@pytest.mark.behaviour("B037")
@pytest.mark.parametrize("shape", ["text", "blocks"])
@pytest.mark.parametrize("stored", [False, True], ids=["fresh", "stored"])
def test_every_recorded_reply_comes_back_whole(replies, shape, stored):
    """A lossy message is a lost thought, a lost call or a 400 on the next turn."""
    lost: dict[str, Any] = {}
    count = 0
    for reply in replies:
        expected = parts_to_come_back(reply.parts)
        if not expected:
            continue
        count += 1
        message = _message(reply, shape)
        sent = _sent_again(_stored(message) if stored else message, reply)
        if sent != expected:
            lost[reply.id] = (expected, sent)
    assert count > 1_000
    assert lost.keys() == NOT_WELL_FORMED.keys(), _first(lost)


@pytest.mark.filterwarnings("ignore:The function `loads` is in beta")
@pytest.mark.behaviour("B006")
@pytest.mark.parametrize("shape", ["text", "blocks"])
def test_storage_changes_no_byte_of_the_next_request(replies, shape):
    """Gemini's cache goes by bytes, and so do recorded cassettes."""
    for reply in replies:
        if not parts_to_come_back(reply.parts):
            continue
        message = _message(reply, shape)
        assert json.dumps(_request(_stored(message), reply)) == json.dumps(_request(message, reply)), reply.id


@pytest.mark.behaviour("B042")
@pytest.mark.behaviour("B080")
@pytest.mark.behaviour("B085")
@pytest.mark.parametrize("shape", ["text", "blocks"])
def test_the_sum_of_a_stream_is_what_invoke_gives(replies, shape):
    """Whoever turns streaming on gets the same message, its metadata and usage too."""
    different: dict[str, Any] = {}
    for reply in replies:
        events = reply.events if reply.sse or len(reply.events) > 1 else _cut(reply)
        invoked = _dump(_invoked(reply.whole, shape, vertex=reply.vertex))
        streamed = _dump(_streamed(events, shape, vertex=reply.vertex))
        if names := [name for name in invoked | streamed if invoked.get(name) != streamed.get(name)]:
            different[reply.id] = ([invoked.get(name) for name in names], [streamed.get(name) for name in names])
    assert not different, _first(different)


def _dump(message: AIMessage) -> Json:
    """A message but for its id, and what LangChain makes of it.

    It gives citations ids by chance, and of a stream's invalid calls it does not keep why they are.
    """
    dump = {**message.model_dump(exclude={"id"}), "content_blocks": copy.deepcopy(message.content_blocks)}
    for call in [*dump["invalid_tool_calls"], *_of_type(dump, "invalid_tool_call")]:
        call["error"] = None
    for citation in _of_type(dump, "citation"):
        citation.pop("id", None)
    return dump


def _of_type(dump: Json, kind: str) -> list[Json]:
    blocks = [block for block in (*dump["content"], *dump["content_blocks"]) if isinstance(block, dict)]
    annotations = [each for block in blocks for each in block.get("annotations", ())]
    return [block for block in (*blocks, *annotations) if block["type"] == kind]


def _cut(reply: Any) -> list[Json]:
    """A response as a stream could give it: a part in each event, texts in pieces, the rest at the end."""
    (response,) = reply.events
    pieces = [piece for part in reply.parts for piece in _pieces(part)]
    head = {name: response[name] for name in ("responseId", "modelVersion", "promptFeedback") if name in response}
    events = [{**head, "candidates": [{"content": {"role": "model", "parts": [piece]}}]} for piece in pieces]
    rest = {name: value for name, value in response["candidates"][0].items() if name != "content"}
    return [*events, {**response, "candidates": [rest]}]


def _pieces(part: Json) -> list[Json]:
    if part.keys() != {"text"}:  # a signature stands for a whole part, and so may a thought
        return [part]
    text = part["text"]
    return [{"text": text[:3]}, {"text": text[3:8]}, {"text": text[8:]}]


@pytest.mark.parametrize("shape", ["text", "blocks"])
def test_calls_that_google_ran_itself_are_not_in_tool_calls(replies, shape):
    """An agent would run them again, without having such a tool."""
    ran = [reply for reply in replies if any("functionResponse" in part for part in reply.parts)]
    assert {reply.sse for reply in ran} == {False, True}
    for reply in ran:
        assert any("functionCall" in part for part in reply.parts)
        assert _message(reply, shape).tool_calls == [], reply.id


@pytest.mark.behaviour("B039")
def test_recorded_tokens_add_up_and_no_detail_exceeds_them(replies):
    """What is billed is the sum; LangChain's own suite wants details within it."""
    odd = {}
    for reply in replies:
        for event in reply.events:
            wire = event.get("usageMetadata") or {}
            usage = usage_of(wire)
            details: list[tuple[Json, int]] = [
                ({**usage.get("input_token_details", {})}, usage["input_tokens"]),
                ({**usage.get("output_token_details", {})}, usage["output_tokens"]),
            ]
            assert all(sum(counts.values()) <= most for counts, most in details), reply.id
            if wire.get("totalTokenCount", usage["total_tokens"]) != usage["total_tokens"]:
                odd[reply.id] = wire
    assert odd.keys() == USAGE_THAT_DOES_NOT_ADD_UP.keys(), odd


def _first(lost: dict[str, Any]) -> str:
    shown = [f"{name}\n  {had}\n  {sent}"[:1500] for name, (had, sent) in list(lost.items())[:5]]
    return f"{len(lost)} differ:\n" + "\n".join(shown)
