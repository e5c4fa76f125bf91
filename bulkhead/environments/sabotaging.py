"""`verify --sabotage`: a control is shown to work by breaking what it watches, and mending it.

Clean, broken, mended: three verifications. Exactly the declared findings must flip in the second,
and nothing may differ in the third. In sim and lab alone. A run that was killed leaves a note; the
next `verify` of that lab takes back first what it left.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bulkhead.controls.catalogue import control
from bulkhead.controls.control import Control, Finding
from bulkhead.controls.register import Accepted
from bulkhead.controls.results import Verdict, Verification
from bulkhead.controls.steps import OnHost, Step
from bulkhead.environments.facts.breaking import Breaking, broken, loosened
from bulkhead.environments.facts.places import in_sim
from bulkhead.environments.facts.reading import Reading
from bulkhead.environments.lab import Lab
from bulkhead.environments.locking import locked
from bulkhead.environments.verifying import ROOM, Where, verify
from bulkhead.errors import BulkheadError, MissingHere, Problem, WrongInput
from bulkhead.plan import Plan
from infra.ssh.files import write

NOTE = "sabotage.json"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sabotaged:
    """What came of it. declared: what had to fail. flipped: what changed, with what it became.

    left: what differed from before once it was mended. because: of each that flipped or is left.
    """

    control: str
    what: str
    environment: str
    declared: frozenset[Finding]
    flipped: dict[Finding, Verdict]
    left: dict[Finding, Verdict]
    because: dict[Finding, str] = field(default_factory=dict)

    @property
    def held(self) -> bool:
        """Exactly the declared findings failed, and all is as it was."""
        failed = all(verdict == "fail" for verdict in self.flipped.values())
        return failed and set(self.flipped) == set(self.declared) and not self.left


def sabotage(
    where: Where, plan: Plan, name: str, accepted: tuple[Accepted, ...], say: Say
) -> Sabotaged:
    """Break it, look, mend it, look. WrongInput outside sim and lab; MissingHere where there is
    nothing to break; BulkheadError where it is broken already, or could not be mended.
    """
    chosen = control(name)
    if where.environment not in ("sim", "lab"):
        raise WrongInput(
            Problem(
                where="--sabotage",
                what=f"nothing is broken on purpose in {where.environment}",
                allowed="--env sim, --env lab",
            )
        )
    _require_breakable(where, plan, (chosen,))
    declared = chosen.sabotage.flips(plan)
    before = verify(where, plan, accepted=accepted)
    _require_whole(before, declared)
    say(f"sabotage: {chosen.sabotage.what}")
    with broken_by(where, plan, (chosen,)) as facts:
        during = verify(where, plan, accepted=accepted, facts=facts)
    say("mended")
    after = verify(where, plan, accepted=accepted)
    flipped, left = changed(before, during), changed(before, after)
    return Sabotaged(
        control=name,
        what=chosen.sabotage.what,
        environment=where.environment,
        declared=declared,
        flipped=flipped,
        left=left,
        because=_because(after, left) | _because(during, flipped),
    )


def changed(before: Verification, after: Verification) -> dict[Finding, Verdict]:
    """The findings whose verdict differs, with the later one."""
    earlier, later = verdicts(before), verdicts(after)
    gone: dict[Finding, Verdict] = dict.fromkeys(earlier.keys() - later.keys(), "not observed")
    return {key: word for key, word in later.items() if earlier.get(key) != word} | gone


def verdicts(found: Verification) -> dict[Finding, Verdict]:
    """Every finding's verdict."""
    return {
        (result.control, row.subject): row.verdict
        for result in found.results
        for row in result.observations
    }


def _because(found: Verification, keys: Iterable[Finding]) -> dict[Finding, str]:
    return {
        (result.control, row.subject): row.because
        for result in found.results
        for row in result.observations
        if (result.control, row.subject) in set(keys)
    }


def mend(where: Where, plan: Plan, say: Say) -> bool:
    """Take back what a sabotage that was killed left in this lab; whether there was any."""
    note = where.state / ROOM / NOTE
    if where.environment != "lab" or not note.exists():
        return False
    with _alone(where):
        names = json.loads(note.read_text())["controls"]
        say(f"a sabotage of {', '.join(names)} was cut off; taking it back")
        with _breaking(where) as breaking:
            breaking.mend(_steps(plan, map(control, names)))
        note.unlink()
    return True


def _require_breakable(where: Where, plan: Plan, controls: tuple[Control, ...]) -> None:
    for row in controls:
        on_host = any(isinstance(step, OnHost) for step in row.sabotage.steps(plan))
        if where.environment == "sim" and on_host:
            what = "in sim no host runs on which this could be broken"
            raise MissingHere(Problem(row.id, what, remedy="--env lab"))


def _require_whole(before: Verification, declared: frozenset[Finding]) -> None:
    found = verdicts(before)
    for key in sorted(declared):
        if found.get(key) != "pass":
            raise BulkheadError(
                Problem(
                    where=" at ".join(key),
                    what=f"it is {found.get(key, 'not there')} before anything was broken",
                    remedy="put that right first: bulkhead verify names it",
                    done="nothing was broken",
                )
            )


@contextmanager
def broken_by(
    where: Where, plan: Plan, controls: tuple[Control, ...]
) -> Iterator[Callable[[Plan], Reading]]:
    """What the controls' sabotages break is broken while this is held; gives the facts then.

    MissingHere where there is nothing to break; BulkheadError where it could not be mended.
    """
    _require_breakable(where, plan, controls)
    steps = _steps(plan, controls)
    if where.environment == "sim":
        yield lambda row: in_sim(
            row, lambda found: broken(found, steps), lambda found: loosened(found, steps)
        )
        return
    note = where.state / ROOM / NOTE
    with _alone(where), _breaking(where) as breaking:
        # The note is written first: whatever happens next, somebody knows what to take back.
        names = [row.id for row in controls]
        write(note, json.dumps({"controls": names}).encode() + b"\n", 0o600)
        try:
            breaking.break_(steps)
            yield where.facts
        finally:
            breaking.mend(steps)
            note.unlink()


def _steps(plan: Plan, controls: Iterable[Control]) -> tuple[Step, ...]:
    return tuple(step for row in controls for step in row.sabotage.steps(plan))


@contextmanager
def _alone(where: Where) -> Iterator[None]:
    with locked(where.state / "lab" / "up.lock", "verify --sabotage"):
        yield


@contextmanager
def _breaking(where: Where) -> Iterator[Breaking]:
    lab = Lab(where.state)
    with lab.entry().shells() as shells:
        yield Breaking(_clients(where.state / "lab"), lab.standing().deployed(), shells)


def _clients(state: Path) -> dict[str, object]:
    from infra.accounts import account_id
    from infra.lab.region import launch

    info = launch.running(state)
    assert info is not None  # noqa: S101 (Lab.standing would have refused)
    return {account_id(alias): client for alias, client in launch.clients(info).items()}
