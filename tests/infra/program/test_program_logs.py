"""Log storage: protected in the engine's eyes, never removed, with a policy that comes last."""

from pathlib import Path

import pulumi
import pytest

from bulkhead.blueprint import expand, load
from bulkhead.errors import BulkheadError
from infra.program.engine import Engine
from infra.program.evaluate import evaluate
from infra.specs.logs import LOGS
from infra.specs.project import specs

EXAMPLE = Path(__file__).parents[3] / "examples" / "estate.yaml"


def test_the_engine_refuses_to_remove_log_storage():
    engine = Engine.__new__(Engine)
    with pytest.raises(BulkheadError, match="log storage is never destroyed"):
        engine.remove(LOGS, lambda change: None)


def test_the_bucket_and_all_of_its_parts_are_protected(monkeypatch):
    """What the SDK is told: `protect` reaches the engine as an option, not as a property."""
    seen = {}
    register = pulumi.runtime.resource.register_resource

    def noted(res, ty, name, custom, remote, new, props, opts, *more, **rest):
        seen[ty, name] = opts
        return register(res, ty, name, custom, remote, new, props, opts, *more, **rest)

    monkeypatch.setattr(pulumi.resource, "register_resource", noted)
    evaluate({LOGS: specs(expand(load(EXAMPLE)), standins=True)[LOGS]})
    kept = {ty.rsplit(":", 1)[-1] for (ty, _), opts in seen.items() if opts.protect}
    assert {"Bucket", "BucketPolicy", "BucketVersioning", "Key", "Alias"} <= kept
    assert "BucketObjectLockConfiguration" in kept
