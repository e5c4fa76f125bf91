"""The lab's machines once their instances run: awaited, then configured over SSH."""

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bulkhead.errors import BulkheadError, Problem
from infra.configuring.play import Played, Run, play
from infra.inventory.site import Site
from infra.ssh import door
from infra.ssh.files import write
from infra.ssh.reaches import PORT, Reach

if TYPE_CHECKING:
    from collections.abc import Iterable

Say = Callable[[str], None]
PATIENCE = 60.0
"""Seconds that a machine has, once it told its key, until its SSH answers."""
INTERVAL = 0.05
SITE = "playbooks/site.yml"
PLAN = "plan.json"
"""The plan that stands, in canonical form, in the state directory."""


@dataclass(frozen=True, slots=True)
class Machines:
    """The machines of a site."""

    site: Site
    say: Say

    def await_all(self) -> tuple[Reach, ...]:
        """Wait until every host has told its key and its SSH answers; the hosts.

        BulkheadError naming each host that does not.
        """
        rows = self.site.ready(lambda row: None)
        self._answering(rows)
        return rows

    def configure(
        self,
        only: tuple[str, ...] = (),
        *,
        check: bool = False,
        variables: Mapping[str, Any] | None = None,
    ) -> Played:
        """Run site.yml over them; converged hosts are left alone by their digest.

        only: inventory names. check: change nothing. variables: stronger than the inventory's;
        `force=True` looks at converged hosts too. BulkheadError names host and task.
        """
        # The plugin would say the same, in Ansible's words.
        self.site.inventory()
        run = replace(self._run(), only=only, check=check, variables=variables or {})
        played = play(run, self.say)
        for host in sorted(played.ok):
            if changed := played.changed[host]:
                self.say(f"{host}: configured, {changed} of {played.ok[host]} tasks changed it")
        return played

    def _run(self) -> Run:
        work = self.site.state / "ansible"
        work.mkdir(mode=0o700, parents=True, exist_ok=True)
        inventory = work / "estate.bulkhead.yml"
        said = {"plugin": "bulkhead", "plan": str(self.site.state / PLAN), "env": "lab"}
        text = json.dumps(said | {"state": str(self.site.state.parent)})
        write(inventory, text.encode(), 0o600)
        sockets = self.site.room.sockets
        return Run(playbook=SITE, inventory=inventory, work=work, sockets=sockets)

    def _answering(self, rows: "Iterable[Reach]") -> None:
        waiting = list(rows)
        end = time.monotonic() + PATIENCE
        problems = []
        with ThreadPoolExecutor(len(waiting) or 1, "boot") as pool:
            asked = {pool.submit(self._greeted, row, end): row for row in waiting}
            for count, done in enumerate(as_completed(asked), start=1):
                row = asked[done]
                if done.result():
                    self.say(f"{row.host}: SSH answers ({count} of {len(waiting)})")
                else:
                    problems.append(self._silent(row))
        if problems:
            raise BulkheadError(*problems)

    def _greeted(self, row: Reach, end: float) -> bool:
        """Whether its SSH says its name before `end`. Its thread moves into the host's network."""
        assert self.site.namespace is not None  # noqa: S101 (machines are the lab's)
        namespace = self.site.namespace(row.instance)
        while time.monotonic() < end:
            try:
                with door.connected(namespace, row.address, PORT) as way:
                    way.settimeout(2.0)
                    if way.recv(4) == b"SSH-":
                        return True
            except OSError:
                # Nothing listens yet: there is no event to wait for across its namespace.
                time.sleep(INTERVAL)
        return False

    def _silent(self, row: Reach) -> Problem:
        tail = "\n    ".join(self.site.console(row).splitlines()[-5:])
        return Problem(
            where=row.host,
            what=f"its SSH does not answer within {PATIENCE:.0f} s; its console's last words:\n"
            f"    {tail}",
            remedy="run the same command again; bulkhead down and up make it anew",
        )
