"""Files: the requests of an upload as values, breaks in the middle of it, and the whole over sockets."""

import functools
import io
import json
import logging
import os
import stat
import sys
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest
from blockbuster import blockbuster_ctx
from langchain_core.messages import HumanMessage

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.emulator import Emulator
from langchain_genai_chat.genai import Client, errors, types
from langchain_genai_chat.genai._download import _Part
from langchain_genai_chat.genai._upload import CHUNK_BYTES, Opened, start_headers

PNG = b"\x89PNG\r\n\x1a\n" + bytes(56)
PDF = b"%PDF-1.7\n" + bytes(55)
UPLOAD = "https://generativelanguage.googleapis.com/upload/v1beta/files?upload_id=u_1&upload_protocol=resumable"
SOON = types.RetryPolicy(first_delay_s=0.0, jitter_s=0.0)


@dataclass
class Service:
    """Google's side of the protocol over httpx.MockTransport; `breaks` says what happens to the n-th chunk."""

    breaks: dict[int, str] = field(default_factory=dict)
    granularity: int | None = None
    repeats: bool = False
    """Whether the answer to a query gives the file of an upload that is over."""
    url: str = UPLOAD
    requests: list[httpx.Request] = field(default_factory=list)
    received: bytearray = field(default_factory=bytearray)
    chunks: int = 0
    over: bool = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        match request.headers.get("x-goog-upload-command"):
            case "start":
                told = {"x-goog-upload-status": "active", "x-goog-upload-url": self.url}
                if self.granularity:
                    told["x-goog-upload-chunk-granularity"] = str(self.granularity)
                return httpx.Response(200, headers=told)
            case "query" if self.over and self.repeats:
                return self._final()
            case "query":
                return self._state("final" if self.over else "active")
            case None:
                return httpx.Response(200, json={"name": "files/abc-1"})
            case command:
                return self._take(request, command)

    def _take(self, request: httpx.Request, command: str) -> httpx.Response:
        assert int(request.headers["x-goog-upload-offset"]) == len(self.received)
        self.chunks += 1
        broken = self.breaks.get(self.chunks)
        kept = {"half": len(request.content) // 2, "lost": 0}.get(broken or "", len(request.content))
        self.received += request.content[:kept]
        self.over = "finalize" in command and broken == "final unanswered"
        if broken in ("half", "lost", "unanswered", "final unanswered"):
            raise httpx.ReadError("reset", request=request)
        if broken in ("cancelled", "active"):
            return self._state(broken)
        if broken is not None:
            return httpx.Response({"no status": 200, "503": 503, "404": 404}[broken])
        if "finalize" not in command:
            return self._state("active")
        return self._final()

    def _final(self) -> httpx.Response:
        body = {"file": {"name": "files/abc", "sizeBytes": str(len(self.received)), "state": "ACTIVE"}}
        return httpx.Response(200, headers={"x-goog-upload-status": "final"}, json=body)

    def _state(self, status: str) -> httpx.Response:
        told = {"x-goog-upload-status": status, "x-goog-upload-size-received": str(len(self.received))}
        return httpx.Response(200, headers=told)

    def client(self, policy: types.RetryPolicy = SOON, **options: Any) -> Client:
        mock = httpx.MockTransport(self)
        http: Any = {
            "http_client": httpx.Client(transport=mock),
            "http_async_client": httpx.AsyncClient(transport=mock),
        }
        return Client(api_key="secret-key", http_options={"retry_options": policy, **options}, **http)

    @property
    def commands(self) -> list[str]:
        return [request.headers.get("x-goog-upload-command", request.method) for request in self.requests]


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def upload(request, service):
    """Uploads with either client."""

    async def run(file: Any, config: Any = None, *, client: Client | None = None, **given: Any) -> types.File:
        client = client or service.client()
        if request.param:
            return await client.aio.files.upload(file=file, config=config, **given)
        return client.files.upload(file=file, config=config, **given)

    return run


@pytest.fixture
def _small_chunks(monkeypatch) -> None:
    """Chunks of 16 bytes, so that tests need not move megabytes."""
    monkeypatch.setattr("langchain_genai_chat.genai._upload.CHUNK_BYTES", 16)


small = pytest.mark.usefixtures("_small_chunks")


class TestProtocol:
    """What goes over the wire, by files.md and the recordings of others' uploads."""

    async def test_the_start_says_what_will_come(self, service, upload, tmp_path) -> None:
        """As chatlas-test-google-file-lifecycle-05ff5110."""
        path = tmp_path / "sample.pdf"
        path.write_bytes(PDF)
        await upload(path, {"name": "my-file", "display_name": "A file"})
        start = service.requests[0]
        assert str(start.url) == "https://generativelanguage.googleapis.com/upload/v1beta/files"
        about = {"name": "files/my-file", "displayName": "A file", "mimeType": "application/pdf", "sizeBytes": 64}
        assert json.loads(start.content) == {"file": about}
        assert {name: value for name, value in start.headers.items() if name.startswith("x-goog-upload")} == {
            "x-goog-upload-protocol": "resumable",
            "x-goog-upload-command": "start",
            "x-goog-upload-header-content-length": "64",
            "x-goog-upload-header-content-type": "application/pdf",
            "x-goog-upload-file-name": "sample.pdf",
        }
        assert start.headers["x-goog-api-key"] == "secret-key"

    @small
    async def test_bytes_go_in_chunks_without_the_key(self, service, upload) -> None:
        """The upload's URL is an authority by itself; only the last chunk ends the upload."""
        made = await upload(io.BytesIO(PNG[:40]))
        assert made.name == "files/abc"
        assert bytes(service.received) == PNG[:40]
        chunks = service.requests[1:]
        assert [str(each.url) for each in chunks] == [UPLOAD] * 3
        assert service.commands[1:] == ["upload", "upload", "upload, finalize"]
        assert [each.headers["content-length"] for each in chunks] == ["16", "16", "8"]
        assert [name for each in chunks for name in each.headers if name in ("x-goog-api-key", "authorization")] == []
        assert all("langchain-genai-chat" in each.headers["user-agent"] for each in chunks)

    @small
    async def test_chunks_are_multiples_of_what_the_service_asks_for(self, service, upload) -> None:
        """Others are refused."""
        service.granularity = 6
        await upload(io.BytesIO(PNG[:20]))
        assert [len(each.content) for each in service.requests[1:]] == [12, 8]

    async def test_an_empty_file_is_one_empty_chunk(self, service, upload) -> None:
        """There is no upload without an end."""
        await upload(io.BytesIO(), {"mime_type": "text/plain"})
        assert service.commands == ["start", "upload, finalize"]

    @small
    async def test_a_stream_is_read_from_where_it_stands(self, service, upload) -> None:
        """What stands before was read by the caller, and is not meant."""
        stream = io.BytesIO(b"header" + PNG[:20])
        stream.seek(6)
        await upload(stream)
        assert bytes(service.received) == PNG[:20]
        assert not stream.closed

    async def test_names_that_are_not_ascii_are_escaped(self, service, upload, tmp_path) -> None:
        """A header holds ASCII; the file's name is the person's."""
        path = tmp_path / "Größe ☃.pdf"
        path.write_bytes(PDF)
        await upload(path)
        assert service.requests[0].headers["x-goog-upload-file-name"] == "Gr%C3%B6%C3%9Fe %E2%98%83.pdf"

    async def test_a_custom_address_stands_for_googles(self, service, upload) -> None:
        """The proxy that the start went through is the only way there is, and wants its own headers."""
        options = {"base_url": "https://gw.example/x", "headers": {"authorization": "Bearer gateway"}}
        await upload(io.BytesIO(PNG), client=service.client(**options))
        assert [str(request.url) for request in service.requests] == [
            "https://gw.example/x/upload/v1beta/files",
            "https://gw.example/x/upload/v1beta/files?upload_id=u_1&upload_protocol=resumable",
        ]
        assert [request.headers["authorization"] for request in service.requests] == ["Bearer gateway"] * 2

    async def test_a_gateway_gets_the_key_with_each_chunk(self, service, upload) -> None:
        """It may check each request by it; only Google's own upload URL is known to be an authority by itself."""
        service.url = "https://gw.example/x/upload/u_1"
        await upload(io.BytesIO(PNG), client=service.client(base_url="https://gw.example/x", headers={"x-gw": "own"}))
        assert str(service.requests[1].url) == service.url
        assert [request.headers["x-goog-api-key"] for request in service.requests] == ["secret-key"] * 2
        assert [request.headers["x-gw"] for request in service.requests] == ["own"] * 2

    async def test_nothing_of_the_callers_goes_to_another_origin(self, service, upload) -> None:
        """An answer may name any address; what was meant for one is not handed to another."""
        service.url = "https://elsewhere.example/upload/u_1"
        await upload(io.BytesIO(PNG), client=service.client(headers={"x-team": "blue", "authorization": "Bearer own"}))
        assert str(service.requests[1].url) == service.url
        sent = service.requests[1].headers
        assert [name for name in sent if name in ("x-team", "authorization", "x-goog-api-key")] == []
        assert "langchain-genai-chat" in sent["user-agent"]

    async def test_callers_headers_are_kept_but_their_credentials(self, service, upload) -> None:
        """Google's own upload URL needs none."""
        headers = {"x-team": "blue", "authorization": "Bearer own"}
        await upload(io.BytesIO(PNG), {"http_options": {"headers": headers}})
        assert [request.headers.get("x-team") for request in service.requests] == ["blue", "blue"]
        assert [request.headers.get("authorization") for request in service.requests] == ["Bearer own", None]

    async def test_the_upload_url_is_not_logged(self, service, upload, caplog) -> None:
        """Whoever has it can write the file."""
        caplog.set_level(logging.DEBUG, "langchain_genai_chat")
        await upload(io.BytesIO(PNG))
        assert "upload/v1beta/files" in caplog.text
        assert "u_1" not in caplog.text


@small
class TestBreaks:
    """A chunk that breaks is not the end of a film of two gigabytes."""

    @pytest.mark.parametrize("kind", ["half", "lost", "unanswered", "503", "no status"])
    @pytest.mark.parametrize("number", [1, 2, 3])
    async def test_after_a_break_it_goes_on_from_what_has_come(self, service, upload, kind, number) -> None:
        """The service is asked for it; nothing is sent twice, and nothing is left out."""
        service.breaks = {number: kind}
        assert (await upload(io.BytesIO(PNG[:40]))).size_bytes == 40
        assert bytes(service.received) == PNG[:40]
        assert service.commands.count("query") == 1
        assert service.commands[number : number + 2][1] == "query"

    async def test_a_lost_last_answer_is_had_from_the_query(self, service, upload) -> None:
        """As Google's client for Ruby does; the bytes are there, and a second upload would be a second file."""
        service.breaks, service.repeats = {3: "final unanswered"}, True
        assert (await upload(io.BytesIO(PNG[:40]))).name == "files/abc"
        assert service.commands[3:] == ["upload, finalize", "query"]

    async def test_a_named_file_is_looked_up_where_the_query_does_not_give_it(self, service, upload) -> None:
        """No document says that it does; the name leads to the file."""
        service.breaks = {3: "final unanswered"}
        assert (await upload(io.BytesIO(PNG[:40]), {"name": "abc-1"})).name == "files/abc-1"
        assert str(service.requests[-1].url).endswith("/v1beta/files/abc-1")

    async def test_a_nameless_file_whose_answer_is_lost_is_a_typed_error(self, service, upload) -> None:
        """It says that the file is there, and where to find it."""
        service.breaks = {3: "final unanswered"}
        with pytest.raises(errors.UnknownApiResponseError, match=r"files\.list"):
            await upload(io.BytesIO(PNG[:40]))

    async def test_each_chunk_has_its_own_attempts(self, service, upload) -> None:
        """Four chunks that break once each are no reason to begin anew."""
        service.breaks = {1: "lost", 3: "lost", 5: "lost"}
        await upload(io.BytesIO(PNG[:48]))
        assert service.commands.count("query") == 3

    async def test_a_chunk_that_always_breaks_ends_with_its_error(self, service, upload) -> None:
        """Two retries are the default policy's."""
        service.breaks = {1: "503", 2: "503", 3: "503"}
        with pytest.raises(errors.ServerError):
            await upload(io.BytesIO(PNG[:40]))

    @pytest.mark.parametrize(
        ("kind", "number", "error"),
        [
            ("404", 2, errors.ClientError),
            ("cancelled", 2, errors.ClientError),
            ("active", 3, errors.UnknownApiResponseError),
        ],
    )
    async def test_what_cannot_be_resumed_is_a_typed_error(self, service, upload, *, kind, number, error) -> None:
        """The session is gone, or the service does not know that it is at its end."""
        service.breaks = {number: kind}
        with pytest.raises(error):
            await upload(io.BytesIO(PNG[:40]))
        assert "query" not in service.commands

    async def test_a_file_that_shrinks_is_noticed(self, service, upload) -> None:
        """A log that is rotated meanwhile would end as half a file, or never."""
        stream = io.BytesIO(PNG[:40])

        def shrink(sent: int, total: int) -> None:
            stream.truncate(20)

        with pytest.raises(ValueError, match="shorter than the 40 bytes"):
            await upload(stream, progress=shrink)

    async def test_the_query_uses_up_no_answer_without_a_size(self) -> None:
        """An answer that does not say how much has come is none to go on from."""

        def answer(request: httpx.Request) -> httpx.Response:
            command = request.headers.get("x-goog-upload-command")
            if command == "start":
                return httpx.Response(200, headers={"x-goog-upload-url": UPLOAD})
            if command == "query":
                return httpx.Response(200, headers={"x-goog-upload-status": "active"})
            return httpx.Response(503)

        http = httpx.Client(transport=httpx.MockTransport(answer))
        client = Client(api_key="k", http_client=http, http_options={"retry_options": SOON})
        with pytest.raises(errors.UnknownApiResponseError, match="how much"):
            client.files.upload(file=io.BytesIO(PNG))


class TestProgress:
    """How far it is."""

    @small
    async def test_a_callable_gets_the_bytes_sent_and_their_total(self, service, upload) -> None:
        """Once after each chunk, and after a break what has really come."""
        service.breaks = {2: "half"}
        told: list[tuple[int, int]] = []
        await upload(io.BytesIO(PNG[:40]), progress=lambda sent, total: told.append((sent, total)))
        assert told == [(16, 40), (24, 40), (40, 40)]

    @small
    async def test_a_coroutine_function_is_awaited(self, service) -> None:
        """A web page is told over its socket."""
        told: list[int] = []

        async def tell(sent: int, total: int) -> None:
            told.append(sent)

        await service.client().aio.files.upload(file=io.BytesIO(PNG[:40]), progress=tell)
        assert told == [16, 32, 40]

    @small
    async def test_true_shows_a_bar_where_tqdm_is_installed(self, service, upload, monkeypatch, tmp_path) -> None:
        """It has the file's name, its size, and ends with the upload."""
        bars: list[Any] = []

        class Fake:
            def __init__(self, **given: Any) -> None:
                self.given, self.n, self.total, self.closed = given, 0, 0, False
                bars.append(self)

            def update(self, more: int) -> None:
                self.n += more

            def close(self) -> None:
                self.closed = True

        monkeypatch.setitem(sys.modules, "tqdm", SimpleNamespace(tqdm=Fake))
        path = tmp_path / "a.png"
        path.write_bytes(PNG[:40])
        await upload(path, progress=True)
        assert [(bar.given["desc"], bar.n, bar.total, bar.closed) for bar in bars] == [("a.png", 40, 40, True)]

    async def test_true_without_tqdm_shows_nothing(self, service, upload, monkeypatch) -> None:
        """A bar is no reason to fail."""
        monkeypatch.setitem(sys.modules, "tqdm", None)
        assert (await upload(io.BytesIO(PNG), progress=True)).name == "files/abc"


class TestArguments:
    """What is wrong is said before anything is sent."""

    @pytest.mark.parametrize(
        ("name", "content", "mime_type"),
        [
            ("a.pdf", b"", "application/pdf"),
            ("film.MOV", b"", "video/quicktime"),
            ("nameless", PNG, "image/png"),
            ("a.unheard", PDF, "application/pdf"),
        ],
    )
    async def test_the_mime_type_is_that_of_the_name_or_the_first_bytes(
        self, service, upload, *, tmp_path, name, content, mime_type
    ) -> None:
        """People name files as they like, and pipes have no names."""
        path = tmp_path / name
        path.write_bytes(content)
        await upload(str(path))
        assert json.loads(service.requests[0].content)["file"]["mimeType"] == mime_type

    async def test_a_mime_type_that_was_given_wins(self, service, upload) -> None:
        """Who says it knows it."""
        await upload(io.BytesIO(PNG), types.UploadFileConfig(mime_type="image/x-own"))
        assert service.requests[0].headers["x-goog-upload-header-content-type"] == "image/x-own"

    @pytest.mark.parametrize(
        ("file", "config", "error", "words"),
        [
            (io.BytesIO(b"words"), None, ValueError, "pass it as mime_type"),
            (io.StringIO("words"), None, TypeError, "'rb'"),
            (b"bytes", None, TypeError, r"io\.BytesIO"),
            (7, None, TypeError, "pass a path"),
            (io.BytesIO(PNG), {"name": "Upper"}, ValueError, "at most 40"),
            (io.BytesIO(PNG), {"name": "files/" + 41 * "a"}, ValueError, "at most 40"),
            (io.BytesIO(PNG), {"name": "-a"}, ValueError, "at most 40"),
            (io.BytesIO(PNG), {"title": "a"}, ValueError, "no field 'title'"),
            ("/nowhere/a.png", None, FileNotFoundError, "nowhere"),
        ],
    )
    async def test_what_cannot_be_uploaded_is_refused(self, service, upload, *, file, config, error, words) -> None:
        """A wrong argument costs no request."""
        with pytest.raises(error, match=words):
            await upload(file, config)
        assert service.requests == []

    async def test_a_stream_that_cannot_seek_is_refused(self, service, upload) -> None:
        """A broken chunk could not be sent again."""

        class Pipe(io.BytesIO):
            def seekable(self) -> bool:
                return False

        with pytest.raises(ValueError, match="cannot seek"):
            await upload(Pipe(PNG))

    async def test_an_answer_without_an_upload_url_is_unreadable(self) -> None:
        """google-genai raises a KeyError."""
        mock = httpx.MockTransport(lambda request: httpx.Response(200))
        client = Client(api_key="k", http_client=httpx.Client(transport=mock))
        with pytest.raises(errors.UnknownApiResponseError, match="x-goog-upload-url"):
            client.files.upload(file=io.BytesIO(PNG))

    @pytest.mark.parametrize("url", ["http://[", "https://upload.googleapis.com:port/x"])
    async def test_an_upload_url_that_is_none_is_unreadable(self, url: str) -> None:
        """It is the service's fault, and no ValueError of the caller's."""
        mock = httpx.MockTransport(lambda request: httpx.Response(200, headers={"x-goog-upload-url": url}))
        client = Client(api_key="a-key-of-the-tests", http_client=httpx.Client(transport=mock))
        with pytest.raises(errors.UnknownApiResponseError, match="is no address") as caught:
            client.files.upload(file=io.BytesIO(PNG))
        assert caught.value.response is not None
        assert "x-goog-api-key" not in caught.value.response.request.headers

    @pytest.mark.parametrize(
        "name",
        [
            "abc-1",
            "files/abc-1",
            "https://generativelanguage.googleapis.com/v1beta/files/abc-1",
            "https://generativelanguage.googleapis.com/v1beta/files/abc-1:download?alt=media",
            types.File(name="files/abc-1"),
            types.File(uri="https://generativelanguage.googleapis.com/v1beta/files/abc-1"),
        ],
    )
    def test_a_file_goes_by_every_name_that_it_has(self, service, name) -> None:
        """The whole ID counts: google-genai stops at its first dash."""
        service.client().files.get(name=name)
        assert service.requests[0].url.path == "/v1beta/files/abc-1"

    @pytest.mark.parametrize(
        "name", ["", "files/", "files/a/b", "a?b", "../models/m", "gs://bucket/a.png", types.File()]
    )
    def test_what_names_no_file_is_refused(self, service, name) -> None:
        """It would ask for something else."""
        with pytest.raises(ValueError, match="names no file"):
            service.client().files.get(name=name)

    async def test_vertex_has_no_files(self) -> None:
        """Each method says so, and what to use there."""
        client = Client(vertexai=True, api_key="k")
        for method, given in METHODS.items():
            with pytest.raises(ValueError, match="gs://"):
                getattr(client.files, method)(**given)
            with pytest.raises(ValueError, match="gs://"):
                await getattr(client.aio.files, method)(**given)


METHODS: dict[str, dict[str, Any]] = {
    "upload": {"file": "a.png"},
    "get": {"name": "a"},
    "wait": {"file": "a"},
    "list": {},
    "delete": {"name": "a"},
    "download": {"file": "a"},
}


class Answers:
    """Files in the states that a script says, with the delays that were asked for."""

    def __init__(self, *states: str) -> None:
        self.states = list(states)
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        row: dict[str, Any] = {"name": "files/abc", "state": state}
        if state == "FAILED":
            row["error"] = {"code": 3, "message": "The film has no pictures."}
        return httpx.Response(200, json=row)

    def client(self) -> Client:
        return Client(api_key="k", http_client=httpx.Client(transport=httpx.MockTransport(self)))


class TestWait:
    """Until a file can be used."""

    def test_it_waits_until_the_file_is_active(self) -> None:
        """A film takes seconds; used before, it is a 400."""
        answers = Answers("PROCESSING", "PROCESSING", "ACTIVE")
        assert answers.client().files.wait(file="abc", poll_s=0.01).state == "ACTIVE"
        assert answers.asked == 3

    def test_a_file_that_is_active_is_not_asked_for(self) -> None:
        """Text and images are, at once."""
        answers = Answers("PROCESSING")
        active = types.File(name="files/abc", state=types.FileState.ACTIVE)
        assert answers.client().files.wait(file=active) is active
        assert answers.asked == 0

    def test_what_was_processing_is_asked_for_at_once(self) -> None:
        """It may have been uploaded long ago; the pauses come between the questions."""
        answers = Answers("ACTIVE")
        processing = types.File(name="files/abc", state=types.FileState.PROCESSING)
        assert answers.client().files.wait(file=processing, poll_s=60).state == "ACTIVE"

    def test_a_file_that_fails_says_why(self) -> None:
        """Waiting longer would not help, nor would asking the model."""
        with pytest.raises(errors.FileFailedError, match="no pictures") as caught:
            Answers("PROCESSING", "FAILED").client().files.wait(file="abc", poll_s=0.0)
        assert (caught.value.code, caught.value.status) == (3, "FAILED")

    def test_a_file_that_takes_too_long_is_a_timeout(self) -> None:
        """It is a TimeoutError too, and names the file."""
        with pytest.raises(errors.APITimeoutError, match=r"files/abc is still PROCESSING after 0\.05 seconds"):
            Answers("PROCESSING").client().files.wait(file="abc", timeout_s=0.05, poll_s=0.02)


@pytest.fixture(scope="module")
def server():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(server):
    server.reset()
    return server


@pytest.fixture
def client(emulator) -> Iterator[Client]:
    with Client(api_key="k", http_options={"base_url": emulator.base_url}) as client:
        yield client


@pytest.mark.behaviour("B101")
@pytest.mark.behaviour("F21")
def test_a_file_is_uploaded_once_and_used_in_chats(client, emulator) -> None:
    """That is what the file store is for."""
    picture = client.files.wait(file=client.files.upload(file=io.BytesIO(PNG), config={"display_name": "Blank"}))
    assert (picture.display_name, picture.size_bytes, picture.state) == ("Blank", 64, "ACTIVE")
    for _ in range(2):
        chat = client.chats.create(model="gemini-2.5-flash")
        assert chat.send_message(["What is this?", picture]).text
    sent = [each.body["contents"][0]["parts"][1] for each in emulator.requests if "generateContent" in each.path]
    assert sent == [{"fileData": {"fileUri": picture.uri, "mimeType": "image/png"}}] * 2


@pytest.mark.behaviour("B101")
async def test_the_asynchronous_client_does_all_of_it_off_the_loop(client, tmp_path) -> None:
    """Reading and writing files blocks; under the probe nothing of it happens in the loop's thread."""
    path = tmp_path / "film.mp4"
    path.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(1000))
    with blockbuster_ctx():
        async with client.aio as aio:
            film = await aio.files.upload(file=path)
            assert film.state == "PROCESSING"
            assert (await aio.files.wait(file=film, poll_s=0.01)).state == "ACTIVE"
            assert [file.name async for file in await aio.files.list()] == [film.name]
            await aio.files.delete(name=film)
            with pytest.raises(errors.ClientError, match="may not exist"):
                await aio.files.get(name=film)


def test_lists_come_in_pages(client) -> None:
    """A project may hold thousands."""
    assert list(client.files.list()) == []
    names = [client.files.upload(file=io.BytesIO(PNG)).name for _ in range(5)]
    pager = client.files.list(config={"page_size": 2})
    assert [file.name for file in pager.page] == names[:2]
    assert [file.name for file in pager] == names


@pytest.mark.parametrize("size", [0, CHUNK_BYTES, 2 * CHUNK_BYTES + 1])
def test_whole_chunks_arrive_whole(client, size) -> None:
    """At sizes where an end may be missed or doubled; the service says what it has got."""
    made = client.files.upload(file=io.BytesIO(bytes(size)), config={"mime_type": "application/octet-stream"})
    assert made.size_bytes == size


class Zeros(io.RawIOBase):
    """Two gigabytes that nobody holds."""

    size = 2 * 1024**3

    def __init__(self) -> None:
        self.at = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = offset + (self.size if whence == io.SEEK_END else 0)
        return self.at

    def read(self, size: int = -1) -> bytes:
        block = bytes(min(size, self.size - self.at))
        self.at += len(block)
        return block


def test_two_gigabytes_take_the_memory_of_some_chunks() -> None:
    """Machines that upload films need not hold them."""
    taken = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal taken
        if request.headers["x-goog-upload-command"] == "start":
            return httpx.Response(200, headers={"x-goog-upload-url": UPLOAD})
        taken += int(request.headers["content-length"])
        if "finalize" in request.headers["x-goog-upload-command"]:
            return httpx.Response(200, headers={"x-goog-upload-status": "final"}, json={"file": {"name": "files/a"}})
        return httpx.Response(200, headers={"x-goog-upload-status": "active"})

    client = Client(api_key="k", http_client=httpx.Client(transport=httpx.MockTransport(answer)))
    stream: Any = Zeros()
    tracemalloc.start()
    client.files.upload(file=stream, config={"mime_type": "video/mp4"})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken == Zeros.size
    assert peak < 5 * CHUNK_BYTES


def torn_client(content: bytes) -> Client:
    """A client whose answers break after all that is said of them but the end."""

    def torn() -> Iterator[bytes]:
        yield content
        raise httpx.ReadError("reset")

    async def atorn() -> AsyncIterator[bytes]:
        for block in torn():
            yield block

    return Client(
        api_key="k",
        http_client=httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=torn()))),
        http_async_client=httpx.AsyncClient(
            transport=httpx.MockTransport(lambda _: httpx.Response(200, content=atorn()))
        ),
    )


class TestDownload:
    """Of what the service made."""

    CONTENT = bytes(range(256)) * 10_000

    @pytest.fixture
    def made(self) -> tuple[Client, list[httpx.Request]]:
        requests: list[httpx.Request] = []

        def answer(request: httpx.Request) -> httpx.Response:
            requests.append(request)
            return httpx.Response(200, content=self.CONTENT)

        mock = httpx.MockTransport(answer)
        own: Any = {"http_client": httpx.Client(transport=mock), "http_async_client": httpx.AsyncClient(transport=mock)}
        return Client(api_key="k", **own), requests

    async def test_bytes_come_whole(self, made) -> None:
        """Without a place to put them they are given."""
        client, requests = made
        assert client.files.download(file="files/abc") == self.CONTENT
        assert await client.aio.files.download(file="files/abc") == self.CONTENT
        url = "https://generativelanguage.googleapis.com/v1beta/files/abc:download?alt=media"
        assert [str(request.url) for request in requests] == [url, url]

    async def test_bytes_are_written_to_a_path_or_a_stream(self, made, tmp_path) -> None:
        """A film need not be held to be kept."""
        client, _ = made
        assert client.files.download(file="abc", destination=tmp_path / "a") is None
        with blockbuster_ctx():
            await client.aio.files.download(file="abc", destination=str(tmp_path / "b"))
        stream = io.BytesIO()
        client.files.download(file="abc", destination=stream)
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == stream.getvalue() == self.CONTENT

    async def test_a_broken_download_leaves_the_path_as_it_was(self, tmp_path) -> None:
        """What is there may be all that there is; half a film in its place is worse than none."""
        film = tmp_path / "film.mp4"
        film.write_bytes(b"before")
        client = torn_client(self.CONTENT)
        with pytest.raises(errors.APIConnectionError):
            client.files.download(file="abc", destination=film)
        with pytest.raises(errors.APIConnectionError):
            await client.aio.files.download(file="abc", destination=film)
        with pytest.raises(errors.APIConnectionError):
            client.files.download(file="abc", destination=tmp_path / "new.mp4")
        assert film.read_bytes() == b"before"
        assert list(tmp_path.iterdir()) == [film]

    async def test_a_cancelled_download_leaves_nothing(self, tmp_path) -> None:
        """Its thread may be about to make the file when the task goes."""
        begun = anyio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield self.CONTENT
            begun.set()
            await anyio.sleep_forever()

        mock = httpx.MockTransport(lambda _: httpx.Response(200, content=body()))
        client = Client(api_key="k", http_async_client=httpx.AsyncClient(transport=mock)).aio
        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(functools.partial(client.files.download, file="abc", destination=tmp_path / "film"))
                await begun.wait()
                assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
                tasks.cancel_scope.cancel()
        assert list(tmp_path.iterdir()) == []

    def test_a_file_made_after_the_end_is_removed(self, tmp_path) -> None:
        """A task that asyncio itself cancels does not wait for the thread that opens it."""
        part = _Part(tmp_path / "film")
        part.end()
        part.open()
        assert list(tmp_path.iterdir()) == []

    def test_a_replaced_file_keeps_its_mode_and_the_link_to_it(self, made, tmp_path) -> None:
        """As if it had been written to."""
        client, _ = made
        film, link = tmp_path / "film", tmp_path / "link"
        film.touch(0o640)
        link.symlink_to(film)
        client.files.download(file="abc", destination=link)
        assert link.is_symlink()
        assert film.read_bytes() == self.CONTENT
        assert stat.S_IMODE(film.stat().st_mode) == 0o640

    def test_a_pipe_is_written_to_and_stays(self, made, tmp_path) -> None:
        """A device or a pipe is no file that another could stand for."""
        client, _ = made
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        with ThreadPoolExecutor() as pool:
            read = pool.submit(pipe.read_bytes)
            client.files.download(file="abc", destination=pipe)
            assert read.result(30) == self.CONTENT
        assert list(tmp_path.iterdir()) == [pipe]
        assert pipe.is_fifo()

    def test_a_folder_is_refused_and_left_alone(self, made, tmp_path) -> None:
        """Nothing is put in its place, nor beside it."""
        client, _ = made
        (tmp_path / "films").mkdir()
        with pytest.raises(IsADirectoryError):
            client.files.download(file="abc", destination=tmp_path / "films")
        assert [path.name for path in tmp_path.iterdir()] == ["films"]

    def test_what_was_uploaded_cannot_be_downloaded(self, made) -> None:
        """It has no download_uri, and the service would say 400."""
        client, requests = made
        with pytest.raises(ValueError, match="download_uri"):
            client.files.download(file=types.File(name="files/abc"))
        assert requests == []


def test_names_of_a_start_are_quoted_only_for_paths() -> None:
    """A stream's file may be anything, and its name nobody's business."""
    opened = Opened.of(io.BytesIO(PNG))
    assert "x-goog-upload-file-name" not in start_headers(opened, "image/png")


class Breaking(httpx.HTTPTransport):
    """Real sockets, on which the answer to the n-th request is lost after it has arrived."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        self.number -= 1
        if self.number == 0:
            response.close()
            raise httpx.ReadError("reset", request=request)
        return response


@pytest.mark.parametrize("number", [2, 3])
def test_an_answer_that_is_lost_on_the_way_costs_no_second_upload(emulator, number) -> None:
    """The bytes are there, and the service says so; lost after the last chunk, it has the file and forgets how."""
    with httpx.Client(transport=Breaking(number)) as http:
        options = {"base_url": emulator.base_url, "retry_options": SOON}
        client = Client(api_key="k", http_options=options, http_client=http)
        data = io.BytesIO(bytes(CHUNK_BYTES + 5))
        if number == 2:
            assert client.files.upload(file=data, config={"mime_type": "text/plain"}).size_bytes == CHUNK_BYTES + 5
        else:
            with pytest.raises(errors.ClientError):
                client.files.upload(file=data, config={"mime_type": "text/plain"})
    commands = [each.headers.get("x-goog-upload-command") for each in emulator.requests]
    assert commands == [
        "start",
        "upload",
        *(["query", "upload, finalize"] if number == 2 else ["upload, finalize", "query"]),
    ]


@pytest.mark.behaviour("B101")
@pytest.mark.behaviour("F21")
def test_a_file_goes_into_a_langchain_message(client, emulator) -> None:
    """By its name or its URI, in the standard block; once uploaded, as often as wanted."""
    picture = client.files.upload(file=io.BytesIO(PNG))
    blocks = [{"type": "file", "file_id": each, "mime_type": "image/png"} for each in (picture.uri, picture.name)]
    model = ChatGenAI(model="gemini-2.5-flash", client=client)
    for block in blocks:
        assert model.invoke([HumanMessage([{"type": "text", "text": "What is this?"}, block])]).text
    sent = [each.body["contents"][0]["parts"][1]["fileData"] for each in emulator.requests[-2:]]
    assert [data["fileUri"] for data in sent] == [picture.uri] * 2
