"""Where this machine gets Debian from, read from its own apt configuration.

Both of apt's formats are read: one line an entry (`.list`) and deb822 (`.sources`). Of what stands
there, only a mirror that serves Debian's own release is taken, whatever else it may be named.
"""

import subprocess
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bulkhead.errors import MissingHere, Problem

RELEASE = "bookworm"
SUITES = (RELEASE, f"{RELEASE}-updates", f"{RELEASE}-security")
APT = Path("/etc/apt")
PASSED_ON = ("Acquire::Check-Valid-Until", "Acquire::Check-Date")
"""Settings that go with a mirror: one that shows an earlier day needs them."""


@dataclass(frozen=True, slots=True)
class Source:
    """One place that serves packages: `uri` without a final slash, and one suite there."""

    uri: str
    suite: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """Where the image's packages come from. settings: lines of an apt.conf that go with it."""

    sources: tuple[Source, ...]
    settings: tuple[str, ...] = ()

    @property
    def base(self) -> Source:
        """Where the release itself is."""
        return self.sources[0]


def one_line(text: str) -> Iterator[Source]:
    """The sources of a `.list` file."""
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words[:1] != ["deb"]:
            continue
        rest = iter(words[1:])
        if len(words) > 1 and words[1].startswith("["):
            # Options may hold blanks: they end with the word that closes the bracket.
            next((word for word in rest if word.endswith("]")), None)
        uri, suite = next(rest, ""), next(rest, "")
        if uri and suite:
            yield Source(uri.rstrip("/"), suite)


def deb822(text: str) -> Iterator[Source]:
    """The sources of a `.sources` file, those switched off left out."""
    for stanza in _stanzas(text):
        if "deb" not in stanza.get("types", "").split() or stanza.get("enabled") in _OFF:
            continue
        for uri in stanza.get("uris", "").split():
            for suite in stanza.get("suites", "").split():
                yield Source(uri.rstrip("/"), suite)


_OFF = ("no", "false", "without", "off", "disable")


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    name = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            yield fields
            fields, name = {}, ""
        elif line[0] in " \t":
            fields[name] = f"{fields.get(name, '')} {line.strip()}"
        else:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()


def configured(apt: Path = APT) -> list[Source]:
    """What a machine's apt reads, in its order; files that apt ignores are not read."""
    found: list[Source] = []
    for file in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]:
        read = {".list": one_line, ".sources": deb822}.get(file.suffix)
        if read is not None and file.is_file():
            found += read(file.read_text())
    return found


def choose(found: Iterable[Source], serves: Callable[[Source], bool]) -> tuple[Source, ...]:
    """The release's source, then updates and security where they are found.

    serves: whether Debian's own release stands there. Entries that name the suite are asked first,
    then the same places for suites that the machine itself does not use. Raises MissingHere.
    """
    known = list(dict.fromkeys(found))
    chosen = [_first(suite, known, serves) for suite in SUITES]
    if chosen[0] is None:
        raise MissingHere(
            Problem(
                where=str(APT / "sources.list"),
                what=f"no entry of this machine's apt serves Debian {RELEASE}",
                allowed="an http or https mirror of Debian, in sources.list or sources.list.d",
                remedy="add the one you use; the lab's hosts are made from it",
            )
        )
    return tuple(each for each in chosen if each is not None)


def _first(suite: str, known: list[Source], serves: Callable[[Source], bool]) -> Source | None:
    named = [each for each in known if each.suite == suite]
    places = dict.fromkeys(each.uri for each in known)
    beside = {f"{uri.removesuffix('-security')}{end}": None for uri in places for end in _ENDS}
    others = [Source(uri, suite) for uri in [*places, *beside]]
    candidates = dict.fromkeys([*named, *others])
    return next((each for each in candidates if each.uri.startswith("http") and serves(each)), None)


_ENDS = ("", "-security")
"""Debian's own layout: the security archive lies beside the main one."""


def mirror() -> Mirror:
    """The mirror of this machine. Raises MissingHere."""
    return Mirror(sources=choose(configured(), _serves), settings=_settings())


def _serves(source: Source) -> bool:
    """Whether Debian's release of that name stands there, as its own Release file says."""
    url = f"{source.uri}/dists/{source.suite}/Release"
    try:
        with urllib.request.urlopen(url, timeout=15) as answer:  # noqa: S310 - http(s) alone
            text = answer.read(4096).decode(errors="replace")
    except OSError:
        return False
    fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    return fields.get("Origin") == "Debian" and fields.get("Codename", "").startswith(RELEASE)


def _settings() -> tuple[str, ...]:
    """The machine's own settings of PASSED_ON, as apt.conf lines."""
    said = subprocess.run(
        ["apt-config", "dump", *PASSED_ON], capture_output=True, text=True, check=False
    )
    return tuple(line for line in said.stdout.splitlines() if line.endswith('";'))
