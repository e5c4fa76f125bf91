"""A service's TOML file, read table by table: every key checked, unknown keys refused."""

import re
import tomllib
from pathlib import Path
from typing import Any

from bulkhead.errors import Problem, WrongInput

ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]{0,252}")


class Table:
    """A TOML table that names, in a user's words, what is wrong in it."""

    def __init__(self, file: Path, name: str, table: Any, keys: set[str]) -> None:
        self._file, self._name = file, name
        if not isinstance(table, dict):
            raise self.wrong("", f"is {type(table).__name__}", "a table")
        self._table = table
        if unknown := sorted(set(table) - keys):
            raise self.wrong(unknown[0], "is not known here", ", ".join(sorted(keys)))

    def wrong(self, key: str, what: str, allowed: str) -> WrongInput:
        """The error to raise for one key."""
        place = ".".join(part for part in (self._name, key) if part)
        return WrongInput(Problem(str(self._file), f"{place} {what}", allowed=allowed))

    def _value(self, key: str, default: Any = None) -> Any:
        value = self._table.get(key, default)
        if value is None:
            raise self.wrong(key, "is missing", "a value")
        return value

    def text(self, key: str, pattern: re.Pattern[str] = ADDRESS) -> str:
        """A string that matches."""
        value = self._value(key)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self.wrong(key, f"is {value!r}", f"a string like {pattern.pattern}")
        return value

    def path(self, key: str) -> Path:
        """An absolute path."""
        value = self._value(key)
        if not isinstance(value, str) or not value.startswith("/"):
            raise self.wrong(key, f"is {value!r}", "an absolute path")
        return Path(value)

    def number(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number within inclusive bounds."""
        value = self._value(key, default)
        if type(value) is not int or not low <= value <= high:
            raise self.wrong(key, f"is {value!r}", f"a whole number, {low} to {high}")
        return value

    def strings(self, key: str) -> list[str]:
        """A list of strings, at least one, none twice."""
        value = self._value(key)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, f"is {value!r}", "a list of strings")
        if not value or len(set(value)) != len(value):
            raise self.wrong(key, f"is {value!r}", "at least one, none twice")
        return value

    def table(self, key: str, keys: set[str], default: Any = None) -> "Table":
        """A table below this one."""
        return Table(self._file, key, self._value(key, default), keys)

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._table

    def truth(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._value(key, default)
        if type(value) is not bool:
            raise self.wrong(key, f"is {value!r}", "true or false")
        return value

    def one_of(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        """A word out of a few."""
        value = self._value(key, default)
        if value not in allowed:
            raise self.wrong(key, f"is {value!r}", " or ".join(allowed))
        return str(value)

    def tables(self, key: str, keys: set[str], default: Any = None) -> "list[Table]":
        """A list of tables, at least one unless an empty one is the default."""
        value = self._value(key, default)
        if not isinstance(value, list) or (not value and default is None):
            raise self.wrong(key, "is not a list of tables", f"[[{key}]], at least one")
        return [Table(self._file, f"{key}[{n}]", item, keys) for n, item in enumerate(value)]


def read(file: Path, keys: set[str]) -> Table:
    """The table that a file is. Raises WrongInput where it cannot be read."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WrongInput(Problem(str(file), f"cannot be read: {error}")) from None
    return Table(file, "", found, keys)
