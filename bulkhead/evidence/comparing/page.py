"""The tiers as a page: `python -m bulkhead.evidence.comparing.page` makes docs/tiers.md of them."""

import json
import sys
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from bulkhead.blueprint.alternatives import order
from bulkhead.blueprint.tiers import Tier, tiers
from bulkhead.controls.catalogue import CONTROLS

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "tiers.md"
HEAD = """\
# Isolation tiers

<!-- Made by `python -m bulkhead.evidence.comparing.page`; edit the tiers
     (bulkhead/blueprint/tiers) and responsibility.json beside that module, not this page. -->

One line of the blueprint, `tier: NAME`, says how a tenant is kept apart from the others. This page
says what is bought with each: what it carries, what it leaves open, and who does what. What it
makes of *your* estate, with reach, blast radius, cost and work, is told by

    bulkhead compare ESTATE --picture tiers.svg

Levels are IEC 62443's, for the hosted zones of a tenant on that tier. A zone whose target is higher
is refused, unless an exception with owner, approver and expiry covers it.
"""


@cache
def responsibility() -> Any:
    """Duties and buyers' questions, as responsibility.json holds them."""
    packaged = files("bulkhead.evidence.comparing").joinpath("responsibility.json")
    return json.loads(packaged.read_text("utf-8"))


def page() -> str:
    """The page's text."""
    known = sorted(tiers().values(), key=order)
    parts = [HEAD, *_levels(known)]
    for tier in known:
        parts += _tier(tier)
    parts += _duties(known)
    parts += _questions()
    return "\n".join(parts)


def _levels(known: list[Tier]) -> Iterator[str]:
    yield "## What each carries"
    yield ""
    yield "| tier | what it is | " + " | ".join(f"FR{n}" for n in range(1, 8)) + " |"
    yield "| --- | --- |" + " --- |" * 7
    for tier in known:
        levels = " | ".join(str(row.level) for row in tier.capability)
        yield f"| [{tier.name}](#{tier.name}) | {tier.summary} | {levels} |"
    yield ""
    yield (
        "FR1 identification and authentication, FR2 use control, FR3 integrity, "
        "FR4 confidentiality, FR5 restricted data flow, FR6 timely response, FR7 availability."
    )
    yield ""


def _tier(tier: Tier) -> Iterator[str]:
    yield f"## {tier.name}"
    yield ""
    yield f"{tier.summary[0].upper()}{tier.summary[1:]}."
    yield ""
    yield "| requirement | level | why |"
    yield "| --- | --- | --- |"
    for number, row in enumerate(tier.capability, 1):
        yield f"| FR{number} | {row.level} | {row.why} |"
    yield ""
    if tier.plane:
        yield f"- Each tenant has for itself, of the provider's plane: {', '.join(tier.plane)}."
    else:
        yield "- The provider's plane (admin, egress, audit) serves all tenants."
    if tier.sealed:
        yield f"- The provider's people cannot enter: {', '.join(tier.sealed)}."
    if tier.sidecar:
        yield "- Services listen on loopback alone, behind a sidecar that authorises each peer."
    yield f"- Hosts of one role, at most: {tier.room}."
    yield ""
    yield "It does not protect against:"
    yield ""
    yield from (f"- {line}" for line in tier.unprotected)
    yield ""


def _duties(known: list[Tier]) -> Iterator[str]:
    yield "## Who does what"
    yield ""
    yield str(responsibility()["about"])
    yield ""
    names = [tier.name for tier in known]
    yield "| | " + " | ".join(names) + " |"
    yield "| --- |" + " --- |" * len(names)
    for duty in responsibility()["duties"]:
        yield f"| {duty['question']} | " + " | ".join(_who(duty, name) for name in names) + " |"
    yield ""
    for duty in responsibility()["duties"]:
        yield f"### {duty['question']}"
        yield ""
        for name in names:
            if name in duty["tiers"]:
                yield f"- {name}: {_who(duty, name)}. {duty['tiers'][name]['why']}"
        yield ""


def _who(duty: Any, tier: str) -> str:
    """A tier that the table does not know says so: nobody's duty is guessed."""
    return str(duty["tiers"][tier]["who"]) if tier in duty["tiers"] else "not stated"


def _questions() -> Iterator[str]:
    yield "## What buyers ask"
    yield ""
    titles = {row.id: row.title for row in CONTROLS}
    for number, row in enumerate(responsibility()["questions"], 1):
        yield f"### {number}. {row['question']}"
        yield ""
        yield str(row["answer"])
        yield ""
        yield "Evidence:"
        yield ""
        for name in row["controls"]:
            yield f"- control [{name}](controls.md#{name}): {titles[name]}"
        for name in row["drills"]:
            yield f"- drill [{name}](drills.md): `bulkhead drill run {name} ESTATE`"
        for path in row["files"]:
            yield f"- [{path}]({_from_docs(path)})"
        yield ""


def _from_docs(path: str) -> str:
    return path.removeprefix("docs/") if path.startswith("docs/") else f"../{path}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
