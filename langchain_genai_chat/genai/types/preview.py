"""A request as a value that can be looked at.

Knows nothing of how it is composed or sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A request as it would be sent, without its credentials."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: dict[str, Any]
