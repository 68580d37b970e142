"""The client: one address, one identity, and the services that are reached with them.

Knows arguments and environment; a client is lazy, and nothing is read or sent before the first request.
"""

from collections.abc import Mapping
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ._api import Api
from ._auth import NO_KEY, KeyAuth, NoKey, TokenAuth, brings_credentials
from ._clients import HttpSettings
from ._credentials import source_of
from ._endpoints import Caller, resolve
from ._exchange import Auth
from .models import AsyncModels, Models
from .transport import AsyncTransport, SyncTransport
from .types.options import HttpOptions

if TYPE_CHECKING:
    from .caches import AsyncCaches, Caches
    from .chats import AsyncChats, Chats
    from .files import AsyncFiles, Files


class Client:
    """A client of the Gemini Developer API, or of Gemini on Vertex AI.

    Args:
        enterprise: Vertex AI instead of the Gemini API; by default what `GOOGLE_GENAI_USE_ENTERPRISE` or
            `GOOGLE_GENAI_USE_VERTEXAI` say.
        vertexai: The older name of `enterprise`.
        api_key: By default `GOOGLE_API_KEY`, else `GEMINI_API_KEY`. An empty string counts as unset.
        credentials: For Vertex AI: a service account's file or dict, an object of `google.auth`, or a callable
            that gives a token (a str, or a str and the datetime of its end); by default application default
            credentials. All but callables need the extra `vertex`.
        project: Of Google Cloud, for Vertex AI; by default `GOOGLE_CLOUD_PROJECT`, else
            the credentials' own.
        location: A region, `"global"`, `"us"` or `"eu"`, for Vertex AI; by default `GOOGLE_CLOUD_LOCATION`.
        http_options: Address, version, headers, timeout in milliseconds, retries; see `types.HttpOptions`.
        http_client: Anything with the interface of `httpx.Client`; it is used, and never closed.
        http_async_client: The same for `httpx.AsyncClient`.

    Raises:
        ValueError: There is no key, or arguments exclude each other. A gateway that authenticates by
            headers of its own needs no key: pass its `base_url` in the options.

    The rules and names are google-genai's. `with` closes the connections at the end.

    Example:
        ```python
        with genai.Client(api_key="...") as client:
            print(client.models.generate_content(model="gemini-3.5-flash", contents="Hello").text)
        ```
    """

    _needs_key_now = True

    def __init__(  # noqa: PLR0913 - google-genai's arguments, all keywords
        self,
        *,
        enterprise: bool | None = None,
        vertexai: bool | None = None,
        api_key: str | None = None,
        credentials: object | None = None,
        project: str | None = None,
        location: str | None = None,
        http_options: HttpOptions | Mapping[str, Any] | None = None,
        http_client: Any = None,
        http_async_client: Any = None,
    ) -> None:
        options = (
            http_options if isinstance(http_options, HttpOptions) else HttpOptions.model_validate(http_options or {})
        )
        caller = resolve(
            enterprise=enterprise,
            vertexai=vertexai,
            api_key=api_key,
            credentials=credentials,
            project=project,
            location=location,
            options=options,
        )
        auth = self._auth(caller, options, credentials)
        self._api = Api.of(caller.endpoint, auth, options)
        self._transport = SyncTransport(
            HttpSettings(client=http_client or options.httpx_client, arguments=options.client_args)
        )
        self._aio = AsyncClient(
            self._api,
            AsyncTransport(
                HttpSettings(
                    client=http_async_client or options.httpx_async_client, arguments=options.async_client_args
                )
            ),
        )
        self.models: Models = Models(self._api, self._transport)

    # Loaded on first use: a chat model of LangChain's needs `models` alone, and imports in 3 % less time.
    @cached_property
    def chats(self) -> "Chats":
        """Conversations."""
        from .chats import Chats  # noqa: PLC0415 - as said above

        return Chats(self.models)

    @cached_property
    def files(self) -> "Files":
        """The Files API."""
        from .files import Files  # noqa: PLC0415 - as said above

        return Files(self._api, self._transport)

    @cached_property
    def caches(self) -> "Caches":
        """Explicit caches."""
        from .caches import Caches  # noqa: PLC0415 - as said above

        return Caches(self._api, self._transport)

    @property
    def aio(self) -> "AsyncClient":
        """The same services, asynchronous."""
        return self._aio

    @property
    def vertexai(self) -> bool:
        """Whether requests go to Vertex AI."""
        return self._api.endpoint.vertex

    @property
    def base_url(self) -> str:
        """Where requests go, without a version."""
        return self._api.endpoint.base_url

    def close(self) -> None:
        """Close the synchronous connections; a client that was passed in stays open."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client(vertexai={self.vertexai}, base_url={self._api.endpoint.base_url!r})"

    def _auth(self, caller: Caller, options: HttpOptions, credentials: object | None) -> Auth | None:
        if caller.api_key:
            return KeyAuth(caller.api_key)
        if caller.gateway:
            return None
        if caller.endpoint.vertex:
            return TokenAuth(source_of(credentials))
        if self._needs_key_now and not brings_credentials(options.headers or {}):
            raise ValueError(NO_KEY)
        return NoKey()


class AsyncClient:
    """What `Client.aio` gives: the same services, asynchronous, with connections for each event loop.

    Example:
        ```python
        async with genai.Client(api_key="...").aio as client:
            chat = client.chats.create(model="gemini-3.5-flash")
            print((await chat.send_message("Hello")).text)
        ```
    """

    def __init__(self, api: Api, transport: AsyncTransport) -> None:
        self._api = api
        self._transport = transport
        self.models: AsyncModels = AsyncModels(api, transport)

    # Loaded on first use, as `Client`'s.
    @cached_property
    def chats(self) -> "AsyncChats":
        """Conversations."""
        from .chats import AsyncChats  # noqa: PLC0415 - as said above

        return AsyncChats(self.models)

    @cached_property
    def files(self) -> "AsyncFiles":
        """The Files API."""
        from .files import AsyncFiles  # noqa: PLC0415 - as said above

        return AsyncFiles(self._api, self._transport)

    @cached_property
    def caches(self) -> "AsyncCaches":
        """Explicit caches."""
        from .caches import AsyncCaches  # noqa: PLC0415 - as said above

        return AsyncCaches(self._api, self._transport)

    @property
    def vertexai(self) -> bool:
        """Whether requests go to Vertex AI."""
        return self._api.endpoint.vertex

    @property
    def base_url(self) -> str:
        """Where requests go, without a version."""
        return self._api.endpoint.base_url

    async def aclose(self) -> None:
        """Close the connections of the running event loop; a client that was passed in stays open."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class LateKeyClient(Client):
    """A client that may be made without a key, and says so at the first request, before anything is sent."""

    _needs_key_now = False
