"""SSH as each host's sshd would really do it: by certificate, with today's algorithms, bounded."""

from collections.abc import Iterator, Mapping

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts
from bulkhead.controls.looking import first, on_hosts
from bulkhead.controls.machine import Options
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.plan import Host, Plan

ID = "ssh-entry"
EXPECTED = "sessions by certificate alone, modern algorithms, bounded, announced"
WANTED = {
    "passwordauthentication": "no",
    "kbdinteractiveauthentication": "no",
    "permitemptypasswords": "no",
    "permitrootlogin": "no",
    "authenticationmethods": "publickey",
    "hostbasedauthentication": "no",
    "allowagentforwarding": "no",
    "x11forwarding": "no",
    "permittunnel": "no",
    "gatewayports": "no",
    "hostkeyalgorithms": "ssh-ed25519",
}
OLD = {"ciphers": ("cbc", "arcfour", "3des"), "macs": ("sha1", "md5"), "kexalgorithms": ("sha1",)}
"""Parts of the names of algorithms that are past their time."""
MOST = {"maxauthtries": 3, "logingracetime": 30, "maxsessions": 4}
LONGEST = 600
"""Seconds after which a session whose other end is silent is over."""
FILE = "/etc/ssh/sshd_config.d/00-sabotage.conf"


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each host."""
    return on_hosts(facts, EXPECTED, lambda machine: machine.sshd, _judge)


def _judge(host: Host, users: Mapping[str, Options]) -> tuple[list[str], str]:
    faults = [
        f"{option} is {said.get(option, 'not told')!s} for {user}, wanted: {value}"
        for user, said in users.items()
        for option, value in WANTED.items()
        if said.get(option) != value
    ]
    for user, said in users.items():
        faults += [*_old(said), *_bounds(said)]
        if said.get("trustedusercakeys", "none") == "none":
            faults.append("it trusts no authority for users' certificates")
        if said.get("banner", "none") == "none":
            faults.append("it announces to nobody that the host is watched")
        if host.role != "bastion" and said.get("allowtcpforwarding") != "no":
            faults.append(f"{user} may forward TCP through it")
        if user != "root" and said.get("authorizedkeysfile") != "none":
            faults.append(f"keys that {user} lists for itself open a session")
    return faults or ([] if users else ["it told of no account"]), "as the baseline has it"


def _old(said: Options) -> Iterator[str]:
    for option, parts in OLD.items():
        names = said.get(option, "").split(",")
        yield from (
            f"{option}: {name} is past its time"
            for name in names
            if not name or any(part in name for part in parts)
        )


def _bounds(said: Options) -> Iterator[str]:
    for option, most in MOST.items():
        if not said.get(option, "").isdigit() or int(said[option]) > most:
            yield f"{option} is {said.get(option, 'not told')}, at most: {most}"
    alive = [said.get(name, "") for name in ("clientaliveinterval", "clientalivecountmax")]
    seconds = int(alive[0]) * int(alive[1]) if all(row.isdigit() for row in alive) else 0
    if not 0 < seconds <= LONGEST:
        yield f"a silent session is not ended within {LONGEST} s"


def _steps(plan: Plan) -> tuple[Step, ...]:
    do = f"echo 'PasswordAuthentication yes' > {FILE}"
    return (OnHost(host=first(plan, "ingest").id, do=do, undo=f"rm -f {FILE}"),)


def _flips(plan: Plan) -> frozenset[Finding]:
    return frozenset({(ID, first(plan, "ingest").id)})


CONTROL = Control(
    id=ID,
    title="SSH opens by certificate alone",
    why="A password can be guessed, and a listed key outlives its owner; a certificate of hours "
    "does neither.",
    owner="provider",
    remediation="Remove what overrides the baseline in /etc/ssh/sshd_config.d and configure the "
    "host again (site.yml, force=true).",
    reads="hosts: `sshd -T` for the provisioning account, root and a listed person",
    meets=("SR 1.11", "SR 1.12", "SR 2.6", "SR 1.7", "SR 1.10"),
    supports=("SR 1.1", "SR 1.9", "SR 1.13", "SR 3.8"),
    others=(
        *nist("AC-17", "AC-17(2)", "IA-2", "AC-7", "AC-8", "AC-12"),
        *ot("6.2.2", "6.2.4"),
        *iso("8.5", "8.24"),
        *soc("CC6.1"),
    ),
    observe=observe,
    sabotage=Sabotage(
        what="a file is put before the ingest host's sshd settings that allows passwords",
        steps=_steps,
        flips=_flips,
    ),
)
