"""The rate limit of rechecks: reads that confirm a cached refusal before it is given."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

FINAL = frozenset({"revoked", "expired", "malformed", "bad_checksum"})
"""Refusals that do not change: they are given without a recheck."""

INTERVAL = 1.0
"""The least seconds between two rechecks of one id."""

MAX_ABSENT = 100
"""How many unknown ids are rechecked in an interval. They have a budget of their own, so that
invented ids use up that of other invented ids only."""


class Rechecks:
    """When ids were rechecked within the last interval, by the monotonic clock."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._lock = threading.Lock()
        self._at: OrderedDict[str, float] = OrderedDict()
        self._absent_since = float("-inf")
        self._absent = 0

    def begin(self, code: str, id: str) -> bool:
        """Whether the store is read before a cached refusal of the token ``id`` is given."""
        if code in FINAL:
            return False
        now = self._steady()
        with self._lock:
            while self._at and now - next(iter(self._at.values())) >= INTERVAL:
                self._at.popitem(last=False)
            if id in self._at:
                return False
            if code == "unknown":
                if now - self._absent_since >= INTERVAL:
                    self._absent_since, self._absent = now, 0
                if self._absent >= MAX_ABSENT:
                    return False
                self._absent += 1
            self._at[id] = now
            return True
