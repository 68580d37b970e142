"""What an exchange shows and what was asked for in it, as words that can be compared across who answered.

Knows the wire's JSON; does not know whether it was the service, the emulator or a recording that answered.
"""

import re
from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from ._wire import Exchange, Json

Facts: TypeAlias = frozenset[str]
Verdict: TypeAlias = Literal["agrees", "tokens differ", "disagrees", "none"]

GENERATES = ("generateContent", "streamGenerateContent")
TEXT_KINDS = ("application/json", "text/x.enum")
REFUSED = 400
TOKENS = "tokens: "
"""What a fact about the usage begins with."""
FEW_TOKENS = 64
"""Where so few are allowed, an answer may well be cut off."""


def facts_of(exchange: Exchange) -> Facts:
    """What an answer shows: reasons, kinds of parts, fields of the usage; of a refusal its status and reasons."""
    if exchange.status >= REFUSED:
        return frozenset(_refusal(exchange))
    if exchange.method in GENERATES:
        return frozenset([*_answer(exchange), *_usage(exchange.usage)])
    fields = {name for event in exchange.events for name in event}
    return frozenset(f"{exchange.method}: {name}" for name in fields)


def traits_of(exchange: Exchange) -> Facts:
    """What was asked for: method, generation of the model, and what stands in the request.

    Without its words and its system instruction, which say nothing of the form of an answer.
    """
    where = [exchange.method, "vertex" if exchange.is_on_vertex else "gemini"]
    if exchange.method not in GENERATES:
        return frozenset(where)
    return frozenset([*where, _generation(exchange.model), *_asked(_camel(exchange.request))])


def kinds_of(facts: Facts) -> Facts:
    """The facts without those about tokens, of which the service tells more from year to year."""
    return frozenset(fact for fact in facts if not fact.startswith(TOKENS))


def verdict_of(one: Facts, other: Facts) -> Verdict:
    """How two sets of facts compare."""
    return "agrees" if one == other else "tokens differ" if kinds_of(one) == kinds_of(other) else "disagrees"


def words_of(facts: Facts) -> str:
    """Facts in words: `a: x` and `a: y` as `a (x y)`, after those that are of no group."""
    alone = [fact for fact in sorted(facts) if ": " not in fact]
    groups: dict[str, list[str]] = {}
    for group, name in sorted(fact.split(": ", 1) for fact in facts if ": " in fact):
        groups.setdefault(group, []).append(name)
    return ", ".join([*alone, *(f"{group} ({' '.join(names)})" for group, names in groups.items())])


def difference_of(one: Facts, one_name: str, other: Facts, other_name: str) -> str:
    """What only one of two shows, and what only the other does."""
    alone = ((one_name, one - other), (other_name, other - one))
    return "; ".join(f"only {name}: {words_of(facts)}" for name, facts in alone if facts)


def _refusal(exchange: Exchange) -> Iterator[str]:
    body = exchange.events[0] if exchange.events else {}
    error = body.get("error")
    error = error if isinstance(error, dict) else {}
    yield f"{exchange.status} {error.get('status', 'without a status')}"
    yield from (str(detail["reason"]) for detail in error.get("details", ()) if detail.get("reason"))


def _answer(exchange: Exchange) -> Iterator[str]:
    for event in exchange.events:
        if reason := (event.get("promptFeedback") or {}).get("blockReason"):
            yield f"blocked {reason}"
        for candidate in event.get("candidates") or ():
            if reason := candidate.get("finishReason"):
                yield str(reason)
            yield from (name for name in ("groundingMetadata", "citationMetadata") if candidate.get(name))
    called = 0
    for part in exchange.parts:
        kind = _kind(part)
        yield kind
        called += kind == "functionCall"
        if "thoughtSignature" in part:
            yield f"signed {kind}"
        if kind == "functionCall" and "id" in part["functionCall"]:
            yield "functionCall.id"
    if called > 1:
        yield "several functionCalls"


def _kind(part: Json) -> str:
    return "thought" if part.get("thought") else next((name for name in part if name != "thoughtSignature"), "nothing")


def _usage(usage: Json) -> Iterator[str]:
    for name, value in usage.items():
        short = name.removesuffix("TokenCount").removesuffix("TokensDetails")
        if isinstance(value, list):
            yield from (f"{TOKENS}{short}.{one.get('modality', 'TEXT')}" for one in value)
        elif value:
            yield f"{TOKENS}{short}"


def _generation(model: str) -> str:
    found = re.match(r"(gemini-[12]\.\d|gemini-\d|gemma-\d)", model)
    return found[1] if found else "gemini-3" if model.endswith("-latest") else "another model"


def _camel(value: Any) -> Any:
    """The request with the wire's names, without members that are null."""
    if isinstance(value, list):
        return [_camel(one) for one in value]
    if not isinstance(value, dict):
        return value
    named = {re.sub(r"_(\w)", lambda found: found[1].upper(), name): _camel(one) for name, one in value.items()}
    return {name: one for name, one in named.items() if one is not None}


def _asked(body: Json) -> Iterator[str]:
    if "cachedContent" in body:
        yield "cachedContent"
    config = body.get("generationConfig", {})
    if int(config.get("maxOutputTokens", FEW_TOKENS)) < FEW_TOKENS:
        yield "few tokens"
    if config.get("responseMimeType") in TEXT_KINDS or "responseFormat" in config:
        yield "a schema" if any("chema" in name for name in config) or "responseFormat" in config else "JSON"
    yield from (name for name in ("candidateCount", "responseLogprobs") if config.get(name, 1) not in (1, False))
    yield from (name for name, value in config.get("thinkingConfig", {}).items() if name == "includeThoughts" and value)
    if config.get("thinkingConfig", {}).get("thinkingBudget") == 0:
        yield "no thinking"
    tools = body.get("tools", [])
    yield from (name for tool in (tools if isinstance(tools, list) else [tools]) for name in tool)
    yield str(body.get("toolConfig", {}).get("functionCallingConfig", {}).get("mode", "AUTO")).upper()
    yield from _said(body.get("contents", []))


def _said(contents: Any) -> Iterator[str]:
    turns = [one for one in (contents if isinstance(contents, list) else [contents]) if isinstance(one, dict)]
    if any(turn.get("role") == "model" for turn in turns):
        yield "earlier turns"
    for part in turns[-1].get("parts", []) if turns else []:
        for name in ("inlineData", "fileData"):
            if name in part:
                yield f"last {str(part[name].get('mimeType', 'a file')).partition('/')[0]} as {name}"
        yield from (f"last {name}" for name in ("text", "functionResponse") if name in part)
