"""Keys, roles and log storage: who may do what, as the policies say it."""

import json
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from bulkhead.blueprint import expand, load
from infra.accounts import ACCOUNTS
from infra.specs import iam, keys, logs
from infra.specs.project import specs

EXAMPLE = Path(__file__).parents[3] / "examples" / "estate.yaml"
KEY = "arn:aws:kms:eu-central-1:222222222222:key/1"


@pytest.fixture(scope="module")
def plan():
    return expand(load(EXAMPLE))


@pytest.fixture(scope="module")
def stacks(plan):
    return specs(plan, standins=True)


def of(document):
    return {row.get("Sid", ""): row for row in json.loads(document)["Statement"]}


def granted(stacks, host):
    spec = next(row for stack in stacks.values() for row in stack.roles if row.id == host)
    made = iam.policy(spec, "example", "eu-central-1", ACCOUNTS)
    return json.loads(made)["Statement"] if made else None


def test_log_storage_is_a_stack_of_its_own_that_comes_first_and_has_nothing_of_a_tenant(stacks):
    assert next(iter(stacks)) == logs.LOGS
    assert [name for name, spec in stacks.items() if spec.logs] == [logs.LOGS]
    spec = stacks[logs.LOGS]
    for table in ("hosts", "networks", "groups", "conduits", "roles", "peerings"):
        assert getattr(spec, table) == (), table


def test_every_host_of_the_estate_has_a_role_and_a_key_and_no_customers_machine_has(plan, stacks):
    for spec in stacks.values():
        ours = {host.id for host in spec.hosts if host.account != "plant"}
        assert {role.id for role in spec.roles} == ours
        assert {host.id for host in spec.hosts if host.key} == ours
        assert {host.key for host in spec.hosts if host.key} <= {key.id for key in spec.keys}


def test_a_host_that_needs_nothing_of_aws_may_do_nothing(stacks):
    assert granted(stacks, "borealis/ingest/broker-1") is None
    assert granted(stacks, "acme/storage/historian-1") is None


def test_the_log_host_may_put_and_not_read_list_or_delete(stacks):
    put, key = granted(stacks, "shared/audit/logstore-1")
    assert put["Action"] == "s3:PutObject"
    assert put["Resource"] == "arn:aws:s3:::bulkhead-222222222222-example-logs/*"
    assert set(key["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert key["Condition"]["ForAnyValue:StringEquals"] == {
        "kms:ResourceAliases": "alias/bulkhead/example/logs"
    }


def test_the_bastion_may_open_its_session_channels_and_nothing_else(stacks):
    (session,) = granted(stacks, "shared/admin/bastion-1")
    assert not [action for action in session["Action"] if not action.startswith("ssm")]
    assert not [action for action in session["Action"] if "Get" in action or "*" in action]


def test_a_vault_may_unseal_with_its_owners_key_alone(plan, stacks):
    role = next(row for row in stacks["borealis"].roles)
    spec = replace(role, grants=iam.GRANTS["vault"])
    made = iam.policy(spec, "example", "eu-central-1", ACCOUNTS)
    (unseal,) = json.loads(made)["Statement"]
    assert unseal["Condition"]["ForAnyValue:StringEquals"] == {
        "kms:ResourceAliases": "alias/bulkhead/example/borealis"
    }


def arns(stacks, tenant):
    """The ARNs of a tenant's roles."""
    return [
        f"arn:aws:iam::{ACCOUNTS[role.account]}:role{role.path}{role.name}"
        for role in stacks[tenant].roles
    ]


def test_a_tenants_key_is_used_by_its_own_roles_and_by_no_other_tenants(plan, stacks):
    for tenant, other in (("acme", "borealis"), ("borealis", "acme")):
        (spec,) = stacks[tenant].keys
        said = of(keys.policy(spec, "example", "eu-central-1", ACCOUNTS))
        pattern = said["OwnersRolesUse"]["Condition"]["ArnLike"]["aws:PrincipalArn"]
        assert all(fnmatchcase(arn, pattern) for arn in arns(stacks, tenant))
        assert not [arn for arn in arns(stacks, other) if fnmatchcase(arn, pattern)]


def test_a_tenant_whose_name_begins_like_another_does_not_use_its_key():
    pattern = keys.roles_of("1" * 12, "e", "a")
    assert not fnmatchcase("arn:aws:iam::111111111111:role/bulkhead/e/a-b/x", pattern)
    assert fnmatchcase("arn:aws:iam::111111111111:role/bulkhead/e/a/x", pattern)


def test_the_account_administers_a_key_and_does_not_use_it(stacks):
    said = of(keys.policy(stacks["acme"].keys[0], "example", "eu-central-1", ACCOUNTS))
    administers = said["AccountAdministers"]
    assert "Condition" not in administers
    assert not {"kms:Decrypt", "kms:Encrypt", "kms:*", "kms:CreateGrant"} & set(
        administers["Action"]
    )
    assert "kms:PutKeyPolicy" in administers["Action"]
    assert all("Condition" in row for sid, row in said.items() if sid != "AccountAdministers")


def test_services_and_other_accounts_encrypt_with_the_logs_key_and_no_premises_do(stacks):
    (spec,) = stacks[logs.LOGS].keys
    said = of(keys.policy(spec, "example", "eu-central-1", ACCOUNTS))
    assert said["ServicesWrite"]["Principal"] == {"Service": list(logs.SERVICES)}
    assert ACCOUNTS["plant"] not in json.dumps(said)
    assert "PlatformWrites" in said


@pytest.fixture(scope="module")
def bucket(stacks):
    return of(logs.bucket_policy(stacks[logs.LOGS].logs, KEY, ACCOUNTS))


BUCKET = "arn:aws:s3:::bulkhead-222222222222-example-logs"


@pytest.mark.parametrize(
    ("sid", "condition"),
    [
        ("Insecure", {"Bool": {"aws:SecureTransport": "false"}}),
        ("Unsigned", {"StringEquals": {"aws:PrincipalType": "Anonymous"}}),
        ("OldSignature", {"StringEquals": {"s3:signatureversion": "AWS"}}),
        ("Unencrypted", {"StringNotEqualsIfExists": {logs.KMS: "aws:kms"}}),
        ("OtherKey", {"StringNotEqualsIfExists": {logs.KMS_KEY: KEY}}),
    ],
)
def test_the_bucket_denies_everybody_what_is_not_secure_signed_and_encrypted(
    bucket, sid, condition
):
    assert bucket[sid]["Effect"] == "Deny"
    assert bucket[sid]["Principal"] == "*"
    assert bucket[sid]["Condition"] == condition


def test_the_bucket_denies_a_tenant_every_folder_but_its_own(bucket):
    denied = bucket["CrossTenant"]
    assert denied["Effect"] == "Deny"
    assert denied["NotResource"] == BUCKET + "/${aws:PrincipalTag/tenant}/*"
    assert denied["Condition"]["Null"] == {"aws:PrincipalTag/tenant": "false"}


def test_the_bucket_denies_changes_of_retention_to_all_but_the_break_glass_role(bucket):
    denied = bucket["Retention"]
    assert {
        "s3:PutObjectRetention",
        "s3:BypassGovernanceRetention",
        "s3:PutBucketObjectLockConfiguration",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketPolicy",
    } <= set(denied["Action"])
    assert denied["Condition"] == {
        "ArnNotEquals": {
            "aws:PrincipalArn": "arn:aws:iam::222222222222:role/bulkhead/example/logs/"
            "bulkhead.example.break-glass"
        }
    }


def test_the_buckets_policy_does_not_grow_with_tenants_and_fits(plan):
    many = replace(plan, tenants=plan.tenants * 100)
    made = logs.bucket_policy(logs.logs(many), KEY, ACCOUNTS)
    assert made == logs.bucket_policy(logs.logs(plan), KEY, ACCOUNTS)
    assert len(made) < 20 * 1024


def test_logs_are_kept_as_long_as_the_strictest_tier_promises(plan):
    flat = replace(plan, tenants=tuple(replace(row, tier="flat") for row in plan.tenants))
    assert logs.logs(flat).days == logs.RETENTION["flat"]
    assert logs.logs(plan).days == logs.RETENTION["segmented"]


def test_every_network_of_the_estate_has_its_flow_log_and_no_customers_network_has(plan, stacks):
    logged = {row.network for spec in stacks.values() for row in spec.flow_logs}
    assert logged == {row.id for row in plan.networks if not row.standin}
