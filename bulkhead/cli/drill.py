"""`bulkhead drill list|show|run|replay|documents|fidelity|improvements`."""

import argparse
from pathlib import Path
from typing import Any

from bulkhead.cli import runs
from bulkhead.cli.common import add_environment, add_estate, add_state, state_of, verb

HELD = (
    "held: every condition and every deadline was seen as expected, and everything that was "
    "changed is put back"
)


def register(verbs: Any) -> None:
    """Declare the verb."""
    text = "drills with people: list them, run one, replay it, file its documents"
    parser = verbs.add_parser("drill", help=text, description=text)
    metavar = "list|show|run|replay|documents|fidelity|improvements"
    kinds = parser.add_subparsers(dest="kind", metavar=metavar, required=True)
    verb(kinds, "list", listed, "the drills that there are")
    show = verb(kinds, "show", shown, "what one drill needs, uses and leaves")
    show.add_argument("name", metavar="NAME")
    add_estate(show, optional=True)
    show.add_argument("--tenant", help="with whom (default: the drill chooses)")
    add_state(show)
    _register_run(verb(kinds, "run", run, f"run one drill. {HELD.capitalize()}."))
    _register_replay(verb(kinds, "replay", replay, "play a recorded drill again, in virtual time"))
    text = "write a drill's documents: before a run, or with --timeline after one"
    _register_documents(verb(kinds, "documents", documents, text))
    text = "how well sim predicts the lab: outcomes, order, and durations per kind of action"
    _register_fidelity(verb(kinds, "fidelity", fidelity, text))
    text = "the improvement plan: what did not hold, with owner and date; 1 if any is overdue"
    add_state(verb(kinds, "improvements", improvements, text))


def _register_run(parser: argparse.ArgumentParser) -> None:
    _add_drill(parser)
    add_environment(parser, "sim", "lab", default="sim")
    add_state(parser)
    _add_people(parser)
    parser.add_argument("--seed", type=int, default=1, help="of people's reaction times (1)")
    parser.add_argument(
        "--pace",
        type=float,
        default=1.0,
        metavar="X",
        help="people are X times as fast as people are: for the lab, where packets are not; "
        "recorded (default: 1)",
    )
    parser.add_argument("--days", type=int, default=30, help="until improvements are due (30)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--facilitated", action="store_true", help="people in the room are asked")
    how.add_argument("--answers", type=Path, metavar="TIMELINE", help="people answer as in this")


def _register_replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("timeline", type=Path, metavar="TIMELINE")
    add_estate(parser)


def _register_documents(parser: argparse.ArgumentParser) -> None:
    _add_drill(parser)
    add_state(parser)
    _add_people(parser)
    parser.add_argument("--timeline", type=Path, help="of a run: with after-action report")
    parser.add_argument("--out", type=Path, help="folder (default: documents/NAME below --state)")


def _register_fidelity(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="as `bulkhead drill list` names it")
    add_state(parser)
    for flag, what in (
        ("--sim", "its runs in sim"),
        ("--lab", "its runs in the lab"),
        ("--calibrate", "the lab's runs of other drills: what their actions took"),
    ):
        text = f"timelines of {what} (default: every whole one below --state)"
        parser.add_argument(flag, type=Path, nargs="+", metavar="TIMELINE", help=text)


def _add_drill(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="as `bulkhead drill list` names it")
    add_estate(parser)
    parser.add_argument("--tenant", help="with whom (default: the drill chooses)")


def _add_people(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as",
        dest="participants",
        metavar="ROLE:NAME",
        action="append",
        default=[],
        help="who takes part as facilitator, evaluator, player or observer; may be given again",
    )


def listed(args: argparse.Namespace) -> int:
    """Name, tactic and ids of each."""
    from bulkhead.environments.drills import known

    return runs.as_listed("Drills", known(), as_json=args.json)


def shown(args: argparse.Namespace) -> int:
    """Everything that the catalogue says of one; on an estate, its exercise too."""
    from bulkhead.environments import drills

    if args.estate is None:
        return runs.as_shown(drills.about(args.name), as_json=args.json)
    drill = _file(args).drill
    return runs.as_shown(drill.about, as_json=args.json, more=_exercise(drill.exercise))


def _exercise(exercise: Any) -> dict[str, Any]:
    return {
        "purpose": exercise.purpose,
        "steady state": list(exercise.steady_state),
        "objectives": [f"{one.id} {one.text}" for one in exercise.objectives],
        "deadlines": [f"{one.name} within {one.within:g} s" for one in exercise.deadlines],
        "injects": [f"{one.number} to {one.to}: {one.text}" for one in exercise.injects],
    }


def run(args: argparse.Namespace) -> int:
    """0 if all held; 1 if anything deviated, was not seen, or could not be put back."""
    from bulkhead.cli import show
    from bulkhead.drill.participants import participant
    from bulkhead.environments import drills, filing
    from bulkhead.environments.running import Place

    file = _file(args)
    place = Place(environment=args.env, state=state_of(args))
    cast = drills.Cast(
        participants=tuple(participant(one) for one in args.participants),
        facilitated=args.facilitated,
        answers=args.answers,
        seed=args.seed,
        pace=args.pace,
        show=show.say,
    )
    ran = drills.run_drill(place, file.drill, file.plan, cast, show.say)
    paths = filing.after(file, ran.path)
    if args.json:
        documents = [str(path) for path in paths]
        values = {"drill": ran.report.name, "means": HELD, "documents": documents}
        show.as_json(values | runs.as_values(ran))
    else:
        title = f"{ran.report.name} in {ran.report.environment}"
        show.table(title, FINDING, _findings(ran.report.findings))
        for reason in _reasons(ran.report.findings):
            show.out(reason)
        runs.closing(ran, "findings")
        show.out(f"documents: {paths[0].parent} ({len(paths)})")
        show.out(HELD)
    return runs.exit_code(ran.report)


FINDING = ("", "what", "expected", "seen", "where")


def _findings(findings: Any) -> list[tuple[str, ...]]:
    return [
        (
            row.standing,
            row.subject,
            row.expected,
            f"{row.seen} ({row.layer})" if row.layer else row.seen,
            " -> ".join(part for part in (row.source, row.target) if part),
        )
        for row in findings
    ]


def _reasons(findings: Any) -> list[str]:
    """Why what did not hold did not, one line each."""
    return [
        f"{row.standing}: {row.subject}: {row.because or row.seen}"
        for row in findings
        if row.standing not in ("held", "not run")
    ]


def replay(args: argparse.Namespace) -> int:
    """0 if every action and finding is as it was recorded; 1 if any differs."""
    from bulkhead.blueprint import expand, load
    from bulkhead.cli import show
    from bulkhead.drill.timeline import load as recording
    from bulkhead.environments import drills
    from bulkhead.errors import DEVIATED, HELD

    report, differences = drills.replay(recording(args.timeline), expand(load(args.estate)))
    if args.json:
        found = [row.as_dict() for row in report.findings]
        show.as_json({"drill": report.name, "findings": found, "differences": differences})
    else:
        show.table(f"{report.name} replayed", FINDING, _findings(report.findings))
        for one in differences:
            show.out(one)
        show.out("differs from its recording" if differences else "as it was recorded")
    return DEVIATED if differences else HELD


def documents(args: argparse.Namespace) -> int:
    """Write them, and say where they are."""
    from bulkhead.cli import show
    from bulkhead.drill.participants import participant
    from bulkhead.environments import filing

    file = _file(args)
    if args.timeline:
        paths = filing.again(file, args.timeline)
    else:
        folder = args.out or file.state / "documents" / args.name
        paths = filing.planned(file, folder, [participant(one) for one in args.participants])
    if args.json:
        show.as_json([str(path) for path in paths])
    else:
        show.out("\n".join(map(str, paths)))
    return 0


def improvements(args: argparse.Namespace) -> int:
    """0 if none is overdue; 1 if any is."""
    from dataclasses import asdict
    from datetime import UTC, datetime

    from bulkhead.cli import show
    from bulkhead.drill.improvements import read
    from bulkhead.errors import DEVIATED, HELD

    rows = read(state_of(args))
    today = datetime.now(UTC).date()
    if args.json:
        show.as_json([asdict(row) | {"overdue": row.overdue(today)} for row in rows])
    else:
        columns = ("drill", "in", "what", "seen", "owner", "due", "status")
        show.table("Improvement plan", columns, [_improvement(row, today) for row in rows])
    return DEVIATED if any(row.overdue(today) for row in rows) else HELD


def _improvement(row: Any, today: Any) -> tuple[str, ...]:
    status = f"closed {row.closed}" if row.closed else f"open since {row.opened}"
    if row.times > 1:
        status += f", for the {row.times}. time"
    if row.overdue(today):
        status += ", overdue"
    about = " ".join(part for part in (row.subject, row.source, row.target) if part)
    return (row.drill, row.environment, about, row.issue, row.owner, row.due, status)


def fidelity(args: argparse.Namespace) -> int:
    """0 if outcomes and order agree; 1 if they do not. Durations are told, not judged."""
    from bulkhead.cli import show
    from bulkhead.drill import fidelity
    from bulkhead.drill.timeline import load
    from bulkhead.environments.drills import timelines
    from bulkhead.errors import DEVIATED, HELD

    sim, lab, others = timelines(state_of(args), args.name)
    found = fidelity.judged(
        sim=[load(path) for path in args.sim or sim],
        lab=[load(path) for path in args.lab or lab],
        others=[load(path) for path in args.calibrate or others],
    )
    if args.json:
        show.as_json(found.as_dict())
    else:
        columns = ("action", "predicted (s)", "from", "lab runs", "seen (s)", "covered")
        show.table(f"Fidelity of {found.drill}", columns, fidelity.lines(found))
        for one in found.differences:
            show.out(one)
        show.out(fidelity.summary(found))
    return DEVIATED if found.differences else HELD


def _file(args: argparse.Namespace) -> Any:
    from datetime import UTC, datetime

    from bulkhead.blueprint import expand, load
    from bulkhead.environments import drills, filing

    plan = expand(load(args.estate))
    return filing.File(
        drill=drills.drill(args.name, plan, args.tenant),
        plan=plan,
        state=state_of(args),
        today=datetime.now(UTC).date(),
        days=getattr(args, "days", 30),
    )
