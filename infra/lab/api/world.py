"""moto in this process: the state of the API, reached by calls instead of by HTTP."""

import io
import logging
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from infra.accounts import ACCOUNTS
from infra.lab.api.answers import Answer, error
from infra.lab.api.calls import Call
from infra.lab.api.chance import install, moment
from infra.lab.api.journal import Entry

log = logging.getLogger(__name__)

_NOT_PASSED_ON = {"connection", "content-length", "date", "server", "transfer-encoding"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What moto needs of a call: the same for a live one, a replayed one and one of our own."""

    account: str
    access_key: str
    service: str
    region: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, call: Call | Entry, account: str) -> "Request":
        """The request that `call` is, on behalf of `account`."""
        return cls(
            account=account,
            access_key=call.access_key,
            service=call.service,
            region=call.region,
            method=call.method,
            path=call.path,
            query=call.query,
            headers=dict(call.headers),
            body=call.body,
        )


def _environ(request: Request) -> dict[str, Any]:
    scope = f"{request.access_key}/20200101/{request.region}/{request.service}/aws4_request"
    headers = {
        **request.headers,
        "host": "127.0.0.1",
        "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "x-moto-account-id": request.account,
    }
    kept = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    target = request.path + (f"?{request.query}" if request.query else "")
    return kept | {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "RAW_URI": target,
        "REQUEST_URI": target,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


class World:
    """The API's state. Not safe for threads: whoever asks holds the region's lock.

    One process has one world, because moto keeps its state in module globals; making a second one
    empties them.
    """

    def __init__(self, seed: str, region: str) -> None:
        """Start empty: no default VPC, no key, nothing but what AWS itself would always show."""
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            create_backend_app,
        )

        from infra.lab.api.patches import apply_patches

        # The lab has no images but its own: see `show`.
        os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
        self.seed, self.region = seed, region
        install(seed)
        apply_patches()
        self._application = DomainDispatcherApplication(create_backend_app)
        self.accounts = set(ACCOUNTS.values())
        """Ids of the accounts of every estate, and of all that have asked for anything."""
        self.empty()

    def empty(self) -> None:
        """Forget everything, as if the world were new."""
        from moto.core.base_backend import BackendDict
        from moto.core.model_instances import reset_model_data
        from moto.ec2.models import ec2_backends
        from moto.iam.models import iam_backends

        ec2_backends.clear()  # else reset would first make each anew, only to throw it away
        BackendDict.reset()
        reset_model_data()
        for account in sorted(self.accounts):
            _ = ec2_backends[account][self.region], iam_backends[account]["aws"]

    def _know(self, account: str) -> None:
        """Make what moto keeps of an account, outside of any call: its ids are the call's alone."""
        if account not in self.accounts:
            from moto.ec2.models import ec2_backends
            from moto.iam.models import iam_backends

            _ = ec2_backends[account][self.region], iam_backends[account]["aws"]
            self.accounts.add(account)

    @staticmethod
    def show(images: Callable[[], Collection[str]]) -> None:
        """Show the images that `images` gives; whether one may be used is the gate's concern."""
        from infra.lab.api.patches.images import show

        show(images)

    def perform(self, request: Request, number: int, at: float) -> Answer:
        """Execute a mutating call as number `number` at Unix time `at`."""
        self._know(request.account)
        with moment(self.seed, number, at):
            return self.ask(request)

    def ask(self, request: Request) -> Answer:
        """Execute a call as it is. moto's own exceptions become 500 InternalError."""
        self._know(request.account)
        said: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            said.update(status=int(status.split(" ", 1)[0]), headers=headers)

        try:
            body = b"".join(self._application(_environ(request), start_response))
        except NotImplementedError as missing:
            text = f"the lab's API does not do this: {missing}"
            return error(request.service, 501, "NotImplemented", text)
        except Exception as failure:
            log.exception("moto failed in %s %s", request.service, request.method)
            return error(request.service, 500, "InternalError", f"{type(failure).__name__}")
        kept = tuple((k, v) for k, v in said["headers"] if k.lower() not in _NOT_PASSED_ON)
        return Answer(said["status"], kept, body)

    def account_of(self, access_key: str) -> str | None:
        """The account whose IAM made this access key (a user's, or an assumed role's)."""
        return next((account for account, _ in self._keys_named(access_key)), None)

    def secret_of(self, access_key: str) -> str | None:
        """The secret that belongs to an access key that IAM made."""
        return next((key.secret_access_key for _, key in self._keys_named(access_key)), None)

    def _keys_named(self, access_key: str) -> Iterator[tuple[str, Any]]:
        from moto.iam.models import iam_backends

        for account in self.accounts:
            keys = iam_backends[account]["aws"].access_keys
            if access_key in keys:
                yield account, keys[access_key]
