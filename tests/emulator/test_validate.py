"""A body is read as proto JSON: every spelling that the service takes, and its words for what it does not.

Values only; that whole recorded requests pass is test_recorded's.
"""

import pytest

from langchain_genai_chat.emulator.refusals import RefusalError
from langchain_genai_chat.emulator.validate import read_body


def read(body):
    return read_body(body, "in.GenerateContentRequest", "gemini")


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ({"generation_config": {"top_p": 1}}, {"generationConfig": {"topP": 1}}),
        ({"generationConfig": None}, {}),
        ({"contents": {"parts": {"text": "a"}}}, {"contents": [{"parts": [{"text": "a"}]}]}),
        ({"generationConfig": {"temperature": "0.5"}}, {"generationConfig": {"temperature": 0.5}}),
        ({"generationConfig": {"topK": 40.0}}, {"generationConfig": {"topK": 40}}),
        (
            {"toolConfig": {"functionCallingConfig": {"mode": "any"}}},
            {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
        ),
        (
            {"generationConfig": {"responseSchema": {"type": "object"}}},
            {"generationConfig": {"responseSchema": {"type": "OBJECT"}}},
        ),
        (
            {"generationConfig": {"responseSchema": {"type": 1}}},
            {"generationConfig": {"responseSchema": {"type": "STRING"}}},
        ),
        (
            {"contents": [{"parts": [{"thought_signature": "-_8"}]}]},
            {"contents": [{"parts": [{"thoughtSignature": "-_8"}]}]},
        ),
        (
            {"generationConfig": {"responseJsonSchema": {"snake_case": [None]}}},
            {"generationConfig": {"responseJsonSchema": {"snake_case": [None]}}},
        ),
    ],
    ids=[
        "snake_case",
        "null",
        "one object",
        "number as string",
        "whole float",
        "lower case",
        "type",
        "enum number",
        "base64",
        "free-form",
    ],
)
def test_a_spelling_that_the_service_takes_is_read(sent, meant):
    """All are recorded, but the numbers as strings: those are documented for proto JSON."""
    assert read(sent) == meant


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"system": 1}, None, 'Invalid JSON payload received. Unknown name "system": Cannot find field.'),
        (
            {"generationConfig": {"topQ": 1}},
            "generation_config",
            "Invalid JSON payload received. Unknown name \"topQ\" at 'generation_config': Cannot find field.",
        ),
        (
            {"tools": [{"functionDeclarations": [{"parameters": {"properties": {"a": {"const": 1}}}}]}]},
            "tools[0].function_declarations[0].parameters.properties[0].value",
            (
                'Invalid JSON payload received. Unknown name "const" at '
                "'tools[0].function_declarations[0].parameters.properties[0].value': Cannot find field."
            ),
        ),
        (
            {"contents": [{"parts": [{"functionResponse": {"name": "f", "response": [1]}}]}]},
            "contents[0].parts[0].function_response",
            (
                'Invalid JSON payload received. Unknown name "response" at '
                "'contents[0].parts[0].function_response': Proto field is not repeating, cannot start list."
            ),
        ),
        (
            {"contents": [{"parts": [{"text": 5}]}]},
            "contents[0].parts[0].text",
            "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 5",
        ),
        (
            {"systemInstruction": "Be brief."},
            "system_instruction",
            (
                "Invalid value at 'system_instruction' "
                '(type.googleapis.com/google.ai.generativelanguage.v1beta.Content), "Be brief."'
            ),
        ),
        (
            {"generationConfig": {"temperature": "warm"}},
            "generation_config.temperature",
            "Invalid value at 'generation_config.temperature' (TYPE_FLOAT), \"warm\"",
        ),
        (
            {"generationConfig": {"topK": 1.5}},
            "generation_config.top_k",
            "Invalid value at 'generation_config.top_k' (TYPE_INT32), 1.5",
        ),
        (
            {"contents": [{"parts": [{"inlineData": {"mimeType": "a/b", "data": "?"}}]}]},
            "contents[0].parts[0].inline_data.data",
            ("Invalid value at 'contents[0].parts[0].inline_data.data' (TYPE_BYTES), Base64 decoding failed for \"?\""),
        ),
        (
            {"serviceTier": "best"},
            "service_tier",
            "Invalid value at 'service_tier' (TYPE_ENUM), \"best\"",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place_in_googles_words(body, field, words):
    """glowingjade/obsidian-smart-composer#455, zed-industries/zed#44875 and #53919 quote the bodies."""
    with pytest.raises(RefusalError) as caught:
        read(body)
    error = caught.value.fault.body["error"]
    assert error["message"] == words
    (violation,) = error["details"][0]["fieldViolations"]
    assert (violation.get("field"), violation["description"]) == (field, words)


def test_all_complaints_come_at_once():
    """MinLL/SkyrimNet-GamePlugin#77: one line and one violation for each."""
    with pytest.raises(RefusalError) as caught:
        read({"a": 1, "b": 2})
    error = caught.value.fault.body["error"]
    assert error["message"].count("\n") == 1
    assert len(error["details"][0]["fieldViolations"]) == 2


def test_a_body_that_is_no_object_is_refused():
    """The message at the root must be an object."""
    with pytest.raises(RefusalError, match="Root element must be a message"):
        read([])
