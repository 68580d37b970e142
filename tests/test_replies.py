"""Answers as messages: both shapes, whole and in a stream, and every way in which an answer can be none."""

import json
from functools import reduce
from operator import add
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    HumanMessage,
    ToolMessage,
    message_to_dict,
    messages_from_dict,
)
from langchain_core.messages.utils import message_chunk_to_message

from langchain_genai_chat import _shapes
from langchain_genai_chat._families import NEWEST
from langchain_genai_chat._messages import encode_messages
from langchain_genai_chat._replies import StreamFolder, bad_reply, decode_response

Json = dict[str, Any]

SHAPES = pytest.mark.parametrize("shape", ["text", "blocks"])
WAYS = pytest.mark.parametrize("way", ["invoke", "stream"])


def response(*parts: Json, finish: str | None = "STOP", **more: Any) -> Json:
    candidate: Json = {"content": {"role": "model", "parts": [*parts]}}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "gemini-3-flash-preview", "responseId": "r1", **more}


def event(*parts: Json, **more: Any) -> Json:
    return response(*parts, finish=None, **more)


def candidate(**fields: Any) -> Json:
    return {"candidates": [fields], "modelVersion": "gemini-3-flash-preview"}


def invoked(answer: Json, shape: Any = "text", turn: int = 1) -> AIMessage:
    message = decode_response(answer, shape=shape, turn=turn).generations[0].message
    assert isinstance(message, AIMessage)
    return message


def chunks_of(*events: Json, shape: Any = "text") -> list[AIMessageChunk]:
    folder = StreamFolder(shape=shape, turn=1)
    chunks = [chunk.message for each in events if (chunk := folder.fold(each))] + [folder.finish().message]
    assert all(isinstance(chunk, AIMessageChunk) for chunk in chunks)
    return chunks  # type: ignore[return-value]  # as asserted


def streamed(*events: Json, shape: Any = "text") -> AIMessage:
    message = message_chunk_to_message(reduce(add, chunks_of(*events, shape=shape)))
    assert isinstance(message, AIMessage)
    return message


def answered(way: str, answer: Json, shape: Any = "text") -> AIMessage:
    return invoked(answer, shape) if way == "invoke" else streamed(answer, shape=shape)


def call(name: str = "f", call_id: str | None = None, signature: str | None = None, **args: Any) -> Json:
    part: Json = {"functionCall": {**({"id": call_id} if call_id else {}), "name": name, "args": args}}
    return {**part, "thoughtSignature": signature} if signature else part


def served(name: str, result: Any, call_id: str | None = None) -> Json:
    return {"functionResponse": {**({"id": call_id} if call_id else {}), "name": name, "response": {"result": result}}}


def blocks_of(message: AIMessage) -> list[Any]:
    assert isinstance(message.content, list)
    return message.content


# ---- the two shapes -----------------------------------------------------------------


@pytest.mark.behaviour("B080")
@WAYS
def test_the_shape_follows_from_the_request_never_from_the_reply(way):
    """A parser downstream that works today must work for every answer tomorrow."""
    for parts in (
        [],
        [{"text": "a"}],
        [{"text": "a", "thoughtSignature": "c2ln"}],
        [call()],
        [{"text": "t", "thought": True}],
    ):
        text, blocks = (answered(way, response(*parts), shape) for shape in ("text", "blocks"))
        assert isinstance(text.content, str)
        assert isinstance(blocks.content, list)
        assert text.text == blocks.text
        assert "output_version" not in text.response_metadata
        assert blocks.response_metadata["output_version"] == "v1"


@SHAPES
@WAYS
def test_text_is_untouched_to_the_last_newline(shape, way):
    """Code and poems end as they end."""
    assert answered(way, response({"text": " a\r\n"}, {"text": "\n\n"}), shape).text == " a\r\n\n\n"


@pytest.mark.behaviour("B081")
@SHAPES
@WAYS
def test_thoughts_are_reasoning_and_never_text(shape, way):
    """Shown as the answer they would embarrass everybody."""
    message = answered(way, response({"text": "hm", "thought": True}, {"text": "a"}), shape)
    assert message.text == "a"
    reasoning = [block for block in message.content_blocks if block["type"] == "reasoning"]
    assert [block["reasoning"] for block in reasoning] == (["hm"] if shape == "blocks" else [])


@pytest.mark.behaviour("B045")
def test_parts_of_one_kind_are_one_block():
    """Ten words in ten blocks are no use to anybody."""
    thoughts = [event({"text": "t", "thought": True})] * 10
    texts = [event({"text": "x"})] * 10
    code = event({"executableCode": {"language": "PYTHON", "code": "1"}})
    blocks = blocks_of(streamed(*thoughts, *texts, code, *texts[:5], shape="blocks"))
    kinds = [(block["type"], block.get("text") or block.get("reasoning")) for block in blocks]
    assert kinds == [("reasoning", "t" * 10), ("text", "x" * 10), ("server_tool_call", None), ("text", "x" * 5)]
    assert [block["index"] for block in blocks] == [0, 1, 2, 3]


@pytest.mark.behaviour("B002")
@SHAPES
def test_a_signature_at_the_end_of_a_stream_is_on_the_message(shape):
    """Gemini 3 sends it on a last, empty part, which is easily merged away."""
    message = streamed(
        event({"text": "a"}), event({"text": "b"}), event({"text": "", "thoughtSignature": "c2ln"}), shape=shape
    )
    assert message.text == "ab"
    if shape == "blocks":
        (block,) = blocks_of(message)
        assert block["extras"] == {"signature": "c2ln", "signed_from": 2}
    else:
        assert message.additional_kwargs["genai_parts"] == [{"end": 2}, {"end": 2, "signature": "c2ln"}]


def test_two_signed_texts_keep_their_own_signatures():
    """LangChain joins strings when it adds chunks, so that each needs a block of its own."""
    parts = [{"text": "a", "thoughtSignature": "QQ=="}, {"text": "b", "thoughtSignature": "Qg=="}]
    blocks = blocks_of(streamed(*map(event, parts), shape="blocks"))
    assert [block["extras"]["signature"] for block in blocks] == ["QQ==", "Qg=="]


@pytest.mark.behaviour("B082")
@WAYS
def test_generated_media_are_standard_blocks(way):
    """So that they can be shown, and sent back."""
    image = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}, "thoughtSignature": "c2ln"}
    speech = {"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=16000", "data": "AAAA"}}
    film = {"fileData": {"mimeType": "video/mp4", "fileUri": "gs://b/x"}}
    blocks = blocks_of(answered(way, response(image, speech, speech, film), "blocks"))
    assert [block["type"] for block in blocks] == ["image", "audio", "audio", "video"]
    assert blocks[0]["base64"] == "iVBORw0KGgo="
    assert blocks[0]["extras"]["signature"] == "c2ln"
    assert blocks[1]["mime_type"] == "audio/L16;codec=pcm;rate=16000"
    assert blocks[3]["url"] == "gs://b/x"


@pytest.mark.behaviour("B087")
@WAYS
def test_code_and_its_result_are_linked(way):
    """Older models give them no ids, and a viewer has to put them together."""
    parts: list[Json] = [
        {"executableCode": {"language": "PYTHON", "code": "1/0"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_FAILED", "output": ""}},
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
    ]
    ran, result, plot = blocks_of(answered(way, response(*parts), "blocks"))
    assert (ran["type"], ran["name"], ran["args"]["code"]) == ("server_tool_call", "code_interpreter", "1/0")
    assert (result["type"], result["status"], result["output"]) == ("server_tool_result", "error", "")
    assert ran["id"] == result["tool_call_id"] != ""
    assert plot["type"] == "image"


@pytest.mark.behaviour("B083")
@WAYS
def test_server_tools_are_kept_in_order_with_their_ids(way):
    """They go back untouched, every later turn."""
    parts: list[Json] = [
        {"toolCall": {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB", "args": {"q": "x"}}, "thoughtSignature": "c2ln"},
        {"toolResponse": {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB", "response": {"r": 1}}},
    ]
    asked, got = blocks_of(answered(way, response(*parts), "blocks"))
    assert (asked["id"], asked["name"], asked["args"]) == ("t1", "google_search_web", {"q": "x"})
    assert (got["tool_call_id"], got["output"]) == ("t1", {"r": 1})


@WAYS
def test_a_part_of_a_kind_that_nobody_knows_is_kept(way):
    """Tomorrow's answers must not be lost today."""
    (block,) = blocks_of(answered(way, response({"hologram": {"x": 1}}), "blocks"))
    assert (block["type"], block["value"]) == ("non_standard", {"hologram": {"x": 1}})


# ---- calls --------------------------------------------------------------------------


@pytest.mark.behaviour("B009")
@SHAPES
def test_parallel_calls_of_a_stream_stay_apart(shape):
    """Chunks with one index are merged by LangChain, and a call is lost in silence."""
    parts = [call("f", x=1), call("f", x=2), call("g")]
    chunks = chunks_of(*map(event, parts), shape=shape)
    total = reduce(add, chunks)
    assert [each["args"] for each in total.tool_calls] == [{"x": 1}, {"x": 2}, {}]
    assert len({each["id"] for each in total.tool_calls}) == 3
    assert [each["index"] for chunk in chunks for each in chunk.tool_call_chunks] == [0, 1, 2]
    assert total.tool_calls == invoked(response(*parts), shape).tool_calls


@pytest.mark.behaviour("B003")
@SHAPES
def test_an_id_is_the_models_or_made_from_what_it_belongs_to(shape):
    """The same answer in the same place has the same ids, or recorded requests would not match; others differ."""
    given, made = invoked(response(call("f", "c1"), call("f")), shape).tool_calls
    assert given["id"] == "c1"
    assert str(made["id"]).startswith("lgc_")
    assert len(str(made["id"])) <= 40
    again = invoked(response(call("f", "c1"), call("f")), shape).tool_calls[1]
    later = invoked(response(call("f", "c1"), call("f")), shape, turn=3).tool_calls[1]
    twice = invoked(response(call("f"), call("f")), shape).tool_calls
    assert made["id"] == again["id"] != later["id"]
    assert twice[0]["id"] != twice[1]["id"]


@pytest.mark.behaviour("B015")
@SHAPES
@WAYS
def test_numbers_keep_their_types_and_there_is_one_copy(shape, way):
    """An integer that became a float breaks the tool that takes it."""
    message = answered(way, response(call("f", n=3, x=3.0, big=12345678901234567890)), shape)
    args = message.tool_calls[0]["args"]
    assert args == {"n": 3, "x": 3.0, "big": 12345678901234567890}
    assert (type(args["n"]), type(args["x"])) == (int, float)
    assert "function_call" not in message.additional_kwargs


@pytest.mark.behaviour("B015")
@SHAPES
@WAYS
def test_a_number_that_json_has_not_makes_the_call_invalid(shape, way):
    """It could not be stored, nor sent again."""
    message = answered(way, response(call("f", n=float("nan"))), shape)
    assert message.tool_calls == []
    (invalid,) = message.invalid_tool_calls
    assert invalid["name"] == "f"
    assert "NaN" in str(invalid["args"])
    json.dumps(message_to_dict(message), allow_nan=False)


@pytest.mark.parametrize("nameless", [{}, {"name": None, "args": {"a": 1}}, {"name": ""}], ids=str)
@SHAPES
@WAYS
def test_a_call_of_no_function_is_invalid(shape, way, nameless):
    """Nobody could run it, and the service refuses a request that has it."""
    message = answered(way, response(call("f"), {"functionCall": nameless}), shape)
    assert [each["name"] for each in message.tool_calls] == ["f"]
    (invalid,) = message.invalid_tool_calls
    assert not invalid["name"]
    assert ("1" in str(invalid["args"])) == ("args" in nameless)
    turns = [HumanMessage("Hi"), message, ToolMessage("1", tool_call_id=message.tool_calls[0]["id"])]
    _, contents = encode_messages(turns, family=NEWEST, vertex=False, history="strict")
    assert [part["functionCall"]["name"] for part in contents[1]["parts"]] == ["f"]


@SHAPES
def test_streamed_arguments_are_put_together(shape):
    """Vertex AI sends them by path; what comes before the end is no call yet."""
    pieces = [
        {"name": "f", "willContinue": True},
        {"partialArgs": [{"jsonPath": "$.q", "stringValue": "a", "willContinue": True}], "willContinue": True},
        {"partialArgs": [{"jsonPath": "$.q", "stringValue": "b"}], "willContinue": True},
        {},
    ]
    message = streamed(*(event({"functionCall": piece}) for piece in pieces), shape=shape)
    assert [(each["name"], each["args"]) for each in message.tool_calls] == [("f", {"q": "ab"})]


MIXED = [
    call("server", x=1),
    call("server", x=2),
    call("mine"),
    served("server", "1"),
    served("server", "2"),
    {"text": "a"},
]


@SHAPES
def test_a_call_that_the_service_ran_is_not_for_us_to_run(shape):
    """Of an MCP server that Google calls, call and response come in one answer, in a stream an event apart."""
    whole, stream = invoked(response(*MIXED), shape), streamed(*map(event, MIXED), shape=shape)
    assert [each["name"] for each in whole.tool_calls] == ["mine"]
    assert stream.model_dump(exclude={"id", "response_metadata"}) == whole.model_dump(
        exclude={"id", "response_metadata"}
    )
    if shape == "blocks":
        kinds = ["server_tool_call"] * 2 + ["tool_call"] + ["server_tool_result"] * 2 + ["text"]
        blocks = blocks_of(whole)
        assert [block["type"] for block in blocks] == kinds
        assert [block["tool_call_id"] for block in blocks[3:5]] == [block["id"] for block in blocks[:2]]
        assert blocks[3]["output"] == {"result": "1"}


@SHAPES
def test_a_call_is_the_services_only_if_id_and_name_are_those_of_a_response(shape):
    """A response of another call must not take ours away."""
    parts = [call("f", "a"), call("f", "b"), served("f", "1", "b"), served("g", "2")]
    assert [each["id"] for each in invoked(response(*parts), shape).tool_calls] == ["a"]


@SHAPES
def test_a_call_comes_with_the_next_part_or_the_end_of_its_stream(shape):
    """Held back it costs nobody time, since tools are run when an answer has ended."""
    chunks = chunks_of(event(call("f")), event({"text": "a"}), event(call("g")), shape=shape)
    assert [[each["name"] for each in chunk.tool_call_chunks] for chunk in chunks] == [["f"], ["g"]]
    assert chunks[0].text == "a"


def test_a_call_in_the_last_chunk_has_its_index():
    """For output_version="v1" LangChain numbers blocks without one, and its number may be another block's."""
    *_, last = chunks_of(
        event({"text": "a", "thoughtSignature": "c2ln"}), event({"text": "b"}), event(call("f")), shape="blocks"
    )
    assert [block["index"] for block in blocks_of(last)] == [2]


# ---- metadata and usage -------------------------------------------------------------


@pytest.mark.behaviour("B038")
@SHAPES
def test_usage_is_the_last_running_total_and_comes_once(shape):
    """LangChain adds what chunks say, and Google says totals so far."""
    counts = [(11, 5, 0, 0), (11, 20, 100, 8), (10, 26, 107, 8)]
    events = [
        event(
            {"text": "a"},
            usageMetadata={
                "promptTokenCount": prompt,
                "candidatesTokenCount": candidates,
                "thoughtsTokenCount": thoughts,
                "cachedContentTokenCount": cached,
            },
        )
        for prompt, candidates, thoughts, cached in counts
    ]
    chunks = chunks_of(*events, shape=shape)
    assert [chunk.usage_metadata is None for chunk in chunks] == [True, True, True, False]
    assert reduce(add, chunks).usage_metadata == {
        "input_tokens": 10,
        "output_tokens": 133,
        "total_tokens": 143,
        "input_token_details": {"cache_read": 8},
        "output_token_details": {"reasoning": 107},
    }


@pytest.mark.behaviour("B042")
@pytest.mark.behaviour("B085")
@SHAPES
def test_metadata_of_a_stream_are_those_of_invoke_once(shape):
    """Joined strings such as STOPSTOP match nothing."""
    said = {"groundingMetadata": {"webSearchQueries": ["q"]}, "safetyRatings": [{"category": "X"}], "avgLogprobs": -0.5}
    events = [event({"text": "a"}), event({"text": "b"}), response({"text": "c"})]
    for each in events:
        each["candidates"][0] |= said
    stream = streamed(*events, shape=shape)
    whole = response({"text": "abc"})
    whole["candidates"][0] |= said
    assert stream.response_metadata == invoked(whole, shape).response_metadata
    assert stream.response_metadata["finish_reason"] == "STOP"
    assert stream.response_metadata["model_name"] == "gemini-3-flash-preview"
    assert stream.response_metadata["model_provider"] == "google_genai"
    assert stream.response_metadata["response_id"] == "r1"
    assert stream.response_metadata["grounding_metadata"] == {"web_search_queries": ["q"]}


@pytest.mark.behaviour("B005")
@SHAPES
@pytest.mark.parametrize(("vertex", "backend"), [(False, "gemini"), (True, "vertex")])
def test_the_backend_is_said_once(shape, vertex, backend):
    """Signatures are good on the backend that made them only."""
    folder = StreamFolder(shape=shape, turn=1, vertex=vertex)
    chunks = [folder.fold(event({"text": "a"})), folder.finish()]
    total = reduce(add, [chunk for chunk in chunks if chunk])
    whole = decode_response(response({"text": "a"}), shape=shape, turn=1, vertex=vertex).generations[0]
    assert total.message.response_metadata["backend"] == whole.message.response_metadata["backend"] == backend


@SHAPES
def test_several_candidates_are_several_generations_with_usage_on_the_first(shape):
    """The counts are of the whole answer; on each they would be billed twice."""
    answer = response({"text": "a"}, usageMetadata={"promptTokenCount": 1, "candidatesTokenCount": 4})
    answer["candidates"].append({"content": {"parts": [call()]}, "finishReason": "MAX_TOKENS", "index": 1})
    first, second = (each.message for each in decode_response(answer, shape=shape, turn=1).generations)
    assert isinstance(first, AIMessage)
    assert isinstance(second, AIMessage)
    assert (first.text, second.tool_calls[0]["name"]) == ("a", "f")
    assert [message.usage_metadata and message.usage_metadata["total_tokens"] for message in (first, second)] == [5, 0]
    assert second.response_metadata["finish_reason"] == "MAX_TOKENS"


@pytest.mark.behaviour("B086")
@pytest.mark.behaviour("F18")
@WAYS
def test_citations_count_characters_of_the_text(way):
    """Google counts bytes, so that every accent moves the mark."""
    text = "Café 🎉 is open. Go there."
    chunks = [{"web": {"uri": "https://a.example", "title": "A"}}, {"retrievedContext": {"title": "B"}}, {}]
    supports = [
        {"segment": {"endIndex": 19, "text": "Café 🎉 is open."}, "groundingChunkIndices": [0, 1, 2, 7]},
        {"segment": {"startIndex": 20, "endIndex": 29, "text": "Go there."}, "groundingChunkIndices": [0]},
        {"segment": {}},
    ]
    answer = response({"text": text})
    answer["candidates"][0]["groundingMetadata"] = {"groundingChunks": chunks, "groundingSupports": supports}
    (block,) = blocks_of(answered(way, answer, "blocks"))
    cited = [(text[each["start_index"] : each["end_index"]], each.get("url")) for each in block["annotations"]]
    assert ("Café 🎉 is open.", "https://a.example") in cited
    assert ("Go there.", "https://a.example") in cited
    assert block["annotations"][1]["title"] == "B"


# ---- answers that are none ----------------------------------------------------------


@pytest.mark.behaviour("B043")
@SHAPES
@WAYS
@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"candidates": []},
        {"candidates": [{}]},
        candidate(content={}),
        candidate(content={"role": "model"}),
        candidate(content={"parts": [{}]}),
        candidate(content={"parts": None}),
        {"usageMetadata": {"totalTokenCount": 3}},
    ],
    ids=str,
)
def test_an_answer_without_anything_is_an_empty_message(odd, shape, way):
    """A crash would hide what came before it."""
    message = answered(way, odd, shape)
    assert not message.content
    assert message.response_metadata["is_empty"] is True
    assert message.response_metadata["model_provider"] == "google_genai"
    assert message.usage_metadata is not None
    assert bad_reply(message) == "EMPTY"


BAD: dict[str, tuple[Json, str]] = {
    "prompt blocked": ({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}, "PROHIBITED_CONTENT"),
    "empty STOP": (candidate(content={"role": "model"}, finishReason="STOP"), "EMPTY"),
    "only a thought": (response({"text": "hm", "thought": True}, finish="MAX_TOKENS"), "EMPTY"),
    "only a signature": (response({"thoughtSignature": "c2ln"}), "EMPTY"),
    "safety": (response({"text": "Once"}, finish="SAFETY"), "SAFETY"),
    "recitation": (candidate(finishReason="RECITATION"), "RECITATION"),
    "language": (candidate(finishReason="LANGUAGE"), "LANGUAGE"),
    "malformed call": (
        candidate(finishReason="MALFORMED_FUNCTION_CALL", finishMessage="call(f"),
        "MALFORMED_FUNCTION_CALL",
    ),
    "unexpected call": (candidate(finishReason="UNEXPECTED_TOOL_CALL"), "UNEXPECTED_TOOL_CALL"),
    "no image": (candidate(finishReason="NO_IMAGE"), "NO_IMAGE"),
}


@pytest.mark.behaviour("B008")
@pytest.mark.behaviour("B040")
@pytest.mark.behaviour("B062")
@pytest.mark.behaviour("B064")
@pytest.mark.behaviour("B065")
@pytest.mark.behaviour("B066")
@SHAPES
@WAYS
@pytest.mark.parametrize("name", BAD)
def test_an_answer_that_is_none_is_told_with_its_reason(name, shape, way):
    """Taken for silence it makes agents loop."""
    answer, reason = BAD[name]
    usage = {"promptTokenCount": 7, "totalTokenCount": 7}
    message = answered(way, {**answer, "usageMetadata": usage, "modelVersion": "m"}, shape)
    assert bad_reply(message) == reason
    assert message.response_metadata["model_name"] == "m"
    assert message.response_metadata["model_provider"] == "google_genai"
    assert message.usage_metadata is not None
    assert message.usage_metadata["input_tokens"] == 7
    assert message.text == ("Once" if name == "safety" else "")


@SHAPES
@WAYS
@pytest.mark.parametrize(
    "answer",
    [
        response({"text": "a"}),
        response(call()),
        response({"text": "a"}, finish="MAX_TOKENS"),
        response({"text": "a"}, finish="NEW"),
    ],
    ids=["text", "call", "cut", "reason of tomorrow"],
)
def test_an_ordinary_answer_is_not_called_bad(answer, shape, way):
    """Retried, it would cost twice."""
    assert bad_reply(answered(way, answer, shape)) is None


@pytest.mark.behaviour("B063")
@SHAPES
@WAYS
@pytest.mark.parametrize("words", ["call(f", '{"name": "f"'])
def test_a_malformed_call_is_shown_as_an_invalid_one(shape, way, words):
    """Seen, it can be repaired."""
    message = answered(way, candidate(finishReason="MALFORMED_FUNCTION_CALL", finishMessage=words), shape)
    assert message.response_metadata["finish_message"] == words
    assert message.tool_calls == []
    (invalid,) = message.invalid_tool_calls
    assert invalid["args"] in (words, json.dumps(words))
    assert invalid["error"] == (_shapes.MALFORMED if way == "invoke" else None)


@pytest.mark.behaviour("B064")
@WAYS
def test_a_refusal_is_a_block_where_langchain_has_such_a_block(way, monkeypatch):
    """From 1.7.5 on it knows `refusal`; before, the block would be shown as unknown."""
    blocked = {"promptFeedback": {"blockReason": "SAFETY", "safetyRatings": [{"category": "X", "blocked": True}]}}
    monkeypatch.setattr(_shapes, "KNOWN_BLOCK_TYPES", set())
    assert blocks_of(answered(way, blocked, "blocks")) == []
    monkeypatch.setattr(_shapes, "KNOWN_BLOCK_TYPES", {"refusal"})
    message = answered(way, blocked, "blocks")
    (block,) = blocks_of(message)
    assert (block["type"], block["refusal"]) == ("refusal", "Gemini refused: SAFETY")
    assert message.response_metadata["prompt_feedback"]["safety_ratings"] == [{"category": "X", "blocked": True}]


@pytest.mark.behaviour("B006")
@SHAPES
@WAYS
def test_a_message_is_json_and_comes_back_from_it(shape, way):
    """Checkpointers and databases store text; bytes and enums would leave the thread empty."""
    parts: list[Json] = [
        {"text": "t", "thought": True},
        {"text": "a", "thoughtSignature": "c2ln"},
        call("f", signature="QQ=="),
        {"new": [1]},
    ]
    message = answered(way, response(*parts), shape)
    (stored,) = messages_from_dict(json.loads(json.dumps([message_to_dict(message)])))
    assert stored == message


@pytest.mark.behaviour("B043")
@WAYS
def test_text_with_further_fields_is_text_and_keeps_them(way):
    """A new field of the service must not hide the answer, and belongs to the part when it goes back."""
    parts: list[Json] = [
        {"text": "Hel"},
        {"text": "lo", "partMetadata": {"a": 1}},
        {"text": "!", "thoughtSignature": "AAAA"},
    ]
    message = answered(way, response(*parts))
    assert message.content == "Hello!"
    _, contents = encode_messages([HumanMessage("Hi"), message], family=NEWEST, vertex=False, history="strict")
    assert contents[1]["parts"] == parts


@pytest.mark.parametrize("shape", ["text", "blocks"])
def test_a_call_that_came_in_part_is_not_called(shape):
    """Half of a path is another path, and whoever runs `tool_calls` would act on it."""
    pieces = [{"jsonPath": "$.path", "stringValue": "/home", "willContinue": True}]
    chunks = chunks_of(
        event({"functionCall": {"name": "delete", "willContinue": True}}),
        event({"functionCall": {"partialArgs": pieces, "willContinue": True}}),
        {"candidates": [{"finishReason": "MAX_TOKENS"}]},
        shape=shape,
    )
    message = reduce(add, chunks)
    assert (message.tool_calls, [call["name"] for call in message.invalid_tool_calls]) == ([], ["delete"])
