"""A signed scope: who may be probed outside the lab, how fast and when. Everybody else may not.

    hosts: [borealis/ingest/broker-1]
    rate: 20                        # probes per second, at most
    from: 2026-11-22T10:00:00Z
    until: 2026-11-22T12:00:00Z

The asset owner signs the file with an SSH key (`ssh-keygen -Y sign -n bulkhead-probe -f KEY FILE`),
and the list of those who may sign is an `allowed_signers` file as in ssh-keygen(1).
"""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from bulkhead.blueprint.kinds import PLANT
from bulkhead.errors import MissingHere, Problem, WrongInput
from bulkhead.network.deployed import Flow
from bulkhead.plan import INTERNET, Plan

NAMESPACE = "bulkhead-probe"
FASTEST = 1000
"""Probes per second that no scope may exceed."""
KEYS = {"hosts", "rate", "from", "until"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a signer allows. rate: probes per second. start, end: UTC. signer: who signed."""

    hosts: frozenset[str]
    rate: int
    start: datetime
    end: datetime
    signer: str

    def why_not(self, flow: Flow, plants: frozenset[str], now: datetime) -> str:
        """Why this flow may not be tried now, as a phrase; empty if it may.

        plants: the hosts on customers' premises, which are never touched whatever a scope says.
        """
        if not self.start <= now <= self.end:
            return f"outside the window {self.start.isoformat()} to {self.end.isoformat()}"
        if flow.source != INTERNET or flow.path != "public":
            return "from here only the public way in can be tried"
        if flow.target in plants:
            return "a plant's asset is never probed"
        if flow.target not in self.hosts:
            return "not in the signed scope"
        if flow.protocol != "tcp":
            return "from outside, silence of UDP and ICMP says nothing"
        return ""


def plant_hosts(plan: Plan) -> frozenset[str]:
    """The hosts that stand on customers' premises.

    Of an imported estate, those that its file says, or guesses, to be of a plant's zones.
    """
    networks = {row.id for row in plan.networks if row.standin}
    subnets = {row.id for row in plan.subnets if row.network in networks}
    zones = {row.id for row in plan.zones if plan.imported and row.kind in PLANT}
    return frozenset(
        host.id
        for host in plan.hosts
        if host.subnet in subnets or host.zone in zones or host.role in PLANT["ot"]
    )


def load_scope(path: Path, signers: Path, plan: Plan) -> Scope:
    """The scope in `path`, if `path.sig` is a signature of it by one of `signers`. Fails closed."""
    try:
        content = path.read_bytes()
        signature = path.with_name(path.name + ".sig")
        signature.read_bytes()
        listed = signers.read_text()
    except OSError as error:
        raise WrongInput(
            Problem(
                where=str(error.filename),
                what=f"cannot be read: {error.strerror}",
                remedy=f"sign the scope: ssh-keygen -Y sign -n {NAMESPACE} -f KEY {path}",
            )
        ) from None
    signer = _signer(content, signature, signers, listed)
    return _parsed(path, content, signer, {host.id for host in plan.hosts})


def _signer(content: bytes, signature: Path, signers: Path, listed: str) -> str:
    """Who of the listed signed exactly these bytes."""
    for line in listed.splitlines():
        principal = line.split()[0] if line.strip() and not line.startswith("#") else ""
        if principal and _verified(content, signature, signers, principal):
            return principal
    raise WrongInput(
        Problem(
            where=str(signature),
            what="it is no valid signature of the scope by any of the allowed signers",
            allowed=f"a signer listed in {signers}",
            remedy="have the asset owner sign the file as it now stands",
        )
    )


def _verified(content: bytes, signature: Path, signers: Path, principal: str) -> bool:
    command = ["ssh-keygen", "-Y", "verify", "-n", NAMESPACE, "-I", principal]
    command += ["-f", str(signers), "-s", str(signature)]
    try:
        done = subprocess.run(command, input=content, capture_output=True, check=False)
    except FileNotFoundError:
        raise MissingHere(
            Problem(
                where="ssh-keygen",
                what="is needed to check the scope's signature",
                remedy="apt-get install openssh-client",
            )
        ) from None
    return done.returncode == 0


def _parsed(path: Path, content: bytes, signer: str, known: set[str]) -> Scope:
    try:
        value = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _wrong(path, f"it is not YAML: {str(error).splitlines()[0]}", "") from None
    if not isinstance(value, dict) or set(value) != KEYS:
        raise _wrong(path, "it has other keys", ", ".join(sorted(KEYS)))
    hosts = value["hosts"]
    if not isinstance(hosts, list) or not hosts or not set(map(str, hosts)) <= known:
        raise _wrong(path, f"hosts: {hosts!r}", "a list of hosts of the blueprint")
    rate = value["rate"]
    if type(rate) is not int or not 1 <= rate <= FASTEST:
        raise _wrong(path, f"rate: {rate!r}", f"1 to {FASTEST} probes per second")
    start, end = (_time(path, name, value[name]) for name in ("from", "until"))
    if end <= start:
        raise _wrong(path, f"until ({end.isoformat()}) is not after from", "")
    return Scope(hosts=frozenset(hosts), rate=rate, start=start, end=end, signer=signer)


def _time(path: Path, name: str, value: Any) -> datetime:
    """A time with its zone; YAML has made a datetime of it already, or left a string."""
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise _wrong(path, f"{name}: {value!r}", "a time such as 2026-11-22T10:00:00Z") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _wrong(path: Path, what: str, allowed: str) -> WrongInput:
    return WrongInput(Problem(where=str(path), what=what, allowed=allowed))
