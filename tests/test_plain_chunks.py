"""The chunks of plain text that are copies: what LangChain would have made, and nobody else's."""

import pickle

from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

from langchain_genai_chat._metadata import PROVIDER
from langchain_genai_chat._plain_chunks import plain_chunk


def made(text: str) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=text, response_metadata={"model_provider": PROVIDER}))


def test_a_copied_chunk_is_what_langchain_makes() -> None:
    """Whoever reads it, pickles it, or asks which fields were set, must find no difference."""
    for text in ("Hello", "", "a\u2028b\n"):
        copied, expected = plain_chunk(text), made(text)
        assert copied == expected
        assert copied.__getstate__() == expected.__getstate__()
        assert copied.message.__getstate__() == expected.message.__getstate__()
        assert pickle.loads(pickle.dumps(copied)) == expected  # noqa: S301 - of our own making
        assert (copied.message + copied.message).text == 2 * text


def test_copied_chunks_have_nothing_in_common() -> None:
    """A consumer may change what it is given."""
    changed = plain_chunk("one")
    message = changed.message
    assert isinstance(message, AIMessageChunk)
    message.response_metadata["by"] = message.additional_kwargs["by"] = "me"
    message.tool_calls.append({"name": "find", "args": {}, "id": "1"})
    message.tool_call_chunks.append({"name": "find", "args": "", "id": "1", "index": 0})
    message.invalid_tool_calls.append({"type": "invalid_tool_call", "name": "", "args": "", "id": "1", "error": None})
    message.id = "run-1"
    assert plain_chunk("two") == made("two")
    assert plain_chunk("two").message.model_fields_set == {"content", "response_metadata"}
