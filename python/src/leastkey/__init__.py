"""Verifies the tokens of a Leastkey deployment.

The decisions are those of the WebAssembly component in this package, which is compiled from the
same core as the packages for JavaScript. This module gives it the time and what the store has.
"""

from .errors import LeastkeyError, Problem
from .model import BoundedPermission, Explanation, Needed, TemplateOffer, Verdict, VerifiedToken, Wire
from .sqlite import SqliteStore
from .store import ReadStore, Store, Write
from .verifier import Verifier

__all__ = [
    "BoundedPermission",
    "Explanation",
    "LeastkeyError",
    "Needed",
    "Problem",
    "ReadStore",
    "SqliteStore",
    "Store",
    "TemplateOffer",
    "Verdict",
    "VerifiedToken",
    "Verifier",
    "Wire",
    "Write",
]
