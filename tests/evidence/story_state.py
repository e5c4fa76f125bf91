"""A state directory as probe, attack, drill and verify leave it, for the report's tests.

The attack and the claim in sim are real runs on the example; the drill's timelines and the
verifications are written by hand, in the form in which the drill engine and `verify` write them.
"""

import json
from dataclasses import asdict, replace
from pathlib import Path

from bulkhead.blueprint import expand, load
from bulkhead.controls.results import (
    Capability,
    Level,
    Observation,
    Requirement,
    Result,
    Verification,
)
from bulkhead.drill import Timeline, run
from bulkhead.drill.improvements import Improvement, keep
from bulkhead.environments import reporting, sim
from bulkhead.environments.actions import sim as acting
from bulkhead.environments.attacks import attack
from bulkhead.environments.claim import claim
from bulkhead.evidence.story import Claimed, Differing, LayerCount
from bulkhead.plan import digest

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"
AT = "2026-11-26T19:30:00Z"
GATEWAY, BROKER = "acme/lyon/ai/gw-1", "acme/ingest/broker-1"
HISTORIAN = "acme/storage/historian-1"


def example():
    return expand(load(EXAMPLE))


def leave_all(state, plan):
    """Everything that a report can show: what held, what did not, what was not observed."""
    leave_claims(state, plan)
    leave_attack(state, plan)
    leave_drill(state, "sim", 1.0, missed=False, estate=digest(plan))
    leave_drill(state, "lab", 0.6, missed=True, estate=digest(plan))
    leave_improvements(state)
    leave_verification(state, plan)


def leave_claims(state, plan):
    deployed = sim.deployed(plan)
    filters = sim.filters(plan, deployed)
    found = claim(plan, deployed, None, seed=1, filters=filters, planned=filters)
    reporting.keep_claim(state, plan, "sim", found, AT)
    (state / "claim" / "lab.json").write_text(json.dumps(asdict(lab_claim(plan))))


def lab_claim(plan):
    """As after a rule that somebody opened."""
    return Claimed(
        environment="lab",
        at=AT,
        digest=digest(plan),
        hosts=16,
        pairs=240,
        filtered=15,
        flows=3287,
        outcomes=(("answered", 232), ("refused", 3055)),
        layers=(
            LayerCount(layer="host-egress", model=269, network=0, packets=2310),
            LayerCount(layer="group-ingress", model=4, network=121, packets=745),
        ),
        differences=(
            Differing(
                kind="opened",
                source="internet",
                target="borealis/ingest/broker-1",
                services="tcp 8883",
                intended="refused",
                computed="answered",
                observed="answered",
                layer="group-ingress",
                sentence="internet -> borealis/ingest/broker-1 tcp 8883 (public): intended "
                "refused, computed answered, observed answered: sgr-0a1b allows tcp 8883 from "
                "0.0.0.0/0",
            ),
            Differing(
                kind="weakened",
                source="internet",
                target="shared/admin/bastion-1",
                services="tcp 22",
                intended="refused",
                computed="refused",
                observed=None,
                layer="host-ingress",
                sentence="internet -> shared/admin/bastion-1 tcp 22 (public): intended refused, "
                "computed refused: sgr-0c2d allows tcp 22 from 0.0.0.0/0",
            ),
        ),
    )


def leave_attack(state, plan):
    """A real run in sim."""
    path = _run(state, "20261126T193100.000000Z-cross-zone-pivot-sim.jsonl")
    with path.open("w") as file:
        drill = attack("cross-zone-pivot", plan, [GATEWAY, "borealis/ingest/ingest-1"])
        run(drill, acting.environment(plan), Timeline(file), facts={"estate": digest(plan)})


def leave_drill(state, environment, pace, *, missed, estate=None):
    """A drill in which a gateway's certificate runs out; `missed`: the escalation answered late."""
    path = _run(state, f"20261126T194000.000000Z-certificate-expiry-{environment}.jsonl")
    lines = list(drill_lines(environment, pace, missed=missed, estate=estate))
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def drill_lines(environment, pace, *, missed, estate=None):
    def row(asked, done, action, outcome, phase="run"):
        return {
            "row": {
                "asked": asked * pace,
                "done": done * pace,
                "own": None,
                "phase": phase,
                "late": False,
                "action": action,
                "outcome": outcome,
            }
        }

    def done(*facts):
        return {"outcome": "done", "at": None, "facts": [list(pair) for pair in facts]}

    def refused(layer):
        return {"outcome": "refused", "at": None, "layer": layer, "reason": layer}

    def silent(reason):
        return {"outcome": "not observed", "at": None, "reason": reason, "lacking": False}

    def ask(who, text, kind="acknowledge"):
        return {"action": "Ask", "who": who, "kind": kind, "text": text, "within": 300.0}

    def finding(at, subject, within, standing, seen="done", **more):
        said = {
            "subject": subject,
            "source": "",
            "target": "",
            "expected": f"within {within:g} s",
            "seen": seen,
            "standing": standing,
            "because": "",
        }
        return {"finding": said | more, "at": at * pace}

    pair = {"source": GATEWAY, "target": BROKER}
    stored = {"source": GATEWAY, "target": HISTORIAN}
    restore = {"action": "Restore", **pair}
    run = {"drill": "certificate-expiry", "environment": environment, "tenant": "acme"}
    yield {"run": run | ({"estate": estate} if estate else {})}
    yield {"inject": 1, "at": 34 * pace}
    yield row(0, 2, {"action": "Telemetry", **stored}, done(("at", "1764186000.0")))
    yield row(2, 30, ask("acme/marc", "a certificate is shortened", "approve"), done())
    yield {"promise": restore}
    yield row(30, 34, {"action": "ShortCertificate", **pair, "seconds": 60}, done())
    yield row(34, 94, {"action": "Expired", "source": GATEWAY}, done())
    yield row(
        94, 96, {"action": "Handshake", **pair, "path": "public"}, refused("certificate-expired")
    )
    yield row(94, 99, {"action": "Silence", **stored, "seconds": 4.0}, done())
    yield row(99, 151, ask("shared/olga", "gw-1 is silent"), done(("by", "shared/olga")))
    yield finding(151, "operations acknowledged", 120, "held")
    if missed:
        yield row(151, 451, ask("acme/ines", "gw-1 is silent"), silent("no answer within 300 s"))
        yield finding(451, "the customer's contact acknowledged", 180, "deviated", "not observed")
    yield row(460, 540, ask("acme/claire", "emergency issuance", "approve"), done())
    yield {
        "note": {"at": 470 * pace, "by": "shared/sven", "text": "The phone list was out of date."}
    }
    yield row(540, 552, {"action": "Renew", **pair, "rekey": False}, done())
    yield row(552, 561, {"action": "Telemetry", **stored}, done())
    yield finding(561, "telemetry returned", 600, "held")
    yield row(561, 590, {"action": "Gapless", **stored, "since": 1764186090.0}, done())
    yield finding(590, "the gap was filled", 60, "held")
    yield row(590, 594, restore, done(), "roll-back")
    yield {"end": {"ended": "whole", "unmended": []}}


def leave_improvements(state):
    row = Improvement(
        drill="certificate-expiry",
        environment="lab",
        tenant="acme",
        subject="the customer's contact acknowledged",
        source="",
        target="",
        issue="not observed instead of within 180 s",
        objective="O2",
        capability="Respond",
        owner="acme/claire",
        opened="2026-10-01",
        due="2026-10-31",
        times=2,
    )
    closed = replace(row, subject="telemetry returned", closed="2026-11-20", times=1)
    keep(state, (row, closed))


def leave_verification(state, plan):
    folder = state / "verify"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lab.json").write_text(json.dumps(asdict(verification(plan))))


def verification(plan):
    return Verification(
        estate=plan.estate,
        digest=digest(plan),
        environment="lab",
        at=AT,
        results=(
            _result("segmentation", "Zones are kept apart", "provider", "pass", "SR 5.1"),
            _result("tls-endpoints", "Endpoints speak TLS 1.3 alone", "shared", "fail", "SR 4.3"),
            _result("session-lock", "Sessions end", "provider", "accepted", "SR 2.5"),
            _result("backup", "Backups can be restored", "customer", "not observed", "SR 7.3"),
        ),
        levels=tuple(
            Level(
                zone=zone.id,
                requirement=f"FR{number}",
                target=target,
                achieved=(target, max(target - 1, 0), None)[(number + len(zone.id)) % 3],
                because=("", "SR 4.3 is unmet", "SR 7.3 is not observed")[
                    (number + len(zone.id)) % 3
                ],
            )
            for zone in plan.zones
            for number, target in enumerate(zone.target, 1)
        ),
        requirements=tuple(
            Requirement(
                place=zone.id,
                requirement=f"SR {number}.1",
                level=1,
                state=state,
                controls=("tls-endpoints",),
                because="" if state == "met" else f"tls-endpoints: {state}",
            )
            for zone in plan.zones
            for number, state in enumerate(("met", "unmet", "compensated", "not observed"), 1)
        ),
        capabilities=(Capability(component="broker", stated=None, because="nothing on file"),),
        notes=("entry 3 has expired",),
    )


def _result(control, title, owner, verdict, requirement):
    return Result(
        control=control,
        title=title,
        owner=owner,
        remediation="bulkhead up ESTATE --env lab",
        mappings=(("IEC 62443-3-3", requirement), ("NIST SP 800-53", "SC-8")),
        observations=(
            Observation(
                subject="borealis/ingest/broker-1",
                verdict=verdict,
                expected="TLSv1.3",
                seen="TLSv1.3" if verdict == "pass" else "TLSv1.2",
                because="" if verdict == "pass" else "offered to a client of 2015",
            ),
        ),
    )


def _run(state, name):
    (state / "runs").mkdir(parents=True, exist_ok=True)
    return state / "runs" / name
