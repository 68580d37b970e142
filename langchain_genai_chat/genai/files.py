"""Files: upload, wait, look up, list, download, delete. The Gemini API has them, Vertex AI has not.

Knows paths and names; the protocol of uploads is `_upload`'s.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from contextlib import closing, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, Union, overload

from pydantic import BaseModel

from . import types
from ._api import Api
from ._download import Target, write_answer
from ._exchange import Calls, Flow, Now, Request, ask_and_read, with_retries
from ._outcomes import read_body, read_json
from ._pagers import AsyncPager, Page, Pager
from ._secrets import CREDENTIAL_HEADERS
from ._upload import (
    Bar,
    Opened,
    Tell,
    Uploadable,
    check_uploadable,
    chunk_bytes,
    no_upload,
    send_chunks,
    start_headers,
)
from .errors import APITimeoutError, FileFailedError
from .transport import AsyncTransport, SyncTransport

if TYPE_CHECKING:
    import httpx

FileLike: TypeAlias = Union[str, "types.File"]
M = TypeVar("M", bound=BaseModel)


class Files:
    """What `client.files` gives.

    Example:
        ```python
        import io

        file = client.files.upload(file=io.BytesIO(b"Minutes."), config={"mime_type": "text/plain"})
        file = client.files.wait(file=file)
        client.models.generate_content(model="gemini-3.5-flash", contents=[file, "Sum it up."])
        client.files.delete(name=file.name)
        ```
    """

    def __init__(self, api: Api, transport: SyncTransport) -> None:
        self._api = api
        self._transport = transport

    def upload(
        self,
        *,
        file: Uploadable,
        config: types.UploadFileConfig | Mapping[str, Any] | None = None,
        progress: bool | Tell = False,
    ) -> types.File:
        """Upload a file and give it as the service has it, perhaps still PROCESSING; see `wait`.

        Args:
            file: A path, or a binary stream that can seek, read from where it stands. 2 GB at most.
            config: Its name, display name and MIME type; by default the type is that of the name or first bytes.
            progress: True shows a bar where tqdm is installed; a callable gets the bytes sent and their total.

        Raises:
            ValueError: No MIME type can be told, or the client talks to Vertex AI. Nothing was sent.
            OSError: The file cannot be read.
            errors.APIError: The service refused, or a chunk failed as often as the retry policy allows; or all came,
                and the answer that names the file was lost (one that you named is then looked up).

        It goes in chunks of 8 MiB; after a broken one the service is asked how much has come.
        """
        return self._transport.run(_upload(self._api, file, config, progress))

    def get(self, *, name: FileLike, config: types.GetFileConfig | Mapping[str, Any] | None = None) -> types.File:
        """Look up a file by `files/ID`, its ID, its URI, or itself."""
        return self._transport.run(_get(self._api, name, config))

    def wait(self, *, file: FileLike, timeout_s: float = 600.0, poll_s: float = 2.0) -> types.File:
        """Wait until a file is ACTIVE and can be used; one that is so already is not asked for.

        Raises:
            errors.FileFailedError: The service could not process it.
            errors.APITimeoutError: It is still PROCESSING after `timeout_s` seconds.
        """
        return self._transport.run(_wait(self._api, file, timeout_s, poll_s))

    def list(self, *, config: types.ListFilesConfig | Mapping[str, Any] | None = None) -> Pager[types.File]:
        """List the files of the key's project, page by page."""
        asked = types.ListFilesConfig.model_validate(config or {})
        return Pager(lambda token: self._transport.run(_page(self._api, asked, token)), asked.model_dump())

    def delete(
        self, *, name: FileLike, config: types.DeleteFileConfig | Mapping[str, Any] | None = None
    ) -> types.DeleteFileResponse:
        """Delete a file."""
        return self._transport.run(_delete(self._api, name, config))

    @overload
    def download(
        self,
        *,
        file: FileLike,
        destination: None = None,
        config: types.DownloadFileConfig | Mapping[str, Any] | None = None,
    ) -> bytes: ...

    @overload
    def download(
        self,
        *,
        file: FileLike,
        destination: Target,
        config: types.DownloadFileConfig | Mapping[str, Any] | None = None,
    ) -> None: ...

    def download(
        self,
        *,
        file: FileLike,
        destination: Target | None = None,
        config: types.DownloadFileConfig | Mapping[str, Any] | None = None,
    ) -> bytes | None:
        """Give the bytes of a file that the service made; with a path or a binary stream write them there.

        A path gets the whole file, or stays as it was when an error is raised; a stream may have got a part.

        Raises:
            ValueError: The file has no `download_uri`: what was uploaded cannot be downloaded.
        """
        return self._transport.run(_download(self._api, file, destination, config))


class AsyncFiles:
    """What `client.aio.files` gives.

    Example:
        ```python
        import io

        minutes = io.BytesIO(b"Minutes.")
        file = await client.aio.files.upload(file=minutes, config={"mime_type": "text/plain"})
        await client.aio.files.delete(name=file.name)
        ```
    """

    def __init__(self, api: Api, transport: AsyncTransport) -> None:
        self._api = api
        self._transport = transport

    async def upload(
        self,
        *,
        file: Uploadable,
        config: types.UploadFileConfig | Mapping[str, Any] | None = None,
        progress: bool | Tell = False,
    ) -> types.File:
        """Upload a file; see `Files.upload`. It is read in threads; `progress` may be a coroutine function."""
        return await self._transport.run(_upload(self._api, file, config, progress))

    async def get(self, *, name: FileLike, config: types.GetFileConfig | Mapping[str, Any] | None = None) -> types.File:
        """Look up a file by `files/ID`, its ID, its URI, or itself."""
        return await self._transport.run(_get(self._api, name, config))

    async def wait(self, *, file: FileLike, timeout_s: float = 600.0, poll_s: float = 2.0) -> types.File:
        """Wait until a file is ACTIVE and can be used; see `Files.wait`."""
        return await self._transport.run(_wait(self._api, file, timeout_s, poll_s))

    async def list(self, *, config: types.ListFilesConfig | Mapping[str, Any] | None = None) -> AsyncPager[types.File]:
        """List the files of the key's project: `async for file in await client.aio.files.list()`."""
        asked = types.ListFilesConfig.model_validate(config or {})

        async def fetch(token: str | None) -> Page[types.File]:
            return await self._transport.run(_page(self._api, asked, token))

        return AsyncPager(await fetch(asked.page_token), fetch, asked.model_dump())

    async def delete(
        self, *, name: FileLike, config: types.DeleteFileConfig | Mapping[str, Any] | None = None
    ) -> types.DeleteFileResponse:
        """Delete a file."""
        return await self._transport.run(_delete(self._api, name, config))

    @overload
    async def download(
        self,
        *,
        file: FileLike,
        destination: None = None,
        config: types.DownloadFileConfig | Mapping[str, Any] | None = None,
    ) -> bytes: ...

    @overload
    async def download(
        self,
        *,
        file: FileLike,
        destination: Target,
        config: types.DownloadFileConfig | Mapping[str, Any] | None = None,
    ) -> None: ...

    async def download(
        self,
        *,
        file: FileLike,
        destination: Target | None = None,
        config: types.DownloadFileConfig | Mapping[str, Any] | None = None,
    ) -> bytes | None:
        """Give the bytes of a file that the service made, or write them; see `Files.download`."""
        return await self._transport.run(_download(self._api, file, destination, config))


def _upload(
    api: Api,
    file: Uploadable,
    config: types.UploadFileConfig | Mapping[str, Any] | None,
    progress: bool | Tell,  # noqa: FBT001 - one argument of the public method's, handed on
) -> Flow[types.File]:
    asked = types.UploadFileConfig.model_validate(config or {})
    api = _gemini(api).for_call(asked.http_options)
    about = _about(asked)
    check_uploadable(file)
    (opened,) = yield Calls((functools.partial(Opened.of, file),))
    with closing(opened), nullcontext(progress) if callable(progress) else _bar(opened, shown=progress) as tell:
        mime_type = asked.mime_type or opened.mime_type
        if mime_type is None:
            raise ValueError(f"No MIME type can be told of {opened.name or 'the stream'!r}; pass it as mime_type.")
        about |= {"mimeType": mime_type, "sizeBytes": opened.size}
        start = replace(api, endpoint=api.endpoint.for_uploads()).request(
            "POST", "files", body={"file": about}, headers=start_headers(opened, mime_type)
        )
        started = yield from with_retries(start, api.policy)
        url = started.headers.get("x-goog-upload-url")
        if url is None:
            raise no_upload(started, "The answer to the upload's start has no x-goog-upload-url.")
        try:
            session = _session(api, url)
        except ValueError:
            raise no_upload(started, f"The upload's x-goog-upload-url {url!r} is no address.") from None
        final = yield from send_chunks(opened, session, api.policy, chunk=chunk_bytes(started), tell=tell)
    return (yield from _made(api, final, about.get("name")))


def _made(api: Api, final: httpx.Response, name: str | None) -> Flow[types.File]:
    """The file of an upload that is over.

    Where the last answer was lost, this is the answer to a query: Google's client for Ruby takes the file from it,
    and no document says that it is there. A file that was given a name can be looked up.
    """
    made = read_body(final, _read_made) if final.content.strip() else None
    if made is not None:
        return made
    if name is not None:
        return (yield from _get(api, name))
    raise no_upload(final, "The upload is over, but the answer that names its file was lost; see client.files.list().")


def _read_made(data: bytes) -> types.File | None:
    row = read_json(data).get("file")
    return None if row is None else types.File.model_validate(row)


def _session(api: Api, url: str) -> Request:
    """A request to the upload's own URL, which at Google's is an authority by itself: no key goes there.

    A gateway gets all that every request to it has, for it may want its credentials each time. Where an address
    of another origin came, none of the caller's headers go there.
    """
    url = api.endpoint.upload_url(url)
    if not api.endpoint.has_origin_of(url):
        api = replace(api, options=api.options.model_copy(update={"headers": None}))
    request = replace(api.request("POST", "files"), url=url)
    if not api.endpoint.is_google:
        return request
    headers = {name: value for name, value in request.headers.items() if name not in CREDENTIAL_HEADERS}
    return replace(request, headers=headers, auth=None)


def _bar(opened: Opened, *, shown: bool) -> Any:
    bar = Bar.if_installed(opened.name) if shown else None
    return nullcontext() if bar is None else closing(bar)


def _about(asked: types.UploadFileConfig) -> dict[str, Any]:
    about: dict[str, Any] = {}
    if asked.name is not None:
        name = asked.name.removeprefix("files/")
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", name):
            raise ValueError(f"name {asked.name!r} is none: at most 40 of a-z, 0-9 and -, with no - at the ends.")
        about["name"] = f"files/{name}"
    if asked.display_name is not None:
        about["displayName"] = asked.display_name
    return about


def _get(api: Api, name: FileLike, config: types.GetFileConfig | Mapping[str, Any] | None = None) -> Flow[types.File]:
    asked = types.GetFileConfig.model_validate(config or {})
    return _answer(_gemini(api).for_call(asked.http_options), "GET", _name(name), types.File)


def _wait(api: Api, file: FileLike, timeout_s: float, poll_s: float) -> Flow[types.File]:
    name, request = _name(file), _gemini(api).request("GET", _name(file))
    found = file if isinstance(file, types.File) and file.state else None
    started_at = yield Now()
    asked = False
    while True:
        if found is not None and found.state == types.FileState.FAILED:
            status = found.error or types.FileStatus()
            details = {"code": status.code, "message": status.message, "status": "FAILED"}
            raise FileFailedError(status.code or 0, {"error": details})
        if found is not None and found.state != types.FileState.PROCESSING:
            return found
        left_s = timeout_s - ((yield Now()) - started_at)
        if found is not None and asked and left_s < poll_s:
            text = f"{name} is still {found.state} after {timeout_s:g} seconds."
            raise APITimeoutError.because(text, status="DEADLINE_EXCEEDED")
        policy = api.policy.with_(deadline_s=max(min(api.policy.deadline_s, left_s), 0.001))
        found = yield from ask_and_read(request, policy, types.File.model_validate_json)
        request, asked = replace(request, delay_s=poll_s), True


def _page(api: Api, asked: types.ListFilesConfig, token: str | None) -> Flow[Page[types.File]]:
    query = {"pageSize": asked.page_size, "pageToken": token or asked.page_token}
    api = _gemini(api).for_call(asked.http_options)
    page = yield from _answer(api, "GET", "files", types.ListFilesResponse, query)
    return list(page.files or ()), page.next_page_token


def _delete(
    api: Api, name: FileLike, config: types.DeleteFileConfig | Mapping[str, Any] | None
) -> Flow[types.DeleteFileResponse]:
    asked = types.DeleteFileConfig.model_validate(config or {})
    return _answer(_gemini(api).for_call(asked.http_options), "DELETE", _name(name), types.DeleteFileResponse)


def _download(
    api: Api,
    file: FileLike,
    destination: Target | None,
    config: types.DownloadFileConfig | Mapping[str, Any] | None,
) -> Flow[bytes | None]:
    asked = types.DownloadFileConfig.model_validate(config or {})
    api = _gemini(api).for_call(asked.http_options)
    if isinstance(file, types.File) and not file.download_uri:
        raise ValueError(f"{_name(file)} has no download_uri: only files that the service made can be downloaded.")
    request = api.request("GET", f"{_name(file)}:download", query={"alt": "media"}, stream=destination is not None)
    response = yield from with_retries(request, api.policy)
    if destination is None:
        return response.content
    yield from write_answer(response, destination)
    return None


def _answer(
    api: Api, method: Literal["GET", "DELETE"], path: str, answer: type[M], query: Mapping[str, Any] | None = None
) -> Flow[M]:
    return ask_and_read(api.request(method, path, query=query), api.policy, answer.model_validate_json)


def _gemini(api: Api) -> Api:
    if api.endpoint.vertex:
        raise ValueError("Vertex AI has no file store, which belongs to the Gemini API; pass 'gs://' URIs there.")
    return api


def _name(file: FileLike) -> str:
    """`files/ID` of a file, its name, its ID or its URI."""
    given = (file.name or file.uri or "") if isinstance(file, types.File) else file
    found = re.fullmatch(r"(?:files/)?([a-z0-9-]+)", given) or re.match(r"https?://[^?#]+/files/([a-z0-9-]+)", given)
    if found is None:
        raise ValueError(f"{given!r} names no file; pass 'files/ID', the ID, the file's URI, or the file.")
    return f"files/{found[1]}"
