"""Facts by model name hold for every form of a name, and a name of tomorrow has the newest model's."""

import pytest

from langchain_genai_chat._families import NEWEST, family_of, short_name

FORMS = (
    "{}",
    "models/{}",
    "publishers/google/models/{}",
    "projects/p/locations/global/publishers/google/models/{}",
    "projects/p/locations/us-central1/publishers/google/models/{}",
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("name", "thinking"),
    [
        ("gemini-1.5-pro-002", "none"),
        ("gemini-2.0-flash", "none"),
        ("gemini-pro-vision", "none"),
        ("gemini-2.5-flash-preview-05-20", "budget"),
        ("gemini-3-pro-preview", "level"),
        ("gemini-3.6-flash", "level"),
        ("gemini-flash-latest", "level"),
        ("gemini-pro-latest", "level"),
        ("gemma-3-27b-it", "none"),
    ],
)
def test_a_name_is_judged_by_its_last_segment(form: str, name: str, thinking: str) -> None:
    """The same model goes by a bare name, a resource name and a Vertex path."""
    assert family_of(form.format(name)).thinking == thinking
    assert short_name(form.format(name)) == name


@pytest.mark.behaviour("B075")
@pytest.mark.parametrize("name", ["gemini-9-x", "gemini-10-pro", "tunedModels/t", "projects/p/locations/l/endpoints/1"])
def test_an_unknown_name_has_the_newest_facts(name: str) -> None:
    """A list of models is out of date on the day that it is published."""
    assert family_of(name) == NEWEST


@pytest.mark.behaviour("B004")
@pytest.mark.parametrize(
    ("name", "checked"),
    [("gemini-2.0-flash", False), ("gemini-2.5-pro", False), ("gemini-3-flash-preview", True), ("gemini-9-x", True)],
)
def test_signatures_are_checked_from_gemini_3_on(name: str, checked: bool) -> None:
    """Where they are, a call without one needs the filler; where they are not, nothing is added."""
    assert family_of(name).checks_signatures is checked


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("gemini-2.0-flash-preview-image-generation", True),
        ("gemini-2.5-flash-image", True),
        ("gemini-2.5-flash-preview-tts", True),
        ("gemini-2.5-flash-native-audio-preview-12-2025", True),
        ("gemini-3-pro-image-preview", True),
        ("gemini-2.5-flash", False),
        ("gemini-3-pro-preview", False),
    ],
)
def test_models_that_answer_with_media_are_known(name: str, media: bool) -> None:
    """Their content has to be a list from the first chunk on, though nothing in the request says so."""
    assert family_of(name).answers_with_media is media


@pytest.mark.behaviour("B079")
@pytest.mark.parametrize(
    ("name", "takes"),
    [
        ("gemma-2b-it", False),
        ("gemma-1.1-7b-it", False),
        ("gemma-2-9b-it", False),
        ("gemma-3-27b-it", False),
        ("gemma-3n-e4b-it", False),
        ("gemma-4-31b-it", True),
        ("gemma-12-1t-it", True),
    ],
)
def test_only_older_gemma_takes_neither_system_instruction_nor_tools(name: str, takes: bool) -> None:
    """The API answers 400 to either; newer ones have both, and no check of names may block them."""
    family = family_of(name)
    assert (family.takes_system_instruction, family.takes_tools) == (takes, takes)


@pytest.mark.behaviour("B036", "B076")
@pytest.mark.parametrize(
    ("name", "fixed"),
    [
        ("gemini-3.6-flash", True),
        ("gemini-3.5-flash-lite", True),
        ("gemini-3.5-flash-lite-001", True),
        ("gemini-3.5-flash", False),
        ("gemini-9-x", False),
    ],
)
def test_two_models_neither_take_sampling_nor_prefill(name: str, fixed: bool) -> None:
    """Only where it is known is something held back: what an unknown model is asked for, it is sent."""
    family = family_of(name)
    assert (family.fixed_sampling, family.allows_prefill) == (fixed, not fixed)
