"""What crosses to the component and back, as in ``wit/tokens.wit``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Needed:
    """A permission that is needed, on a resource or on any."""

    permission: str
    """The id, such as ``messages:send``. The only item of a requirement may be an expression."""
    resource: str | None = None
    """The resource, such as ``org:acme``. ``None``: any."""


@dataclass(frozen=True)
class BoundedPermission:
    """A permission that holds on some resources only."""

    permission: str
    resources: tuple[str, ...]


@dataclass(frozen=True)
class VerifiedToken:
    """What the handler of a request learns of the token. Instants are in milliseconds."""

    id: str
    name: str
    description: str | None
    tags: tuple[str, ...]
    metadata: str | None
    """The JSON text of an object."""
    kind: str
    owner: str
    technical_user: str | None
    parent: str | None
    subject: str | None
    role: str | None
    resource: str
    permissions: tuple[str, ...]
    resources: tuple[BoundedPermission, ...]
    created_at: int
    expires_at: int | None
    rotation: int | None
    successor: bool


@dataclass(frozen=True)
class Verdict:
    """The answer to a presented credential."""

    valid: bool
    """Whether to accept the request."""
    code: str
    """The reason: ``valid``, ``expired``, ``insufficient_permission`` and so on."""
    status: int
    """The HTTP status of the code."""
    error: str | None
    """The error for ``WWW-Authenticate``."""
    token: VerifiedToken | None
    """The token, only after its secret has matched."""
    missing: tuple[str, ...]
    """The permissions that are missing. Not for the client: they depend on the grant."""
    scope: str | None
    """The scope that the request needs, for the challenge."""
    retry_after: int | None
    """At a reached limit: seconds until a request may pass again."""
    remaining: int | None
    """With a counted limit: how many uses are left."""
    as_of: int
    """The instant for which the verdict holds."""

    def challenge(self) -> str | None:
        """The value of ``WWW-Authenticate`` for a refused request; ``None`` if it needs none.

        It depends on the class of the code and on the requirement, never on the grant.
        """
        if self.error is None:
            return "Bearer" if self.status == 401 else None
        scope = f', scope="{self.scope}"' if self.scope is not None else ""
        return f'Bearer error="{self.error}"{scope}'


@dataclass(frozen=True)
class TemplateOffer:
    """A template that would satisfy a requirement."""

    id: str
    excess: tuple[str, ...]


@dataclass(frozen=True)
class Wire:
    """What may be sent to the client."""

    status: int
    challenge: str | None
    error: str | None
    scope: str | None


@dataclass(frozen=True)
class Explanation:
    """An explanation, for the operator of the service. Only ``wire`` is for the client."""

    verdict: Verdict
    wrong: str | None
    """Which part of the text is wrong, if it is no credential."""
    add: tuple[str, ...]
    """The smallest set of permissions that would satisfy the requirement."""
    templates: tuple[TemplateOffer, ...]
    wire: Wire
