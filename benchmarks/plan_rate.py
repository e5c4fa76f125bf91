"""How long 200 tenants on all five tiers take to plan and to be projected into specs.

    python benchmarks/plan_rate.py [--tenants N]

Prints one JSON document: seconds of this process by part, and their ratio to a floor measured in
the same run: writing the same plan down once as canonical JSON, which nobody who has a digest can
leave out. `growth` is specs' time per tenant at N against that at N / 4: near 1 is linear.
Quotas are not enforced: 200 tenants are beyond what peerings can join.
"""

import argparse
import copy
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from bulkhead.blueprint import loads
from bulkhead.blueprint.document import compose
from bulkhead.blueprint.expansion import build
from bulkhead.plan import Plan, digest
from infra.specs import specs

EXAMPLE = Path(__file__).parents[1] / "examples" / "tiers.yaml"
AIM = 5.0
"""Seconds for 200 tenants, from the file's text to the plan."""
T = TypeVar("T")


def main() -> int:
    """0 if planning is within the aim."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tenants", type=int, default=200)
    args = parser.parse_args()
    found = measured(args.tenants)
    few = measured(max(args.tenants // 4, 1))
    found["growth"] = round(
        (found["specs"] / found["tenants"]) / (few["specs"] / few["tenants"]), 2
    )
    json.dump(found | {"aim": AIM}, sys.stdout, indent=2)
    sys.stdout.write("\n")
    return 0 if found["plan"] <= AIM else 1


def measured(tenants: int) -> dict[str, Any]:
    """Seconds of processor time for so many tenants, and the ratio to the floor."""
    text = json.dumps(estate(tenants))
    plan, planning = timed(lambda: build(loads(text, "benchmark").estate))
    _, floor = timed(lambda: digest(plan))
    _, projecting = timed(lambda: projected(plan))
    return {
        "tenants": tenants,
        "hosts": len(plan.hosts),
        "plan": planning,
        "specs": projecting,
        "floor": floor,
        "ratio": round((planning + projecting) / floor, 2),
    }


def projected(plan: Plan) -> int:
    """How many stacks the plan has."""
    return len(specs(plan, standins=True))


def timed(do: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and seconds of processor time."""
    begun = time.process_time()
    found = do()
    return found, round(time.process_time() - begun, 3)


def estate(tenants: int) -> dict[str, Any]:
    """The example's ten tenants over and over, each with an id, a block and an address."""
    found: dict[str, Any] = compose(EXAMPLE.read_bytes(), EXAMPLE.name).plain()
    patterns = found["tenants"]
    found["tenants"] = [_copy(patterns[index % len(patterns)], index) for index in range(tenants)]
    return found


def _copy(pattern: dict[str, Any], index: int) -> dict[str, Any]:
    made = copy.deepcopy(pattern) | {"id": f"{pattern['id']}-{index}", "block": 2 + index}
    made["sites"][0]["gateways"][0]["address"] = f"8.8.{index}.1"
    return made


if __name__ == "__main__":
    sys.exit(main())
