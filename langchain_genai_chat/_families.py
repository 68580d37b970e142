"""What depends on a model's name: facts by family, and the only place where names are judged.

A name that fits no row has the newest family's facts: a model of tomorrow works today.
"""

import re
from collections.abc import Container
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What a model can do, and what it insists on; the defaults are the newest family's."""

    signs_as: str = "gemini-3"
    """Whose thought signatures it takes back: those of its own generation."""
    thinking: Literal["none", "budget", "level"] = "level"
    """How the amount of thinking is said: not at all, in tokens, or by a level."""
    checks_signatures: bool = True
    """A call of the current turn without its signature is refused, so one that has none needs the filler."""
    media_in_function_response: bool = True
    """Pictures of a tool's result stand inside its function response; else beside it."""
    tools_with_schema: bool = True
    """Function tools and a response schema may stand in one request."""
    mixes_server_tools: bool = True
    """Function tools and the service's own may stand in one request."""
    answers_with_media: bool = False
    """Pictures or sound come without being asked for."""
    takes_system_instruction: bool = True
    takes_tools: bool = True
    allows_prefill: bool = True
    """The last content may be the model's, to be continued."""
    fixed_sampling: bool = False
    """`temperature`, `top_p` and `top_k` are not the caller's to set."""
    like: str = "gemini-3.8-flash"
    """The model whose limits one of the family is taken to have that is not known itself."""


NEWEST = Family()

# Signed and unsigned calls by version: 145 of 145 answers of 3.x are signed, 203 of 220 of 2.5, 0 of 51 of 2.0;
# only 3.x is checked (thought-signatures.md; B004).
# Budgets belong to 2.5, levels to 3 and later (request.md, "Generation settings worth a note").
# Media inside a function response (B020), tools with a schema (B068), mixed tools (B083): Gemini 3 and later.
_GEMINI_2_5 = Family(
    signs_as="gemini-2.5",
    thinking="budget",
    checks_signatures=False,
    media_in_function_response=False,
    tools_with_schema=False,
    mixes_server_tools=False,
    like="gemini-2.5-flash",
)
_GEMINI_2_0 = replace(_GEMINI_2_5, signs_as="gemini-2.0", thinking="none", like="gemini-2.0-flash")
# Neither system instruction nor tools are enabled (B079); Gemma 4 has both.
_GEMMA_3 = replace(
    _GEMINI_2_0, signs_as="gemma-3", takes_system_instruction=False, takes_tools=False, like="gemma-3-4b-it"
)
# langchain-ai/langchain-google#1882 and #1897 name these two models (B036, B076). The rule is said to hold for
# later ones too; those are sent what was asked for, unchanged (B075), and the service has the last word.
_FIXED = Family(allows_prefill=False, fixed_sampling=True)

FAMILIES: tuple[tuple[str, Family], ...] = (
    (r"gemini-2\.5", _GEMINI_2_5),
    (r"gemini-(1\.|2\.0|pro$|pro-vision)", _GEMINI_2_0),
    (r"gemini-3\.(5-flash-lite|6-flash)(-\d{3})?$", _FIXED),
    (r"gemma-([123]n?\b|\d+b\b)", _GEMMA_3),
    (r"gemma-", replace(NEWEST, signs_as="gemma-4", like="gemma-4-31b-it")),
)
"""Beginnings of names, the first that fits counts."""

# Recorded: 2.0-flash-preview-image-generation, 2.5-flash-image-preview, 2.5-flash-preview-tts.
_MEDIA = re.compile(r"-(image|tts|native-audio)(-|$)")
_MEDIA_LIKE = {"image": "gemini-3-pro-image"}
_SPOKEN_LIKE = "gemini-3.1-flash-tts-preview"
# What a version of a model adds to its name: gemini-2.5-flash-preview-09-2025, gemini-2.0-flash-lite-001.
_VERSION = re.compile(r"(-(preview|exp|latest|\d+))+$")


@lru_cache(maxsize=256)
def family_of(model: str) -> Family:
    """The facts of a model, by any form of its name: bare, `models/...`, or a resource of Vertex AI."""
    name = short_name(model).lower()
    family = next((family for pattern, family in FAMILIES if re.match(pattern, name)), NEWEST)
    if media := _MEDIA.search(name):
        return replace(family, answers_with_media=True, like=_MEDIA_LIKE.get(media[1], _SPOKEN_LIKE))
    return family


def known_name(model: str, known: Container[str]) -> str | None:
    """The name among the known ones that a model goes by: its own, or that of which it is a version."""
    name = short_name(model).lower()
    plain = _VERSION.sub("", name)
    return next((each for each in (name, plain, f"{plain}-preview") if each in known), None)


def short_name(model: str) -> str:
    """A model's name without the resource that it is in: what traces and prices go by."""
    return model.rpartition("/")[2]
