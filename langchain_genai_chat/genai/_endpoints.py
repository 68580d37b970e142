"""Where requests go: the backend, its URLs and resource names, and the environment that may choose them.

Knows nothing of bodies or of sending. The rules are those of google-genai, with the backend resolved first.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

from .._warned import warn
from .types.options import HttpOptions, plain_address

GEMINI_URL = "https://generativelanguage.googleapis.com"
MULTI_REGIONS = ("us", "eu")
UNKNOWN_PROJECT = "-"
"""Stands in paths for the project that only the credentials know; they put it in when they sign."""


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
    verbatim: bool = False
    """The base URL is the whole address: a gateway before Vertex AI that knows by itself where requests go."""

    def url(self, path: str, *, shared: bool = False) -> str:
        """The URL of a path below the version; Vertex AI resources get their project and location.

        Args:
            path: A resource, perhaps with a method.
            shared: It belongs to no project, as the description of a base model.
        """
        if self.collection:
            return f"{self.base_url}/{path}"
        if self.verbatim:
            return self.base_url
        if self.vertex and self.project and not shared and not path.startswith("projects/"):
            path = f"projects/{self.project}/locations/{self.location}/{path}"
        return "/".join(piece for piece in (self.base_url, self.api_version, path) if piece)

    def for_uploads(self) -> "Endpoint":
        """Where uploads start: beside the versions, not below them."""
        return replace(self, base_url=f"{self.base_url}/upload")

    def upload_url(self, given: str) -> str:
        """The URL for a started upload's bytes: a base URL that is not Google's stands for Google's here too."""
        if self.is_google or self.has_origin_of(given):
            return given
        parts = urlsplit(given)
        return f"{self.base_url}{urlunsplit(('', '', parts.path, parts.query, ''))}"

    def has_origin_of(self, url: str) -> bool:
        """Whether a URL leads to where requests go: the same scheme, host and port."""
        return _origin(url) == _origin(self.base_url)

    @property
    def is_google(self) -> bool:
        """Whether the address is one of Google's own."""
        return _is_google(self.base_url)

    def cache(self, name: str) -> str:
        """The resource name of a cache, by its ID or any longer form."""
        _refuse_injection("cached_content", name)
        if "/" in name and not re.fullmatch(r"(projects/[^/]+/locations/[^/]+/)?cachedContents/[^/]+", name):
            raise ValueError(f"cached_content {name!r} is no name of a cache; pass its ID or 'cachedContents/...'.")
        return self._in_project("cachedContents/", name if "/" in name else f"cachedContents/{name}")

    def model_in_project(self, name: str) -> str:
        """The resource name of a model as it stands in bodies, on Vertex AI with project and location."""
        return self._in_project("publishers/", self.model(name))

    def _in_project(self, kind: str, name: str) -> str:
        if not self.vertex or not self.project or not name.startswith(kind):
            return name
        return f"projects/{self.project}/locations/{self.location}/{name}"

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

    def at(self, options: HttpOptions) -> "Endpoint":
        """This backend at the address and version that the options of one call ask for."""
        base_url = self.base_url if options.base_url is None else plain_address(options.base_url)
        base_url, version = _parted(base_url, options.api_version, self.api_version)
        collection = self.collection or options.base_url_resource_scope == "COLLECTION"
        return replace(self, base_url=base_url, api_version=version, collection=collection)


def _refuse_injection(noun: str, name: str) -> None:
    if not name:
        raise ValueError(f"{noun} is empty; pass a name.")
    if not re.fullmatch(r"[A-Za-z0-9_./:@-]+", name):
        raise ValueError(f"{noun} {name!r} has characters that no name has: only letters, digits and _ . - / : @.")
    if ".." in name or not all(segment.strip(".") for segment in name.split("/")):
        raise ValueError(f"{noun} {name!r} is no name: '..' and segments of nothing or a dot would change the URL.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What `Client` was given, or found in the environment: where requests go and by whom."""

    endpoint: Endpoint
    api_key: str | None
    """None: credentials are needed (Vertex AI), or a gateway authenticates by headers of its own."""
    gateway: bool = False
    """Nothing is added to authenticate."""


def resolve(  # noqa: PLR0913 - the arguments of `Client`
    *,
    enterprise: bool | None = None,
    vertexai: bool | None = None,
    api_key: str | None = None,
    credentials: object | None = None,
    project: str | None = None,
    location: str | None = None,
    options: HttpOptions | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Caller:
    """Choose backend, address and identity: arguments before environment, a project before a key of the environment.

    Raises `ValueError` for arguments that exclude each other.
    """
    options = options or HttpOptions()
    env = {name: value.strip() for name, value in environ.items() if value.strip()}
    vertex = _backend(env, enterprise=enterprise, vertexai=vertexai)
    api_key = (api_key or "").strip() or None
    if not vertex and (project or location):
        raise ValueError("project and location belong to Vertex AI; pass vertexai=True with them.")
    if not vertex and credentials is not None:
        raise ValueError("credentials belong to Vertex AI; pass vertexai=True with them.")
    if credentials is not None and api_key:
        raise ValueError("credentials and api_key exclude each other; pass one of them.")
    if options.base_url_resource_scope and not options.base_url:
        raise ValueError("base_url_resource_scope needs a base_url.")
    given = options.base_url or env.get("GOOGLE_VERTEX_BASE_URL" if vertex else "GOOGLE_GEMINI_BASE_URL")
    base_url = plain_address(given) if given else ""
    if vertex:
        return _on_vertex(api_key, credentials, project, location, base_url, options, env)
    base_url = base_url or GEMINI_URL
    own = any(name.lower() == "authorization" for name in options.headers or ())
    if not own or _is_google(base_url):  # the environment's key is not for a gateway that has another way in
        api_key = api_key or environment_key(env)
    base_url, version = _parted(base_url, options.api_version, _version(env, "v1beta"))
    return Caller(
        endpoint=Endpoint(vertex=False, base_url=base_url, api_version=version),
        api_key=api_key,
        gateway=not api_key and not _is_google(base_url),
    )


def _on_vertex(  # noqa: PLR0913, PLR0917 - what `resolve` has read of its arguments
    api_key: str | None,
    credentials: object | None,
    project: str | None,
    location: str | None,
    base_url: str,
    options: HttpOptions,
    env: Mapping[str, str],
) -> Caller:
    explicit = bool(project or location)
    own_project, own_location = env.get("GOOGLE_CLOUD_PROJECT"), env.get("GOOGLE_CLOUD_LOCATION")
    known = api_key or credentials is not None or (project and location)
    gateway = bool(base_url) and not _is_google(base_url) and not known
    if not (gateway or api_key or credentials or explicit or own_project or own_location):
        api_key = environment_key(env)
    if gateway or (api_key and not explicit):  # with a key this is express mode: it stands for the project
        project = location = None
    else:
        project, location = project or own_project, location or own_location or "global"
        if api_key and not project:
            raise ValueError("location with api_key needs a project; pass project, or the key alone.")
        project = project or UNKNOWN_PROJECT
    for noun, name in (("project", project), ("location", location)):
        if name is not None and not re.fullmatch(r"[A-Za-z0-9_.:-]+", name):
            raise ValueError(f"{noun} {name!r} has characters that none has: only letters, digits and _ . : -.")
    base_url, version = _parted(base_url or vertex_url(location), options.api_version, _version(env, "v1beta1"))
    endpoint = Endpoint(
        vertex=True,
        base_url=base_url,
        api_version=version,
        project=project,
        location=location,
        collection=options.base_url_resource_scope == "COLLECTION",
        verbatim=gateway,
    )
    return Caller(endpoint=endpoint, api_key=api_key, gateway=gateway)


def vertex_url(location: str | None) -> str:
    """The address of a location: a region, `global` (also without one), or the multi-regions `us` and `eu`."""
    if location in (None, "global"):
        return "https://aiplatform.googleapis.com"
    if location in MULTI_REGIONS:
        return f"https://aiplatform.{location}.rep.googleapis.com"
    if not re.fullmatch(r"[a-z0-9-]+", location):
        raise ValueError(f"location {location!r} is none; pass one like 'us-central1' or 'global'.")
    return f"https://{location}-aiplatform.googleapis.com"


def environment_key(env: Mapping[str, str] = os.environ) -> str | None:
    """The key of the environment: `GOOGLE_API_KEY`, else `GEMINI_API_KEY`; a warning if both differ."""
    google, gemini = (env.get(name, "").strip() for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY"))
    if google and gemini and google != gemini:
        warn("GOOGLE_API_KEY and GEMINI_API_KEY are both set and differ; GOOGLE_API_KEY is used.")
    return google or gemini or None


def _backend(env: Mapping[str, str], *, enterprise: bool | None, vertexai: bool | None) -> bool:
    if enterprise is not None and vertexai is not None and enterprise != vertexai:
        raise ValueError("enterprise and vertexai are two names of one choice and differ; pass one of them.")
    given = enterprise if enterprise is not None else vertexai
    if given is not None:
        return given
    names = ("GOOGLE_GENAI_USE_ENTERPRISE", "GOOGLE_GENAI_USE_VERTEXAI")
    values = [env[name].lower() in ("true", "1") for name in names if name in env]
    if len(set(values)) > 1:
        warn(f"{names[0]} and {names[1]} differ; the first is used.")
    return values[0] if values else False


def _version(env: Mapping[str, str], default: str) -> str:
    version = env.get("GOOGLE_GENAI_API_VERSION", default)
    return default if version == "beta" else version.strip("/")


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    _ = parts.port  # raises ValueError if it is none
    return parts.scheme, parts.netloc


def _is_google(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    return host == "googleapis.com" or host.endswith(".googleapis.com")


def _parted(base_url: str, asked: str | None, version: str) -> tuple[str, str]:
    """A base URL and the version below it; one at its end is not doubled, and gives way to what is asked.

    Args:
        base_url: Perhaps with a version at its end.
        asked: `HttpOptions.api_version`; an empty one leaves the segment out and the base URL as it is.
        version: Where none is asked for and the base URL has none.
    """
    if asked == "":
        return base_url, ""
    head, _, tail = base_url.rpartition("/")
    if not re.fullmatch(r"v\d+\w*", tail):
        return base_url, version if asked is None else asked.strip("/")
    return head, tail if asked is None else asked.strip("/")
