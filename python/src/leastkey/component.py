"""A component of ``wit/tokens.wit`` in wasmtime: names, records and variants of Python."""

from __future__ import annotations

import threading
from dataclasses import fields, is_dataclass
from typing import Any

from wasmtime import Engine, Store, WasmtimeError
from wasmtime.component import Component, Func, Instance, Linker, Record, Variant

from .errors import LeastkeyError, Problem

PACKAGE = "leastkey:tokens"
VERSION = "0.1.0"


class Lifted(dict[str, Any]):
    """A record of the component: its members by their names, with ``_`` for ``-``."""


class ComponentInstance:
    """An instance of a component, for any thread: it serves one call at a time.

    After a trap the instance is not used again. The caller makes another one.
    """

    def __init__(self, engine: Engine, component: Component, interface: str) -> None:
        self._lock = threading.Lock()
        self._store = Store(engine)
        self._instance: Instance = Linker(engine).instantiate(self._store, component)
        self._interface = self._instance.get_export_index(
            self._store, f"{PACKAGE}/{interface}@{VERSION}"
        )
        if self._interface is None:
            raise LeastkeyError("internal", f"the component does not export `{interface}`")
        self._functions: dict[str, Func] = {}

    def call(self, name: str, *arguments: Any) -> Any:
        """Calls a function. Dataclasses and dicts cross as records, tuples and lists as lists."""
        lowered = [lower(argument) for argument in arguments]
        with self._lock:
            function = self._function(name)
            try:
                return lift(function(self._store, *lowered))
            except (TypeError, ValueError) as cause:
                raise LeastkeyError("invalid_input", f"{name}: {cause}") from None
            except WasmtimeError:
                # Without a cause: a trace has no place for what was passed.
                raise LeastkeyError("internal", f"`{name}` trapped") from None

    def _function(self, name: str) -> Func:
        known = self._functions.get(name)
        if known is not None:
            return known
        index = self._instance.get_export_index(self._store, name, self._interface)
        found = None if index is None else self._instance.get_func(self._store, index)
        if found is None:
            raise LeastkeyError("internal", f"the component has no function `{name}`")
        self._functions[name] = found
        return found


def lower(value: Any) -> Any:
    """A value as wasmtime takes it."""
    if isinstance(value, (list, tuple)):
        return [lower(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        members = {field.name: getattr(value, field.name) for field in fields(value)}
    elif isinstance(value, dict):
        members = value
    else:
        return value
    record = Record()
    for name, member in members.items():
        setattr(record, name.replace("_", "-"), lower(member))
    return record


def lift(value: Any) -> Any:
    """A value of wasmtime: records as dicts, variants as pairs of their case and its value."""
    if isinstance(value, Variant):
        return value.tag, lift(value.payload)
    if isinstance(value, Record):
        members = vars(value).items()
        return Lifted((name.replace("-", "_"), lift(member)) for name, member in members)
    if isinstance(value, list):
        return tuple(lift(item) for item in value)
    return value


def refused(refusal: dict[str, Any]) -> LeastkeyError:
    """The error of a refusal."""
    problems = tuple(Problem(**problem) for problem in refusal["problems"])
    return LeastkeyError(refusal["code"], refusal["message"], refusal["path"], problems)
