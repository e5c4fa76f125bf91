"""Where hosts' own filters come from: the plan's conduits, or the hosts, who may not answer."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bulkhead.blueprint import expand, load
from bulkhead.environments import sim
from bulkhead.environments.claim import claim
from bulkhead.environments.filters import over_ssh, planned_filters, read_filters
from bulkhead.errors import BulkheadError, Problem
from bulkhead.network.filters import HostFilter, Unread
from bulkhead.network.parse.nft import COMMAND

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"
EMPTY = '{"nftables": [{"metainfo": {}}]}'
GATEWAY = "borealis/tromso/ai/gw-1"


@pytest.fixture(scope="module")
def plan():
    return expand(load(EXAMPLE))


@pytest.fixture(scope="module")
def deployed(plan):
    return sim.deployed(plan)


@pytest.fixture(scope="module")
def filters(plan, deployed):
    return sim.filters(plan, deployed)


def test_every_running_host_has_a_filter_with_a_rule_for_each_of_its_conduits(
    plan, deployed, filters
):
    assert set(filters) == {host.id for host in plan.hosts}
    into, out = filters[GATEWAY].chains
    assert [rule.comment for rule in into.rules if rule.comment] == []
    said = {rule.comment for rule in out.rules if rule.comment}
    assert said == {"borealis/telemetry", "borealis/tromso/poll"}


def test_nobody_plans_a_filter_for_a_host_that_does_not_run(plan, deployed):
    rows = tuple(replace(row, running=row.host != GATEWAY) for row in deployed.interfaces)
    stopped = replace(deployed, interfaces=rows)
    assert GATEWAY not in planned_filters(plan, stopped)


def test_the_model_of_sim_holds_with_the_filters_of_all_hosts(plan, deployed, filters):
    found = claim(plan, deployed, None, seed=1, filters=filters, planned=filters)
    assert not [str(row) for row in found.differences]
    assert found.filtered == 15


def test_hosts_that_nobody_asked_are_told_from_hosts_without_rules(plan, deployed):
    assert claim(plan, deployed, None, seed=1).filters is None


def test_a_host_that_is_not_known_is_a_difference_from_outside_as_well(plan, deployed, filters):
    """Flows of which no packet told are not, outside; a host whose rules nobody read is."""
    unknown = {**filters, GATEWAY: Unread("it did not answer")}
    found = claim(plan, deployed, None, seed=1, outside=True, filters=unknown, planned=filters)
    assert ("not observed", GATEWAY) in {(row.kind, row.source) for row in found.differences}


def test_each_host_is_asked_for_its_whole_ruleset():
    asked = []

    def ask(host, command):
        asked.append((host, tuple(command)))
        return EMPTY

    assert read_filters(["b", "a"], ask) == {"a": HostFilter(), "b": HostFilter()}
    assert sorted(asked) == [("a", COMMAND), ("b", COMMAND)]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (BulkheadError(Problem("a", "its key is another one")), "a: its key is another one"),
        (OSError("no route"), "no route"),
        (TimeoutError("took too long"), "took too long"),
    ],
)
def test_a_host_that_does_not_answer_is_unread_and_stops_no_other(error, words):
    def ask(host, _command):
        if host == "a":
            raise error
        return EMPTY

    found = read_filters(["a", "b"], ask)
    assert found == {"a": Unread(words), "b": HostFilter()}


@pytest.mark.parametrize("text", ["", "nft: command not found", '{"nftables": [{"rule": 1}]}'])
def test_an_answer_that_is_no_ruleset_is_unread(text):
    assert isinstance(read_filters(["a"], lambda _host, _command: text)["a"], Unread)


@dataclass
class Ran:
    code: int
    out: str = ""
    err: str = ""


def test_over_ssh_the_command_runs_by_sudo_without_a_password():
    asked = []

    def run(host, command):
        asked.append((host, tuple(command)))
        return Ran(0, EMPTY)

    assert over_ssh(run)("a", COMMAND) == EMPTY
    assert asked == [("a", ("sudo", "-n", *COMMAND))]


@pytest.mark.parametrize(
    ("ran", "words"), [(Ran(1, err="sudo: a password is required"), "password"), (Ran(-1), "-1")]
)
def test_a_command_that_fails_over_ssh_says_why(ran, words):
    with pytest.raises(BulkheadError, match=words):
        over_ssh(lambda _host, _command: ran)("a", COMMAND)
