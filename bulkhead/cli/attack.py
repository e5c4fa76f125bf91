"""`bulkhead attack list|show|run`: what an attacker can do from inside, and what stops him."""

import argparse
from typing import Any

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
    from bulkhead.cli import show
    from bulkhead.environments.attacks import known

    if args.json:
        show.as_json([_told(about) for about in known()])
        return 0
    rows = [
        (about.name, about.tactic, ", ".join(_ids(about.techniques)), about.title)
        for about in known()
    ]
    show.table("Attacks", ("name", "tactic", "techniques (v18.1 -> v19)", "what"), rows)
    return 0


def shown(args: argparse.Namespace) -> int:
    """Everything that the catalogue says of one."""
    from bulkhead.cli import show
    from bulkhead.environments.attacks import about

    told = _told(about(args.name))
    if args.json:
        show.as_json(told)
        return 0
    for name, value in told.items():
        show.out(f"{name}: {'; '.join(value) if isinstance(value, list) else value}")
    return 0


def run(args: argparse.Namespace) -> int:
    """0 if all held; 1 if anything deviated, was not seen, or could not be put back."""
    from bulkhead.blueprint import expand, load
    from bulkhead.cli import show
    from bulkhead.environments import attacks
    from bulkhead.errors import DEVIATED
    from bulkhead.errors import HELD as HELD_CODE

    plan = expand(load(args.estate))
    drill = attacks.attack(args.name, plan, args.sources)
    place = attacks.Place(
        environment=args.env, state=state_of(args), machines=args.hosts == "machines"
    )
    ran = attacks.run_in(place, drill, plan, show.say)
    _json(ran) if args.json else _text(ran)
    if isinstance(ran.report.fault, Exception):
        raise ran.report.fault
    return HELD_CODE if ran.report.held else DEVIATED


def _told(about: Any) -> dict[str, Any]:
    return {
        "name": about.name,
        "title": about.title,
        "tactic": about.tactic,
        "techniques": _ids(about.techniques),
        "needs": sorted(kind.__name__ for kind in about.needs),
        "uses": sorted(kind.__name__ for kind in about.wants),
        "leaves": about.leaves,
        "bounds": f"{about.most} actions, {about.longest:g} s",
        "references": list(about.references),
    }


def _ids(techniques: Any) -> list[str]:
    return [old if old == new else f"{old} -> {new}" for old, new in techniques]


def _text(ran: Any) -> None:
    from bulkhead.cli import show

    report = ran.report
    columns = ("from", "to", "tried", "seen", "stopped by", "with that alone lifted", "id", "")
    show.table(f"{report.name} in {report.environment}", columns, _rows(report.findings))
    for action, outcome in report.unmended:
        show.out(f"not put back: {action}: {getattr(outcome, 'reason', outcome)}")
    for reason in sorted({row.because for row in report.findings if row.standing == "not run"}):
        show.out(f"not run: {reason}")
    show.out(_summary(report))
    show.out(f"timeline: {ran.path} ({len(report.timeline.rows)} actions)")
    show.out(HELD)


def _rows(findings: Any) -> list[tuple[str, ...]]:
    """One row for attempts between the same hosts with the same end."""
    groups: dict[tuple[str, ...], list[Any]] = {}
    for row in findings:
        key = (row.source, row.target, row.seen, row.layer, row.technique, row.standing)
        groups.setdefault(key, []).append(row)
    return [
        (
            *(source, target, _joined(rows), seen, layer),
            "; ".join(dict.fromkeys(row.attributed for row in rows if row.attributed)),
            *(technique, standing),
        )
        for (source, target, seen, layer, technique, standing), rows in groups.items()
    ]


def _joined(rows: Any) -> str:
    """Subjects, those of one path together: `tcp 22, tcp 4444 private; tcp 22 public`."""
    paths: dict[str, list[str]] = {}
    for row in rows:
        words, _, path = row.subject.rpartition(" ")
        known = path in ("private", "public")
        paths.setdefault(path if known else "", []).append(words if known else row.subject)
    return "; ".join(f"{', '.join(words)} {path}".strip() for path, words in paths.items())


def _summary(report: Any) -> str:
    from collections import Counter

    counts = Counter(row.standing for row in report.findings)
    said = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    ended = "" if report.ended == "whole" else f" ({report.ended})"
    verdict = "held" if report.held else "did not hold"
    return f"{verdict}{ended}: {len(report.findings)} attempts: {said or 'none'}"


def _json(ran: Any) -> None:
    from bulkhead.cli import show

    report = ran.report
    show.as_json(
        {
            "attack": report.name,
            "environment": report.environment,
            "held": report.held,
            "ended": report.ended,
            "findings": [row.as_dict() for row in report.findings],
            "not_put_back": [repr(action) for action, _ in report.unmended],
            "timeline": str(ran.path),
            "means": HELD,
        }
    )
