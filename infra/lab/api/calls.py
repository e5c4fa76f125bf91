"""One API call, freed from HTTP: what it is, whose it is, and whether it may change anything."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote

MAX_BODY = 64 * 1024 * 1024
"""Bytes of a request's body that are accepted; more is answered with 413."""

_SCOPE = re.compile(r"Credential=(?P<key>[^/,\s]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/")
_READS = ("Describe", "Get", "List", "BatchGet", "Head", "Search", "Lookup", "Query", "Scan")
_FORM = "application/x-www-form-urlencoded"
# Said by the connection, not by the call; or what moto would take an account or a region from.
_NOT_KEPT = {
    "authorization",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "transfer-encoding",
    "user-agent",
    "x-amz-security-token",
    "x-moto-account-id",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as the API understands it. `action` is empty for services without action names.

    parameters: the first value of each form or query parameter. headers: lower-case names, without
    credentials and without what belongs to the connection.
    """

    service: str
    region: str
    access_key: str
    action: str
    mutating: bool
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    parameters: Mapping[str, str]
    body: bytes


class BadCallError(Exception):
    """A request that says two things at once, or too much; the text goes to the client."""


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    found = {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k[:5] == "HTTP_"}
    if environ.get("CONTENT_TYPE"):
        found["content-type"] = environ["CONTENT_TYPE"]
    return {k: str(v) for k, v in found.items() if k not in _NOT_KEPT}


def read_body(environ: Mapping[str, Any]) -> bytes:
    """The whole body, before any lock is taken: a slow client holds up nobody but itself."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body: bytes = stream.read(MAX_BODY + 1)
    else:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = stream.read(min(length, MAX_BODY + 1)) if length > 0 else b""
        if len(body) < min(length, MAX_BODY + 1):
            raise BadCallError("the request ended before its body did")
    if len(body) > MAX_BODY:
        raise BadCallError(f"a body may have at most {MAX_BODY} bytes")
    return body


def _action(form: str, query: str, target: str) -> str:
    """The one action that the request names; naming two would let one pass as the other."""
    named = {name for name in (form, query, target.rsplit(".", 1)[-1]) if name}
    if len(named) > 1:
        raise BadCallError(f"the request names more than one action: {', '.join(sorted(named))}")
    return named.pop() if named else ""


def changes(action: str, method: str) -> bool:
    """Whether a call may change anything. Not known to be a read means yes."""
    if action:
        return not action.startswith(_READS)
    return method not in ("GET", "HEAD", "OPTIONS")


def raw_path(environ: Mapping[str, Any]) -> str:
    """The path as it was sent where the server tells, else encoded again."""
    sent = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if sent:
        return str(sent).split("?", 1)[0]
    return quote(environ.get("PATH_INFO", "/").encode("latin-1"))


def parse(environ: Mapping[str, Any]) -> Call:
    """The call that a WSGI environment carries. Raises BadCallError."""
    body, headers = read_body(environ), _headers(environ)
    query, method = environ.get("QUERY_STRING", ""), environ["REQUEST_METHOD"].upper()
    form: dict[str, str] = {}
    if headers.get("content-type", "").startswith(_FORM):
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    asked = dict(parse_qsl(query, keep_blank_values=True))
    action = _action(
        form.get("Action", ""), asked.get("Action", ""), headers.get("x-amz-target", "")
    )
    presigned = "Credential=" + asked.get("X-Amz-Credential", "")
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", "")) or _SCOPE.search(presigned)
    return Call(
        service=scope["service"] if scope else "",
        region=scope["region"] if scope else "",
        access_key=scope["key"] if scope else "",
        action=action,
        mutating=changes(action, method),
        method=method,
        path=raw_path(environ),
        query=query,
        headers=headers,
        parameters={**asked, **form},
        body=body,
    )
