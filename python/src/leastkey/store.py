"""What a verifier asks of a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class Content:
    """What a key has, or is to have."""

    value: str | None
    """The value; ``None``: the store does not have the key."""


@dataclass(frozen=True)
class Write:
    """One write of a commit."""

    key: str
    expect: Content | None
    """What the key must have, exactly. ``None``: anything."""
    value: Content | None
    """What the key gets; without a value, it is deleted. ``None``: the write only asserts."""
    expires_at: int | None
    """From when on the store may drop the key, in milliseconds since the epoch."""


@runtime_checkable
class ReadStore(Protocol):
    """A store that can be read. It is called by any thread."""

    def get(self, keys: Sequence[str]) -> Sequence[str | None]:
        """The values of the keys, in their order, as of one instant. ``None``: no such key."""


@runtime_checkable
class Store(ReadStore, Protocol):
    """A store that can be written too: needed to count the uses of limited tokens."""

    def commit(self, writes: Sequence[Write]) -> bool:
        """Applies all writes or none. ``False``: an expectation did not hold, nothing was applied.

        It raises if it is not known whether the writes were applied.
        """
