"""Reads one YAML document as data with line and column, and trusts nothing in it.

Refused before anything is built: more than 1 MiB, what is not UTF-8, nesting deeper than 64,
anchors and aliases, tags, duplicate keys, keys that are not words, a second document. Scalars
follow YAML 1.2's core schema: `no` is text, and so is a date.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bulkhead.blueprint.faults import Mark, Node, WrongAt, shown, too_many
from bulkhead.errors import Problem, WrongInput

MAX_BYTES = 1 << 20
MAX_DEPTH = 64
_MAX_DIGITS = 15
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z", re.ASCII)
_NOT_FINITE = re.compile(r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+\Z", re.ASCII)
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def read(path: Path) -> bytes:
    """The file's bytes, at most MAX_BYTES + 1 of them. Raises WrongInput in a user's words."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        problem = Problem(
            str(path),
            f"cannot be read: {reason}",
            "a readable YAML file",
            "name a blueprint, e.g. examples/estate.yaml",
        )
        raise WrongInput(problem) from None


def compose(raw: bytes, name: str) -> Node:
    """The document's tree. `name` stands in messages. Raises WrongInput with all it found."""
    composer = _Composer(name)
    for event in _events(_text(raw, name), name):
        composer.feed(event)
    return composer.finished()


def _text(raw: bytes, name: str) -> str:
    if len(raw) > MAX_BYTES:
        raise WrongInput(
            Problem(
                name,
                f"the file is larger than {MAX_BYTES} bytes",
                "a blueprint of at most 1 MiB",
                "check that this is the blueprint you meant",
            )
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = _place(name, raw[: error.start].decode("utf-8", "replace"))
        what = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        raise WrongInput(Problem(where, what, "text in UTF-8", "save the file as UTF-8")) from None


def _place(name: str, before: str) -> str:
    line = before.count("\n") + 1
    return f"{name}:{line}:{len(before) - before.rfind(chr(10))}"


def _events(text: str, name: str) -> Iterator[Any]:
    """libyaml's events where it is installed (ten times as fast), else PyYAML's own."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from yaml.parse(text, Loader=loader)
    except yaml.reader.ReaderError as error:
        where = _place(name, text[: error.position])
        what = f"character U+{_code(error.character):04X} is not allowed in YAML"
        raise WrongInput(Problem(where, what, "printable text", "delete it")) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        what = "not YAML: " + ", ".join(filter(None, (error.context, error.problem)))
        remedy = "mend the indentation or the quotes on this line or the one before"
        raise WrongInput(Problem(where, what, remedy=remedy)) from None
    except (yaml.YAMLError, UnicodeError, ValueError) as error:
        raise WrongInput(Problem(name, f"not YAML: {error}")) from None


def _code(character: Any) -> int:
    return character if isinstance(character, int) else ord(str(character)[:1] or "\0")


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been met, and the key that waits for a value."""

    node: Node
    key: str | None = None


class _Composer:
    """Builds the tree from events with a stack of its own, so that depth cannot exhaust ours."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.stack: list[_Open] = []
        self.root: Node | None = None
        self.documents = 0

    def feed(self, event: Any) -> None:
        """Take one event; wrong ones are kept as problems, or raised if nothing can follow."""
        mark = Mark(event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case yaml.DocumentStartEvent():
                self._document(mark)
            case yaml.AliasEvent():
                self._alias(event, mark)
            case yaml.ScalarEvent():
                self._check(event, mark)
                self._scalar(event, mark)
            case yaml.MappingStartEvent():
                self._open(event, Node(mark, {}))
            case yaml.SequenceStartEvent():
                self._open(event, Node(mark, []))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.stack.pop()

    def finished(self) -> Node:
        """The tree, or every problem that was met."""
        if self.problems:
            raise too_many(self.problems)
        if self.root is None or self.root.value is None:
            raise WrongInput(
                Problem(
                    f"{self.name}:1:1",
                    "the file is empty",
                    "a mapping that begins with `estate:`",
                    "start from examples/estate.yaml",
                )
            )
        return self.root

    def _refuse(self, mark: Mark, what: str, allowed: str, remedy: str) -> None:
        self.problems.append(Problem(mark.at(self.name), shown(what), allowed, remedy))

    def _document(self, mark: Mark) -> None:
        self.documents += 1
        if self.documents > 1:
            self._refuse(
                mark, "a second document begins here", "one document", "split the file at `---`"
            )
            raise too_many(self.problems)

    def _alias(self, event: Any, mark: Mark) -> None:
        what = f"alias *{event.anchor} is not accepted"
        self._refuse(mark, what, "values written out", "write the value here")
        if self._wants_key():
            self.stack[-1].key = f"*{event.anchor}"
        else:
            self._place(Node(mark, None))

    def _check(self, event: Any, mark: Mark) -> None:
        if event.anchor is not None:
            what = f"anchor &{event.anchor} is not accepted"
            self._refuse(mark, what, "values written out", "delete the anchor and its aliases")
        if event.tag is not None:
            self._refuse(mark, f"tag {event.tag} is not accepted", "plain values", "delete the tag")

    def _open(self, event: Any, node: Node) -> None:
        self._check(event, node.mark)
        if len(self.stack) >= MAX_DEPTH:
            what = f"nested deeper than {MAX_DEPTH} levels"
            self._refuse(node.mark, what, f"at most {MAX_DEPTH} levels", "flatten the file")
            raise too_many(self.problems)
        if self._wants_key():
            what = "a key is a list or a mapping"
            self._refuse(node.mark, what, "keys that are words", "write a word")
            raise too_many(self.problems)
        self._place(node)
        self.stack.append(_Open(node))

    def _scalar(self, event: Any, mark: Mark) -> None:
        if self._wants_key():
            self._key(event.value, mark)
            return
        value: Any = event.value
        if event.implicit[0] and event.tag is None:
            try:
                value = _plain(value)
            except WrongAt as error:
                self._refuse(mark, *error.parts)
        self._place(Node(mark, value))

    def _wants_key(self) -> bool:
        return (
            bool(self.stack)
            and isinstance(self.stack[-1].node.value, dict)
            and (self.stack[-1].key is None)
        )

    def _key(self, key: str, mark: Mark) -> None:
        top = self.stack[-1]
        if key in top.node.keys:
            first = top.node.keys[key]
            what = f"key `{key}` is here a second time, first on line {first.line}"
            self._refuse(mark, what, "each key once", "delete one of them")
        top.key = key
        top.node.keys[key] = mark

    def _place(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if isinstance(top.node.value, list):
            top.node.value.append(node)
        elif top.key is not None:
            top.node.value[top.key] = node
            top.key = None


def _plain(text: str) -> str | int | float | bool | None:
    """A plain scalar by YAML 1.2's core schema; what is not a usable number is refused."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text):
        if len(text) > _MAX_DIGITS:
            parts = (f"number of {len(text)} digits", f"at most {_MAX_DIGITS} digits", "shorten it")
            raise WrongAt(*parts)
        return int(text)
    if _NOT_FINITE.match(text):
        raise WrongAt(f"{text} is not a number to plan with", "finite numbers", "write a number")
    if _FLOAT.match(text) and not _LEADING_ZERO.match(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise WrongAt(f"number {text[:20]} is too large", "finite numbers", "write a number")
        return number
    return text
