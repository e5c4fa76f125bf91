"""A mosquitto broker's configuration and access list, read as files; mosquitto.conf(5)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bulkhead.errors import Problem, WrongInput

EVERYBODY, NOBODY = "(everybody)", "(anonymous)"
_GLOBAL = frozenset({"per_listener_settings"})
_ACCESS = {"read": "r", "write": "w", "readwrite": "rw", "deny": "d"}


@dataclass(slots=True)
class Listener:
    """What a port asks of a client; mosquitto's own defaults, as of version 2."""

    port: int
    tls: bool = False
    client_certificates: bool = False
    anonymous: bool = False


@dataclass(slots=True)
class User:
    """Topics that a user may read and write, and those that are denied whatever else is said."""

    name: str
    read: list[str] = field(default_factory=list)
    write: list[str] = field(default_factory=list)
    deny: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Broker:
    """host: where it runs, as the caller said; empty if not. files: where it was read from."""

    host: str
    listeners: tuple[Listener, ...]
    users: tuple[User, ...]
    files: tuple[str, ...]


def broker(host: str, configuration: Path | None, access: Path | None) -> Broker:
    """Read either file or both. WrongInput with file and line where one says what is not known."""
    listeners = _listeners(configuration) if configuration else ()
    users = _users(access) if access else ()
    files = tuple(str(path) for path in (configuration, access) if path)
    return Broker(host, tuple(listeners), tuple(users), files)


def _lines(path: Path) -> Iterator[tuple[int, str, str]]:
    """(line number, word, rest) of each line that says something."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise WrongInput(
            Problem(str(path), f"cannot be read: {reason}", "a file of mosquitto's")
        ) from None
    for number, line in enumerate(text.splitlines(), 1):
        word, _, rest = line.strip().partition(" ")
        if word and not word.startswith("#"):
            yield number, word, rest.strip()


def _listeners(path: Path) -> list[Listener]:
    """The listeners; what is set before the first, or for all, holds for each that says nothing."""
    found: list[Listener] = []
    shared = Listener(port=1883)
    for number, word, rest in _lines(path):
        if word in ("listener", "port"):
            found.append(Listener(port=_port(path, number, rest), anonymous=shared.anonymous))
        elif word in ("certfile", "keyfile"):
            (found or [shared])[-1].tls = True
        elif word == "require_certificate":
            (found or [shared])[-1].client_certificates = rest == "true"
        elif word == "allow_anonymous":
            for each in [shared, *found]:
                each.anonymous = rest == "true"
        elif word == "include_dir":
            what = "include_dir is not followed: what it includes would be missing here"
            raise WrongInput(Problem(f"{path}:{number}", what, "one file that says everything"))
    return found or [shared]


def _port(path: Path, number: int, rest: str) -> int:
    word = rest.split(maxsplit=1)[0] if rest else ""
    if word.isascii() and word.isdigit() and int(word) < 65536:
        return int(word)
    raise WrongInput(Problem(f"{path}:{number}", f"{word!r} is not a port", "0 to 65535"))


def _users(path: Path) -> list[User]:
    found: dict[str, User] = {}
    name = NOBODY
    for number, word, rest in _lines(path):
        if word == "user":
            name = rest
        elif word in ("topic", "pattern"):
            who = EVERYBODY if word == "pattern" else name
            _grant(found.setdefault(who, User(who)), rest)
        else:
            what = f"{word!r} is not a word of an access list"
            raise WrongInput(Problem(f"{path}:{number}", what, "user, topic, pattern"))
    return list(found.values())


def _grant(user: User, rest: str) -> None:
    first, _, topic = rest.partition(" ")
    access = _ACCESS.get(first, "rw")
    said = topic.strip() if first in _ACCESS else rest
    for letter, held in (("r", user.read), ("w", user.write), ("d", user.deny)):
        if letter in access:
            held.append(said)
