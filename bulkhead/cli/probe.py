"""`bulkhead probe`: intent, model and packets held against each other, flow by flow."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from bulkhead.cli.common import add_environment, add_estate, add_state, state_of, verb


def register(verbs: Any) -> None:
    """Declare the verb."""
    text = "compare what is intended, what is deployed and what packets do, for every two hosts"
    parser = verb(verbs, "probe", run, text)
    add_estate(parser)
    add_environment(parser, "sim", "lab", "aws", default="sim")
    add_state(parser)
    parser.add_argument("--seed", type=int, default=1, help="of the random ports (default: 1)")
    parser.add_argument(
        "--what-if",
        metavar="CHANGE",
        help="in sim: also make this change, e.g. 'open tcp 22 into shared/admin/bastion "
        "from shared/flat'",
    )


def run(args: argparse.Namespace) -> int:
    """0 if they agree; 1 on any difference, each named with its flow, layer and rule."""
    from bulkhead.blueprint import expand, load
    from bulkhead.environments.claim import claim
    from bulkhead.errors import DEVIATED, HELD

    plan = expand(load(args.estate))
    deployed, observe, standins = _sources(args, plan)
    found = claim(plan, deployed, observe, standins=standins, seed=args.seed)
    _json(found) if args.json else _text(found, args)
    return DEVIATED if found.differences else HELD


def _sources(args: argparse.Namespace, plan: Any) -> tuple[Any, Any, bool]:
    """What is deployed, how packets are sent (if at all), and whether stand-ins are part of it."""
    from bulkhead.errors import Problem, WrongInput

    if args.what_if and args.env != "sim":
        raise WrongInput(
            Problem(
                where="--what-if",
                what=f"it would not be what stands in {args.env}",
                allowed="--env sim",
                remedy="make the change through the AWS API, then probe",
            )
        )
    if args.env == "sim":
        from bulkhead.environments import sim
        from bulkhead.network.whatif import changed

        deployed = sim.deployed(plan)
        return (changed(deployed, args.what_if) if args.what_if else deployed), None, True
    if args.env == "aws":
        from bulkhead.environments import aws

        return aws.deployed(plan), None, False
    from bulkhead.environments.lab import Lab

    standing = Lab(state_of(args)).standing()
    return standing.deployed(), lambda flows: standing.observe(flows, _progress(args)), True


def _progress(args: argparse.Namespace) -> Any:
    """A line of progress at each tenth, where people watch."""
    from bulkhead.cli import show

    told = 0

    def progress(done: int, total: int) -> None:
        nonlocal told
        if not args.json and total and done * 10 // total > told:
            told = done * 10 // total
            show.say(f"probed {done} of {total} flows")

    return progress


def _text(found: Any, args: argparse.Namespace) -> None:
    from bulkhead.cli import show

    for difference in found.differences:
        show.out(f"{difference.kind}: {difference}")
    hosts = len(found.computed.hosts)
    if found.observed is None:
        said = f"packets were not observed (--env {args.env})"
        equation = "intent = model"
    else:
        counts = _counts(found.observed, found.flows)
        said = f"{len(found.flows)} flows tried with real packets ({counts})"
        equation = "intent = model = packets"
    verdict = (
        f"{equation}: no difference"
        if not found.differences
        else f"{len(found.differences)} differences; the claim does not hold"
    )
    show.out(f"{hosts} hosts, {found.pairs} ordered pairs, every port of TCP, UDP and ICMP; {said}")
    show.out(verdict)


def _counts(observed: Mapping[Any, Any], flows: Sequence[Any]) -> str:
    from collections import Counter

    counts = Counter(observed[flow].outcome for flow in flows if flow in observed)
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def _json(found: Any) -> None:
    from bulkhead.cli import show

    show.as_json(
        {
            "agree": not found.differences,
            "hosts": list(found.computed.hosts),
            "pairs": found.pairs,
            "packets": "not observed" if found.observed is None else len(found.flows),
            "differences": [
                {
                    "kind": row.kind,
                    "source": row.source,
                    "target": row.target,
                    "path": row.path,
                    "services": str(row.services),
                    "intended": row.intended,
                    "computed": row.computed,
                    "observed": row.observed,
                    "layer": row.layer,
                    "because": list(row.because),
                    "conduits": list(row.conduits),
                    "sentence": str(row),
                }
                for row in found.differences
            ],
        }
    )
