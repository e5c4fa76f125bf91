"""Sidecars asked over SSH, and acted on: each host by its own identity, silence is no answer."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from bulkhead.blueprint import expand, load
from bulkhead.controls.unknown import Unknown
from bulkhead.environments import mesh
from bulkhead.environments.facts.sidecars import ask_sidecars
from bulkhead.errors import BulkheadError, MissingHere, Problem, WrongInput
from bulkhead.network.intent import intent

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"
BROKER, HISTORIAN = "borealis/ingest/broker-1", "borealis/storage/historian-1"
INGEST = "borealis/ingest/ingest-1"
ROOM = "/etc/bulkhead/sidecar"
CONFIG = f"""
frontend in-8883
  bind 10.2.0.10:8883 ssl crt x ca-file y crl-file z verify required
  tcp-request content set-var(sess.identity) ssl_c_der,hex,lua.spiffe
  tcp-request content set-var(sess.server) var(sess.identity),map({ROOM}/allowed-8883.map)
  tcp-request content reject unless {{ var(sess.server) -m found }}
  default_backend service-8883
"""
SETS = {f"{ROOM}/allowed-8883.map": ["spiffe://x/y/z y.z"]}


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    path = tmp_path_factory.mktemp("mesh") / "estate.yaml"
    path.write_text(EXAMPLE.read_text().replace("tier: segmented", "tier: mesh"))
    return expand(load(path))


def asked(plan, answers=None):
    """What was found, and the jobs of each host. answers: instead of a sound one, by host."""
    jobs = {}

    def run(host, said, _program):
        jobs[host] = said["try"]
        tried = {row["host"]: {"ok": {"admitted": True, "said": "x"}} for row in said["try"]}
        sound = {"config": {"ok": CONFIG}, "sets": {"ok": SETS}, "tried": {"ok": tried}}
        return (answers or {}).get(host, sound)

    here = {host.id: host.address for host in plan.hosts}
    with ThreadPoolExecutor(2) as pool:
        return ask_sidecars(plan, intent(plan), here, run, pool.map), jobs


def test_each_server_is_met_by_a_host_that_may_and_by_itself_which_may_not(plan):
    found, jobs = asked(plan)
    assert set(found) == {BROKER, HISTORIAN}
    assert [row.asker for row in found[HISTORIAN].meetings] == [HISTORIAN, INGEST]
    assert {row["host"] for row in jobs[INGEST]} == {BROKER, HISTORIAN}
    assert [row["kind"] for row in jobs[HISTORIAN]] == ["historian"]
    stranger, client = found[BROKER].meetings
    assert stranger.identity.endswith("/borealis/ingest/broker")
    assert client.identity.endswith("/borealis/ingest/ingest")
    assert found[BROKER].read.inbound[8883].listed == {"spiffe://x/y/z"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Unknown("it cannot be asked"), "it cannot be asked"),
        ({"config": {"error": "gone"}, "sets": {"ok": SETS}, "tried": {"ok": {}}}, "gone"),
        ({"config": {"ok": CONFIG}, "sets": {"error": "gone"}, "tried": {"ok": {}}}, "gone"),
        ({"config": {"ok": CONFIG}, "sets": {"ok": {}}, "tried": {"ok": {}}}, "did not tell"),
    ],
)
def test_a_sidecar_that_cannot_be_read_is_unknown_and_says_why(plan, answer, words):
    found, _ = asked(plan, {BROKER: answer})
    assert words in found[BROKER].read.because
    assert not isinstance(found[HISTORIAN].read, Unknown)


def test_a_handshake_that_could_not_be_tried_is_unknown_and_says_why(plan):
    said = {"config": {"ok": CONFIG}, "sets": {"ok": SETS}}
    found, _ = asked(plan, {INGEST: said | {"tried": {"ok": {BROKER: {"error": "no route"}}}}})
    _, client = found[BROKER].meetings
    assert "no route" in client.admitted.because
    _, client = found[HISTORIAN].meetings
    assert isinstance(client.admitted, Unknown)


@dataclass
class Ran:
    code: int = 0
    out: str = "done\n"
    err: str = ""


@dataclass
class Shells:
    answers: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)

    def every(self, hosts, argv, _timeout):
        self.asked += [(host, argv[2:]) for host in hosts]
        return {host: self.answers.get(host, Ran()) for host in hosts}


def entry(plan, shells, without=()):
    @contextmanager
    def opened():
        yield shells

    hosts = [SimpleNamespace(host=row.id) for row in plan.hosts if row.id not in without]
    return SimpleNamespace(hosts=hosts, shells=opened)


def named(plan, name):
    return f"spiffe://{plan.estate}/borealis/{name}"


def test_an_identity_is_cut_on_every_sidecar_of_its_tenant_and_on_no_other_host(plan):
    shells = Shells()
    identity = named(plan, "ingest/ingest")
    acted = mesh.act(entry(plan, shells), plan, "cut", identity)
    sidecars = {host.id for host in plan.hosts if host.sidecar}
    assert {row.host for row in acted} == sidecars
    assert {host for host, _ in shells.asked} == sidecars
    assert {argv for _, argv in shells.asked} == {(mesh.TOOL, "cut", identity)}


def test_an_identity_that_nobody_has_is_refused_before_a_host_is_asked(plan):
    shells = Shells()
    with pytest.raises(WrongInput, match="no workload's identity"):
        mesh.act(entry(plan, shells), plan, "cut", named(plan, "ingest/nobody"))
    assert not shells.asked


def test_where_none_of_its_sidecars_runs_it_is_missing(plan):
    sidecars = [host.id for host in plan.hosts if host.sidecar]
    with pytest.raises(MissingHere):
        mesh.act(entry(plan, Shells(), sidecars), plan, "cut", named(plan, "ingest/ingest"))


def test_hosts_where_it_took_no_effect_are_named(plan):
    away = BulkheadError(Problem(HISTORIAN, "it cannot be entered"))
    shells = Shells({BROKER: Ran(1, "", "the sidecar does not answer"), HISTORIAN: away})
    with pytest.raises(BulkheadError) as raised:
        mesh.act(entry(plan, shells), plan, "cut", named(plan, "ingest/ingest"))
    assert {row.where for row in raised.value.problems} == {BROKER, HISTORIAN}


def test_what_every_sidecar_holds_is_shown(plan):
    rows = [{"pid": 1, "maps": {}, "lists": {}, "sessions": {"service-8883/acme": 1}}]
    sidecars = {host.id for host in plan.hosts if host.sidecar}
    shells = Shells(dict.fromkeys(sidecars, Ran(0, json.dumps(rows))))
    found = mesh.sessions(entry(plan, shells), plan)
    assert set(found) == sidecars
    assert found[BROKER][0]["sessions"] == {"service-8883/acme": 1}
