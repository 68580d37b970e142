"""What is recorded in cassettes, and how a request is found in them again.

Cassettes are recorded on the emulator with `make cassettes`, and replayed without any server.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from vcr import VCR
from vcr.request import Request

Json = dict[str, Any]

HOST = "http://emulator.invalid"
"""In place of whatever server was recorded."""
KEPT_REQUEST_HEADERS = ("content-type",)
KEPT_RESPONSE_HEADERS = ("content-type", "retry-after", "server")
"""All that is recorded of headers: what is not listed cannot carry a key, an account or a token."""
KEPT_QUERY = ("alt", "pageSize")
RESOURCE = re.compile(r"projects/[^/]+/locations/[^/]+")
RANDOM_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def scrubbed_uri(uri: str) -> str:
    """Path and harmless parameters, on no host."""
    path, _, query = uri.partition("?")
    kept = "&".join(each for each in query.split("&") if each.partition("=")[0] in KEPT_QUERY)
    place = RESOURCE.sub("projects/scrubbed/locations/global", re.sub(r"^https?://[^/]*", "", path))
    return HOST + place + (f"?{kept}" if kept else "")


def scrubbed_request(request: Request) -> Request:
    """A request without its host, its project, and nearly all headers."""
    request.uri = scrubbed_uri(request.uri)
    request.headers = {name: value for name, value in request.headers.items() if name.lower() in KEPT_REQUEST_HEADERS}
    return request


def scrubbed_response(response: Json) -> Json:
    """A response without nearly all headers; vcrpy hands over its own, so that a copy is changed."""
    kept = {name: value for name, value in response["headers"].items() if name.lower() in KEPT_RESPONSE_HEADERS}
    return {**response, "headers": kept}


def steady(body: Any) -> Any:
    """A body's JSON in which ids that were made at random are numbered in the order of their coming."""
    text = body.decode() if isinstance(body, bytes) else body or "null"
    seen = list(dict.fromkeys(RANDOM_ID.findall(text)))
    return json.loads(RANDOM_ID.sub(lambda found: f"random-{seen.index(found[0])}", text))


def same_body(asked: Request, recorded: Request) -> None:
    """The matcher: equal as JSON, whatever order keys have and whatever was minted at random."""
    if steady(asked.body) != steady(recorded.body):
        raise AssertionError("the bodies differ")


def pytest_recording_configure(config: Any, vcr: VCR) -> None:
    vcr.register_matcher("same_body", same_body)


@pytest.fixture(scope="session")
def vcr_config() -> Json:
    return {
        "match_on": ["method", "uri", "same_body"],
        "before_record_request": scrubbed_request,
        "before_record_response": scrubbed_response,
        "allow_playback_repeats": True,
        "decode_compressed_response": True,
    }


@pytest.fixture
def recorder(vcr_config: Json) -> VCR:
    """What cassettes are recorded with, for tests of that."""
    config = {name: value for name, value in vcr_config.items() if name != "allow_playback_repeats"}
    made = VCR(record_mode="once", **config)
    made.register_matcher("same_body", same_body)
    return made


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    return str(Path(request.config.rootpath, "cassettes", Path(request.node.fspath).stem.removeprefix("test_")))
