"""Caches: beginnings of requests that the service keeps; create, look up, list, prolong, delete.

Knows paths, names and bodies; nothing is renewed here that was not asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel

from . import types
from ._api import Api
from ._auth import TokenAuth
from ._body import encode_body
from ._contents import contents_of
from ._endpoints import UNKNOWN_PROJECT
from ._exchange import Flow, Request, ask_and_read
from ._functions import declare
from ._pagers import AsyncPager, Page, Pager
from .transport import AsyncTransport, SyncTransport

M = TypeVar("M", bound=BaseModel)


class Caches:
    """What `client.caches` gives.

    Example:
        ```python
        cache = client.caches.create(
            model="gemini-3.5-flash",
            config={"contents": ["A long text. " * 1000], "ttl": "300s"},
        )
        client.models.generate_content(
            model="gemini-3.5-flash", contents="Sum it up.", config={"cached_content": cache.name}
        )
        client.caches.delete(name=cache.name)
        ```
    """

    def __init__(self, api: Api, transport: SyncTransport) -> None:
        self._api = api
        self._transport = transport

    def create(
        self, *, model: str, config: types.CreateCachedContentConfig | Mapping[str, Any] | None = None
    ) -> types.CachedContent:
        """Keep contents, a system instruction and tools for later requests to this model; an hour by default.

        Raises:
            ValueError: A field belongs to the other backend, or `ttl` and `expire_time` are both given.
            errors.ClientError: The service refused: most models want at least 1,024 or 4,096 tokens.
        """
        return self._transport.run(_create(self._api, model, config))

    def get(
        self, *, name: str, config: types.GetCachedContentConfig | Mapping[str, Any] | None = None
    ) -> types.CachedContent:
        """Look up what is known of a cache, by its ID or a longer name; its contents are not given back."""
        return self._transport.run(_get(self._api, name, config))

    def list(
        self, *, config: types.ListCachedContentsConfig | Mapping[str, Any] | None = None
    ) -> Pager[types.CachedContent]:
        """List the caches of the project, page by page."""
        asked = types.ListCachedContentsConfig.model_validate(config or {})
        return Pager(lambda token: self._transport.run(_page(self._api, asked, token)), asked.model_dump())

    def update(self, *, name: str, config: types.UpdateCachedContentConfig | Mapping[str, Any]) -> types.CachedContent:
        """Give a cache another end, by `ttl` ("3600s") or `expire_time`; nothing else of it can change."""
        return self._transport.run(_update(self._api, name, config))

    def delete(
        self, *, name: str, config: types.DeleteCachedContentConfig | Mapping[str, Any] | None = None
    ) -> types.DeleteCachedContentResponse:
        """Delete a cache."""
        return self._transport.run(_delete(self._api, name, config))


class AsyncCaches:
    """What `client.aio.caches` gives.

    Example:
        ```python
        cache = await client.aio.caches.create(model="gemini-3.5-flash", config={"contents": ["A long text. " * 1000]})
        await client.aio.caches.delete(name=cache.name)
        ```
    """

    def __init__(self, api: Api, transport: AsyncTransport) -> None:
        self._api = api
        self._transport = transport

    async def create(
        self, *, model: str, config: types.CreateCachedContentConfig | Mapping[str, Any] | None = None
    ) -> types.CachedContent:
        """Keep contents, a system instruction and tools for later requests; see `Caches.create`."""
        return await self._transport.run(_create(self._api, model, config))

    async def get(
        self, *, name: str, config: types.GetCachedContentConfig | Mapping[str, Any] | None = None
    ) -> types.CachedContent:
        """Look up what is known of a cache, by its ID or a longer name; its contents are not given back."""
        return await self._transport.run(_get(self._api, name, config))

    async def list(
        self, *, config: types.ListCachedContentsConfig | Mapping[str, Any] | None = None
    ) -> AsyncPager[types.CachedContent]:
        """List the caches of the project: `async for cache in await client.aio.caches.list()`."""
        asked = types.ListCachedContentsConfig.model_validate(config or {})

        async def fetch(token: str | None) -> Page[types.CachedContent]:
            return await self._transport.run(_page(self._api, asked, token))

        return AsyncPager(await fetch(asked.page_token), fetch, asked.model_dump())

    async def update(
        self, *, name: str, config: types.UpdateCachedContentConfig | Mapping[str, Any]
    ) -> types.CachedContent:
        """Give a cache another end, by `ttl` ("3600s") or `expire_time`; nothing else of it can change."""
        return await self._transport.run(_update(self._api, name, config))

    async def delete(
        self, *, name: str, config: types.DeleteCachedContentConfig | Mapping[str, Any] | None = None
    ) -> types.DeleteCachedContentResponse:
        """Delete a cache."""
        return await self._transport.run(_delete(self._api, name, config))


def _create(
    api: Api, model: str, config: types.CreateCachedContentConfig | Mapping[str, Any] | None
) -> Flow[types.CachedContent]:
    asked = types.CreateCachedContentConfig.model_validate(config or {})
    api = api.for_call(asked.http_options)
    kept = types.GenerateContentConfig(
        system_instruction=asked.system_instruction, tools=asked.tools, tool_config=asked.tool_config
    )
    turns = [] if asked.contents is None else contents_of(asked.contents)
    body = encode_body(turns, kept, vertex=api.endpoint.vertex, declare=declare)
    if not turns:
        del body["contents"]
    if asked.kms_key_name is not None:
        if not api.endpoint.vertex:
            raise ValueError("kms_key_name is a field of Vertex AI, and this client talks to the Gemini API.")
        body["encryptionSpec"] = types.EncryptionSpec(kms_key_name=asked.kms_key_name)
    if asked.display_name is not None:
        body["displayName"] = asked.display_name
    body |= _end(asked.ttl, asked.expire_time)
    if api.endpoint.project == UNKNOWN_PROJECT and isinstance(api.auth, TokenAuth):
        # Here the name of the model is in the body, which is not completed when it is signed.
        api = replace(api, endpoint=replace(api.endpoint, project=(yield from api.auth.project())))
    body = {"model": api.endpoint.model_in_project(model), **body}
    return (yield from _answer(api, api.request("POST", "cachedContents", body=body), types.CachedContent))


def _end(ttl: str | None, expire_time: Any) -> dict[str, Any]:
    if ttl is not None and expire_time is not None:
        raise ValueError("ttl and expire_time exclude each other; pass one of them.")
    return {name: value for name, value in (("ttl", ttl), ("expireTime", expire_time)) if value is not None}


def _get(
    api: Api, name: str, config: types.GetCachedContentConfig | Mapping[str, Any] | None
) -> Flow[types.CachedContent]:
    asked = types.GetCachedContentConfig.model_validate(config or {})
    api = api.for_call(asked.http_options)
    return _answer(api, api.request("GET", api.endpoint.cache(name)), types.CachedContent)


def _page(api: Api, asked: types.ListCachedContentsConfig, token: str | None) -> Flow[Page[types.CachedContent]]:
    query = {"pageSize": asked.page_size, "pageToken": token or asked.page_token}
    api = api.for_call(asked.http_options)
    request = api.request("GET", "cachedContents", query=query)
    page = yield from _answer(api, request, types.ListCachedContentsResponse)
    return list(page.cached_contents or ()), page.next_page_token


def _update(
    api: Api, name: str, config: types.UpdateCachedContentConfig | Mapping[str, Any]
) -> Flow[types.CachedContent]:
    asked = types.UpdateCachedContentConfig.model_validate(config)
    api = api.for_call(asked.http_options)
    end = _end(asked.ttl, asked.expire_time)
    if not end:
        raise ValueError("A cache can only be given another end; pass ttl or expire_time.")
    return _answer(api, api.request("PATCH", api.endpoint.cache(name), body=end), types.CachedContent)


def _delete(
    api: Api, name: str, config: types.DeleteCachedContentConfig | Mapping[str, Any] | None
) -> Flow[types.DeleteCachedContentResponse]:
    asked = types.DeleteCachedContentConfig.model_validate(config or {})
    api = api.for_call(asked.http_options)
    return _answer(api, api.request("DELETE", api.endpoint.cache(name)), types.DeleteCachedContentResponse)


def _answer(api: Api, request: Request, answer: type[M]) -> Flow[M]:
    return ask_and_read(request, api.policy, answer.model_validate_json)
