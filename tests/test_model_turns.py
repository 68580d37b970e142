"""What a model's message becomes: both shapes of this package, and what others store."""

import base64
import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage

from langchain_genai_chat._families import family_of
from langchain_genai_chat._messages import encode_messages
from langchain_genai_chat._model_turns import FILLER
from langchain_genai_chat._replies import decode_response
from langchain_genai_chat.errors import InvalidRequestError

Json = dict[str, Any]

OLDER = "gemini-2.5-flash"
NEWER = "gemini-3-flash-preview"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
OURS: Json = {"model_provider": "google_genai"}
V1 = OURS | {"output_version": "v1"}


def parts_of(message: AIMessage, model: str = OLDER, *, vertex: bool = False) -> list[Json]:
    """The parts of the message's turn in a conversation where its calls are answered."""
    ids = [each["id"] for each in (*message.tool_calls, *message.invalid_tool_calls)]
    results = [ToolMessage("{}", tool_call_id=each) for each in ids if each]
    history = [HumanMessage("a"), message, *results, HumanMessage("b")]
    _, contents = encode_messages(history, family=family_of(model), vertex=vertex, history="strict")
    assert contents[1]["role"] == "model"
    parts: list[Json] = contents[1]["parts"]
    return parts


def reply(*parts: Json, shape: Any = "blocks", model: str = NEWER, vertex: bool = False) -> AIMessage:
    candidate = {"content": {"role": "model", "parts": [*parts]}, "finishReason": "STOP"}
    response = {"candidates": [candidate], "modelVersion": model}
    message = decode_response(response, shape=shape, turn=1, vertex=vertex).generations[0].message
    assert isinstance(message, AIMessage)
    return message


def call(name: str = "f", call_id: str = "c1", **args: Any) -> Any:
    return {"name": name, "args": args, "id": call_id, "type": "tool_call"}


def function_call(name: str = "f", call_id: str = "c1", signature: str | None = None, **args: Any) -> Json:
    part: Json = {"functionCall": {"id": call_id, "name": name, "args": args}}
    return {**part, "thoughtSignature": signature} if signature else part


SHAPES: dict[str, tuple[AIMessage, list[Json]]] = {
    "str": (AIMessage("a"), [{"text": "a"}]),
    "list of strings": (AIMessage(["a", "b"]), [{"text": "a"}, {"text": "b"}]),
    "text with a trailing newline": (AIMessage("a\n\n"), [{"text": "a\n\n"}]),
    "str and calls": (AIMessage("a", tool_calls=[call()]), [{"text": "a"}, function_call()]),
    "calls only": (AIMessage("", tool_calls=[call(), call("g", "c2")]), [function_call(), function_call("g", "c2")]),
    "v1-tagged str": (AIMessage("a", tool_calls=[call()], response_metadata=V1), [{"text": "a"}, function_call()]),
    "interleaved blocks": (
        AIMessage(
            [
                {"type": "tool_call", **call()},
                {"type": "text", "text": "a"},
                {"type": "tool_call", **call("g", "c2")},
            ],
            tool_calls=[call(), call("g", "c2")],
            response_metadata=V1,
        ),
        [function_call(), {"text": "a"}, function_call("g", "c2")],
    ),
    "untagged blocks": (
        AIMessage(
            [
                {"type": "reasoning", "reasoning": "hm", "extras": {"signature": "eA=="}},
                {"type": "text", "text": "a"},
                {"type": "tool_call", **call()},
            ],
            tool_calls=[call()],
        ),
        [{"text": "a"}, function_call()],
    ),
    "blocks without their calls in tool_calls": (
        AIMessage(content_blocks=[{"type": "text", "text": "a"}, call()]),
        [{"text": "a"}, function_call()],
    ),
    "signature of a block": (
        AIMessage([{"type": "text", "text": "a", "extras": {"signature": "c2ln"}}], response_metadata=V1),
        [{"text": "a", "thoughtSignature": "c2ln"}],
    ),
    "signature of an image": (
        AIMessage(
            [{"type": "image", "base64": PNG, "mime_type": "image/png", "extras": {"signature": "c2ln"}}],
            response_metadata=V1,
        ),
        [{"inlineData": {"mimeType": "image/png", "data": PNG}, "thoughtSignature": "c2ln"}],
    ),
    "a file": (
        AIMessage([{"type": "file", "url": "gs://b/x.pdf"}]),
        [{"fileData": {"mimeType": "application/pdf", "fileUri": "gs://b/x.pdf"}}],
    ),
    "text-plain": (AIMessage([{"type": "text-plain", "text": "a", "mime_type": "text/plain"}]), [{"text": "a"}]),
    "a thought of ours": (
        AIMessage([{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "a"}], response_metadata=V1),
        [{"text": "hm", "thought": True}, {"text": "a"}],
    ),
    "code": (
        AIMessage(
            [
                {"type": "server_tool_call", "id": "s", "name": "code_interpreter", "args": {"code": "1"}},
                {"type": "server_tool_result", "tool_call_id": "s", "status": "success", "output": "1\n"},
            ],
            response_metadata=V1,
        ),
        [
            {"executableCode": {"id": "s", "language": "PYTHON", "code": "1"}},
            {"codeExecutionResult": {"id": "s", "outcome": "OUTCOME_OK", "output": "1\n"}},
        ],
    ),
    "a non_standard part": (
        AIMessage([{"type": "non_standard", "value": {"novelty": 1}}], response_metadata=V1),
        [{"novelty": 1}],
    ),
    "the wire's own parts": (
        AIMessage([{"text": "a"}, {"inline_data": {"mime_type": "image/png", "data": PNG}}]),
        [{"text": "a"}, {"inlineData": {"mimeType": "image/png", "data": PNG}}],
    ),
    "cachePoint": (AIMessage(["a", {"cachePoint": {"type": "default"}}]), [{"text": "a"}]),
    "langchain-google-genai thinking": (
        AIMessage(
            [{"type": "thinking", "thinking": "hm", "signature": "c2ln"}, {"type": "text", "text": "a"}],
            response_metadata=OURS,
        ),
        [{"text": "hm", "thought": True, "thoughtSignature": "c2ln"}, {"text": "a"}],
    ),
    "langchain-google-genai image": (
        AIMessage(
            [
                {
                    "type": "image_url",
                    "image_url": {"url": f"data:image/png;base64,{PNG}"},
                    "extras": {"signature": "c2ln"},
                }
            ],
            response_metadata=OURS,
        ),
        [{"inlineData": {"mimeType": "image/png", "data": PNG}, "thoughtSignature": "c2ln"}],
    ),
    "langchain-google-genai code": (
        AIMessage(
            [
                {"type": "executable_code", "executable_code": "1", "language": "PYTHON", "id": "x"},
                {"type": "code_execution_result", "code_execution_result": "1", "outcome": 1, "tool_call_id": "x"},
            ],
            response_metadata=OURS,
        ),
        [
            {"executableCode": {"language": "PYTHON", "code": "1"}},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        ],
    ),
    "langchain-google-genai function_call_signature": (
        AIMessage(
            [{"type": "function_call_signature", "signature": "c2ln", "index": 1}],
            tool_calls=[call(), call("g", "c2")],
            response_metadata=OURS,
        ),
        [function_call(), function_call("g", "c2", "c2ln")],
    ),
    "langchain-google-genai signatures by id": (
        AIMessage(
            "",
            tool_calls=[call()],
            additional_kwargs={"__gemini_function_call_thought_signatures__": {"c1": "c2ln"}},
            response_metadata=OURS,
        ),
        [function_call(signature="c2ln")],
    ),
    "langchain-google-genai audio": (
        AIMessage("", additional_kwargs={"audio": b"RIFF"}, response_metadata=OURS),
        [{"inlineData": {"mimeType": "audio/wav", "data": base64.b64encode(b"RIFF").decode()}}],
    ),
    "OpenAI": (
        AIMessage(
            "a",
            additional_kwargs={
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}]
            },
            response_metadata={"model_provider": "openai", "model_name": "gpt-5"},
        ),
        [{"text": "a"}, function_call(x=1)],
    ),
    "OpenAI responses": (
        AIMessage(
            [
                {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "hm"}]},
                {"type": "text", "text": "a", "annotations": []},
                {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
            ],
            tool_calls=[call()],
            response_metadata={"model_provider": "openai"},
        ),
        [{"text": "a"}, function_call()],
    ),
    "Anthropic": (
        AIMessage(
            [
                {"type": "thinking", "thinking": "hm", "signature": "eA=="},
                {"type": "redacted_thinking", "data": "eA=="},
                {"type": "text", "text": "a"},
                {"type": "tool_use", "id": "c1", "name": "f", "input": {"x": 1}},
            ],
            tool_calls=[call(x=1)],
            response_metadata={"model_provider": "anthropic"},
        ),
        [{"text": "a"}, function_call(x=1)],
    ),
    "Anthropic untagged": (
        AIMessage(
            [
                {"type": "thinking", "thinking": "hm", "signature": "eA=="},
                {"type": "redacted_thinking", "data": "eA=="},
                {"type": "text", "text": "a"},
                {"type": "tool_use", "id": "c1", "name": "f", "input": {"x": 1}},
            ],
            tool_calls=[call(x=1)],
        ),
        [{"text": "a"}, function_call(x=1)],
    ),
    "v1 of another provider": (
        AIMessage(
            [
                {"type": "reasoning", "reasoning": "hm", "extras": {"signature": "eA=="}},
                {"type": "server_tool_call", "id": "s", "name": "web_search", "args": {}},
                {"type": "server_tool_result", "tool_call_id": "s", "status": "success", "output": "x"},
                {"type": "text", "text": "a", "extras": {"signature": "eA=="}},
                {"type": "image", "base64": PNG, "mime_type": "image/png"},
                {"type": "non_standard", "value": {"x": 1}},
                {"type": "tool_call", **call(), "extras": {"signature": "eA=="}},
            ],
            tool_calls=[call()],
            response_metadata={"model_provider": "anthropic", "output_version": "v1"},
        ),
        [{"text": "a"}, {"inlineData": {"mimeType": "image/png", "data": PNG}}, function_call()],
    ),
    "v1 str of another provider": (
        AIMessage("a", response_metadata={"model_provider": "openai", "output_version": "v1"}),
        [{"text": "a"}],
    ),
    "v1 str in a list of another provider": (
        AIMessage(["a", "b"], response_metadata={"model_provider": "openai", "output_version": "v1"}),
        [{"text": "a"}, {"text": "b"}],
    ),
}


@pytest.mark.behaviour("B005")
@pytest.mark.behaviour("B007")
@pytest.mark.behaviour("B037")
@pytest.mark.behaviour("B081")
@pytest.mark.behaviour("B087")
@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_of_a_models_message_is_its_parts(name):
    """Threads are stored by every provider and every version; all must go on here."""
    message, parts = SHAPES[name]
    assert parts_of(message) == parts


@pytest.mark.parametrize("block", [{"type": "hologram"}, {"unheard": 1}, {"type": "tool_use", "id": "x"}], ids=str)
@pytest.mark.behaviour("B097")
def test_an_unknown_block_is_refused_by_index_and_type(block):
    """Left out in silence it would be missed by nobody but the model."""
    with pytest.raises(InvalidRequestError, match=r"messages\[1\] \(ai\): "):
        parts_of(AIMessage([block]))


def test_a_call_that_was_written_as_a_part_is_answered_like_any():
    """Nothing goes out with a call that has no response."""
    message = AIMessage([{"function_call": {"name": "f", "args": {"x": 1}}}])
    with pytest.raises(InvalidRequestError, match="has no result"):
        parts_of(message)


@pytest.mark.behaviour("B034")
@pytest.mark.parametrize(
    "content", ["", [], [{"type": "text", "text": ""}], " \n", [" ", {"type": "text", "text": "\n"}]]
)
def test_an_empty_message_has_one_empty_part_or_its_calls(content):
    """Google refuses `parts: []`, and a turn left out would put two users' turns together."""
    assert parts_of(AIMessage(content)) == [{"text": ""}]
    assert parts_of(AIMessage(content, tool_calls=[call()])) == [function_call()]


def test_white_space_that_gemini_said_is_kept():
    """It is part of an answer, and of the bytes that a cache goes by."""
    assert parts_of(reply({"text": "\n"}, shape="text")) == [{"text": "\n"}]


# ---- signatures ---------------------------------------------------------------------

SIGNED = [function_call(signature="c2ln", x=1), function_call("g", "c2")]


@pytest.mark.behaviour("B001")
@pytest.mark.parametrize("shape", ["text", "blocks"])
def test_of_parallel_calls_only_the_signed_one_is_sent_signed(shape):
    """A signature belongs to its part: not to its neighbour, nor to the call inside."""
    assert parts_of(reply(*SIGNED, shape=shape), NEWER) == SIGNED


@pytest.mark.behaviour("B002")
@pytest.mark.parametrize("shape", ["text", "blocks"])
def test_a_signed_empty_text_stays_and_an_unsigned_one_goes(shape):
    """Gemini 3 ends its texts with the former."""
    message = reply({"text": "a"}, {"text": ""}, {"text": "", "thoughtSignature": "c2ln"}, shape=shape)
    assert parts_of(message, NEWER) == [{"text": "a"}, {"text": "", "thoughtSignature": "c2ln"}]


UNSIGNED: dict[str, AIMessage] = {
    "by hand": AIMessage("", tool_calls=[call(), call("g", "c2")]),
    "OpenAI": AIMessage("", tool_calls=[call(), call("g", "c2")], response_metadata={"model_provider": "openai"}),
    "Gemini 2.5": reply(*SIGNED, model=OLDER),
    "the other backend": reply(*SIGNED, vertex=True),
    "the other backend, as text": reply(*SIGNED, vertex=True, shape="text"),
}


@pytest.mark.behaviour("B004")
@pytest.mark.behaviour("B005")
@pytest.mark.parametrize("name", UNSIGNED)
def test_calls_that_the_model_did_not_make_get_the_filler_on_the_first(name):
    """Gemini 3 refuses a step without a signature, and one that is not its own."""
    first, second = parts_of(UNSIGNED[name], NEWER)
    assert first["thoughtSignature"] == FILLER == "skip_thought_signature_validator"
    assert "thoughtSignature" not in second


@pytest.mark.behaviour("B004")
@pytest.mark.parametrize("name", UNSIGNED)
def test_older_models_get_no_filler(name):
    """They check nothing, and their history should stay what it was."""
    message = UNSIGNED[name]
    parts = parts_of(message, OLDER, vertex=message.response_metadata.get("backend") == "vertex")
    assert FILLER not in json.dumps(parts)


@pytest.mark.behaviour("B005")
@pytest.mark.parametrize("shape", ["text", "blocks"])
def test_a_text_of_another_family_or_backend_goes_unsigned(shape):
    """A foreign signature is refused as corrupted; the text is not."""
    parts = [{"text": "a", "thoughtSignature": "c2ln"}, {"text": "", "thoughtSignature": "ZW5k"}]
    assert parts_of(reply(*parts, shape=shape, model=OLDER), NEWER) == [{"text": "a"}]
    assert parts_of(reply(*parts, shape=shape, vertex=True), NEWER) == [{"text": "a"}]
    assert parts_of(reply(*parts, shape=shape, vertex=True), NEWER, vertex=True) == parts
    assert parts_of(reply(*parts, shape=shape), "gemini-3.1-pro-preview") == parts


@pytest.mark.behaviour("B005")
@pytest.mark.parametrize("shape", ["text", "blocks"])
def test_what_vertex_ai_does_not_know_is_left_out_there(shape):
    """Server tools of the Gemini API are unknown fields to it, a 400; their calls are of no use to it either."""
    tools: list[Json] = [
        {"toolCall": {"id": "t", "toolType": "GOOGLE_SEARCH_WEB", "args": {"q": "x"}}, "thoughtSignature": "c2ln"},
        {"toolResponse": {"id": "t", "toolType": "GOOGLE_SEARCH_WEB", "response": {"r": 1}}},
        {"thoughtSignature": "c2ln"},
    ]
    message = reply(*tools, {"text": "a"}, shape=shape)
    assert parts_of(message, NEWER) == [*tools, {"text": "a"}]
    assert parts_of(message, NEWER, vertex=True) == [{"text": "a"}]


# ---- what middleware does to messages -----------------------------------------------


@pytest.mark.parametrize("shape", ["text", "blocks"])
def test_an_edited_call_is_sent_as_edited_in_its_place(shape):
    """Human-in-the-loop middleware assigns `tool_calls`; content still has the old call."""
    message = reply(function_call(signature="c2ln", x=1), {"text": "a"}, shape=shape)
    message.tool_calls = [{**message.tool_calls[0], "args": {"x": 2}}]
    assert parts_of(message, NEWER) == [function_call(signature="c2ln", x=2), {"text": "a"}]


@pytest.mark.parametrize("shape", ["text", "blocks"])
def test_arguments_given_to_a_call_that_had_none_are_sent(shape):
    """Gemini leaves `args` out where there are none; what is kept of that must not undo an edit."""
    bare = {"functionCall": {"id": "c1", "name": "f"}}
    message = reply(bare, shape=shape)
    assert parts_of(message, OLDER) == [bare]
    message.tool_calls = [{**message.tool_calls[0], "args": {"x": 2}}]
    assert parts_of(message, OLDER) == [function_call(x=2)]


@pytest.mark.parametrize("shape", ["text", "blocks"])
def test_a_call_that_was_taken_out_or_put_in_is_so_on_the_wire(shape):
    """`tool_calls` is what tools are run by, so it says what was called."""
    message = reply(*SIGNED, shape=shape)
    message.tool_calls = [message.tool_calls[1], call("h", "c3")]
    assert [part["functionCall"]["name"] for part in parts_of(message, NEWER)] == ["g", "h"]
    assert parts_of(message, NEWER)[0]["thoughtSignature"] == FILLER


@pytest.mark.parametrize("text", ["", "b", "a much longer text than it was before"])
def test_a_str_that_was_edited_is_sent_whole(text):
    """Redaction changes lengths; marks of where parts ended must not cut or lose anything."""
    message = reply({"text": "first", "thoughtSignature": "c2ln"}, function_call(), {"text": "second"}, shape="text")
    edited = message.model_copy(update={"content": text})
    assert "".join(part.get("text", "") for part in parts_of(edited, NEWER)) == text
    assert message.text == "firstsecond"


def test_a_block_that_was_edited_keeps_its_signature():
    """The signature stands for the thinking, not for the letters."""
    message = reply({"text": "one"}, {"text": " two", "thoughtSignature": "c2ln"})
    assert isinstance(message.content, list)
    assert isinstance(message.content[0], dict)
    message.content[0]["text"] = "x"
    assert parts_of(message, NEWER) == [{"text": "x"}, {"text": "", "thoughtSignature": "c2ln"}]


@pytest.mark.parametrize("shape", ["text", "blocks"])
@pytest.mark.parametrize("deep", [False, True])
def test_a_copy_is_sent_like_the_message(shape, deep):
    """Checkpointers and middleware copy all the time."""
    message = reply(*SIGNED, {"text": "a"}, shape=shape)
    copied = message.model_copy(update={"id": "x", "name": "agent"}, deep=deep)
    assert parts_of(copied, NEWER) == parts_of(message, NEWER)


def test_chunks_that_were_summed_without_the_last_one_keep_their_signatures():
    """A stream that was stopped early still goes into the history."""
    chunk = AIMessageChunk(
        content=[
            {"type": "text", "text": "a", "index": 0},
            {**call(), "type": "tool_call_chunk", "args": "{}", "index": 1, "extras": {"signature": "c2ln"}},
        ],
        tool_call_chunks=[{"id": "c1", "name": "f", "args": "{}", "index": 1, "type": "tool_call_chunk"}],
        response_metadata=V1,
    )
    assert parts_of(chunk, NEWER) == [{"text": "a"}, function_call(signature="c2ln")]


def test_a_str_that_v3_events_made_blocks_of_is_sent_as_it_was():
    """LangGraph's newest streaming gives blocks always; the marks beside them still say how the text was cut."""
    parts = [{"text": "a", "thoughtSignature": "c2ln"}, function_call(signature="QQ=="), {"text": "b"}]
    message = reply(*parts, shape="text")
    blocks = message.model_copy(
        update={"content": message.content_blocks, "response_metadata": {**message.response_metadata, **V1}}
    )
    assert isinstance(blocks.content, list)
    assert parts_of(blocks, NEWER) == parts_of(message, NEWER) == parts


# ---- calls that could not be read ---------------------------------------------------


def _invalid(name: str | None) -> AIMessage:
    return AIMessage("a", invalid_tool_calls=[{"id": "c1", "name": name, "args": "{oops", "error": "no JSON"}])


@pytest.mark.parametrize(("name", "given"), [("f", None), (None, "f")])
def test_an_invalid_call_goes_with_the_result_that_answers_it(name, given):
    """The model learns from the error only beside the call that it is of."""
    error = ToolMessage("no JSON", tool_call_id="c1", status="error", name=given)
    history = [HumanMessage("a"), _invalid(name), error]
    _, contents = encode_messages(history, family=family_of(OLDER), vertex=False, history="strict")
    assert contents[1]["parts"] == [{"text": "a"}, function_call()]
    assert contents[2]["parts"] == [{"functionResponse": {"id": "c1", "name": "f", "response": {"error": "no JSON"}}}]


def test_arguments_that_json_has_not_are_left_out():
    """The model has written them once; sent again they would make the whole request invalid."""
    message = AIMessage("", invalid_tool_calls=[{"id": "c1", "name": "f", "args": '{"x": NaN}', "error": "no JSON"}])
    assert parts_of(message) == [function_call()]


def test_an_invalid_call_that_nobody_answered_is_left_out():
    """It was never made, and a call without a response is a 400."""
    history = [HumanMessage("a"), _invalid("f"), HumanMessage("b")]
    _, contents = encode_messages(history, family=family_of(OLDER), vertex=False, history="strict")
    assert contents[1]["parts"] == [{"text": "a"}]
