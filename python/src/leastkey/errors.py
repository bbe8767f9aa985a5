"""What a call raises. A verification that refuses raises nothing: it returns a verdict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an argument or a document."""

    path: str
    """Where: the path in a document (``$.templates.x``), or the name of an argument."""
    message: str
    """What is wrong, and what would be right."""


class LeastkeyError(Exception):
    """A call that was refused. It never contains a secret."""

    code: str
    """The code to branch on: ``invalid_input``, ``store_unavailable``, ``internal``."""
    path: str | None
    """The first invalid argument."""
    problems: tuple[Problem, ...]
    """Every invalid argument, if the code is ``invalid_input``."""

    def __init__(
        self,
        code: str,
        message: str,
        path: str | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.path = path
        self.problems = problems
