"""Rewrites the golden plan of the example: `python tests/blueprint/golden/rewrite.py`."""

import json
from datetime import date
from pathlib import Path

from bulkhead.blueprint import expand, load
from bulkhead.plan import canonical, digest

HERE = Path(__file__).resolve().parent

plan = expand(load(HERE.parents[2] / "examples" / "estate.yaml", date(2026, 11, 22)))
golden = {"digest": digest(plan), "plan": json.loads(canonical(plan))}
text = json.dumps(golden, indent=1, sort_keys=True, ensure_ascii=False)
(HERE / "example-plan.json").write_text(text + "\n", "utf-8")
