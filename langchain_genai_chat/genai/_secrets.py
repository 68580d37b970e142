"""The caller's credentials: where they stand in a request, and how they are struck out of what may repeat them.

Knows headers and answers; does not decide what becomes an error.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

CREDENTIAL_HEADERS = ("x-goog-api-key", "authorization")
OTHER_SECRET_HEADERS = ("proxy-authorization", "cookie")
"""They do not say who calls; they are no more to be shown than what does."""
SECRET_MIN_CHARS = 8
"""Shorter ones are nobody's; to strike them out would leave holes all over a message."""


def secrets_in(headers: "httpx.Headers") -> list[str]:
    """The caller's credentials in a request's headers, which an answer, or a complaint of it, may repeat."""
    secrets = [headers[name].rpartition(" ")[2] for name in CREDENTIAL_HEADERS if name in headers]
    return [secret for secret in secrets if len(secret) >= SECRET_MIN_CHARS]


def take_secrets(headers: "httpx.Headers") -> None:
    """Take the caller's credentials out of a request's headers."""
    for name in (*CREDENTIAL_HEADERS, *OTHER_SECRET_HEADERS):
        headers.pop(name, None)


def cleaned(response: "httpx.Response", secrets: list[str]) -> "httpx.Response":
    """The answer without the secrets, which it may repeat: LangChain puts the whole of it into traces."""
    headers = {name: without(secrets, value) for name, value in response.headers.items()}
    response.headers.update({name: value for name, value in headers.items() if value != response.headers[name]})
    if "reason_phrase" in response.extensions:
        response.extensions["reason_phrase"] = without(secrets, response.reason_phrase).encode("ascii", "replace")
    try:
        content = response.content
    except RuntimeError:  # a stream, of which nothing is kept
        return response
    if not any(secret.encode() in content for secret in secrets):
        return response
    for secret in secrets:
        content = content.replace(secret.encode(), b"[secret]")
    framing = ("content-encoding", "content-length", "transfer-encoding")
    headers = {name: value for name, value in headers.items() if name not in framing}
    return type(response)(
        response.status_code,
        headers=headers,
        content=content,
        request=response.request,
        extensions=response.extensions,
    )


def without(secrets: list[str], value: Any) -> Any:
    """A JSON value with the secrets struck out, of keys too."""
    match value:
        case str():
            for secret in secrets:
                value = value.replace(secret, "[secret]")
            return value
        case dict():
            return {without(secrets, key): without(secrets, inner) for key, inner in value.items()}
        case list():
            return [without(secrets, inner) for inner in value]
    return value
