"""What an MCP session is to this package.

Knows what of it is used; needs nothing of the package that makes it.
"""

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class McpSession(Protocol):
    """What of an `mcp.ClientSession` is used."""

    async def list_tools(self) -> Any:
        """The first page of its tools."""

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> Any:
        """What a tool gives."""
