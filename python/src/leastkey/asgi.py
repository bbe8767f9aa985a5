"""Middleware that guards an ASGI application (version 3): HTTP and WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .guard import Guard, GuardOptions, Refusal
from .verifier import Verifier

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

VERDICT = "leastkey.verdict"
"""Where the application finds the verdict on an admitted request."""

POLICY_VIOLATION = 1008
"""The code with which a WebSocket is refused (RFC 6455)."""


class LeastkeyMiddleware:
    """Admits what the catalog's routes permit. ``scope["leastkey.verdict"]`` has the verdict.

    A verification runs in a thread: the store may block. A WebSocket is a ``GET`` of its path.
    """

    def __init__(
        self,
        app: Application,
        verifier: Verifier,
        options: GuardOptions = GuardOptions(),
        *,
        client_ip: Callable[[MutableMapping[str, Any]], str | None] | None = None,
    ) -> None:
        """``client_ip`` gives the address of the client, for tokens with a condition on it.

        Without it the address is unknown: behind a proxy, ``scope["client"]`` is the proxy, and a
        client can write any ``X-Forwarded-For``. Without a proxy, give
        ``lambda scope: scope["client"][0]``.
        """
        self._app = app
        self._guard = Guard(verifier, options)
        self._client_ip = client_ip

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Receive, send: Send
    ) -> None:
        """Guards one request, or passes the lifespan of the application on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        method, path = scope.get("method", "GET"), scope["path"]
        scope.pop(VERDICT, None)
        if not self._guard.is_public(method, path):
            admitted = await asyncio.to_thread(
                self._guard.admit,
                method,
                path,
                header(scope, b"authorization"),
                None if self._client_ip is None else self._client_ip(scope),
                header(scope, b"origin"),
            )
            if isinstance(admitted, Refusal):
                await refuse(scope, receive, send, admitted)
                return
            scope[VERDICT] = admitted
        await self._app(scope, receive, send)


def header(scope: MutableMapping[str, Any], name: bytes) -> str | None:
    """The value of a header; of a repeated one, all values, which is no credential then."""
    values = [value for known, value in scope["headers"] if known.lower() == name]
    return b", ".join(values).decode("latin-1") if values else None


async def refuse(
    scope: MutableMapping[str, Any], receive: Receive, send: Send, refusal: Refusal
) -> None:
    """Sends a refusal."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        return
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in refusal.headers]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": refusal.body})
