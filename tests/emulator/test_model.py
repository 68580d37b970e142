"""What the emulator's own model says: deterministic, counted, and fit for Google's published answer.

Values only, without HTTP.
"""

import json
from pathlib import Path

import jsonschema
import pytest

from langchain_genai_chat.emulator.asked import Asked
from langchain_genai_chat.emulator.catalogue import load_models
from langchain_genai_chat.emulator.model import THOUGHT, answer, answer_in_events, count_tokens

MODELS = load_models()
SCHEMAS = Path(__file__).parents[2] / "langchain_genai_chat" / "emulator" / "schemas"
DOCUMENT = json.loads((SCHEMAS / "generativelanguage.v1beta.schema.json").read_text("utf-8"))
RESPONSE = jsonschema.Draft202012Validator({**DOCUMENT, "$ref": "#/$defs/out.GenerateContentResponse"})
CONFIGS = [
    {},
    {"candidateCount": 3},
    {"maxOutputTokens": 5},
    {"stopSequences": ["words"]},
    {"stopSequences": ["You"]},
    {"responseMimeType": "application/json"},
    {"thinkingConfig": {"includeThoughts": True}},
]


def asking(*texts, model="gemini-2.5-flash", **config):
    contents = [{"role": "model" if i % 2 else "user", "parts": [{"text": text}]} for i, text in enumerate(texts)]
    return Asked(body={"contents": contents, "generationConfig": config}, model=MODELS[model])


def said(asked):
    return answer(asked, 1)["candidates"][0]["content"]["parts"][-1]["text"]


def parts_of(events, index):
    found = [c for event in events for c in event["candidates"] if c["index"] == index]
    return [part for candidate in found for part in candidate["content"]["parts"]], found[-1].get("finishReason")


@pytest.mark.parametrize(
    ("texts", "reply"),
    [
        (["Hello"], "Hello! How can I help you?"),
        (["Hi, my name is Alice."], "Nice to meet you, Alice."),
        (["My name is Alice", "Nice to meet you, Alice.", "What was my name?"], "Your name is Alice."),
        (["My name is Zoë", "Nice.", "And what's my name?"], "Your name is Zoë."),
        (["What is my name?"], "You have not told me your name."),
        (["Rain again."], "You said: Rain again."),
        ([""], "You said nothing."),
    ],
)
def test_a_rule_fits_the_last_message(texts, reply):
    """Enough for a conversation that remembers, and nothing that looks like a mind."""
    assert said(asking(*texts)) == reply


def test_a_result_and_a_file_are_acknowledged():
    """An echo of nothing would be silly after a tool or an image."""
    result = {"functionResponse": {"name": "add", "response": {"result": 3}}}
    error = {"functionResponse": {"name": "add", "response": {"error": "no such number"}}}
    image = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    within = {"functionResponse": {"name": "draw", "response": {}, "parts": [image]}}
    uri = {"fileData": {"mimeType": "video/mp4", "fileUri": "https://example.com/a.mp4"}}
    for part, reply in (
        (result, 'add returned {"result": 3}.'),
        (error, "add failed: no such number."),
        (image, "I see image/png, 3 bytes."),
        (within, "draw returned {}. I see image/png, 3 bytes."),
        (uri, "I see video/mp4 at https://example.com/a.mp4."),
    ):
        asked = Asked(body={"contents": [{"parts": [part]}]}, model=MODELS["gemini-2.5-flash"])
        assert said(asked) == reply


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3.5-flash"])
@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_a_stream_sums_to_the_whole_answer(config, model):
    """Invoke and the sum of stream are compared by everyone who tests with this server."""
    asked = asking("A message of some words.", model=model, **config)
    whole, events = answer(asked, 1), list(answer_in_events(asked, 1))
    for response in (whole, *events):
        RESPONSE.validate(response)
    for index, candidate in enumerate(whole["candidates"]):
        parts, reason = parts_of(events, index)
        for kind in (True, None):
            assert "".join(p["text"] for p in parts if p.get("thought") == kind) == "".join(
                p["text"] for p in candidate["content"]["parts"] if p.get("thought") == kind
            )
        assert [p["thoughtSignature"] for p in parts if "thoughtSignature" in p] == [
            p["thoughtSignature"] for p in candidate["content"]["parts"] if "thoughtSignature" in p
        ]
        assert reason == candidate["finishReason"]
    assert events[-1]["usageMetadata"] == whole["usageMetadata"]


def test_the_same_request_gives_the_same_answer_under_another_id():
    """Reproducible in a sequence, and no two responses are confused."""
    first, again, second = (answer(asking("Hello"), number) for number in (1, 1, 2))
    assert first == again
    assert first.pop("responseId") != second.pop("responseId")
    assert first == second


@pytest.mark.parametrize(
    ("config", "text", "reason"),
    [
        ({"stopSequences": ["two", "one"]}, "You said: ", "STOP"),
        ({"stopSequences": ["absent"]}, "You said: one two three", "STOP"),
        ({"maxOutputTokens": 4}, "You said: one", "MAX_TOKENS"),
        ({"maxOutputTokens": 400}, "You said: one two three", "STOP"),
    ],
    ids=str,
)
def test_an_answer_is_cut_where_the_request_says(config, text, reason):
    """The text so far: rig-max-tokens-truncation-preserves-finish-reason-and-partial-text-0f25b060."""
    candidate = answer(asking("one two three", **config), 1)["candidates"][0]
    assert (candidate["content"]["parts"][0]["text"], candidate["finishReason"]) == (text, reason)


def test_candidates_are_told_apart_and_json_is_json():
    """n=2 must show which is which; a JSON mime type must parse in each."""
    two = answer(asking("a", candidateCount=2), 1)["candidates"]
    assert [one["content"]["parts"][0]["text"] for one in two] == ["You said: a", "You said: a (candidate 2)"]
    assert [one["index"] for one in two] == [0, 1]
    for one in answer(asking('a "b"', candidateCount=2, responseMimeType="application/json"), 1)["candidates"]:
        assert json.loads(one["content"]["parts"][0]["text"]) == {"answer": 'You said: a "b"'}


def test_counts_are_consistent():
    """The prompt count is what countTokens says; totals are sums; MAX_TOKENS counts exactly the limit."""
    asked = asking(
        "one two three", model="gemini-3.5-flash", maxOutputTokens=3, thinkingConfig={"includeThoughts": True}
    )
    usage = answer(asked, 1)["usageMetadata"]
    assert usage["promptTokenCount"] == sum(one["tokenCount"] for one in count_tokens(asked.body))
    assert usage["candidatesTokenCount"] == 3
    assert usage["thoughtsTokenCount"] > 0
    parts = ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount")
    assert usage["totalTokenCount"] == sum(usage[part] for part in parts)


def test_tokens_are_counted_by_modality():
    """openinference-test-generate-content-describe-image-true-aedcc062: 258 for an image, beside the text."""
    body = {
        "systemInstruction": {"parts": [{"text": "one"}]},
        "tools": [{"googleSearch": {}}],
        "contents": [
            {
                "parts": [
                    {"text": "two"},
                    {"inlineData": {"mimeType": "image/png", "data": ""}},
                    {"functionResponse": {"parts": [{"inlineData": {"mimeType": "application/pdf"}}]}},
                    {"fileData": {"mimeType": "audio/wav", "fileUri": "gs://a/b"}},
                ]
            }
        ],
    }
    counts = {one["modality"]: one["tokenCount"] for one in count_tokens(body)}
    assert (counts["IMAGE"], counts["DOCUMENT"], counts["AUDIO"]) == (258, 258, 258)
    assert 2 < counts["TEXT"] < 30


def test_thoughts_come_first_and_only_when_asked_of_a_model_that_thinks():
    """rig-streaming-code-execution-with-visible-thoughts-073ec68a."""
    shown = {"includeThoughts": True}
    parts = answer(asking("a", thinkingConfig=shown), 1)["candidates"][0]["content"]["parts"]
    assert parts[0] == {"text": THOUGHT, "thought": True}
    for asked in (
        asking("a"),
        asking("a", thinkingConfig={**shown, "thinkingBudget": 0}),
        asking("a", model="gemini-2.0-flash", thinkingConfig=shown),
    ):
        assert len(answer(asked, 1)["candidates"][0]["content"]["parts"]) == 1


def test_gemini_3_signs_its_last_text_and_older_models_do_not():
    """In a stream on a last empty part, chatlas-test-google-document-54d61679."""
    signed = asking("a", model="gemini-3.5-flash")
    assert answer(signed, 1)["candidates"][0]["content"]["parts"][-1]["thoughtSignature"]
    last = list(answer_in_events(signed, 1))[-1]["candidates"][0]["content"]["parts"][0]
    assert (last["text"], "thoughtSignature" in last) == ("", True)
    assert "thoughtSignature" not in str(answer(asking("a"), 1))
    assert answer(asking("a", model="gemini-flash-latest"), 1)["modelVersion"] == "gemini-3.6-flash"
