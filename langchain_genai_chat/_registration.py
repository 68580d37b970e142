"""The package's entries in LangChain's closed tables of providers and of classes, made only where a program asks.

Knows those tables, which are LangChain's own and may move; knows nothing of the model beyond its name.
"""

from importlib import import_module
from typing import Any

PROVIDER = "genai_chat"
HOME = (__package__ or "", "chat_models", "ChatGenAI")


def register_with_langchain() -> None:
    """Let this process say `init_chat_model("genai_chat:gemini-3.5-flash")`, and `load` what `dumps` made of a model.

    LangChain keeps two closed tables that other packages have no public way into: which packages `init_chat_model`
    knows, and which classes `load(..., allowed_objects="all")` may make. Nothing else needs this call: agents,
    middleware and chains take `ChatGenAI(...)` itself, and `load` takes `allowed_objects=[ChatGenAI]`; either way
    `load` wants `valid_namespaces=["langchain_genai_chat"]`. A second call changes nothing, and `"google_genai:..."`
    goes on meaning langchain-google-genai.

    Raises:
        RuntimeError: This version of LangChain keeps no such table.

    Example:
        ```python
        from langchain.chat_models import init_chat_model

        from langchain_genai_chat import register_with_langchain

        register_with_langchain()
        model = init_chat_model("genai_chat:gemini-3.5-flash", temperature=0)
        ```
    """
    loading = import_module("langchain_core.load.load")  # the package has a function of the module's name
    loading.ALL_SERIALIZABLE_MAPPINGS[HOME] = HOME
    getattr(loading, "_default_class_paths_cache", {}).pop("all", None)  # what `load` made of the table before
    try:
        from langchain.chat_models import base  # noqa: PLC0415 - users of langchain-core alone have no init_chat_model
    except ModuleNotFoundError:
        return
    providers = getattr(base, "_BUILTIN_PROVIDERS", None)
    if providers is None:
        raise RuntimeError("This version of LangChain keeps no table of providers; pass ChatGenAI(...) itself.")
    providers[PROVIDER] = (HOME[0], HOME[2], _make)


def _make(cls: Any, **arguments: Any) -> Any:
    return cls(**arguments)
