"""What the types promise beside their fields: spellings, bytes, open enums, constructors, accessors."""

import base64
import copy
import json
import logging
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_core import to_json

from langchain_genai_chat.genai import types

SKIP = "skip_thought_signature_validator"
LITERALS = (SKIP, "context_engineering_is_the_way_to_go")
RAW = bytes(range(256))


def wire(message: types.WireModel) -> Any:
    return message.model_dump(mode="json", by_alias=True, exclude_none=True)


def part_reply(*parts: dict[str, Any]) -> types.GenerateContentResponse:
    return types.GenerateContentResponse.model_validate({"candidates": [{"content": {"parts": parts}}]})


@pytest.mark.parametrize("name", ["file_uri", "fileUri"])
def test_both_spellings_are_read_and_camel_case_is_written(name: str) -> None:
    """Stored histories of google-genai are in snake_case, the wire is not."""
    data = types.FileData.model_validate({name: "gs://b/x.pdf"})
    assert data.file_uri == "gs://b/x.pdf"
    assert wire(data) == {"fileUri": "gs://b/x.pdf"}


def test_unknown_fields_of_the_wire_are_kept() -> None:
    """A part of a kind that comes next year must survive the conversation it came in."""
    sent = {"parts": [{"newKind": {"deep": [None, {"a_b": 1}]}}], "role": "model", "newField": 1}
    assert wire(types.Content.model_validate(sent)) == sent


def test_an_unknown_option_raises_and_names_the_nearest() -> None:
    """An option that is not sent is worse than an error."""
    with pytest.raises(ValidationError, match="has no field 'temprature'; nearest: 'temperature'"):
        types.GenerateContentConfig(temprature=1)
    with pytest.raises(ValidationError, match="DeleteFileConfig has no field 'xyz'"):
        types.DeleteFileConfig.model_validate({"xyz": 1})
    with pytest.raises(ValidationError, match="HttpOptions has no field 'timeot'; nearest: 'timeout'"):
        types.HttpOptions.model_validate({"timeot": 1})
    with pytest.raises(ValidationError, match="RetryPolicy has no field 'max_retry'; nearest: 'max_retries'"):
        types.RetryPolicy.model_validate({"max_retry": 1})


@pytest.mark.behaviour("B109")
def test_an_error_of_options_shows_none_of_their_secrets() -> None:
    """Headers may authenticate; pydantic shows the beginning and the end of all that came."""
    headers = {"headers": {"authorization": "Bearer hidden"}}
    for wrong in ({"temprature": 1, "http_options": headers}, {"http_options": headers, "temprature": 1}):
        with pytest.raises(ValidationError, match="temprature") as caught:
            types.GenerateContentConfig.model_validate(wrong)
        assert "hidden" not in str(caught.value)
    with pytest.raises(ValidationError, match="headers") as caught:
        types.GenerateContentConfig.model_validate({"http_options": {"headers": "hidden"}})
    assert "hidden" not in str(caught.value)


def test_free_form_json_is_left_alone() -> None:
    """Keys and nulls inside arguments and schemas are the user's."""
    args = {"snake_case": None, "n": 3, "x": 3.0, "list": [None, {"a_b": None}]}
    call = types.Part.from_function_call(name="f", args=args)
    assert wire(call)["functionCall"]["args"] == args
    assert json.loads(to_json([call], by_alias=True, exclude_none=True))[0]["functionCall"]["args"] == args


@pytest.mark.behaviour("B015")
def test_numbers_in_arguments_keep_their_kind() -> None:
    """An integer that becomes a float breaks tools that index with it."""
    call = types.FunctionCall.model_validate_json('{"name": "f", "args": {"n": 3, "x": 3.0}}')
    assert call.args is not None
    assert [type(value) for value in call.args.values()] == [int, float]


class TestEnums:
    def test_any_case_is_a_member(self) -> None:
        assert types.FinishReason("max_tokens") is types.FinishReason.MAX_TOKENS
        assert types.ServiceTier("FLEX") is types.ServiceTier.FLEX

    @pytest.mark.filterwarnings("error")
    def test_an_unlisted_value_is_a_member_equal_to_its_text(self) -> None:
        """The service adds reasons without notice; a reply with one is still a reply."""
        candidate = types.Candidate.model_validate_json('{"finishReason": "NEW_REASON"}')
        assert candidate.finish_reason == "NEW_REASON"
        assert isinstance(candidate.finish_reason, types.FinishReason)
        assert not candidate.finish_reason.is_known
        assert types.FinishReason.STOP.is_known
        assert wire(candidate) == {"finishReason": "NEW_REASON"}
        assert pickle.loads(pickle.dumps(candidate)) == candidate  # noqa: S301 - made one line above

    @pytest.mark.parametrize(
        ("number", "value"), [(1, "STOP"), (2, "MAX_TOKENS"), (5, "OTHER"), (10, "10"), (-1, "-1")]
    )
    def test_a_number_is_the_member_of_that_number(self, number: int, value: str) -> None:
        """Clients that ask for `enum-encoding=int` get numbers; from 6 on the backends' numbers differ."""
        candidate = types.Candidate.model_validate_json(json.dumps({"finishReason": number}))
        assert candidate.finish_reason == value

    def test_text_forms_are_the_plain_value(self) -> None:
        stop = types.FinishReason.STOP
        assert (str(stop), f"{stop}", json.dumps(stop)) == ("STOP", "STOP", '"STOP"')
        assert hash(types.ServiceTier.FLEX) == hash("flex")

    @pytest.mark.parametrize("value", [True, 1.5, [], {}])
    def test_what_is_no_text_or_number_is_refused(self, value: object) -> None:
        with pytest.raises(ValidationError):
            types.Candidate.model_validate({"finishReason": value})


class TestBytes:
    @pytest.mark.parametrize(
        "given",
        [
            RAW,
            base64.b64encode(RAW).decode(),
            base64.urlsafe_b64encode(RAW).decode(),
            base64.b64encode(RAW).decode().rstrip("="),
            base64.urlsafe_b64encode(RAW).decode().rstrip("="),
        ],
    )
    def test_every_form_is_read_and_the_standard_one_written(self, given: bytes | str) -> None:
        """Answers use the standard alphabet, google-genai the URL-safe one."""
        blob = types.Blob(mime_type="x/y", data=given)
        assert blob.data == RAW
        assert wire(blob)["data"] == base64.b64encode(RAW).decode()
        assert json.loads(blob.model_dump_json())["data"] == base64.b64encode(RAW).decode()

    @pytest.mark.behaviour("B100")
    @pytest.mark.parametrize("text", ["A", "AAAAA", "!!!!", "AA=A", "é" * 4, "AA AA"])
    def test_bad_base64_is_refused(self, text: str) -> None:
        """Sent on, it would be a 400 that names no part."""
        with pytest.raises(ValidationError, match="not base64"):
            types.Blob.model_validate({"data": text})

    @pytest.mark.parametrize("literal", LITERALS)
    def test_a_literal_signature_stays_as_it_is(self, literal: str) -> None:
        """Vertex documents the text itself; through a base64 decoder it becomes other text."""
        part = types.Part.model_validate({"text": "", "thoughtSignature": literal})
        stored = types.Part.model_validate_json(part.model_dump_json())
        copied = copy.deepcopy(pickle.loads(pickle.dumps(types.Part.model_validate(part.model_dump()))))  # noqa: S301
        assert wire(part)["thoughtSignature"] == literal
        assert stored == copied == part
        assert wire(stored) == wire(copied) == wire(part)

    def test_the_literal_in_base64_stays_in_base64(self) -> None:
        """The Gemini API takes that form as well, and a history must not change on its way."""
        text = base64.b64encode(SKIP.encode()).decode()
        assert wire(types.Part.model_validate({"thoughtSignature": text})) == {"thoughtSignature": text}
        assert wire(types.Part(thought_signature=types.SKIP_THOUGHT_SIGNATURE)) == {"thoughtSignature": SKIP}


def test_int64_text_and_words_for_floats_are_read() -> None:
    """Proto JSON writes int64 as text, and what is no number as a word."""
    assert types.File.model_validate_json('{"sizeBytes": "9007199254740993"}').size_bytes == 9007199254740993
    candidate = types.Candidate.model_validate_json('{"avgLogprobs": "NaN"}')
    assert candidate.avg_logprobs != candidate.avg_logprobs
    assert candidate.model_dump_json(by_alias=True, exclude_none=True) == '{"avgLogprobs":"NaN"}'


class TestPart:
    @pytest.mark.parametrize(
        ("value", "sent"),
        [
            ("text", {"text": "text"}),
            ("", {"text": ""}),
            ({"text": "a", "thought": True}, {"text": "a", "thought": True}),
            (
                {"file_uri": "gs://b/x", "mime_type": "a/b"},
                {"fileData": {"fileUri": "gs://b/x", "mimeType": "a/b"}},
            ),
            (
                {"name": "files/1", "uri": "https://x/files/1", "mimeType": "a/b"},
                {"fileData": {"fileUri": "https://x/files/1", "mimeType": "a/b"}},
            ),
            (
                types.File(uri="https://x/files/1", mime_type="a/b", name="files/1"),
                {"fileData": {"fileUri": "https://x/files/1", "mimeType": "a/b"}},
            ),
            (types.FileData(file_uri="gs://b/x"), {"fileData": {"fileUri": "gs://b/x"}}),
            (types.FunctionCall(name="f"), {"functionCall": {"name": "f"}}),
            (types.Part(text="a", thought_signature=b"s"), {"text": "a", "thoughtSignature": "cw=="}),
            ({"newKind": {}}, {"newKind": {}}),
        ],
    )
    def test_one_value_stands_for_a_part(self, value: Any, sent: dict[str, Any]) -> None:
        assert wire(types.Part(value)) == sent

    @pytest.mark.parametrize("value", [1, b"x", {}, {"role": "user"}, types.Tool(), object(), ["a"]])
    def test_other_values_are_refused_by_type(self, value: Any) -> None:
        with pytest.raises(ValueError, match=f"{type(value).__name__} cannot stand for a part"):
            types.Part(value)

    def test_a_value_and_fields_exclude_each_other(self) -> None:
        with pytest.raises(ValueError, match="not both; fields: thought"):
            types.Part("a", thought=True)

    def test_a_file_that_is_not_uploaded_is_refused(self) -> None:
        with pytest.raises(ValueError, match="'files/1' needs uri and mime_type"):
            types.Part(types.File(name="files/1"))

    def test_constructors_carry_ids(self) -> None:
        """Gemini 3 matches parallel calls and results by id; google-genai's constructors drop it."""
        call = types.Part.from_function_call(name="f", args={}, id="1")
        result = types.Part.from_function_response(name="f", response={"a": 1}, id="1")
        assert wire(call) == {"functionCall": {"id": "1", "name": "f", "args": {}}}
        assert wire(result) == {"functionResponse": {"id": "1", "name": "f", "response": {"a": 1}}}

    @pytest.mark.parametrize("level", ["media_resolution_low", types.PartMediaResolutionLevel.MEDIA_RESOLUTION_LOW])
    def test_resolution_goes_beside_the_data(self, level: str) -> None:
        part = types.Part.from_bytes(data=b"x", mime_type="image/png", media_resolution=level)
        assert wire(part)["mediaResolution"] == {"level": "MEDIA_RESOLUTION_LOW"}

    def test_code_and_its_result(self) -> None:
        code = types.Part.from_executable_code(code="1", language=types.Language.PYTHON)
        result = types.Part.from_code_execution_result(outcome=types.Outcome.OUTCOME_OK, output="1\n")
        assert wire(code) == {"executableCode": {"language": "PYTHON", "code": "1"}}
        assert wire(result) == {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}}

    @pytest.mark.behaviour("B098")
    @pytest.mark.parametrize(
        ("uri", "mime_type"),
        [
            ("gs://b/x.pdf", "application/pdf"),
            ("https://example.org/a.WEBP?x=1", "image/webp"),
            ("https://www.youtube.com/watch?v=1", None),
            ("https://youtu.be/1", None),
            ("https://generativelanguage.googleapis.com/v1beta/files/a-1", None),
            ("files/a-1", None),
        ],
    )
    def test_a_mime_type_is_guessed_or_not_needed(self, uri: str, mime_type: str | None) -> None:
        assert types.Part.from_uri(file_uri=uri).file_data == types.FileData(file_uri=uri, mime_type=mime_type)

    @pytest.mark.behaviour("B098")
    def test_an_unknown_suffix_asks_for_a_mime_type(self) -> None:
        with pytest.raises(ValueError, match=r"No MIME type can be guessed from 'gs://b/x\.zzz'"):
            types.Part.from_uri(file_uri="gs://b/x.zzz")
        with pytest.raises(ValueError, match="No MIME type"):
            types.FunctionResponsePart.from_uri(file_uri="gs://b/x")

    def test_a_picture_is_given_as_one(self) -> None:
        picture = types.Part.from_bytes(data=b"x", mime_type="image/png").as_image()
        assert picture == types.Image(image_bytes=b"x", mime_type="image/png")
        assert types.Part("x").as_image() is None
        assert types.Part.from_bytes(data=b"x", mime_type="audio/wav").as_image() is None

    def test_a_pil_image_is_encoded_as_it_came(self) -> None:
        """A photo stays JPEG, everything else must not lose anything."""
        pil = pytest.importorskip("PIL.Image", reason="the images extra is not installed")
        drawn = types.Part(pil.new("RGB", (2, 2))).inline_data
        assert drawn is not None
        assert (drawn.mime_type, (drawn.data or b"")[:4]) == ("image/png", b"\x89PNG")

    def test_the_positional_form_costs_parsing_nothing(self) -> None:
        """Pydantic would call `__init__` for every part of every event."""
        assert types.Part.__pydantic_custom_init__ is False


class TestContent:
    def test_fixed_roles(self) -> None:
        assert wire(types.UserContent("a")) == {"parts": [{"text": "a"}], "role": "user"}
        assert wire(types.ModelContent(["a", types.Part("b")])) == {
            "parts": [{"text": "a"}, {"text": "b"}],
            "role": "model",
        }
        with pytest.raises(ValueError, match="at least one part"):
            types.UserContent([])

    def test_a_turn_equals_the_one_it_is_read_back_as(self) -> None:
        """What a chat keeps is compared with what a store gives back."""
        turn = types.UserContent("a")
        assert types.Content.model_validate_json(turn.model_dump_json()) == turn
        assert turn != types.ModelContent("a")


class TestAccessors:
    def test_text_leaves_thoughts_out(self) -> None:
        reply = part_reply({"text": "hm", "thought": True}, {"text": "a\n"}, {"text": "b"})
        assert reply.text == "a\nb"

    @pytest.mark.parametrize(
        ("reply", "text"),
        [
            (types.GenerateContentResponse(), None),
            (types.GenerateContentResponse(candidates=[]), None),
            (types.GenerateContentResponse(candidates=[types.Candidate()]), None),
            (part_reply(), None),
            (part_reply({"text": "hm", "thought": True}), None),
            (part_reply({"functionCall": {"name": "f"}}), None),
            (part_reply({"text": ""}), ""),
        ],
    )
    def test_no_text_is_none_and_empty_text_is_empty(
        self, reply: types.GenerateContentResponse, text: str | None
    ) -> None:
        assert reply.text == text

    def test_calls_code_and_results(self) -> None:
        reply = part_reply(
            {"functionCall": {"name": "f"}},
            {"executableCode": {"code": "1"}},
            {"codeExecutionResult": {"output": "2"}},
            {"functionCall": {"name": "g"}},
        )
        assert [call.name for call in reply.function_calls or []] == ["f", "g"]
        assert (reply.executable_code, reply.code_execution_result) == ("1", "2")
        assert part_reply({"text": "a"}).function_calls is None

    @pytest.mark.behaviour("B118")
    def test_hints_are_quiet(self, caplog: pytest.LogCaptureFixture) -> None:
        """google-genai warns of every reply with a call in it."""
        caplog.set_level(logging.DEBUG)
        reply = part_reply({"text": "a"}, {"functionCall": {"name": "f"}})
        assert [reply.text, reply.text] == ["a", "a"]
        assert all(record.levelno == logging.DEBUG for record in caplog.records)
        assert all(record.name == "langchain_genai_chat" for record in caplog.records)
        assert len(caplog.records) <= 1

    def test_what_is_local_is_neither_sent_nor_compared(self) -> None:
        reply, other = part_reply({"text": "a"}), part_reply({"text": "a"})
        reply.parsed = {"a": 1}
        reply.sdk_http_response = types.HttpResponse(headers={"date": "today"})
        reply.automatic_function_calling_history = [types.UserContent("q")]
        assert reply == other
        assert wire(reply) == wire(other) == {"candidates": [{"content": {"parts": [{"text": "a"}]}}]}
        assert reply != part_reply({"text": "b"})


def test_citations_have_one_name_and_keep_their_spelling() -> None:
    """Gemini writes citationSources, Vertex citations; users read `citations`."""
    for spelling in ("citationSources", "citations"):
        sent = {spelling: [{"uri": "https://example.org", "endIndex": 3}]}
        read = types.CitationMetadata.model_validate(sent)
        assert [citation.uri for citation in read.citations or []] == ["https://example.org"]
        assert wire(read) == sent
        assert wire(types.CitationMetadata.model_validate_json(json.dumps(sent))) == sent


def test_models_have_the_methods_they_serve() -> None:
    model = types.Model.model_validate({"supportedGenerationMethods": ["countTokens"]})
    assert model.supported_actions == ["countTokens"]
    assert wire(model) == {"supportedGenerationMethods": ["countTokens"]}


def test_an_mcp_failure_keeps_its_content() -> None:
    """The model can mend a call only if it reads what was wrong."""

    class Text(types.WireModel):
        text: str

    class Result:
        content = (Text(text="no such file"),)
        isError = True  # noqa: N815 - MCP's name

    response = types.FunctionResponse.from_mcp_response(name="f", response=Result())
    assert wire(response) == {"name": "f", "response": {"error": [{"text": "no such file"}]}}


def test_messages_of_another_package_are_taken_by_shape() -> None:
    """Code that still builds google-genai's parts goes on working."""
    other = pytest.importorskip("google.genai.types", reason="google-genai is not installed")
    part = other.Part(text="a", thought_signature=b"\xff")
    assert wire(types.Part(part)) == {"text": "a", "thoughtSignature": "/w=="}
    assert wire(types.Part(other.Blob(data=b"x", mime_type="a/b")))["inlineData"]["mimeType"] == "a/b"


def test_first_use_from_many_threads() -> None:
    """Validators are built at first use, which must not be a race."""
    script = """
from concurrent.futures import ThreadPoolExecutor
from langchain_genai_chat.genai import types
reply = '{"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {"a": null}}}]}}]}'
def use(number):
    read = types.GenerateContentResponse.model_validate_json(reply)
    config = types.GenerateContentConfig(temperature=0, tools=[{"googleSearch": {}}])
    return read.model_dump_json(by_alias=True), config.model_dump_json(), types.Part("a").model_dump_json()
with ThreadPoolExecutor(16) as pool:
    assert len(set(pool.map(use, range(64)))) == 1
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=110)


def test_many_threads_dump_parts_that_were_only_parsed() -> None:
    """A part that was read inside a reply is dumped by a class that nobody has built yet."""
    parts = part_reply({"text": "a"}).parts
    with ThreadPoolExecutor(8) as pool:
        dumped = set(pool.map(lambda _: to_json(parts, by_alias=True, exclude_none=True), range(64)))
    assert dumped == {b'[{"text":"a"}]'}
