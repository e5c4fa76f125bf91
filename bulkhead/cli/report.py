"""`bulkhead report`: one HTML file of what was observed, what held, and what was not seen."""

import argparse
from pathlib import Path
from typing import Any

from bulkhead.cli.common import add_estate, add_state, state_of, verb


def register(verbs: Any) -> None:
    """Declare the verb."""
    text = (
        "write one HTML file of everything that probe, drill, attack and verify have left: it "
        "needs nothing else, and says what was not observed"
    )
    parser = verb(verbs, "report", run, text)
    add_estate(parser)
    add_state(parser)
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="default: report.html in the state directory"
    )
    parser.add_argument(
        "--topology", type=Path, metavar="FILE", help="also write the topology as an SVG picture"
    )
    parser.add_argument(
        "--tenant", help="with --topology: that tenant's page alone, beside the provider's plane"
    )
    parser.add_argument(
        "--at",
        metavar="MOMENT",
        help="the moment that it states, ISO 8601 in UTC (default: now); with the same one, the "
        "same files make the same bytes",
    )
    parser.add_argument("--open", action="store_true", help="show it in the browser of the desktop")


def run(args: argparse.Namespace) -> int:
    """0 once it is written, whatever it says: it reports, it does not judge anew."""
    from bulkhead.blueprint import expand, load
    from bulkhead.cli import show
    from bulkhead.environments import reporting
    from bulkhead.evidence import report, verdicts

    plan = expand(load(args.estate))
    _known(args, plan)
    state = state_of(args)
    story = reporting.story(plan, state, _moment(args.at) or reporting.now(), args.estate)
    path = args.out or state / "report.html"
    _write(path, report.page(story))
    if args.topology:
        _write(args.topology, report.map_file(story, args.tenant))
    found = verdicts.verdicts(story)
    if args.json:
        show.as_json(
            {
                "report": str(path),
                "topology": str(args.topology) if args.topology else None,
                "overall": verdicts.overall(found),
                "verdicts": [
                    {"area": row.area, "state": row.state, "said": row.said} for row in found
                ],
            }
        )
    else:
        for row in found:
            show.out(f"{row.state}: {row.said}")
        show.out(f"wrote {path}")
    if args.open:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())
    return 0


def _known(args: argparse.Namespace, plan: Any) -> None:
    """`--tenant` goes with `--topology`, and names one of the plan's."""
    from bulkhead.errors import Problem, WrongInput

    known = sorted({zone.tenant for zone in plan.zones} - {"shared"})
    if args.tenant and (not args.topology or args.tenant not in known):
        what = "it needs --topology" if not args.topology else f"there is no tenant {args.tenant}"
        raise WrongInput(Problem("--tenant", what, ", ".join(known)))


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    from bulkhead.errors import Problem, WrongInput

    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise WrongInput(
            Problem(
                str(path), f"it cannot be written: {error.strerror}", remedy="name another file"
            )
        ) from None


def _moment(said: str | None) -> str | None:
    """The moment in one form, `2026-11-26T19:30:00Z`; WrongInput for what is none."""
    from datetime import UTC, datetime

    from bulkhead.errors import Problem, WrongInput

    if said is None:
        return None
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        raise WrongInput(
            Problem("--at", f"{said!r} is no moment", allowed="ISO 8601, e.g. 2026-11-26T19:30:00Z")
        ) from None
    moment = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
