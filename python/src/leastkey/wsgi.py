"""Middleware that guards a WSGI application (PEP 3333)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from .guard import Guard, GuardOptions, Refusal
from .verifier import Verifier

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

VERDICT = "leastkey.verdict"
"""Where the application finds the verdict on an admitted request."""


class LeastkeyMiddleware:
    """Admits what the catalog's routes permit. ``environ["leastkey.verdict"]`` has the verdict."""

    def __init__(
        self,
        app: WSGIApplication,
        verifier: Verifier,
        options: GuardOptions = GuardOptions(),
        *,
        client_ip: Callable[[WSGIEnvironment], str | None] | None = None,
    ) -> None:
        """``client_ip`` gives the address of the client, for tokens with a condition on it.

        Without it the address is unknown: behind a proxy, ``REMOTE_ADDR`` is that of the proxy, and
        a client can write any ``X-Forwarded-For``. Without a proxy, give
        ``lambda environ: environ["REMOTE_ADDR"]``.
        """
        self._app = app
        self._guard = Guard(verifier, options)
        self._client_ip = client_ip

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Guards one request."""
        method = environ["REQUEST_METHOD"]
        # The bytes of the path come as latin-1 (PEP 3333).
        written = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        path = written.encode("latin-1").decode("utf-8", "replace") or "/"
        environ.pop(VERDICT, None)
        if self._guard.is_public(method, path):
            return self._app(environ, start_response)
        admitted = self._guard.admit(
            method,
            path,
            environ.get("HTTP_AUTHORIZATION"),
            None if self._client_ip is None else self._client_ip(environ),
            environ.get("HTTP_ORIGIN"),
        )
        if isinstance(admitted, Refusal):
            start_response(f"{admitted.status} {admitted.reason}", admitted.headers)
            return [admitted.body]
        environ[VERDICT] = admitted
        return self._app(environ, start_response)
