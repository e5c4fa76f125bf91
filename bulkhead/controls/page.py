"""The catalogue as a page: `python -m bulkhead.controls.page` makes docs/controls.md of it."""

import sys
from pathlib import Path

from bulkhead.controls.catalogue import CONTROLS
from bulkhead.controls.control import IEC, Control
from bulkhead.controls.requirements import WORDS

PAGE = Path(__file__).parents[2] / "docs" / "controls.md"
HEAD = """\
# Controls

<!-- Made by `python -m bulkhead.controls.page`; edit the controls, not this page. -->

What `bulkhead verify ESTATE --env sim|lab|aws` asks. Each control reads the environment; what it
could not observe is `not observed` and never `pass`. Exit 0 where everything passes or is accepted;
1 where anything fails, and where something that this environment has was not observed. What an
environment has not at all (hosts in `sim`, packets in `aws`) is `not observed` too, and by itself
no failure. With `--sabotage ID` a control is shown to work: what is broken is declared, so are the
findings that must flip, and it is put back; in `sim` and `lab` alone.

Requirements of IEC 62443-3-3 are cited by id, in our own words. *Meets*: the control decides it for
a zone or conduit, together with every other control that says so. *Supports*: it bears upon it.
SL-A of a foundational requirement is stated for a zone only where every requirement that its target
asks for is decided; one that no control decides is not observed. A component's SL-C is listed apart
and never counted.

Findings that somebody accepts stand in `accepted.yaml` beside the blueprint (or `--accepted FILE`).
They stay visible; once one has expired, it fails again and says so.

    accepted:
      - control: listening
        subject: borealis/ingest/ingest-1
        owner: shared/olga              # lives with the risk, and works on it
        risk: an old exporter listens on tcp 9100
        measure: the host's own filter lets nobody in
        approver: borealis/ingrid       # a person of the plan, never the owner
        expires: 2027-01-31             # the last day on which it holds

What the blueprint's own exceptions cover (zones that share a network, FR5) is accepted by them,
without a measure: the requirement stays unmet.
"""


def page() -> str:
    """The page's text."""
    rows = [
        f"| [{row.id}](#{row.id}) | {row.title} | {row.owner} | {', '.join(row.meets) or '-'} |"
        for row in CONTROLS
    ]
    table = ["| control | what must hold | owner | decides |", "| --- | --- | --- | --- |", *rows]
    return "\n".join([HEAD, *table, "", *(_section(row) for row in CONTROLS)])


def _section(row: Control) -> str:
    others: dict[str, list[str]] = {}
    for framework, name in row.mappings:
        if framework != IEC:
            others.setdefault(framework, []).append(name)
    meets = "; ".join(f"{name} ({WORDS[name]})" for name in row.meets)
    lines = [
        f"## {row.id}",
        "",
        f"{row.title}. {row.why}",
        "",
        f"- Reads: {row.reads}",
        f"- Owner: {row.owner}",
        f"- Remediation: {row.remediation}",
        f"- Sabotage: {row.sabotage.what}",
        f"- Meets (IEC 62443-3-3): {meets or 'none by itself'}",
        f"- Supports: {', '.join(row.supports)}",
        *(f"- {framework}: {', '.join(names)}" for framework, names in others.items()),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page())
    sys.stdout.write(f"{PAGE}\n")
