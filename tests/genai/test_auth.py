"""Tokens: whose they are, when they are renewed, how often, and where they never stand.

Flows as values first; then a service account's key, made here, against the emulator's token endpoint over sockets.
"""

import asyncio
import copy
import json
import logging
import math
import pickle
import subprocess
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import google.auth.credentials
import google.oauth2.credentials
import google.oauth2.service_account
import pytest
from blockbuster import blockbuster_ctx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from langchain_core.exceptions import ModelAuthenticationError
from langchain_core.load import dumps

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.emulator import Emulator
from langchain_genai_chat.genai import Client, errors
from langchain_genai_chat.genai._auth import AGAIN_S, TokenAuth
from langchain_genai_chat.genai._credentials import EARLY_S, KEPT_S, Token, source_of
from langchain_genai_chat.genai._exchange import Calls, Exchange, Now, Request

Info = dict[str, Any]

MODEL = "gemini-2.5-flash"
URL = "https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global/publishers/google/models/m:generateContent"
UNKNOWN = URL.replace("projects/p/", "projects/-/")
ASK = Request(method="POST", url=URL)
WHERE: Any = {"vertexai": True, "project": "p", "location": "us-central1"}


@dataclass
class Counting:
    """A source that says how often it was asked, with tokens of some lifetime."""

    lifetime_s: float = 3600.0
    project: str | None = None
    quota_project: str | None = None
    problems: list[Exception] = field(default_factory=list)
    asked: int = 0
    anew: list[bool] = field(default_factory=list)

    def fetch(self, *, anew: bool) -> Token:
        self.asked += 1
        self.anew.append(anew)
        if self.problems:
            raise self.problems.pop(0)
        value = f"token-{self.asked}"
        rest = {"project": self.project, "quota_project": self.quota_project}
        return Token(value=value, lifetime_s=self.lifetime_s, **rest)


def sign(auth: TokenAuth, now: float = 0.0, request: Request = ASK, refused: Request | None = None) -> Request | None:
    """Run the flow at a time."""
    exchange = Exchange(auth.sign(request, refused=refused))
    while not exchange.done:
        match exchange.wanted:
            case Now():
                exchange.answer(now)
            case Calls(functions=functions):
                try:
                    results = [function() for function in functions]
                except errors.APIError as problem:
                    exchange.fail(problem)
                else:
                    exchange.answer(results)
    return exchange.result


def token_at(auth: TokenAuth, now: float) -> str:
    signed = sign(auth, now)
    assert signed is not None
    return signed.headers["authorization"]


class TestWhenATokenIsRenewed:
    """As values: no clock, no thread."""

    def test_a_token_is_kept_until_shortly_before_its_end(self) -> None:
        """A fetch for each request would double their time; one that ends on its way is refused."""
        auth = TokenAuth(source := Counting())
        assert {token_at(auth, now) for now in (0.0, 1.0, 3599.0 - EARLY_S)} == {"Bearer token-1"}
        assert token_at(auth, 3600.0 - EARLY_S) == "Bearer token-2"
        assert source.anew == [False, False]

    def test_a_short_token_is_used_for_half_of_its_life(self) -> None:
        """Renewed always when it is below the usual margin, it would be fetched for every request."""
        auth = TokenAuth(Counting(lifetime_s=60.0))
        assert [token_at(auth, now) for now in (0.0, 29.0, 31.0)] == [
            "Bearer token-1",
            "Bearer token-1",
            "Bearer token-2",
        ]

    def test_a_refused_token_is_renewed_once_for_all_who_had_it(self) -> None:
        """A revoked token refuses all requests under way; the first to come back renews, the others take that."""
        auth = TokenAuth(source := Counting())
        refused = sign(auth)
        assert refused is not None
        again = [sign(auth, 1.0, refused=refused) for _ in range(3)]
        assert [each.headers["authorization"] for each in again if each] == ["Bearer token-2"] * 3
        assert source.anew == [False, True]

    def test_the_same_token_again_is_not_sent_again(self) -> None:
        """What was refused a moment ago is refused now."""
        auth = TokenAuth(source_of(lambda: "the-only-one"))
        refused = sign(auth)
        assert refused is not None
        assert sign(auth, refused=refused) is None

    def test_a_renewal_that_fails_early_leaves_the_token_in_use(self) -> None:
        """The token server may be down for a minute of the four before the token's end."""
        auth = TokenAuth(source := Counting())
        sign(auth)
        source.problems = [errors.APIConnectionError.because("down")]
        begun = 3600.0 - EARLY_S
        assert token_at(auth, begun) == "Bearer token-1"
        assert token_at(auth, begun + AGAIN_S - 1) == "Bearer token-1"
        assert source.asked == 2
        assert token_at(auth, begun + AGAIN_S) == "Bearer token-3"

    def test_a_renewal_that_fails_too_late_raises(self) -> None:
        """There is nothing left to send."""
        auth = TokenAuth(source := Counting())
        sign(auth)
        source.problems = [errors.APIConnectionError.because("down")]
        with pytest.raises(errors.APIConnectionError, match="down"):
            sign(auth, 3601.0)


class TestWhatIsSigned:
    """Headers and URL."""

    def test_callers_headers_win(self) -> None:
        """Who brings an own Authorization means it; nothing is fetched for it, nor renewed."""
        auth = TokenAuth(source := Counting(quota_project="q"))
        own = replace(ASK, headers={"authorization": "Bearer own"})
        assert sign(auth, request=own) == own
        assert sign(auth, request=own, refused=own) is None
        assert source.asked == 0
        signed = sign(auth, request=replace(ASK, headers={"x-goog-user-project": "own"}))
        assert signed is not None
        assert signed.headers["x-goog-user-project"] == "own"

    @pytest.mark.behaviour("B111")
    @pytest.mark.parametrize(("quota", "header"), [("q", "q"), (None, None)])
    def test_the_quota_project_is_billed(self, quota: str | None, header: str | None) -> None:
        """A user's own credentials must name one, or Google refuses them."""
        signed = sign(TokenAuth(Counting(quota_project=quota)))
        assert signed is not None
        assert signed.headers.get("x-goog-user-project") == header

    def test_the_project_of_the_credentials_completes_the_url(self) -> None:
        """With nothing but default credentials, they alone know where requests go."""
        signed = sign(TokenAuth(Counting(project="theirs")), request=replace(ASK, url=UNKNOWN))
        assert signed is not None
        assert signed.url == URL.replace("projects/p/", "projects/theirs/")

    @pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer own"}])
    def test_a_project_that_nobody_names_is_asked_for(self, headers: dict[str, str]) -> None:
        """A request to no project would be refused in Google's words, which do not say what to pass here."""
        with pytest.raises(ValueError, match="pass project"):
            sign(TokenAuth(Counting()), request=replace(ASK, url=UNKNOWN, headers=headers))


class TestCallables:
    """What a callable may give."""

    def test_a_plain_token_is_kept_for_a_minute(self) -> None:
        """It does not say how long it is good; its maker may well cache it, and may not."""
        given = iter(["a", "b", "c"])
        auth = TokenAuth(source_of(lambda: next(given)))
        assert [token_at(auth, now) for now in (0.0, KEPT_S / 2 - 1, KEPT_S)] == ["Bearer a", "Bearer a", "Bearer b"]

    @pytest.mark.parametrize("zone", [UTC, None])
    def test_a_token_with_its_end_is_kept_until_shortly_before(self, zone: Any) -> None:
        """Times without a zone are in UTC, as google.auth's are."""
        ends = datetime.now(UTC) + timedelta(hours=1)
        token = source_of(lambda: ("a", ends.replace(tzinfo=zone)))
        auth = TokenAuth(token)
        sign(auth)
        assert auth._held is not None
        assert auth._held.renew_at == pytest.approx(3600 - EARLY_S, abs=5)

    @pytest.mark.parametrize("given", [None, 7, b"bytes", ("a", "b"), ("a", 3600), ("a", datetime.now(UTC), 1)])
    def test_what_is_no_token_is_refused_by_type(self, given: Any) -> None:
        """Its value may be a secret, so it is not repeated."""
        with pytest.raises(TypeError, match="must give a str") as caught:
            sign(TokenAuth(source_of(lambda: given)))
        assert "bytes'" not in str(caught.value)

    @pytest.mark.parametrize("token", ["", "two\nlines", "a space", "ümlaut"])
    def test_a_token_that_is_no_header_is_refused_unseen(self, token: str) -> None:
        """A line break in a header is another header."""
        with pytest.raises(ValueError, match="cannot be sent") as caught:
            sign(TokenAuth(source_of(lambda: token)))
        assert not token or token not in str(caught.value)

    def test_an_own_error_reaches_the_caller_as_it_is(self) -> None:
        """It is the caller's function; its errors say what it needs."""

        def fail() -> str:
            raise LookupError("vault is sealed")

        with pytest.raises(LookupError, match="vault is sealed"):
            sign(TokenAuth(source_of(fail)))

    def test_a_coroutine_function_needs_an_asynchronous_client(self) -> None:
        """A synchronous client has no loop to await it in; the coroutine is closed, so nothing warns."""

        async def token() -> str:
            return "a"

        with pytest.raises(errors.UnsupportedFunctionError, match=r"client.aio"):
            sign(TokenAuth(source_of(token)))

    @pytest.mark.parametrize("wrong", [7, object(), ["token"]])
    def test_what_gives_no_token_is_refused_at_once(self, wrong: Any) -> None:
        """Not at the first request, an hour after the start of a service."""
        with pytest.raises(TypeError, match=r"google.auth"):
            Client(vertexai=True, project="p", credentials=wrong)


@pytest.fixture(scope="module")
def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture(scope="module")
def server():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(server):
    server.reset()
    return server


@pytest.fixture
def info(emulator, pem) -> Info:
    """A service account's key whose tokens come from the emulator."""
    return {
        "type": "service_account",
        "project_id": "accounts-project",
        "private_key_id": "1",
        "private_key": pem,
        "client_email": "tests@accounts-project.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": f"{emulator.base_url}/token",
    }


@pytest.fixture
def path(info, tmp_path: Path) -> Path:
    file = tmp_path / "key.json"
    file.write_text(json.dumps(info), encoding="utf-8")
    return file


def client_of(emulator: Emulator, **given: Any) -> Client:
    return Client(**{**WHERE, **given}, http_options={"base_url": emulator.base_url})


def paths(emulator: Emulator) -> list[str]:
    return [received.path for received in emulator.requests]


def tokens_sent(emulator: Emulator) -> list[str | None]:
    return [each.headers.get("authorization") for each in emulator.requests if each.path != "/token"]


@pytest.mark.behaviour("B111")
@pytest.mark.parametrize("kind", ["dict", "file", "path", "object", "callable"])
async def test_every_kind_of_credentials_signs(emulator, info, path, kind) -> None:
    """One argument takes what people have: a key, its file, google.auth's object, a function."""
    account = google.oauth2.service_account.Credentials.from_service_account_info(info)
    given = {"dict": info, "file": str(path), "path": path, "object": account, "callable": lambda: "made-by-hand"}[kind]
    with client_of(emulator, credentials=given) as client:
        assert client.models.generate_content(model=MODEL, contents="Hi").text
        async with client.aio as aio:
            assert (await aio.models.generate_content(model=MODEL, contents="Hi")).text
    assert paths(emulator).count("/token") == (0 if kind == "callable" else 1)
    expected = "Bearer made-by-hand" if kind == "callable" else "Bearer emulated-token-1"
    assert tokens_sent(emulator) == [expected, expected]
    assert emulator.requests[-1].path == (
        f"/v1beta1/projects/p/locations/us-central1/publishers/google/models/{MODEL}:generateContent"
    )


@pytest.mark.behaviour("B111")
def test_default_credentials_give_their_project(emulator, path, monkeypatch) -> None:
    """On Google's machines nothing needs to be said at all; the location is then global."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    monkeypatch.setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "pays")
    client = Client(vertexai=True, http_options={"base_url": f"{emulator.base_url}"}, project="p", location="global")
    with client:
        client.models.generate_content(model=MODEL, contents="Hi")
    assert emulator.requests[-1].headers["x-goog-user-project"] == "pays"
    with client_of(emulator, credentials=path, project=None, location=None) as client:
        client.models.generate_content(model=MODEL, contents="Hi")
    assert "/projects/accounts-project/locations/global/" in emulator.requests[-1].path


def test_no_default_credentials_are_said_as_such(monkeypatch) -> None:
    """The message names what was looked for, before anything is sent."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    with Client(**WHERE) as client, pytest.raises(ValueError, match=r"No credentials: .*nowhere"):
        client.models.generate_content(model=MODEL, contents="Hi")


def test_the_extra_is_named_where_google_auth_is_missing(monkeypatch) -> None:
    """ModuleNotFoundError: google would not say what to install."""
    monkeypatch.setitem(sys.modules, "google.auth.exceptions", None)
    with Client(**WHERE) as client, pytest.raises(ImportError, match=r"langchain-genai-chat\[vertex\]"):
        client.models.generate_content(model=MODEL, contents="Hi")


def test_google_auth_is_loaded_only_when_it_is_used() -> None:
    """It costs a tenth of a second, and most people have a key."""
    program = (
        "import sys; from langchain_genai_chat.genai import Client; "
        "Client(api_key='k'); Client(vertexai=True, api_key='k'); Client(vertexai=True, project='p'); "
        "Client(vertexai=True, project='p', credentials=lambda: 't'); "
        "print([name for name in sys.modules if name.startswith('google')])"
    )
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.behaviour("B060")
def test_a_hundred_threads_cause_one_refresh(emulator, info) -> None:
    """Each of them would otherwise wait for a token of its own, and Google's endpoint has quotas."""
    with client_of(emulator, credentials=info) as client, ThreadPoolExecutor(100) as pool:
        barrier = threading.Barrier(100)

        def ask(_: int) -> str | None:
            barrier.wait()
            return client.models.generate_content(model=MODEL, contents="Hi").text

        assert all(pool.map(ask, range(100)))
    assert paths(emulator).count("/token") == 1
    assert len(set(tokens_sent(emulator))) == 1


@pytest.mark.behaviour("B058")
@pytest.mark.behaviour("B060")
async def test_a_hundred_tasks_cause_one_refresh_off_the_loop(emulator, path) -> None:
    """Signing and fetching take milliseconds and more, in which no other task would run."""
    with blockbuster_ctx():
        async with client_of(emulator, credentials=path).aio as aio:
            answers = await asyncio.gather(
                *(aio.models.generate_content(model=MODEL, contents="Hi") for _ in range(100))
            )
    assert all(answer.text for answer in answers)
    assert paths(emulator).count("/token") == 1


@pytest.mark.behaviour("B060")
async def test_a_hundred_tasks_await_one_coroutine(emulator) -> None:
    """A coroutine function is asked as seldom as google.auth's objects are."""
    asked = 0

    async def token() -> str:
        nonlocal asked
        asked += 1
        await anyio.sleep(0.05)
        return "awaited"

    async with client_of(emulator, credentials=token).aio as aio:
        await asyncio.gather(*(aio.models.generate_content(model=MODEL, contents="Hi") for _ in range(100)))
    assert asked == 1
    assert set(tokens_sent(emulator)) == {"Bearer awaited"}


PROBLEMS = [errors.APIConnectionError.because("down"), RuntimeError("the vault is sealed")]


@pytest.mark.behaviour("B060")
@pytest.mark.parametrize("problem", PROBLEMS, ids=["ours", "own"])
def test_threads_that_waited_for_a_refresh_that_fails_do_not_try_each(
    problem: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred tries of thirty seconds each would be most of an hour."""
    joined, go_on = threading.Semaphore(0), threading.Event()

    class Slow(Counting):
        def fetch(self, *, anew: bool) -> Token:
            go_on.wait(20)
            return super().fetch(anew=anew)

    auth = TokenAuth(source := Slow(problems=[problem] * 100))
    join = auth._door.join

    def counted() -> Any:
        fetch = join()
        joined.release()
        return fetch

    monkeypatch.setattr(auth._door, "join", counted)
    with ThreadPoolExecutor(20) as pool:
        signing = [pool.submit(sign, auth) for _ in range(20)]
        assert all(joined.acquire(timeout=20) for _ in signing)
        go_on.set()
        assert all(each.exception() is problem for each in signing)
    assert source.asked == 1
    with pytest.raises(type(problem)):
        sign(auth)
    assert source.asked == 2


@pytest.mark.behaviour("B060")
@pytest.mark.parametrize("problem", PROBLEMS, ids=["ours", "own"])
async def test_tasks_that_waited_for_a_refresh_that_fails_do_not_try_each(problem: Exception) -> None:
    """The one that tried has failed for all who waited; who comes later tries again."""
    asked = 0

    async def token() -> str:
        nonlocal asked
        asked += 1
        await anyio.sleep(0.01)
        raise problem

    auth = TokenAuth(source_of(token))
    came = await asyncio.gather(*(auth._arenew(0.0, None) for _ in range(10)), return_exceptions=True)
    assert came == [problem] * 10
    assert asked == 1
    with pytest.raises(type(problem)):
        await auth._arenew(0.0, None)
    assert asked == 2


def test_who_has_a_good_token_does_not_wait_for_its_renewal() -> None:
    """It is renewed minutes before its end for that."""
    auth = TokenAuth(source := Counting())
    sign(auth)
    with auth._door.lock:
        assert token_at(auth, 3600.0 - EARLY_S) == "Bearer token-1"
    assert source.asked == 1


def test_a_cancelled_refresh_leaves_the_next_to_fetch() -> None:
    """A web request that is given up must not take the token of all others with it."""

    async def main() -> None:
        asked = 0

        async def token() -> str:
            nonlocal asked
            asked += 1
            await anyio.sleep(60 if asked == 1 else 0)
            return "t"

        auth = TokenAuth(source_of(token))
        with anyio.move_on_after(0.01):
            await auth._arenew(0.0, None)
        assert (await auth._arenew(0.0, None)).value == "t"

    anyio.run(main)


async def test_a_401_renews_the_token_once(emulator, info) -> None:
    """It may have been revoked; the second refusal is meant."""
    with client_of(emulator, credentials=info) as client:
        client.models.generate_content(model=MODEL, contents="Hi")
        emulator._service.store.tokens.clear()
        assert client.models.generate_content(model=MODEL, contents="Hi").text
        assert paths(emulator).count("/token") == 2
        emulator._service.store.tokens.clear()
        async with client.aio as aio:
            assert (await aio.models.generate_content(model=MODEL, contents="Hi")).text
    assert [received.status for received in emulator.requests if received.path != "/token"] == [200, 401, 200, 401, 200]


def test_objects_of_google_auth_are_renewed_in_place(emulator, info) -> None:
    """Other libraries may share them; a good token of theirs is used as it is."""
    account = google.oauth2.service_account.Credentials.from_service_account_info(info, scopes=["s"])
    with client_of(emulator, credentials=account) as client:
        client.models.generate_content(model=MODEL, contents="Hi")
    assert account.token == "emulated-token-1"
    with client_of(emulator, credentials=account) as client:
        client.models.generate_content(model=MODEL, contents="Hi")
    assert paths(emulator).count("/token") == 1


def test_a_token_without_an_end_is_used_as_long_as_it_is_taken(emulator) -> None:
    """`Credentials(token)` is what `gcloud auth print-access-token` is put into; it cannot be renewed."""
    static = google.oauth2.credentials.Credentials("by-hand", quota_project_id="pays")
    assert source_of(static).fetch(anew=False) == Token(value="by-hand", lifetime_s=math.inf, quota_project="pays")
    refused = replace(ASK, headers={"authorization": "Bearer by-hand"})
    auth = TokenAuth(source_of(static))
    sign(auth)
    with pytest.raises(errors.ClientError, match="No token could be fetched") as caught:
        sign(auth, refused=refused)
    assert caught.value.code == 401


@pytest.mark.parametrize("status", [500, 400])
def test_a_token_server_that_fails_is_a_typed_error(emulator, info, status, monkeypatch) -> None:
    """google.auth's exceptions are nobody's to know who uses a chat model; what may pass is tried again."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    info["token_uri"] = f"{emulator.base_url}/v1beta/nothing" if status == 400 else "http://127.0.0.1:9/token"
    kind = errors.ClientError if status == 400 else errors.APIConnectionError
    with client_of(emulator, credentials=info) as client, pytest.raises(kind, match="No token could be fetched"):
        client.models.generate_content(model=MODEL, contents="Hi")


@pytest.mark.parametrize("text", ["not json", "[]", ""])
def test_a_file_that_is_no_key_is_named_and_not_quoted(tmp_path, text) -> None:
    """It may be a key with a comma too many."""
    file = tmp_path / "key.json"
    file.write_text(text, encoding="utf-8")
    with Client(**WHERE, credentials=file) as client, pytest.raises(ValueError, match=r"key.json") as caught:
        client.models.generate_content(model=MODEL, contents="Hi")
    assert caught.value.__cause__ is None
    assert not text or text not in str(caught.value)


def test_configurations_that_name_programs_are_not_loaded() -> None:
    """An external account's file says what to call; google.auth wants that checked by whoever loads it."""
    source = source_of({"type": "external_account"})
    with pytest.raises(ValueError, match=r"load them with google.auth"):
        source.fetch(anew=False)


class TestSecrets:
    """Where neither key nor token ever stands."""

    @pytest.mark.behaviour("B109")
    def test_tokens_stand_in_no_text(self, emulator, info, caplog) -> None:
        """repr, errors, tracebacks and logs are read by people, and kept."""
        caplog.set_level(logging.DEBUG)
        with client_of(emulator, credentials=info) as client:
            with pytest.raises(errors.ClientError) as caught:
                client.models.generate_content(model="nothing", contents="Hi")
            auth = client._api.auth
            said = [repr(client), repr(auth), repr(client._api), str(caught.value), caplog.text]
        said += traceback.format_exception(caught.value)
        assert caught.value.response is not None
        said.append(str(caught.value.response.request.headers))
        secrets = ["emulated-token", info["private_key"][40:80]]
        assert [secret for text in said for secret in secrets if secret in text] == []

    @pytest.mark.behaviour("B110")
    @pytest.mark.behaviour("F23")
    @pytest.mark.parametrize("kind", ["dict", "file"])
    def test_clients_with_keys_are_pickled_and_copied_without_tokens(self, emulator, info, path, kind) -> None:
        """Queues and process pools pickle; the copy fetches a token of its own."""
        with client_of(emulator, credentials=info if kind == "dict" else path) as client:
            client.models.generate_content(model=MODEL, contents="Hi")
            pickled = pickle.dumps(client)
            assert b"emulated-token" not in pickled
            for twin in (pickle.loads(pickled), copy.deepcopy(client)):  # noqa: S301 - made two lines above
                with twin:
                    assert twin.models.generate_content(model=MODEL, contents="Hi").text
        assert paths(emulator).count("/token") == 2  # one for the pickle; the copy shares

    @pytest.mark.behaviour("B110")
    def test_clients_with_default_credentials_are_pickled(self, emulator, path, monkeypatch) -> None:
        """The other process looks for its own."""
        client = client_of(emulator)
        twin = pickle.loads(pickle.dumps(client))  # noqa: S301 - made here
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
        with twin:
            assert twin.models.generate_content(model=MODEL, contents="Hi").text

    @pytest.mark.behaviour("B110")
    def test_live_credentials_say_that_they_cannot_be_pickled(self, info) -> None:
        """They hold a token; deepcopy shares them."""
        account = google.oauth2.service_account.Credentials.from_service_account_info(info)
        client = Client(**WHERE, credentials=account)
        with pytest.raises(TypeError, match="service account's file or dict"):
            pickle.dumps(client)
        copy.deepcopy(client)


def test_a_live_object_that_is_no_google_auths_is_used_by_its_interface(emulator) -> None:
    """Whoever wraps credentials has the same three attributes; the base class is not asked for."""

    class Own(google.auth.credentials.Credentials):
        def refresh(self, request: Any) -> None:
            self.token, self.expiry = "own", datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=1)

    own = Own()
    with client_of(emulator, credentials=own) as client:
        client.models.generate_content(model=MODEL, contents="Hi")
    assert tokens_sent(emulator) == ["Bearer own"]


@pytest.mark.parametrize("streams", [False, True])
def test_a_model_without_credentials_says_so_in_langchains_words(monkeypatch, streams) -> None:
    """Its middleware tries a bare ValueError again, and no try would find any."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    model = ChatGenAI(model=MODEL, vertexai=True, project="p")
    with model, pytest.raises(ModelAuthenticationError, match=r"No credentials: .*nowhere"):
        list(model.stream("Hi")) if streams else model.invoke("Hi")


@pytest.mark.behaviour("B110")
@pytest.mark.behaviour("B111")
@pytest.mark.behaviour("F23")
async def test_a_model_takes_what_a_client_takes(emulator, info) -> None:
    """The same names, sync and async; pickled without a token, and dumped without a secret."""
    with ChatGenAI(model=MODEL, base_url=emulator.base_url, credentials=info, **WHERE) as model:
        assert model.invoke("Hi").text
        assert (await model.ainvoke("Hi")).text
        await model.client.aio.aclose()
        assert paths(emulator).count("/token") == 1
        pickled = pickle.dumps(model)
        assert b"emulated-token" not in pickled
        with pickle.loads(pickled) as twin:  # noqa: S301 - made two lines above
            assert twin.invoke("Hi").text
        said = [dumps(model), repr(model), str(model.model_dump())]
    assert [text for text in said if "PRIVATE KEY" in text or "emulated-token" in text] == []
