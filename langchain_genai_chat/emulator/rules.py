"""What the service refuses in a request that its schema allows, each rule with who saw Google do it.

Knows turns, parts, roles, ranges and keys; knows nothing of HTTP. Google's words and the witnesses stand under each
rule's name in schemas/refusals.json; a rule without a recording, a report that quotes Google's body, or Google's
documentation has no place here.
"""

import re
from collections.abc import Callable, Iterator

from .asked import Asked, kind_of
from .catalogue import Model
from .refusals import Json, RefusalError
from .signatures import is_good

DATA = {
    *("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode"),
    *("codeExecutionResult", "toolCall", "toolResponse"),
}
FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
STOP_SEQUENCES = 5
SCHEMAS = {"responseSchema", "responseJsonSchema", "_responseJsonSchema"}


def check(asked: Asked) -> None:
    """Raise RefusalError for the first rule that is broken."""
    for rule, breaches in RULES.items():
        if found := breaches(asked):
            raise RefusalError(rule, *([] if found is True else found), backend=asked.backend)


def check_key(given: str | None, expected: str | None) -> None:
    """Without a key 403, with a wrong one 400; any will do where no certain one is expected."""
    if not given:
        raise RefusalError("an API key must come")
    if given != (expected or given):
        raise RefusalError("the API key must be right")


def find_model(models: dict[str, Model], name: str, version: str, method: str, owner: str | None = None) -> Model:
    """The model; 404 where it is not listed, or not in this API version. `owner` is its path on Vertex."""
    model = models.get(name)
    if model is not None and model.served_by(version):
        return model
    place = {"name": name, "version": version, "method": method.replace("streamG", "g"), "owner": owner}
    hint = f"{name!r} is no model in {version}; Emulator(models=) adds to {', '.join(models)}"
    raise RefusalError("a model must be listed", place, backend="vertex" if owner else "gemini", hint=hint)


def _parts(asked: Asked) -> Iterator[tuple[str, Json]]:
    """Every part with its place."""
    contents = {f"contents[{i}]": content for i, content in enumerate(asked.contents)}
    for place, content in {**contents, "system_instruction": asked.body.get("systemInstruction", {})}.items():
        yield from ((f"{place}.parts[{i}]", part) for i, part in enumerate(content.get("parts", [])))


def _exchanges(asked: Asked) -> Iterator[tuple[list[Json], list[Json]]]:
    """The calls of each turn, and the function responses of the turn after it."""
    calls: list[Json] = []
    for kind, parts in asked.turns():
        # a model's content may hold responses of tools that run at Google's
        yield calls, [part["functionResponse"] for part in parts if kind != "model" and "functionResponse" in part]
        calls = [part["functionCall"] for part in parts if kind == "model" and "functionCall" in part]


def _steps(asked: Asked) -> Iterator[tuple[int, list[Json]]]:
    """Each model content of the current turn by its position from 1, and its calls: what Gemini 3 checks."""
    for position, content in enumerate(asked.contents, 1) if asked.model.is_gemini_3 else ():
        calls = [part for part in content.get("parts", []) if "functionCall" in part]
        if position > asked.turn_start and calls and kind_of(content) == "model":
            yield position, calls


def _unlike(asked: Asked) -> bool:
    """Whether responses differ from their calls in names, or in ids that both have; google-genai itself sends none."""
    pairs = [
        [{one.get(key) for one in some} for some in exchange]
        for exchange in _exchanges(asked)
        for key in ("name", "id")
    ]
    return asked.model.is_gemini_3 and any(
        given and given != {None} and called not in (given, {None}) for called, given in pairs
    )


def _unsigned_images(asked: Asked) -> list[Json]:
    answers = [i for i, content in enumerate(asked.contents) if kind_of(content) == "model"]
    # Vertex documents that it does not check: docs.cloud.google.com, thought-signatures
    checked = answers and asked.model.draws and asked.model.is_gemini_3 and asked.backend == "gemini"
    return [
        {"position": answers[-1] + 1, "part": p}
        for p, part in enumerate(asked.contents[answers[-1]]["parts"] if checked else (), 1)
        if "inlineData" in part and not part.get("thoughtSignature")
    ]


def _out_of_range(asked: Asked) -> list[Json]:
    ends = {"temperature": (0, 2.0001), "maxOutputTokens": (1, asked.model.row["outputTokenLimit"] + 1)}
    return [
        {"field": field, "value": asked.config[field], "low": low, "end": end}
        for field, (low, end) in ends.items()
        if not low <= asked.config.get(field, low) < end
    ]


def _twice(names: list[str]) -> list[Json]:
    return [{"name": name} for i, name in enumerate(names) if name in names[:i]]


# In the order in which they are looked at: what breaks the rule, as what Google's words leave open, or as True.
RULES: dict[str, Callable[[Asked], list[Json] | bool]] = {
    "contents must be given": lambda asked: not asked.contents,
    "every content must have parts": lambda asked: [
        {"place": f"contents[{i}]"} for i, content in enumerate(asked.contents) if not content.get("parts")
    ],
    "every part must hold something": lambda asked: [
        # answered: a signed thought without text, ruby-llm-chat-with-schema-with-gemini-...-e99d8c7d
        {"place": place}
        for place, part in _parts(asked)
        if not part.keys() & {*DATA, "thoughtSignature"}
    ],
    # answered: function, braintrust-sdk-javascript-genkit-v1-750bb22b
    "a role must be user or model": lambda asked: any(
        content.get("role") not in (None, "", "user", "model", "function") for content in asked.contents
    ),
    "a function call must not come first": lambda asked: any(
        "functionCall" in part for part in asked.contents[0]["parts"] if asked.contents[0].get("role") == "model"
    ),
    "function responses must follow a call": lambda asked: any(
        responses and not calls for calls, responses in _exchanges(asked)
    ),
    "function responses must be as many as their calls": lambda asked: any(
        len(responses) not in (0, len(calls)) for calls, responses in _exchanges(asked)
    ),
    "a function response must be named": lambda asked: [
        {"place": place}
        for place, part in _parts(asked)
        if "functionResponse" in part and not part["functionResponse"].get("name")
    ],
    "function responses must have the names and ids of their calls": _unlike,
    "a call of the current turn must be signed": lambda asked: [
        {"name": calls[0]["functionCall"].get("name"), "position": position}
        for position, calls in _steps(asked)
        if not calls[0].get("thoughtSignature")
    ],
    "a signature must be that of its call": lambda asked: (
        not all(
            is_good(call, asked.backend) for _, calls in _steps(asked) for call in calls if call.get("thoughtSignature")
        )
    ),
    "images of the last answer must be signed": _unsigned_images,
    "a number must be within its range": _out_of_range,
    "stop sequences must be at most 5": lambda asked: len(asked.config.get("stopSequences", [])) > STOP_SEQUENCES,
    "logprobs need response logprobs": lambda asked: (
        "logprobs" in asked.config and not asked.config.get("responseLogprobs")
    ),
    "a response schema needs a response mime type": lambda asked: (
        bool(asked.config.keys() & SCHEMAS) and "responseMimeType" not in asked.config
    ),
    "functions and json go together from gemini 3 on": lambda asked: (
        asked.config.get("responseMimeType") == "application/json"  # answered by Gemini 3, recorded 8 times
        and not asked.model.is_gemini_3
        and bool(asked.declarations)
    ),
    "thinking budget and level exclude each other": lambda asked: (
        asked.config.get("thinkingConfig", {}).keys() >= {"thinkingBudget", "thinkingLevel"}
    ),
    "a function name must be an identifier": lambda asked: [
        {"place": place}
        for place, declaration in asked.declarations.items()
        if not FUNCTION_NAME.fullmatch(declaration.get("name", ""))
    ],
    "a function must be declared once": lambda asked: _twice([one["name"] for one in asked.declarations.values()]),
    "a function calling config needs declarations": lambda asked: (
        "functionCallingConfig" in asked.body.get("toolConfig", {})
        # answered with the flag: pydantic-ai-test-thinking-with-native-tool-wire-contract-google-a992d68c
        and not asked.body["toolConfig"].get("includeServerSideToolInvocations")
        and not (asked.declarations or asked.backend == "vertex")
    ),
    "what a cache holds must not be sent beside it": lambda asked: (
        "cachedContent" in asked.body and bool(asked.body.keys() & {"systemInstruction", "tools", "toolConfig"})
    ),
}
