"""Where requests go: the backend, its URLs and resource names, and the environment that may choose them.

Knows nothing of bodies or of sending. The rules are those of google-genai, with the backend resolved first.
"""

import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from .types.options import HttpOptions

GEMINI_URL = "https://generativelanguage.googleapis.com"
MULTI_REGIONS = ("us", "eu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One backend at one address; gives URLs and completes names."""

    vertex: bool
    base_url: str
    """Without a slash at its end; may have a path of its own."""
    api_version: str
    project: str | None = None
    location: str | None = None
    collection: bool = False
    """The base URL already carries version, project and location."""

    def url(self, path: str) -> str:
        """The URL of a path below the version; Vertex AI resources get their project and location."""
        if self.collection:
            return f"{self.base_url}/{path}"
        prefix = ""
        if self.vertex and self.project and not path.startswith("projects/"):
            prefix = f"projects/{self.project}/locations/{self.location}/"
        return "/".join(piece for piece in (self.base_url, self.api_version, f"{prefix}{path}") if piece)

    def model(self, name: str) -> str:
        """The resource name of a model, by its bare name or any form that the backend has.

        Raises `ValueError` for an empty name, for one that would change the URL, and on the Gemini API for
        one with a slash other than `models/...` and `tunedModels/...`.
        """
        _refuse_injection("model", name)
        if not self.vertex:
            if "/" not in name:
                return f"models/{name}"
            kind, _, rest = name.partition("/")
            if kind not in ("models", "tunedModels") or "/" in rest:
                raise ValueError(
                    f"model {name!r} is no name on the Gemini API; pass a bare name, 'models/...' or 'tunedModels/...'."
                )
            return name
        if name.startswith(("projects/", "publishers/", "models/")):
            return name
        publisher, slash, model = name.partition("/")
        return f"publishers/{publisher}/models/{model}" if slash else f"publishers/google/models/{name}"


def _refuse_injection(noun: str, name: str) -> None:
    if not name:
        raise ValueError(f"{noun} is empty; pass a name.")
    if ".." in name or not re.fullmatch(r"[A-Za-z0-9_./:@-]+", name):
        raise ValueError(f"{noun} {name!r} has characters that no name has: only letters, digits and _ . - / : @.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What `Client` was given, or found in the environment: where requests go and by whom."""

    endpoint: Endpoint
    api_key: str | None
    """None: credentials are needed (Vertex AI), or a gateway authenticates by headers of its own."""
    gateway: bool = False
    """Nothing is added to authenticate."""


def resolve(
    *,
    vertexai: bool | None,
    api_key: str | None,
    credentials: object | None,
    project: str | None,
    location: str | None,
    options: HttpOptions,
    environ: Mapping[str, str] = os.environ,
) -> Caller:
    """Choose backend, address and identity: arguments before environment, a project before a key of the environment.

    Raises `ValueError` for arguments that exclude each other.
    """
    env = {name: value.strip() for name, value in environ.items() if value.strip()}
    vertex = _backend(vertexai, api_key, env)
    api_key = (api_key or "").strip() or None
    if not vertex and (project or location):
        raise ValueError("project and location belong to Vertex AI; pass vertexai=True with them.")
    if credentials is not None and api_key:
        raise ValueError("credentials and api_key exclude each other; pass one of them.")
    if options.base_url_resource_scope and not options.base_url:
        raise ValueError("base_url_resource_scope needs a base_url.")
    base_url = (
        options.base_url or env.get("GOOGLE_VERTEX_BASE_URL" if vertex else "GOOGLE_GEMINI_BASE_URL") or ""
    ).rstrip("/")
    if base_url and not re.match(r"https?://[^/]", base_url):
        raise ValueError(f"base_url {base_url!r} is no address; pass one like 'https://host/path'.")
    if not vertex:
        version = _version(options, env, "v1beta")
        base_url, version = _without_version(base_url, version, options)
        return Caller(
            endpoint=Endpoint(vertex=False, base_url=base_url or GEMINI_URL, api_version=version),
            api_key=api_key or environment_key(env),
        )
    gateway = bool(base_url) and ".googleapis.com" not in base_url and not (api_key or (project and location))
    if not (api_key or credentials or project or location):  # only what the environment has
        project, location = env.get("GOOGLE_CLOUD_PROJECT"), env.get("GOOGLE_CLOUD_LOCATION")
        if not project:
            api_key = environment_key(env)
    elif not api_key:
        project = project or env.get("GOOGLE_CLOUD_PROJECT")
        location = location or env.get("GOOGLE_CLOUD_LOCATION")
    if api_key and not (project and location):
        project = location = None  # express mode: the key stands for the project
    elif not gateway:
        location = location or "global"
    version = _version(options, env, "v1beta1")
    base_url, version = _without_version(base_url, version, options)
    endpoint = Endpoint(
        vertex=True,
        base_url=base_url or vertex_url(location),
        api_version=version,
        project=None if gateway else project,
        location=None if gateway else location,
        collection=options.base_url_resource_scope == "COLLECTION",
    )
    return Caller(endpoint=endpoint, api_key=api_key, gateway=gateway)


def vertex_url(location: str | None) -> str:
    """The address of a location: a region, `global` (also without one), or the multi-regions `us` and `eu`."""
    if location in (None, "global"):
        return "https://aiplatform.googleapis.com"
    if location in MULTI_REGIONS:
        return f"https://aiplatform.{location}.rep.googleapis.com"
    if not re.fullmatch(r"[a-z0-9-]+", location):
        raise ValueError(f"location {location!r} is no location; pass one like 'us-central1' or 'global'.")
    return f"https://{location}-aiplatform.googleapis.com"


def environment_key(env: Mapping[str, str] = os.environ) -> str | None:
    """The key of the environment: `GOOGLE_API_KEY`, else `GEMINI_API_KEY`; a warning if both differ."""
    google, gemini = (env.get(name, "").strip() for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY"))
    if google and gemini and google != gemini:
        warnings.warn(
            "GOOGLE_API_KEY and GEMINI_API_KEY are both set and differ; GOOGLE_API_KEY is used.", stacklevel=2
        )
    return google or gemini or None


def _backend(vertexai: bool | None, api_key: str | None, env: Mapping[str, str]) -> bool:
    if vertexai is not None:
        return vertexai
    enterprise, older = (env.get(name) for name in ("GOOGLE_GENAI_USE_ENTERPRISE", "GOOGLE_GENAI_USE_VERTEXAI"))
    if enterprise and older and _true(enterprise) != _true(older):
        warnings.warn(
            "GOOGLE_GENAI_USE_ENTERPRISE and GOOGLE_GENAI_USE_VERTEXAI differ; the first is used.", stacklevel=3
        )
    return _true(enterprise or older or "")


def _true(text: str) -> bool:
    return text.lower() in ("true", "1")


def _version(options: HttpOptions, env: Mapping[str, str], default: str) -> str:
    if options.api_version is not None:
        return options.api_version.strip("/")
    version = env.get("GOOGLE_GENAI_API_VERSION", default)
    return default if version == "beta" else version


def _without_version(base_url: str, version: str, options: HttpOptions) -> tuple[str, str]:
    """A base URL that already ends in a version keeps it; it is not doubled."""
    head, _, tail = base_url.rpartition("/")
    if not re.fullmatch(r"v\d+\w*", tail):
        return base_url, version
    return (base_url, "") if options.api_version in (None, tail) else (head, version)
