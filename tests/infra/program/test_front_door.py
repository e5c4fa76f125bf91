"""`pulumi up` from the root: the program as the language host runs it, under the SDK's mocks."""

import asyncio
import json
import runpy
from pathlib import Path

import pulumi
import pytest
from pulumi.runtime import mocks, settings
from pulumi.runtime.stack import run_pulumi_func

from infra.program.evaluate import EXPORTED, Recorder

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "estate.yaml"
ACCOUNTS = {"platform": "111111111111", "audit": "222222222222"}
ROLES = {"audit": "arn:aws:iam::222222222222:role/bulkhead"}


def run(stack, blueprint=EXAMPLE, **more):
    """The resources that `main: infra` of Pulumi.yaml registers for a stack."""
    recorder = Recorder({kind: {} for kind in EXPORTED}, {})
    pulumi.runtime.set_all_config(
        {
            "bulkhead:blueprint": str(blueprint),
            "bulkhead:image": "ami-0123456789abcdef0",
            "bulkhead:accounts": json.dumps(ACCOUNTS),
            "bulkhead:roles": json.dumps(ROLES),
            **{f"bulkhead:{name}": value for name, value in more.items()},
        }
    )
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    mocks.set_mocks(recorder, project="bulkhead", stack=stack, preview=False)
    try:
        loop.run_until_complete(
            run_pulumi_func(
                lambda: runpy.run_path(str(ROOT / "infra"), run_name="__main__") and None
            )
        )
    finally:
        settings.reset_options()
        pulumi.runtime.set_all_config({})
        loop.close()
        asyncio.set_event_loop(None)
    return recorder.declared


def test_the_shared_stack_is_declared_in_both_of_its_accounts():
    declared = run("shared")
    assert {row.account for row in declared} == {"platform", "audit"}
    assert [row.name for row in declared if row.type == "aws:ec2/instance:Instance"]


def test_no_stand_in_of_a_plant_reaches_an_account():
    assert not [row for row in run("shared") if "lyon" in row.name or "tromso" in row.name]


def test_a_stack_that_the_blueprint_does_not_have_is_refused_in_words():
    with pytest.raises(pulumi.RunError, match="it has logs, shared, acme, borealis"):
        run("nobody")


def test_a_wrong_blueprint_is_refused_in_words(tmp_path):
    path = tmp_path / "estate.yaml"
    path.write_text("estate: 3\n")
    with pytest.raises(pulumi.RunError, match=r"estate\.yaml"):
        run("shared", path)


def test_what_the_blueprint_loosens_since_before_is_a_warning(monkeypatch, tmp_path):
    said = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    tighter = tmp_path / "before.yaml"
    text = EXAMPLE.read_text()
    tighter.write_text(text.replace("lifetime: 90d", "lifetime: 30d"))
    run("shared", before=str(tighter))
    assert said
    assert all(line.startswith("loosens: credentials of ") for line in said)
    said.clear()
    run("shared", before=str(EXAMPLE))
    assert said == []


def test_an_account_without_an_id_is_named():
    with pytest.raises(pulumi.RunError, match="no id for audit; `pulumi config set"):
        run("acme", accounts=json.dumps({"platform": "111111111111"}))


def test_log_storage_lies_in_the_audit_account_and_has_nothing_of_a_tenant():
    declared = run("logs")
    assert {row.account for row in declared} == {"platform", "audit"}
    kinds = {row.type.rsplit(":", 1)[-1] for row in declared if row.account == "audit"}
    assert {"Bucket", "BucketPolicy", "BucketObjectLockConfiguration", "Key", "Trail"} <= kinds
    assert not [row for row in declared if "acme" in row.name or "borealis" in row.name]
