"""What LangChain may know of a model before asking it: limits, modalities, tools.

Knows the table in data/profiles.json, read when the first model is made, and what families say over it.
"""

import json
from functools import cache
from importlib import resources
from typing import Any

from langchain_core.language_models import ModelProfile

from ._families import family_of, known_name

OWN = ("name", "status", "release_date", "last_updated")
"""What one model's row says of that model alone."""


def profile_of(model: str) -> ModelProfile:
    """A model's profile, the caller's to change; one that is not known has its family's, without name and dates."""
    table, family = _table(), family_of(model)
    known = known_name(model, table["models"])
    row = table["models"][known or family.like]
    own = row if known else {name: value for name, value in row.items() if name not in OWN}
    facts = {**table["usual"], **own}
    # Where agents read this they mean it with tools, which the older families refuse beside a schema (B068).
    facts["structured_output"] &= family.tools_with_schema
    facts["temperature"] &= not family.fixed_sampling
    profile: ModelProfile = json.loads(json.dumps(facts))
    return profile


@cache
def _table() -> dict[str, Any]:
    file = resources.files(__package__) / "data" / "profiles.json"
    table: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return table
