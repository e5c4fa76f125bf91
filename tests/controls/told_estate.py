"""The example's estate as controls would find it in order, and each control's sabotage on it.

What the API and the hosts' filters say comes from the program under mocks, as in sim; what hosts
tell, and what packets do, is made here, in the form in which the hosts' teller writes it.
"""

import copy
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path

from bulkhead.blueprint import expand, load
from bulkhead.controls.catalogue import sandboxes
from bulkhead.controls.catalogue.egress_allowlist import label, proxy_of
from bulkhead.controls.catalogue.mutual_tls import SERVERS
from bulkhead.controls.facts import Endpoint, Tried, Unknown
from bulkhead.controls.machine import machine
from bulkhead.controls.steps import AcceptOnHost, OnHost
from bulkhead.controls.stored import Held, LogStore, Shipping
from bulkhead.environments import sim
from bulkhead.environments.facts.breaking import broken, loosened
from bulkhead.network.compare import sample
from bulkhead.network.deployed import Verdict
from bulkhead.network.intent import intent
from bulkhead.network.reach import reach
from bulkhead.network.spot import spot
from bulkhead.plan import logs
from bulkhead.services.objectstore.probe import Bucket
from bulkhead.services.objectstore.worm import ATTEMPTS, Outcome
from bulkhead.wire.certificates import dotted
from infra.inventory.accounts import accounts

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"
NOW = 1_800_000_000.0
SSHD = {
    "passwordauthentication": "no",
    "kbdinteractiveauthentication": "no",
    "permitemptypasswords": "no",
    "permitrootlogin": "no",
    "authenticationmethods": "publickey",
    "hostbasedauthentication": "no",
    "allowagentforwarding": "no",
    "allowtcpforwarding": "no",
    "x11forwarding": "no",
    "permittunnel": "no",
    "gatewayports": "no",
    "hostkeyalgorithms": "ssh-ed25519",
    "ciphers": "chacha20-poly1305@openssh.com,aes256-ctr",
    "macs": "hmac-sha2-512-etm@openssh.com",
    "kexalgorithms": "curve25519-sha256",
    "maxauthtries": "3",
    "logingracetime": "30",
    "maxsessions": "4",
    "clientaliveinterval": "300",
    "clientalivecountmax": "2",
    "trustedusercakeys": "/etc/bulkhead/ssh/user_ca.pub",
    "banner": "/etc/issue.net",
    "authorizedkeysfile": "none",
    "forcecommand": "none",
}
UNIT = {
    "ActiveState": "active",
    "User": "somebody",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "PrivateTmp": "yes",
    "CapabilityBoundingSet": "",
    "SystemCallFilter": "read write",
}
PROCESS = {"NoNewPrivs": "1", "Seccomp": "2", "CapEff": "0" * 16}
RECORDED = ["use_pty", "log_output", "log_input"]


@cache
def plan():
    return expand(load(EXAMPLE))


@cache
def _deployed():
    return sim.deployed(plan())


@cache
def _filters():
    return sim.filters(plan(), _deployed())


@cache
def _tried():
    intended = intent(plan())
    zones = {host.id: host.zone for host in plan().hosts}
    flows = spot(sample(intended, reach(_deployed()), 1), intended, zones, 1)
    return {
        flow: Verdict("answered" if intended.why(flow) else "refused", None, ()) for flow in flows
    }


@dataclass(frozen=True)
class ToldFacts:
    """Facts held in tables; each may be Unknown instead."""

    plan: object
    api: object
    read: object
    told: dict = field(default_factory=dict)
    servers: dict = field(default_factory=dict)
    tried: object = None
    came: object = None
    stored: object = None
    shipped: object = None
    sidecars: object = None

    @property
    def intended(self):
        return intent(self.plan)

    @property
    def hosts(self):
        return self.plan.hosts

    def deployed(self):
        return self.api

    def filters(self):
        return self.read

    def planned_filters(self):
        return _filters()

    def machine(self, host):
        said = self.told[host] if isinstance(self.told, dict) else self.told
        return said if isinstance(said, Unknown) else machine(said, sent=NOW, received=NOW + 0.5)

    def endpoint(self, host):
        return self.servers[host] if isinstance(self.servers, dict) else self.servers

    def sidecar(self, host):
        return self.sidecars[host] if isinstance(self.sidecars, dict) else self.sidecars

    def packets(self):
        return self.tried

    def log_store(self, host):
        return self.stored

    def shipping(self, host):
        return self.shipped

    def arrived(self, host):
        return self.came[host] if isinstance(self.came, dict) else self.came


def clean():
    """Everything in order."""
    return ToldFacts(
        plan=plan(),
        api=_deployed(),
        read=_filters(),
        told={host.id: document(host) for host in plan().hosts},
        servers={host.id: server(host) for host in plan().hosts if host.role in SERVERS},
        tried=Tried(_tried()),
        came={
            **{host.id: 0.1 for host in plan().hosts},
            **{label(host.id, kind): 0.1 for host in plan().hosts for kind in ("web", "names")},
        },
        stored=store(),
        shipped=SHIPPED,
    )


SHIPPED = Shipping(
    waiting=1, waited=2.0, age=1.0, faults=(), damaged=0, may={"read": "refused", "list": "refused"}
)


def store(**changes):
    """A store in order; changes: of the bucket that the last tenant's logs are in."""
    last = logs.bucket(plan(), plan().tenants[-1].retention)
    outcomes = tuple(
        Outcome(name=row.name, says=row.says, wanted=row.wanted, result=row.wanted, answer="HTTP")
        for row in ATTEMPTS
    )

    def held(name, days):
        made = Bucket(
            name=name, locked=True, versioned=True, mode="COMPLIANCE", days=days, answer=""
        )
        if name != last or not changes:
            return Held(bucket=made, outcomes=outcomes)
        return Held(bucket=replace(made, **changes), outcomes=loose(outcomes))

    rows = tuple(
        held(name, days) for name, days in logs.buckets(plan(), logs.retention(plan())).items()
    )
    return LogStore(where="shared/audit/logstore-1", buckets=rows, seconds=2.0)


def loose(outcomes, name="shorten the retention", result="allowed"):
    """The outcomes, one of them another."""
    return tuple(replace(row, result=result) if row.name == name else row for row in outcomes)


def unreadable(why="the source was taken away"):
    """Nothing can be read."""
    none = Unknown(why)
    return ToldFacts(plan(), none, none, none, none, none, none, none, none, none)


def document(host):
    """What a host in order tells."""
    people = accounts(plan(), host, date.fromtimestamp(NOW))
    bastion = host.role == "bastion"
    forced = {"forcecommand": "/usr/local/lib/bulkhead/session"} if bastion else {}
    shown = people if bastion else people[:1]
    parts = {
        "sshd": {
            "root": dict(SSHD),
            "bulkhead": dict(SSHD) | ({"allowtcpforwarding": "local"} if bastion else {}),
            **{row["name"]: SSHD | forced for row in shown},
        },
        "accounts": [
            account("root", 0, "/bin/bash"),
            account("bulkhead", 1000, "/bin/bash", "(ALL : ALL) NOPASSWD: ALL"),
            account("daemon", 1, "/usr/sbin/nologin"),
            *(person(row, 1001 + number) for number, row in enumerate(people)),
        ],
        "sockets": sockets(host),
        "services": [service(unit) for unit in sandboxes.units(host)],
        "clock": {"now": NOW + 0.3, "active": True, "source": "10.0.16.10"},
        "journal": {"persistent": True, "forwarder": "active"},
        "keys": [
            {"path": "/etc/ssh/ssh_host_ed25519_key", "mode": 0o600, "owner": "root", "uid": 0},
            {"path": "/etc/bulkhead/tls/events.key", "mode": 0o600, "owner": "e", "uid": 999},
        ],
        "room": {"mode": 0o700, "uid": 0},
        "outward": outward(host),
        "listed": {"entries": [], "passed": []},
    }
    return copy.deepcopy({name: {"ok": value} for name, value in parts.items()})


def outward(host):
    """Nothing is given to a host that has a way out; the others ask nobody."""
    if proxy_of(plan(), host, intent(plan())) is None:
        return {"web": "", "names": [], "resolvers": []}
    names = [["x.names.invalid", "5", []], ["somebody.else", "3", []], ["1.in-addr.arpa", "3", []]]
    return {"web": "403", "names": names, "resolvers": ["10.0.16.10"]}


def service(unit):
    may, effective = sandboxes.CAPABILITIES.get(unit, ("", 0))
    return {
        "unit": unit,
        "settings": {**UNIT, "CapabilityBoundingSet": may},
        "process": {**PROCESS, "CapEff": f"{effective:016x}"},
    }


def account(name, uid, shell, sudo=""):
    return {
        "name": name,
        "uid": uid,
        "shell": shell,
        "password": "locked",
        "groups": [name],
        "sudo": sudo,
        "defaults": [],
    }


def person(row, uid):
    rights = {"all": "(ALL : ALL) NOPASSWD: ALL", "observe": "(root) NOPASSWD: /usr/sbin/nft"}
    made = account(row["name"], uid, "/bin/bash", rights.get(row["sudo"], ""))
    return made | {"groups": ["bulkhead-people"], "defaults": list(RECORDED)}


def sockets(host):
    ports = {"broker": (8883,), "historian": (5432,), "logstore": (6514, 9000)}
    found = [("tcp", "0.0.0.0", 22, "sshd"), ("tcp", "127.0.0.1", 9999, "something")]
    found += [("tcp", "[::]", port, "server") for port in ports.get(host.role, ())]
    if host.role == "proxy":
        found += [("udp", "0.0.0.0", 123, "chronyd"), ("udp", "10.0.16.10", 53, "unbound")]
        found.append(("tcp", "10.0.16.10", 3128, "squid"))
    return [
        dict(zip(("protocol", "address", "port", "process"), row, strict=True)) for row in found
    ]


def server(host):
    return Endpoint(
        asked_from="somewhere",
        name=dotted(host.id),
        versions={"TLSv1.2": False, "TLSv1.3": True},
        anonymous=False,
        said="refused",
        trusted=True,
        why="",
        names=(dotted(host.id), host.address),
        starts=NOW - 3600,
        ends=NOW + 82800,
        now=NOW,
    )


def part(facts, host, name, change):
    """The facts with one part of what a host tells changed by `change(value)`, in place."""
    told = copy.deepcopy(facts.told)
    changed = change(told[host][name]["ok"])
    if changed is not None:
        told[host][name]["ok"] = changed
    return replace(facts, told=told)


def silent(facts, host, name):
    """The facts with one part of what a host tells missing."""
    told = copy.deepcopy(facts.told)
    told[host][name] = {"error": "PermissionError: not today"}
    return replace(facts, told=told)


def _host(control):
    (step,) = control.sabotage.steps(plan())
    assert isinstance(step, OnHost)
    return step.host


def _served(facts, host, **changes):
    return replace(facts, servers={**facts.servers, host: replace(facts.servers[host], **changes)})


def _no_answer(facts, control):
    """The wrong route: what the asker sends to the historian is not answered."""
    flips = {subject for _, subject in control.sabotage.flips(plan())}
    tried = {
        flow: Verdict("one-way", None, ()) if flips & set(facts.intended.why(flow)) else verdict
        for flow, verdict in facts.tried.verdicts.items()
    }
    return replace(facts, tried=Tried(tried))


def _let_out(facts, control):
    """A wildcard on the proxy, or an exception in the resolver, as each host then finds it."""
    changes = {
        "egress-allowlist": lambda said: said.update(web="503"),
        "name-allowlist": lambda said: said["names"][0].__setitem__(2, ["198.51.100.99"]),
    }
    wildcard = ["*.web.invalid", "borealis", "9999-12-31"]
    for _, host in control.sabotage.flips(plan()):
        if host == "shared/egress/proxy-1":
            facts = part(facts, host, "listed", lambda row: row["entries"].append(wildcard))
        else:
            facts = part(facts, host, "outward", changes[control.id])
    return facts


def _each(rows, **changes):
    for row in rows:
        row.update(changes)


ON_HOSTS = {
    "ssh-entry": ("sshd", lambda users: _each(users.values(), passwordauthentication="yes")),
    "named-accounts": ("accounts", lambda rows: rows.append(account("mallory", 1009, "/bin/sh"))),
    "listening": (
        "sockets",
        lambda rows: rows.append(
            {"protocol": "tcp", "address": "0.0.0.0", "port": 4444, "process": "python3"}
        ),
    ),
    "sandboxes": ("services", lambda rows: rows[0]["settings"].update(NoNewPrivileges="no")),
    "clocks": ("clock", lambda clock: clock.update(active=False, source="")),
    "private-keys": ("keys", lambda rows: rows[1].update(mode=0o644)),
    "events": ("journal", lambda journal: journal.update(forwarder="inactive")),
    "sessions": ("accounts", lambda rows: _each(rows, defaults=[*RECORDED, "!log_output"])),
}
"""Which part of a host's word a sabotage changes, and how."""


SERVED = {
    "mutual-tls": {"versions": {"TLSv1.2": True, "TLSv1.3": True}},
    "certificates": {"trusted": False, "why": "self-signed", "names": ("impostor",)},
}
"""What a sabotage changes of a server's handshake."""


def sabotaged(control):
    """The facts once a control's sabotage was done on an estate in order."""
    facts, steps = clean(), control.sabotage.steps(plan())
    if control.id in ON_HOSTS:
        name, change = ON_HOSTS[control.id]
        return part(facts, _host(control), name, change)
    if control.id in CHANGED:
        return CHANGED[control.id](facts, control)
    if control.id in SERVED:
        return _served(facts, _host(control), **SERVED[control.id])
    assert not any(isinstance(step, OnHost) for step in steps)
    if any(isinstance(step, AcceptOnHost) for step in steps):
        return replace(facts, read=loosened(facts.read, steps))
    return replace(facts, api=broken(facts.api, steps))


CHANGED = {
    "egress-allowlist": _let_out,
    "name-allowlist": _let_out,
    "packets": _no_answer,
    "log-storage": lambda facts, _: replace(facts, stored=store(mode="GOVERNANCE")),
    "log-shipping": lambda facts, _: replace(
        facts, shipped=replace(SHIPPED, may={"read": "allowed"})
    ),
}
"""The controls whose facts change in a way of their own."""
