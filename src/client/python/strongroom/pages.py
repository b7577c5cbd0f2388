"""Iterates over all items of a list and fetches its pages as they are consumed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Protocol, TypeVar

from ._generated.types import UNSET

Item_co = TypeVar("Item_co", covariant=True)
Item = TypeVar("Item")


class Page(Protocol[Item_co]):
    @property
    def data(self) -> list[Any]: ...

    @property
    def next_cursor(self) -> str | None: ...


def paginate(fetch: Callable[..., Page[Any]], **filters: Any) -> Iterator[Any]:
    """``for customer in paginate(admin.list_customers, status="active")``

    :raises StrongroomError:
    """
    cursor: Any = UNSET
    while cursor is not None:
        page = fetch(**filters, cursor=cursor)
        yield from page.data
        cursor = page.next_cursor


async def paginate_async(
    fetch: Callable[..., Awaitable[Page[Any]]], **filters: Any
) -> AsyncIterator[Any]:
    """``async for customer in paginate_async(admin.list_customers, status="active")``

    :raises StrongroomError:
    """
    cursor: Any = UNSET
    while cursor is not None:
        page = await fetch(**filters, cursor=cursor)
        for item in page.data:
            yield item
        cursor = page.next_cursor
