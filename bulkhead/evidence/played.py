"""A run read back from its timeline's file, for people to look at. Tolerant of what is new.

`bulkhead.drill.timeline` reads a timeline so that it can be replayed and mended, and so must know
each kind of action; here an action is words, and a kind that this version does not know is none
the less shown. A torn last line (a killed run) is left out.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, cast

from bulkhead.drill.findings import Finding
from bulkhead.drill.timeline import Note
from bulkhead.errors import Problem, WrongInput
from bulkhead.evidence.story import Found, Played, Step, Word

_ENDS = ("source", "target", "broker", "historian", "host", "attempt", "layer")
_OUTCOMES = ("done", "refused", "not observed")
_FINDING = frozenset(item.name for item in fields(Finding))


def played_of(content: bytes, name: str) -> Played:
    """The run that a timeline's file tells of; WrongInput where it is damaged."""
    try:
        return _played(list(_lines(content.decode(), name)), name)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WrongInput(Problem(name, f"this is no timeline: {error}")) from None


def _played(lines: list[dict[str, Any]], name: str) -> Played:
    run = _last(lines, "run")
    end = _last(lines, "end")
    file = name.rpartition("/")[2]
    facts = {key: value for key, value in run.items() if key not in _OWN_PLACE}
    recorded = any("finding" in line for line in lines)
    return Played(
        name=str(run["drill"]),
        environment=str(run["environment"]),
        at=_moment(file),
        digest=run.get("estate"),
        ended=str(end["ended"]) if end else None,
        steps=tuple(_step(line["row"]) for line in lines if "row" in line),
        found=tuple(_found(line) for line in lines if "finding" in line) if recorded else None,
        notes=tuple(Note(**line["note"]) for line in lines if "note" in line),
        injects=tuple((int(row["inject"]), float(row["at"])) for row in lines if "inject" in row),
        unmended=tuple(str(row) for row in end.get("unmended", ())),
        owed=0 if end else _owed(lines),
        file=name,
        facts=tuple(sorted((key, _plainly(value)) for key, value in facts.items())),
    )


_OWN_PLACE = ("drill", "environment", "estate")


def _last(lines: list[dict[str, Any]], key: str) -> dict[str, Any]:
    found = [line[key] for line in lines if key in line]
    return cast("dict[str, Any]", found[-1]) if found else {}


def _lines(text: str, name: str) -> Iterator[dict[str, Any]]:
    whole = text[: text.rfind("\n") + 1]
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            said = json.loads(line)
        except ValueError:
            raise WrongInput(Problem(name, f"line {number} is not JSON")) from None
        if not isinstance(said, dict):
            raise WrongInput(Problem(name, f"line {number} is no JSON object"))
        yield said


def _moment(file: str) -> str:
    """When it began, from the name that `bulkhead.environments` gives such a file."""
    stamp = file.partition("-")[0]
    try:
        began = datetime.strptime(stamp, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return "at an unknown moment"
    return began.strftime("%Y-%m-%dT%H:%M:%SZ")


def _step(row: Mapping[str, Any]) -> Step:
    action, outcome = row["action"], row["outcome"]
    if outcome["outcome"] not in _OUTCOMES:
        raise ValueError(f"there is no outcome {outcome['outcome']!r}")
    return Step(
        asked=float(row["asked"]),
        done=float(row["done"]),
        kind=str(action["action"]),
        about=_about(action),
        outcome=cast("Word", outcome["outcome"]),
        layer=str(outcome.get("layer") or ""),
        reason=str(outcome.get("reason") or ""),
        who=str(action.get("who") or "") if action["action"] == "Ask" else "",
        undo=row.get("phase") == "roll-back",
        late=bool(row.get("late")),
        own=None if row.get("own") is None else float(row["own"]),
        fields=tuple(sorted((name, _plainly(value)) for name, value in action.items())),
    )


def _about(action: Mapping[str, Any]) -> str:
    """What an action was about: its ends first, then its other values."""
    ends = [_plainly(action[name]) for name in _ENDS if action.get(name)]
    rest = [
        f"{name.replace('_', ' ')} {_plainly(value)}"
        for name, value in sorted(action.items())
        if name not in ("action", *_ENDS) and value not in ("", None)
    ]
    return ", ".join(filter(None, (" → ".join(ends), *rest)))


def _plainly(value: Any) -> str:
    if isinstance(value, Mapping):
        kind = value.get("action", "")
        return " ".join(filter(None, (str(kind), _about(value))))
    if isinstance(value, list | tuple):
        return ", ".join(map(_plainly, value))
    return str(value)


def _found(line: Mapping[str, Any]) -> Found:
    said = {name: value for name, value in line["finding"].items() if name in _FINDING}
    at = line.get("at")
    return Found(finding=Finding(**said), at=None if at is None else float(at))


def _owed(lines: list[dict[str, Any]]) -> int:
    """Roll-backs promised and not done."""
    owed: list[Any] = []
    for line in lines:
        if "promise" in line:
            owed.append(line["promise"])
        row = line.get("row")
        if row and row.get("phase") == "roll-back" and row["outcome"]["outcome"] == "done":
            owed = _without(owed, row["action"])
    return len(owed)


def _without(owed: list[Any], action: Any) -> list[Any]:
    at = owed.index(action) if action in owed else len(owed)
    return owed[:at] + owed[at + 1 :]
