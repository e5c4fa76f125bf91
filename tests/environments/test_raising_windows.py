"""Hosts are replaced within their tenants' maintenance windows, or as an emergency."""

from dataclasses import replace
from pathlib import Path

import pytest

from bulkhead.blueprint import expand, load
from bulkhead.environments.raising import Raising
from bulkhead.errors import WrongInput
from bulkhead.plan import Window
from infra.program.engine import Change

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"
ALWAYS = Window(kind="maintenance", when="daily 00:00-00:00 UTC", reason="test")
FROZEN = Window(kind="freeze", when="2000-01-01/2999-12-31", reason="test")


@pytest.fixture(autouse=True)
def _unjudged(monkeypatch):
    """The policy has tests of its own; evaluating the program takes a second each time."""
    monkeypatch.setattr("infra.policy.refuse.refuse", lambda plan, specs: None)


class Engine:
    """An engine whose every stack stands, and whose previews are given."""

    def __init__(self, plan, change):
        self.known = ["logs", "shared", *(tenant.id for tenant in plan.tenants)]
        self.change, self.raised = change, []

    def stacks(self):
        return self.known

    def preview(self, spec, *, refresh):
        return [self.change] if spec.stack == self.change.stack else []

    def up(self, spec, _note, *, refresh):
        self.raised.append(spec.stack)


def raising(window, change, **given):
    plan = expand(load(EXAMPLE))
    plan = replace(plan, tenants=tuple(replace(one, windows=(window,)) for one in plan.tenants))
    engine = Engine(plan, change)
    said = []
    return Raising(plan, engine, said.append, refresh=False, **given), engine, said


def change(op="replace", type="Instance", stack="acme"):
    name = "acme/storage/historian-1"
    return Change(stack=stack, op=op, type=type, name=name, inputs={}, fields=("ami",))


@pytest.mark.parametrize("op", ["replace", "create-replacement", "delete-replaced"])
def test_outside_of_the_windows_nothing_is_changed(op):
    run, engine, _ = raising(FROZEN, change(op))
    with pytest.raises(WrongInput, match="acme/storage/historian-1 would be replaced"):
        run.raise_up()
    assert engine.raised == []


def test_within_a_window_hosts_are_replaced():
    run, engine, _ = raising(ALWAYS, change())
    run.raise_up()
    assert engine.raised == ["acme"]


def test_an_emergency_replaces_them_at_any_time_and_says_so():
    run, engine, said = raising(FROZEN, change(), emergency="CVE-2026-0001 is exploited")
    result = run.raise_up()
    assert engine.raised == ["acme"]
    assert any("CVE-2026-0001" in line for line in said)
    assert any("CVE-2026-0001" in line for line in result.sentences)


@pytest.mark.parametrize(
    "harmless", [change("update"), change(type="SecurityGroup"), change(stack="shared")]
)
def test_what_replaces_no_tenants_host_needs_no_window(harmless):
    run, engine, _ = raising(FROZEN, harmless)
    run.raise_up()
    assert engine.raised == [harmless.stack]


def test_a_preview_is_always_allowed():
    run, _, _ = raising(FROZEN, change())
    assert run.preview().sentences
