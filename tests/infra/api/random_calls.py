"""Random calls of a client who does not look first: many succeed, many are refused."""

from random import Random
from typing import Any

from botocore.exceptions import ClientError


class Caller:
    """Makes calls in two accounts with ids it was given, and some that never existed."""

    def __init__(self, seed: int, clients: dict[str, Any]) -> None:
        self.random, self.clients = Random(seed), clients
        self.known: dict[str, list[tuple[str, str]]] = {}
        self.account = "platform"
        self.answers: list[str] = []

    def prepare(self) -> None:
        """Something of everything in both accounts, so that calls have what to work on."""
        for account, client in self.clients.items():
            self.account = account
            for name in _FIRST:
                try:
                    getattr(self, name)(client)
                except ClientError as refused:
                    self.answers.append(f"{name}: {refused.response['Error']['Code']}")

    def step(self) -> str:
        """One call; its name, with the error's code where it was refused."""
        self.account = self.random.choice(["platform", "platform", "plant"])
        name = self.random.choice(CALLS)
        try:
            getattr(self, name)(self.clients[self.account])
            said = name
        except ClientError as refused:
            said = f"{name}: {refused.response['Error']['Code']}"
        self.answers.append(said)
        return said

    def keep(self, kind: str, identifier: str) -> None:
        self.known.setdefault(kind, []).append((self.account, identifier))

    def one(self, kind: str) -> str:
        """An id of this kind: mostly one of this account's newer ones, sometimes any, or none."""
        own = [each for account, each in self.known.get(kind, []) if account == self.account]
        if not own or self.random.random() < 0.04:
            return f"{kind}-0123456789abcdef0"
        return self.random.choice(own[-3:])

    def cidr(self) -> str:
        return self.random.choice(["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "198.51.100.7/32"])

    def permission(self) -> list[dict[str, Any]]:
        protocol, port = self.random.choice(["tcp", "udp", "-1"]), self.random.randint(1, 4)
        said: dict[str, Any] = {"IpProtocol": protocol}
        if protocol != "-1":
            said |= {"FromPort": port, "ToPort": port + self.random.randint(0, 1)}
        if self.random.random() < 0.5:
            said["UserIdGroupPairs"] = [{"GroupId": self.one("sg")}]
        else:
            said["IpRanges"] = [{"CidrIp": self.cidr()}, {"CidrIp": "10.9.0.0/16"}]
        return [said]

    def create_vpc(self, c: Any) -> None:
        block = f"10.{self.random.randint(0, 60)}.0.0/16"
        self.keep("vpc", c.create_vpc(CidrBlock=block)["Vpc"]["VpcId"])

    def delete_vpc(self, c: Any) -> None:
        c.delete_vpc(VpcId=self.one("vpc"))

    def create_subnet(self, c: Any) -> None:
        vpc = self.one("vpc")
        base = c.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlock"].rsplit(".", 2)[0]
        made = c.create_subnet(VpcId=vpc, CidrBlock=f"{base}.{self.random.randint(0, 5)}.0/24")
        self.keep("subnet", made["Subnet"]["SubnetId"])

    def delete_subnet(self, c: Any) -> None:
        c.delete_subnet(SubnetId=self.one("subnet"))

    def create_group(self, c: Any) -> None:
        name = f"g{self.random.randint(0, 30)}"
        made = c.create_security_group(GroupName=name, Description="d", VpcId=self.one("vpc"))
        self.keep("sg", made["GroupId"])

    def delete_group(self, c: Any) -> None:
        c.delete_security_group(GroupId=self.one("sg"))

    def authorize_in(self, c: Any) -> None:
        made = c.authorize_security_group_ingress(
            GroupId=self.one("sg"), IpPermissions=self.permission()
        )
        for rule in made["SecurityGroupRules"]:
            self.keep("sgr", f"{rule['GroupId']} {rule['SecurityGroupRuleId']}")

    def authorize_out(self, c: Any) -> None:
        c.authorize_security_group_egress(GroupId=self.one("sg"), IpPermissions=self.permission())

    def revoke_in(self, c: Any) -> None:
        group, _, rule = self.one("sgr").partition(" ")
        c.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[rule or "sgr-0"])

    def revoke_out(self, c: Any) -> None:
        c.revoke_security_group_egress(GroupId=self.one("sg"), IpPermissions=self.permission())

    def run(self, c: Any) -> None:
        wish = {} if self.random.random() < 0.6 else {"PrivateIpAddress": "10.1.1.9"}
        groups = {"SecurityGroupIds": [self.one("sg")]} if self.random.random() < 0.3 else {}
        made = c.run_instances(
            ImageId="ami-1", MinCount=1, MaxCount=1, SubnetId=self.one("subnet"), **groups, **wish
        )["Instances"][0]
        self.keep("i", made["InstanceId"])
        self.keep("eni", made["NetworkInterfaces"][0]["NetworkInterfaceId"])

    def terminate(self, c: Any) -> None:
        c.terminate_instances(InstanceIds=[self.one("i")])

    def stop(self, c: Any) -> None:
        c.stop_instances(InstanceIds=[self.one("i")])

    def start(self, c: Any) -> None:
        c.start_instances(InstanceIds=[self.one("i")])

    def regroup(self, c: Any) -> None:
        instance = self.one("i")
        c.modify_instance_attribute(InstanceId=instance, Groups=[self.group_beside(c, instance)])

    def group_beside(self, c: Any, instance: str) -> str:
        """A group of the instance's VPC, mostly."""
        found = c.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
        own = [{"Name": "vpc-id", "Values": [found.get("VpcId", "vpc-0")]}]
        groups = c.describe_security_groups(Filters=own)["SecurityGroups"]
        if not groups or self.random.random() < 0.2:
            return self.one("sg")
        return self.random.choice(groups)["GroupId"]

    def regroup_interface(self, c: Any) -> None:
        c.modify_network_interface_attribute(
            NetworkInterfaceId=self.one("eni"), Groups=[self.one("sg")]
        )

    def allocate(self, c: Any) -> None:
        wish = {} if self.random.random() < 0.6 else {"Address": "198.51.100.9"}
        self.keep("eipalloc", c.allocate_address(Domain="vpc", **wish)["AllocationId"])

    def associate(self, c: Any) -> None:
        made = c.associate_address(
            AllocationId=self.one("eipalloc"),
            InstanceId=self.one("i"),
            AllowReassociation=self.random.random() < 0.5,
        )
        self.keep("eipassoc", made["AssociationId"])

    def disassociate(self, c: Any) -> None:
        c.disassociate_address(AssociationId=self.one("eipassoc"))

    def release(self, c: Any) -> None:
        c.release_address(AllocationId=self.one("eipalloc"))

    def create_gateway(self, c: Any) -> None:
        self.keep("igw", c.create_internet_gateway()["InternetGateway"]["InternetGatewayId"])

    def attach_gateway(self, c: Any) -> None:
        c.attach_internet_gateway(InternetGatewayId=self.one("igw"), VpcId=self.one("vpc"))

    def detach_gateway(self, c: Any) -> None:
        c.detach_internet_gateway(InternetGatewayId=self.one("igw"), VpcId=self.one("vpc"))

    def delete_gateway(self, c: Any) -> None:
        c.delete_internet_gateway(InternetGatewayId=self.one("igw"))

    def create_table(self, c: Any) -> None:
        self.keep("rtb", c.create_route_table(VpcId=self.one("vpc"))["RouteTable"]["RouteTableId"])

    def delete_table(self, c: Any) -> None:
        c.delete_route_table(RouteTableId=self.one("rtb"))

    def associate_table(self, c: Any) -> None:
        made = c.associate_route_table(RouteTableId=self.one("rtb"), SubnetId=self.one("subnet"))
        self.keep("rtbassoc", made["AssociationId"])

    def disassociate_table(self, c: Any) -> None:
        c.disassociate_route_table(AssociationId=self.one("rtbassoc"))

    def create_route(self, c: Any) -> None:
        hop = self.random.choice(
            [{"GatewayId": self.one("igw")}, {"VpcPeeringConnectionId": self.one("pcx")}]
        )
        c.create_route(RouteTableId=self.one("rtb"), DestinationCidrBlock=self.cidr(), **hop)

    def delete_route(self, c: Any) -> None:
        c.delete_route(RouteTableId=self.one("rtb"), DestinationCidrBlock=self.cidr())

    def create_acl(self, c: Any) -> None:
        made = c.create_network_acl(VpcId=self.one("vpc"))["NetworkAcl"]["NetworkAclId"]
        self.keep("acl", made)

    def delete_acl(self, c: Any) -> None:
        c.delete_network_acl(NetworkAclId=self.one("acl"))

    def acl_entry(self, c: Any) -> None:
        c.create_network_acl_entry(
            NetworkAclId=self.one("acl"), RuleNumber=self.random.randint(1, 5), Protocol="6",
            RuleAction=self.random.choice(["allow", "deny"]), Egress=self.random.random() < 0.5,
            CidrBlock=self.cidr(), PortRange={"From": 1, "To": 9},
        )  # fmt: skip

    def acl_entry_gone(self, c: Any) -> None:
        c.delete_network_acl_entry(
            NetworkAclId=self.one("acl"),
            RuleNumber=self.random.randint(1, 5),
            Egress=self.random.random() < 0.5,
        )

    def acl_of_subnet(self, c: Any) -> None:
        wanted = [{"Name": "association.subnet-id", "Values": [self.one("subnet")]}]
        for found in c.describe_network_acls(Filters=wanted)["NetworkAcls"]:
            c.replace_network_acl_association(
                AssociationId=found["Associations"][0]["NetworkAclAssociationId"],
                NetworkAclId=self.one("acl"),
            )

    def peer(self, c: Any) -> None:
        made = c.create_vpc_peering_connection(VpcId=self.one("vpc"), PeerVpcId=self.one("vpc"))
        self.keep("pcx", made["VpcPeeringConnection"]["VpcPeeringConnectionId"])

    def accept(self, c: Any) -> None:
        c.accept_vpc_peering_connection(VpcPeeringConnectionId=self.one("pcx"))

    def unpeer(self, c: Any) -> None:
        c.delete_vpc_peering_connection(VpcPeeringConnectionId=self.one("pcx"))

    def tag(self, c: Any) -> None:
        kind = self.random.choice(["vpc", "subnet", "sg", "i", "eni", "rtb", "acl", "pcx", "igw"])
        value = f"n{self.random.randint(0, 10**6)}"
        c.create_tags(Resources=[self.one(kind)], Tags=[{"Key": "bulkhead:id", "Value": value}])

    def untag(self, c: Any) -> None:
        kind = self.random.choice(["vpc", "subnet", "sg", "i"])
        c.delete_tags(Resources=[self.one(kind)], Tags=[{"Key": "bulkhead:id"}])

    def parameter(self, c: Any) -> None:
        c.create_key_pair(KeyName=f"k{self.random.randint(0, 3)}")


_FIRST = ["create_vpc", "create_group", "create_subnet", "run", "create_vpc", "create_subnet"]
_FIRST += ["create_group", "run", "allocate", "associate", "create_gateway", "attach_gateway"]
_FIRST += ["create_table", "associate_table", "create_acl", "acl_entry", "peer", "accept"]
_FIRST += ["authorize_in", "authorize_in", "create_route"]
_OFTEN = ["create_vpc", "create_subnet", "create_subnet", "create_group", "create_group", "run"]
_OFTEN += ["run", "authorize_in", "authorize_in", "allocate", "associate", "create_table"]
_HELPERS = ("cidr", "group_beside", "keep", "one", "permission", "prepare", "step")
CALLS = (
    sorted(
        name
        for name in vars(Caller)
        if not name.startswith("_")
        and name not in ("step", "keep", "one", "cidr", "permission", *_HELPERS)
    )
    + _OFTEN
)
