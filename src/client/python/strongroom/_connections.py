"""Connections that send the calls: one for threads, one for asyncio and trio."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TypeVar

import anyio
import httpx

from ._calls import Operation, Outcome, Wait, call

#: Seconds that a try may take, until the answer is complete.
TIMEOUT_S = 10.0
#: How often a failed call is tried again.
RETRIES = 3


_Sync = TypeVar("_Sync", bound="SyncConnection")
_Async = TypeVar("_Async", bound="AsyncConnection")


class _Connection:
    def __init__(self, url: str, headers: Mapping[str, str], timeout: float, retries: int) -> None:
        self._url = url.rstrip("/")
        self._headers = dict(headers)
        self._timeout = timeout
        self._retries = retries

    def _arguments(self, request: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        return {
            **request,
            "url": self._url + request["url"],
            "headers": {**request.get("headers", {}), **self._headers},
            "timeout": timeout,
            # Following a redirect would carry the credential to an arbitrary place.
            "follow_redirects": False,
        }


class SyncConnection(_Connection):
    """A client of one scope. Its methods may be called by several threads; close it, or use ``with``.

    :param url: the address of the service: ``https://billing.example.com``
    :param timeout: seconds that a try may take, until the answer is complete
    :param retries: how often a failed call is tried again
    :param http: replaces the connections, for proxies or certificates of your own
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        timeout: float = TIMEOUT_S,
        retries: int = RETRIES,
        http: httpx.Client | None = None,
    ) -> None:
        super().__init__(url, headers, timeout, retries)
        self._http = http or httpx.Client()

    def close(self) -> None:
        self._http.close()

    def __enter__(self: _Sync) -> _Sync:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(
        self,
        operation: Operation,
        values: Mapping[str, Any],
        key: str | None,
        timeout: float | None,
        retries: int | None,
    ) -> Any:
        flow = call(operation, values, key, self._retries if retries is None else retries)
        step = next(flow)
        while True:
            outcome: Outcome = None
            if isinstance(step, Wait):
                time.sleep(step.seconds)
            else:
                outcome = self._try(step.request, timeout or self._timeout)
            try:
                step = flow.send(outcome)
            except StopIteration as done:
                return done.value

    def _try(self, request: Mapping[str, Any], timeout: float) -> Outcome:
        until = time.monotonic() + timeout
        try:
            with self._http.stream(**self._arguments(request, timeout)) as response:
                chunks = []
                for chunk in response.iter_bytes():
                    chunks.append(chunk)
                    # The timeout of httpx bounds each read, but not the whole answer.
                    if time.monotonic() > until:
                        raise httpx.ReadTimeout("The answer takes too long", request=response.request)
        except httpx.RequestError as fault:
            return fault
        return _whole(response, b"".join(chunks))


class AsyncConnection(_Connection):
    """A client of one scope, for asyncio and trio. Close it, or use ``async with``.

    :param url: the address of the service: ``https://billing.example.com``
    :param timeout: seconds that a try may take, until the answer is complete
    :param retries: how often a failed call is tried again
    :param http: replaces the connections, for proxies or certificates of your own
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        timeout: float = TIMEOUT_S,
        retries: int = RETRIES,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        super().__init__(url, headers, timeout, retries)
        self._http = http or httpx.AsyncClient()

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self: _Async) -> _Async:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _send(
        self,
        operation: Operation,
        values: Mapping[str, Any],
        key: str | None,
        timeout: float | None,
        retries: int | None,
    ) -> Any:
        flow = call(operation, values, key, self._retries if retries is None else retries)
        step = next(flow)
        while True:
            outcome: Outcome = None
            if isinstance(step, Wait):
                await anyio.sleep(step.seconds)
            else:
                outcome = await self._try(step.request, timeout or self._timeout)
            try:
                step = flow.send(outcome)
            except StopIteration as done:
                return done.value

    async def _try(self, request: Mapping[str, Any], timeout: float) -> Outcome:
        try:
            with anyio.fail_after(timeout):
                return await self._http.request(**self._arguments(request, timeout))
        except TimeoutError as fault:
            return httpx.ReadTimeout(str(fault))
        except httpx.RequestError as fault:
            return fault


def _whole(response: httpx.Response, content: bytes) -> httpx.Response:
    """Builds the complete answer. The content is already decoded, so headers about its encoding are dropped."""
    headers = httpx.Headers(response.headers)
    for name in ("content-encoding", "content-length", "transfer-encoding"):
        headers.pop(name, None)
    return httpx.Response(response.status_code, headers=headers, content=content)


def present(credential: str, name: str) -> str:
    """Refuses an empty credential: an unset variable would otherwise be sent as ``None``."""
    if not credential:
        raise TypeError(f"{name} is missing")
    return credential
