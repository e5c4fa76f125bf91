"""`up` and its preview say what the plan loosens against the one that stands."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bulkhead.blueprint import expand, load
from bulkhead.environments.raising import Raising
from infra.program.engine import Change

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"
PLAN = expand(load(EXAMPLE))
RECORD = next(row for row in PLAN.conduits if row.id == "borealis/record")
LESS = replace(PLAN, conduits=tuple(row for row in PLAN.conduits if row is not RECORD))


@pytest.fixture(autouse=True)
def _unjudged(monkeypatch):
    monkeypatch.setattr("infra.policy.refuse.refuse", lambda plan, specs: None)


class Engine:
    """An engine whose every stack stands."""

    def __init__(self, *changes):
        self.changes, self.raised = changes, []

    def stacks(self):
        return ["logs", "shared", "acme", "borealis"]

    def preview(self, spec, *, refresh):
        return [change for change in self.changes if change.stack == spec.stack]

    def up(self, spec, note, *, refresh):
        self.raised.append(spec.stack)


def raising(plan, standing, *changes):
    said = []
    run = Raising(plan, Engine(*changes), said.append, refresh=False)
    run.preview, run.raise_up = (partial(verb, standing) for verb in (run.preview, run.raise_up))
    return run, said


def test_a_preview_says_which_conduit_is_opened_between_which_zones():
    run, _ = raising(PLAN, LESS)
    (line,) = run.preview().loosens
    assert line.startswith(
        "conduit borealis/record opens borealis/ingest -> borealis/storage, tcp 5432, mediated by"
    )


def test_up_says_it_before_it_changes_anything():
    run, said = raising(PLAN, LESS)
    result = run.raise_up()
    assert said[0].startswith("loosens: conduit borealis/record opens")
    assert result.as_dict()["loosens"] == result.loosens


@pytest.mark.parametrize("standing", [PLAN, None])
def test_nothing_is_loosened_by_the_plan_that_stands_or_by_the_first_one(standing):
    run, said = raising(PLAN, standing)
    assert run.preview().loosens == []
    assert said == []


def step(op, before, after):
    return Change(
        stack="acme", op=op, type="Key", name="acme", inputs=after, fields=(), before=before
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (step("update", {"enableKeyRotation": True}, {}), ["Key acme is no longer rotated"]),
        (step("update", {}, {"enableKeyRotation": True}), []),
        (step("create", None, {}), []),
        (step("delete-replaced", {"enableKeyRotation": True}, {}), []),
    ],
)
def test_a_step_of_the_engine_that_drops_a_protection_is_told(change, said):
    run, _ = raising(PLAN, PLAN, change)
    assert run.preview().loosens == said


def test_a_protection_that_is_removed_is_told():
    run, _ = raising(PLAN, PLAN, step("delete", {"enableKeyRotation": True}, {}))
    (line,) = run.preview().loosens
    assert line.startswith("Key acme is removed")
