"""AWS's Signature Version 4 for S3, without an SDK: pure.

Source: AWS General Reference, "Create a signed AWS API request", and the S3 API Reference,
"Authenticating Requests: Using the Authorization Header". Tests hold it against botocore's own.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A key pair, and the token that belongs to a temporary one ("" for a lasting one)."""

    access_key: str
    secret_key: str
    token: str = ""

    def __repr__(self) -> str:
        """Without the secret, wherever it is printed."""
        return f"Credentials({self.access_key})"


def path_of(*parts: str) -> str:
    """The path of a bucket and a key as it goes on the wire, encoded once."""
    return "/" + "/".join(quote(part, safe="/-._~") for part in parts if part)


def query_of(query: Mapping[str, str]) -> str:
    """A query as it goes on the wire and as it is signed: sorted, encoded."""
    rows = sorted((quote(k, safe="-._~"), quote(v, safe="-._~")) for k, v in query.items())
    return "&".join(f"{name}={value}" for name, value in rows)


def signed(  # noqa: PLR0913  # each is a part of the request
    who: Credentials,
    *,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    region: str,
    at: datetime,
    service: str = "s3",
) -> dict[str, str]:
    """The headers to send: those given (`host` among them), and those that sign them.

    path: encoded, as `path_of` gives it. at: now, with its time zone.
    """
    moment = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    payload = hashlib.sha256(body).hexdigest()
    found = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    found |= {"x-amz-date": moment, "x-amz-content-sha256": payload}
    if who.token:
        found["x-amz-security-token"] = who.token
    names = ";".join(sorted(found))
    lines = "".join(f"{name}:{found[name]}\n" for name in sorted(found))
    request = "\n".join([method, path, query_of(query), lines, names, payload])
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{who.secret_key}".encode()
    for part in scope.split("/"):
        key = _mac(key, part)
    proof = _mac(key, "\n".join([ALGORITHM, moment, scope, digest])).hex()
    said = f"Credential={who.access_key}/{scope}, SignedHeaders={names}, Signature={proof}"
    return found | {"authorization": f"{ALGORITHM} {said}"}


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
