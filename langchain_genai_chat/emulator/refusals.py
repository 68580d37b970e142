"""Google's error envelope: what a test scripts in it, and what the emulator refuses with.

Knows statuses, the shape of an error body, and Google's words for each rule with the witnesses, from
schemas/refusals.json; knows nothing of what was asked.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Self

Json = dict[str, Any]

TYPE = "type.googleapis.com/google.rpc."
CODES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
# What Google says where it documents that something is forbidden and nobody has quoted the refusal.
GENERAL = "Request contains an invalid argument."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An error to answer with: a status, and a body of JSON or a proxy's HTML."""

    code: int
    body: Any  # JSON, or a page's text
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: str, message: str = "", *details: Any, retry_delay_s: float | None = None) -> Self:
        """A fault in Google's envelope, with a RetryInfo detail where a delay in seconds is given.

        Raises ValueError for a status that is none of `CODES`.
        """
        if status not in CODES:
            raise ValueError(f"status {status!r} is none of Google's; pass one of: {', '.join(CODES)}.")
        if retry_delay_s is not None:
            details = (*details, {"@type": f"{TYPE}RetryInfo", "retryDelay": f"{retry_delay_s:g}s"})
        error = {"code": CODES[status], "message": message or f"Scripted {status}.", "status": status}
        return cls(code=CODES[status], body={"error": {**error, **({"details": [*details]} if details else {})}})


class RefusalError(Exception):
    """The request breaks a rule: Google's words in `fault`; the rule, a hint, and who saw Google do it in the text."""

    def __init__(
        self, rule: str, *places: Json, backend: str = "gemini", hint: str = "", details: tuple[Any, ...] = ()
    ) -> None:
        known = read_schema("refusals")[rule]
        super().__init__(f"{rule}{hint and f': {hint}'} (seen in: {'; '.join(known['seen'])})")
        words = known.get(backend) or known.get("gemini", GENERAL)
        # only what the service lists with "* " is told of every place
        message = "".join(words.format(**one) for one in (*places, {})[: (words.startswith("* ") and len(places)) or 1])
        self.fault: Fault = Fault.of(
            known.get("status", "INVALID_ARGUMENT"), message, *known.get("details", ()), *details
        )
        if "page" in known:
            self.fault = Fault(code=CODES["NOT_FOUND"], body=known["page"])


@cache
def read_schema(name: str) -> Json:
    """A file of schemas/."""
    return dict(json.loads((resources.files(__package__) / f"schemas/{name}.json").read_text("utf-8")))
