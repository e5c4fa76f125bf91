"""The report put together: what runs left in the state directory, the catalogues, the plant."""

import json
import os
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING

from bulkhead.drill.drills import About
from bulkhead.drill.exercise import Inject
from bulkhead.environments.claim import Claim
from bulkhead.environments.floors import floors
from bulkhead.errors import WrongInput
from bulkhead.evidence.load import CLAIM, Kept, load
from bulkhead.evidence.story import (
    Claimed,
    Differing,
    Exercised,
    Input,
    LayerCount,
    Played,
    Story,
)
from bulkhead.network.deployed import Layer
from bulkhead.network.ports import EVERYTHING
from bulkhead.network.reach import Reach, reach
from bulkhead.plan import Plan, digest

if TYPE_CHECKING:
    from simulator.drills import Kind

_PARTS = ("bulkhead", "pulumi", "pulumi-aws", "boto3", "moto", "cryptography", "simpy", "numpy")


def now() -> str:
    """This moment in ISO 8601, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def story(plan: Plan, state: Path, made: str, blueprint: Path | None = None) -> Story:
    """Everything that is known of an estate. made: the moment that the report will state."""
    kept = load(state)
    inputs = list(kept.inputs)
    if blueprint is not None:
        content = sha256(blueprint.read_bytes()).hexdigest()
        inputs.insert(0, Input(name=blueprint.name, what="blueprint", sha256=content))
    exercises = _exercises(plan, kept)
    return Story(
        plan=plan,
        digest=digest(plan),
        made=made,
        claims=tuple(kept.claims),
        exercises=exercises,
        floors=floors(
            plan, [run for one in exercises if not one.attack for run in one.runs], state
        ),
        verifications=tuple(kept.verifications),
        inputs=tuple(inputs),
        unread=tuple(kept.unread),
        tools=_tools(),
    )


def keep_claim(state: Path, plan: Plan, environment: str, found: Claim, at: str) -> Path:
    """Write what `probe` found for the report, whole or not at all; where it lies."""
    path = state / CLAIM / f"{environment}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    said = json.dumps(asdict(claimed(plan, environment, found, at)), indent=1, sort_keys=True)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    fresh.write_text(said + "\n", encoding="utf-8")
    fresh.replace(path)
    return path


def claimed(plan: Plan, environment: str, found: Claim, at: str) -> Claimed:
    """A claim in the words of the report."""
    observed = found.observed
    told = observed or {}
    outcomes = Counter(told[flow].outcome for flow in found.flows if flow in told)
    return Claimed(
        environment=environment,
        at=at,
        digest=digest(plan),
        hosts=len(found.computed.hosts),
        pairs=found.pairs,
        filtered=None if found.filters is None else found.filtered,
        flows=None if observed is None else len(found.flows),
        outcomes=tuple(sorted(outcomes.items())),
        layers=_layers(found),
        differences=tuple(
            Differing(
                kind=row.kind,
                source=row.source,
                target=row.target,
                services=str(row.services),
                intended=row.intended,
                computed=row.computed,
                observed=row.observed,
                layer=row.layer,
                sentence=str(row),
            )
            for row in found.differences
        ),
        unobserved=len(found.unobserved),
    )


def _layers(found: Claim) -> tuple[LayerCount, ...]:
    """By layer: where the model says that it stops something, and the flows that it stopped."""
    model = _stops(found.computed)
    network = _stops(reach(found.computed.deployed)) if found.filters else model
    packets = Counter(row.layer for row in (found.observed or {}).values() if row.layer)
    silent = found.observed is None
    names = model.keys() | network.keys() | packets.keys()
    return tuple(
        LayerCount(
            layer=layer,
            model=model[layer],
            network=network[layer],
            packets=None if silent else packets[layer],
        )
        for layer in sorted(names, key=lambda at: (-model[at], -network[at], at))
    )


def _stops(computed: Reach) -> Counter[Layer]:
    """For how many ordered pairs and paths each layer stops something first."""
    found: Counter[Layer] = Counter()
    for source, target in product(computed.hosts, repeat=2):
        for path in computed.paths(source, target):
            stops = computed.stops(source, target, path, EVERYTHING)
            found.update({stop.layer for stop in stops})
    return found


def _exercises(plan: Plan, kept: Kept) -> tuple[Exercised, ...]:
    """Runs by drill and attack, with what the catalogues say of each."""
    from simulator import attacks as attacking
    from simulator import drills as drilling

    attacks, drills = attacking.catalogue(), drilling.catalogue()
    found = []
    for name in sorted({run.name for run in kept.runs}):
        about: About | None = getattr(attacks.get(name) or drills.get(name), "about", None)
        own = [run for run in kept.runs if run.name == name]
        found.append(
            Exercised(
                name=name,
                title=about.title if about else "",
                attack=name in attacks,
                runs=tuple(sorted(own, key=_place)),
                injects=_injects(drills.get(name), plan),
                improvements=tuple(row for row in kept.improvements if row.drill == name),
            )
        )
    return tuple(found)


def _place(run: Played) -> tuple[bool, str]:
    return (run.environment != "sim", run.environment)


def _injects(kind: "Kind | None", plan: Plan) -> tuple[Inject, ...]:
    """The planned events of a drill's exercise; none of what is no drill, or not of this plan."""
    if kind is None:
        return ()
    try:
        return kind(plan).exercise.injects
    except WrongInput:
        return ()


def _tools() -> tuple[tuple[str, str], ...]:
    """Versions of what looked and computed."""
    found = [("python", python_version())]
    for name in _PARTS:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            found.append((name, "not installed here"))
    return tuple(found)
