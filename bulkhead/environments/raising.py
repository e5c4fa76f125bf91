"""One `up`: what differs is said first, in zones and conduits; then only that is changed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bulkhead.environments.words import loosens, sentence
from bulkhead.errors import Problem, WrongInput
from bulkhead.plan import Plan, digest
from bulkhead.plan.loosening import loosened
from bulkhead.plan.windows import open_at
from infra.specs.project import specs

if TYPE_CHECKING:
    from infra.program.engine import Change, Engine
    from infra.specs.tables import StackSpec

Say = Callable[[str], None]
EVERY = 25
"""Steps between two lines of progress."""


@dataclass(slots=True)
class Result:
    """What one `up` did or would do: sentences for people, the engine's steps counted.

    loosens: of the sentences' changes those that let more through or protect less, in words of
    zones and conduits. booted, configured: seconds, for machines. changed: hosts that configuring
    changed.
    """

    digest: str
    sentences: list[str] = field(default_factory=list)
    loosens: list[str] = field(default_factory=list)
    steps: int = 0
    hosts: int = 0
    endpoint: str = ""
    booted: float | None = None
    configured: float | None = None
    changed: int = 0

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return {
            "digest": self.digest,
            "changes": self.sentences,
            "loosens": self.loosens,
            "steps": self.steps,
            "hosts": self.hosts,
            "aws_endpoint": self.endpoint,
            "booted_s": self.booted,
            "configured_s": self.configured,
            "configured_hosts": self.changed,
        }

    def summary(self) -> str:
        """For people, at the end."""
        did = f"{self.steps} steps" if self.steps else "nothing had to change"
        run = f"{self.hosts} hosts run"
        if self.booted is not None:
            run += f", SSH awaited {self.booted:.1f} s"
        if self.configured is not None:
            which = f"{self.changed} hosts changed" if self.changed else "no host had to change"
            run += f", configured in {self.configured:.1f} s ({which})"
        return f"up: {did}; {run}; AWS API at {self.endpoint}"


def _outside(stack: str, hosts: list[str]) -> Problem:
    return Problem(
        where=f"stack {stack}",
        what=f"{', '.join(hosts)} would be replaced, with all that is on them, outside of the "
        "tenant's maintenance windows",
        allowed="within them; as an emergency at any time",
        remedy="wait for the window; or say why not: bulkhead up … --emergency REASON",
        done="nothing was changed",
    )


def _silently(_line: str) -> None:
    """Say nothing."""


class Raising:
    """The stacks of a plan brought in line, in their order: `shared` first, tenants after it."""

    def __init__(
        self, plan: Plan, engine: "Engine", say: Say, *, refresh: bool, emergency: str | None = None
    ) -> None:
        """emergency: why hosts may be replaced outside of their tenants' maintenance windows."""
        self._plan = plan
        self._windows = {tenant.id: tenant.windows for tenant in plan.tenants}
        self._emergency = emergency
        self._replaced: dict[str, list[str]] = {}
        self._engine = engine
        self._say = say
        self._refresh = refresh
        self._specs: Mapping[str, StackSpec] = specs(plan, standins=True)
        self._result = Result(digest=digest(plan))

    def preview(self, standing: Plan | None = None) -> Result:
        """What would change; nothing is. The sentences are the result, so none is said before.

        standing: the plan that was raised last, against which loosening is told; None for none.
        """
        self._say = _silently
        self._judge()
        self._loosened(standing)
        self._gone()
        self._pending()
        return self._result

    def raise_up(self, standing: Plan | None = None) -> Result:
        """Remove the stacks that are gone from the blueprint, then change what differs."""
        self._judge()
        self._loosened(standing)
        gone, pending = self._gone(), self._pending()
        self._keep_windows()
        for stack in gone:
            with self._steps(stack, "removing") as note:
                self._engine.remove(stack, note)
        for stack in pending:
            with self._steps(stack, "working") as note:
                self._engine.up(self._specs[stack], note, refresh=self._refresh)
        return self._result

    def _judge(self) -> None:
        """Refuse a program that breaks a rule of the policy, before anything is sent."""
        # Evaluating the program imports Pulumi, which no other verb needs to wait for.
        from infra.policy.refuse import refuse

        refuse(self._plan, self._specs)

    def _loosened(self, standing: Plan | None) -> None:
        """Say what the plan lets through that the standing one did not."""
        for line in loosened(standing, self._plan) if standing else ():
            self._loosen(line)

    def _loosen(self, line: str) -> None:
        self._result.loosens.append(line)
        self._say(f"loosens: {line}")

    def _gone(self) -> list[str]:
        gone = [stack for stack in self._engine.stacks() if stack not in self._specs]
        for stack in gone:
            self._tell(f"[{stack}] is no longer in the blueprint: everything in it is removed")
        return gone

    def _pending(self) -> list[str]:
        """The stacks to change: new ones, and those whose preview is not empty."""
        pending = []
        known = self._engine.stacks()
        for stack, spec in self._specs.items():
            if stack not in known:
                self._tell(f"[{stack}] is new: everything in it is made")
                pending.append(stack)
            elif changes := self._engine.preview(spec, refresh=self._refresh):
                for change in changes:
                    self._tell(sentence(change))
                    for line in loosens(change):
                        self._loosen(line)
                    self._note_replacement(change)
                pending.append(stack)
        return pending

    def _note_replacement(self, change: "Change") -> None:
        if change.type == "Instance" and "replace" in change.op:
            hosts = self._replaced.setdefault(change.stack, [])
            hosts += [change.name] if change.name not in hosts else []

    def _keep_windows(self) -> None:
        """Hosts are rebuilt within their tenant's maintenance windows, or as an emergency."""
        now = datetime.now(UTC)
        closed = {
            stack: hosts
            for stack, hosts in self._replaced.items()
            if not open_at(self._windows.get(stack, ()), now)
        }
        if closed and not self._emergency:
            raise WrongInput(*(_outside(stack, hosts) for stack, hosts in closed.items()))
        for stack, hosts in closed.items():
            names = ", ".join(hosts)
            self._tell(f"[{stack}] emergency, outside of its windows: {names}: {self._emergency}")

    def _tell(self, line: str) -> None:
        self._result.sentences.append(line)
        self._say(line)

    @contextmanager
    def _steps(self, stack: str, doing: str) -> "Iterator[Callable[[Change], None]]":
        """Progress of one stack: a line now and then, and one at the end."""
        count = 0

        def note(_change: "Change") -> None:
            nonlocal count
            count += 1
            if count % EVERY == 0:
                self._say(f"{stack}: {count} steps")

        self._say(f"{stack}: {doing}")
        yield note
        self._result.steps += count
        self._say(f"{stack}: done, {count} steps")
