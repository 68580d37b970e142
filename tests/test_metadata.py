"""Tokens, and what grows in a stream."""

import pytest

from langchain_genai_chat._metadata import grown, usage_of


@pytest.mark.behaviour("B039")
@pytest.mark.behaviour("F17")
def test_input_and_output_add_up_to_the_total():
    """A bill whose lines do not make its sum is no bill."""
    usage = usage_of(
        {
            "promptTokenCount": 80,
            "toolUsePromptTokenCount": 237,
            "candidatesTokenCount": 173,
            "thoughtsTokenCount": 60,
            "totalTokenCount": 550,
        }
    )
    assert usage == {
        "input_tokens": 317,
        "output_tokens": 233,
        "total_tokens": 550,
        "input_token_details": {"tool_use": 237},
        "output_token_details": {"reasoning": 60},
    }


@pytest.mark.behaviour("B039", "B104")
def test_no_token_is_in_two_details():
    """Cached tokens are tokens of the prompt, of some modality; LangChain's suite adds the details up."""
    usage = usage_of(
        {
            "promptTokenCount": 1000,
            "cachedContentTokenCount": 300,
            "candidatesTokenCount": 50,
            "promptTokensDetails": [
                {"modality": "TEXT", "tokenCount": 100},
                {"modality": "AUDIO", "tokenCount": 700},
                {"modality": "IMAGE", "tokenCount": 200},
            ],
            "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 300}],
            "candidatesTokensDetails": [
                {"modality": "IMAGE", "tokenCount": 40},
                {"modality": "TEXT", "tokenCount": 10},
            ],
        }
    )
    assert usage["input_token_details"] == {"audio": 400, "image": 200, "cache_read": 300}
    assert usage["output_token_details"] == {"image": 40}


def test_details_that_exceed_their_count_are_cut():
    """The cache's details may name other modalities than the prompt's."""
    usage = usage_of(
        {
            "promptTokenCount": 100,
            "cachedContentTokenCount": 90,
            "promptTokensDetails": [{"modality": "DOCUMENT", "tokenCount": 100}],
            "cacheTokensDetails": [{"modality": "IMAGE", "tokenCount": 90}],
        }
    )
    assert usage["input_token_details"] == {"document": 10, "cache_read": 90}


@pytest.mark.parametrize("said", [{}, {"promptTokenCount": None, "promptTokensDetails": None}])
def test_missing_counts_are_zero(said):
    """LangChain's cache and callbacks break where there is no usage at all."""
    assert usage_of(said) == {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}


@pytest.mark.behaviour("B085")
@pytest.mark.parametrize(
    ("old", "new", "both"),
    [
        ({"chunks": [1]}, {"chunks": [1, 2]}, {"chunks": [1, 2]}),
        ({"chunks": [1]}, {"chunks": [2]}, {"chunks": [1, 2]}),
        ({"chunks": [1]}, {"queries": ["q"]}, {"chunks": [1], "queries": ["q"]}),
        ({"entry": {"html": "a"}}, {"entry": {"html": "b"}}, {"entry": {"html": "b"}}),
    ],
)
def test_what_a_stream_says_piece_by_piece_grows(old, new, both):
    """Some events hold new pieces only, some hold all so far; indices count over all of them."""
    assert grown(old, new) == both
