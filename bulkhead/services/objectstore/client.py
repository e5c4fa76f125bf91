"""A connection to a store that speaks S3: one request at a time, answers as values."""

import base64
import hashlib
import http.client
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

from bulkhead.services.objectstore.sigv4 import Credentials, path_of, query_of, signed

PATIENCE = 10.0
"""Seconds that a store has for one answer."""
ABSENT = 0
"""The status of an answer that did not come."""
Connect = Callable[[], socket.socket]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a store said. status: ABSENT where it said nothing. code: S3's error code, or why."""

    status: int
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.status < 300

    @property
    def at(self) -> datetime | None:
        """The store's clock."""
        told = self.headers.get("date")
        return parsedate_to_datetime(told) if told else None

    def texts(self, tag: str) -> list[str]:
        """The texts of all elements of that name in an XML body."""
        return texts(self.body, tag)


def texts(body: bytes, tag: str) -> list[str]:
    """The texts of all elements of that name, whatever their namespace; none in what is no XML."""
    try:
        rows = ElementTree.fromstring(body).iter()  # noqa: S314 (expat expands no external entity)
        return [row.text or "" for row in rows if row.tag.rpartition("}")[2] == tag]
    except ElementTree.ParseError:
        return []


def _digest(body: bytes) -> dict[str, str]:
    """S3 asks for a digest of whatever is put under Object Lock, and of its own XML."""
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    return {"content-md5": base64.b64encode(digest).decode()}


class Store:
    """One store. address: as it is connected to; name: as its certificate bears it.

    tls: None for plain HTTP, which only tests' stores speak. connect: another way to its socket.
    """

    def __init__(  # noqa: PLR0913  # each is a part of the address
        self,
        address: str,
        port: int,
        *,
        name: str = "",
        tls: ssl.SSLContext | None = None,
        who: Credentials | None = None,
        region: str = "us-east-1",
        connect: Connect | None = None,
    ) -> None:
        self._host = f"{address}:{port}"
        self._name, self._tls, self.who, self._region = name or address, tls, who, region
        self._connect = connect or (lambda: socket.create_connection((address, port), PATIENCE))
        self._open: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Let go of the connection; the next request makes another."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def send(
        self,
        method: str,
        *path: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        service: str = "s3",
    ) -> Answer:
        """The answer to one request; ABSENT with the reason where none came, and never an error."""
        asked = dict(query or {})
        where = path_of(*path)
        said = {"host": self._host, **(_digest(body) if body else {}), **(headers or {})}
        if self.who is not None:
            said = signed(
                self.who,
                method=method,
                path=where,
                query=asked,
                headers=said,
                body=body,
                region=self._region,
                at=datetime.now(UTC),
                service=service,
            )
        target = where + (f"?{query_of(asked)}" if asked else "")
        fresh = self._open is None
        try:
            return self._asked(method, target, said, body)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if fresh:
                return Answer(status=ABSENT, code=f"{type(error).__name__}: {error}")
        # A store that was started again hangs up on old connections: that is no answer.
        return self.send(method, *path, query=query, headers=headers, body=body, service=service)

    def _asked(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self._open is None:
            self._open = self._opened()
        self._open.request(method, target, body=body, headers=dict(headers))
        with self._open.getresponse() as got:
            content = got.read()
            told = {name.lower(): value for name, value in got.getheaders()}
            status = got.status
        code = "" if 200 <= status < 300 else ([*texts(content, "Code"), ""][0] or str(status))
        return Answer(status=status, code=code, headers=told, body=content)

    def _opened(self) -> http.client.HTTPConnection:
        made = http.client.HTTPConnection(self._host, timeout=PATIENCE)
        plain = self._connect()
        plain.settimeout(PATIENCE)
        try:
            made.sock = (
                self._tls.wrap_socket(plain, server_hostname=self._name) if self._tls else plain
            )
        except BaseException:
            plain.close()
            raise
        return made
