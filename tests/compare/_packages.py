"""The two chat models that are compared, made alike. Knows their constructors and nothing else of them."""

from collections.abc import Callable
from typing import Any, TypeAlias

from langchain_core.language_models import BaseChatModel
from langchain_google_genai import ChatGoogleGenerativeAI

from langchain_genai_chat import ChatGenAI

KEY = "a-made-up-key-of-the-tests"

Make: TypeAlias = Callable[..., BaseChatModel]


def ours(**given: Any) -> BaseChatModel:
    return ChatGenAI(api_key=KEY, **given)


def theirs(**given: Any) -> BaseChatModel:
    return ChatGoogleGenerativeAI(api_key=KEY, **given)


PACKAGES: dict[str, Make] = {"langchain-genai-chat": ours, "langchain-google-genai": theirs}
