"""Google's error envelope: what a test scripts in it, and what the emulator refuses with.

Knows statuses and the shape of an error body; knows nothing of what was asked.
"""

from dataclasses import dataclass, field
from typing import Any, Self

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
    """The request is refused: Google's words in `fault`; ours, and the evidence, in its text."""

    def __init__(self, fault: Fault, why: str, *evidence: str) -> None:
        super().__init__(f"{why} (seen in: {'; '.join(evidence)})")
        self.fault = fault
