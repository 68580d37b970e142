"""Measures one client in a process of its own: `python worker.py SUBJECT PORT`, then one line of JSON for each case.

A line is `["case", amount]`, its answer an object of figures. All times are CPU of this process; a subject loads
what it measures and nothing else.
"""

import asyncio
import base64
import gc
import json
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, Field, TypeAdapter

KEY = "benchmark"
QUESTION = "Why is the sky blue?"
LINE = "Neither of them had said anything for a while, and the light on the water had begun to change. Go on."[:100]
THREADS = 32


class Address(BaseModel):
    """Where something is."""

    street: str
    city: str = Field(description="Its name in the language of the country")


class Order(BaseModel):
    """What a customer wants."""

    customer: str
    to: Address
    articles: list[str] = []
    note: str | None = None


def functions(count: int) -> list[Callable[..., str]]:
    def get_weather(city: str) -> str:
        """Tell the weather in a city.

        Args:
            city: Its name.
        """
        return f"sunny in {city}"

    def make(number: int) -> Callable[..., str]:
        def handle(order: Order, reason: str, limit: int = 10) -> str:
            """Do something about an order.

            Args:
                order: The order.
                reason: Why it is done.
                limit: How many articles at most.
            """
            return f"{order} {reason} {limit}"

        handle.__name__ = f"handle_{number}"
        return handle

    return [get_weather, *map(make, range(1, count))]


def schema_of(tool: Any) -> Any:
    return TypeAdapter(tool).json_schema()


class Subject(Protocol):
    """One client, as a program would use it; `open` is what constructing it costs."""

    def open(self, base_url: str, model: str) -> None: ...
    def ask(self, question: str = QUESTION) -> str: ...
    def stream(self) -> Iterator[str]: ...
    def astream(self) -> AsyncIterator[str]: ...
    def past(self, count: int) -> Any: ...
    def ask_after(self, past: Any) -> str: ...
    def converse(self, turns: int) -> str: ...
    def bind(self, tools: list[Callable[..., str]]) -> Any: ...
    def ask_bound(self, bound: Any) -> str: ...
    def show(self, image: bytes) -> str: ...


def spoken(role: str, said: str = LINE) -> dict[str, Any]:
    return {"role": role, "parts": [{"text": said}]}


def roles(count: int) -> list[str]:
    return ["model" if number % 2 else "user" for number in range(count)]


class Bare:
    """httpx and json, nothing else: no client can be faster."""

    def open(self, base_url: str, model: str) -> None:
        import httpx

        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        settings: dict[str, Any] = {"headers": {"x-goog-api-key": KEY}, "timeout": 60, "limits": limits}
        self.http = httpx.Client(**settings)
        self.make_async = lambda: httpx.AsyncClient(**settings)
        self.ahttp: httpx.AsyncClient | None = None
        self.url = f"{base_url}/v1beta/models/{model}"

    def post(self, contents: Sequence[Any], **rest: Any) -> dict[str, Any]:
        body = json.dumps({"contents": contents, **rest}).encode()
        headers = {"content-type": "application/json"}
        answer = self.http.post(f"{self.url}:generateContent", content=body, headers=headers)
        answer.raise_for_status()
        content: dict[str, Any] = json.loads(answer.content)["candidates"][0]["content"]
        return content

    def ask(self, question: str = QUESTION) -> str:
        return str(self.post([spoken("user", question)])["parts"][0]["text"])

    def stream(self, contents: Sequence[Any] = ()) -> Iterator[str]:
        body = json.dumps({"contents": contents or [spoken("user", QUESTION)]}).encode()
        with self.http.stream("POST", f"{self.url}:streamGenerateContent?alt=sse", content=body) as answer:
            rest = b""
            for block in answer.iter_raw():
                *found, rest = (rest + block).split(b"\r\n\r\n")
                yield from map(_event_text, found)

    async def astream(self, contents: Sequence[Any] = ()) -> AsyncIterator[str]:
        self.ahttp = self.ahttp or self.make_async()
        body = json.dumps({"contents": contents or [spoken("user", QUESTION)]}).encode()
        async with self.ahttp.stream("POST", f"{self.url}:streamGenerateContent?alt=sse", content=body) as answer:
            rest = b""
            async for block in answer.aiter_raw():
                *found, rest = (rest + block).split(b"\r\n\r\n")
                for event in found:
                    yield _event_text(event)

    def past(self, count: int) -> Any:
        return [spoken(role) for role in roles(count)]

    def ask_after(self, past: Any) -> str:
        return str(self.post([*past, spoken("user", QUESTION)])["parts"][0]["text"])

    def converse(self, turns: int) -> str:
        contents: list[Any] = []
        for _ in range(turns):
            contents.append(spoken("user"))
            contents.append(self.post(contents))
        return str(contents[-1]["parts"][0]["text"])

    def bind(self, tools: list[Callable[..., str]]) -> Any:
        declared = [
            {
                "name": tool.__name__,
                "description": tool.__doc__,
                "parametersJsonSchema": schema_of(tool),
            }
            for tool in tools
        ]
        return [{"functionDeclarations": declared}]

    def ask_bound(self, bound: Any) -> str:
        return str(self.post([spoken("user", QUESTION)], tools=bound)["parts"][0]["functionCall"]["name"])

    def show(self, image: bytes) -> str:
        data = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(image).decode()}}
        return str(self.post([{"role": "user", "parts": [{"text": QUESTION}, data]}])["parts"][0]["text"])


def _event_text(event: bytes) -> str:
    return str(json.loads(event[len(b"data: ") :])["candidates"][0]["content"]["parts"][0]["text"])


class InLangChain:
    """Any chat model of LangChain's."""

    model: Any

    def open(self, base_url: str, model: str) -> None:
        raise NotImplementedError

    def ask(self, question: str = QUESTION) -> str:
        return str(self.model.invoke(question).text)

    def stream(self) -> Iterator[str]:
        return (chunk.text for chunk in self.model.stream(QUESTION))

    async def astream(self) -> AsyncIterator[str]:
        async for chunk in self.model.astream(QUESTION):
            yield chunk.text

    def past(self, count: int) -> Any:
        from langchain_core.messages import AIMessage, HumanMessage

        return [AIMessage(LINE) if role == "model" else HumanMessage(LINE) for role in roles(count)]

    def ask_after(self, past: Any) -> str:
        from langchain_core.messages import HumanMessage

        return str(self.model.invoke([*past, HumanMessage(QUESTION)]).text)

    def converse(self, turns: int) -> str:
        from langchain_core.messages import HumanMessage

        messages: list[Any] = []
        for _ in range(turns):
            messages.append(HumanMessage(LINE))
            messages.append(self.model.invoke(messages))
        return str(messages[-1].text)

    def bind(self, tools: list[Callable[..., str]]) -> Any:
        return self.model.bind_tools(tools)

    def ask_bound(self, bound: Any) -> str:
        return str(bound.invoke(QUESTION).tool_calls[0]["name"])

    def show(self, image: bytes) -> str:
        from langchain_core.messages import HumanMessage

        data = {"type": "image", "base64": base64.b64encode(image).decode(), "mime_type": "image/png"}
        return str(self.model.invoke([HumanMessage([{"type": "text", "text": QUESTION}, data])]).text)


class LeastInLangChain(InLangChain):
    """The shortest chat model that can answer these cases: no chat model of LangChain's can be faster."""

    def open(self, base_url: str, model: str) -> None:
        from langchain_core.language_models.chat_models import BaseChatModel
        from langchain_core.messages import AIMessage, AIMessageChunk
        from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

        bare = Bare()
        bare.open(base_url, model)

        def content(message: Any) -> Any:
            blocks = [{"text": message.content}] if isinstance(message.content, str) else message.content
            parts = [
                {"inlineData": {"mimeType": block["mime_type"], "data": block["base64"]}}
                if "base64" in block
                else {"text": block["text"]}
                for block in blocks
            ]
            return {"role": "model" if isinstance(message, AIMessage) else "user", "parts": parts}

        class Least(BaseChatModel):
            @property
            def _llm_type(self) -> str:
                return "least"

            def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
                parts = bare.post([content(message) for message in messages], **kwargs)["parts"]
                said = "".join(part.get("text", "") for part in parts)
                calls = [{**part["functionCall"], "id": "1"} for part in parts if "functionCall" in part]
                return ChatResult(generations=[ChatGeneration(message=AIMessage(content=said, tool_calls=calls))])

            def _stream(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
                for said in bare.stream([content(message) for message in messages]):
                    yield ChatGenerationChunk(message=AIMessageChunk(content=said))

            async def _astream(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
                async for said in bare.astream([content(message) for message in messages]):
                    yield ChatGenerationChunk(message=AIMessageChunk(content=said))

            def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
                return self.bind(tools=bare.bind(tools))

        self.model = Least()


class OursInLangChain(InLangChain):
    def open(self, base_url: str, model: str) -> None:
        from langchain_genai_chat import ChatGenAI

        self.model = ChatGenAI(model=model, api_key=KEY, base_url=base_url)


class TheirsInLangChain(InLangChain):
    def open(self, base_url: str, model: str) -> None:
        from langchain_google_genai import ChatGoogleGenerativeAI

        self.model = ChatGoogleGenerativeAI(model=model, api_key=KEY, base_url=base_url)


class InChats:
    """google-genai's interface, whoever has it."""

    genai: Any
    types: Any

    def load(self) -> None:
        raise NotImplementedError

    def open(self, base_url: str, model: str) -> None:
        self.load()
        self.model = model
        self.client = self.genai.Client(api_key=KEY, http_options={"base_url": base_url})

    def chat(self, **given: Any) -> Any:
        return self.client.chats.create(model=self.model, **given)

    def ask(self, question: str = QUESTION) -> str:
        return str(self.chat().send_message(question).text)

    def stream(self) -> Iterator[str]:
        return (chunk.text for chunk in self.chat().send_message_stream(QUESTION))

    async def astream(self) -> AsyncIterator[str]:
        chat = self.client.aio.chats.create(model=self.model)
        async for chunk in await chat.send_message_stream(QUESTION):
            yield chunk.text

    def past(self, count: int) -> Any:
        return [self.types.Content(role=role, parts=[self.types.Part(text=LINE)]) for role in roles(count)]

    def ask_after(self, past: Any) -> str:
        return str(self.chat(history=past).send_message(QUESTION).text)

    def converse(self, turns: int) -> str:
        chat = self.chat()
        return str([chat.send_message(LINE).text for _ in range(turns)][-1])

    def bind(self, tools: list[Callable[..., str]]) -> Any:
        return {"tools": tools, "automatic_function_calling": {"disable": True}}

    def ask_bound(self, bound: Any) -> str:
        return str(self.chat(config=bound).send_message(QUESTION).function_calls[0].name)

    def show(self, image: bytes) -> str:
        part = self.types.Part.from_bytes(data=image, mime_type="image/png")
        return str(self.chat().send_message([QUESTION, part]).text)


class OursInChats(InChats):
    def load(self) -> None:
        from langchain_genai_chat import genai

        self.genai, self.types = genai, genai.types


class TheirsInChats(InChats):
    def load(self) -> None:
        from google import genai
        from google.genai import types

        self.genai, self.types = genai, types


SUBJECTS: dict[str, Callable[[], Subject]] = {
    "bare": Bare,
    "least": LeastInLangChain,
    "ChatGenAI": OursInLangChain,
    "langchain-google-genai": TheirsInLangChain,
    "genai": OursInChats,
    "google-genai": TheirsInChats,
}


PACKAGES: dict[str, tuple[str, ...]] = {
    "bare": ("httpx", "pydantic"),
    "least": ("httpx", "pydantic", "langchain_core.language_models.chat_models"),
    "ChatGenAI": ("langchain_genai_chat.chat_models",),
    "langchain-google-genai": ("langchain_google_genai",),
    "genai": ("langchain_genai_chat.genai",),
    "google-genai": ("google.genai",),
}
"""What is imported before anything is measured: that is a case of its own."""


def cpu_of(run: Callable[[], object], times: int = 1) -> float:
    """Seconds of CPU for one of so many runs."""
    gc.collect()
    started = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - started) / times


def memory_kb(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


class Cases:
    """What is measured; the figures of each are in the unit that its name ends with."""

    def __init__(self, subject: str, port: str) -> None:
        self._subject = subject
        self._base_url = f"http://127.0.0.1:{port}"
        self._open: dict[str, Subject] = {}
        for package in PACKAGES[subject]:
            import_module(package)

    def _fresh(self, model: str) -> Subject:
        subject = SUBJECTS[self._subject]()
        subject.open(self._base_url, model)
        return subject

    def _warm(self, model: str) -> Subject:
        if model not in self._open:
            self._open[model] = self._fresh(model)
            self._open[model].ask()
        return self._open[model]

    def first(self, _: int) -> dict[str, float]:
        """Construct and call once, as the first in a process, which pays for much that later ones find done."""
        return {"ms": 1e3 * cpu_of(lambda: self._fresh("whole-100").ask())}

    def invoke(self, times: int) -> dict[str, float]:
        return {"us": 1e6 * cpu_of(self._warm("whole-100").ask, times)}

    def burst(self, times: int) -> dict[str, float]:
        subject = self._warm("stream-500-0")
        return {"us_a_chunk": 1e6 / 500 * cpu_of(lambda: sum(map(len, subject.stream())), times)}

    def paced(self, times: int) -> dict[str, float]:
        subject = self._warm("stream-200-1")
        return {"us_a_chunk": 1e6 / 200 * cpu_of(lambda: sum(map(len, subject.stream())), times)}

    def first_chunk(self, times: int) -> dict[str, float]:
        """Wall time, since that is what a reader waits."""
        subject = self._warm("stream-3-0")
        waits: list[float] = []
        for _ in range(times):
            started = time.perf_counter()
            chunks = subject.stream()
            next(chunks)
            waits.append(time.perf_counter() - started)
            list(chunks)
        return {"us": 1e6 * sorted(waits)[times // 2]}

    def history(self, times: int) -> dict[str, float]:
        subject = self._warm("whole-100")
        past = subject.past(1000)
        subject.ask_after(past)
        return {"ms": 1e3 * cpu_of(lambda: subject.ask_after(past), times)}

    def session(self, turns: int) -> dict[str, float]:
        subject = self._warm("whole-100")
        return {"ms": 1e3 * cpu_of(lambda: subject.converse(turns))}

    def tools(self, times: int) -> dict[str, float]:
        subject = self._warm("whole-100")
        bound = subject.bind(functions(20))
        if subject.ask_bound(bound) != "get_weather":
            raise AssertionError("the call did not come through")
        return {"ms": 1e3 * cpu_of(lambda: subject.ask_bound(bound), times)}

    def image(self, times: int) -> dict[str, float]:
        """An image of 5 MB, and the memory above what the process had with it in hand."""
        subject, image = self._warm("whole-100"), bytes(range(256)) * (5 * 4096)
        subject.show(image[:1000])
        gc.collect()
        before = memory_kb("VmRSS")
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # the peak counts from here
        subject.show(image)
        peak = memory_kb("VmHWM") - before
        return {"ms": 1e3 * cpu_of(lambda: subject.show(image), times), "peak_mb": peak / 1024}

    def many(self, streams: int) -> dict[str, float]:
        """Streams of 100 events, 5 ms apart, at once in one loop; and how long the loop kept others waiting."""
        subject = self._fresh("stream-100-5")  # a connection is of one loop, which each round makes anew

        async def one() -> int:
            return sum([len(text) async for text in subject.astream()])

        async def main() -> dict[str, float]:
            await one()
            late = [0.0]

            async def watch() -> None:
                while True:
                    started = time.perf_counter()
                    await asyncio.sleep(0.002)
                    late.append(time.perf_counter() - started - 0.002)

            watcher = asyncio.create_task(watch())
            started = time.process_time()
            await asyncio.gather(*(one() for _ in range(streams)))
            spent = time.process_time() - started
            watcher.cancel()
            return {"us_a_chunk": 1e6 * spent / streams / 100, "stall_ms": 1e3 * max(late)}

        gc.collect()
        return asyncio.run(main())

    def threads(self, calls: int) -> dict[str, float]:
        subject = self._warm("whole-100")
        workers = [threading.Thread(target=lambda: [subject.ask() for _ in range(calls)]) for _ in range(THREADS)]
        started = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return {"calls_a_s": THREADS * calls / (time.perf_counter() - started)}


def main() -> None:
    cases = Cases(*sys.argv[1:])
    for line in sys.stdin:
        case, amount = json.loads(line)
        print(json.dumps(getattr(cases, case)(amount)), flush=True)


if __name__ == "__main__":
    main()
