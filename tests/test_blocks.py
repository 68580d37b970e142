"""Each row of the codec both ways, and what a block cannot say of its part."""

from typing import Any

import pytest

from langchain_genai_chat._blocks import (
    BY_BLOCK_TYPE,
    CODECS,
    SERVED_CALL,
    codec_of,
    decode_part,
    encode_block,
    sent_id,
)

Json = dict[str, Any]

PARTS: dict[str, Json] = {
    "text": {"text": "a"},
    "empty text": {"text": ""},
    "signed text": {"text": "a", "thoughtSignature": "c2ln"},
    "thought": {"text": "hm", "thought": True},
    "text that is said to be no thought": {"text": "a", "thought": False},
    "call": {"functionCall": {"id": "c1", "name": "f", "args": {"x": 1}}},
    "call without id": {"functionCall": {"name": "f", "args": {}}},
    "call without arguments": {"functionCall": {"name": "f"}, "thoughtSignature": "c2ln"},
    "call with a field of tomorrow": {"functionCall": {"name": "f", "args": {}, "mood": {"deep": [1]}}},
    "image": {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
    "image with resolution": {
        "inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="},
        "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"},
    },
    "named image": {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo=", "displayName": "x.png"}},
    "speech": {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": "AAAA"}},
    "film": {"inlineData": {"mimeType": "video/mp4", "data": "AAAA"}, "videoMetadata": {"fps": 2}},
    "media of no kind": {"inlineData": {"data": "AAAA"}},
    "file": {"fileData": {"mimeType": "application/pdf", "fileUri": "gs://b/x.pdf"}},
    "file without type": {"fileData": {"fileUri": "gs://b/x"}},
    "code": {"executableCode": {"id": "s", "language": "PYTHON", "code": "1"}},
    "code in a language of tomorrow": {"executableCode": {"language": "COBOL_2030", "code": "1"}},
    "code without language": {"executableCode": {"code": "1"}},
    "result": {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}},
    "result without output": {"codeExecutionResult": {"outcome": "OUTCOME_DEADLINE_EXCEEDED"}},
    "server call": {"toolCall": {"id": "t", "toolType": "GOOGLE_SEARCH_WEB", "args": {"q": "x"}}},
    "server call with a name": {"toolCall": {"id": "t", "toolType": "MCP_SERVER", "toolName": "x"}},
    "server response": {"toolResponse": {"id": "t", "toolType": "GOOGLE_SEARCH_WEB", "response": {"r": 1}}},
    "empty server response": {"toolResponse": {"toolType": "FILE_SEARCH"}},
    "response of the service's": {"functionResponse": {"name": "f", "response": {"result": "1"}}},
    "failed response of the service's": {"functionResponse": {"id": "c1", "name": "f", "response": {"error": "x"}}},
    "response without a name": {"functionResponse": {"response": {}}},
    "signature alone": {"thoughtSignature": "c2ln"},
    "unknown": {"hologram": {"x": [1]}, "thoughtSignature": "c2ln"},
    "known with a field of tomorrow": {"text": "a", "mood": "good"},
}


@pytest.mark.behaviour("B037")
@pytest.mark.parametrize("name", PARTS)
def test_every_part_survives_its_block(name):
    """History is what is sent next turn; a lossy block is a lost thought."""
    part = PARTS[name]
    assert encode_block(decode_part(part, "lgc_made")) == part


@pytest.mark.parametrize("name", [name for name in PARTS if "functionCall" in PARTS[name]])
def test_a_call_that_the_service_ran_survives_its_block_too(name):
    """It looks like ours on the wire, and must not be one."""
    block = decode_part(PARTS[name], "lgc_made", SERVED_CALL)
    assert block["type"] == "server_tool_call"
    assert encode_block(block) == PARTS[name]


def test_every_row_is_used_by_a_part():
    """A row that nothing reads is a row that nobody tests."""
    assert {(row.field, row.block_type) for row in map(codec_of, PARTS.values())} >= {
        (row.field, row.block_type) for row in CODECS if row.field != "inlineData"
    }
    assert {decode_part(part, "")["type"] for part in PARTS.values()} == BY_BLOCK_TYPE.keys()


def test_what_a_block_says_is_not_said_again_beside_it():
    """Only what is odd about a part is kept as a patch, so that ordinary blocks stay readable."""
    assert decode_part(PARTS["call"], "") == {"type": "tool_call", "id": "c1", "name": "f", "args": {"x": 1}}
    assert decode_part(PARTS["signed text"], "")["extras"] == {"signature": "c2ln"}
    assert decode_part(PARTS["call without arguments"], "lgc_1")["extras"]["part"] == {"functionCall": {"args": None}}


def test_an_edited_block_is_sent_as_edited():
    """The patch beside it adds what the block cannot say, and takes nothing of what it says."""
    block = decode_part(PARTS["known with a field of tomorrow"], "")
    assert encode_block({**block, "text": "b"}) == {"text": "b", "mood": "good"}


def test_null_is_the_same_as_absence():
    """JSON of the wire may say either."""
    assert encode_block(decode_part({"text": "a", "thought": None, "inlineData": None}, "")) == {"text": "a"}


@pytest.mark.behaviour("B003")
@pytest.mark.parametrize(("given", "sent"), [("c1", {"id": "c1"}), ("lgc_1", {}), ("", {}), (None, {})])
def test_only_ids_that_were_given_are_sent(given, sent):
    """An id that Gemini never gave means nothing to it."""
    assert sent_id(given) == sent
