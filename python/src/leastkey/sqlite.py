"""A store in a SQLite file: the same file that ``leastkey/stores/sqlite`` of JavaScript uses."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence

from .errors import LeastkeyError
from .store import Write

APPLICATION_ID = 0x4C4B6579
SCHEMA_VERSION = 1


class SqliteStore:
    """Reads and writes the SQLite file of a deployment that a manager has made.

    Each thread has its own connection. Other processes may use the file at the same time.
    """

    def __init__(self, file: str, timeout: float = 5.0) -> None:
        """Opens ``file``. A file that is not there, or another program's, is refused.

        ``timeout`` is how many seconds a call waits for a lock of another process.
        """
        self._file = file
        self._timeout = timeout
        self._local = threading.local()
        self._connection()

    def get(self, keys: Sequence[str]) -> list[str | None]:
        """The values of the keys, by one statement, so as of one instant."""
        rows = self._connection().execute(
            "SELECT key, value FROM entries WHERE key IN (SELECT value FROM json_each(?))",
            (json.dumps(list(keys)),),
        )
        values: dict[str, str] = dict(rows.fetchall())
        return [values.get(key) for key in keys]

    def commit(self, writes: Sequence[Write]) -> bool:
        """Applies all writes or none."""
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            if not all(self._holds(connection, write) for write in writes):
                connection.execute("ROLLBACK")
                return False
            for write in writes:
                self._apply(connection, write)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return True

    def _connection(self) -> sqlite3.Connection:
        known: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if known is not None:
            return known
        try:
            made = sqlite3.connect(
                f"file:{self._file}?mode=rw", uri=True, timeout=self._timeout, isolation_level=None
            )
            made.execute("PRAGMA synchronous = FULL")
            (application,) = made.execute("PRAGMA application_id").fetchone()
            (version,) = made.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error as cause:
            raise LeastkeyError("store_unavailable", f"cannot open the database: {cause}") from cause
        if application != APPLICATION_ID or version != SCHEMA_VERSION:
            made.close()
            message = (
                "the file is no database of Leastkey that this version knows "
                f"(application {application:#x}, schema {version}; expected {APPLICATION_ID:#x}, {SCHEMA_VERSION})"
            )
            raise LeastkeyError("store_unavailable", message)
        self._local.connection = made
        return made

    @staticmethod
    def _holds(connection: sqlite3.Connection, write: Write) -> bool:
        if write.expect is None:
            return True
        row = connection.execute("SELECT value FROM entries WHERE key = ?", (write.key,)).fetchone()
        return (None if row is None else row[0]) == write.expect.value

    @staticmethod
    def _apply(connection: sqlite3.Connection, write: Write) -> None:
        if write.value is None:
            return
        if write.value.value is None:
            connection.execute("DELETE FROM entries WHERE key = ?", (write.key,))
            return
        connection.execute(
            "INSERT INTO entries (key, value, expires_at) VALUES (?, ?, ?) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
            (write.key, write.value.value, write.expires_at),
        )
