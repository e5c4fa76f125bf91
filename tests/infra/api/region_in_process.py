"""What the tests of the API share: a gate, a fake enforcer, and signed boto3 clients."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from bulkhead.network.deployed import Deployed
from infra.accounts import ACCOUNTS
from infra.lab.api.accounts import Credentials, assumed, root
from infra.lab.api.client import inside
from infra.lab.api.enforcement import Enforcement, NetworkReader
from infra.lab.api.gate import Gate
from infra.lab.api.journal import Journal
from infra.lab.api.replay import replay
from infra.lab.api.world import World

SECRET = b"s" * 32
REGION = "eu-central-1"


class FakeEnforcer:
    """Remembers what it was told; fails while `broken` is set."""

    def __init__(self) -> None:
        self.broken: Exception | None = None
        self.applied: list[Deployed] = []
        self.blocked = False

    def open(self) -> None:
        self.blocked = True

    def apply(self, deployed: Deployed) -> None:
        if self.broken:
            raise self.broken
        self.applied.append(deployed)
        self.blocked = False

    def block(self) -> None:
        self.blocked = True

    def cut(self, address: str, other: str | None = None, port: int | None = None) -> int:
        return 1

    def close(self) -> None:
        self.blocked = True


class _Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.body

    def read(self, *_: Any) -> bytes:
        return self.body


def wsgi(gate: Gate, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Any:
    """One request through the gate: (status, headers, body)."""
    parts, said = urlsplit(url), {}
    environ = {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in headers.items()}
    environ |= {
        "HTTP_HOST": parts.netloc,
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote_to_bytes(parts.path or "/").decode("latin-1"),
        "RAW_URI": (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        "QUERY_STRING": parts.query,
        "CONTENT_TYPE": {k.lower(): v for k, v in headers.items()}.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    environ.pop("HTTP_CONTENT_TYPE", None)

    def start_response(status: str, sent: list[tuple[str, str]]) -> None:
        said.update(status=int(status.split(maxsplit=1)[0]), headers=sent)

    answered = b"".join(gate(environ, start_response))
    return said["status"], said["headers"], answered


def client_of(gate: Gate, held: Credentials, service: str = "ec2", region: str = REGION) -> Any:
    """A boto3 client that signs as usual and whose requests go through the gate."""
    client = boto3.client(
        service,
        endpoint_url="http://127.0.0.1:1",
        region_name=region,
        aws_access_key_id=held.access_key,
        aws_secret_access_key=held.secret_key,
        aws_session_token=held.session_token,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )

    def send(request: Any, **_: Any) -> AWSResponse:
        headers = {
            k: v.decode() if isinstance(v, bytes) else str(v) for k, v in request.headers.items()
        }
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        body = body if isinstance(body, bytes) else body.read()
        status, sent, answered = wsgi(gate, request.method, request.url, headers, body)
        kept = HTTPHeaders()
        for name, value in sent:
            kept[name] = value
        return AWSResponse(request.url, status, kept, _Raw(answered))

    client.meta.events.register_first("before-send.*", send)
    return client


class InProcess:
    """A region without a process: `restart` is what a crash and a new start do to the API."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.enforcer = FakeEnforcer()
        self._start()

    def _start(self) -> None:
        self.world = World(seed="seed", region=REGION)
        self.journal = Journal(self.state / "journal.jsonl")
        replay(self.world, self.journal)
        self.reader = NetworkReader(inside(self.world.ask, REGION), self.world.accounts)
        self.enforcer.open()
        self.gate = Gate(self.world, self.journal, Enforcement(self.reader, self.enforcer), SECRET)
        self.gate.enforcement.refresh()
        self._clients: dict[tuple[str, str], Any] = {}

    def restart(self) -> None:
        """Forget all that is in memory, and start from the journal."""
        self.journal.close()
        self._start()

    def client(self, alias: str = "platform", service: str = "ec2") -> Any:
        held = root(SECRET) if alias == "platform" else assumed(SECRET, ACCOUNTS[alias])
        key = (alias, service)
        if key not in self._clients:
            self._clients[key] = client_of(self.gate, held, service)
        return self._clients[key]

    def read(self) -> Deployed:
        """Everything, read anew."""
        return self.reader.tables(frozenset(Deployed.__dataclass_fields__), None)
