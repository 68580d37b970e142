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
from .validate import Backend

DATA = {
    *("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode"),
    *("codeExecutionResult", "toolCall", "toolResponse"),
}
FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
MAX_STOP_SEQUENCES = 5
# What Google says where it documents that something is forbidden and nobody has quoted the refusal.
GENERAL = "Request contains an invalid argument."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A validated request to a model: what a rule may look at."""

    body: dict[str, Any]
    model: Model
    backend: Backend = "gemini"

    @property
    def contents(self) -> list[dict[str, Any]]:
        """The conversation."""
        return [*self.body.get("contents", [])]

    @property
    def config(self) -> dict[str, Any]:
        """The generation config, empty where none was sent."""
        return {**self.body.get("generationConfig", {})}

    @property
    def declarations(self) -> list[tuple[str, str]]:
        """Every function declared, as (place, name)."""
        return [
            (f"tools[{t}].function_declarations[{i}]", declaration.get("name", ""))
            for t, tool in enumerate(self.body.get("tools", []))
            for i, declaration in enumerate(tool.get("functionDeclarations", []))
        ]

    def turns(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Neighbours of one kind joined, as ("model" | "responses" | "user", parts).

        Calls split over contents, and responses split over contents, were answered with 200 (recorded:
        crewai-testgemininativetoolcalling-test-gemini-parallel-native-tool-ca-9caf094a,
        pydantic-ai-test-cross-provider-capability-replay-google-gemini-3-flas-e8e8617a).
        """
        for kind, run in groupby(self.contents, _kind):
            yield kind, [*chain.from_iterable(content.get("parts", []) for content in run)]


def _kind(content: dict[str, Any]) -> str:
    if content.get("role") == "model":
        return "model"
    return "responses" if any("functionResponse" in part for part in content.get("parts", [])) else "user"


Check = Callable[[Asked], str]
RULES: dict[Check, tuple[str, ...]] = {}


def rule(*evidence: str) -> Callable[[Check], Check]:
    """Enter a check, which returns Google's complaint or nothing, into the table with its evidence."""

    def enter(check: Check) -> Check:
        RULES[check] = evidence
        return check

    return enter


def check(asked: Asked) -> None:
    """Raise RefusalError for the first rule that is broken."""
    for complain, evidence in RULES.items():
        if complaint := complain(asked):
            fault = Fault.of("INVALID_ARGUMENT", complaint)
            raise RefusalError(fault, complain.__name__[1:].replace("_", " "), *evidence)


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
        service = {"service": "generativelanguage.googleapis.com"}
        fault = Fault.of(
            "INVALID_ARGUMENT",
            words,
            {"@type": f"{TYPE}ErrorInfo", **reason, "metadata": service},
            {"@type": f"{TYPE}LocalizedMessage", "locale": "en-US", "message": words},
        )
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
def _contents_must_be_given(asked: Asked) -> str:
    return "" if asked.contents else "* GenerateContentRequest.contents: contents is not specified\n"


@rule("egoist/chatwise-releases#250", "vercel/ai#3775", "on Vertex: genkit-ai/genkit#3690")
def _every_content_must_have_parts(asked: Asked) -> str:
    empty = [i for i, content in enumerate(asked.contents) if not content.get("parts")]
    if empty and asked.backend == "vertex":
        return (
            "Unable to submit request because it must include at least one parts field, which describes the "
            "prompt input."
        )
    return "".join(
        f"* GenerateContentRequest.contents[{i}].parts: contents.parts must not be empty.\n" for i in empty
    )


@rule("genkit-ai/genkit#3816")
def _every_part_must_hold_something(asked: Asked) -> str:
    places = {f"contents[{i}]": content for i, content in enumerate(asked.contents)}
    places["system_instruction"] = asked.body.get("systemInstruction", {})
    return "".join(
        f"* GenerateContentRequest.{place}.parts[{i}].data: required oneof field 'data' must have one "
        "initialized field\n"
        for place, content in places.items()
        for i, part in enumerate(content.get("parts", []))
        # answered: a signed thought without text, ruby-llm-chat-with-schema-with-gemini-...-e99d8c7d
        if not part.keys() & {*DATA, "thoughtSignature"}
    )


@rule("opentelemetry-python-contrib-test-generate-content-invalid-role-60e64a24")
def _a_role_must_be_user_or_model(asked: Asked) -> str:
    # answered: function, braintrust-sdk-javascript-genkit-v1-750bb22b
    bad = {content.get("role") or "user" for content in asked.contents} - {"user", "model", "function"}
    return "Please use a valid role: user, model." if bad else ""


@rule("google-gemini/gemini-cli#11814", "lbjlaq/Antigravity-Manager#3396")
def _a_function_call_must_not_come_first(asked: Asked) -> str:
    kind, parts = next(asked.turns(), ("user", []))
    if kind != "model" or not any("functionCall" in part for part in parts):
        return ""
    return (
        "Please ensure that function call turn comes immediately after a user turn or after a function "
        "response turn."
    )


@rule("google-gemini/gemini-cli#16415", "langchain-ai/langchain#27799")
def _function_responses_must_follow_their_calls_in_the_same_number(asked: Asked) -> str:
    calls = 0
    for kind, parts in asked.turns():
        responses = sum("functionResponse" in part for part in parts)
        if kind == "responses" and not calls:
            return "Please ensure that function response turn comes immediately after a function call turn."
        if kind == "responses" and responses != calls:
            return (
                "Please ensure that the number of function response parts is equal to the number of function "
                "call parts of the function call turn."
            )
        calls = sum("functionCall" in part for part in parts) if kind == "model" else 0
    return ""


@rule("opentelemetry-python-contrib-test-generate-content-invalid-temperature-3f7c8d9b")
def _temperature_must_be_within_0_and_2(asked: Asked) -> str:
    return _range(asked, "temperature", 0, 2.0001)


@rule("stackblitz-labs/bolt.diy#955")
def _max_output_tokens_must_be_within_the_models_limit(asked: Asked) -> str:
    return _range(asked, "maxOutputTokens", 1, asked.model.row["outputTokenLimit"] + 1)


def _range(asked: Asked, field: str, low: float, end: float) -> str:
    value = asked.config.get(field, low)
    if low <= value < end:
        return ""
    return (
        f"Unable to submit request because it has a {field} value of {value} but the supported range is from "
        f"{low} (inclusive) to {end} (exclusive). Update the value and try again."
    )


@rule("discovery document, GenerationConfig.stopSequences: up to 5")
def _stop_sequences_must_be_at_most_5(asked: Asked) -> str:
    return GENERAL if len(asked.config.get("stopSequences", [])) > MAX_STOP_SEQUENCES else ""


@rule("discovery document, GenerationConfig.logprobs: only valid if responseLogprobs=True")
def _logprobs_need_response_logprobs(asked: Asked) -> str:
    return GENERAL if "logprobs" in asked.config and not asked.config.get("responseLogprobs") else ""


@rule("discovery document, GenerationConfig.responseSchema: a compatible responseMimeType must also be set")
def _a_response_schema_needs_a_response_mime_type(asked: Asked) -> str:
    schemas = asked.config.keys() & {"responseSchema", "responseJsonSchema", "_responseJsonSchema"}
    return GENERAL if schemas and "responseMimeType" not in asked.config else ""


@rule("https://ai.google.dev/gemini-api/docs/gemini-3, thinking_level: both return a 400 error")
def _thinking_budget_and_level_exclude_each_other(asked: Asked) -> str:
    thinking = asked.config.get("thinkingConfig", {})
    both = thinking.keys() >= {"thinkingBudget", "thinkingLevel"}
    return "You can only set only one of thinking budget and thinking level." if both else ""


@rule("google-gemini/gemini-cli#9535", "discovery document, FunctionDeclaration.name: at most 128")
def _a_function_name_must_be_an_identifier(asked: Asked) -> str:
    return "".join(
        f"* GenerateContentRequest.{place}.name: Invalid function name. Must start with a letter or an "
        "underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes "
        "(-), with a maximum length of 128.\n"
        for place, name in asked.declarations
        if not FUNCTION_NAME.fullmatch(name)
    )


@rule("tridz-dev/huf#341", "googleapis/dotnet-genai#189")
def _a_function_must_be_declared_once(asked: Asked) -> str:
    names = [name for _, name in asked.declarations]
    twice = [name for i, name in enumerate(names) if name in names[:i]]
    return f"Duplicate function declaration found: {twice[0]}" if twice else ""


@rule("pydantic/pydantic-ai#5791", "UKGovernmentBEIS/inspect_ai#2462")
def _a_function_calling_config_needs_declarations(asked: Asked) -> str:
    config = asked.body.get("toolConfig", {})
    # answered with the flag: pydantic-ai-test-thinking-with-native-tool-wire-contract-google-a992d68c
    tolerated = config.get("includeServerSideToolInvocations") or asked.backend == "vertex"
    if "functionCallingConfig" not in config or asked.declarations or tolerated:
        return ""
    return "Function calling config is set without function_declarations."


@rule("google-gemini/deprecated-generative-ai-python#664")
def _what_a_cache_holds_must_not_be_sent_beside_it(asked: Asked) -> str:
    if "cachedContent" not in asked.body or not asked.body.keys() & {
        "systemInstruction",
        "tools",
        "toolConfig",
    }:
        return ""
    return (
        "CachedContent can not be used with GenerateContent request setting system_instruction, tools or "
        "tool_config. Proposed fix: move those values to CachedContent from GenerateContent request."
    )
