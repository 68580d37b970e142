"""Lists that come in pages, fetched as they are walked through.

Knows tokens and items; how a page is fetched is the caller's.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Page = tuple[list[T], str | None]
"""The items of one page, and the token of the next one."""


class _Paged(Generic[T]):
    def __init__(self, first: Page[T], config: dict[str, Any]) -> None:
        self._items, self._token = first
        self._config = config

    @property
    def page(self) -> list[T]:
        """The items of the page that was fetched last."""
        return self._items

    @property
    def page_size(self) -> int:
        """How many items that page has."""
        return len(self._items)

    @property
    def config(self) -> dict[str, Any]:
        """What the list was asked with, and the token of the page to come."""
        return {**self._config, "page_token": self._token}

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> T:
        return self._items[index]


class Pager(_Paged[T]):
    """A list in pages; iterating goes on from the page that was fetched last, to the end."""

    _walk: Iterator[T] | None = None

    def __init__(self, fetch: Callable[[str | None], Page[T]], config: dict[str, Any]) -> None:
        self._fetch = fetch
        super().__init__(fetch(config.get("page_token")), config)

    def next_page(self) -> list[T]:
        """Fetch the next page and give its items; `IndexError` if there is none."""
        if not self._token:
            raise IndexError("No more pages to fetch.")
        self._items, self._token = self._fetch(self._token)
        return self._items

    def __iter__(self) -> Iterator[T]:
        yield from self._items
        while self._token:
            yield from self.next_page()

    def __next__(self) -> T:
        if self._walk is None:
            self._walk = iter(self)
        return next(self._walk)


class AsyncPager(_Paged[T]):
    """A list in pages; `async for` goes on from the page that was fetched last, to the end."""

    _walk: AsyncIterator[T] | None = None

    def __init__(
        self, first: Page[T], fetch: Callable[[str | None], Awaitable[Page[T]]], config: dict[str, Any]
    ) -> None:
        self._fetch = fetch
        super().__init__(first, config)

    async def next_page(self) -> list[T]:
        """Fetch the next page and give its items; `IndexError` if there is none."""
        if not self._token:
            raise IndexError("No more pages to fetch.")
        self._items, self._token = await self._fetch(self._token)
        return self._items

    async def __anext__(self) -> T:
        if self._walk is None:
            self._walk = aiter(self)
        return await anext(self._walk)

    async def __aiter__(self) -> AsyncIterator[T]:
        for item in self._items:
            yield item
        while self._token:
            for item in await self.next_page():
                yield item
