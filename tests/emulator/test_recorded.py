"""What Google answered passes the emulator, and what Google refused for the request's own sake does not.

Reads the recordings named by GENAI_RECORDINGS; they are real traffic of many clients.
"""

import json
import os
from pathlib import Path

import jsonschema
import pytest

from langchain_genai_chat.emulator.asked import Asked
from langchain_genai_chat.emulator.catalogue import load_models
from langchain_genai_chat.emulator.model import answer, answer_in_events
from langchain_genai_chat.emulator.refusals import RefusalError
from langchain_genai_chat.emulator.rules import check, find_model
from langchain_genai_chat.emulator.validate import DOCUMENTS, read_body

WHERE = os.environ.get("GENAI_RECORDINGS")
SCHEMAS = Path(__file__).parents[2] / "langchain_genai_chat" / "emulator" / "schemas"
FILES = ("gemini-generate", "gemini-stream", "count-tokens", "vertex-generate", "vertex-stream", "errors")
MESSAGES = {
    "generateContent": "in.GenerateContentRequest",
    "streamGenerateContent": "in.GenerateContentRequest",
    "countTokens": "in.CountTokensRequest",
}
MODELS = load_models()
NEWEST = next(iter(MODELS.values()))

# Google answered these and the emulator refuses them: id -> why.
REFUSED_ALTHOUGH_ANSWERED: dict[str, str] = {}

# Google refused these and the emulator cannot, from the request alone: id -> why.
CANNOT_BE_REFUSED = {
    "crewai-testagentmultimodalgemini-test-mixed-files-gemini-gemini-2-0-fl-5b42d611": "429, quota",
    "ruby-llm-chat-real-error-scenarios-gemini-gemini-2-5-flash-handles-con-e72fdaa3": "429, quota",
    "rig-auth-rejection-keeps-transport-shape-7c731f0c": "the key was wrong, which the recording leaves out",
    "mirascope-google-gemini-2-5-flash-a48ce0de": "the key was wrong, which the recording leaves out",
    "adk-go-testmodel-trackingheaders-verifies-headers-are-set-vertex-enabl-18d9c7fe": "401, credentials",
    "pydantic-ai-test-multimodal-tool-return-matrix-direct-url-image-google-7ee2a5fd": "robots.txt of a URL",
    "pydantic-ai-test-multimodal-tool-return-matrix-tool-return-content-url-5e80c58d": "robots.txt of a URL",
}

# Models that answered when they were recorded and are gone from Google's later list.
RETIRED = {
    *("gemini-1.5-flash", "gemini-1.5-flash-latest", "gemini-1.5-pro-latest"),
    *("gemini-2.0-flash-thinking-exp", "gemini-2.0-flash-thinking-exp-01-21"),
    *(
        "gemini-2.5-flash-preview-05-20",
        "gemini-2.5-flash-lite-preview-06-17",
        "gemini-2.5-pro-preview-03-25",
    ),
    "gemini-embedding-2-preview",  # counts tokens, generates nothing
}


def recorded():
    if WHERE is None:
        return []
    lines = [line for name in FILES for line in (Path(WHERE) / f"{name}.jsonl").read_text("utf-8").splitlines()]
    exchanges = [json.loads(line) for line in lines]
    return [one for one in exchanges if one["method"] in MESSAGES and one["request"] is not None]


EXCHANGES = recorded()
ANSWERED = [one for one in EXCHANGES if one["status"] == 200]
REFUSED = [one for one in EXCHANGES if one["status"] >= 400]

pytestmark = pytest.mark.skipif(WHERE is None, reason="GENAI_RECORDINGS names no folder of recordings")


def judge(exchange) -> None:
    body = read_body(exchange["request"], MESSAGES[exchange["method"]], exchange["api"])
    asked = body.get("generateContentRequest", body)
    check(Asked(body=asked, model=MODELS.get(exchange["model"], NEWEST), backend=exchange["api"]))


def refusal_of(exchange) -> str | None:
    try:
        judge(exchange)
    except RefusalError as refusal:
        return str(refusal)
    return None


def test_every_recorded_request_that_google_answered_passes():
    """The emulator refuses only what Google refuses; an exception is listed with its reason."""
    refused = {one["id"]: why for one in ANSWERED if (why := refusal_of(one))}
    assert refused.keys() == REFUSED_ALTHOUGH_ANSWERED.keys(), refused
    assert len(ANSWERED) > 1000


def test_every_recorded_refusal_of_a_request_is_a_refusal_here():
    """A request that Google refuses fails against the emulator too, or the list says why it cannot."""
    passed = set()
    for one in REFUSED:
        unknown = one["api"] == "gemini" and one["model"] not in MODELS
        gone = one["api"] == "vertex" and one["status"] == 404  # Vertex's models are served later
        if not (unknown or gone or refusal_of(one)):
            passed.add(one["id"])
    assert passed == CANNOT_BE_REFUSED.keys()


def test_every_model_that_answered_is_served_unless_retired():
    """A user of any current model can point at the emulator without naming it first."""
    answered = {one["model"] for one in ANSWERED if one["model"]}
    assert answered - MODELS.keys() == RETIRED
    for name in answered & MODELS.keys():
        assert find_model(MODELS, name, "v1beta", "generateContent").name == name


@pytest.mark.parametrize("backend", ["gemini", "vertex"])
def test_what_was_read_fits_the_published_schema_by_another_judge(backend):
    """The emulator reads the schema itself, for speed and Google's words; jsonschema must agree."""
    document = json.loads((SCHEMAS / f"{DOCUMENTS[backend][0]}.schema.json").read_text("utf-8"))
    judges = {
        message: jsonschema.Draft202012Validator({**document, "$ref": f"#/$defs/{message}"})
        for message in set(MESSAGES.values())
    }
    for one in ANSWERED:
        if one["api"] == backend:
            message = MESSAGES[one["method"]]
            body = read_body(one["request"], message, backend)
            error = next(judges[message].iter_errors(body), None)
            assert error is None, (one["id"], error)


def test_every_recorded_request_gets_an_answer_whose_calls_fit_their_declarations():
    """Real prompts, tools and schemas: no rule of the emulator's model may stumble over one."""
    called = 0
    for one in ANSWERED:
        if one["method"] == "countTokens":
            continue
        body = read_body(one["request"], MESSAGES[one["method"]], one["api"])
        asked = Asked(body=body, model=MODELS.get(one["model"], NEWEST), backend=one["api"])
        content = answer(asked, 1)["candidates"][0]["content"]
        assert list(answer_in_events(asked, 1))[-1]["candidates"][0]["finishReason"]
        tools = {tool["name"]: tool for tool in asked.declarations.values()}
        for call in (part["functionCall"] for part in content["parts"] if "functionCall" in part):
            schema = tools[call["name"]].get("parametersJsonSchema") or {}
            jsonschema.validate(call["args"], schema)
            called += 1
    assert called > 100
