"""boto3 without sockets: clients whose requests go straight into the world."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from infra.lab.api.answers import Answer
from infra.lab.api.world import Request


class _Raw:
    """As much of a urllib3 response as botocore reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._body

    def read(self, *_: Any, **__: Any) -> bytes:
        return self._body


def _short_circuit(
    ask: Callable[[Request], Answer], service: str, region: str, account: str
) -> Any:
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders

    def send(request: Any, **_: Any) -> Any:
        url, body = urlsplit(request.url), request.body or b""
        answer = ask(
            Request(
                account=account,
                access_key="AKIABULKHEADINSIDE00",
                service=service,
                region=region,
                method=request.method,
                path=url.path or "/",
                query=url.query,
                headers={
                    name.lower(): value.decode() if isinstance(value, bytes) else str(value)
                    for name, value in request.headers.items()
                    if name.lower() not in ("content-length", "user-agent")
                },
                body=body.encode() if isinstance(body, str) else body,
            )
        )
        headers = HTTPHeaders()
        for name, value in answer.headers:
            headers[name] = value
        return AWSResponse(request.url, answer.status, headers, _Raw(answer.body))

    return send


def inside(
    ask: Callable[[Request], Answer], region: str, service: str = "ec2"
) -> Callable[[str], Any]:
    """Makes boto3 clients of `service` for account ids, answered by `ask` in this thread."""
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    session: Any = boto3.session.Session(region_name=region)
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})

    def made(account: str) -> Any:
        client = session.client(service, endpoint_url="http://127.0.0.1", config=config)
        send = _short_circuit(ask, service, region, account)
        client.meta.events.register_first("before-send.*", send)
        return client

    return made
