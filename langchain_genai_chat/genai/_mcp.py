"""MCP sessions among the tools: their tools are listed before a request, and called like functions.

Knows a session by what it can do, and needs no package for it; only the asynchronous client can wait for one.
"""

from __future__ import annotations

from inspect import isfunction

from . import types
from ._exchange import Calls, Flow
from ._functions import RemoteTool, plain
from .types._mcp import McpSession


def has_sessions(config: types.GenerateContentConfig | None) -> bool:
    """Whether tools have to be listed before the request can be made."""
    others = (tool for tool in (config and config.tools) or () if not isfunction(tool))  # to ask one takes 7 µs
    return any(isinstance(tool, McpSession) for tool in others)


def listed(config: types.GenerateContentConfig) -> Flow[types.GenerateContentConfig]:
    """The config with each session's tools in its place; all sessions are asked at once.

    Raises:
        ValueError: A session has more tools than one answer holds.
    """
    tools = list(config.tools or ())
    sessions = [tool for tool in tools if isinstance(tool, McpSession)]
    answers = iter((yield Calls(tuple(session.list_tools for session in sessions))))
    found = [_tools_of(tool, next(answers)) if isinstance(tool, McpSession) else [tool] for tool in tools]
    return config.model_copy(update={"tools": [tool for each in found for tool in each]})


def _tools_of(session: McpSession, answer: object) -> list[RemoteTool]:
    page = plain(answer)  # by the wire's names, which stay while those of the package have changed
    if page.get("nextCursor"):
        raise ValueError("An MCP session lists its tools in several pages, of which one is read; pass fewer tools.")
    return [RemoteTool(session, tool) for tool in page["tools"]]
