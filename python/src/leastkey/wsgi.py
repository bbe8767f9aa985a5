"""Middleware that guards a WSGI application (PEP 3333)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .guard import Guard, GuardOptions, Refusal
from .verifier import Verifier

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

VERDICT = "leastkey.verdict"
"""Where the application finds the verdict on an admitted request."""


class LeastkeyMiddleware:
    """Admits what the catalog's routes permit. ``environ["leastkey.verdict"]`` has the verdict.

    The address of the client is ``REMOTE_ADDR``: behind a proxy, let the server set it from what
    your own proxy says.
    """

    def __init__(
        self, app: WSGIApplication, verifier: Verifier, options: GuardOptions = GuardOptions()
    ) -> None:
        self._app = app
        self._guard = Guard(verifier, options)

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
            environ.get("REMOTE_ADDR") or None,
            environ.get("HTTP_ORIGIN"),
        )
        if isinstance(admitted, Refusal):
            start_response(f"{admitted.status} {admitted.reason}", admitted.headers)
            return [admitted.body]
        environ[VERDICT] = admitted
        return self._app(environ, start_response)
