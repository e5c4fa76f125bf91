"""The session pool against servers in this process: who is let in, what is refused, in words."""

import pytest
from ssh_server import Server

from bulkhead.errors import BulkheadError
from bulkhead.trust.local import local
from infra.ssh import keys, known
from infra.ssh.reaches import Reach
from infra.ssh.room import Room
from infra.ssh.shells import Ran, Shells

BASTION = Reach(
    host="shared/admin/bastion-1",
    name="shared.admin.bastion-1",
    instance="i-1",
    account="1",
    address="10.0.0.10",
    namespace=None,
    via=None,
)
HOST = Reach(
    host="acme/ingest/broker-1",
    name="acme.ingest.broker-1",
    instance="i-2",
    account="1",
    address="10.1.0.128",
    namespace=None,
    via="shared.admin.bastion-1",
)


@pytest.fixture
def room(tmp_path):
    made = Room(tmp_path / "ssh")
    keys.provisioning(made, local(tmp_path / "trust").ssh_users())
    yield made
    made.close()


@pytest.fixture
def servers(room, tmp_path):
    """A bastion and a host behind it, whose keys are known."""
    made, learnt = {}, {}
    for row in (BASTION, HOST):
        path = tmp_path / row.instance
        learnt[row.instance] = " ".join(keys.key(path).split()[:2])
        made[row.name] = Server().with_key(path)
    made[BASTION.name].neighbours[HOST.address] = made[HOST.name]
    known.save(room, (BASTION, HOST), learnt)
    yield made
    for server in made.values():
        server.close()


@pytest.fixture
def shells(room, servers):
    with Shells(room, (BASTION, HOST), lambda row: servers[row.name].open()) as made:
        yield made


def test_a_command_runs_by_its_exact_words_over_the_bastion(shells, servers):
    assert shells.run(HOST.host, ["say", "two words"]) == Ran(7, "out", "err")
    assert shells.run(HOST.name, ["false"]).code == 1
    assert len(servers[BASTION.name].transports) == 1
    assert len(servers[HOST.name].transports) == 1


def test_a_command_reads_what_it_is_given_to_its_end(shells):
    given = "a line\n" * 20_000
    assert shells.run(HOST.host, ["cat"], stdin=given) == Ran(0, given, "")


def test_the_certificate_is_shown_first_and_the_listed_key_after_it(room, servers):
    servers[BASTION.name].accepts = ("key",)
    with Shells(room, (BASTION,), lambda row: servers[row.name].open()) as shells:
        assert shells.run(BASTION.host, ["echo", "hello"]).out == "hello\n"
    asked = dict.fromkeys(servers[BASTION.name].asked)
    assert list(asked) == [("bulkhead", "certificate"), ("bulkhead", "key")]


def test_a_host_with_another_key_is_refused_before_we_sign_in(shells, servers, tmp_path):
    keys.key(tmp_path / "other")
    servers[HOST.name].with_key(tmp_path / "other")
    with pytest.raises(BulkheadError, match="is not the one that its first boot told"):
        shells.run(HOST.host, ["echo", "hello"])
    assert servers[HOST.name].asked == []


def test_a_host_whose_key_nobody_knows_is_refused(room, servers):
    known.save(room, (BASTION,), {})
    with (
        Shells(room, (BASTION,), lambda row: servers[row.name].open()) as shells,
        pytest.raises(BulkheadError, match="not known"),
    ):
        shells.run(BASTION.host, ["echo", "hello"])


def test_who_is_not_let_in_is_told_so_in_words(shells, servers):
    servers[HOST.name].accepts = ()
    with pytest.raises(BulkheadError) as error:
        shells.run(HOST.host, ["echo", "hello"])
    assert error.value.problems[0].where == HOST.host


def test_a_bastion_that_does_not_forward_is_named(shells, servers):
    servers[BASTION.name].neighbours.clear()
    with pytest.raises(BulkheadError, match="over shared/admin/bastion-1"):
        shells.run(HOST.host, ["echo", "hello"])


def test_a_command_that_does_not_end_is_bounded(shells):
    with pytest.raises(BulkheadError, match="did not end within 1 s"):
        shells.run(HOST.host, ["wait"], timeout=1)


def test_of_several_hosts_one_that_fails_stops_no_other(shells, servers):
    servers[HOST.name].accepts = ()
    said = shells.every([BASTION.host, HOST.host], ["echo", "hello"])
    assert said[BASTION.host] == Ran(0, "hello\n", "")
    assert isinstance(said[HOST.host], BulkheadError)


def test_an_unknown_host_is_answered_with_those_there_are(shells):
    with pytest.raises(BulkheadError, match=BASTION.host):
        shells.run("nobody", ["true"])
