"""Admits a request, or gives the refusal to send: what the middleware for WSGI and ASGI share."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

from .model import Verdict
from .verifier import Verifier

BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]+=*)")

# By status. They never depend on the token, or on whether it exists.
PROBLEMS = {
    400: ("Bad Request", 'The credential is to be sent once, as "Authorization: Bearer …".'),
    401: ("Unauthorized", "This needs a valid credential."),
    403: ("Forbidden", "The credential does not permit this."),
    429: ("Too Many Requests", "The credential was used too often."),
    503: ("Service Unavailable", "The credential could not be verified just now."),
}

SAFE_IN_PATH = "/:@!$&'()*+,;=~-._"
"""What a path may have without being encoded (RFC 3986)."""


@dataclass(frozen=True)
class Refusal:
    """The response to a refused request."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True)
class GuardOptions:
    """The options of the middleware."""

    realm: str | None = None
    """The realm of every challenge."""
    audience: str | None = None
    """The name of this service, for tokens with a condition on the audience."""
    consume: int | None = 1
    """How many uses each request counts against the limits of its token. ``None``: limits are
    neither checked nor counted."""
    public: Callable[[str, str], bool] | None = None
    """Whether a request, by its method and path, needs no credential. Default: none."""


class Guard:
    """Decides on requests by the routes of the catalog.

    A request that matches no route is refused: a forgotten route must not be open.
    """

    def __init__(self, verifier: Verifier, options: GuardOptions) -> None:
        self._verifier = verifier
        self._options = options

    def is_public(self, method: str, path: str) -> bool:
        """Whether the request needs no credential."""
        return self._options.public is not None and self._options.public(method, path)

    def admit(
        self, method: str, path: str, authorization: str | None, ip: str | None, origin: str | None
    ) -> Verdict | Refusal:
        """The valid verdict on a request, or the refusal to send. ``path`` is decoded."""
        scheme = (authorization or "").strip()
        if not scheme[:7].lower().startswith("bearer"):
            return self._refusal(method, 401, None, None, None)
        presented = BEARER.fullmatch(scheme)
        if presented is None:
            return self._refusal(method, 400, "invalid_request", None, None)
        needed = self._verifier.match(method, quote(path, safe=SAFE_IN_PATH))
        verdict = self._verifier.verify(
            presented[1],
            needed if needed else None,
            ip=ip,
            origin=origin,
            audience=self._options.audience,
            # Without a route the request is refused anyway: count nothing.
            consume=self._options.consume if needed else None,
        )
        if verdict.valid and not needed:
            verdict = replace(verdict, valid=False, status=403, error="insufficient_scope", scope=None)
        if verdict.valid:
            return verdict
        return self._refusal(
            method, verdict.status, verdict.error, verdict.scope, verdict.retry_after
        )

    def _refusal(
        self,
        method: str,
        status: int,
        error: str | None,
        scope: str | None,
        retry_after: int | None,
    ) -> Refusal:
        status = status if status in PROBLEMS else 403
        reason, detail = PROBLEMS[status]
        headers = [("Cache-Control", "no-store"), ("Content-Type", "application/problem+json")]
        if status < 429:
            told = {"realm": self._options.realm, "error": error, "scope": scope}
            parameters = ", ".join(f'{name}="{value}"' for name, value in told.items() if value)
            headers.append(("WWW-Authenticate", f"Bearer {parameters}".strip()))
        waits = 1 if status == 503 else retry_after
        if status >= 429 and waits is not None:
            headers.append(("Retry-After", str(math.ceil(waits))))
        problem = {"type": "about:blank", "status": status, "title": reason, "detail": detail}
        body = b"" if method == "HEAD" else json.dumps(problem, ensure_ascii=False).encode()
        headers.append(("Content-Length", str(len(body))))
        return Refusal(status, reason, headers, body)
