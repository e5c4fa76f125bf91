"""Where facts come from: each source once, one that fails says why, sim and aws have no more."""

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from moto import mock_aws

from bulkhead.blueprint import expand, load
from bulkhead.controls.catalogue import CONTROLS
from bulkhead.controls.facts import Tried, Unknown
from bulkhead.controls.running import verified
from bulkhead.environments import sim
from bulkhead.environments.facts.hosts import Told
from bulkhead.environments.facts.places import in_aws, in_sim, tried
from bulkhead.environments.facts.reading import Reading
from bulkhead.errors import BulkheadError, MissingHere, Problem
from bulkhead.network.deployed import Deployed, Verdict
from bulkhead.network.intent import intent

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"
HOST = "borealis/ingest/ingest-1"


@pytest.fixture(scope="module")
def plan():
    return expand(load(EXAMPLE))


def reading(plan, **sources):
    found = {
        "deployed": Deployed,
        "told": lambda _intended: Told({}, {}, {}, {}),
        "packets": lambda _deployed: Tried({}),
        **sources,
    }
    return Reading(plan, standins=True, **found)


def test_each_source_is_read_once_however_often_it_is_asked_for(plan):
    asked = []

    def told(_intended):
        asked.append(threading.current_thread().name)
        return Told({}, {}, {}, {})

    facts = reading(plan, told=told)
    facts.read_ahead()
    for host in plan.hosts:
        facts.machine(host.id)
        facts.endpoint(host.id)
        facts.arrived(host.id)
    facts.filters()
    assert len(asked) == 1


def test_packets_are_sent_only_once_the_hosts_have_told(plan):
    """What listens for the packets would be found listening on the hosts."""
    order = []

    def told(_intended):
        order.append("hosts")
        return Told({}, {}, {}, {})

    def packets(_deployed):
        order.append("packets")
        return Tried({})

    reading(plan, told=told, packets=packets).packets()
    facts = reading(plan, told=told, packets=packets)
    facts.read_ahead()
    assert order == ["hosts", "packets"] * 2


@pytest.mark.parametrize(
    "error",
    [
        BulkheadError(Problem("it", "is away")),
        MissingHere(Problem("it", "is away")),
        OSError("is away"),
    ],
)
def test_a_source_that_fails_is_unknown_and_says_why(plan, error):
    def broken(*_given):
        raise error

    facts = reading(plan, deployed=broken, told=broken, packets=broken)
    facts.read_ahead()
    sources = (
        facts.deployed(),
        facts.packets(),
        facts.filters(),
        facts.planned_filters(),
        facts.machine(HOST),
        facts.endpoint(HOST),
        facts.arrived(HOST),
    )
    for source in sources:
        assert isinstance(source, Unknown)
        assert "is away" in source.because
        assert not source.absent


def test_flows_of_which_no_packet_told_are_tried_once_more(plan):
    """A busy machine loses reports: that is no finding, as long as a second look tells."""
    rounds = []

    def observe(flows, _progress):
        rounds.append(list(flows))
        lost = Verdict("not observed", None, ("the log lost reports",))
        seen = Verdict("refused", None, ())
        first = len(rounds) == 1
        return {
            flow: SimpleNamespace(verdict=lost if first and number == 0 else seen)
            for number, flow in enumerate(flows)
        }

    found = tried(plan, intent(plan), sim.deployed(plan), observe)
    assert len(rounds) == 2
    assert rounds[1] == rounds[0][:1]
    assert {verdict.outcome for verdict in found.verdicts.values()} == {"refused"}


def test_a_fault_of_our_own_is_no_finding(plan):
    def broken():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        reading(plan, deployed=broken).deployed()


def test_a_host_that_did_not_tell_is_unknown(plan):
    facts = reading(plan)
    for source in (facts.machine(HOST), facts.endpoint(HOST), facts.arrived(HOST)):
        assert isinstance(source, Unknown)
        assert "not run" in source.because


def test_sim_observes_what_the_program_says_and_nothing_else(plan):
    found = verified(CONTROLS, in_sim(plan), "sim")
    verdicts = {row.control: row.verdict for row in found.results}
    seen = {"zone-boundaries", "declared-ways", "routes", "default-groups", "host-filters"}
    assert {name for name, word in verdicts.items() if word != "not observed"} == seen
    assert all(
        row.absent
        for result in found.results
        for row in result.observations
        if row.verdict == "not observed"
    )
    assert not found.failing


@pytest.fixture
def account(monkeypatch):
    """An account of moto's with nothing but what AWS gives to everybody."""
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("BULKHEAD_ENTRANCE", raising=False)
    with mock_aws():
        import boto3

        yield boto3.client("ec2", region_name="eu-central-1")


def vpc(client, name, cidr):
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "bulkhead:id", "Value": name}]}]
    return client.create_vpc(CidrBlock=cidr, TagSpecifications=tags)["Vpc"]["VpcId"]


def test_aws_is_read_by_the_same_controls_through_the_same_reads(plan, account, tmp_path):
    vpc(account, "borealis/storage", "10.3.32.0/20")
    found = verified(CONTROLS, in_aws(plan, tmp_path), "aws")
    by_finding = {
        (result.control, row.subject): row
        for result in found.results
        for row in result.observations
    }
    # A VPC as AWS makes it: its default group lets members talk, and lets everything out.
    default = by_finding["default-groups", "borealis/storage"]
    assert default.verdict == "fail"
    assert "rules" in default.because
    assert by_finding["routes", "borealis/storage"].verdict == "pass"
    assert by_finding["routes", "borealis/ingest"].verdict == "not observed"
    # Plants' stand-ins are no part of an account.
    assert not any("tromso" in subject for _, subject in by_finding if "/poll" not in subject)


def test_in_aws_a_host_that_cannot_be_entered_is_not_observed_and_not_absent(
    plan, account, tmp_path
):
    found = verified(CONTROLS, in_aws(plan, tmp_path), "aws")
    ssh = next(row for row in found.results if row.control == "ssh-entry")
    assert {row.verdict for row in ssh.observations} == {"not observed"}
    assert all("SSH key is not here" in row.because for row in ssh.observations)
    assert "ssh-entry" in {name for name, _ in found.failing}


def test_in_aws_packets_need_a_signed_scope_and_are_not_missed_without(plan, account, tmp_path):
    found = verified(CONTROLS, in_aws(plan, tmp_path), "aws")
    packets = next(row for row in found.results if row.control == "packets")
    assert all(row.absent and "signed scope" in row.because for row in packets.observations)


def test_an_account_that_cannot_be_read_is_not_observed(plan, tmp_path, monkeypatch):
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    facts = in_aws(plan, tmp_path)
    assert isinstance(facts.deployed(), Unknown)
    found = verified(CONTROLS, facts, "aws")
    assert {row.verdict for row in found.results} == {"not observed"}
    assert found.failing
