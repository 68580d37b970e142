"""LangChain's own tests of a chat model that need no service."""

from typing import Any

import pytest
from langchain_tests.unit_tests import ChatModelUnitTests

from langchain_genai_chat import ChatGenAI, register_with_langchain

MODEL = "gemini-3.5-flash"
KEY = "made-up-key"


@pytest.mark.filterwarnings("ignore::langchain_core._api.beta_decorator.LangChainBetaWarning")  # `load` is in beta
class TestChatGenAI(ChatModelUnitTests):
    """Nothing is skipped."""

    @pytest.fixture(autouse=True, scope="class")
    @staticmethod
    def _registered() -> None:
        """`test_serdes` loads by LangChain's own table of classes, which a class is in if it was entered."""
        register_with_langchain()

    @property
    def chat_model_class(self) -> type[ChatGenAI]:
        return ChatGenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": MODEL}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return {"GOOGLE_API_KEY": KEY}, {"model": MODEL}, {"model": MODEL}
