"""How long `bulkhead verify` takes, by its parts, on an estate that stands in a lab.

    python benchmarks/verify_rate.py ESTATE [--state DIR] [--runs N]

Prints one JSON document: hosts, findings, and for each part the median and the worst of N runs in
seconds. `all` is what a user waits for, but for Python's start; the parts overlap.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bulkhead.blueprint import expand, load
from bulkhead.controls.catalogue import CONTROLS
from bulkhead.controls.running import verified
from bulkhead.environments.facts.places import in_lab
from bulkhead.plan import Plan
from infra.place import state_beside

AIM = 10.0
"""Seconds, for twelve hosts."""


def main() -> int:
    """0 if the median is within the aim."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("estate", type=Path)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    plan = expand(load(args.estate))
    state = (args.state or state_beside(args.estate.resolve().parent)).resolve()
    rows = [one(plan, state) for _ in range(args.runs)]
    parts = {name: told([row[name] for row in rows]) for name in rows[0]["seconds_of"]}
    found = {
        "hosts": len(plan.hosts),
        "findings": rows[0]["findings"],
        "seconds": parts,
        "aim": AIM,
    }
    json.dump(found, sys.stdout, indent=2)
    sys.stdout.write("\n")
    return 0 if parts["all"]["median"] <= AIM else 1


def one(plan: Plan, state: Path) -> dict[str, Any]:
    """One verification by its parts, one after the other; then a whole one, as the command does."""
    facts = in_lab(plan, state)
    seconds = {
        "api": timed(facts.deployed),
        "hosts": timed(facts.told),
        "packets": timed(facts.packets),
        "judging": timed(lambda: verified(CONTROLS, facts, "lab")),
    }
    whole = in_lab(plan, state)
    begun = time.perf_counter()
    whole.read_ahead()
    found = verified(CONTROLS, whole, "lab")
    seconds["all"] = time.perf_counter() - begun
    count = sum(len(row.observations) for row in found.results)
    return {**seconds, "findings": count, "seconds_of": list(seconds)}


def timed(do: Callable[[], object]) -> float:
    """Seconds that it takes."""
    begun = time.perf_counter()
    do()
    return time.perf_counter() - begun


def told(seconds: list[float]) -> dict[str, float]:
    """The median and the worst."""
    return {"median": round(statistics.median(seconds), 2), "worst": round(max(seconds), 2)}


if __name__ == "__main__":
    sys.exit(main())
