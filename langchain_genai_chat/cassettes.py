"""vcrpy's settings for cassettes of Gemini's traffic, with filters that leave no key, token, header or account behind.

Knows what may stand in a cassette, and drops the rest; knows nothing of clients, and does not import vcrpy.
"""

import re
from typing import Any

__all__ = ["VCR_CONFIG"]

HOST = "http://recorded.invalid"
"""In place of whatever server answered, so that a cassette is found wherever a client points."""
REQUEST_HEADERS = {"content-type"}
UPLOAD_URL = "x-goog-upload-url"
RESPONSE_HEADERS = {"content-type", "retry-after", "server", "x-goog-upload-status", UPLOAD_URL}
"""All that is kept of headers; `server` says who answered: Google's front end, or the emulator."""
PARAMETERS = {"alt", "pageSize"}
FORM = "application/x-www-form-urlencoded"
"""How credentials ask for tokens, with what signs them; Gemini takes none."""
MACHINE = "/computeMetadata/"
"""Where a machine of Google's is asked for its project, its account and a token."""

# What stands in place of each, after what it is known by: keys and projects as Google's errors name them, too.
SCRUBBED = (
    (re.compile(r"(\bprojects/|\bproject=|\bproject_number:|\bproject (?=\d{6})|\bapi_key:)[\w:.-]+"), r"\1scrubbed"),
    (re.compile(r"(?<![\w.-])[\w.-]++@([\w.-]+\.)?gserviceaccount\.com"), "scrubbed@gserviceaccount.com"),
    (
        re.compile(r'("(?:access_?token|id_?token|refresh_?token|containerInfo)"\s*:\s*)"[^"]*"', re.IGNORECASE),
        r'\1"scrubbed"',
    ),
)


def _scrubbed(text: Any) -> Any:
    """Text or bytes without projects, accounts, keys and tokens; all else as it is."""
    if isinstance(text, bytes):
        return _scrubbed(text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    if isinstance(text, str):
        for known, instead in SCRUBBED:
            text = known.sub(instead, text)
    return text


def _scrubbed_uri(uri: str) -> str:
    """An address without host and project, with harmless parameters alone."""
    path, _, query = re.sub(r"^https?://[^/]*", "", uri).partition("?")
    kept = "&".join(each for each in query.split("&") if each.partition("=")[0] in PARAMETERS)
    return f"{HOST}{_scrubbed(path)}{'?' if kept else ''}{kept}"


def _scrub_request(request: Any) -> Any:
    """The request without host, project, and all headers and parameters but harmless ones; None is not recorded."""
    if MACHINE in request.uri:
        return None
    request.uri = _scrubbed_uri(request.uri)
    request.headers = {name: value for name, value in request.headers.items() if name.lower() in REQUEST_HEADERS}
    is_form = any(FORM in str(value) for value in request.headers.values())
    request.body = b"" if is_form else _scrubbed(request.body)
    return request


def _scrub_response(response: dict[str, Any]) -> dict[str, Any]:
    """A copy of the response without what `_scrubbed` takes out, and all headers but harmless ones."""
    kept = {name: value for name, value in response["headers"].items() if name.lower() in RESPONSE_HEADERS}
    for name in [name for name in kept if name.lower() == UPLOAD_URL]:
        kept[name] = [_scrubbed_uri(address) for address in kept[name]]
    body = {**response["body"], "string": _scrubbed(response["body"]["string"])}
    return {**response, "headers": kept, "body": body}


VCR_CONFIG: dict[str, Any] = {
    "match_on": ["method", "uri", "body"],
    "before_record_request": _scrub_request,
    "before_record_response": _scrub_response,
    "decode_compressed_response": True,
}
"""For `vcr.VCR(**VCR_CONFIG)`, or returned by a fixture `vcr_config` for pytest-recording."""
