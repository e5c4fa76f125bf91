"""Asking hosts: one that cannot be entered, or says nonsense, is Unknown and stops no other."""

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from bulkhead.blueprint import expand, load
from bulkhead.controls.facts import Unknown
from bulkhead.environments.facts.hosts import ask
from bulkhead.errors import BulkheadError, Problem
from bulkhead.network.filters import HostFilter, Unread
from bulkhead.network.intent import intent

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"
HOST, STORE = "borealis/ingest/ingest-1", "shared/audit/logstore-1"
BASTION = "shared/admin/bastion-1"
EMPTY = json.dumps({"nftables": [{"metainfo": {}}]})


@pytest.fixture(scope="module")
def plan():
    return expand(load(EXAMPLE))


@dataclass
class Ran:
    code: int
    out: str = ""
    err: str = ""


class Shells:
    """Answers for hosts: `answers` by host (a Ran or an error), else a small document."""

    def __init__(self, answers):
        self.answers, self.asked = answers, {}

    def run(self, host, argv, _timeout, stdin):
        assert argv[:2] == ("sudo", "-n")
        length, _, rest = stdin.partition("\n")
        asked = json.loads(rest[int(length) :])
        self.asked.setdefault(host, []).append(asked)
        answer = self.answers.get((host, "await" in asked))
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        if "await" in asked:
            return Ran(0, json.dumps({"arrived": {"ok": dict.fromkeys(asked["await"], 0.5)}}))
        return Ran(0, json.dumps({"nft": {"ok": EMPTY}, "endpoints": {"ok": {}}}))


def told(plan, tmp_path, answers=None, without=()):
    shells = Shells(answers or {})

    @contextmanager
    def opened():
        yield shells

    rows = tuple(
        SimpleNamespace(host=host.id, address=host.address)
        for host in plan.hosts
        if host.id not in without
    )
    entry = SimpleNamespace(plan=plan, hosts=rows, trust=tmp_path / "trust", shells=opened)
    return ask(entry, intent(plan)), shells


def test_every_host_is_asked_once_and_the_log_store_once_more(plan, tmp_path):
    found, shells = told(plan, tmp_path)
    counts = {host: len(rows) for host, rows in shells.asked.items()}
    assert counts == {host.id: 2 if host.id == STORE else 1 for host in plan.hosts}
    assert found.filters[HOST] == HostFilter()
    assert found.arrived[HOST] == 0.5


def test_each_host_gets_a_mark_of_its_own_and_the_store_is_asked_for_exactly_those(plan, tmp_path):
    _, shells = told(plan, tmp_path)
    marks = {host: rows[0]["mark"] for host, rows in shells.asked.items()}
    assert len(set(marks.values())) == len(plan.hosts)
    wanted = shells.asked[STORE][1]["await"]
    assert wanted["borealis.ingest.ingest-1"] == marks[HOST]
    # Plants' hosts have no way to the log store: nobody looks for theirs.
    assert not any("tromso" in name for name in wanted)


def test_servers_are_met_from_hosts_that_a_conduit_lets_in(plan, tmp_path):
    _, shells = told(plan, tmp_path)
    met = {
        row["host"]: host
        for host, rows in shells.asked.items()
        for row in rows[0].get("connect", ())
    }
    assert met["borealis/ingest/broker-1"] == "borealis/ingest/ingest-1"
    assert met["borealis/storage/historian-1"] in (
        "borealis/ingest/ingest-1",
        "borealis/processing/inference-1",
    )
    assert set(met) == {
        host.id for host in plan.hosts if host.role in ("broker", "historian", "logstore")
    }


def test_on_the_bastion_everybodys_session_is_asked_about(plan, tmp_path):
    _, shells = told(plan, tmp_path)
    assert set(shells.asked[BASTION][0]["users"]) == {"bulkhead", "root", "olga", "sven"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (BulkheadError(Problem(HOST, "its key is another one")), "its key is another one"),
        (Ran(1, err="sudo: a password is required"), "a password is required"),
        (Ran(0, "Welcome to Debian"), "something else than it was asked for"),
    ],
)
def test_a_host_that_does_not_tell_is_unknown_with_the_reason(plan, tmp_path, answer, words):
    found, _ = told(plan, tmp_path, {(HOST, False): answer})
    assert isinstance(found.machines[HOST], Unknown)
    assert words in found.machines[HOST].because
    assert isinstance(found.filters[HOST], Unread)
    # Its servers' vantage is gone with it.
    broker = found.endpoints["borealis/ingest/broker-1"]
    assert isinstance(broker, Unknown)
    assert HOST in broker.because
    assert not isinstance(found.machines[STORE], Unknown)


@pytest.mark.parametrize(
    "answer",
    [
        BulkheadError(Problem(STORE, "it does not answer")),
        Ran(0, json.dumps({"arrived": {"error": "PermissionError"}})),
        Ran(0, "{}"),
    ],
)
def test_a_log_store_that_cannot_be_read_leaves_arrivals_unknown(plan, tmp_path, answer):
    found, _ = told(plan, tmp_path, {(STORE, True): answer})
    assert isinstance(found.arrived, Unknown)
    assert "cannot be read" in found.arrived.because


def test_without_a_log_store_nobody_can_say_what_arrived(plan, tmp_path):
    found, _ = told(plan, tmp_path, without=(STORE,))
    assert isinstance(found.arrived, Unknown)


def test_rules_that_are_not_modelled_are_unread(plan, tmp_path):
    odd = Ran(0, json.dumps({"nft": {"ok": '{"nftables": [{"rule": 1}]}'}}))
    found, _ = told(plan, tmp_path, {(HOST, False): odd})
    assert isinstance(found.filters[HOST], Unread)
