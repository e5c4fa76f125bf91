"""The gate in front of the API: who asks, in which order, written down, enforced, then answered.

What happens to one mutating call: the lock is taken; the call is executed with its own number and
time; what it can have changed is read and loaded into the fabric; it is appended to the journal and
synced; the lock is released and the call answered. Reads take the same lock, so that nobody is told
of a state that packets do not follow.

If loading or writing fails, everything is dropped, the call is taken back (the API's state is made
anew from the journal, which does not have the call), the state before is loaded, and the answer is
503 ServiceUnavailable. SDKs repeat a call after a 503, and find nothing of the first attempt. Where
the state before cannot be loaded either, the region is degraded: nothing is forwarded, and every
later mutating call first tries to load, and is answered with 503, not executed, where that fails.
"""

import hmac
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

from infra.accounts import exists
from infra.lab.api.accounts import ROLE, Credentials, assumed, held_by, role_arn
from infra.lab.api.answers import Answer, closed, error, xml
from infra.lab.api.calls import BadCallError, Call, parse
from infra.lab.api.enforcement import Enforcement
from infra.lab.api.hosts import Hosts, NoHosts, console_output, to_reboot, unknown_image
from infra.lab.api.journal import Entry, Journal
from infra.lab.api.kinds import changed, one_row
from infra.lab.api.replay import replay
from infra.lab.api.signature import signed_by
from infra.lab.api.world import Request, World

log = logging.getLogger(__name__)

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d|aws-global")
_SERVICE = re.compile(r"[a-z0-9-]+")
_CLOSED = ("/moto-api", "/latest/", "/favicon.ico", "/_")
_STS = "https://sts.amazonaws.com/doc/2011-06-15/"


class Gate:
    """The WSGI application that clients reach. `lock` is the region's one lock.

    calls: mutating calls made since the start; seconds: how long moto took for them.
    """

    def __init__(
        self,
        world: World,
        journal: Journal,
        enforcement: Enforcement,
        secret: bytes,
        hosts: Hosts | None = None,
    ) -> None:
        """hosts: what runs in the instances; None: nothing does, and any image will do."""
        self._world, self._journal, self.enforcement = world, journal, enforcement
        self._hosts, self._any_image = hosts or NoHosts(), hosts is None
        world.show(self._hosts.images)
        self._secret = secret
        self.lock = threading.RLock()
        self.broken: str | None = None
        self.calls = 0
        self.seconds = 0.0

    @property
    def accounts(self) -> list[str]:
        """Ids of the accounts in which anything was ever asked for, and of the lab's own."""
        return sorted(self._world.accounts)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Answer one request."""
        answer = self._answer(environ)
        length = ("Content-Length", str(len(answer.body)))
        start_response(f"{answer.status} -", [*answer.headers, length])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        try:
            call = parse(environ)
        except BadCallError as bad:
            return error("", 400, "InvalidRequest", str(bad))
        if self.broken is not None:
            return _unavailable(call, self.broken)
        if unquote(call.path).startswith(_CLOSED):
            return closed()
        refusal = self._refuse(call)
        if refusal is not None:
            return refusal
        with self.lock:
            return self._admit(call, environ)

    def _refuse(self, call: Call) -> Answer | None:
        if not call.access_key:
            return error(
                call.service, 403, "MissingAuthenticationToken", "the request is not signed"
            )
        if not _REGION.fullmatch(call.region) or not _SERVICE.fullmatch(call.service):
            return error(call.service, 400, "InvalidRequest", "not a credential scope of AWS")
        if call.service == "ec2" and call.region != self._world.region:
            text = f"this lab has one region, {self._world.region}; the call is for {call.region}"
            return error("ec2", 400, "InvalidRegion", text)
        return None

    def _admit(self, call: Call, environ: dict[str, Any]) -> Answer:
        held = held_by(self._secret, call.access_key)
        account = held.account if held else self._world.account_of(call.access_key)
        secret = held.secret_key if held else self._world.secret_of(call.access_key)
        if account is None or secret is None:
            return _unknown_key(call)
        if not signed_by(secret, call, environ) or not _token_fits(held, environ):
            text = "the signature does not fit the request and this access key"
            return error(call.service, 403, "SignatureDoesNotMatch", text)
        if held is not None and call.service == "sts":
            ours = self._identity(held, call)
            if ours is not None:
                return ours
        request = Request.of(call, account)
        return self._mutate(call, request) if call.mutating else self._read(call, request)

    def _read(self, call: Call, request: Request) -> Answer:
        answer = self._world.ask(request)
        if call.service == "ec2" and call.action == "GetConsoleOutput" and answer.status < 400:
            return console_output(call, self._hosts)
        return answer

    def _mutate(self, call: Call, request: Request) -> Answer:
        refusal = None if self._any_image else unknown_image(call, self._hosts)
        if refusal is not None:
            return refusal
        if self.enforcement.degraded is not None and not self.enforcement.refresh():
            return _unavailable(call, self.enforcement.degraded.why)
        number, at = self._journal.number + 1, time.time()
        started = time.perf_counter()
        answer = self._world.perform(request, number, at)
        self.seconds += time.perf_counter() - started
        entry = _entry(call, request, number, at, answer.status)
        if self._enforced(call, request, answer.status) and self._recorded(entry):
            self.calls += 1
            for instance in to_reboot(call) if answer.status < 400 else ():
                self._hosts.reboot(instance)
            return answer
        failure = self.enforcement.last_failure
        self._take_back()
        return _unavailable(call, failure.why if failure else "")

    def _enforced(self, call: Call, request: Request, status: int) -> bool:
        """Load what the call can have changed; a refused one may name what does not exist."""
        known = status < 400
        row = one_row(call.service, call.action, call.parameters) if known else None
        kinds = changed(call.service, call.action, call.parameters)
        return self.enforcement.changed(request.account, kinds, row)

    def _recorded(self, entry: Entry) -> bool:
        try:
            self._journal.append(entry)
        except OSError as failure:
            log.exception("the journal cannot be written")
            self.enforcement.fail(f"the journal cannot be written: {failure}")
            return False
        return True

    def _take_back(self) -> None:
        """Make the world what the journal says, and load that."""
        try:
            self._world.empty()
            replay(self._world, self._journal)
        except Exception as failure:
            log.exception("the API's state cannot be made anew from the journal")
            self.broken = f"the region must be restarted: {failure}"
            self.enforcement.fail(self.broken)
            return
        self.enforcement.refresh()

    def _identity(self, held: Credentials, call: Call) -> Answer | None:
        """STS for the lab's own credentials: derived, so that nothing need be journalled."""
        if call.action == "GetCallerIdentity":
            return _identity_answer(held.arn, held.account, held.access_key)
        if call.action != "AssumeRole":
            return None
        asked = call.parameters.get("RoleArn", "")
        account = asked.removeprefix("arn:aws:iam::").partition(":")[0]
        if exists(account) and asked == role_arn(account):
            return _assumed_answer(assumed(self._secret, account))
        return None


def _token_fits(held: Credentials | None, environ: dict[str, Any]) -> bool:
    """Whether a role's credentials came with their session token (the root key has none)."""
    if held is None or held.session_token is None:
        return True
    given = environ.get("HTTP_X_AMZ_SECURITY_TOKEN", "")
    return hmac.compare_digest(given.encode(), held.session_token.encode())


def _entry(call: Call, request: Request, number: int, at: float, status: int) -> Entry:
    return Entry(
        number=number,
        at=at,
        account=request.account,
        access_key=call.access_key,
        service=call.service,
        region=call.region,
        action=call.action,
        method=call.method,
        path=call.path,
        query=call.query,
        headers=dict(call.headers),
        body=call.body,
        status=status,
    )


def _unknown_key(call: Call) -> Answer:
    if call.service == "ec2":
        text = "AWS was not able to validate the provided access credentials"
        return error("ec2", 403, "AuthFailure", text)
    text = "The security token included in the request is invalid."
    return error(call.service, 403, "InvalidClientTokenId", text)


def _unavailable(call: Call, why: str) -> Answer:
    return error(call.service, 503, "ServiceUnavailable", f"the call was not made: {why}")


def _sts(action: str, result: Iterable[str]) -> Answer:
    inner = "".join(result)
    meta = "<ResponseMetadata><RequestId>bulkhead</RequestId></ResponseMetadata>"
    body = f"<{action}Result>{inner}</{action}Result>{meta}"
    return xml(200, f'<{action}Response xmlns="{_STS}">{body}</{action}Response>')


def _identity_answer(arn: str, account: str, user: str) -> Answer:
    parts = (f"<Arn>{arn}</Arn>", f"<UserId>{user}</UserId>", f"<Account>{account}</Account>")
    return _sts("GetCallerIdentity", parts)


def _assumed_answer(credentials: Credentials) -> Answer:
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 12 * 3600))
    held = (
        f"<AccessKeyId>{credentials.access_key}</AccessKeyId>"
        f"<SecretAccessKey>{credentials.secret_key}</SecretAccessKey>"
        f"<SessionToken>{credentials.session_token}</SessionToken>"
        f"<Expiration>{expires}</Expiration>"
    )
    identity = f"<AssumedRoleId>{credentials.access_key}:{ROLE}</AssumedRoleId>"
    user = f"{identity}<Arn>{credentials.arn}</Arn>"
    return _sts(
        "AssumeRole",
        (f"<Credentials>{held}</Credentials>", f"<AssumedRoleUser>{user}</AssumedRoleUser>"),
    )
