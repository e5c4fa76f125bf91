"""`bulkhead probe`: intent, model and packets held against each other, flow by flow."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
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
        "--scope", type=Path, help="in aws: a signed file of hosts, rate and window to probe"
    )
    parser.add_argument(
        "--signers", type=Path, help="with --scope: who may sign it (an allowed_signers file)"
    )
    parser.add_argument(
        "--what-if",
        metavar="CHANGE",
        help="in sim: also make this change, e.g. 'open tcp 8883 into borealis/ingest/broker "
        "from 0.0.0.0/0'",
    )


def run(args: argparse.Namespace) -> int:
    """0 if they agree; 1 on any difference, each named with its flow, layer and rule."""
    from bulkhead.blueprint import expand, load
    from bulkhead.environments.claim import claim
    from bulkhead.errors import DEVIATED, HELD

    plan = expand(load(args.estate))
    found = claim(plan, **_sources(args, plan), seed=args.seed, outside=args.env == "aws")
    _keep(args, plan, found)
    _json(found) if args.json else _text(found, args)
    return DEVIATED if found.differences else HELD


def _keep(args: argparse.Namespace, plan: Any, found: Any) -> None:
    """Leave it for the report; of a change that was only tried in thought, nothing is kept."""
    from bulkhead.cli import show
    from bulkhead.environments import reporting

    if args.what_if:
        return
    try:
        reporting.keep_claim(state_of(args), plan, args.env, found, reporting.now())
    except OSError as error:
        show.say(f"not kept for the report: {error}")


def _sources(args: argparse.Namespace, plan: Any) -> dict[str, Any]:
    """What is deployed, how packets are sent (if at all), and the hosts' own rules (if known)."""
    _refuse_what_does_not_go_together(args)
    return {"sim": _in_sim, "lab": _in_lab, "aws": _in_aws}[args.env](args, plan)


def _refuse_what_does_not_go_together(args: argparse.Namespace) -> None:
    from bulkhead.errors import Problem, WrongInput

    if (args.scope or args.signers) and not (args.env == "aws" and args.scope and args.signers):
        raise WrongInput(
            Problem(
                where="--scope",
                what="a scope is for an account, and needs the list of who may sign it",
                allowed="--env aws --scope FILE --signers FILE",
            )
        )

    if args.what_if and args.env != "sim":
        raise WrongInput(
            Problem(
                where="--what-if",
                what=f"it would not be what stands in {args.env}",
                allowed="--env sim",
                remedy="make the change through the AWS API, then probe",
            )
        )


def _in_sim(args: argparse.Namespace, plan: Any) -> dict[str, Any]:
    from bulkhead.environments import sim
    from bulkhead.network.whatif import changed

    deployed = sim.deployed(plan)
    filters = sim.filters(plan, deployed)
    if args.what_if:
        deployed = changed(deployed, args.what_if)
    return {"deployed": deployed, "observe": None, "filters": filters, "planned": filters}


def _in_aws(args: argparse.Namespace, plan: Any) -> dict[str, Any]:
    from bulkhead.environments import aws

    deployed = aws.deployed(plan)
    if not args.scope:
        return {"deployed": deployed, "observe": None}
    from bulkhead.network.scope import load_scope, plant_hosts

    scope, plants = load_scope(args.scope, args.signers, plan), plant_hosts(plan)
    return {
        "deployed": deployed,
        "observe": lambda flows: aws.observe(flows, deployed, scope, plants),
    }


def _in_lab(args: argparse.Namespace, plan: Any) -> dict[str, Any]:
    from bulkhead.environments.lab import Lab

    lab = Lab(state_of(args))
    standing = lab.standing()
    deployed = standing.deployed()
    filters, planned = lab.filters(plan, deployed)
    return {
        "deployed": deployed,
        "observe": lambda flows: standing.observe(flows, _progress(args)),
        "filters": filters,
        "planned": planned,
    }


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
    if found.unobserved:
        equation += " (packets as far as they were observed)"
    how = "as planned" if args.env == "sim" else "as the hosts tell them"
    rules = "not read" if found.filters is None else f"{how}, on {found.filtered} hosts"
    show.out(f"hosts' own packet filters: {rules}")
    verdict = (
        f"{equation}: no difference"
        if not found.differences
        else f"the claim does not hold; differences: {len(found.differences)}"
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
            "host_filters": "not read" if found.filters is None else found.filtered,
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
