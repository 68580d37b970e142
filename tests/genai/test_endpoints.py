"""Which backend, which address, which identity, which name: the service's tables, row by row."""

import warnings
from typing import Any

import pytest

from langchain_genai_chat.genai._endpoints import Caller, Endpoint, environment_key, resolve, vertex_url
from langchain_genai_chat.genai.types.options import HttpOptions

GEMINI = "https://generativelanguage.googleapis.com/v1beta"
GLOBAL = "https://aiplatform.googleapis.com/v1beta1"
REGIONAL = "https://us-central1-aiplatform.googleapis.com/v1beta1"
GOOGLE_MODEL = "publishers/google/models/m"
PROJECT = {"GOOGLE_CLOUD_PROJECT": "env-p", "GOOGLE_CLOUD_LOCATION": "us-central1"}
KEY = {"GOOGLE_API_KEY": "env-k"}


def caller(environ: dict[str, str] | None = None, **given: Any) -> Caller:
    options = HttpOptions(**given.pop("http_options", {}))
    return resolve(**given, options=options, environ=environ or {})


def url(of: Caller, model: str = "m") -> str:
    return of.endpoint.url(of.endpoint.model(model))


@pytest.mark.parametrize(
    ("given", "environ", "vertex"),
    [
        ({}, {}, False),
        ({"vertexai": True}, {}, True),
        ({"enterprise": True}, {}, True),
        ({"enterprise": True, "vertexai": True}, {}, True),
        ({"vertexai": False}, {"GOOGLE_GENAI_USE_VERTEXAI": "true"}, False),
        ({"enterprise": False}, {"GOOGLE_GENAI_USE_ENTERPRISE": "1"}, False),
        ({}, {"GOOGLE_GENAI_USE_VERTEXAI": "true"}, True),
        ({}, {"GOOGLE_GENAI_USE_VERTEXAI": "TRUE"}, True),
        ({}, {"GOOGLE_GENAI_USE_ENTERPRISE": "1"}, True),
        ({}, {"GOOGLE_GENAI_USE_ENTERPRISE": "True", "GOOGLE_GENAI_USE_VERTEXAI": "1"}, True),
        ({}, {"GOOGLE_GENAI_USE_VERTEXAI": "yes"}, False),
        ({}, {"GOOGLE_GENAI_USE_VERTEXAI": "0"}, False),
        ({}, {"GOOGLE_GENAI_USE_VERTEXAI": ""}, False),
    ],
)
def test_the_backend_is_chosen_by_argument_then_environment(
    given: dict[str, Any], environ: dict[str, str], vertex: bool
) -> None:
    """The same program runs on both by its environment, unless it says what it means."""
    assert caller(environ | KEY, **given).endpoint.vertex is vertex


@pytest.mark.parametrize(("enterprise", "older", "vertex"), [("1", "0", True), ("0", "1", False)])
def test_variables_that_differ_are_warned_of(enterprise: str, older: str, vertex: bool) -> None:
    """Nobody means both; the newer name is what google-genai takes."""
    environ = {"GOOGLE_GENAI_USE_ENTERPRISE": enterprise, "GOOGLE_GENAI_USE_VERTEXAI": older}
    with pytest.warns(UserWarning, match="differ"):
        assert caller(environ | KEY).endpoint.vertex is vertex


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"enterprise": True, "vertexai": False}, "enterprise and vertexai"),
        ({"project": "p"}, "Vertex AI"),
        ({"location": "us-central1"}, "Vertex AI"),
        ({"project": "p", "credentials": object(), "api_key": "k"}, "Vertex AI"),
        ({"vertexai": True, "credentials": object(), "api_key": "k"}, "exclude each other"),
        ({"http_options": {"base_url_resource_scope": "COLLECTION"}}, "needs a base_url"),
        (
            {"vertexai": True, "api_key": "k", "credentials": 1, "http_options": {"base_url_resource_scope": "C"}},
            "exclude each other",
        ),
        ({"vertexai": True, "api_key": "k", "location": "us-central1"}, "needs a project"),
        ({"vertexai": True, "project": "p/../q"}, "project"),
        ({"vertexai": True, "project": "p", "location": "evil.com/"}, "location"),
        ({"vertexai": True, "project": "p", "location": "evil.com"}, "location"),
        ({"http_options": {"base_url": "gw/x"}}, "base_url"),
        ({"http_options": {"base_url": "ftp://gw/x"}}, "base_url"),
        ({"http_options": {"base_url": "https://"}}, "base_url"),
        ({"http_options": {"base_url": "https://host:99999"}}, "[Pp]ort"),
        ({"http_options": {"base_url": "https://gw/x?tenant=1"}}, "base_url"),
    ],
)
def test_arguments_that_exclude_each_other_raise(given: dict[str, Any], match: str) -> None:
    """Before anything is sent, and in google-genai's order."""
    with pytest.raises(ValueError, match=match):
        caller(**given)


@pytest.mark.behaviour("B108")
@pytest.mark.parametrize(
    ("given", "environ", "key"),
    [
        ("arg", {"GOOGLE_API_KEY": "google", "GEMINI_API_KEY": "gemini"}, "arg"),
        (None, {"GOOGLE_API_KEY": "google"}, "google"),
        (None, {"GEMINI_API_KEY": "gemini"}, "gemini"),
        (None, {"GOOGLE_API_KEY": "", "GEMINI_API_KEY": "gemini"}, "gemini"),
        (None, {"GOOGLE_API_KEY": "same", "GEMINI_API_KEY": "same"}, "same"),
        ("", {"GOOGLE_API_KEY": "google"}, "google"),
        (" arg\n", {}, "arg"),
        (None, {"GOOGLE_API_KEY": " google\n"}, "google"),
        (None, {"GOOGLE_API_KEY": " "}, None),
        (None, {}, None),
    ],
)
def test_the_key_is_the_arguments_then_googles_then_geminis(
    given: str | None, environ: dict[str, str], key: str | None
) -> None:
    """Keys are pasted with line ends, and variables are left empty."""
    assert caller(environ, api_key=given).api_key == key


@pytest.mark.behaviour("B108")
def test_two_keys_that_differ_are_warned_of_once() -> None:
    """Which account pays is worth a line; the warning names the one that is used, and neither key."""
    environ = {"GOOGLE_API_KEY": "secret-google", "GEMINI_API_KEY": "secret-gemini"}
    with pytest.warns(UserWarning, match="GOOGLE_API_KEY is used") as caught:
        assert environment_key(environ) == "secret-google"
    assert len(caught) == 1
    assert "secret" not in str(caught[0].message)


def test_an_argument_needs_no_warning_of_the_environment() -> None:
    """What the environment has is not used."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        caller({"GOOGLE_API_KEY": "a", "GEMINI_API_KEY": "b"}, api_key="c")


@pytest.mark.behaviour("B111")
@pytest.mark.parametrize(
    ("given", "environ", "key", "expected"),
    [
        ({"credentials": object()}, KEY | PROJECT, None, f"{REGIONAL}/projects/env-p/locations/us-central1"),
        ({"credentials": object(), "project": "p"}, KEY, None, f"{GLOBAL}/projects/p/locations/global"),
        ({"api_key": "k"}, PROJECT, "k", GLOBAL),
        ({"api_key": "k"}, {}, "k", GLOBAL),
        ({"project": "p"}, KEY, None, f"{GLOBAL}/projects/p/locations/global"),
        ({"project": "p"}, KEY | PROJECT, None, f"{REGIONAL}/projects/p/locations/us-central1"),
        ({"location": "us-central1"}, KEY | PROJECT, None, f"{REGIONAL}/projects/env-p/locations/us-central1"),
        ({}, KEY | PROJECT, None, f"{REGIONAL}/projects/env-p/locations/us-central1"),
        ({}, PROJECT, None, f"{REGIONAL}/projects/env-p/locations/us-central1"),
        ({}, KEY, "env-k", GLOBAL),
        (
            {"api_key": "k", "project": "p", "location": "us-central1"},
            {},
            "k",
            f"{REGIONAL}/projects/p/locations/us-central1",
        ),
        ({"api_key": "k", "project": "p"}, {}, "k", f"{GLOBAL}/projects/p/locations/global"),
        ({}, {}, None, f"{GLOBAL}/projects/-/locations/global"),  # the credentials know which
        (
            {"project": "p", "location": "l", "http_options": {"base_url": "https://gw/x"}},
            KEY,
            None,
            "https://gw/x/v1beta1/projects/p/locations/l",
        ),
        ({"api_key": "k", "http_options": {"base_url": "https://gw/x"}}, {}, "k", "https://gw/x/v1beta1"),
        (
            {"http_options": {"base_url": "https://private.googleapis.com"}},
            PROJECT,
            None,
            "https://private.googleapis.com/v1beta1/projects/env-p/locations/us-central1",
        ),
    ],
)
def test_on_vertex_explicit_beats_implicit_and_a_project_beats_a_key(
    given: dict[str, Any], environ: dict[str, str], key: str | None, expected: str
) -> None:
    """Who pays and where data goes must follow from what was said last and nearest."""
    resolved = caller(environ, vertexai=True, **given)
    assert (resolved.api_key, url(resolved)) == (key, f"{expected}/{GOOGLE_MODEL}")
    assert not resolved.gateway


@pytest.mark.behaviour("B111")
@pytest.mark.parametrize("given", [{}, {"project": "p"}, {"location": "l"}])
def test_a_gateway_before_vertex_is_asked_as_it_is(given: dict[str, Any]) -> None:
    """It authenticates by headers and knows its project; neither key nor path of ours is added."""
    resolved = caller(KEY | PROJECT, vertexai=True, http_options={"base_url": "https://gw/x/"}, **given)
    assert (resolved.gateway, resolved.api_key, url(resolved)) == (True, None, "https://gw/x")


@pytest.mark.behaviour("B106")
@pytest.mark.parametrize("base_url", ["https://gw/x", "https://googleapis.com.evil.example", "http://127.0.0.1:8080"])
def test_a_gateway_before_gemini_needs_no_key(base_url: str) -> None:
    """It has keys of its own; the path is the service's all the same."""
    resolved = caller(http_options={"base_url": base_url})
    assert (resolved.gateway, resolved.api_key, url(resolved)) == (True, None, f"{base_url}/v1beta/models/m")


@pytest.mark.behaviour("B106")
def test_google_itself_is_no_gateway() -> None:
    """Without a key it refuses; that is better said before."""
    assert not caller().gateway
    assert not caller(http_options={"base_url": "https://eu.generativelanguage.googleapis.com"}).gateway


@pytest.mark.behaviour("B106")
@pytest.mark.parametrize(
    ("options", "environ", "expected"),
    [
        ({}, {}, f"{GEMINI}/models/m"),
        ({"api_version": "v1"}, {}, "https://generativelanguage.googleapis.com/v1/models/m"),
        (
            {"api_version": "v1"},
            {"GOOGLE_GENAI_API_VERSION": "v2"},
            "https://generativelanguage.googleapis.com/v1/models/m",
        ),
        ({}, {"GOOGLE_GENAI_API_VERSION": "v1alpha"}, "https://generativelanguage.googleapis.com/v1alpha/models/m"),
        ({}, {"GOOGLE_GENAI_API_VERSION": "beta"}, f"{GEMINI}/models/m"),
        ({"api_version": ""}, {}, "https://generativelanguage.googleapis.com/models/m"),
        ({"base_url": "https://gw/x/", "api_version": "v1"}, {}, "https://gw/x/v1/models/m"),
        ({"base_url": "https://gw/x"}, {}, "https://gw/x/v1beta/models/m"),
        ({"base_url": "https://gw/x/v1beta"}, {}, "https://gw/x/v1beta/models/m"),
        ({"base_url": "https://gw/x/v1beta/", "api_version": "v1beta"}, {}, "https://gw/x/v1beta/models/m"),
        ({"base_url": "https://gw/x/v1", "api_version": "v1beta"}, {}, "https://gw/x/v1beta/models/m"),
        ({"base_url": "https://gw/x/v1"}, {"GOOGLE_GENAI_API_VERSION": "v2"}, "https://gw/x/v1/models/m"),
        ({"base_url": "https://gw/x/v1", "api_version": ""}, {}, "https://gw/x/v1/models/m"),
        ({}, {"GOOGLE_GEMINI_BASE_URL": "https://gw/y/"}, "https://gw/y/v1beta/models/m"),
        ({"base_url": "https://gw/x"}, {"GOOGLE_GEMINI_BASE_URL": "https://gw/y"}, "https://gw/x/v1beta/models/m"),
        ({}, {"GOOGLE_VERTEX_BASE_URL": "https://gw/z"}, f"{GEMINI}/models/m"),
    ],
)
def test_the_url_is_base_version_path(options: dict[str, str], environ: dict[str, str], expected: str) -> None:
    """A base URL with a path of its own is joined, a version is there once, and the argument wins."""
    assert url(caller(environ, api_key="k", http_options=options)) == expected


@pytest.mark.parametrize(
    ("options", "environ", "expected"),
    [
        ({}, {}, GLOBAL),
        ({}, {"GOOGLE_GENAI_API_VERSION": "beta"}, GLOBAL),
        ({"api_version": "v1"}, {}, "https://aiplatform.googleapis.com/v1"),
        ({}, {"GOOGLE_VERTEX_BASE_URL": "https://gw/y"}, "https://gw/y/v1beta1"),
        ({}, {"GOOGLE_GEMINI_BASE_URL": "https://gw/y"}, GLOBAL),
    ],
)
def test_vertex_has_a_version_and_a_variable_of_its_own(
    options: dict[str, str], environ: dict[str, str], expected: str
) -> None:
    """google-genai reads the other backend's variable when the backend was chosen by environment."""
    environ = environ | {"GOOGLE_GENAI_USE_VERTEXAI": "1"}
    assert url(caller(environ, api_key="k", http_options=options)) == f"{expected}/{GOOGLE_MODEL}"


@pytest.mark.parametrize("given", [{"project": "p", "location": "l"}, {"api_key": "k"}, {}])
def test_a_collection_has_version_and_project_in_its_address(given: dict[str, Any]) -> None:
    """Only what comes after them is appended."""
    options = {"base_url": "https://gw/v1/projects/q", "base_url_resource_scope": "COLLECTION", "api_version": ""}
    resolved = caller(vertexai=True, http_options=options, **given)
    assert url(resolved) == f"https://gw/v1/projects/q/{GOOGLE_MODEL}"


@pytest.mark.behaviour("B112")
@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("global", "aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
        ("us-central1", "us-central1-aiplatform.googleapis.com"),
        ("europe-west4", "europe-west4-aiplatform.googleapis.com"),
    ],
)
def test_a_location_has_its_host_and_stands_in_the_path(location: str, host: str) -> None:
    """The multi-regions have hosts of their own; the others' pattern gives names that do not exist."""
    resolved = caller(vertexai=True, project="p", location=location)
    assert url(resolved) == f"https://{host}/v1beta1/projects/p/locations/{location}/{GOOGLE_MODEL}"
    assert vertex_url(location) == f"https://{host}"


@pytest.mark.behaviour("B078")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("m", "models/m"),
        ("models/m", "models/m"),
        ("tunedModels/t", "tunedModels/t"),
        ("gemini-2.5-flash-001", "models/gemini-2.5-flash-001"),
    ],
)
def test_a_name_on_gemini(name: str, expected: str) -> None:
    """Whatever form people copy from a page works."""
    assert url(caller(api_key="k"), name) == f"{GEMINI}/{expected}"


@pytest.mark.behaviour("B078")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("m", "projects/p/locations/global/publishers/google/models/m"),
        ("meta/llama", "projects/p/locations/global/publishers/meta/models/llama"),
        ("publishers/google/models/m", "projects/p/locations/global/publishers/google/models/m"),
        ("models/m", "projects/p/locations/global/models/m"),
        ("projects/q/locations/l/endpoints/1", "projects/q/locations/l/endpoints/1"),
        ("claude@20250101", "projects/p/locations/global/publishers/google/models/claude@20250101"),
    ],
)
def test_a_name_on_vertex(name: str, expected: str) -> None:
    """A path that is whole stays, a shorter one is completed."""
    assert url(caller(vertexai=True, project="p"), name) == f"{GLOBAL}/{expected}"


@pytest.mark.behaviour("B078")
@pytest.mark.parametrize("vertex", [False, True])
@pytest.mark.parametrize(
    "name", ["", "a..b", "../m", "m?key=x", "m&x", "m#x", "m n", "m%2e", "m\n", "é", "models/", "/m", "a//b"]
)
def test_a_name_that_would_change_the_url_raises(name: str, vertex: bool) -> None:
    """A name from a form field must not reach another method, host or parameter."""
    endpoint = Endpoint(vertex=vertex, base_url="https://x", api_version="v1")
    with pytest.raises(ValueError, match="model"):
        endpoint.model(name)


@pytest.mark.behaviour("B078")
@pytest.mark.parametrize("name", ["a/b", "publishers/google/models/m", "projects/p/models/m", "models/a/b"])
def test_a_slash_elsewhere_raises_on_gemini(name: str) -> None:
    """It is a name of the other backend, and the message says what would do here."""
    with pytest.raises(ValueError, match="tunedModels"):
        caller(api_key="k").endpoint.model(name)


@pytest.mark.parametrize(
    ("client", "call", "expected"),
    [
        ({}, {"base_url": "https://gw/x/"}, "https://gw/x/v1beta/models/m"),
        ({}, {"api_version": "v1"}, "https://generativelanguage.googleapis.com/v1/models/m"),
        ({"api_version": "v1"}, {"base_url": "https://gw"}, "https://gw/v1/models/m"),
        ({"base_url": "https://gw/v1beta"}, {"api_version": "v1"}, "https://gw/v1/models/m"),
        ({"base_url": "https://gw/v1beta"}, {"base_url": "https://other"}, "https://other/v1beta/models/m"),
        ({"base_url": "https://gw/v1beta"}, {"base_url": "https://other/v2"}, "https://other/v2/models/m"),
        ({}, {"api_version": ""}, "https://generativelanguage.googleapis.com/models/m"),
        ({}, {}, f"{GEMINI}/models/m"),
    ],
)
def test_one_call_may_go_elsewhere(client: dict[str, str], call: dict[str, str], expected: str) -> None:
    """By the same rules as the client's own address."""
    endpoint = caller(api_key="k", http_options=client).endpoint.at(HttpOptions(**call))
    assert endpoint.url(endpoint.model("m")) == expected


def test_a_call_to_no_address_raises() -> None:
    """As it does for a client."""
    with pytest.raises(ValueError, match="base_url"):
        caller(api_key="k").endpoint.at(HttpOptions(base_url="elsewhere"))


def test_a_base_model_belongs_to_no_project() -> None:
    """Its description is Google's."""
    endpoint = caller(vertexai=True, project="p").endpoint
    assert endpoint.url(GOOGLE_MODEL, shared=True) == f"{GLOBAL}/{GOOGLE_MODEL}"
