"""What the service refuses in a request that its schema allows: each rule with who saw Google do it.

Knows turns, parts, roles, ranges and keys; knows nothing of HTTP. A rule without a recording, a report that
quotes Google's body, or Google's documentation has no place here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any

from .catalogue import Model
from .refusals import TYPE, Fault, RefusalError
from .signatures import is_good
from .validate import Backend

Json = dict[str, Any]

DATA = {
    *("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode"),
    *("codeExecutionResult", "toolCall", "toolResponse"),
}
FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
MAX_STOP_SEQUENCES = 5
BESIDE_A_CACHE = {"systemInstruction", "tools", "toolConfig"}
# What Google says where it documents that something is forbidden and nobody has quoted the refusal.
GENERAL = "Request contains an invalid argument."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A validated request to a model: what a rule may look at."""

    body: Json
    model: Model
    backend: Backend = "gemini"

    @property
    def contents(self) -> list[Json]:
        """The conversation."""
        return [*self.body.get("contents", [])]

    @property
    def config(self) -> Json:
        """The generation config, empty where none was sent."""
        return {**self.body.get("generationConfig", {})}

    @property
    def declarations(self) -> dict[str, Json]:
        """Every function declared, by its place."""
        return {
            f"tools[{t}].function_declarations[{i}]": declaration
            for t, tool in enumerate(self.body.get("tools", []))
            for i, declaration in enumerate(tool.get("functionDeclarations", []))
        }

    @property
    def turn_start(self) -> int:
        """Where the current turn begins: after the last content of the user's that is no response."""
        users = [i for i, content in enumerate(self.contents) if kind_of(content) == "user"]
        return users[-1] + 1 if users else 0

    def turns(self) -> Iterator[tuple[str, list[Json]]]:
        """Neighbours of one kind joined, as ("model" | "responses" | "user", parts).

        Calls split over contents, and responses split over contents, were answered with 200 (recorded:
        crewai-testgemininativetoolcalling-test-gemini-parallel-native-tool-ca-9caf094a,
        pydantic-ai-test-cross-provider-capability-replay-google-gemini-3-flas-e8e8617a).
        """
        for kind, run in groupby(self.contents, kind_of):
            yield kind, [*chain.from_iterable(content.get("parts", []) for content in run)]


def kind_of(content: Json) -> str:
    """Whose content it is: "model", "responses" to its calls, or "user"."""
    if content.get("role") == "model":
        return "model"
    return "responses" if any("functionResponse" in part for part in content.get("parts", [])) else "user"


Check = Callable[[Asked], Iterator[str]]
RULES: dict[Check, tuple[str, ...]] = {}


def rule(*evidence: str) -> Callable[[Check], Check]:
    """Enter a check, which yields Google's complaints, into the table with its evidence."""

    def enter(check: Check) -> Check:
        RULES[check] = evidence
        return check

    return enter


def check(asked: Asked) -> None:
    """Raise RefusalError for the first rule that is broken."""
    for complain, evidence in RULES.items():
        if complaints := [*complain(asked)]:
            # only what the service lists with "* " is told of every place
            words = "".join(complaints) if complaints[0].startswith("* ") else complaints[0]
            why = complain.__name__[1:].replace("_", " ")
            raise RefusalError(Fault.of("INVALID_ARGUMENT", words), why, *evidence)


def check_key(given: str | None, expected: str | None) -> None:
    """Without a key 403, with a wrong one 400; any will do where no certain one is expected."""
    if not given:
        words = (
            "Method doesn't allow unregistered callers (callers without established identity). Please use "
            "API Key or other form of API consumer identity to call this API."
        )
        evidence = ("PublicAffairs/openai-gemini#92", "UnityGameStudio/Gemini-Unity-Package#1")
        raise RefusalError(Fault.of("PERMISSION_DENIED", words), "no API key came", *evidence)
    if given != (expected or given):
        words = "API key not valid. Please pass a valid API key."
        reason = {"reason": "API_KEY_INVALID", "domain": "googleapis.com"}
        service = {"metadata": {"service": "generativelanguage.googleapis.com"}}
        info = {"@type": f"{TYPE}ErrorInfo", **reason, **service}
        localized = {"@type": f"{TYPE}LocalizedMessage", "locale": "en-US", "message": words}
        fault = Fault.of("INVALID_ARGUMENT", words, info, localized)
        raise RefusalError(fault, "the API key is wrong", "mirascope-google-gemini-2-5-flash-a48ce0de")


def find_model(models: dict[str, Model], name: str, version: str, method: str) -> Model:
    """The model; 404 where it is not listed, or not in this API version."""
    model = models.get(name)
    if model is not None and model.served_by(version):
        return model
    words = (
        f"models/{name} is not found for API version {version}, or is not supported for "
        f"{method.replace('streamG', 'g')}. Call ModelService.ListModels to see the list of available models "
        "and their supported methods."
    )
    why = f"{name!r} is no model in {version}; Emulator(models=) adds to {', '.join(models)}"
    evidence = "pydantic-ai-test-model-name-suggestion-google-86f66ec2"
    raise RefusalError(Fault.of("NOT_FOUND", words), why, evidence)


@rule("vercel/ai#3775", "langchain-ai/langchain-google#1393")
def _contents_must_be_given(asked: Asked) -> Iterator[str]:
    if not asked.contents:
        yield "* GenerateContentRequest.contents: contents is not specified\n"


@rule("egoist/chatwise-releases#250", "vercel/ai#3775", "on Vertex: genkit-ai/genkit#3690")
def _every_content_must_have_parts(asked: Asked) -> Iterator[str]:
    on_vertex = "Unable to submit request because it must include at least one parts field, which describes "
    for i, content in enumerate(asked.contents):
        if not content.get("parts"):
            yield (
                f"* GenerateContentRequest.contents[{i}].parts: contents.parts must not be empty.\n"
                if asked.backend == "gemini"
                else f"{on_vertex}the prompt input."
            )


@rule("genkit-ai/genkit#3816")
def _every_part_must_hold_something(asked: Asked) -> Iterator[str]:
    places = {f"contents[{i}]": content for i, content in enumerate(asked.contents)}
    places["system_instruction"] = asked.body.get("systemInstruction", {})
    for place, content in places.items():
        for i, part in enumerate(content.get("parts", [])):
            # answered: a signed thought without text, ruby-llm-chat-with-schema-with-gemini-...-e99d8c7d
            if not part.keys() & {*DATA, "thoughtSignature"}:
                yield (
                    f"* GenerateContentRequest.{place}.parts[{i}].data: required oneof field 'data' must "
                    "have one initialized field\n"
                )


@rule("opentelemetry-python-contrib-test-generate-content-invalid-role-60e64a24")
def _a_role_must_be_user_or_model(asked: Asked) -> Iterator[str]:
    # answered: function, braintrust-sdk-javascript-genkit-v1-750bb22b
    if {content.get("role") or "user" for content in asked.contents} - {"user", "model", "function"}:
        yield "Please use a valid role: user, model."


@rule("google-gemini/gemini-cli#11814", "lbjlaq/Antigravity-Manager#3396")
def _a_function_call_must_not_come_first(asked: Asked) -> Iterator[str]:
    kind, parts = next(asked.turns(), ("user", []))
    if kind == "model" and any("functionCall" in part for part in parts):
        yield (
            "Please ensure that function call turn comes immediately after a user turn or after a function "
            "response turn."
        )


@rule("google-gemini/gemini-cli#16415", "langchain-ai/langchain#27799")
def _function_responses_must_follow_their_calls_in_the_same_number(asked: Asked) -> Iterator[str]:
    calls = 0
    for kind, parts in asked.turns():
        if kind == "responses" and not calls:
            yield "Please ensure that function response turn comes immediately after a function call turn."
        elif kind == "responses" and calls != sum("functionResponse" in part for part in parts):
            yield (
                "Please ensure that the number of function response parts is equal to the number of function "
                "call parts of the function call turn."
            )
        calls = sum("functionCall" in part for part in parts) if kind == "model" else 0


@rule(
    "opentelemetry-python-contrib-test-generate-content-invalid-temperature-3f7c8d9b",
    "stackblitz-labs/bolt.diy#955",
)
def _a_number_must_be_within_its_range(asked: Asked) -> Iterator[str]:
    most = asked.model.row["outputTokenLimit"]
    for field, low, end in (("temperature", 0, 2.0001), ("maxOutputTokens", 1, most + 1)):
        value = asked.config.get(field, low)
        if not low <= value < end:
            yield (
                f"Unable to submit request because it has a {field} value of {value} but the supported range "
                f"is from {low} (inclusive) to {end} (exclusive). Update the value and try again."
            )


@rule("discovery document, GenerationConfig.stopSequences: up to 5")
def _stop_sequences_must_be_at_most_5(asked: Asked) -> Iterator[str]:
    if len(asked.config.get("stopSequences", [])) > MAX_STOP_SEQUENCES:
        yield GENERAL


@rule("discovery document, GenerationConfig.logprobs: only valid if responseLogprobs=True")
def _logprobs_need_response_logprobs(asked: Asked) -> Iterator[str]:
    if "logprobs" in asked.config and not asked.config.get("responseLogprobs"):
        yield GENERAL


@rule("discovery document, GenerationConfig.responseSchema: a compatible responseMimeType must also be set")
def _a_response_schema_needs_a_response_mime_type(asked: Asked) -> Iterator[str]:
    schemas = asked.config.keys() & {"responseSchema", "responseJsonSchema", "_responseJsonSchema"}
    if schemas and "responseMimeType" not in asked.config:
        yield GENERAL


@rule("https://ai.google.dev/gemini-api/docs/gemini-3, thinking_level: both return a 400 error")
def _thinking_budget_and_level_exclude_each_other(asked: Asked) -> Iterator[str]:
    if asked.config.get("thinkingConfig", {}).keys() >= {"thinkingBudget", "thinkingLevel"}:
        yield "You can only set only one of thinking budget and thinking level."


@rule("google-gemini/gemini-cli#9535", "discovery document, FunctionDeclaration.name: at most 128")
def _a_function_name_must_be_an_identifier(asked: Asked) -> Iterator[str]:
    for place, declaration in asked.declarations.items():
        if not FUNCTION_NAME.fullmatch(declaration.get("name", "")):
            yield (
                f"* GenerateContentRequest.{place}.name: Invalid function name. Must start with a letter or "
                "an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), "
                "or dashes (-), with a maximum length of 128.\n"
            )


@rule("tridz-dev/huf#341", "googleapis/dotnet-genai#189")
def _a_function_must_be_declared_once(asked: Asked) -> Iterator[str]:
    names = [declaration.get("name") for declaration in asked.declarations.values()]
    for i, name in enumerate(names):
        if name in names[:i]:
            yield f"Duplicate function declaration found: {name}"


@rule("pydantic/pydantic-ai#5791", "UKGovernmentBEIS/inspect_ai#2462")
def _a_function_calling_config_needs_declarations(asked: Asked) -> Iterator[str]:
    config = asked.body.get("toolConfig", {})
    # answered with the flag: pydantic-ai-test-thinking-with-native-tool-wire-contract-google-a992d68c
    tolerated = config.get("includeServerSideToolInvocations") or asked.backend == "vertex"
    if "functionCallingConfig" in config and not asked.declarations and not tolerated:
        yield "Function calling config is set without function_declarations."


@rule("google-gemini/deprecated-generative-ai-python#664")
def _what_a_cache_holds_must_not_be_sent_beside_it(asked: Asked) -> Iterator[str]:
    if "cachedContent" in asked.body and asked.body.keys() & BESIDE_A_CACHE:
        yield (
            "CachedContent can not be used with GenerateContent request setting system_instruction, tools or "
            "tool_config. Proposed fix: move those values to CachedContent from GenerateContent request."
        )


@rule("langflow-ai/langflow#9437", "nextlevelbuilder/goclaw#843")
def _a_function_response_must_be_named(asked: Asked) -> Iterator[str]:
    for c, content in enumerate(asked.contents):
        for p, part in enumerate(content.get("parts", [])):
            if "functionResponse" in part and not part["functionResponse"].get("name"):
                yield (
                    f"* GenerateContentRequest.contents[{c}].parts[{p}].function_response.name: Name cannot be empty.\n"
                )


@rule(
    "archestra-ai/archestra#7583, the name",
    "BerriAI/litellm#34603, the id",
    "discovery document, FunctionResponse: name and id match those of the call",
)
def _function_responses_must_have_the_names_and_ids_of_their_calls(asked: Asked) -> Iterator[str]:
    calls: list[Json] = []
    for _, parts in asked.turns() if asked.model.is_gemini_3 else ():
        responses = [part["functionResponse"] for part in parts if "functionResponse" in part]
        for key in ("name", "id"):
            wanted, given = ({one.get(key) for one in some} for some in (calls, responses))
            if responses and wanted not in (given, {None}):
                yield GENERAL
        calls = [part["functionCall"] for part in parts if "functionCall" in part]


@rule("manthanabc/paws#103", "on Vertex: pydantic/pydantic-ai#3881")
def _a_call_of_the_current_turn_must_be_signed(asked: Asked) -> Iterator[str]:
    for position, calls in _calls_of_the_current_turn(asked):
        name = calls[0]["functionCall"].get("name")
        if not calls[0].get("thoughtSignature"):
            yield (
                "Function call is missing a thought_signature in functionCall parts. This is required for "
                "tools to work correctly, and missing thought_signature may lead to degraded model "
                f"performance. Additional data, function call `default_api:{name}` , position {position}. "
                "Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details."
                if asked.backend == "gemini"
                else f"Unable to submit request because function call `default_api:{name}` in the {position}. "
                "content block is missing a `thought_signature`. Learn more: "
                "https://docs.cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures"
            )


@rule("google-gemini/gemini-cli#13467", "on Vertex: langchain-ai/langchain-google#1581")
def _a_signature_must_be_that_of_its_call(asked: Asked) -> Iterator[str]:
    for _, calls in _calls_of_the_current_turn(asked):
        if not all(is_good(call, asked.backend) for call in calls if call.get("thoughtSignature")):
            yield ("Corrupted thought signature." if asked.backend == "gemini" else "Thought signature is not valid.")


def _calls_of_the_current_turn(asked: Asked) -> Iterator[tuple[int, list[Json]]]:
    """Each model content's calls with its position from 1, where Gemini 3 checks them."""
    for i in range(asked.turn_start, len(asked.contents)) if asked.model.is_gemini_3 else ():
        calls = [part for part in asked.contents[i].get("parts", []) if "functionCall" in part]
        if calls and kind_of(asked.contents[i]) == "model":
            yield i + 1, calls


@rule("langchain-ai/langchain-google#1431", "archestra-ai/archestra#2548")
def _images_of_the_last_answer_must_be_signed(asked: Asked) -> Iterator[str]:
    answers = [i for i, content in enumerate(asked.contents) if kind_of(content) == "model"]
    # Vertex documents that it does not check: docs.cloud.google.com, thought-signatures
    if answers and asked.model.draws and asked.model.is_gemini_3 and asked.backend == "gemini":
        for p, part in enumerate(asked.contents[answers[-1]]["parts"]):
            if "inlineData" in part and not part.get("thoughtSignature"):
                yield (
                    f"Image part is missing a thought_signature in content position {answers[-1] + 1}, part "
                    f"position {p + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-"
                    "signatures#model-behavior for more details."
                )


@rule("googleapis/python-genai#867", "symfony/ai#1777")
def _functions_and_json_go_together_from_gemini_3_on(asked: Asked) -> Iterator[str]:
    json = asked.config.get("responseMimeType") == "application/json"
    if json and asked.declarations and not asked.model.is_gemini_3:  # answered by Gemini 3, recorded 8 times
        yield "Function calling with a response mime type: 'application/json' is unsupported"
