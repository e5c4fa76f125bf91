"""`bulkhead verify`: what an auditor asks, read from the environment, and what it means."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from bulkhead.cli.common import add_environment, add_estate, add_state, state_of, verb

SUBJECTS = 3
"""Of a control's worst subjects, so many are shown."""


def register(verbs: Any) -> None:
    """Declare the verb."""
    text = "ask the controls of what stands: each passes, fails, is accepted or not observed"
    parser = verb(verbs, "verify", run, text)
    add_estate(parser)
    add_environment(parser, "sim", "lab", "aws", default="sim")
    add_state(parser)
    parser.add_argument(
        "--control",
        dest="controls",
        metavar="ID",
        action="append",
        default=[],
        help="this control alone; may be given again (docs/controls.md lists them)",
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "junit", "sarif"),
        default="text",
        help="how it is told (default: text; --json is the same as --format json)",
    )
    parser.add_argument(
        "--accepted",
        type=Path,
        metavar="FILE",
        help="the register of accepted findings (default: accepted.yaml beside the blueprint)",
    )
    parser.add_argument(
        "--sabotage",
        metavar="ID",
        help="in sim and lab: break what this control watches, see it found, and mend it",
    )


def run(args: argparse.Namespace) -> int:
    """0 if all passes or is accepted; 1 if anything fails, or should have been observed."""
    from bulkhead.blueprint import expand, load
    from bulkhead.cli import show
    from bulkhead.environments import sabotaging, verifying
    from bulkhead.errors import DEVIATED, HELD

    plan = expand(load(args.estate))
    where = verifying.Where(environment=args.env, state=state_of(args))
    accepted = verifying.register(args.accepted, args.estate, plan)
    _refuse_what_does_not_go_together(args, plan)
    sabotaging.mend(where, plan, show.say)
    if args.sabotage:
        came = sabotaging.sabotage(where, plan, args.sabotage, accepted, show.say)
        _told(came, as_json=args.json or args.format == "json")
        return HELD if came.held else DEVIATED
    found = verifying.verify(where, plan, tuple(args.controls), accepted)
    _written(found, "json" if args.json else args.format)
    return DEVIATED if found.failing else HELD


def _refuse_what_does_not_go_together(args: argparse.Namespace, plan: Any) -> None:
    from bulkhead.errors import Problem, WrongInput

    if args.sabotage and plan.imported:
        what = "an imported estate is never broken on purpose: it is somebody else's"
        raise WrongInput(Problem("--sabotage", what, "an estate that Bulkhead stood up"))

    if args.json and args.format not in ("text", "json"):
        raise WrongInput(Problem("--json", f"{args.format} was asked for too", "one of them"))
    if args.sabotage and (args.controls or args.format not in ("text", "json")):
        what = "a sabotage asks every control, and is told as text or JSON"
        raise WrongInput(Problem("--sabotage", what, "without --control, --format junit|sarif"))


def _written(found: Any, kind: str) -> None:
    from bulkhead.cli import show
    from bulkhead.controls.formats import document, junit, sarif

    if kind == "json":
        show.as_json(document(found))
    elif kind == "sarif":
        sys.stdout.write(json.dumps(sarif(found), indent=2) + "\n")
    elif kind == "junit":
        sys.stdout.write(junit(found))
    else:
        _text(found)


def _text(found: Any) -> None:
    from bulkhead.cli import show

    rows = [
        (result.control, result.title, result.verdict, _counts(result), _worst(result))
        for result in found.results
    ]
    columns = ("control", "what must hold", "verdict", "subjects", "")
    show.table(f"{found.estate} in {found.environment}", columns, rows)
    for result in found.results:
        for row in result.observations:
            if row.verdict == "fail":
                show.out(f"fail: {result.control} at {row.subject}: {row.because}")
                show.out(f"  expected: {row.expected}; do: {result.remediation}")
            elif row.verdict == "not observed" and not row.absent:
                show.out(f"not observed: {result.control} at {row.subject}: {row.because}")
            elif row.verdict == "accepted":
                show.out(f"accepted: {result.control} at {row.subject}: {row.because}")
    for because in sorted({r.because for s in found.results for r in s.observations if r.absent}):
        show.out(f"not observed, for there is none in {found.environment}: {because}")
    for note in found.notes:
        show.out(f"note: {note}")
    _levels(found)
    show.out(_summary(found))


def _counts(result: Any) -> str:
    from collections import Counter

    counts = Counter(row.verdict for row in result.observations)
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items())) or "none"


def _worst(result: Any) -> str:
    if result.verdict == "pass":
        return ""
    names = [row.subject for row in result.observations if row.verdict == result.verdict]
    more = f" and {len(names) - SUBJECTS} more" if len(names) > SUBJECTS else ""
    return ", ".join(names[:SUBJECTS]) + more


def _levels(found: Any) -> None:
    """Zones by foundational requirement: achieved of target; `?` where it is not decided."""
    from bulkhead.cli import show

    zones: dict[str, list[str]] = {}
    for row in found.levels:
        achieved = "?" if row.achieved is None else str(row.achieved)
        zones.setdefault(row.zone, []).append(f"{achieved} of {row.target}")
    if zones:
        columns = ("zone", *(f"FR{number}" for number in range(1, 8)))
        title = "Security levels: SL-A of SL-T (?: not every requirement is decided)"
        show.table(title, columns, [(zone, *words) for zone, words in zones.items()])


def _summary(found: Any) -> str:
    from collections import Counter

    counts = Counter(row.verdict for row in found.results)
    said = ", ".join(f"{counts[word]} {word}" for word in counts)
    states = Counter(row.state for row in found.requirements)
    asked = ", ".join(f"{count} {word}" for word, count in sorted(states.items()))
    verdict = "in order" if not found.failing else f"not in order: {len(found.failing)} findings"
    return f"{verdict}; {len(found.results)} controls: {said}" + (
        f"; requirements of zones and conduits: {asked}" if asked else ""
    )


def _told(came: Any, *, as_json: bool) -> None:
    from bulkhead.cli import show

    def rows(found: Any) -> list[str]:
        return [
            f"{' at '.join(key)}: {word}: {came.because.get(key, '')}".rstrip(": ")
            for key, word in sorted(found.items())
        ]

    if as_json:
        show.as_json(
            {
                "control": came.control,
                "what": came.what,
                "environment": came.environment,
                "declared": sorted(" at ".join(key) for key in came.declared),
                "flipped": rows(came.flipped),
                "left": rows(came.left),
                "held": came.held,
            }
        )
        return
    show.out(f"broken: {came.what}")
    for row in rows(came.flipped):
        show.out(f"found: {row}")
    for key in sorted(came.declared - came.flipped.keys()):
        show.out(f"not found, although declared: {' at '.join(key)}")
    for key in sorted(came.flipped.keys() - came.declared):
        show.out(f"flipped, although not declared: {' at '.join(key)}")
    for row in rows(came.left):
        show.out(f"not as before, once mended: {row}")
    held = "held: exactly what was declared was found, and all is as before"
    show.out(held if came.held else "did not hold")
