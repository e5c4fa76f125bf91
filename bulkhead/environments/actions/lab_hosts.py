"""How an action comes upon a lab's hosts: entered as their root, or as their service's account."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from bulkhead.errors import BulkheadError, Problem
from bulkhead.network.deployed import Deployed, Flow
from bulkhead.plan import Host, Plan

if TYPE_CHECKING:
    from bulkhead.environments.standing import Standing
    from infra.lab.probe import Vantage

LIBRARY = "/opt/bulkhead/lib"
SERVICES = {
    "gateway": "bulkhead-gateway",
    "ingest": "bulkhead-ingest",
    "plc": "bulkhead-plc",
}
"""The account of each role's service, on machines."""
NOBODY = "nobody"
"""The account on bare hosts, which have none of their own."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """The hosts that run, at one moment. machines: those that are more than a namespace."""

    plan: Plan
    vantages: "Mapping[str, Vantage]"
    instances: Mapping[str, str]
    machines: frozenset[str]
    state: Path
    fabric: str

    @staticmethod
    def of(standing: "Standing", plan: Plan, deployed: Deployed) -> "Hosts":
        """As the region's API says."""
        from infra.lab.fabric.names import namespace

        return Hosts(
            plan=plan,
            vantages=standing.vantages(),
            instances={row.host: row.instance for row in deployed.interfaces},
            machines=standing.machines(),
            state=Path(standing.info.state),
            fabric=namespace(standing.info.lab, "fabric"),
        )

    def planned(self, host: str) -> Host:
        """What the plan says of a host that is there."""
        return next(row for row in self.plan.hosts if row.id == host)

    def missing(self, *hosts: str) -> str:
        """Why hosts cannot be asked; empty if they can."""
        gone = [host for host in hosts if host not in self.vantages]
        return f"no host {' or '.join(gone)} runs here" if gone else ""

    def destination(self, flow: Flow) -> str | None:
        """The address that the attempt is sent to."""
        there = self.vantages[flow.target]
        return there.public if flow.path == "public" else there.address

    def as_root(self, host: str) -> list[str]:
        """What to put before a command so that it runs on the host, as root."""
        if host not in self.machines:
            return ["ip", "netns", "exec", self.vantages[host].namespace]
        from infra.lab.hosts import inside

        return inside.entered(self.state / "hosts" / self.instances[host])

    def as_service(self, host: str) -> list[str]:
        """The same, with the rights of the host's service and no way to more."""
        account = SERVICES.get(self.planned(host).role) if host in self.machines else NOBODY
        if account is None:
            raise BulkheadError(Problem(host, "no service of ours runs there to be taken over"))
        drop = ["setpriv", f"--reuid={account}", f"--regid={_group(account)}", "--clear-groups"]
        return [*self.as_root(host), *drop, "--no-new-privs", "env", f"PYTHONPATH={LIBRARY}"]

    def beside(self, host: str, network: str) -> list[str]:
        """As `as_service`, but with the network of another host: files stay where they are."""
        entered = self.as_service(host)
        if network == host:
            return entered
        inside = f"--net=/run/netns/{self.vantages[network].namespace}"
        return [entered[0], inside, *entered[1:]]

    def run(self, host: str, command: Sequence[str], stdin: str = "", timeout: float = 30.0) -> str:
        """Run a command on a host as root; its output. BulkheadError where it fails."""
        done = subprocess.run(
            [*self.as_root(host), *command],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        if done.returncode:
            said = done.stderr.strip()[-500:] or f"exit code {done.returncode}"
            raise BulkheadError(Problem(host, f"{command[0]}: {said}"))
        return done.stdout


def _group(account: str) -> str:
    return "nogroup" if account == NOBODY else account


STREAMED = ("attacker", "holder")
"""Modules beside this one that run on hosts, which have neither them nor this package."""
LOADER = """
import sys, types
for name, text in {sources!r}.items():
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(text, name, "exec"), module.__dict__)
sys.modules[{first!r}].main()
"""


@cache
def script() -> str:
    """The streamed modules as one program, each under its own name."""
    here = Path(__file__)
    names = {f"{__package__}.{name}": here.with_name(f"{name}.py") for name in STREAMED}
    sources = {name: path.read_text() for name, path in names.items()}
    return LOADER.format(sources=sources, first=next(iter(sources)))


Said = Mapping[str, Any]


class Errand:
    """The attacker's script at work on one host; `out` gives a JSON document in a line.

    network: the host in whose network it works, where that is another one. Closing ends it: its
    standard input is closed, which it heeds, and it is killed if it does not.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (each is a part of one order)
        self,
        hosts: Hosts,
        host: str,
        do: str,
        jobs: Sequence[Said],
        patience: float,
        network: str | None = None,
    ) -> None:
        python = "python3" if host in hosts.machines else _python()
        self._process = subprocess.Popen(
            [*hosts.beside(host, network or host), python, "-c", script()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
        )
        self._in = cast("IO[bytes]", self._process.stdin)
        self.out = cast("IO[bytes]", self._process.stdout)
        asked = json.dumps({"do": do, "jobs": list(jobs), "patience": patience})
        self._in.write(asked.encode() + b"\n")
        self._in.flush()

    def all(self, timeout: float) -> list[Said]:
        """Everything it says, once it is over. BulkheadError if it fails or takes longer."""
        try:
            out, err = self._process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.close()
            raise BulkheadError(Problem("errand", f"not over after {timeout:g} s")) from None
        if self._process.returncode:
            raise BulkheadError(Problem("errand", err.decode(errors="replace").strip()[-500:]))
        return [json.loads(line) for line in out.splitlines()]

    def ask(self) -> None:
        """Give it another line. BulkheadError where it has ended."""
        try:
            self._in.write(b"\n")
            self._in.flush()
        except OSError as error:
            raise BulkheadError(Problem("errand", f"it has ended: {error}")) from None

    def close(self) -> None:
        """End it."""
        for pipe in (self._in, self.out):
            if not pipe.closed:
                pipe.close()
        try:
            self._process.wait(0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()


def _python() -> str:
    """The interpreter for bare hosts: the machine's own, for anybody can read that one."""
    return "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else "python3"


def by_source(actions: Sequence[Any]) -> dict[str, list[int]]:
    """The places of actions, by the host that they start from."""
    found: dict[str, list[int]] = {}
    for index, action in enumerate(actions):
        found.setdefault(action.source, []).append(index)
    return found
