"""One call from its request to its answer: what is sent, and whether what came is taken, raised or asked for again.

Lives for that call; knows nothing of clients, and sends nothing.
"""

from functools import reduce
from operator import add
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from ._config import CallConfig, Json
from ._replies import StreamFolder, bad_reply, decode_response
from ._tools import renamed_calls
from .errors import BadReplyError, InvalidRequestError

COUNTED_ON_VERTEX = ("contents", "systemInstruction", "tools", "generationConfig")


class Turn:
    """One call: what is sent, and whether its answer is taken, raised or asked for again."""

    def __init__(self, call: CallConfig, body: Json, place: int) -> None:
        self.call = call
        self.body = body
        if call.renames:
            own = {name: alias for alias, name in call.aliases.items()}
            self.body = {**body, "contents": renamed_calls(body["contents"], own)}
        self.place = place
        self._asks_left = call.max_retries if call.on_bad_reply == "retry" else 0

    @property
    def sent(self) -> dict[str, Any]:
        """Arguments for the client."""
        return {"model": self.call.model, "body": self.body, "options": self.call.options}

    def counting(self, *, vertex: bool) -> dict[str, Any]:
        """Arguments for one countTokens request, which holds the whole request that it counts."""
        sent = {**self.sent, "method": "countTokens"}
        if vertex:
            sent["body"] = {name: self.body[name] for name in COUNTED_ON_VERTEX if name in self.body}
            return sent
        # Only inside a whole request does the Gemini API count system instruction and tools (other-endpoints.md).
        name = self.call.model if "/" in self.call.model else f"models/{self.call.model}"
        sent["body"] = {"generateContentRequest": {"model": name, **self.body}}
        if self.call.options is not None and self.call.options.extra_body:
            extra = {"generateContentRequest": self.call.options.extra_body}
            sent["options"] = self.call.options.model_copy(update={"extra_body": extra})
        return sent

    def read(self, response: Json) -> ChatResult | None:
        """The result of an answer; None to ask again."""
        result = decode_response(self._named(response), shape=self.call.shape, turn=self.place, vertex=self.call.vertex)
        messages = [each.message for each in result.generations if isinstance(each.message, AIMessage)]
        return result if self.takes(*messages) else None

    def _named(self, response: Json) -> Json:
        """An answer with the tools' own names in its calls."""
        if not self.call.aliases:
            return response
        candidates = response.get("candidates") or ()
        contents = renamed_calls([each.get("content") or {} for each in candidates], self.call.aliases)
        named = [{**each, "content": content} for each, content in zip(candidates, contents, strict=True)]
        return {**response, "candidates": named}

    def takes(self, *messages: AIMessage) -> bool:
        """Whether there is a good answer among these, or they have to do; raises by policy."""
        policy = self.call.on_bad_reply
        reasons = [bad_reply(message) for message in messages] if policy != "return" else []
        if not reasons or not all(reasons):
            return True
        if policy == "raise":
            signatures = sum("thoughtSignature" in part for each in self.body["contents"] for part in each["parts"])
            raise BadReplyError.of(str(reasons[0]), messages[0], replayed_signatures=signatures)
        self._asks_left -= 1
        return self._asks_left < 0


class StreamTurn(Turn):
    """The same for a stream, which can be asked for again only while nothing of it was handed out."""

    def __init__(self, call: CallConfig, body: Json, place: int) -> None:
        super().__init__(call, body, place)
        if call.candidates > 1:
            raise InvalidRequestError(
                f"n={call.candidates} answers cannot be streamed: a chunk has one. Pass n=1, or use invoke "
                "with streaming=False."
            )
        self.open = True
        self._folder = StreamFolder(shape=call.shape, turn=place, vertex=call.vertex)
        self._judges = call.on_bad_reply != "return"
        self._handed_out: list[ChatGenerationChunk] = []

    def fold(self, event: Json) -> ChatGenerationChunk | None:
        """The chunk of an event, if it has one."""
        chunk = self._folder.fold(self._named(event))
        if chunk is not None and self._judges:
            self._handed_out.append(chunk)
        return chunk

    def finish(self) -> ChatGenerationChunk | None:
        """The last chunk; None to ask again."""
        last = self._folder.finish()
        if self._judges and not self._takes_all(last):
            self._folder = StreamFolder(shape=self.call.shape, turn=self.place, vertex=self.call.vertex)
            return None
        self.open = False
        return last

    def cut(self) -> ChatGenerationChunk:
        """The last chunk of a stream that was cancelled: what was still open, and what it has cost so far."""
        self.open = False
        return self._folder.finish()

    def _takes_all(self, last: ChatGenerationChunk) -> bool:
        if self._handed_out and self.call.on_bad_reply == "retry":
            return True
        message = reduce(add, [*self._handed_out, last]).message
        return not isinstance(message, AIMessageChunk) or self.takes(message)
