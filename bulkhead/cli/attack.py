"""`bulkhead attack list|show|run`: what an attacker can do from inside, and what stops him."""

import argparse
from typing import Any

from bulkhead.cli import runs
from bulkhead.cli.common import add_environment, add_estate, add_state, state_of, verb

HELD = (
    "held: every way that the blueprint refuses was stopped, and every way that it allows was "
    "open; what was opened to prove a stop is closed again"
)


def register(verbs: Any) -> None:
    """Declare the verb."""
    text = "attacks on an estate: list them, show one, run one (in sim and in a lab alone)"
    parser = verbs.add_parser("attack", help=text, description=text)
    kinds = parser.add_subparsers(dest="kind", metavar="list|show|run", required=True)
    verb(kinds, "list", listed, "the attacks that there are")
    show = verb(kinds, "show", shown, "what one attack does, needs and leaves")
    show.add_argument("name", metavar="NAME")
    _register_run(verb(kinds, "run", run, f"run one attack. {HELD.capitalize()}."))


def _register_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="as `bulkhead attack list` names it")
    add_estate(parser)
    add_environment(parser, "sim", "lab", "aws", default="sim")
    add_state(parser)
    parser.add_argument(
        "--from",
        dest="sources",
        metavar="HOST",
        action="append",
        default=[],
        help="the host that is lost; may be given again (default: each that the attack suits)",
    )
    parser.add_argument(
        "--hosts",
        choices=("machines", "bare"),
        default="machines",
        help="in sim: hosts with their own filters and services, or networks alone",
    )


def listed(args: argparse.Namespace) -> int:
    """Name, tactic and ids of each."""
    from bulkhead.environments.attacks import known

    return runs.as_listed("Attacks", known(), as_json=args.json)


def shown(args: argparse.Namespace) -> int:
    """Everything that the catalogue says of one."""
    from bulkhead.environments.attacks import about

    return runs.as_shown(about(args.name), as_json=args.json)


def run(args: argparse.Namespace) -> int:
    """0 if all held; 1 if anything deviated, was not seen, or could not be put back."""
    from bulkhead.blueprint import expand, load
    from bulkhead.cli import show
    from bulkhead.environments import attacks, running
    from bulkhead.plan import digest

    plan = expand(load(args.estate))
    drill = attacks.attack(args.name, plan, args.sources)
    place = running.Place(
        environment=args.env, state=state_of(args), machines=args.hosts == "machines"
    )
    setting = running.Setting(facts={"estate": digest(plan)})
    ran = running.run_in(place, drill, plan, show.say, setting)
    if args.json:
        show.as_json({"attack": ran.report.name, "means": HELD, **runs.as_values(ran)})
    else:
        _text(ran)
    return runs.exit_code(ran.report)


def _text(ran: Any) -> None:
    from bulkhead.cli import show

    report = ran.report
    columns = ("from", "to", "tried", "seen", "stopped by", "with that alone lifted", "id", "")
    show.table(f"{report.name} in {report.environment}", columns, _rows(report.findings))
    runs.closing(ran, "attempts")
    show.out(HELD)


def _rows(findings: Any) -> list[tuple[str, ...]]:
    """One row for attempts between the same hosts with the same end."""
    from bulkhead.evidence.attempts import grouped

    return [
        (
            *(row.source, row.target, row.tried, row.seen, row.layer),
            *(row.lifted, row.technique, row.standing),
        )
        for row in grouped(findings)
    ]
