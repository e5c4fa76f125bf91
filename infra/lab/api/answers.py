"""Answers that are ours, not moto's: errors in the shape that the asked service's clients parse."""

import json
from dataclasses import dataclass
from xml.sax.saxutils import escape

_JSON_SERVICES = frozenset(
    {"budgets", "cloudtrail", "ssm", "kms", "logs", "secretsmanager", "dynamodb", "tagging", "ecs"}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: status, headers in order, body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def xml(status: int, text: str) -> Answer:
    """An XML document as an answer."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    return Answer(status, (("Content-Type", "text/xml"), ("x-amzn-RequestId", "bulkhead")), body)


def error(service: str, status: int, code: str, message: str) -> Answer:
    """An error with an AWS error code, as a client of `service` expects it."""
    inner = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if service == "ec2":
        errors = f"<Errors><Error>{inner}</Error></Errors><RequestID>bulkhead</RequestID>"
        return xml(status, f"<Response>{errors}</Response>")
    if service == "s3":
        return xml(status, f"<Error>{inner}<RequestId>bulkhead</RequestId></Error>")
    if service in _JSON_SERVICES:
        body = json.dumps({"__type": code, "message": message}).encode()
        return Answer(status, (("Content-Type", "application/x-amz-json-1.1"),), body)
    kind = "Sender" if status < 500 else "Receiver"
    inside = f"<Error><Type>{kind}</Type>{inner}</Error><RequestId>bulkhead</RequestId>"
    return xml(status, f"<ErrorResponse>{inside}</ErrorResponse>")


def closed() -> Answer:
    """What is not part of AWS's API is not open to clients."""
    return error("", 403, "AccessDenied", "this path is closed in the lab")
