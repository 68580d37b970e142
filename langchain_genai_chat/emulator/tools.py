"""Which functions the emulator's model calls, and with what: a few rules over the prompt's words.

Knows a validated request and its declarations; knows nothing of answers in text.
"""

import re
from collections.abc import Iterable
from typing import Any

from .asked import Asked, Json, kind_of, texts_in
from .filling import NAMED, Filler, Prompt

THEN = re.compile(r"[,;.]?\s*\b(?:and )?then\b[,:]?\s*", re.IGNORECASE)
AND = re.compile(r"\s*(?:;|\band\b)\s*", re.IGNORECASE)
WORD = re.compile(r"[A-Z]?[a-z\u00df-\u00ff]{2,}|[A-Z]{2,}")
ENDING = re.compile(r"(?:er|ing|ed|es|s)$")
# Words that say nothing of which function is meant.
COMMON = {
    *("get", "set", "the", "tool", "use", "function", "call", "name", "find", "for", "and", "what", "make", "run"),
    *("with", "from", "return", "value", "input", "output", "that", "this", "any", "all", "has", "are", "you"),
    *("your", "how", "can", "who", "was", "not", "new", "show", "give", "string", "number", "integer", "into"),
}
ENOUGH = 2  # words of a description or of parameters in the prompt, where no word of a name is


def plan_calls(asked: Asked) -> list[Json]:
    """The calls of the next step as {name, args}; none where the model answers in text."""
    config = asked.body.get("toolConfig", {}).get("functionCallingConfig", {})
    allowed = config.get("allowedFunctionNames")
    tools = [tool for tool in asked.declarations.values() if not allowed or tool["name"] in allowed]
    if not tools or config.get("mode") == "NONE":
        return []
    plans = [plan for step in THEN.split(asked.prompt) if (plan := [*_assign(step, tools)])]
    steps = [content for content in asked.contents[asked.turn_start :] if kind_of(content) == "model"]
    done = sum(any("functionCall" in part for part in content["parts"]) for content in steps)
    if config.get("mode") == "ANY" and done >= len(plans):  # a call each time: of what was not called yet, if any
        called = {part.get("functionCall", {}).get("name") for content in steps for part in content["parts"]}
        fresh = [tool for tool in tools if tool["name"] not in called] or tools
        plans, done = [[(asked.prompt, fresh[-1 if done else 0])]], 0
    results = [text for result in asked.results for text in texts_in(result.get("response"))]
    return [call for text, tool in (plans[done] if done < len(plans) else []) for call in _fill(tool, text, results)]


def _assign(step: str, tools: list[Json]) -> Iterable[tuple[str, Json]]:
    """Each function that is meant, with the clause that means it; a clause that means none adds to the last."""
    clauses: list[tuple[str, list[Json]]] = []
    for clause in AND.split(step):
        meant = _meant(clause, tools)
        if clauses and not meant:
            text, meant = clauses.pop()
            clause = f"{text} and {clause}"  # noqa: PLW2901
        clauses.append((clause, meant))
    return ((clause, tool) for clause, meant in clauses for tool in meant)


def _meant(clause: str, tools: list[Json]) -> list[Json]:
    """Named outright; else by the words of their names, each word once; else by their description's words."""
    outright = [tool for tool in tools if re.search(rf"(?<!\w){re.escape(tool['name'])}(?!\w)", clause)]
    if outright:
        return sorted(outright, key=lambda tool: clause.index(tool["name"]))
    said = _words(clause)
    meant: list[Json] = []
    for tool in sorted(tools, key=lambda tool: len(_words(tool["name"]) - said) - len(_words(tool["name"]) & said)):
        if _words(tool["name"]) & said - {word for one in meant for word in _words(one["name"])}:
            meant.append(tool)
    described = max(tools, key=lambda tool: len(_described(tool) & said))
    return meant or ([described] if len(_described(described) & said) >= ENOUGH else [])


def _words(text: str) -> set[str]:
    return {ENDING.sub("", word.lower()) for word in WORD.findall(text)} - {ENDING.sub("", one) for one in COMMON}


def _described(tool: Json) -> set[str]:
    properties = _schema(tool).get("properties", {})
    about = [one.get("description", "") for one in properties.values() if isinstance(one, dict)]
    return _words(" ".join([tool.get("description", ""), *properties, *about]))


def _schema(tool: Json) -> Json:
    return {**(tool.get("parametersJsonSchema") or tool.get("parameters") or {})}


def _fill(tool: Json, text: str, results: list[str]) -> Iterable[Json]:
    """One call, or one for each name where a single argument takes names and the clause has several."""
    schema, text = _schema(tool), text.replace(tool["name"], " ")
    slots = [one for key, one in schema.get("properties", {}).items() if _is_named(key, one)]
    prompt = Prompt(text)
    listed = re.search(r"(?:,| and|, and) ".join(map(re.escape, prompt.names[-2:])), text) and len(prompt.names) > 1
    several = listed and len(slots) == 1 and str(slots[0].get("type")).lower() == "string"
    for names in [[name] for name in prompt.names] if several else [prompt.names]:
        prompt = Prompt(text)
        prompt.names = names
        prompt.numbers += Prompt(" ".join(results)).numbers  # "then multiply the result by 2"
        yield {"name": tool["name"], "args": Filler(schema, prompt).fill({"type": "object", **schema})}


def _is_named(key: str, schema: Any) -> bool:
    return isinstance(schema, dict) and NAMED.search(f"{key} {schema.get('description', '')}") is not None
