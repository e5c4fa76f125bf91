from typing import Any

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from botocore.exceptions import ClientError
from region_in_process import REGION, SECRET, InProcess, client_of, wsgi

from infra.accounts import ACCOUNTS
from infra.lab.api.accounts import Credentials, assumed, role_arn, root
from infra.lab.api.calls import changes


def _code(refused: pytest.ExceptionInfo[ClientError]) -> tuple[int, str]:
    said = refused.value.response
    return said["ResponseMetadata"]["HTTPStatusCode"], said["Error"]["Code"]


@pytest.mark.parametrize(
    "path",
    [
        "/moto-api/",
        "/moto-api/reset",
        "/moto-api/data.json",
        "/moto%2Dapi/reset",
        "/%6doto-api/seed",
        "/latest/meta-data/iam/security-credentials/x",
        "/favicon.ico",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_not_aws_is_closed(lab: InProcess, path: str, method: str) -> None:
    kept = lab.client().create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    assert wsgi(lab.gate, method, f"http://127.0.0.1{path}", {})[0] == 403
    assert [vpc["VpcId"] for vpc in lab.client().describe_vpcs()["Vpcs"]] == [kept]


@pytest.mark.parametrize(
    ("service", "region"),
    [("motoapi", "amazonaws.com"), ("ec2", "amazonaws.com"), ("moto_api", REGION)],
)
def test_a_credential_scope_that_is_none_of_aws_is_refused(
    lab: InProcess, service: str, region: str
) -> None:
    scope = f"{root(SECRET).access_key}/20260101/{region}/{service}/aws4_request"
    said = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"
    assert wsgi(lab.gate, "POST", "http://x/", {"Authorization": said})[0] in (400, 403)


def test_an_unsigned_request_is_refused(lab: InProcess) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = b"Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0%2F16"
    assert wsgi(lab.gate, "POST", "http://x/", form, body)[0] == 403
    assert lab.client().describe_vpcs()["Vpcs"] == []


def test_an_unknown_key_and_a_wrong_secret_are_refused(lab: InProcess) -> None:
    good = root(SECRET)
    unknown = Credentials(account=good.account, access_key="AKIA" + "A" * 16, secret_key="x" * 40)
    with pytest.raises(ClientError) as refused:
        client_of(lab.gate, unknown).describe_vpcs()
    assert _code(refused) == (403, "AuthFailure")
    with pytest.raises(ClientError) as refused:
        client_of(lab.gate, unknown, "sts").get_caller_identity()
    assert _code(refused) == (403, "InvalidClientTokenId")
    wrong = Credentials(account=good.account, access_key=good.access_key, secret_key="x" * 40)
    for service, call in (("ec2", "describe_vpcs"), ("s3", "list_buckets")):
        with pytest.raises(ClientError) as refused:
            getattr(client_of(lab.gate, wrong, service), call)()
        assert _code(refused) == (403, "SignatureDoesNotMatch")


def test_a_role_needs_its_session_token(lab: InProcess) -> None:
    held = assumed(SECRET, ACCOUNTS["audit"])
    bare = Credentials(account=held.account, access_key=held.access_key, secret_key=held.secret_key)
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        client_of(lab.gate, bare).describe_vpcs()


def test_a_presigned_url_is_checked_like_a_header(lab: InProcess) -> None:
    held = root(SECRET)
    request = AWSRequest("GET", "http://127.0.0.1/?Action=DescribeVpcs&Version=2016-11-15")
    keys = BotoCredentials(held.access_key, held.secret_key)
    SigV4QueryAuth(keys, "ec2", REGION).add_auth(request)
    assert wsgi(lab.gate, "GET", request.url, {})[0] == 200
    assert (
        wsgi(lab.gate, "GET", request.url.replace("DescribeVpcs", "DescribeSubnets"), {})[0] == 403
    )


def test_each_account_sees_its_own_and_assumed_credentials_survive_a_restart(
    lab: InProcess,
) -> None:
    sts = lab.client(service="sts")
    given = sts.assume_role(RoleArn=role_arn(ACCOUNTS["plant"]), RoleSessionName="test")
    keys = given["Credentials"]
    held = Credentials(
        account=ACCOUNTS["plant"],
        access_key=keys["AccessKeyId"],
        secret_key=keys["SecretAccessKey"],
        session_token=keys["SessionToken"],
    )
    made = client_of(lab.gate, held).create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]
    assert made["OwnerId"] == ACCOUNTS["plant"]
    assert lab.client().describe_vpcs()["Vpcs"] == []
    lab.restart()
    assert len(client_of(lab.gate, held).describe_vpcs()["Vpcs"]) == 1
    said = client_of(lab.gate, held, "sts").get_caller_identity()
    assert said["Account"] == ACCOUNTS["plant"]
    assert sts is not lab.client(service="sts")
    assert lab.client(service="sts").get_caller_identity()["Account"] == ACCOUNTS["platform"]


def test_keys_that_iam_made_belong_to_their_account_also_after_a_restart(lab: InProcess) -> None:
    iam = lab.client("audit", "iam")
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    held = Credentials(account="", access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
    for _ in range(2):
        said = client_of(lab.gate, held, "sts").get_caller_identity()
        assert said["Account"] == ACCOUNTS["audit"]
        lab.restart()


def test_a_header_cannot_choose_the_account_or_the_region(lab: InProcess) -> None:
    client = lab.client()
    headers = {"x-moto-account-id": "999999999999", "User-Agent": "region/us-west-2"}

    def add(request: Any, **_: Any) -> None:
        for name, value in headers.items():
            request.headers[name] = value

    client.meta.events.register("before-sign.ec2.*", add)
    assert client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["OwnerId"] == ACCOUNTS["platform"]
    assert len(lab.read().vpcs) == 1


def test_a_call_for_another_region_is_refused(lab: InProcess) -> None:
    with pytest.raises(ClientError, match="one region, eu-central-1"):
        client_of(lab.gate, root(SECRET), region="us-west-2").describe_vpcs()


def test_a_request_that_names_two_actions_is_refused(lab: InProcess) -> None:
    client = lab.client()

    def add(request: Any, **_: Any) -> None:
        request.url += "?Action=DescribeVpcs"

    client.meta.events.register("before-sign.ec2.CreateVpc", add)
    with pytest.raises(ClientError, match="more than one action"):
        client.create_vpc(CidrBlock="10.0.0.0/16")


@pytest.mark.parametrize(
    ("action", "method", "expected"),
    [
        ("DescribeVpcs", "POST", False),
        ("GetParameter", "POST", False),
        ("ListRoles", "POST", False),
        ("CreateVpc", "POST", True),
        ("FrobnicateVpc", "GET", True),
        ("", "GET", False),
        ("", "PUT", True),
        ("", "PROPFIND", True),
    ],
)
def test_what_is_not_known_to_read_is_taken_to_change(
    action: str, method: str, expected: bool
) -> None:
    assert changes(action, method) is expected


def test_a_call_that_cannot_be_enforced_is_not_made_and_answers_503(lab: InProcess) -> None:
    kept = lab.client().create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    before = (lab.state / "journal.jsonl").read_bytes()
    lab.enforcer.broken = RuntimeError("no nft here")
    with pytest.raises(ClientError) as refused:
        lab.client().create_vpc(CidrBlock="10.1.0.0/16")
    assert _code(refused) == (503, "ServiceUnavailable")
    assert "no nft here" in str(refused.value)
    assert lab.enforcer.blocked
    assert lab.gate.enforcement.degraded is not None
    assert "no nft here" in lab.gate.enforcement.degraded.why
    assert [vpc["VpcId"] for vpc in lab.client().describe_vpcs()["Vpcs"]] == [kept]
    assert (lab.state / "journal.jsonl").read_bytes() == before


def test_a_degraded_region_tries_again_with_every_mutating_call(lab: InProcess) -> None:
    lab.enforcer.broken = RuntimeError("no nft here")
    for _ in range(3):
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            lab.client().create_vpc(CidrBlock="10.1.0.0/16")
    lab.client().describe_vpcs()
    assert lab.enforcer.blocked
    lab.enforcer.broken = None
    made = lab.client().create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    assert lab.gate.enforcement.degraded is None
    assert not lab.enforcer.blocked
    assert [vpc.id for vpc in lab.enforcer.applied[-1].vpcs] == [made]


def test_one_call_that_cannot_be_loaded_leaves_the_others_carried(lab: InProcess) -> None:
    lab.client().create_vpc(CidrBlock="10.0.0.0/16")
    load, once = lab.enforcer.apply, iter([RuntimeError("this one not")])

    def fail_once(deployed: Any) -> None:
        failure = next(once, None)
        if failure:
            raise failure
        load(deployed)

    lab.enforcer.apply = fail_once
    with pytest.raises(ClientError, match="this one not"):
        lab.client().create_vpc(CidrBlock="10.1.0.0/16")
    assert lab.gate.enforcement.degraded is None
    assert not lab.enforcer.blocked
    assert len(lab.enforcer.applied[-1].vpcs) == 1
    assert lab.client().create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    lab.restart()
    assert len(lab.read().vpcs) == 2


def test_a_journal_that_cannot_be_written_takes_the_call_back(
    lab: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.client().create_vpc(CidrBlock="10.0.0.0/16")

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(lab.journal, "append", full)
        with pytest.raises(ClientError, match="No space left"):
            lab.client().create_vpc(CidrBlock="10.1.0.0/16")
    assert len(lab.client().describe_vpcs()["Vpcs"]) == 1
    assert len(lab.enforcer.applied[-1].vpcs) == 1
    assert lab.gate.enforcement.degraded is None


def test_a_refused_rule_change_disturbs_nothing(lab: InProcess) -> None:
    lab.client().create_vpc(CidrBlock="10.0.0.0/16")
    loads = len(lab.enforcer.applied)
    with pytest.raises(ClientError, match="InvalidGroup"):
        lab.client().revoke_security_group_ingress(
            GroupId="sg-00000000000000000", SecurityGroupRuleIds=["sgr-1"]
        )
    assert len(lab.enforcer.applied) == loads
    assert lab.gate.enforcement.last_failure is None
