"""The streams of a chat model: ended from outside, they end as LangChain ends what is over.

Knows whose generators stand round the client's; nothing of what is in a chunk.
"""

from langchain_core.messages import AIMessageChunk

from .genai.types import AsyncStream, Stream


class MessageStream(Stream[AIMessageChunk]):
    """What `ChatGenAI.stream` gives."""

    def close_unread(self) -> None:
        """Close the client's stream: LangChain's generators go on to their end when they are read again."""
        asked = self._call.inner
        if asked is None:
            super().close_unread()
        else:
            asked.close_unread()


class AsyncMessageStream(AsyncStream[AIMessageChunk]):
    """What `ChatGenAI.astream` gives."""

    async def close_unread(self) -> None:
        """As `MessageStream`."""
        asked = self._call.inner
        if asked is None:
            await super().close_unread()
        else:
            await asked.close_unread()
