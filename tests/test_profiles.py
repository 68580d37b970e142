"""Profiles: what LangChain's agents and middleware read of a model before they ask it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from blockbuster import blockbuster_ctx
from langchain_core.language_models import ModelProfile

import langchain_genai_chat
from langchain_genai_chat import ChatGenAI
from langchain_genai_chat._families import FAMILIES, family_of
from langchain_genai_chat._profiles import profile_of
from langchain_genai_chat.data.profiles import MODELS

MODEL = "gemini-3.5-flash"
LISTED = json.loads(
    Path(langchain_genai_chat.__file__).parent.joinpath("emulator", "schemas", "models.json").read_text("utf-8")
)["models"]


def limits(name: str) -> tuple[int, int]:
    profile = profile_of(name)
    return profile["max_input_tokens"], profile["max_output_tokens"]


@pytest.mark.parametrize("name", MODELS)
def test_every_profile_has_langchains_keys_and_values(name: str) -> None:
    """A key that LangChain does not know warns each time that a model is made."""
    profile = profile_of(name)
    assert profile.keys() <= get_type_hints(ModelProfile).keys()
    assert all(type(profile[limit]) is int for limit in ("max_input_tokens", "max_output_tokens"))
    assert ChatGenAI(model=name).profile == profile


@pytest.mark.parametrize("row", LISTED, ids=lambda row: row["name"])
def test_limits_are_those_that_google_lists(row: dict[str, Any]) -> None:
    """These rows are Google's own answers; other tables differ from them for five models."""
    assert limits(row["name"]) == (row["inputTokenLimit"], row["outputTokenLimit"])
    assert profile_of(row["name"])["reasoning_output"] is bool(row.get("thinking"))


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("projects/p/locations/global/publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("gemini-2.5-flash-lite-preview-09-2025", "gemini-2.5-flash-lite"),
        ("gemini-2.0-flash-001", "gemini-2.0-flash"),
        ("gemini-3.1-pro", "gemini-3.1-pro-preview"),
    ],
)
def test_a_model_is_known_by_any_form_of_its_name(name: str, known: str) -> None:
    """Resource names and dated versions are the same model."""
    assert profile_of(name) == profile_of(known)
    assert profile_of(name)["name"] == MODELS[known]["name"]


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("gemini-9-x", "gemini-3.8-flash"),
        ("tunedModels/mine", "gemini-3.8-flash"),
        ("gemini-2.5-ultra", "gemini-2.5-flash"),
        ("gemini-2.0-pro-exp", "gemini-2.0-flash"),
        ("gemini-9-image", "gemini-3-pro-image"),
        ("gemini-9-tts", "gemini-3.1-flash-tts-preview"),
        ("gemma-5-99b-it", "gemma-4-31b-it"),
        ("gemma-3-5b-it", "gemma-3-4b-it"),
    ],
)
def test_an_unknown_model_has_its_familys_facts_and_no_name_of_another(name: str, like: str) -> None:
    """Without a profile there is no summarization by fractions and no schema beside tools."""
    profile, other = profile_of(name), profile_of(like)
    assert profile == {
        key: value for key, value in other.items() if key not in {"name", "release_date", "last_updated"}
    }
    assert profile.keys() < other.keys()


def test_every_family_is_like_a_model_of_its_own() -> None:
    """A family that named another's model would give an unknown model the wrong limits."""
    for _, family in FAMILIES:
        assert family.like in MODELS
        assert family_of(family.like).takes_tools is family.takes_tools
        assert family_of(family.like).thinking == family.thinking


@pytest.mark.behaviour("B068")
@pytest.mark.parametrize(
    ("name", "both"),
    [("gemini-2.0-flash", False), ("gemini-2.5-pro", False), (MODEL, True), ("gemini-9-x", True)],
)
def test_a_schema_beside_tools_is_said_where_the_family_takes_it(name: str, both: bool) -> None:
    """Agents take the profile's word for it, and Gemini 2 answers with 400."""
    assert profile_of(name)["structured_output"] is both


async def test_a_model_that_is_made_in_an_event_loop_has_its_profile() -> None:
    """Servers watch for files that are read there, and LangChain hides what goes wrong with a profile."""
    with blockbuster_ctx():
        assert ChatGenAI(model=MODEL).profile == profile_of(MODEL)


def test_a_profile_is_a_copy() -> None:
    """Users change theirs."""
    mine = ChatGenAI(model=MODEL)
    assert mine.profile is not None
    mine.profile["max_input_tokens"] = 1
    mine.profile["reasoning_effort_levels"].append("most")
    assert ChatGenAI(model=MODEL).profile == profile_of(MODEL)
    assert profile_of(MODEL)["reasoning_effort_levels"] == ["minimal", "low", "medium", "high"]


def test_the_profile_follows_the_model_unless_it_is_the_users() -> None:
    """A copy under another name has other limits."""
    model = ChatGenAI(model=MODEL).model_copy(update={"model": "gemma-4-31b-it"})
    assert model.profile == profile_of("gemma-4-31b-it")
    model.model = MODEL
    assert model.profile == profile_of(MODEL)
    own: ModelProfile = {"max_input_tokens": 7}
    model = ChatGenAI(model=MODEL, profile=own)
    model.model = "gemma-4-31b-it"
    assert model.profile == own


def test_limits_are_those_of_every_recorded_list(recordings: Callable[[str], list[dict[str, Any]]]) -> None:
    """Google's lists, as they were recorded by others."""
    bodies = [one["response_text"] for one in recordings("other.jsonl") if "inputTokenLimit" in one["response_text"]]
    rows = [row for body in bodies for row in json.loads(body).get("models", [])]
    known = [row for row in rows if row["name"].removeprefix("models/") in MODELS]
    assert len(known) > 20
    assert {
        row["name"] for row in known if limits(row["name"]) != (row["inputTokenLimit"], row["outputTokenLimit"])
    } == set()
