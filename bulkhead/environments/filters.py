"""Hosts' own packet filters: as a plan means them, and as the hosts themselves tell them."""

import subprocess
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bulkhead.errors import BulkheadError, Problem
from bulkhead.network.deployed import Deployed
from bulkhead.network.filters import Filters, HostFilter, Opening, Unread, planned
from bulkhead.network.intent import intent
from bulkhead.network.parse.nft import COMMAND, host_filter
from bulkhead.plan import Plan

Ask = Callable[[str, Sequence[str]], str]
"""Runs a command as root on a host, by name; its output. BulkheadError or OSError if it fails."""
Run = Callable[[str, Sequence[str]], Any]
"""As Shells.run: what it returns has `code`, `out` and `err`."""
_AT_ONCE = 8


def planned_filters(plan: Plan, deployed: Deployed) -> Filters:
    """The rules that the role `baseline` is told to load, for each host that runs.

    None for an imported estate, on whose hosts no role of ours runs.
    """
    if plan.imported:
        return {}
    from infra.inventory.addresses import book
    from infra.inventory.firewall import Firewalls

    firewalls = Firewalls(plan, intent(plan), book(plan, deployed))
    there = {row.host for row in deployed.interfaces if row.running}
    found = {}
    for host in plan.hosts:
        if host.id in there:
            told = firewalls.of(host.id)
            ingress, egress = (
                [Opening(**{**row, "peers": tuple(row["peers"])}) for row in told[way]]
                for way in ("ingress", "egress")
            )
            found[host.id] = planned(ingress, egress)
    return found


def read_filters(hosts: Iterable[str], ask: Ask) -> Filters:
    """What each host says of its own rules, a few at a time; of one that does not, nothing."""
    names = sorted(hosts)
    with ThreadPoolExecutor(_AT_ONCE, "filters") as pool:
        return dict(zip(names, pool.map(lambda host: _read(host, ask), names), strict=True))


def _read(host: str, ask: Ask) -> HostFilter | Unread:
    try:
        return host_filter(host, ask(host, COMMAND))
    except BulkheadError as error:
        return Unread("; ".join(f"{row.where}: {row.what}" for row in error.problems))
    except OSError as error:
        return Unread(str(error))


def within(namespace: str, command: Sequence[str]) -> str:
    """An Ask of a bare host, which is a network namespace and nothing else. Needs root."""
    done = subprocess.run(
        ["ip", "netns", "exec", namespace, *command], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise OSError(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def over_ssh(run: Run) -> Ask:
    """An Ask of machines, by a session's `run` as the provisioning account."""

    def ask(host: str, command: Sequence[str]) -> str:
        ran = run(host, ("sudo", "-n", *command))
        if ran.code != 0:
            said = ran.err.strip() or f"exit code {ran.code}"
            raise BulkheadError(Problem(host, f"{' '.join(command)}: {said}"))
        return str(ran.out)

    return ask
