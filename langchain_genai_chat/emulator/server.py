"""The emulator on a real port, in a thread of the process that asks for it.

Knows sockets, threads and uvicorn; knows nothing of what is served.
"""

import socket
import threading
from collections.abc import Iterable
from typing import Self

import uvicorn

from .app import Service
from .catalogue import load_models
from .scripted import Answer, Answerer, Received, check_answer
from .store import Store


class Emulator:
    """A strict local Gemini over real HTTP, as a context manager; it is not Google's model.

    Args:
        answer: Called in a thread with each valid generate request once the script is spent; returns what to
            answer, or None for the emulator's own model.
        api_key: The only key that is right; None takes any key, but a key must come.
        models: A further model name to serve, or several, with the newest model's facts.
        host: Where to listen.
        port: Which port; 0 for a free one.
    """

    def __init__(
        self,
        *,
        answer: Answerer | None = None,
        api_key: str | None = None,
        models: Iterable[str] = (),
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        known = load_models(*([models] if isinstance(models, str) else models))
        self._service = Service(api_key=api_key, models=known, answerer=answer)
        self._host, self._port = host, port
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread()

    def __repr__(self) -> str:
        return f"Emulator(port={self._port})"

    @property
    def base_url(self) -> str:
        """Where it listens, `http://127.0.0.1:PORT`, without a version."""
        if self._server is None:
            raise RuntimeError("the emulator is not running; use `with Emulator() as emulator:`, or start()")
        return f"http://{self._host}:{self._port}"

    @property
    def requests(self) -> list[Received]:
        """What it received since the start or the last `reset`, oldest first (the last 10,000)."""
        return list(self._service.received)

    @property
    def unused(self) -> list[Answer | Answerer]:
        """What was scripted and not yet asked for."""
        return list(self._service.script)

    def script(self, *answers: Answer | Answerer) -> None:
        """Say what to answer next, one entry for each valid generate request; then the model answers again.

        Args:
            answers: A text, a `Call` or a `Reply` is an answer in short. A dict is a whole response, or one event
                of a stream, word for word. A list holds a stream's events, texts or dicts, with seconds
                where it is silent (a unary call gets a 501 that says so). `Cut`, in a list or for all of it, breaks
                the connection. A `Fault` is an error. A function is called in a thread with the request and returns
                one of these, or None for the emulator's own model.

        Raises:
            TypeError: An entry is none of these.
        """
        for answer in answers:
            check_answer(answer)
        self._service.script.extend(answers)

    def reset(self) -> None:
        """Forget requests, script, files, caches and tokens, and count responses from the beginning."""
        self._service.script.clear()
        self._service.received.clear()
        self._service.generated = 0
        self._service.store = Store()

    def start(self) -> Self:
        """Listen, in a daemon thread; returns when it does. A port that is taken raises OSError."""
        # asyncio turns Nagle's delay (40 ms a request) off only where the protocol is named
        bound = socket.create_server((self._host, self._port))  # whoever connects before the thread runs only waits
        listener = socket.socket(bound.family, bound.type, socket.IPPROTO_TCP, bound.detach())
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._service.app(),
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_level="critical",  # a stream that the script cuts is no news
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the port, give open streams a second, and end the thread."""
        if self._server is not None:
            self._server.should_exit = True
            self._thread.join()
            self._server = None

    def wait(self) -> None:
        """Block until it is stopped."""
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
