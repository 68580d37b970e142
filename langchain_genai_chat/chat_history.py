"""A Gemini conversation's contents as LangChain's chat message history, and the other way round.

Knows where a conversation is kept: here, in a chat, or in another history; what message is which content is the
business of `_content_messages`.
"""

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from operator import is_
from typing import Any, Self, TypeAlias
from weakref import WeakKeyDictionary

from langchain_core.chat_history import BaseChatMessageHistory
from langchain_core.messages import (
    BaseMessage,
    MessageLikeRepresentation,
    SystemMessage,
    convert_to_messages,
    messages_from_dict,
    messages_to_dict,
)
from langchain_core.messages.utils import message_chunk_to_message
from langchain_core.runnables import run_in_executor

from ._content_messages import Group, decode_contents, encode_record, encode_system, waiting_calls
from ._families import family_of
from .genai._conversation import Contents, Conversation, HasContents
from .genai.chats import AsyncChat, Chat, abetween_turns, between_turns, check_outside, conversation_of
from .genai.types import Content

Source: TypeAlias = Chat | AsyncChat | HasContents | Iterable[Content | Mapping[str, Any]]


class GenAIChatMessageHistory(BaseChatMessageHistory):
    """A Gemini conversation as LangChain messages: as a `RunnableWithMessageHistory` reads and writes it.

    Example:
        ```python
        chat = client.chats.create(model="gemini-3.5-flash")
        chat.send_message("My name is Alice.")
        history = GenAIChatMessageHistory(chat)
        print(model.invoke([*history.messages, ("human", "What is my name?")]).text)
        ```

    One message in is one message out, with its id and metadata, however contents are cut: neighbours of one role
    share a content, and so do the results of parallel calls. System messages stand in `messages` and in no
    content. All histories over one chat say the same: what it sends is in their messages, and what is added to
    them it sends. `client.chats.create(history=...)` takes one of these.

    Args:
        source: A chat; or contents, their dicts, or another history of this class, which are copied.
        store: Another history that keeps the messages instead, for instance in a database.
        curated: Show only what is sent again: no empty answer, and no question that it answered.

    Raises:
        ValueError: Both were given, or something that is no content.
        TypeError: A store, or messages, were given as source.
    """

    def __init__(
        self,
        source: Source | None = None,
        *,
        store: BaseChatMessageHistory | None = None,
        curated: bool = False,
    ) -> None:
        super().__init__()
        if store is not None and source is not None:
            raise ValueError("source and store were given; pass either: a store keeps the messages by itself.")
        self._store = store
        self._chat = source if isinstance(source, Chat | AsyncChat) else None
        self._curated = curated
        if isinstance(source, Chat | AsyncChat):
            self._talk = conversation_of(source)
        elif isinstance(source, GenAIChatMessageHistory):
            self._talk = Conversation("", None, None)
            self.add_messages(source.messages)
        elif isinstance(source, BaseChatMessageHistory):
            raise TypeError(f"a {type(source).__name__} came as source; pass it as store=.")
        elif isinstance(source, Sequence) and any(isinstance(each, BaseMessage) for each in source):
            taker = f"{type(self).__name__}.from_messages"
            raise TypeError(f"messages came as source, which takes contents; {taker} takes them.")
        else:
            contents = source.to_contents() if isinstance(source, HasContents) else source
            self._talk = Conversation("", None, contents)
            _log_of(self._talk).begin(contents)

    def __repr__(self) -> str:
        """What it is over and how much it holds; a store, which may be far away, is not asked."""
        kind = type(self).__name__
        if self._store is not None:
            return f"{kind}(store={type(self._store).__name__})"
        over = f"{type(self._chat).__name__}, model={self._talk.model!r}, " if self._chat is not None else ""
        return f"{kind}({over}messages={len(self.messages)})"

    @classmethod
    def from_messages(cls, messages: Iterable[BaseMessage]) -> Self:
        """A history of its own that holds these messages.

        Raises:
            InvalidRequestError: One of them makes no content; its index and type are named.
        """
        history = cls()
        history.add_messages(list(messages))
        return history

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """A history of its own, from what `to_json` gave, or from a JSON list of contents."""
        items = json.loads(text)
        if not isinstance(items, list):
            raise ValueError(f"The JSON holds a {type(items).__name__}; pass a list of messages or of contents.")  # noqa: TRY004 - a wrong value, not a wrong argument
        is_messages = all(isinstance(item, dict) and "data" in item for item in items)
        return cls.from_messages(messages_from_dict(items)) if is_messages else cls(items)

    @property
    def messages(self) -> list[BaseMessage]:  # type: ignore[override] # LangChain's own stores have a property too
        """The messages, oldest first, in a list of your own."""
        if self._store is not None:
            return self._shown(self._store.messages)
        return _flat(self._groups())

    async def aget_messages(self) -> list[BaseMessage]:
        """The messages, oldest first, in a list of your own."""
        return self.messages if self._store is None else self._shown(await self._store.aget_messages())

    def add_messages(self, messages: Sequence[MessageLikeRepresentation]) -> None:
        """Add messages at the end, all or none of them, in any form that a model takes; chunks as what they are.

        Raises:
            RuntimeError: It was called from inside a turn of the chat, or in the middle of an `AsyncChat`'s turn.
            InvalidRequestError: One of them makes no content, as the answer to a call that nobody made.
        """
        whole = _whole(messages)
        if self._store is not None:
            self._store.add_messages(whole)
            return
        with self._between_turns():
            _log_of(self._talk).add(self._talk, whole)

    async def aadd_messages(self, messages: Sequence[MessageLikeRepresentation]) -> None:
        """Add messages at the end, when no turn of the chat is going on; see `add_messages`."""
        whole = _whole(messages)
        if self._store is not None:
            await self._store.aadd_messages(whole)
        elif isinstance(self._chat, AsyncChat):
            async with abetween_turns(self._chat):
                _log_of(self._talk).add(self._talk, whole)
        elif self._chat is not None:
            check_outside(self._chat)
            await run_in_executor(None, self.add_messages, whole)  # it may have to wait for a thread
        else:
            self.add_messages(whole)

    def clear(self) -> None:
        """Forget all messages, and a chat its contents: those that it shows and those that it sends."""
        if self._store is not None:
            self._store.clear()
            return
        with self._between_turns():
            _log_of(self._talk).clear(self._talk)

    async def aclear(self) -> None:
        """Forget all messages, when no turn of the chat is going on; see `clear`."""
        if self._store is not None:
            await self._store.aclear()
        elif isinstance(self._chat, AsyncChat):
            async with abetween_turns(self._chat):
                _log_of(self._talk).clear(self._talk)
        elif self._chat is not None:
            check_outside(self._chat)
            await run_in_executor(None, self.clear)
        else:
            self.clear()

    def to_contents(self) -> Contents:
        """The conversation as `client.chats.create(history=...)` takes it: contents, with its system instruction.

        Raises:
            InvalidRequestError: A message of the store makes no content; its index and type are named.
        """
        groups = self._groups() if self._store is None else self._curated_of(self._store.messages)
        return _contents(groups)

    async def ato_contents(self) -> Contents:
        """`to_contents` of a store that is asynchronous."""
        if self._store is None:
            return self.to_contents()
        return _contents(self._curated_of(await self._store.aget_messages()))

    def to_json(self) -> str:
        """The messages as a JSON list, in LangChain's form: with ids, metadata and signatures."""
        return json.dumps(messages_to_dict(self.messages), ensure_ascii=False)

    def _between_turns(self) -> AbstractContextManager[object]:
        return nullcontext() if self._chat is None else between_turns(self._chat)

    def _groups(self) -> list["_Kept"]:
        return _log_of(self._talk).groups(self._talk, curated=self._curated)

    def _shown(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """A store's messages; it may have been filled by others, with chunks."""
        return _flat(self._curated_of(messages)) if self._curated else _whole(messages)

    def _curated_of(self, messages: Sequence[BaseMessage]) -> list["_Kept"]:
        talk, log = Conversation("", None, None), _Log()
        log.add(talk, _whole(messages))
        return log.groups(talk, curated=self._curated)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A content of a conversation and its messages; `added` tells those that came as messages."""

    content: Content | None
    messages: list[BaseMessage]
    added: bool


class _Log:
    """The messages of one conversation's contents, for all histories over it; does not hold the conversation."""

    def __init__(self) -> None:
        self._kept: list[_Kept] = []
        self._lock = threading.Lock()

    def begin(self, contents: object) -> None:
        """Put what contents were held under before them."""
        parts = (contents.system_instruction or Content()).parts if isinstance(contents, Contents) else None
        if parts:
            texts: list[Any] = [{"type": "text", "text": part.text} for part in parts]
            self._kept = [_Kept(None, [SystemMessage(texts)], added=True)]

    def groups(self, talk: Conversation, *, curated: bool) -> list[_Kept]:
        with self._lock:
            self._read(talk)
            kept = list(self._kept)
        if not curated:
            return kept
        sent = set(map(id, talk.history(curated=True)))
        return [
            each if each.content is None or id(each.content) in sent else _Kept(None, _system(each), added=True)
            for each in kept
        ]

    def add(self, talk: Conversation, messages: Sequence[BaseMessage]) -> None:
        with self._lock:
            self._read(talk)
            start = self._open_end()
            before, tail = self._kept[:start], self._kept[start:]
            groups = encode_record(
                [*_flat(tail), *messages],
                family=family_of(talk.model) if talk.model else None,
                calls=waiting_calls(_flat(before)[-1:]) if before else (),
            )
            made = [_kept(group) for group in groups]
            same = 0
            while same < min(len(tail), len(made)) and _is_same(tail[same], made[same]):
                same += 1
            # What did not change stays the content that it was, so that a chat's two histories go on sharing it.
            gone = [each.content for each in tail[same:] if each.content]
            talk.revise(gone, [each.content for each in made[same:] if each.content])
            self._kept = [*before, *tail[:same], *made[same:]]

    def clear(self, talk: Conversation) -> None:
        with self._lock:
            talk.clear()
            self._kept = []

    def _read(self, talk: Conversation) -> None:
        """Take up what the conversation said by itself, which is at its end."""
        contents = talk.history()
        known = sum(each.content is not None for each in self._kept)
        new = contents[known:]
        wire = [content.model_dump(mode="json", by_alias=True, exclude_none=True) for content in new]
        read = decode_contents(
            wire,
            model=talk.model or None,
            turn=known,
            calls=waiting_calls(_flat(self._kept)) if new else (),
        )
        self._kept += [_Kept(content, messages, added=False) for content, messages in zip(new, read, strict=True)]

    def _open_end(self) -> int:
        """Where the end begins that more messages may change: the last model's turn, if it came as messages."""
        start = len(self._kept)
        while start and self._kept[start - 1].added:
            start -= 1
            content = self._kept[start].content
            if content is not None and content.role == "model":
                before = self._kept[start - 1].content if start else None
                if before is None or before.role != "model":
                    break
        return start


_LOGS: WeakKeyDictionary[Conversation, _Log] = WeakKeyDictionary()
_MAKING = threading.Lock()


def _log_of(talk: Conversation) -> _Log:
    with _MAKING:
        return _LOGS.setdefault(talk, _Log())


def _kept(group: Group) -> _Kept:
    content = None if group.content is None else Content.model_validate(group.content)
    return _Kept(content, group.messages, added=True)


def _is_same(one: _Kept, other: _Kept) -> bool:
    same = len(one.messages) == len(other.messages)
    return same and one.content == other.content and all(map(is_, one.messages, other.messages))


def _flat(kept: Iterable[_Kept]) -> list[BaseMessage]:
    return [message for each in kept for message in each.messages]


def _system(kept: _Kept) -> list[BaseMessage]:
    return [message for message in kept.messages if isinstance(message, SystemMessage)]


def _contents(kept: Sequence[_Kept]) -> Contents:
    contents = Contents(each.content for each in kept if each.content is not None)
    if parts := encode_system(_flat(kept)):
        contents.system_instruction = Content.model_validate({"parts": parts})
    return contents


def _whole(messages: Iterable[MessageLikeRepresentation]) -> list[BaseMessage]:
    return [message_chunk_to_message(message) for message in convert_to_messages(messages)]
