"""The store's file on its host, read and checked."""

import re
import ssl
from dataclasses import dataclass
from pathlib import Path

from bulkhead.errors import Problem, WrongInput
from bulkhead.services.objectstore.client import Store
from bulkhead.services.objectstore.sigv4 import Credentials
from bulkhead.services.tables import Table, read

KEYS = {"address", "port", "name", "anchors", "root", "buckets", "putters"}
BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
IDENTITY = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
PREFIX = re.compile(r"[a-z0-9-]+/([a-z0-9-]+/)+")
YEARS = 36500
"""Most days of a retention."""
USER, PASSWORD = "MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A bucket and the days for which it keeps whatever is put."""

    name: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Putter:
    """Who may put, by the common name of its certificate; prefixes: `BUCKET/PREFIX/`."""

    name: str
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One store. root: the file with its root credentials, in the form of an environment file."""

    address: str
    port: int
    name: str
    anchors: Path
    root: Path
    buckets: tuple[Kept, ...]
    putters: tuple[Putter, ...]


def load(file: Path) -> Config:
    """The configuration in `file`; WrongInput for anything that is not as it must be."""
    top = read(file, KEYS)
    return Config(
        address=top.text("address"),
        port=top.number("port", 1, 65535),
        name=top.text("name"),
        anchors=top.path("anchors"),
        root=top.path("root"),
        buckets=tuple(_bucket(row) for row in top.tables("buckets", {"name", "days"})),
        putters=tuple(_putter(row) for row in top.tables("putters", {"name", "prefixes"}, [])),
    )


def _bucket(row: Table) -> Kept:
    return Kept(name=row.text("name", BUCKET), days=row.number("days", 1, YEARS))


def _putter(row: Table) -> Putter:
    prefixes = row.strings("prefixes")
    for prefix in prefixes:
        if not PREFIX.fullmatch(prefix):
            raise row.wrong("prefixes", f"holds {prefix!r}", "BUCKET/PREFIX/")
    return Putter(name=row.text("name", IDENTITY), prefixes=tuple(prefixes))


def root(file: Path) -> Credentials:
    """The root credentials; WrongInput, without their text, where the file holds none."""
    try:
        rows = (line.partition("=") for line in file.read_text().splitlines())
        found = {name: value.strip().strip('"') for name, _, value in rows}
        return Credentials(access_key=found[USER], secret_key=found[PASSWORD])
    except (OSError, KeyError) as error:
        raise WrongInput(
            Problem(str(file), f"it holds no root credentials: {type(error).__name__}")
        ) from None


def opened(config: Config) -> Store:
    """A connection with the root credentials."""
    tls = ssl.create_default_context(cafile=str(config.anchors))
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    return Store(config.address, config.port, name=config.name, tls=tls, who=root(config.root))
