"""Tenants' own accounts: there from the first call in them, and after a crash as before."""

from region_in_process import SECRET, client_of

from infra.accounts import account_id
from infra.lab.api.accounts import assumed


def client(lab, alias):
    return client_of(lab.gate, assumed(SECRET, account_id(alias)), "ec2")


def test_what_a_tenants_own_account_makes_is_read_and_belongs_to_it(lab):
    made = client(lab, "hazel").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]
    assert made["OwnerId"] == account_id("hazel")
    found = {row.id: row.account for row in lab.read().vpcs}
    assert found == {made["VpcId"]: account_id("hazel")}
    assert lab.enforcer.applied[-1] == lab.read()
    assert client(lab, "ginkgo").describe_vpcs()["Vpcs"] == []


def test_a_tenants_own_account_comes_back_with_the_same_ids_after_a_crash(lab):
    client(lab, "hazel").describe_vpcs()  # a read before makes no difference to the ids
    client(lab, "hazel").create_vpc(CidrBlock="10.9.0.0/16")
    client(lab, "ginkgo").create_vpc(CidrBlock="10.10.0.0/16")
    before = lab.read()
    assert len(before.vpcs) == 2
    lab.restart()
    assert lab.read() == before
    assert lab.gate.accounts == sorted(
        account_id(alias) for alias in ("audit", "ginkgo", "hazel", "plant", "platform")
    )
