"""`explain`: each layer judged as if the others let everything pass; on the example's estate."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from test_mesh_reading import INGEST, OTHER, SETS, text

from bulkhead.blueprint import expand, load, loads
from bulkhead.cli.main import main
from bulkhead.environments import explaining, sim
from bulkhead.environments.hostwords import (
    IDENTITY,
    LISTENERS,
    TELL,
    names_of,
    resolved,
    sidecar_of,
)
from bulkhead.errors import BulkheadError, Problem, WrongInput
from bulkhead.network.deployed import AclEntry, Flow
from bulkhead.network.explain import Sources, Word, explain
from bulkhead.network.filters import Unread
from bulkhead.network.reach import reach

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "estate.yaml")
SOURCE, TARGET = "borealis/ingest/ingest-1", "borealis/storage/historian-1"
FLOW = Flow(SOURCE, TARGET, "private", "tcp", 5432)
YES = Word("lets through", ("it says so",), "somewhere")
NO = Word("stops", ("it says no",), "somewhere")
LAYERS = {
    "host",
    "route",
    "network ACL",
    "security group",
    "host packet filter",
    "mesh authorisation",
    "DNS",
}


@pytest.fixture(scope="module")
def plan():
    return expand(load(EXAMPLE))


@pytest.fixture(scope="module")
def deployed(plan):
    return sim.deployed(plan)


@pytest.fixture(scope="module")
def filters(plan, deployed):
    return sim.filters(plan, deployed)


def open_everywhere(deployed, filters, mesh=YES, names=YES):
    return Sources(reach(deployed, filters), lambda _: mesh, lambda _: names)


def without_group_rules(deployed):
    groups = tuple(
        replace(row, rules=()) if row.name == "borealis/storage/historian" else row
        for row in deployed.groups
    )
    return replace(deployed, groups=groups)


def with_acl_denial(deployed):
    no = AclEntry(
        number=1, egress=False, allow=False, protocol=6, cidr="0.0.0.0/0", first=5432, last=5432
    )
    acls = tuple(
        replace(row, entries=(no, *row.entries)) if row.name == "borealis/storage" else row
        for row in deployed.acls
    )
    return replace(deployed, acls=acls)


def without_routes(deployed):
    tables = tuple(
        replace(row, routes=tuple(r for r in row.routes if not r.target.startswith("VpcPeering")))
        if row.name == "borealis/ingest"
        else row
        for row in deployed.route_tables
    )
    return replace(deployed, route_tables=tables)


def without_rule(filters):
    there = filters[TARGET]
    into, *rest = there.chains
    rules = tuple(row for row in into.rules if row.comment != "borealis/record")
    return {**filters, TARGET: replace(there, chains=(replace(into, rules=rules), *rest))}


def test_a_declared_way_passes_every_layer_and_each_says_why_and_where_it_was_read(
    deployed, filters
):
    found = explain(open_everywhere(deployed, filters), FLOW)
    assert found.outcome == "passes"
    assert (found.stops, found.unknown) == ((), ())
    assert {row.layer for row in found.rows} == LAYERS
    assert all(row.because for row in found.rows)
    assert all(row.read for row in found.rows)
    assert {row.way for row in found.rows} == {"request", "reply", "after the reply"}


@pytest.mark.parametrize(
    ("layer", "change"),
    [
        ("security group", lambda d, f: (without_group_rules(d), f, YES, YES)),
        ("network ACL", lambda d, f: (with_acl_denial(d), f, YES, YES)),
        ("host packet filter", lambda d, f: (d, without_rule(f), YES, YES)),
        ("mesh authorisation", lambda d, f: (d, f, NO, YES)),
        ("DNS", lambda d, f: (d, f, YES, NO)),
        ("route", lambda d, f: (without_routes(d), f, YES, YES)),
    ],
)
def test_the_only_layer_that_stops_is_named_and_no_other(deployed, filters, layer, change):
    found = explain(open_everywhere(*change(deployed, filters)), FLOW)
    assert found.stops == (layer,)
    said = {row.says for row in found.rows if row.layer != layer}
    assert "stops" not in said
    because = next(row.because for row in found.rows if row.says == "stops")
    assert because


def test_dns_hides_a_name_and_stops_no_packet(deployed, filters):
    found = explain(open_everywhere(deployed, filters, names=NO), FLOW)
    assert found.outcome == "passes by address; DNS does not tell the name"


def test_layers_that_stop_are_all_named_not_the_first_alone(deployed, filters):
    stopped = with_acl_denial(without_group_rules(deployed))
    found = explain(open_everywhere(stopped, without_rule(filters), mesh=NO), FLOW)
    assert set(found.stops) == {
        "network ACL",
        "security group",
        "host packet filter",
        "mesh authorisation",
    }
    # The reverse way's rules are another conduit's: what stops is on the target's side.
    assert {row.at for row in found.rows if row.says == "stops"} == {TARGET}


def test_a_filter_that_could_not_be_read_is_not_observed(deployed, filters):
    unread = {**filters, TARGET: Unread("it hung up")}
    found = explain(open_everywhere(deployed, unread), FLOW)
    assert {row.layer for row in found.unknown} == {"host packet filter"}
    assert {row.at for row in found.unknown} == {TARGET}
    assert found.outcome.startswith("not known")


def test_in_one_subnet_no_network_acl_is_met(plan):
    found = explaining.explained(
        explaining.in_sim(plan), "acme/ingest/broker-1", "acme/ingest/ingest-1", "tcp", 22
    )
    acls = {row.says for row in found[0].rows if row.layer == "network ACL"}
    assert acls == {"does not apply"}


def test_by_the_public_path_each_side_is_judged_at_its_own_host(plan):
    gateway, broker = "borealis/tromso/ai/gw-1", "borealis/ingest/broker-1"
    private, public = explaining.explained(explaining.in_sim(plan), gateway, broker, "tcp", 8883)
    assert private.stops
    assert public.outcome == "passes"
    assert [row.at for row in public.rows if row.layer == "route"] == [gateway, broker, broker]


def test_names_follow_conduits_in_sim(plan):
    sources = explaining.in_sim(plan)
    assert sources.names(FLOW).says == "lets through"
    other = replace(FLOW, target="acme/storage/historian-1")
    assert sources.names(other).says == "stops"
    assert "acme.storage.historian-1" in sources.names(other).because[0]
    alone = replace(FLOW, source="shared/admin/bastion-1")
    assert sources.names(alone).says == "does not apply"


@pytest.mark.parametrize(
    ("said", "says", "words"),
    [
        ({"servers": [], "server": None, "code": None, "addresses": []}, "does not apply", "no re"),
        ({"servers": ["a"], "server": None, "code": None, "addresses": []}, "not observed", "no r"),
        ({"servers": ["a"], "server": "a", "code": 0, "addresses": ["1.2.3.4"]}, "lets thr", "1.2"),
        ({"servers": ["a"], "server": "a", "code": 0, "addresses": ["9.9.9.9"]}, "stops", "not wi"),
        ({"servers": ["a"], "server": "a", "code": 3, "addresses": []}, "stops", "NXDOMAIN"),
        ({"servers": ["a"], "server": "a", "code": 5, "addresses": []}, "stops", "REFUSED"),
    ],
)
def test_what_a_host_heard_from_its_resolver_is_the_word_of_dns(said, says, words):
    word = resolved(FLOW, said, "1.2.3.4", "there")
    assert word.says.startswith(says)
    assert words in word.because[0]


SOCKETS = '[["0.0.0.0:8883", "haproxy"], ["0.0.0.0:22", "sshd"]]'
AT_BROKER = Flow("acme/ingest/ingest-1", "acme/ingest/broker-1", "private", "tcp", 8883)


def hosts_of_a_mesh(identity, told=None):
    """Asks hosts of which one stands behind the sidecar of the role's own template."""
    part = {"config": {"ok": text()}, "sets": {"ok": SETS}}
    says = {LISTENERS: SOCKETS, IDENTITY: json.dumps(identity), TELL: json.dumps(told or part)}
    return lambda _host, program: says[program]


@pytest.mark.parametrize(
    ("identity", "address", "says"),
    [
        (INGEST, "10.2.0.9", "lets through"),
        (OTHER, "10.2.0.9", "stops"),
        (None, "10.2.0.9", "stops"),
        (None, "198.51.100.7", "lets through"),
    ],
)
def test_a_sidecars_word_is_what_its_map_says_of_the_sources_identity(identity, address, says):
    word = sidecar_of(hosts_of_a_mesh(identity), {AT_BROKER.source: (address, None)})(AT_BROKER)
    assert word.says == says
    assert "maps as they are in memory" in word.read


def test_where_no_sidecar_listens_the_mesh_has_no_word():
    word = sidecar_of(hosts_of_a_mesh(None), {})(replace(AT_BROKER, port=22))
    assert word.says == "does not apply"
    assert "not present" in word.because[0]


def test_a_sidecar_that_cannot_tell_its_map_is_not_observed():
    told = {"config": {"ok": text()}, "sets": {"error": "no such socket"}}
    word = sidecar_of(hosts_of_a_mesh(INGEST, told), {})(AT_BROKER)
    assert (word.says, word.because) == (
        "not observed",
        ("the mesh could not be read: no such socket",),
    )


@pytest.mark.parametrize(
    ("source", "path", "says"),
    [
        ("borealis/ingest/ingest-1", "private", "lets through"),
        ("borealis/storage/historian-1", "private", "stops"),
        ("acme/ingest/ingest-1", "private", "stops"),
        ("borealis/tromso/ai/gw-1", "public", "lets through"),
        ("acme/lyon/ai/gw-1", "public", "stops"),
    ],
)
def test_in_sim_the_mesh_says_what_its_role_is_told(source, path, says):
    plan = expand(loads(Path(EXAMPLE).read_text().replace("tier: segmented", "tier: mesh")))
    mesh = explaining.declared_mesh(plan, explaining.configured(plan, sim.deployed(plan)))
    flow = Flow(source, "borealis/ingest/broker-1", path, "tcp", 8883)
    assert mesh(flow).says == says
    assert mesh(replace(flow, port=22)).says == "does not apply"


def test_a_host_that_cannot_be_asked_is_not_observed():
    def silent(host, _program):
        raise BulkheadError(Problem(host, "it hung up"))

    assert names_of(silent, {})(FLOW).says == "not observed"
    assert sidecar_of(silent, {})(FLOW).says == "not observed"


def test_an_unknown_host_is_refused_with_the_nearest(plan):
    with pytest.raises(WrongInput, match="borealis/ingest/ingest-1"):
        explaining.explained(explaining.in_sim(plan), "borealis/ingest/ingest-2", TARGET, "tcp", 1)


def test_the_command_says_every_layer_and_ends_with_0_when_all_is_known(capsys):
    told = ["explain", SOURCE, TARGET, "5432", "--env", "sim", "--estate", EXAMPLE]
    assert main(told) == 0
    said = capsys.readouterr().out
    assert "(private): passes" in said
    assert "mesh authorisation" in said
    assert main([*told, "--json"]) == 0
    assert '"stopped_by": []' in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["70000", "--estate", EXAMPLE], ["5432"]], ids=["no port", "no blueprint"]
)
def test_input_that_is_none_is_refused(words):
    assert main(["explain", SOURCE, TARGET, *words, "--env", "sim"]) == 2
