"""A store in this process: it keeps what is put, can be away, and counts what it was asked."""

from bulkhead.services.objectstore.client import Answer

STS = (
    b"<R><AccessKeyId>a</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    b"<SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></R>"
)


class Peer:
    """objects: versions by `BUCKET/KEY`, in order of arrival. away: no answer. deaf: keeps what it
    is given, and its answer is lost. forbidden: prefixes that are refused."""

    def __init__(self):
        self.objects: dict[str, list[bytes]] = {}
        self.away = self.deaf = False
        self.forbidden: tuple[str, ...] = ()
        self.who = None

    def close(self):
        pass

    def send(self, method, *path, query=None, headers=None, body=b"", service="s3"):
        if self.away:
            return Answer(status=0, code="ConnectionRefusedError: nobody there")
        if method == "POST":
            return Answer(status=200, body=STS)
        assert (method, headers["if-none-match"]) == ("PUT", "*")
        name = "/".join(path)
        if name.startswith(self.forbidden or ("\0",)):
            return Answer(status=403, code="AccessDenied")
        if name in self.objects:
            return Answer(status=412, code="PreconditionFailed")
        self.objects.setdefault(name, []).append(body)
        return Answer(status=0, code="TimeoutError") if self.deaf else Answer(status=200)

    def of(self, prefix: str) -> bytes:
        """Everything below a prefix, in the order of its keys."""
        rows = sorted(name for name in self.objects if name.startswith(prefix))
        return b"".join(b"".join(self.objects[name]) for name in rows)
