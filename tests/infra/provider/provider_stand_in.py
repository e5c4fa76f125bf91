"""What the tests need around a provider: a region of moto, and an engine's part of the protocol."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import grpc
from botocore.exceptions import ClientError
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc

from infra.lab.provider import faults, wire
from infra.lab.provider.__main__ import serve
from infra.lab.provider.server import Provider
from infra.program.target import SERVICES

REGION = "eu-central-1"


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:dev::estate::bulkhead:network:Zone${token}::{name}"


class Region:
    """moto's server, seen from outside by clients that the provider knows nothing of."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._clients: dict = {}

    def client(self, service: str, key: str = "AKIA0000000000000000"):
        if (service, key) not in self._clients:
            self._clients[service, key] = boto3.client(
                service,
                region_name=REGION,
                endpoint_url=self.url,
                aws_access_key_id=key,
                aws_secret_access_key="secret",
            )
        return self._clients[service, key]

    @property
    def arguments(self) -> dict:
        ends = dict.fromkeys(SERVICES, self.url)
        return {
            "region": REGION,
            "accessKey": "AKIA0000000000000000",
            "secretKey": "secret",
            "endpoints": [ends],
            "defaultTags": {"tags": {"estate": "example"}},
            "skipCredentialsValidation": True,
        }

    def assumed(self, account: str):
        """The EC2 client of another account."""
        role = f"arn:aws:iam::{account}:role/audit"
        keys = self.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
        return boto3.client(
            "ec2",
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    def census(self) -> Counter:
        """How many there are of each kind of thing, live ones only."""
        ec2, found = self.client("ec2"), Counter()
        found["vpc"] = len(ec2.describe_vpcs()["Vpcs"])
        subnets = {subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]}
        found["subnet"] = len(subnets)
        for gateway in ec2.describe_internet_gateways()["InternetGateways"]:
            found["igw"] += 1
            found["attachment"] += len(gateway["Attachments"])
        for table in ec2.describe_route_tables()["RouteTables"]:
            found["table"] += 1
            found["route"] += len(table["Routes"])
            found["table association"] += len(table["Associations"])
        for acl in ec2.describe_network_acls()["NetworkAcls"]:
            found["acl"] += 1
            found["entry"] += len(acl["Entries"])
            found["default acl of subnets"] += len(acl["Associations"]) * acl["IsDefault"]
        found["group"] = len(ec2.describe_security_groups()["SecurityGroups"])
        found["rule"] = len(ec2.describe_security_group_rules()["SecurityGroupRules"])
        for address in ec2.describe_addresses()["Addresses"]:
            found["address"] += 1
            found["address association"] += bool(address.get("AssociationId"))
        for entry in ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]:
            found["peering"] += entry["Status"]["Code"] in ("pending-acceptance", "active")
            found["active peering"] += entry["Status"]["Code"] == "active"
        found["endpoint"] = len(ec2.describe_vpc_endpoints()["VpcEndpoints"])
        found["transit"] = len(ec2.describe_transit_gateways()["TransitGateways"])
        for row in ec2.describe_transit_gateway_attachments()["TransitGatewayAttachments"]:
            found["transit attachment"] += 1
            found["transit association"] += bool(row.get("Association"))
        tables = ec2.describe_transit_gateway_route_tables()["TransitGatewayRouteTables"]
        found["transit table"] = sum(table["State"] == "available" for table in tables)
        for reservation in ec2.describe_instances()["Reservations"]:
            for instance in reservation["Instances"]:
                found["instance"] += instance["State"]["Name"] == "running"
        found["parameter"] = len(self.client("ssm").describe_parameters()["Parameters"])
        found["flow log"] = len(ec2.describe_flow_logs()["FlowLogs"])
        found["volume"] = len(ec2.describe_volumes()["Volumes"])
        found["trail"] = len(self.client("cloudtrail").describe_trails()["trailList"])
        self._keys_and_roles(found)
        self._buckets(found)
        return +found

    def _keys_and_roles(self, found: Counter) -> None:
        kms, iam = self.client("kms"), self.client("iam")
        for key in kms.list_keys()["Keys"]:
            said = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            found["key"] += said["KeyState"] != "PendingDeletion"
        named = [a for a in kms.list_aliases()["Aliases"] if "alias/aws/" not in a["AliasName"]]
        found["alias"] = len(named)
        for role in iam.list_roles()["Roles"]:
            found["role"] += 1
            policies = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
            found["role policy"] += len(policies)
        for profile in iam.list_instance_profiles()["InstanceProfiles"]:
            found["profile"] += 1
            found["profile's role"] += len(profile["Roles"])

    def _buckets(self, found: Counter) -> None:
        """Buckets, and what each has of its parts."""
        s3 = self.client("s3")
        for bucket in s3.list_buckets()["Buckets"]:
            found["bucket"] += 1
            for part in ("encryption", "ownership_controls", "policy"):
                found[part] += _has(getattr(s3, f"get_bucket_{part}"), bucket["Name"])
            found["access block"] += _has(s3.get_public_access_block, bucket["Name"])
            try:
                lock = s3.get_object_lock_configuration(Bucket=bucket["Name"])
            except ClientError:
                continue
            found["retention"] += "Rule" in lock["ObjectLockConfiguration"]


def _has(call, bucket: str) -> bool:
    try:
        call(Bucket=bucket)
    except ClientError:
        return False
    return True


@dataclass
class Held:
    """What the engine's state holds of one resource."""

    id: str
    inputs: dict
    state: dict


@dataclass
class Engine:
    """The engine's part: the order of calls for one resource, and a state."""

    stub: provider_pb2_grpc.ResourceProviderStub
    held: dict[str, Held] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)

    def check(self, name: str, props: dict, old: dict | None = None, secrets=()):
        asked = pb.CheckRequest(
            urn=name,
            news=wire.dump(props, secrets),
            olds=wire.dump(old or {}),
            randomSeed=os.urandom(16),
        )
        return self.stub.Check(asked)

    def checked(self, name: str, props: dict, old: dict | None = None) -> dict:
        answer = self.check(name, props, old)
        assert not answer.failures, [failure.reason for failure in answer.failures]
        return wire.load(answer.inputs)[0]

    def diff(self, name: str, inputs: dict) -> pb.DiffResponse:
        there = self.held[name]
        asked = pb.DiffRequest(
            id=there.id,
            urn=name,
            olds=wire.dump(there.state),
            old_inputs=wire.dump(there.inputs),
            news=wire.dump(inputs),
        )
        return self.stub.Diff(asked)

    def up(self, token: str, name: str, props: dict) -> Held:
        """One resource's way through an `up`; `steps` says which way it took."""
        name = urn(token, name)
        there = self.held.get(name)
        inputs = self.checked(name, props, there and there.inputs)
        if there is None:
            return self._create(name, inputs)
        difference = self.diff(name, inputs)
        if difference.changes == pb.DiffResponse.DIFF_NONE:
            self.steps.append("same")
            return there
        if not difference.replaces:
            return self._update(name, inputs)
        return self.replace(name, props, difference.deleteBeforeReplace)

    def replace(self, name: str, props: dict, delete_first: bool) -> Held:
        old = self.held[name]
        if delete_first:
            self._delete(name, old)
        made = self._create(name, self.checked(name, props))
        if not delete_first:
            self._delete(name, old)
        self.steps.append("replace")
        return made

    def _create(self, name: str, inputs: dict) -> Held:
        made = self.create(name, inputs)
        self.steps.append("create")
        self.held[name] = Held(made.id, inputs, wire.load(made.properties)[0])
        return self.held[name]

    def create(self, name: str, inputs: dict, preview: bool = False, secrets=()):
        asked = pb.CreateRequest(urn=name, properties=wire.dump(inputs, secrets), preview=preview)
        return self.stub.Create(asked)

    def update(self, name: str, inputs: dict, preview: bool = False):
        there = self.held[name]
        asked = pb.UpdateRequest(
            id=there.id,
            urn=name,
            olds=wire.dump(there.state),
            old_inputs=wire.dump(there.inputs),
            news=wire.dump(inputs),
            preview=preview,
        )
        return self.stub.Update(asked)

    def _update(self, name: str, inputs: dict) -> Held:
        state = wire.load(self.update(name, inputs).properties)[0]
        self.held[name] = Held(self.held[name].id, inputs, state)
        self.steps.append("update")
        return self.held[name]

    def refresh(self, token: str, name: str) -> Held | None:
        name = urn(token, name)
        there = self.held[name]
        found = self.stub.Read(
            pb.ReadRequest(
                id=there.id,
                urn=name,
                properties=wire.dump(there.state),
                inputs=wire.dump(there.inputs),
            )
        )
        if not found.id:
            del self.held[name]
            return None
        inputs, state = wire.load(found.inputs)[0], wire.load(found.properties)[0]
        self.held[name] = Held(there.id, inputs, state)
        return self.held[name]

    def take(self, token: str, name: str, id_: str) -> Held:
        """Import: only an id is known."""
        found = self.stub.Read(pb.ReadRequest(id=id_, urn=urn(token, name)))
        inputs, state = wire.load(found.inputs)[0], wire.load(found.properties)[0]
        self.held[urn(token, name)] = Held(found.id, inputs, state)
        return self.held[urn(token, name)]

    def destroy(self, token: str, name: str) -> None:
        name = urn(token, name)
        self._delete(name, self.held.pop(name))

    def _delete(self, name: str, old: Held) -> None:
        asked = pb.DeleteRequest(id=old.id, urn=name, properties=wire.dump(old.state))
        self.stub.Delete(asked)


class Running:
    """A provider that answers, in this process or in one of its own, and is ended at exit."""

    def __init__(self, arguments: dict, notes: Path, fault: str | None = None) -> None:
        self.process = self.server = None
        if fault is None:
            self.server, port = serve(Provider("7.0.0", notes))
        else:
            port = self._start(notes, fault)
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)
        self.stub.Configure(pb.ConfigureRequest(args=wire.dump(arguments)))

    def _start(self, notes: Path, fault: str) -> int:
        command = [sys.executable, "-m", "infra.lab.provider"]
        self.process = subprocess.Popen(
            [*command, "--version-of-sdk", "7.0.0", "--notes", str(notes)],
            stdout=subprocess.PIPE,
            env={**os.environ, faults.VARIABLE: fault},
        )
        return int(self.process.stdout.readline())

    def close(self) -> None:
        self.channel.close()
        if self.server:
            self.server.stop(None).wait()
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
