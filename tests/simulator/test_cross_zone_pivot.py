"""The cross-zone pivot succeeds where the flat tier lets it, and is stopped in segmented."""

from dataclasses import replace

import pytest

from bulkhead.drill import run
from bulkhead.drill.replay import compared, replayed
from bulkhead.environments.actions import sim
from bulkhead.errors import WrongInput
from bulkhead.network.whatif import changed
from simulator.attacks import catalogue, named
from simulator.attacks.lateral_movement.cross_zone_pivot import CrossZonePivot

ACME, BOREALIS = "acme/ingest/ingest-1", "borealis/ingest/ingest-1"


@pytest.fixture(scope="module")
def bare(example_plan):
    return run(CrossZonePivot(example_plan), sim.environment(example_plan, machines=False))


@pytest.fixture(scope="module")
def machines(example_plan):
    return run(CrossZonePivot(example_plan), sim.environment(example_plan))


def seen(report, source, target, word):
    rows = (row for row in report.findings if (row.source, row.target) == (source, target))
    return {row.subject for row in rows if row.seen == word}


def test_in_the_flat_network_every_neighbour_is_reached_on_any_port(machines):
    for neighbour in ("broker-1", "historian-1", "inference-1"):
        [target] = {row.target for row in machines.findings if row.target.endswith(neighbour)} & {
            "acme/ingest/broker-1",
            "acme/storage/historian-1",
            "acme/processing/inference-1",
        }
        assert {"tcp 22 private", "tcp 4444 private"} <= seen(machines, ACME, target, "reached")


def test_in_the_segmented_network_declared_ways_alone_are_open(machines):
    reached = {
        (row.target, row.subject)
        for row in machines.findings
        if row.source == BOREALIS and row.seen == "reached"
    }
    assert reached == {
        ("borealis/ingest/broker-1", "tcp 8883 private"),
        ("borealis/storage/historian-1", "tcp 5432 private"),
        ("borealis/storage/historian-1", "rows of borealis"),
        ("shared/audit/logstore-1", "tcp 6514 private"),
        ("shared/egress/proxy-1", "tcp 3128 private"),
        ("shared/egress/proxy-1", "udp 123 private"),
        ("shared/egress/proxy-1", "udp 53 private"),
    }


@pytest.mark.parametrize("source", [ACME, BOREALIS, "acme/lyon/ai/gw-1", "borealis/tromso/ai/gw-1"])
def test_no_other_tenant_is_reached_from_anywhere(machines, source):
    others = {
        row.target
        for row in machines.findings
        if row.source == source and row.seen == "reached" and row.target
    }
    assert {target.split("/")[0] for target in others} <= {source.split("/")[0], "shared"}


def test_what_the_blueprint_promises_holds_and_the_run_says_so(bare, machines):
    assert (bare.held, machines.held) == (True, True)
    assert {row.standing for row in machines.findings} == {"held"}
    assert {row.standing for row in bare.findings} == {"held", "not run"}
    assert machines.unmended == bare.unmended == ()


def test_where_two_tenants_share_a_flat_network_the_neighbour_is_reached(flat_plan):
    report = run(CrossZonePivot(flat_plan, [ACME]), sim.environment(flat_plan))
    assert "tcp 5432 private" in seen(report, ACME, "borealis/storage/historian-1", "reached")
    assert "tcp 4444 private" in seen(report, ACME, "borealis/ingest/broker-1", "reached")
    stopped = {(row.subject, row.layer) for row in report.findings if row.layer == "tls"}
    assert ("message of borealis private", "tls") in stopped
    assert ("rows of borealis", "tls") in stopped


def test_every_stop_is_attributed_by_lifting_its_layer_alone(bare, machines):
    for report in (bare, machines):
        stops = [row for row in report.findings if row.layer]
        proven = {(row.source, row.target, row.layer) for row in stops if row.attributed}
        assert proven == {(row.source, row.target, row.layer) for row in stops}
        assert not [row for row in stops if row.attributed.startswith("doubtful")]


def test_a_lifted_layer_lets_the_attempt_succeed_or_meet_the_next(bare, machines):
    met = {row.attributed for row in (*bare.findings, *machines.findings) if row.attributed}
    assert {"then acl-egress", "then group-ingress", "then reached"} <= met
    lifted = {
        (row.subject.split(" of ")[0], row.layer)
        for row in machines.findings
        if row.attributed == "then reached"
    }
    assert lifted == {("message", "broker-acl"), ("rows", "row-security")}


def test_what_cannot_be_lifted_alone_says_why(bare):
    said = {row.attributed for row in bare.findings if row.attributed.startswith("not lifted")}
    assert said == {
        "not lifted: a way over the internet also needs an address there: it is not one layer"
    }


def test_a_way_opened_by_mistake_is_a_deviation(example_plan):
    from bulkhead.environments import sim as program
    from bulkhead.environments.actions.sim_world import World

    deployed = program.deployed(example_plan)
    opened = changed(deployed, "open tcp 4444 into borealis/ingest/broker from 10.3.0.0/16")
    opened = changed(
        opened, "open tcp 4444 into borealis/ingest/broker from borealis/ingest/ingest"
    )
    world = World(example_plan, opened, {}, services=False)
    report = run(CrossZonePivot(example_plan, [BOREALIS]), sim.of(world))
    found = [row for row in report.findings if row.standing == "deviated"]
    assert [(row.target, row.subject, row.seen) for row in found] == [
        ("borealis/ingest/broker-1", "tcp 4444 private", "reached")
    ]
    assert not report.held


def test_a_way_closed_by_mistake_is_a_deviation_too(example_plan):
    from bulkhead.environments import sim as program
    from bulkhead.environments.actions.sim_world import World

    deployed = program.deployed(example_plan)
    closed = replace(deployed, peerings=())
    report = run(
        CrossZonePivot(example_plan, [BOREALIS]),
        sim.of(World(example_plan, closed, {}, services=False)),
    )
    assert ("borealis/storage/historian-1", "tcp 5432 private", "refused") in {
        (row.target, row.subject, row.seen) for row in report.findings if row.standing == "deviated"
    }


def test_a_layer_that_is_not_put_back_is_found(example_plan):
    """A world that forgets to close: each attribution doubts it, and the last look sees it."""
    environment = sim.environment(example_plan, machines=False)
    from bulkhead.drill import Done
    from bulkhead.drill.actions import PutBack

    class Forgets:
        def perform(self, clock, actions):
            yield clock.timeout(0.1)
            return [Done() for _ in actions]

    forgetful = replace(environment, handlers={**environment.handlers, PutBack: Forgets()})
    report = run(CrossZonePivot(example_plan, [BOREALIS]), forgetful)
    assert any(row.attributed.startswith("doubtful: once put back") for row in report.findings)
    assert [row.seen for row in report.findings if row.subject == "everything once more"] != [
        "as found"
    ]
    assert not report.held


def test_its_recording_replays_to_the_same_findings(example_plan, machines):
    again = run(CrossZonePivot(example_plan), replayed(machines.timeline.rows))
    assert compared(machines.timeline.rows, again.timeline.rows) == []
    assert again.findings == machines.findings


def test_it_stays_within_its_own_bounds(machines):
    about = CrossZonePivot.about
    assert len(machines.timeline.rows) < about.most
    assert machines.timeline.rows[-1].done < about.longest


def test_no_attempt_is_made_twice_and_none_on_the_host_itself(machines):
    tried = [(row.source, row.target, row.subject) for row in machines.findings]
    assert len(tried) == len(set(tried))
    assert not [row for row in tried if row[0] == row[1] and row[0]]


@pytest.mark.parametrize("host", ["acme/lyon/ot/plc-1", "acme/nowhere"])
def test_it_starts_on_hosts_that_it_knows_alone(example_plan, host):
    with pytest.raises(WrongInput, match=r"(?s)gateway or an ingest host.*acme/ingest/ingest-1"):
        CrossZonePivot(example_plan, [host])


def test_the_catalogue_is_what_lies_in_the_folders():
    assert catalogue() == {"cross-zone-pivot": CrossZonePivot}
    with pytest.raises(WrongInput, match=r"(?s)no such attack.*cross-zone-pivot"):
        named("cross-zone")


@pytest.mark.parametrize("attack", catalogue().values(), ids=catalogue())
def test_every_attack_says_what_it_is(attack):
    about = attack.about
    assert about.needs
    assert not about.needs & about.wants
    assert about.leaves
    assert about.references
    for ids in about.techniques:
        assert all(one.startswith("T") for one in ids)
