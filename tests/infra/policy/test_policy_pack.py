"""The rules as Pulumi's own policies: the same verdicts through the SDK's doors."""

import importlib.util
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from policy_sdk import FAKE, Args, Proxy

import infra.policy.adapter
from infra.policy import RULES
from infra.policy.adapter import policies

OPEN = {"cidrIpv4": "0.0.0.0/0", "ipProtocol": "tcp", "tags": {"bulkhead:id": "x"}}
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
SDKS = [pytest.param(FAKE, id="fake")]
if importlib.util.find_spec("pulumi_policy"):
    import pulumi_policy

    SDKS.append(pytest.param(pulumi_policy, id="pulumi_policy"))


@pytest.fixture(params=SDKS)
def pack(request):
    """The policies by name."""
    return {policy.name: policy for policy in policies(request.param)}


def said(policy, args):
    """What a policy reports."""
    found = []
    policy.validate(args, lambda message, urn=None: found.append((message, urn)))
    return found


def test_every_rule_is_a_mandatory_policy_with_its_sentence(pack):
    assert {name: policy.description for name, policy in pack.items()} == {
        rule.name: rule.sentence for rule in RULES
    }
    assert {policy.enforcement_level.name for policy in pack.values()} == {"MANDATORY"}


def test_an_open_rule_is_reported_and_a_declared_one_is_not(pack):
    args = Args(resource_type=INGRESS, name="acme/telemetry:in:x", props=Proxy(OPEN))
    ((message, _),) = said(pack["no-open-ingress"], args)
    assert "lets 0.0.0.0/0 in" in message
    args.config = {"publicConduits": ["acme/telemetry"]}
    assert said(pack["no-open-ingress"], args) == []


def test_a_resource_that_the_rule_does_not_judge_is_let_be(pack):
    args = Args(resource_type="aws:ec2/vpc:Vpc", name="acme", props=Proxy(OPEN))
    assert said(pack["no-open-ingress"], args) == []


def test_what_a_preview_does_not_know_yet_is_not_reported(pack):
    args = Args(resource_type=INGRESS, name="x:in:y", props=Proxy(OPEN, cidrIpv4=...))
    assert said(pack["no-open-ingress"], args) == []


def test_the_account_is_the_providers_name(pack):
    args = Args(resource_type="aws:ec2/eip:Eip", name="acme/lyon/ai/gw-1", props=Proxy())
    assert said(pack["no-public-address"], args)
    args.provider = SimpleNamespace(name="plant")
    assert said(pack["no-public-address"], args) == []


def test_the_packs_program_hands_all_policies_to_the_sdk(monkeypatch):
    made = []

    class PolicyPack:
        def __init__(self, name, policies):
            made.append((name, policies))

    monkeypatch.setitem(
        sys.modules, "pulumi_policy", SimpleNamespace(**vars(FAKE), PolicyPack=PolicyPack)
    )
    monkeypatch.setattr(sys, "path", list(sys.path))
    where = Path(infra.policy.adapter.__file__).parent / "pack"
    runpy.run_path(str(where / "__main__.py"), run_name="__main__")
    ((name, handed),) = made
    assert name == "bulkhead"
    assert len(handed) == len(RULES)
    assert (where / "PulumiPolicy.yaml").exists()
