"""What LangChain may know of a model before asking it: limits, modalities, tools.

Knows the table in data/profiles.py and what families say over it. It is a module, since models are made in event
loops too, which no file may be read in.
"""

from copy import deepcopy
from typing import Any

from langchain_core.language_models import ModelProfile

from ._families import family_of, known_name
from .data.profiles import MODELS, USUAL

OWN = ("name", "status", "release_date", "last_updated")
"""What one model's row says of that model alone."""


def profile_of(model: str) -> ModelProfile:
    """A model's profile, the caller's to change; one that is not known has its family's, without name and dates."""
    family = family_of(model)
    known = known_name(model, MODELS)
    row = MODELS[known or family.like]
    facts: Any = {**USUAL, **(row if known else {name: value for name, value in row.items() if name not in OWN})}
    # Where agents read this they mean it with tools, which the older families refuse beside a schema (B068).
    facts["structured_output"] &= family.tools_with_schema
    facts["temperature"] &= not family.fixed_sampling
    profile: ModelProfile = deepcopy(facts)
    return profile
