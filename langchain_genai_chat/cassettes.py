"""vcrpy's settings for cassettes of Gemini's traffic, with filters that leave no key, header or account behind.

Knows what may stand in a cassette, and drops the rest; knows nothing of clients, and does not import vcrpy.
"""

import re
from typing import Any

__all__ = ["VCR_CONFIG"]

HOST = "http://recorded.invalid"
"""In place of whatever server answered, so that a cassette is found wherever a client points."""
REQUEST_HEADERS = {"content-type"}
RESPONSE_HEADERS = {"content-type", "retry-after", "server"}
"""All that is kept of headers; `server` says who answered: Google's front end, or the emulator."""
PARAMETERS = {"alt", "pageSize"}
PROJECT = re.compile(r"\bprojects/[\w:.-]+")


def _without_project(text: Any) -> Any:
    """Text or bytes without the names and numbers of projects."""
    if isinstance(text, bytes):
        return PROJECT.sub("projects/scrubbed", text.decode("utf-8", "surrogateescape")).encode(
            "utf-8", "surrogateescape"
        )
    return PROJECT.sub("projects/scrubbed", text) if isinstance(text, str) else text


def _scrub_request(request: Any) -> Any:
    """The request without host, project, and all headers and parameters but harmless ones."""
    path, _, query = re.sub(r"^https?://[^/]*", "", request.uri).partition("?")
    kept = "&".join(each for each in query.split("&") if each.partition("=")[0] in PARAMETERS)
    request.uri = HOST + _without_project(path) + (f"?{kept}" if kept else "")
    request.headers = {name: value for name, value in request.headers.items() if name.lower() in REQUEST_HEADERS}
    request.body = _without_project(request.body)
    return request


def _scrub_response(response: dict[str, Any]) -> dict[str, Any]:
    """A copy of the response without projects, and all headers but harmless ones."""
    kept = {name: value for name, value in response["headers"].items() if name.lower() in RESPONSE_HEADERS}
    body = {**response["body"], "string": _without_project(response["body"]["string"])}
    return {**response, "headers": kept, "body": body}


VCR_CONFIG: dict[str, Any] = {
    "match_on": ["method", "uri", "body"],
    "before_record_request": _scrub_request,
    "before_record_response": _scrub_response,
    "decode_compressed_response": True,
}
"""For `vcr.VCR(**VCR_CONFIG)`, or returned by a fixture `vcr_config` for pytest-recording."""
