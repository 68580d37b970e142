"""Files and caches of the emulator as google-genai sees them: nothing here was fitted to our own client.

What our client makes of them is in tests/genai.
"""

import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from google import genai
from google.genai import errors, types

from langchain_genai_chat.emulator import Emulator

MODEL = "gemini-2.5-flash"
CHUNK = 8 * 1024 * 1024


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(server: Emulator) -> Emulator:
    server.reset()
    return server


@pytest.fixture
def client(emulator: Emulator) -> Iterator[genai.Client]:
    options = types.HttpOptions(base_url=emulator.base_url, api_version="v1beta")
    with genai.Client(api_key="k", http_options=options) as client:
        yield client


@pytest.mark.parametrize("size", [1, CHUNK + 1])
def test_files_are_uploaded_found_and_deleted(client: genai.Client, size: int) -> None:
    """Google's own client asks for each in its own way."""
    config = types.UploadFileConfig(mime_type="video/mp4", display_name="Film")
    film = client.files.upload(file=io.BytesIO(bytes(size)), config=config)
    assert (film.size_bytes, film.display_name, film.state) == (size, "Film", types.FileState.PROCESSING)
    name = film.name or ""
    states = [client.files.get(name=name).state for _ in range(3)]
    assert states[-1] == types.FileState.ACTIVE
    assert [file.name for file in client.files.list()] == [name]
    client.files.delete(name=name)
    with pytest.raises(errors.ClientError, match="may not exist"):
        client.files.get(name=name)


def test_caches_are_made_prolonged_used_and_deleted(client: genai.Client) -> None:
    """With the same words at the end as Google's."""
    config = types.CreateCachedContentConfig(contents="A long book.", ttl="60s", system_instruction="Be brief.")
    cache = client.caches.create(model=MODEL, config=config)
    name = cache.name or ""
    assert cache.expire_time is not None
    later = client.caches.update(name=name, config=types.UpdateCachedContentConfig(ttl="600s")).expire_time
    assert later is not None
    assert later > cache.expire_time
    asked = types.GenerateContentConfig(cached_content=name)
    assert client.models.generate_content(model=MODEL, contents="Hi", config=asked).text
    assert [each.name for each in client.caches.list()] == [name]
    client.caches.delete(name=name)
    with pytest.raises(errors.ClientError, match="not found"):
        client.models.generate_content(model=MODEL, contents="Hi", config=asked)


@pytest.mark.parametrize(
    ("headers", "data", "status"),
    [
        ({"x-goog-upload-command": "upload", "x-goog-upload-offset": "5"}, bytes(CHUNK), 400),
        ({"x-goog-upload-command": "upload", "x-goog-upload-offset": "0"}, b"half a chunk", 400),
        ({"x-goog-upload-command": "upload", "x-goog-upload-offset": "none"}, bytes(CHUNK), 400),
        ({"x-goog-upload-offset": "0"}, bytes(CHUNK), 400),
        ({"x-goog-upload-command": "query"}, b"", 200),
    ],
)
def test_a_chunk_must_follow_what_has_come(emulator: Emulator, headers: Any, data: bytes, status: int) -> None:
    """Else a file would be whole and wrong."""
    told = {"x-goog-upload-header-content-length": "9", "x-goog-upload-header-content-type": "text/plain"}
    start = httpx.post(
        f"{emulator.base_url}/upload/v1beta/files",
        headers={"x-goog-api-key": "k", "x-goog-upload-command": "start", **told},
        json={"file": {}},
    )
    answer = httpx.post(start.headers["x-goog-upload-url"], headers=headers, content=data)
    assert answer.status_code == status
    if status == 200:
        assert answer.headers["x-goog-upload-size-received"] == "0"


def test_an_upload_begins_with_a_key(emulator: Emulator) -> None:
    """Only its bytes need none."""
    assert httpx.post(f"{emulator.base_url}/upload/v1beta/files", json={"file": {}}).status_code == 403


def test_a_token_of_its_own_is_good_until_a_reset(emulator: Emulator) -> None:
    """So a test can let one end; others' tokens are taken as they are."""
    token = httpx.post(f"{emulator.base_url}/token", data={"assertion": "a.b.c"}).json()["access_token"]
    url = f"{emulator.base_url}/v1beta1/publishers/google/models"

    def status(value: str) -> int:
        return httpx.get(url, headers={"authorization": f"Bearer {value}"}).status_code

    assert status(token) == 200
    emulator.reset()
    assert (status(token), status("made-by-hand")) == (401, 200)
