"""The shipper's file on its host, read and checked."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from bulkhead.services.objectstore.client import Store
from bulkhead.services.objectstore.config import PREFIX
from bulkhead.services.tables import read

KEYS = {"spool", "limit", "status", "folder", "store", "tls", "prefixes", "other"}
LEAST, MOST = 1 << 20, 1 << 40
"""Bytes of a spool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """folder: holds `HOST.log` files. prefixes: `BUCKET/PREFIX/` by tenant; other: for the rest.

    key, certificate, anchors: files (PEM); name: what the store's certificate must bear.
    """

    spool: Path
    limit: int
    status: Path
    folder: Path
    address: str
    port: int
    name: str
    key: Path
    certificate: Path
    anchors: Path
    prefixes: dict[str, str]
    other: str

    def opened(self) -> Store:
        """A connection to the store, as the bearer of our certificate; OSError without files."""
        tls = ssl.create_default_context(cafile=str(self.anchors))
        tls.minimum_version = ssl.TLSVersion.TLSv1_3
        tls.load_cert_chain(self.certificate, self.key)
        return Store(self.address, self.port, name=self.name, tls=tls)


def load(file: Path) -> Config:
    """The configuration in `file`; WrongInput for anything that is not as it must be."""
    top = read(file, KEYS)
    store = top.table("store", {"address", "port", "name"})
    tls = top.table("tls", {"key", "certificate", "anchors"})
    rows = top.tables("prefixes", {"tenant", "prefix"}, [])
    return Config(
        spool=top.path("spool"),
        limit=top.number("limit", LEAST, MOST),
        status=top.path("status"),
        folder=top.path("folder"),
        address=store.text("address"),
        port=store.number("port", 1, 65535),
        name=store.text("name"),
        key=tls.path("key"),
        certificate=tls.path("certificate"),
        anchors=tls.path("anchors"),
        prefixes={row.text("tenant"): row.text("prefix", PREFIX) for row in rows},
        other=top.text("other", PREFIX),
    )
