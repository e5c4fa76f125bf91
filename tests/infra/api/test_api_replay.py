import json

import pytest
from botocore.exceptions import ClientError
from random_calls import Caller
from region_in_process import InProcess

from bulkhead.errors import WrongInput


def _everything(lab: InProcess) -> list[object]:
    """What clients can see of the network in every account, word for word."""
    seen: list[object] = []
    for alias in ("platform", "plant", "audit"):
        client = lab.client(alias)
        for call, key in (
            ("describe_vpcs", "Vpcs"),
            ("describe_subnets", "Subnets"),
            ("describe_route_tables", "RouteTables"),
            ("describe_network_acls", "NetworkAcls"),
            ("describe_security_groups", "SecurityGroups"),
            ("describe_security_group_rules", "SecurityGroupRules"),
            ("describe_vpc_peering_connections", "VpcPeeringConnections"),
            ("describe_internet_gateways", "InternetGateways"),
            ("describe_instances", "Reservations"),
            ("describe_network_interfaces", "NetworkInterfaces"),
            ("describe_addresses", "Addresses"),
            ("describe_volumes", "Volumes"),
        ):
            seen.append((alias, call, getattr(client, call)()[key]))
    return seen


@pytest.mark.parametrize("seed", [1, 2])
def test_a_replay_gives_the_same_ids_and_times_and_the_same_network(
    lab: InProcess, seed: int
) -> None:
    caller = Caller(seed, {alias: lab.client(alias) for alias in ("platform", "plant")})
    caller.prepare()
    said = [caller.step() for _ in range(200)]
    assert sum(":" in each for each in said) > 40, "hardly anything was refused"
    assert sum(":" not in each for each in said) > 80, "hardly anything was done"
    before, deployed = _everything(lab), lab.read()
    assert lab.gate.enforcement.degraded is None
    lab.restart()
    assert _everything(lab) == before
    assert lab.read() == deployed
    lab.client().create_vpc(CidrBlock="10.200.0.0/16")


def test_an_id_depends_on_the_calls_own_number_and_not_on_reads_before_it(
    lab: InProcess, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = lab.client().create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    other = InProcess(tmp_path_factory.mktemp("other"))
    other.client("audit").describe_vpcs()
    other.client(service="iam").list_roles()
    assert other.client().create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"] == first


def test_a_torn_last_line_is_dropped_and_what_was_whole_stays(lab: InProcess) -> None:
    kept = lab.client().create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    lab.client().create_vpc(CidrBlock="10.1.0.0/16")
    path = lab.state / "journal.jsonl"
    lab.journal.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    lab._start()
    assert [vpc["VpcId"] for vpc in lab.client().describe_vpcs()["Vpcs"]] == [kept]
    assert path.read_bytes() == whole.splitlines(keepends=True)[0]
    again = lab.client().create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    lab.restart()
    assert {vpc["VpcId"] for vpc in lab.client().describe_vpcs()["Vpcs"]} == {kept, again}


def test_a_journal_damaged_in_the_middle_is_refused_with_its_line(lab: InProcess) -> None:
    for number in range(3):
        lab.client().create_vpc(CidrBlock=f"10.{number}.0.0/16")
    path = lab.state / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"{not json}\n" + lines[2])
    with pytest.raises(WrongInput, match=r"journal\.jsonl:2"):
        lab.restart()
    path.write_bytes(lines[0] + lines[2])
    with pytest.raises(WrongInput, match="holds call 3"):
        lab.restart()


def test_a_journal_that_answers_otherwise_now_is_refused(lab: InProcess) -> None:
    lab.client().create_vpc(CidrBlock="10.0.0.0/16")
    path = lab.state / "journal.jsonl"
    entry = json.loads(path.read_text())
    path.write_text(json.dumps(entry | {"status": 400}) + "\n")
    with pytest.raises(WrongInput, match="answered with 400 when it was made, and with 200 now"):
        lab.restart()


def test_a_refused_call_is_journalled_because_it_may_have_done_half(lab: InProcess) -> None:
    with pytest.raises(ClientError):
        lab.client().delete_vpc(VpcId="vpc-00000000000000000")
    lines = (lab.state / "journal.jsonl").read_text().splitlines()
    assert [json.loads(line)["status"] for line in lines] == [400]


def test_reads_are_not_journalled(lab: InProcess) -> None:
    lab.client().describe_instances()
    lab.client(service="sts").get_caller_identity()
    lab.client("plant", "sts").get_caller_identity()
    assert (lab.state / "journal.jsonl").read_bytes() == b""


def test_parameters_and_buckets_survive_too(lab: InProcess) -> None:
    lab.client(service="ssm").put_parameter(Name="/plan", Value="ü", Type="String")
    s3 = lab.client(service="s3")
    s3.create_bucket(
        Bucket="logs-1", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    s3.put_object(Bucket="logs-1", Key="a b/ü+c", Body=bytes(range(256)), Metadata={"a": "b"})
    lab.restart()
    got = lab.client(service="ssm").get_parameter(Name="/plan")["Parameter"]["Value"]
    assert got == "ü"
    found = lab.client(service="s3").get_object(Bucket="logs-1", Key="a b/ü+c")
    assert found["Body"].read() == bytes(range(256))
    assert found["Metadata"] == {"a": "b"}
