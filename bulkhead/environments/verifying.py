"""`verify`: every control on one environment, and what it says is kept for reports."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bulkhead.controls.catalogue import chosen
from bulkhead.controls.formats import document, restored
from bulkhead.controls.register import NAME, Accepted, load
from bulkhead.controls.results import Verification
from bulkhead.controls.running import verified
from bulkhead.environments.facts.places import in_aws, in_lab, in_sim
from bulkhead.environments.facts.reading import Reading
from bulkhead.errors import Problem, WrongInput
from bulkhead.plan import Plan, canonical
from infra.ssh.files import write

Environment = Literal["sim", "lab", "aws"]
ROOM = "verify"
"""Below the state directory: the latest verification of each environment, `<env>.json`."""
PLAN = "plan.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which environment, and its state directory."""

    environment: Environment
    state: Path

    def facts(self, plan: Plan) -> Reading:
        """Its facts. MissingHere where no lab runs; WrongInput where it stands for another plan."""
        if self.environment == "sim":
            return in_sim(plan)
        if self.environment == "aws":
            return in_aws(plan, self.state)
        facts = in_lab(plan, self.state)
        if plan.imported:
            return facts  # nobody stood it up: whatever runs here is held against it
        stands = self.state / "lab" / PLAN
        if not stands.exists() or stands.read_bytes() != canonical(plan):
            raise WrongInput(
                Problem(
                    where=str(self.state / "lab"),
                    what="this lab does not stand for the blueprint as it is now",
                    remedy="bulkhead up ESTATE --env lab",
                )
            )
        return facts


def register(path: Path | None, estate: Path, plan: Plan) -> tuple[Accepted, ...]:
    """The register that was named, or the one beside the blueprint if there is one."""
    beside = estate.parent / NAME
    if path is None:
        return load(beside, plan) if beside.exists() else ()
    return load(path, plan)


def verify(
    where: Where,
    plan: Plan,
    names: tuple[str, ...] = (),
    accepted: tuple[Accepted, ...] = (),
    facts: Callable[[Plan], Reading] | None = None,
) -> Verification:
    """Ask the controls of these ids (all for none), and keep what they say if all were asked."""
    controls = chosen(names)
    reading = (facts or where.facts)(plan)
    if not names:
        reading.read_ahead()
    found = verified(controls, reading, where.environment, accepted)
    if not names and facts is None:
        keep(where, found)
    return found


def keep(where: Where, found: Verification) -> Path:
    """Write a verification where reports look for it; its path."""
    path = where.state / ROOM / f"{where.environment}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, (json.dumps(document(found), indent=1) + "\n").encode(), 0o644)
    return path


def latest(where: Where) -> Verification | None:
    """The verification that was kept last; None if there is none that can be read."""
    path = where.state / ROOM / f"{where.environment}.json"
    try:
        return restored(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError, TypeError):
        return None
