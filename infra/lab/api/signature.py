"""AWS Signature Version 4, checked: the access key id alone opens nothing.

Presigned URLs are checked as well. The body's own hash is taken from what was sent, except where
the signer said UNSIGNED-PAYLOAD or signed a stream of chunks (S3 uploads), as AWS does.
"""

import hashlib
import hmac
import re
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from infra.lab.api.calls import Call

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=[^/,\s]+/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/"
    r"aws4_request,\s*SignedHeaders=(?P<signed>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_CREDENTIAL = re.compile(r"[^/]+/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")


def _keyed(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _canonical_query(query: str, leave_out: str = "") -> str:
    pairs = [(k, v) for k, v in parse_qsl(query, keep_blank_values=True) if k != leave_out]
    encoded = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in pairs)
    return "&".join(f"{k}={v}" for k, v in encoded)


def _canonical_path(call: Call) -> str:
    """S3 signs the path as it is sent, every other service encodes it once more."""
    if call.service == "s3":
        return quote(unquote(call.path), safe="/-_.~") or "/"
    return quote(call.path, safe="/-_.~") or "/"


def _header(name: str, environ: dict[str, Any]) -> str:
    key = name.upper().replace("-", "_")
    key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
    return " ".join(str(environ.get(key, "")).split())


def _payload(call: Call, environ: dict[str, Any], presigned: bool) -> str:
    stated = str(environ.get("HTTP_X_AMZ_CONTENT_SHA256", ""))
    if stated.startswith(("UNSIGNED-PAYLOAD", "STREAMING-")):
        return stated
    if presigned and call.service == "s3":
        return "UNSIGNED-PAYLOAD"
    return hashlib.sha256(call.body).hexdigest()


def signed_by(secret: str, call: Call, environ: dict[str, Any]) -> bool:
    """Whether the request was signed with `secret`."""
    asked = dict(parse_qsl(call.query, keep_blank_values=True))
    found = _AUTHORIZATION.match(environ.get("HTTP_AUTHORIZATION", ""))
    presigned = found is None
    if found is not None:
        parts, stamp = found.groupdict(), str(environ.get("HTTP_X_AMZ_DATE", ""))
    else:
        scope = _CREDENTIAL.fullmatch(asked.get("X-Amz-Credential", ""))
        if scope is None:
            return False
        parts, stamp = scope.groupdict(), asked.get("X-Amz-Date", "")
        parts |= {
            "signed": asked.get("X-Amz-SignedHeaders", ""),
            "signature": asked.get("X-Amz-Signature", ""),
        }
    names = parts["signed"].split(";")
    lines = [
        call.method,
        _canonical_path(call),
        _canonical_query(call.query, "X-Amz-Signature" if presigned else ""),
        *(f"{name}:{_header(name, environ)}" for name in names),
        "",
        parts["signed"],
        _payload(call, environ, presigned),
    ]
    return hmac.compare_digest(
        _signature(secret, parts, stamp, "\n".join(lines)), parts["signature"]
    )


def _signature(secret: str, parts: dict[str, str], stamp: str, canonical: str) -> str:
    scope = f"{parts['date']}/{parts['region']}/{parts['service']}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, digest))
    key = f"AWS4{secret}".encode()
    for part in (parts["date"], parts["region"], parts["service"], "aws4_request"):
        key = _keyed(key, part)
    return _keyed(key, text).hex()
