"""A bench for roles: real machines in a small network of their own, and playbooks run on them.

For a role's author. One bench a session (the fixture `bench`), a host for each test module::

    ROLE = "broker"

    @pytest.fixture(scope="module")
    def host(bench):                                # boots at once, is awaited by the first play
        yield bench.host("acme.ingest.broker-1", "10.213.0.11", authority="acme/workload")
        bench.remove("acme.ingest.broker-1")

    def test_the_good_host_passes_all(bench, host):
        fresh = bench.play(ROLE, host, GOOD, check=True)   # --check on a fresh host
        assert not fresh.failed, fresh.stdout
        assert bench.play(ROLE, host, GOOD).changed
        again = bench.play(ROLE, host, GOOD)
        assert not again.changed, again.tasks
        for check in CHECKS.values():
            check(bench.testinfra(host))            # a testinfra host; a check asserts or returns

What there is:

- `bench.host(name, address, **variables)` starts a machine: `name` is its inventory name, hostname
  and certificate name (dotted); `address` is in 10.213.0.0/16, from .0.2 on. All hosts reach each
  other and nothing else; nothing filters between them but their own firewalls. The variables that
  all roles have (trust_directory, certificate_*, authority, baseline_ssh_user_ca, ...) have
  defaults here and can be overridden; give it authority="acme/workload" or the like.
- `bench.play(role, host, variables, check=False, tasks=...)`: `role` is a name, a list of names, or
  None with `tasks` (a list of Ansible tasks); it runs over SSH by the account `bulkhead`, with
  sudo, the key and the certificate, as in the real playbook. `host` may be a list. PlayResult:
  `changed` and `failed` (tasks' names; empty is falsy), `ok`, `tasks` (task, status, message),
  `messages`, `stdout`. Nothing is raised when a play fails: assert on it.
- `bench.testinfra(host)` is a testinfra host, `bench.run(host, command)` a CompletedProcess of a
  shell command inside: both enter the machine as root without SSH, in milliseconds.
- `bench.ssh(host, command, user=..., key=...)` is a session by SSH, as a person has it.
- `bench.flipped(checks, host)`: names of those checks that fail, for the known-bad fixture:
  `assert bench.flipped(CHECKS, host) == {"acl_is_strict"}` (an AssertionError is a flip; any other
  error is an error).
- `bench.known_bad(role)`: the rows of known_bad/<role>.yml, each {name, run, flips: [...], heal}:
  `run` breaks the host by a shell command inside, `flips` names exactly the checks that must fail.
  `bench.sabotage(row, host)` is a context that breaks and heals (`heal`, else nothing: then the
  role itself must heal it).
- `bench.restart(host, power=True)` cuts its power and starts it again.
- `bench.operator`: a namespace that reaches all hosts (source 10.213.0.1, which stands for the
  bastion); `bench.client(argv)` runs a command in it. `bench.trust` are the authorities,
  `bench.issue(name, authority, usages=("client",))` makes (key, certificate, anchors) files for
  a client of a test.

The image is baked when an install part changed: minutes the first time, then cached.
"""

import contextlib
import itertools
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from bench_clients import issue
from bench_entered import host as entered
from bench_network import BASTION, Network, run
from bench_play import PlayResult
from bench_play import playbook as run_playbook

from bulkhead.trust.local import local
from infra.lab import image
from infra.lab.hosts.machine import Machine

HERE = Path(__file__).parent
USER_DATA = """#!/bin/sh
set -eu
id bulkhead >/dev/null 2>&1 || useradd --create-home --shell /bin/bash bulkhead
install -d -m 0700 -o bulkhead -g bulkhead /home/bulkhead/.ssh
printf '%s\\n' '{key}' >/home/bulkhead/.ssh/authorized_keys
chown bulkhead:bulkhead /home/bulkhead/.ssh/authorized_keys
chmod 0600 /home/bulkhead/.ssh/authorized_keys
printf 'bulkhead ALL=(ALL) NOPASSWD: ALL\\n' >/etc/sudoers.d/40-bulkhead
chmod 0440 /etc/sudoers.d/40-bulkhead
"""
_KEYS = re.compile(r"BEGIN SSH HOST KEY KEYS-+\s+(.*?)-+END SSH HOST KEY KEYS", re.DOTALL)
_NUMBERS = itertools.count(1)


@dataclass(slots=True)
class _Host:
    machine: Machine
    address: str
    variables: dict[str, Any]
    known: bool = False


Check = Callable[[Any], None]


class Bench:
    """Machines of a test session. See the module's text."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._image = image.ensure(lambda text: sys.stderr.write(f"{text}\n"))
        self.network = Network(f"bht{os.getpid()}")
        self.operator, self.client = self.network.operator, self.network.client
        self._hosts: dict[str, _Host] = {}
        self.trust_directory = directory / "trust"
        self.trust = local(self.trust_directory)
        self._operator_key()
        self._ssh_config()

    # The operator: a key that user data lists, and its certificate.

    def _operator_key(self) -> None:
        self.key = self.directory / "operator"
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", str(self.key))
        self.certify(self.trust.ssh_users().sign)

    def certify(self, sign: Callable[..., str], principals: Sequence[str] = ("provision",)) -> None:
        """Give the operator a certificate by `sign` (an SshAuthority's method)."""
        public = Path(f"{self.key}.pub").read_text()
        line = sign(public, key_id="operator", principals=list(principals), lifetime=3600)
        Path(f"{self.key}-cert.pub").write_text(f"{line.strip()}\n")

    def _ssh_config(self) -> None:
        self.ssh_config, self._known = self.directory / "ssh_config", self.directory / "known_hosts"
        self._known.touch()
        relay = 'exec 3<>/dev/tcp/%h/%p; cat <&3 & trap "kill $!" EXIT HUP; cat >&3'
        self.ssh_config.write_text(
            "Host *\n"
            f"  ProxyCommand nsenter --net=/run/netns/{self.operator} bash -c '{relay}'\n"
            f"  IdentityFile {self.key}\n  CertificateFile {self.key}-cert.pub\n"
            "  IdentitiesOnly yes\n  User bulkhead\n  BatchMode yes\n  LogLevel ERROR\n"
            f"  StrictHostKeyChecking yes\n  UserKnownHostsFile {self._known}\n"
            + "".join(f"Host {n}\n  HostName {h.address}\n" for n, h in self._hosts.items())
        )

    # Hosts.

    def host(self, name: str, address: str, *, root: Path | None = None, **variables: Any) -> str:
        """Start a machine (on another tree than the image's, if `root`); gives `name`."""
        namespace = self.network.join(address)
        machine = Machine(
            name=namespace,
            namespace=namespace,
            image=root or self._image.root,
            directory=self.directory / "hosts" / namespace,
        )
        known = self._defaults(name, address) | variables
        # A strange tree tells no keys: it is entered, never asked by SSH.
        self._hosts[name] = _Host(machine, address, known, known=root is not None)
        self._start(name)
        self._ssh_config()
        return name

    def _start(self, name: str) -> None:
        public = Path(f"{self.key}.pub").read_text().strip()
        user_data = USER_DATA.format(key=public)
        self._hosts[name].machine.start(hostname=name, user_data=user_data, tags={})

    def restart(self, host: str, *, power: bool = False) -> None:
        """Shut a host down and start it again; `power`: as if its power were cut."""
        machine = self._hosts[host].machine
        if power:
            machine.kill()
        else:
            machine.stop()
        self._start(host)
        machine.await_ready(60)

    def _defaults(self, name: str, address: str) -> dict[str, Any]:
        return {
            "host_id": name.replace(".", "/"),
            "tenant": name.partition(".")[0],
            "zone": name.rpartition(".")[0].replace(".", "/"),
            "role": "bench",
            "plan_digest": "bench",
            "trust_directory": str(self.trust_directory),
            "certificate_names": [name],
            "certificate_addresses": [address],
            "certificate_lifetime": 86400,
            "authority": f"{name.partition('.')[0]}/workload",
            "baseline_ssh_user_ca": self.trust.ssh_users().anchor(),
            "baseline_accounts": [],
            "baseline_events": {},
            "baseline_firewall": OPEN_TO_BASTION,
            "baseline_advisories": [],
            "timesync_servers": [],
            "timesync_serves": [],
            "timesync_steers": False,
        }

    def machine(self, host: str) -> Machine:
        """The machine under a host, e.g. to kill it."""
        return self._hosts[host].machine

    def remove(self, host: str) -> None:
        """Take a host away."""
        gone = self._hosts.pop(host)
        for socket in (self.directory / "cp").glob("*"):
            run("ssh", "-o", f"ControlPath={socket}", "-O", "exit", "host", check=False)
        gone.machine.remove()
        self.network.leave(gone.machine.namespace)
        self._ssh_config()

    def close(self) -> None:
        """Take everything away."""
        for host in list(self._hosts):
            self.remove(host)
        self.network.close()

    def ready(self, *hosts: str) -> None:
        """Wait until hosts answer SSH, and learn their keys from their consoles, once."""
        for name in hosts:
            host = self._hosts[name]
            if not host.known:
                host.machine.await_ready(60)
                self._known.write_text(self._known.read_text() + _host_keys(name, host))
                host.known = True

    def run(
        self, host: str, command: str, *, check: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell command inside a host as root, without SSH."""
        self.ready(host)
        entered = self._hosts[host].machine.entered()
        return run(*entered, "sh", "-c", command, check=check)

    def testinfra(self, host: str) -> Any:
        """A testinfra host (pytest-testinfra's `host`), as root."""
        self.ready(host)
        return entered(host, self._hosts[host].machine.entered)

    def ssh(
        self,
        host: str,
        command: str,
        *options: str,
        user: str = "bulkhead",
        key: Path | None = None,
        stdin: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """A command (or, if empty, a shell) in a session by SSH; `key` for the operator's."""
        self.ready(host)
        config = self.ssh_config if key is None else self._config_for(key)
        words = ["ssh", "-F", str(config), "-o", "ControlPath=none", "-l", user, *options, host]
        return run(*words, *([command] if command else []), check=False, stdin=stdin or "")

    def jump(
        self, host: str, address: str, port: int, *, user: str, key: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """What is said first at an address behind a host, by a forwarded connection."""
        return self.ssh(host, "", "-W", f"{address}:{port}", user=user, key=key)

    def person(self, name: str, principals: Sequence[str], lifetime: int = 3600) -> Path:
        """A person's key with a certificate of the users' authority."""
        key = self.directory / f"person-{name}-{next(_NUMBERS)}"
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
        line = self.trust.ssh_users().sign(
            Path(f"{key}.pub").read_text(),
            key_id=name,
            principals=list(principals),
            lifetime=lifetime,
        )
        Path(f"{key}-cert.pub").write_text(f"{line.strip()}\n")
        return key

    def _config_for(self, key: Path) -> Path:
        """The bench's ssh_config with another identity."""
        config = Path(f"{key}.config")
        config.write_text(self.ssh_config.read_text().replace(str(self.key), str(key)))
        return config

    # Plays.

    def play(
        self,
        role: str | Sequence[str] | None,
        host: str | Sequence[str],
        variables: Mapping[str, Any] | None = None,
        check: bool = False,
        tasks: Sequence[Mapping[str, Any]] = (),
        path: Path | None = None,
        arguments: Sequence[str] = (),
    ) -> PlayResult:
        """Run roles or tasks, or a playbook of the project, on hosts."""
        hosts = [host] if isinstance(host, str) else list(host)
        inventory = self.inventory(hosts, variables or {})
        roles = [role] if isinstance(role, str) else list(role or ())
        play = {"name": "Bench", "hosts": "all", "gather_facts": False, "become": True}
        play |= {"roles": [{"role": one} for one in roles], "tasks": list(tasks)}
        here = inventory.with_name("play.yml")
        here.write_text(yaml.safe_dump([play], sort_keys=False))
        return run_playbook(path or here, inventory, check=check, arguments=arguments)

    def inventory(self, hosts: Sequence[str], variables: Mapping[str, Any]) -> Path:
        """An inventory file of hosts that are up, in a directory of its own."""
        self.ready(*hosts)
        room = self.directory / "plays" / f"{next(_NUMBERS)}"
        room.mkdir(parents=True)
        reach = {
            "ansible_user": "bulkhead",
            "ansible_ssh_common_args": f"-F {self.ssh_config}",
            "ansible_control_path_dir": str(self.directory / "cp"),
        }
        rows = {name: reach | self._hosts[name].variables | variables for name in hosts}
        groups = {f"role_{row['role']}" for row in rows.values()}
        children = {
            group: {"hosts": {n: {} for n, row in rows.items() if f"role_{row['role']}" == group}}
            for group in groups
        }
        text = yaml.safe_dump({"estate": {"hosts": rows, "children": children}})
        (room / "inventory.yml").write_text(text)
        return room / "inventory.yml"

    # Known-bad fixtures.

    def flipped(self, checks: Mapping[str, Check], host: str) -> set[str]:
        """Names of the checks that fail on a host."""
        return {name for name, check in checks.items() if not _holds(check, self.testinfra(host))}

    def known_bad(self, role: str) -> list[dict[str, Any]]:
        """The rows of known_bad/<role>.yml."""
        return known_bad(role)

    @contextlib.contextmanager
    def sabotage(self, row: Mapping[str, Any], host: str) -> Iterator[None]:
        """Break a host as a known-bad row says, and heal it afterwards if the row says how."""
        self.run(host, row["run"], check=True)
        try:
            yield
        finally:
            if row.get("heal"):
                self.run(host, row["heal"], check=True)

    def issue(self, name: str, authority: str, **more: Any) -> tuple[Path, Path, Path]:
        """Files of a key, its certificate and the anchor, for a client that a test plays."""
        room = self.directory / "clients" / f"{next(_NUMBERS)}"
        return issue(self.trust, room, name, authority, **more)


OPEN_TO_BASTION = {
    "ingress": [
        {
            "conduit": "shared/administer",
            "protocol": "tcp",
            "first": 22,
            "last": 22,
            "peers": [f"{BASTION}/32"],
        },
    ],
    "egress": [],
}
"""`baseline_firewall` of a bench host by default."""


def known_bad(role: str) -> list[dict[str, Any]]:
    """The rows of known_bad/<role>.yml, for `pytest.mark.parametrize` as well."""
    rows: list[dict[str, Any]] = yaml.safe_load((HERE / "known_bad" / f"{role}.yml").read_text())
    return rows


def _holds(check: Check, host: Any) -> bool:
    try:
        check(host)
    except AssertionError:
        return False
    return True


def _host_keys(name: str, host: _Host) -> str:
    """What first boot told on the console, which may come a moment after SSH answers."""
    bound = time.monotonic() + 10
    while not (found := _KEYS.search(host.machine.console())):
        assert time.monotonic() < bound, f"{name} told no host keys:\n{host.machine.console()}"
        time.sleep(0.02)
    lines = [line.split()[:2] for line in found.group(1).splitlines()]
    keys = [line for line in lines if line and line[0].startswith(("ssh-", "ecdsa-"))]
    return "".join(f"{host.address} {kind} {key}\n" for kind, key in keys)
