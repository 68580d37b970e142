"""Google's Gemini in LangChain, straight over httpx and pydantic."""

__version__ = "0.1.0"
