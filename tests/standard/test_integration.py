"""LangChain's own tests of a chat model with a service: on the emulator, and again from cassettes without it.

The files that these tests download are made here, so that nothing leaves the machine.
"""

import base64
import io
import os
import wave
from collections.abc import Iterator
from typing import Any, Literal

import httpx
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langchain_tests.integration_tests import ChatModelIntegrationTests

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.emulator import Emulator

Json = dict[str, Any]
Detail = Literal["audio_input", "audio_output", "reasoning_output", "cache_read_input", "cache_creation_input"]

MODEL = "gemini-3.5-flash"
OTHER_MODEL = "gemini-3.1-pro-preview"
KEY = "made-up-key"
NOWHERE = "http://recorded.invalid"
"""What cassettes are recorded under; no such host can be."""
SERVICE = "https://generativelanguage.googleapis.com"
SPOKEN = "audio/l16; rate=24000; channels=1"
REPORTED: list[Detail] = ["audio_input", "audio_output", "reasoning_output", "cache_read_input"]
"""Not `cache_creation_input`: Gemini tells of no such tokens with an answer."""

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.1\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"


def sound() -> bytes:
    """A hundredth of a second of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(8000)
        wav.writeframes(bytes(160))
    return file.getvalue()


FILES = {".png": PIXEL, ".pdf": PDF, ".wav": sound()}


def make_file(url: str, **_: Any) -> httpx.Response:
    """Stands for `httpx.get` in the suite: a file of the kind that was asked for."""
    return httpx.Response(200, content=next(file for ending, file in FILES.items() if url.endswith(ending)))


def usage(**counts: Any) -> Json:
    return {"promptTokenCount": 20, "candidatesTokenCount": 5, "totalTokenCount": 25, **counts}


def answer(part: Json, counts: Json) -> Json:
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
    return {"candidates": [candidate], "usageMetadata": counts, "modelVersion": MODEL, "responseId": "scripted"}


SPEECH = answer(
    {"inlineData": {"mimeType": SPOKEN, "data": base64.b64encode(bytes(480)).decode()}},
    usage(candidatesTokensDetails=[{"modality": "AUDIO", "tokenCount": 5}]),
)
FROM_CACHE = answer(
    {"text": "Yes."},
    usage(cachedContentTokenCount=16, cacheTokensDetails=[{"modality": "TEXT", "tokenCount": 16}]),
)


@pytest.mark.filterwarnings("ignore::langchain_core._api.beta_decorator.LangChainBetaWarning")  # v3 events
@pytest.mark.filterwarnings("ignore::pytest_benchmark.logger.PytestBenchmarkWarning")  # none is run while recording
class Suite(ChatModelIntegrationTests):
    """Every flag is on."""

    base_url = NOWHERE
    api_key = KEY
    emulator: Emulator | None = None

    @pytest.fixture(autouse=True)
    def _files(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(httpx, "get", make_file)
        monkeypatch.setenv("LANGCHAIN_TESTS_USER_AGENT", "none: nothing is downloaded")

    @property
    def chat_model_class(self) -> type[ChatGenAI]:
        return ChatGenAI

    @property
    def chat_model_params(self) -> Json:
        return {"model": MODEL, "base_url": self.base_url, "api_key": self.api_key}

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_image_inputs(self) -> bool:
        return True

    @property
    def supports_image_urls(self) -> bool:
        return True

    @property
    def supports_pdf_inputs(self) -> bool:
        return True

    @property
    def supports_audio_inputs(self) -> bool:
        return True

    @property
    def supports_video_inputs(self) -> bool:
        return True

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True

    @property
    def supports_image_tool_message(self) -> bool:
        return True

    @property
    def supports_pdf_tool_message(self) -> bool:
        return True

    @property
    def enable_vcr_tests(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return OTHER_MODEL

    @property
    def supported_usage_metadata_details(self) -> dict[Literal["invoke", "stream"], list[Detail]]:
        return {"invoke": REPORTED, "stream": REPORTED}

    def invoke_with_audio_input(self, *, stream: bool = False) -> AIMessage:
        heard = {"type": "audio", "base64": base64.b64encode(sound()).decode(), "mime_type": "audio/wav"}
        return self.ask(ChatGenAI(**self.chat_model_params), heard, stream=stream)

    def invoke_with_audio_output(self, *, stream: bool = False) -> AIMessage:
        """The emulator does not speak, so it is told what to say."""
        self.script(SPEECH)
        model = ChatGenAI(**self.chat_model_params, response_modalities=["AUDIO"])
        return self.ask(model, {"type": "text", "text": "Say cheerfully: have a nice day!"}, stream=stream)

    def invoke_with_reasoning_output(self, *, stream: bool = False) -> AIMessage:
        model = ChatGenAI(**self.chat_model_params, include_thoughts=True)
        return self.ask(model, {"type": "text", "text": "Why is the sky blue?"}, stream=stream)

    def invoke_with_cache_read_input(self, *, stream: bool = False) -> AIMessage:
        """The emulator caches nothing of itself, so it is told what to report."""
        self.script(FROM_CACHE)
        return self.ask(
            ChatGenAI(**self.chat_model_params), {"type": "text", "text": "Is it said twice?"}, stream=stream
        )

    def script(self, response: Json) -> None:
        if self.emulator is not None:
            self.emulator.script(response)

    @staticmethod
    def ask(model: ChatGenAI, block: Json, *, stream: bool) -> AIMessage:
        messages = [HumanMessage([block])]
        if not stream:
            return model.invoke(messages)
        first, *rest = model.stream(messages, RunnableConfig())
        return sum(rest, start=first)


class Served(Suite):
    """With an emulator for the class."""

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _served(cls) -> Iterator[None]:
        with Emulator() as cls.emulator:
            cls.base_url = cls.emulator.base_url
            yield


class TestOnTheEmulator(Served):
    """Over real sockets."""


@pytest.mark.vcr
@pytest.mark.block_network
class TestFromCassettes(Suite):
    """What was recorded, told again with no server anywhere.

    `--record-mode=rewrite` records on Google's service where GOOGLE_API_KEY or GEMINI_API_KEY is set, and else on an
    emulator; the `server` header of each answer says which.
    """

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _recorded(cls, record_mode: str) -> Iterator[None]:
        key = os.environ.get("GOOGLE_API_KEY") or os.environ.get("GEMINI_API_KEY")
        if record_mode == "none":
            yield
        elif key:
            cls.base_url, cls.api_key = os.environ.get("GOOGLE_GEMINI_BASE_URL", SERVICE), key
            yield
        else:
            with Emulator() as cls.emulator:
                cls.base_url = cls.emulator.base_url
                yield
