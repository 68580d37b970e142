"""Each rule that the emulator enforces, broken once, and who saw Google refuse the same.

Rules over a body are tried as values, those over paths, keys and what is kept over the wire.
"""

import json
import os
import re
from base64 import b64encode
from pathlib import Path

import httpx
import pytest

from langchain_genai_chat.emulator import Emulator
from langchain_genai_chat.emulator.asked import Asked
from langchain_genai_chat.emulator.catalogue import load_models
from langchain_genai_chat.emulator.refusals import RefusalError, read_schema
from langchain_genai_chat.emulator.rules import RULES, check, check_key, find_model
from langchain_genai_chat.emulator.signatures import sign
from langchain_genai_chat.emulator.validate import read_body

MODELS = load_models()
REFUSALS = read_schema("refusals")
HELLO = {"role": "user", "parts": [{"text": "Hello"}]}
CALLED = {"functionCall": {"name": "f", "args": {}}}
ANSWERED = {"functionResponse": {"name": "f", "response": {}}}
CALL = {"role": "model", "parts": [CALLED]}
TWO_CALLS = {"role": "model", "parts": [CALLED, CALLED]}
ANSWER = {"role": "user", "parts": [ANSWERED]}
F = {"name": "f"}


def asking(contents=(HELLO,), config=None, **body):
    return {"contents": list(contents), **({"generationConfig": config} if config else {}), **body}


def refusal(body, backend="gemini", model="gemini-2.5-flash"):
    read = read_body(body, "in.GenerateContentRequest", backend)
    asked = Asked(body=read, model=MODELS[model], backend=backend)
    with pytest.raises(RefusalError) as caught:
        check(asked)
    error = caught.value.fault.body["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    return error["message"], str(caught.value)


GEMINI_3 = "gemini-3.5-flash"
IMAGE_MODEL = "gemini-3-pro-image"
FILLER = "skip_thought_signature_validator"


def signed(signature, part=None):
    return {"role": "model", "parts": [{**(part or CALLED), "thoughtSignature": signature}]}


# rule, body, a piece of Google's words, a piece of the evidence
BROKEN = [
    ("contents must be given", asking([]), "contents is not specified", "vercel/ai#3775"),
    ("contents must be given", {}, "contents is not specified", "langchain-google#1393"),
    (
        "every content must have parts",
        asking([HELLO, {"role": "model", "parts": []}, HELLO]),
        "contents[1].parts: contents.parts must not be empty.",
        "egoist/chatwise-releases#250",
    ),
    ("every content must have parts", asking([{"role": "user"}]), "contents[0].parts", "vercel/ai#3775"),
    (
        "every part must hold something",
        asking([{"role": "user", "parts": [{"text": "a"}, {}]}]),
        "contents[0].parts[1].data: required oneof field 'data' must have one initialized field",
        "genkit-ai/genkit#3816",
    ),
    (
        "every part must hold something",
        asking(systemInstruction={"parts": [{}]}),
        "system_instruction.parts[0].data",
        "genkit-ai/genkit#3816",
    ),
    (
        "a role must be user or model",
        asking([{"role": "assistant", "parts": [{"text": "a"}]}]),
        "Please use a valid role: user, model.",
        "test-generate-content-invalid-role-60e64a24",
    ),
    (
        "a function call must not come first",
        asking([CALL, ANSWER]),
        "function call turn comes immediately after a user turn",
        "google-gemini/gemini-cli#11814",
    ),
    (
        "function responses must be as many as their calls",
        asking([HELLO, TWO_CALLS, ANSWER]),
        "number of function response parts is equal to the number of function call parts",
        "google-gemini/gemini-cli#16415",
    ),
    (
        "function responses must follow a call",
        asking([HELLO, CALL, HELLO, ANSWER]),
        "function response turn comes immediately after a function call turn",
        "langchain-ai/langchain#27799",
    ),
    (
        "a number must be within its range",
        asking(config={"temperature": 1000}),
        "a temperature value of 1000 but the supported range is from 0 (inclusive) to 2.0001 (exclusive)",
        "test-generate-content-invalid-temperature-3f7c8d9b",
    ),
    (
        "a number must be within its range",
        asking(config={"maxOutputTokens": 65537}),
        "a maxOutputTokens value of 65537 but the supported range is from 1 (inclusive) to 65537 (exclusive)",
        "stackblitz-labs/bolt.diy#955",
    ),
    (
        "stop sequences must be at most 5",
        asking(config={"stopSequences": list("abcdef")}),
        "invalid argument",
        "GenerationConfig.stopSequences",
    ),
    (
        "logprobs need response logprobs",
        asking(config={"logprobs": 3}),
        "invalid argument",
        "GenerationConfig.logprobs",
    ),
    (
        "a response schema needs a response mime type",
        asking(config={"responseJsonSchema": {"type": "object"}}),
        "invalid argument",
        "GenerationConfig.responseSchema",
    ),
    (
        "thinking budget and level exclude each other",
        asking(config={"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"}}),
        "only one of thinking budget and thinking level",
        "docs/gemini-3",
    ),
    (
        "a function name must be an identifier",
        asking(tools=[{"functionDeclarations": [F, {"name": "my tool"}]}]),
        "tools[0].function_declarations[1].name: Invalid function name.",
        "google-gemini/gemini-cli#9535",
    ),
    (
        "a function must be declared once",
        asking(tools=[{"functionDeclarations": [F]}, {"functionDeclarations": [F]}]),
        "Duplicate function declaration found: f",
        "tridz-dev/huf#341",
    ),
    (
        "a function calling config needs declarations",
        asking(tools=[{"googleSearch": {}}], toolConfig={"functionCallingConfig": {"mode": "AUTO"}}),
        "Function calling config is set without function_declarations.",
        "pydantic/pydantic-ai#5791",
    ),
    (
        "what a cache holds must not be sent beside it",
        asking(cachedContent="cachedContents/1", tools=[{"googleSearch": {}}]),
        "CachedContent can not be used with GenerateContent request setting system_instruction",
        "deprecated-generative-ai-python#664",
    ),
    (
        "a function response must be named",
        asking([HELLO, CALL, {"role": "user", "parts": [{"functionResponse": {"response": {}}}]}]),
        "contents[2].parts[0].function_response.name: Name cannot be empty.",
        "langflow-ai/langflow#9437",
    ),
    (
        "functions and json go together from gemini 3 on",
        asking(tools=[{"functionDeclarations": [F]}], config={"responseMimeType": "application/json"}),
        "Function calling with a response mime type: 'application/json' is unsupported",
        "googleapis/python-genai#867",
    ),
]

# the same of Gemini 3: rule, body, words, backend, a piece of the evidence
OF_GEMINI_3 = [
    (
        "function responses must have the names and ids of their calls",
        asking([HELLO, signed(FILLER), {"parts": [{"functionResponse": {"name": "g", "response": {}}}]}]),
        "invalid argument",
        "gemini",
        "archestra-ai/archestra#7583",
    ),
    (
        "function responses must have the names and ids of their calls",
        asking(
            [
                HELLO,
                signed(FILLER, {"functionCall": {"name": "f", "id": "1"}}),
                {"parts": [{"functionResponse": {"id": "2", "name": "f", "response": {}}}]},
            ]
        ),
        "invalid argument",
        "gemini",
        "BerriAI/litellm#34603",
    ),
    (
        "a call of the current turn must be signed",
        asking([HELLO, signed(FILLER), ANSWER, CALL, ANSWER]),
        "function call `default_api:f` , position 4.",
        "gemini",
        "manthanabc/paws#103",
    ),
    (
        "a call of the current turn must be signed",
        asking([HELLO, CALL, ANSWER]),
        "function call `default_api:f` in the 2. content block is missing a `thought_signature`",
        "vertex",
        "on Vertex: pydantic/pydantic-ai#3881",
    ),
    (
        "a signature must be that of its call",
        asking([HELLO, signed(sign({"functionCall": {"name": "f", "args": {"a": 1}}})), ANSWER]),
        "Corrupted thought signature.",
        "gemini",
        "google-gemini/gemini-cli#13467",
    ),
    (
        "a signature must be that of its call",
        asking([HELLO, signed("6IS7b6pk3TT7a3MhNMF21PJPWnOAhsk61aAUXOLwVdY="), ANSWER]),
        "Corrupted thought signature.",
        "gemini",
        "NikkeTryHard/zerogravity#98",
    ),
    (
        "a signature must be that of its call",
        asking([HELLO, signed(b64encode(FILLER.encode()).decode()), ANSWER]),
        "Thought signature is not valid.",
        "vertex",
        "on Vertex: langchain-ai/langchain-google#1581",
    ),
    (
        "images of the last answer must be signed",
        asking([HELLO, {"role": "model", "parts": [{"text": "a"}, {"inlineData": {"data": ""}}]}, HELLO]),
        "Image part is missing a thought_signature in content position 2, part position 2.",
        "gemini",
        "langchain-ai/langchain-google#1431",
    ),
]


KEY = {"x-goog-api-key": "right"}
VERTEX = "/v1beta1/projects/p/locations/global"
BEGUN = {"x-goog-upload-header-content-length": "9", "x-goog-upload-header-content-type": "text/plain"}
BYTES = {"x-goog-upload-command": "upload", "x-goog-upload-offset": "5"}
GENERATE = "/v1beta/models/gemini-2.5-flash:generateContent"
PHOTOS = "developers.google.com/photos/library/guides/resumable-uploads"

# over the wire: rule, (method, path, headers, body), (status, a piece of Google's words), a piece of the evidence
AT_THE_DOOR = [
    (
        "an API key must come",
        ("POST", GENERATE, {}, asking()),
        (403, "unregistered callers"),
        "PublicAffairs/openai-gemini#92",
    ),
    (
        "the API key must be right",
        ("POST", GENERATE, {"x-goog-api-key": "wrong"}, asking()),
        (400, "API_KEY_INVALID"),
        "mirascope-google-gemini-2-5-flash-a48ce0de",
    ),
    (
        "a token must not be over",
        (
            "POST",
            f"{VERTEX}/publishers/google/models/gemini-2.5-flash:generateContent",
            {"authorization": "Bearer emulated-token-0"},
            asking(),
        ),
        (401, "Expected OAuth 2 access token"),
        "googleapis/google-cloud-python#15080",
    ),
    (
        "a path must be that of a method",
        ("POST", "/v1beta/models/gemini-2.5-flash:sing", KEY, asking()),
        (404, "Error 404 (Not Found)!!1"),
        "vertexai-sdk-test-data-unary-failure-invalid-location-url-not-found-ht-2702fa34",
    ),
    (
        "a path must be that of a method",
        ("PATCH", "/v1beta/files/a", KEY, {}),
        (404, "Error 404 (Not Found)!!1"),
        "vertexai-sdk-test-data-unary-failure-invalid-location-url-not-found-ht-2702fa34",
    ),
    (
        "a body must be JSON",
        ("POST", GENERATE, KEY, b"{"),
        (400, "Invalid JSON payload received."),
        "MinLL/SkyrimNet-GamePlugin#77",
    ),
    (
        "a body must fit the published schema",
        ("POST", GENERATE, KEY, {"system": 1}),
        (400, "Unknown name"),
        "glowingjade/obsidian-smart-composer#455",
    ),
    (
        "a page must be one of the list",
        ("GET", "/v1beta/models?pageToken=x", KEY, b""),
        (400, "invalid argument"),
        "https://google.aip.dev/158",
    ),
    (
        "a model must be listed",
        ("GET", "/v1beta/models/gemini-3.6-flahs", KEY, b""),
        (404, "is not found for API version v1beta"),
        "pydantic-ai-test-model-name-suggestion-google-86f66ec2",
    ),
    (
        "a model must be listed",
        ("POST", f"{VERTEX}/publishers/google/models/none:generateContent", KEY, asking()),
        (404, "Publisher Model `projects/p/locations/global/publishers/google/models/none` not found."),
        "opentelemetry-python-contrib-test-generate-content-missing-model-d7161f98",
    ),
    (
        "an upload must have begun",
        ("POST", "/upload/v1beta/files?upload_id=none", BYTES, b""),
        (404, "Requested entity was not found."),
        PHOTOS,
    ),
    (
        "a chunk must follow what has come",
        ("POST", "/upload/v1beta/files?upload_id=u_1", BYTES, b""),
        (400, "invalid argument"),
        PHOTOS,
    ),
    (
        "a file must be there",
        ("GET", "/v1beta/files/none", KEY, b""),
        (403, "access the File none or it may not exist."),
        "langgenius/dify-plugin-daemon#192",
    ),
    (
        "a cache must be there",
        ("GET", "/v1beta/cachedContents/none", KEY, b""),
        (403, "CachedContent not found"),
        "rig-explicit-cache-expired-f73b672a",
    ),
    (
        "a cache must be there on Vertex",
        ("GET", f"{VERTEX}/cachedContents/none", KEY, b""),
        (404, "Not found: cache content metadata none."),
        "vertexai-sdk-test-data-unary-failure-context-cache-not-found-707cd335",
    ),
]


@pytest.mark.parametrize(("rule", "body", "words", "evidence"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_request_that_breaks_the_rule_is_refused_in_googles_words(rule, body, words, evidence):
    """Each row names who saw Google refuse this; without such a witness a rule may not exist."""
    message, why = refusal(body)
    assert words in message
    assert why.startswith(rule)
    assert evidence in why


@pytest.mark.parametrize(
    ("rule", "body", "words", "backend", "evidence"), OF_GEMINI_3, ids=[row[0] for row in OF_GEMINI_3]
)
def test_gemini_3_refuses_more_and_2_5_does_not(rule, body, words, backend, evidence):
    """Signatures are checked from Gemini 3 on; https://ai.google.dev/gemini-api/docs/thought-signatures."""
    model = IMAGE_MODEL if "image" in rule else GEMINI_3
    message, why = refusal(body, backend, model)
    assert words in message
    assert why.startswith(rule)
    assert evidence in why
    read = read_body(body, "in.GenerateContentRequest", backend)
    check(Asked(body=read, model=MODELS["gemini-2.5-flash"], backend=backend))


CALL_SIGNATURE = sign(CALLED)
# contents, model, a note
TAKEN_BY_GEMINI_3 = [
    ([HELLO, signed(CALL_SIGNATURE), ANSWER], GEMINI_3, "the emulator's own"),
    ([HELLO, signed(CALL_SIGNATURE.translate(str.maketrans("+/", "-_"))), ANSWER], GEMINI_3, "URL-safe"),
    ([HELLO, signed(FILLER), ANSWER], GEMINI_3, "the documented filler"),
    ([HELLO, signed("context_engineering_is_the_way_to_go"), ANSWER], GEMINI_3, "the other filler"),
    ([HELLO, signed(b64encode(FILLER.encode()).decode()), ANSWER], GEMINI_3, "recorded: its base64"),
    ([HELLO, signed("EjQKMgG+Pvb7"), ANSWER], GEMINI_3, "Google's, which cannot be judged here"),
    ([HELLO, CALL, ANSWER, HELLO], GEMINI_3, "an earlier turn is not checked"),
    (
        [
            HELLO,
            {"role": "model", "parts": [*signed(FILLER)["parts"], CALLED]},
            {"parts": [ANSWERED, ANSWERED]},
        ],
        GEMINI_3,
        "only the first of parallel calls",
    ),
    ([HELLO, signed("QUJD", {"text": "a"}), HELLO], GEMINI_3, "an unknown one on a text"),
    ([HELLO, signed(FILLER, {"inlineData": {"data": ""}}), HELLO], IMAGE_MODEL, "an image that is signed"),
]


@pytest.mark.parametrize(("contents", "model", "note"), TAKEN_BY_GEMINI_3, ids=[row[2] for row in TAKEN_BY_GEMINI_3])
def test_gemini_3_takes_what_it_documents(contents, model, note):
    """Strict on the first call of each step in the current turn, and on nothing else."""
    read = read_body(asking(contents), "in.GenerateContentRequest", "gemini")
    check(Asked(body=read, model=MODELS[model]))


@pytest.fixture(scope="module")
def emulator():
    with Emulator(api_key="right") as emulator:
        emulator_url = f"{emulator.base_url}/upload/v1beta/files"
        assert httpx.post(emulator_url, headers={**KEY, **BEGUN}, json={"file": {}}).is_success
        yield emulator


@pytest.mark.parametrize(("rule", "asked", "refused", "evidence"), AT_THE_DOOR, ids=[row[0] for row in AT_THE_DOOR])
def test_what_is_refused_at_the_door_says_its_rule_too(emulator, rule, asked, refused, evidence):
    """Paths, keys and things kept are refused as Google does, and `refused` tells who saw it."""
    method, path, headers, body = asked
    status, words = refused
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = httpx.request(method, emulator.base_url + path, headers=headers, content=raw)
    assert answer.status_code == status
    assert words in answer.text
    received = emulator.requests[-1]
    assert received.status == status
    assert received.refused.startswith(rule)
    assert evidence in received.refused


CITATION = re.compile(
    r"(?:on Vertex: )?(?:(?P<recording>[a-z][a-z0-9-]+-[0-9a-f]{8})|[\w.-]+/[\w.-]+#\d+(?:, .+)?"
    r"|https://(?:ai|docs\.cloud|developers|google\.aip)\.(?:google\.dev|google\.com|dev)/.+"
    r"|discovery document, [A-Z]\w+(?:\.\w+)?: .+)"
)


def test_every_rule_has_a_row_above_with_its_witness():
    """A rule that nothing breaks is one that nobody knows to hold, and one without a witness may not exist."""
    rows = {row[0] for row in [*BROKEN, *OF_GEMINI_3, *AT_THE_DOOR]}
    assert REFUSALS.keys() == rows
    assert RULES.keys() <= rows
    for rule, known in REFUSALS.items():
        assert known["seen"], rule
        assert [one for one in known["seen"] if CITATION.fullmatch(one) is None] == [], rule


def test_every_recording_that_is_cited_is_of_a_refusal():
    """What Google answered with 200 is no witness; it would be the opposite."""
    if (folder := os.environ.get("GENAI_RECORDINGS")) is None:
        pytest.skip("GENAI_RECORDINGS names no folder of recordings")
    lines = [line for path in sorted(Path(folder).glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    status = {one["id"]: one["status"] for one in map(json.loads, lines)}
    found = [CITATION.fullmatch(one) for known in REFUSALS.values() for one in known["seen"]]
    cited = [match["recording"] for match in found if match is not None and match["recording"]]
    assert len(cited) >= 8
    assert [one for one in cited if status[one] < 400] == []


def test_only_the_list_of_rules_refuses():
    """A refusal that is made anywhere else would have no witness."""
    folder = Path(__file__).parents[2] / "langchain_genai_chat" / "emulator"
    text = "\n".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    raised = re.findall(r"RefusalError\(\s*(rule|\"[^\"]+\")", text)
    assert len(raised) == text.count("RefusalError(") - text.count("class RefusalError(")
    named = {one.strip('"') for one in raised} - {"rule"}
    assert named | RULES.keys() == REFUSALS.keys()


# body, a recorded request of the kind that Google answered
TAKEN = [
    (
        asking([HELLO, CALL, HELLO]),
        "js-genai-chats-tests-chats-function-calling-google-ai-with-function-ca-158a0e9a",
    ),
    (
        asking([HELLO, TWO_CALLS, ANSWER, ANSWER]),
        "crewai-testgemininativetoolcalling-test-gemini-parallel-native-tool-ca-9caf094a",
    ),
    (
        asking([HELLO, CALL, CALL, {"role": "user", "parts": [ANSWERED, ANSWERED]}]),
        "pydantic-ai-test-cross-provider-capability-replay-google-gemini-3-flas-e8e8617a",
    ),
    (asking([HELLO, HELLO]), "rig-request-patch-injects-context-and-narrows-active-tools-blocking-9bb9bbeb"),
    (asking([HELLO, {**HELLO, "role": "model"}]), "mirascope-encodes-assistant-message-2faea241"),
    (asking([HELLO, CALL, {**ANSWER, "role": "function"}]), "braintrust-...-v1-750bb22b"),
    ({"contents": {"parts": {"text": "Hi"}}}, "sublayer-...-generator-c5ca08a1"),
    (asking([{"role": "user", "parts": [{"text": ""}]}]), "mirascope-handles-empty-string-content-5dd8aec8"),
    (
        asking([HELLO, {"role": "model", "parts": [{"thought": True, "thoughtSignature": "QUJD"}]}]),
        "ruby-...-e99d8c7d",
    ),
    (
        asking(
            tools=[{"googleSearch": {}}],
            toolConfig={"functionCallingConfig": {"mode": "AUTO"}, "includeServerSideToolInvocations": True},
        ),
        "pydantic-ai-test-thinking-with-native-tool-wire-contract-google-a992d68c",
    ),
    (
        asking(tool_config={"function_calling_config": {"mode": "any"}}, tools={"function_declarations": F}),
        "ruby-...-0b516e44",
    ),
]


@pytest.mark.parametrize(("body", "recording"), TAKEN, ids=[row[1] for row in TAKEN])
def test_what_google_was_seen_to_answer_is_not_refused(body, recording):
    """Strict means as strict as Google: each row is the shape of a recorded request with a 200."""
    read = read_body(body, "in.GenerateContentRequest", "gemini")
    check(Asked(body=read, model=MODELS["gemini-2.5-flash"]))


def test_an_empty_content_is_refused_in_vertex_words_on_vertex():
    """genkit-ai/genkit#3690 quotes Vertex's own sentence."""
    assert "at least one parts field" in refusal(asking([{"role": "user"}]), "vertex")[0]


@pytest.mark.parametrize(
    ("given", "expected", "code", "status"),
    [
        (None, None, 403, "PERMISSION_DENIED"),
        ("", "right", 403, "PERMISSION_DENIED"),
        ("wrong", "right", 400, "INVALID_ARGUMENT"),
    ],
)
def test_a_missing_key_is_403_and_a_wrong_one_400(given, expected, code, status):
    """Quoted in PublicAffairs/openai-gemini#92, recorded as mirascope-google-gemini-2-5-flash-a48ce0de."""
    with pytest.raises(RefusalError) as caught:
        check_key(given, expected)
    error = caught.value.fault.body["error"]
    assert (error["code"], error["status"]) == (code, status)
    assert [one.get("reason") for one in error.get("details", [])] == ([] if code == 403 else ["API_KEY_INVALID", None])


@pytest.mark.parametrize(("name", "version"), [("gemini-3.6-flahs", "v1beta"), ("gemini-flash-latest", "v1")])
def test_an_unknown_model_is_404_in_googles_words(name, version):
    """pydantic-ai-test-model-name-suggestion-google-86f66ec2; the -latest names are on v1beta only."""
    with pytest.raises(RefusalError) as caught:
        find_model(MODELS, name, version, "streamGenerateContent")
    error = caught.value.fault.body["error"]
    assert (error["code"], error["status"]) == (404, "NOT_FOUND")
    assert error["message"] == (
        f"models/{name} is not found for API version {version}, or is not supported for generateContent. "
        "Call ModelService.ListModels to see the list of available models and their supported methods."
    )
