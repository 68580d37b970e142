"""JSON Schema to a value that fits it, filled from a prompt's words: deterministic, and plain.

Knows both dialects of schemas, and prompts; knows nothing of tools, of models or of the wire. Patterns are met
where the prompt meets them; `not`, `if` and their like are not looked at.
"""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

NUMBER = re.compile(r"(?<![\w.-])-?\d+(?:\.\d+)?(?!\w|-\d)")
QUOTED = re.compile(r"(?<!\w)['\"\u2018\u201c]([^'\"\u2019\u201d]+)['\"\u2019\u201d](?!\w)")
NAME = re.compile(r"[A-Z\u00c0-\u00de][\w'-]*(?: [A-Z\u00c0-\u00de][\w'-]*)*(?:, [A-Z]{2}\b)?")
SENTENCE_END = re.compile(r"(?:^|[.!?:]\s+|\n)$")
# A property that a name of the prompt may fill though it is not required.
NAMED = re.compile(r"name|place|cit(?:y|ies)|location|country|address|person|people|author|title", re.IGNORECASE)
# A property that is the prompt itself where nothing in the prompt fits better.
WORDY = re.compile(r"query|question|text|message|prompt|content|topic|search|summary|^$", re.IGNORECASE)
FORMATS = {
    "date": (r"\d{4}-\d\d-\d\d", "2025-01-31"),
    "date-time": (r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)", "2025-01-31T12:00:00Z"),
    "time": (r"\d\d:\d\d:\d\d", "12:00:00"),
    "duration": (r"P\d\w*", "P1D"),
    "email": (r"[\w.+-]+@[\w-]+\.[\w.-]+\w", "alice@example.com"),
    "uri": (r"https?://\S+[\w/]", "https://example.com/"),
    "uuid": (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "00000000-0000-4000-8000-000000000000"),
}
DEEP = 3  # from here on nothing is filled that need not be
LONGEST = 10_000  # characters in a text


class Prompt:
    """A prompt's words by what they may fill; each number, quotation and name fills one place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.quoted: list[str] = QUOTED.findall(text)
        self.names: list[str] = names_in(QUOTED.sub(" ", text))
        self.numbers: list[float] = [float(one) if "." in one else int(one) for one in NUMBER.findall(text)]

    def says(self, pattern: str) -> bool:
        """Whether it holds these words."""
        return re.search(rf"(?<!\w){pattern}(?!\w)", self.text, re.IGNORECASE) is not None


def names_in(text: str) -> list[str]:
    """Capitalised words that stand together, without the word that a sentence begins with."""
    found = []
    for match in NAME.finditer(text):
        first, _, rest = match[0].partition(" ")
        name = rest if SENTENCE_END.search(text[: match.start()]) else match[0]
        found += [name] if name and first != "I" else []
    return found


@dataclass(frozen=True, slots=True)
class Filler:
    """Fills one schema from one prompt."""

    root: Schema
    prompt: Prompt

    def fill(self, given: Any, name: str = "", depth: int = 0, *, required: bool = True) -> Any:
        """A value that fits; None for what need not be there and has nothing in the prompt that fits it."""
        schema = self._plain(given, deep=depth >= DEEP)
        kind = str(schema.get("type") or ("object" if "properties" in schema else "string")).lower()
        if kind == "array":
            return self._array(schema, name, depth, required=required)
        found = self._find(schema, kind, name, required=required)
        if found is not None or not required:
            return found
        if "default" in schema or "enum" in schema:
            return schema["default"] if "default" in schema else schema["enum"][0]
        if kind == "object":
            return self._object(schema, depth)
        if kind == "string":
            return self._string(schema, name)
        return _number(schema, kind) if kind in ("integer", "number") else {"boolean": False}.get(kind)

    def _object(self, schema: Schema, depth: int) -> Schema:
        properties = schema.get("properties", {})
        # a schema that says nothing of what is required wants all; below, only what is found in the prompt
        required = schema.get("required", [] if depth >= DEEP else [*properties])
        filled = {}
        for name in [*dict.fromkeys([*schema.get("propertyOrdering", []), *properties])]:
            value = self.fill(properties.get(name), name, depth + 1, required=name in required)
            if name in required or (value is not None and name in properties):
                filled[name] = value
        return filled

    def _array(self, schema: Schema, name: str, depth: int, *, required: bool) -> list[Any] | None:
        items, one = schema.get("items"), self._plain(schema.get("items"), deep=False)
        filled = [self.fill(item, name, depth + 1) for item in schema.get("prefixItems", [])]
        if "enum" in one:
            filled += [value for value in one["enum"] if self.prompt.says(re.escape(str(value)))]
        elif isinstance(items, dict):
            while (value := self.fill(items, name, depth + 1, required=False)) is not None:
                if value in filled and type(value) not in (int, float):
                    break  # only numbers, names and quotations are used up
                filled.append(value)
        if not filled and not required:
            return None
        least = max(schema.get("minItems", 0), depth < DEEP)
        filled += [self.fill(items, name, depth + 1) for _ in range(least - len(filled))]
        return filled[: schema.get("maxItems")]

    def _find(self, schema: Schema, kind: str, name: str, *, required: bool) -> Any:
        """What the prompt has for it."""
        words = re.escape(name.replace("_", " "))
        if "enum" in schema:
            return next((value for value in schema["enum"] if self.prompt.says(re.escape(str(value)))), None)
        if kind in ("integer", "number"):
            fit = [number for number in self.prompt.numbers if _fits(number, schema, kind)]
            if fit:
                self.prompt.numbers.remove(fit[0])
            return fit[0] if fit else None
        if kind == "boolean" and self.prompt.says(words):
            return not self.prompt.says(rf"(?:no|not|without) {words}")
        return self._find_string(schema, name, required=required) if kind == "string" else None

    def _find_string(self, schema: Schema, name: str, *, required: bool) -> str | None:
        low, high = schema.get("minLength", 0), schema.get("maxLength", LONGEST)
        if pattern := schema.get("pattern") or FORMATS.get(schema.get("format", ""), ("",))[0]:
            with suppress(re.error):  # JavaScript's patterns are not all Python's
                match = re.search(pattern.removeprefix("^").removesuffix("$"), self.prompt.text)
                return match[0] if match and match[0] else None
        named = NAMED.search(f"{name} {schema.get('description', '')}")
        pool = self.prompt.quoted if required or named else []
        if not pool and named:
            pool = self.prompt.names
        return pool.pop(0) if pool and low <= len(pool[0]) <= high else None

    def _string(self, schema: Schema, name: str) -> str:
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]][1]
        named = name.replace("_", " ") if WORDY.search(name) or not self.prompt.names else self.prompt.names.pop(0)
        text = self.prompt.text if WORDY.search(name) else named
        return text.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength", LONGEST)]

    def _plain(self, given: Any, *, deep: bool) -> Schema:
        """The schema without references and choices: of several the first, where it is deep the shortest."""
        schema = {**given} if isinstance(given, dict) else {}
        for _ in range(20):  # references in a row
            if isinstance(schema.get("type"), list):
                schema["type"] = next((one for one in schema["type"] if one != "null"), "null")
            if "const" in schema:
                schema["enum"] = [schema.pop("const")]
            reference = schema.pop("$ref", None) or schema.pop("ref", None)
            options = schema.pop("anyOf", None) or schema.pop("oneOf", None)
            if reference:
                schema = {**self._at(reference), **schema}
            elif "allOf" in schema:
                for part in schema.pop("allOf"):
                    schema = {**self._plain(part, deep=deep), **schema}
            elif options and all("const" in one for one in options):
                schema = {"enum": [one["const"] for one in options], **schema}
            elif options:
                ours = [one for one in options if str(one.get("type")).lower() != "null"] or options
                short = min(options, key=lambda one: ("$ref" in one, len(json.dumps(one))))
                schema = {**(short if deep else ours[0]), **schema}
            else:
                break
        return schema

    def _at(self, reference: str) -> Schema:
        schema: Any = self.root
        for step in reference.removeprefix("#").split("/")[1:]:
            schema = schema.get(step.replace("~1", "/").replace("~0", "~"), {})
        return schema if isinstance(schema, dict) else {}


def _fits(number: float, schema: Schema, kind: str) -> bool:
    step = schema.get("multipleOf") or (1 if kind == "integer" else 0)
    return bool(
        schema.get("minimum", number) <= number <= schema.get("maximum", number)
        and schema.get("exclusiveMinimum", number - 1) < number < schema.get("exclusiveMaximum", number + 1)
        and not (step and number % step)
    )


def _number(schema: Schema, kind: str) -> float:
    step = schema.get("multipleOf", 1)
    low = schema.get("minimum") or schema.get("exclusiveMinimum") or 0
    high = schema.get("maximum") or schema.get("exclusiveMaximum") or low
    first = -(-low // step) * step
    tries = (0, low, first, first + step, high, high // step * step, (low + high) / 2)
    fit = next((number for number in tries if _fits(number, schema, kind)), 0)
    return int(fit) if fit == int(fit) else fit
