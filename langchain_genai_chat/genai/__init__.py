"""A small client for Google's Gemini with the surface of google-genai's chats; knows nothing of LangChain.

`from langchain_genai_chat import genai` reads like `from google import genai`.
"""

from . import errors, types
from .client import AsyncClient, Client

__all__ = ["AsyncClient", "Client", "errors", "types"]
