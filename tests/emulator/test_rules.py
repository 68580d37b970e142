"""Each rule that the emulator enforces, broken once, and who saw Google refuse the same.

Values only; the wire is test_service's.
"""

from base64 import b64encode

import pytest

from langchain_genai_chat.emulator.asked import Asked
from langchain_genai_chat.emulator.catalogue import load_models
from langchain_genai_chat.emulator.refusals import RefusalError
from langchain_genai_chat.emulator.rules import RULES, _refusals, check, check_key, find_model
from langchain_genai_chat.emulator.signatures import sign
from langchain_genai_chat.emulator.validate import read_body

MODELS = load_models()
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

# the same of Gemini 3: rule, body, words, backend
OF_GEMINI_3 = [
    (
        "function responses must have the names and ids of their calls",
        asking([HELLO, signed(FILLER), {"parts": [{"functionResponse": {"name": "g", "response": {}}}]}]),
        "invalid argument",
        "gemini",
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
    ),
    (
        "a call of the current turn must be signed",
        asking([HELLO, signed(FILLER), ANSWER, CALL, ANSWER]),
        "function call `default_api:f` , position 4.",
        "gemini",
    ),
    (
        "a call of the current turn must be signed",
        asking([HELLO, CALL, ANSWER]),
        "function call `default_api:f` in the 2. content block is missing a `thought_signature`",
        "vertex",
    ),
    (
        "a signature must be that of its call",
        asking([HELLO, signed(sign({"functionCall": {"name": "f", "args": {"a": 1}}})), ANSWER]),
        "Corrupted thought signature.",
        "gemini",
    ),
    (
        "a signature must be that of its call",
        asking([HELLO, signed("6IS7b6pk3TT7a3MhNMF21PJPWnOAhsk61aAUXOLwVdY="), ANSWER]),  # zerogravity#98
        "Corrupted thought signature.",
        "gemini",
    ),
    (
        "a signature must be that of its call",
        asking([HELLO, signed(b64encode(FILLER.encode()).decode()), ANSWER]),
        "Thought signature is not valid.",
        "vertex",
    ),
    (
        "images of the last answer must be signed",
        asking([HELLO, {"role": "model", "parts": [{"text": "a"}, {"inlineData": {"data": ""}}]}, HELLO]),
        "Image part is missing a thought_signature in content position 2, part position 2.",
        "gemini",
    ),
]


@pytest.mark.parametrize(("rule", "body", "words", "evidence"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_request_that_breaks_the_rule_is_refused_in_googles_words(rule, body, words, evidence):
    """Each row names who saw Google refuse this; without such a witness a rule may not exist."""
    message, why = refusal(body)
    assert words in message
    assert why.startswith(rule)
    assert evidence in why


@pytest.mark.parametrize(("rule", "body", "words", "backend"), OF_GEMINI_3, ids=[row[0] for row in OF_GEMINI_3])
def test_gemini_3_refuses_more_and_2_5_does_not(rule, body, words, backend):
    """Signatures are checked from Gemini 3 on; https://ai.google.dev/gemini-api/docs/thought-signatures."""
    model = IMAGE_MODEL if "image" in rule else GEMINI_3
    message, why = refusal(body, backend, model)
    assert words in message
    assert why.startswith(rule)
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


def test_every_rule_has_evidence_and_a_row_above():
    """A rule that nothing breaks is a rule that nobody knows to hold."""
    assert RULES.keys() == _refusals().keys() == {row[0] for row in [*BROKEN, *OF_GEMINI_3]}
    assert all(refusal["seen"] for refusal in _refusals().values())


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
