"""The verifier: it reads what the component asks for, and hands over its verdict."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from wasmtime import Engine
from wasmtime.component import Component

from .component import ComponentInstance, refused
from .errors import LeastkeyError
from .model import (
    BoundedPermission,
    Explanation,
    Needed,
    TemplateOffer,
    Verdict,
    VerifiedToken,
    Wire,
)
from .rechecks import Rechecks
from .store import Content, ReadStore, Write

Requirement = str | Needed | Sequence[Needed]
"""``"messages:send"``, an expression, ``Needed(permission, resource)``, or a list: all of them."""

MAX_STEPS = 8
"""A verification that needs more reads is refused: its token changed between each of them."""

ID_LENGTH = 16
"""The length of a token id, which follows the start of a credential."""

MAX_ATTEMPTS = 20
"""How often a use is counted again because another process was first."""


@lru_cache(maxsize=1)
def compiled() -> tuple[Engine, Component]:
    """The component of this package, compiled once in a process: that takes about half a second."""
    engine = Engine()
    return engine, Component(engine, files("leastkey").joinpath("verifier.wasm").read_bytes())


def clock() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Verifier:
    """Verifies the tokens of a deployment. Any thread may call it.

    >>> verifier = Verifier(catalog, "acme_live", SqliteStore("tokens.db"))  # doctest: +SKIP
    >>> verdict = verifier.verify(credential, "messages:send")  # doctest: +SKIP
    """

    def __init__(
        self,
        catalog: Mapping[str, Any] | str,
        prefix: str,
        store: ReadStore,
        *,
        freshness: float = 5.0,
        capacity: int = 10_000,
        record_keys: Sequence[str] = (),
        imported: Sequence[Mapping[str, Any]] = (),
        now: Callable[[], int] = clock,
        on_error: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Compiles the catalog, as a mapping or as JSON text.

        ``freshness`` is the longest time, in seconds, that a change of a token may go unnoticed;
        0: the store is read for each verification. A cached refusal that may have changed is
        confirmed by the store, once in a second for each token. ``capacity`` is how many tokens are cached.
        ``record_keys`` are the keys of sealed records, in hex; ``imported`` describes accepted keys
        of other systems. ``now`` gives milliseconds since the epoch. ``on_error`` is called with what
        is behind each verdict ``store_unavailable``.

        Raises `LeastkeyError` with the code ``invalid_input`` for a catalog or an option that
        cannot be read.
        """
        config: dict[str, Any] = {"prefix": prefix}
        if record_keys:
            config["recordKeys"] = list(record_keys)
        if imported:
            config["imported"] = [dict(keys) for keys in imported]
        self._configuration = (
            json.dumps(config),
            catalog if isinstance(catalog, str) else json.dumps(catalog),
            capacity,
        )
        self._store = store
        self._freshness = round(freshness * 1_000)
        self._now = now
        self._on_error = on_error
        self._highest = 0
        self._lock = threading.RLock()
        self._instance: ComponentInstance | None = None
        self._rechecks = Rechecks()
        self._start = ""
        self._feed_keys: Sequence[str] = ()
        self._feed_read_at: int | None = None
        self._running()

    def match(self, method: str, path: str) -> tuple[Needed, ...]:
        """What a request needs, by the routes of the catalog. Empty: refuse the request."""
        return tuple(Needed(**needed) for needed in self._call(self._running(), "match-route", method, path))

    def verify(
        self,
        credential: str,
        requirement: Requirement | None = None,
        *,
        ip: str | None = None,
        origin: str | None = None,
        audience: str | None = None,
        consume: int | None = None,
    ) -> Verdict:
        """Whether the bearer of ``credential`` may do what ``requirement`` says.

        Without a requirement it only authenticates; an empty list is refused. A store that fails is
        a verdict too: ``store_unavailable``, with the status 503. ``consume`` is how much of the
        token's limits the request uses; it needs a store with ``commit``.

        Raises `LeastkeyError` for a requirement that cannot be read.
        """
        question = asked(requirement, ip, origin, audience, consume)
        now = self._time()
        try:
            instance = self._running()
            if self._freshness > 0:
                self._refresh(instance, now)
                cached = self._call(instance, "lookup-verdict", credential, question, now, self._freshness)
                if cached is not None:
                    return self._confirmed(instance, credential, question, verdict_of(cached))
            return self._verify(instance, credential, question)
        except LeastkeyError as error:
            if error.code != "store_unavailable":
                raise
            if self._on_error is not None:
                self._on_error(error.__cause__ or error)
            return unavailable(now)

    def explain(
        self,
        credential: str,
        requirement: Requirement | None = None,
        *,
        ip: str | None = None,
        origin: str | None = None,
        audience: str | None = None,
    ) -> Explanation:
        """Why a credential is refused, for the operator. It reads the store, and counts nothing."""
        question = asked(requirement, ip, origin, audience, None)
        reads: dict[str, str | None] = {}
        instance = self._running()
        for _ in range(MAX_STEPS):
            case, step = self._call(instance, "explain", credential, question, pairs(reads), self._time())
            if case == "need":
                self._read(step["keys"], reads)
            elif case == "refuse":
                raise refused(step)
            else:
                return explanation_of(step)
        raise LeastkeyError("store_unavailable", "the token changed between each of the reads")

    def _confirmed(
        self,
        instance: ComponentInstance,
        credential: str,
        question: dict[str, Any],
        cached: Verdict,
    ) -> Verdict:
        """A cached verdict; of a refusal that may have changed, the store's, if it answers."""
        id = credential[len(self._start) :][:ID_LENGTH] if cached.token is None else cached.token.id
        if cached.valid or not self._rechecks.begin(cached.code, id):
            return cached
        try:
            return self._verify(instance, credential, question)
        except LeastkeyError as error:
            if error.code != "store_unavailable":
                raise
            return cached

    # The driver loop.
    def _verify(
        self, instance: ComponentInstance, credential: str, question: dict[str, Any]
    ) -> Verdict:
        for _ in range(MAX_ATTEMPTS):
            generation = self._call(instance, "generation")
            reads: dict[str, str | None] = {}
            for _ in range(MAX_STEPS):
                case, step = self._call(
                    instance, "verify", credential, question, pairs(reads), generation, self._time()
                )
                if case == "need":
                    self._read(step["keys"], reads)
                elif case == "answer":
                    return verdict_of(step)
                elif case == "refuse":
                    raise refused(step)
                elif self._commit(step["writes"]):
                    return verdict_of(step["verdict"])
                else:
                    break
            else:
                raise LeastkeyError("store_unavailable", "the token changed between the reads")
        raise LeastkeyError("store_unavailable", "other uses of the token always came first")

    def _refresh(self, instance: ComponentInstance, now: int) -> None:
        """Applies the change feed, if the last read of it is too old."""
        with self._lock:
            read_at = self._feed_read_at
            if read_at is not None and 0 <= now - read_at < self._freshness:
                return
            reads: dict[str, str | None] = {}
            self._read(self._feed_keys, reads)
            for _ in range(MAX_STEPS):
                case, step = self._call(instance, "apply-feed", pairs(reads), now)
                if case == "need":
                    self._read(step["keys"], reads)
                elif case == "refuse":
                    raise refused(step)
                else:
                    self._feed_keys, self._feed_read_at = step["feed_keys"], now
                    return
            raise LeastkeyError("store_unavailable", "the number of shards is not settled")

    def _read(self, keys: Sequence[str], reads: dict[str, str | None]) -> None:
        try:
            values = self._store.get(keys)
        except Exception as cause:
            raise LeastkeyError("store_unavailable", "the store cannot be read") from cause
        if len(values) != len(keys):
            raise LeastkeyError("store_unavailable", "the store gave another number of values")
        reads.update(zip(keys, values, strict=True))

    def _commit(self, writes: Sequence[dict[str, Any]]) -> bool:
        """Commits the count of a use. If that fails it may be counted, so it is not tried again."""
        commit = getattr(self._store, "commit", None)
        if commit is None:
            raise LeastkeyError("store_unavailable", "the store has no `commit` to count uses with")
        try:
            return bool(commit([write_of(write) for write in writes]))
        except Exception as cause:
            raise LeastkeyError("store_unavailable", "the use may not be counted") from cause

    def _time(self) -> int:
        """The clock, which never goes back: a token that has ended stays ended."""
        self._highest = max(self._highest, self._now())
        return self._highest

    def _call(self, instance: ComponentInstance, name: str, *arguments: Any) -> Any:
        try:
            return instance.call(name, *arguments)
        except LeastkeyError as error:
            if error.code == "internal":
                self._drop(instance)
            raise

    def _running(self) -> ComponentInstance:
        """The instance, or a fresh one after a trap."""
        with self._lock:
            if self._instance is not None:
                return self._instance
            instance = ComponentInstance(*compiled(), "verification")
            case, value = instance.call("configure", *self._configuration)
            if case == "err":
                raise refused(value)
            self._start = value["start"]
            self._feed_keys, self._feed_read_at = value["feed_keys"], None
            self._instance = instance
            return instance

    def _drop(self, instance: ComponentInstance) -> None:
        with self._lock:
            if self._instance is instance:
                self._instance = None


def asked(
    requirement: Requirement | None,
    ip: str | None,
    origin: str | None,
    audience: str | None,
    consume: int | None,
) -> dict[str, Any]:
    """The question of the component."""
    needed: Sequence[Needed]
    if requirement is None:
        needed = ()
    elif isinstance(requirement, str):
        needed = (Needed(requirement),)
    elif isinstance(requirement, Needed):
        needed = (requirement,)
    else:
        needed = tuple(requirement)
    return {
        "requirement": list(needed),
        "authenticate_only": requirement is None,
        "ip": ip,
        "origin": origin,
        "audience": audience,
        "consume": consume,
        "counted_at": None,
    }


def pairs(reads: Mapping[str, str | None]) -> list[dict[str, str | None]]:
    """What was read, as the component takes it."""
    return [{"key": key, "value": value} for key, value in reads.items()]


def verdict_of(lifted: Mapping[str, Any]) -> Verdict:
    """The verdict of a lifted record."""
    token = lifted["token"]
    return Verdict(**{**lifted, "token": None if token is None else token_of(token)})


def token_of(lifted: Mapping[str, Any]) -> VerifiedToken:
    """The token view of a lifted record."""
    resources = tuple(BoundedPermission(**bounded) for bounded in lifted["resources"])
    return VerifiedToken(**{**lifted, "resources": resources})


def explanation_of(lifted: Mapping[str, Any]) -> Explanation:
    """The explanation of a lifted record."""
    return Explanation(
        verdict=verdict_of(lifted["verdict"]),
        wrong=lifted["wrong"],
        add=lifted["add"],
        templates=tuple(TemplateOffer(**offer) for offer in lifted["templates"]),
        wire=Wire(**lifted["wire"]),
    )


def write_of(lifted: Mapping[str, Any]) -> Write:
    """The write of a lifted record."""
    expect, value = lifted["expect"], lifted["value"]
    return Write(
        key=lifted["key"],
        expect=None if expect is None else Content(expect["value"]),
        value=None if value is None else Content(value["value"]),
        expires_at=lifted["expires_at"],
    )


def unavailable(now: int) -> Verdict:
    """The verdict where the store failed: never a yes."""
    return Verdict(
        valid=False,
        code="store_unavailable",
        status=503,
        error=None,
        token=None,
        missing=(),
        scope=None,
        retry_after=None,
        remaining=None,
        as_of=now,
    )
