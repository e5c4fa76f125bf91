"""Single changes through the AWS API, each with the way back and with what must be found."""

from collections.abc import Callable
from dataclasses import dataclass

from infra.specs.images import BARE

ANYWHERE = "0.0.0.0/0"
OUTSIDE = "198.51.100.250/32"


@dataclass(frozen=True)
class Mutation:
    """do(cloud) makes the change and answers its undoing.

    kind, source, target, layer: of a difference that must be found (layer None: any). named: a
    text of that difference's sentence, which names what was changed.
    """

    name: str
    do: Callable
    kind: str
    source: str
    target: str = ""
    layer: str | None = None
    named: str = ""


def _permission(protocol, first, last, *, cidr=None, group=None):
    rule = {"IpProtocol": protocol, "FromPort": first, "ToPort": last}
    if protocol == "-1":
        rule = {"IpProtocol": protocol}
    if cidr:
        return [rule | {"IpRanges": [{"CidrIp": cidr}]}]
    return [rule | {"UserIdGroupPairs": [{"GroupId": group}]}]


def open_rule(group, protocol, port, cidr, *, egress=False, account="platform"):
    """Admit a service from a prefix."""

    def do(cloud):
        ec2, identity = cloud.ec2(account), cloud.group(group, account)
        way = "egress" if egress else "ingress"
        rule = {"GroupId": identity, "IpPermissions": _permission(protocol, port, port, cidr=cidr)}
        getattr(ec2, f"authorize_security_group_{way}")(**rule)
        return lambda: getattr(ec2, f"revoke_security_group_{way}")(**rule)

    return do


def close_rule(group, port, *, egress=False, account="platform"):
    """Revoke every rule of a port in one direction."""

    def do(cloud):
        ec2, identity = cloud.ec2(account), cloud.group(group, account)
        way = "egress" if egress else "ingress"
        rules = [r for r in cloud.rules(identity, egress, account) if r.get("FromPort") == port]
        assert rules
        permissions = [permission for rule in rules for permission in _again(rule)]
        ids = [rule["SecurityGroupRuleId"] for rule in rules]
        getattr(ec2, f"revoke_security_group_{way}")(GroupId=identity, SecurityGroupRuleIds=ids)
        back = getattr(ec2, f"authorize_security_group_{way}")
        return lambda: back(GroupId=identity, IpPermissions=permissions)

    return do


def _again(rule):
    peer = rule.get("ReferencedGroupInfo", {}).get("GroupId")
    first, last = rule.get("FromPort", -1), rule.get("ToPort", -1)
    return _permission(rule["IpProtocol"], first, last, cidr=rule.get("CidrIpv4"), group=peer)


def change_port(group, port, other):
    """Move an ingress rule to another port."""

    def do(cloud):
        ec2, identity = cloud.ec2(), cloud.group(group)
        rule = next(r for r in cloud.rules(identity, False) if r.get("FromPort") == port)

        def to(number):
            change = {"IpProtocol": rule["IpProtocol"], "FromPort": number, "ToPort": number}
            change["ReferencedGroupId"] = rule["ReferencedGroupInfo"]["GroupId"]
            ec2.modify_security_group_rules(
                GroupId=identity,
                SecurityGroupRules=[
                    {
                        "SecurityGroupRuleId": rule["SecurityGroupRuleId"],
                        "SecurityGroupRule": change,
                    }
                ],
            )

        to(other)
        return lambda: to(port)

    return do


def regroup(host, *groups):
    """Put a host into other groups; a name that ends in `!default` is a VPC's default group."""

    def do(cloud):
        ec2, instance = cloud.ec2(), cloud.host(host)
        before = [row["GroupId"] for row in instance["SecurityGroups"]]
        after = [cloud.group(name) for name in groups]
        ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], Groups=after)
        return lambda: ec2.modify_instance_attribute(
            InstanceId=instance["InstanceId"], Groups=before
        )

    return do


def open_default_group(host, default, port):
    """Put a host into its VPC's default group as well, and open that one to everybody."""

    def do(cloud):
        instance = cloud.host(host)
        own = [row["GroupId"] for row in instance["SecurityGroups"]]
        ec2, identity = cloud.ec2(), cloud.group(default)
        back = open_rule(default, "tcp", port, ANYWHERE)(cloud)
        ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], Groups=[*own, identity])

        def undo():
            ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], Groups=own)
            back()

        return undo

    return do


def drop_entry(acl, port, *, egress, account="platform"):
    """Delete the entries of an ACL that begin at a port."""

    def do(cloud):
        ec2, identity = cloud.ec2(account), cloud.acl(acl, account)
        rows = [r for r in cloud.entries(acl, egress, account) if _from(r) == port]
        assert rows
        for row in rows:
            number = row["RuleNumber"]
            ec2.delete_network_acl_entry(NetworkAclId=identity, RuleNumber=number, Egress=egress)
        return lambda: [_entry(ec2.create_network_acl_entry, identity, row) for row in rows]

    return do


def _from(row):
    return row.get("PortRange", {}).get("From")


def _entry(call, acl, row, **changes):
    fields = ("RuleNumber", "Protocol", "RuleAction", "Egress", "CidrBlock", "PortRange")
    call(NetworkAclId=acl, **{name: row[name] for name in fields if name in row} | changes)


def deny_first(acl, first, last, *, egress, cidr=ANYWHERE):
    """Put a denial before every other entry."""

    def do(cloud):
        ec2, identity = cloud.ec2(), cloud.acl(acl)
        row = {
            "RuleNumber": 1,
            "Protocol": "6",
            "RuleAction": "deny",
            "Egress": egress,
            "CidrBlock": cidr,
            "PortRange": {"From": first, "To": last},
        }
        _entry(ec2.create_network_acl_entry, identity, row)
        return lambda: ec2.delete_network_acl_entry(
            NetworkAclId=identity, RuleNumber=1, Egress=egress
        )

    return do


def turn_to_deny(acl, port, *, egress):
    """Turn an allowing entry into a denying one, in its place."""

    def do(cloud):
        ec2, identity = cloud.ec2(), cloud.acl(acl)
        row = next(r for r in cloud.entries(acl, egress) if _from(r) == port)
        _entry(ec2.replace_network_acl_entry, identity, row, RuleAction="deny")
        return lambda: _entry(ec2.replace_network_acl_entry, identity, row)

    return do


def swap_acl(subnet, other):
    """Put a subnet under another ACL of its VPC."""

    def do(cloud):
        ec2, identity = cloud.ec2(), cloud.subnet(subnet)

        def to(acl):
            found = ec2.describe_network_acls(
                Filters=[{"Name": "association.subnet-id", "Values": [identity]}]
            )["NetworkAcls"][0]
            row = next(r for r in found["Associations"] if r["SubnetId"] == identity)
            ec2.replace_network_acl_association(
                AssociationId=row["NetworkAclAssociationId"], NetworkAclId=acl
            )

        before = cloud.acl(subnet)
        to(cloud.acl(other))
        return lambda: to(before)

    return do


def drop_route(table, cidr, account="platform"):
    """Delete a route."""

    def do(cloud):
        ec2, identity = cloud.ec2(account), cloud.table(table, account)
        routes = ec2.describe_route_tables(RouteTableIds=[identity])["RouteTables"][0]["Routes"]
        row = next(r for r in routes if r.get("DestinationCidrBlock") == cidr)
        back = {
            name: row[name]
            for name in ("GatewayId", "VpcPeeringConnectionId", "DestinationCidrBlock")
            if row.get(name)
        }
        ec2.delete_route(RouteTableId=identity, DestinationCidrBlock=cidr)
        return lambda: ec2.create_route(RouteTableId=identity, **back)

    return do


def reroute(table, cidr, peering):
    """Send a prefix over another peering."""

    def do(cloud):
        ec2, identity = cloud.ec2(), cloud.table(table)
        routes = ec2.describe_route_tables(RouteTableIds=[identity])["RouteTables"][0]["Routes"]
        row = next(r for r in routes if r.get("DestinationCidrBlock") == cidr)

        def to(link):
            ec2.replace_route(
                RouteTableId=identity, DestinationCidrBlock=cidr, VpcPeeringConnectionId=link
            )

        to(cloud.peering(peering))
        return lambda: to(row["VpcPeeringConnectionId"])

    return do


def swap_table(subnet, other):
    """Put a subnet under another route table of its VPC."""

    def do(cloud):
        ec2, identity = cloud.ec2(), cloud.subnet(subnet)

        def to(table):
            found = ec2.describe_route_tables(
                Filters=[{"Name": "association.subnet-id", "Values": [identity]}]
            )["RouteTables"][0]
            row = next(r for r in found["Associations"] if r.get("SubnetId") == identity)
            ec2.replace_route_table_association(
                AssociationId=row["RouteTableAssociationId"], RouteTableId=table
            )

        before = cloud.table(subnet)
        to(cloud.table(other))
        return lambda: to(before)

    return do


def peer(one, other, group, target, port):
    """A way between two tenants, made whole: peering, routes, entries of ACLs, rules."""

    def do(cloud):
        ec2 = cloud.ec2()
        link = ec2.create_vpc_peering_connection(VpcId=cloud.vpc(one), PeerVpcId=cloud.vpc(other))[
            "VpcPeeringConnection"
        ]["VpcPeeringConnectionId"]
        ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=link)
        undo = [lambda: ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=link)]
        cidrs = {
            name: ec2.describe_subnets(SubnetIds=[cloud.subnet(name)])["Subnets"][0]["CidrBlock"]
            for name in (one, other)
        }
        for here, there in ((one, other), (other, one)):
            undo.append(_through(ec2, cloud, here, cidrs[there], link, port))
        undo.append(open_rule(group, "tcp", port, cidrs[other], egress=True)(cloud))
        undo.append(open_rule(target, "tcp", port, cidrs[one])(cloud))
        return lambda: [step() for step in reversed(undo)]

    return do


def _through(ec2, cloud, here, cidr, link, port):
    """A route and open ACL entries on one side."""
    table, acl = cloud.table(here), cloud.acl(here)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=cidr, VpcPeeringConnectionId=link)
    row = {"RuleNumber": 2, "Protocol": "-1", "RuleAction": "allow", "CidrBlock": cidr}
    for egress in (True, False):
        _entry(ec2.create_network_acl_entry, acl, row | {"Egress": egress})

    def undo():
        for egress in (True, False):
            ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=2, Egress=egress)
        ec2.delete_route(RouteTableId=table, DestinationCidrBlock=cidr)

    return undo


def stop(host):
    """Stop a host."""

    def do(cloud):
        ec2, identity = cloud.ec2(), cloud.host(host)["InstanceId"]
        ec2.stop_instances(InstanceIds=[identity])
        return lambda: ec2.start_instances(InstanceIds=[identity])

    return do


def intruder(subnet, group):
    """Start one more host beside the others."""

    def do(cloud):
        ec2 = cloud.ec2()
        made = ec2.run_instances(
            ImageId=BARE,
            InstanceType="t3.small",
            MinCount=1,
            MaxCount=1,
            SubnetId=cloud.subnet(subnet),
            SecurityGroupIds=[cloud.group(group)],
            PrivateIpAddress="10.1.5.5",
            TagSpecifications=[
                {
                    "ResourceType": "instance",
                    "Tags": [{"Key": "bulkhead:id", "Value": "intruder"}],
                }
            ],
        )["Instances"][0]["InstanceId"]
        return lambda: ec2.terminate_instances(InstanceIds=[made])

    return do


def move_address(host, other):
    """Give a host's public address to another host."""

    def do(cloud):
        ec2 = cloud.ec2()
        wanted = [{"Name": "tag:bulkhead:id", "Values": [host]}]
        row = ec2.describe_addresses(Filters=wanted)["Addresses"][0]

        def to(instance):
            ec2.associate_address(
                AllocationId=row["AllocationId"], InstanceId=instance, AllowReassociation=True
            )

        to(cloud.host(other)["InstanceId"])
        return lambda: to(row["InstanceId"])

    return do


def drop_address(host):
    """Take a host's public address away."""

    def do(cloud):
        ec2 = cloud.ec2()
        wanted = [{"Name": "tag:bulkhead:id", "Values": [host]}]
        row = ec2.describe_addresses(Filters=wanted)["Addresses"][0]
        ec2.disassociate_address(AssociationId=row["AssociationId"])
        return lambda: ec2.associate_address(
            AllocationId=row["AllocationId"], InstanceId=row["InstanceId"]
        )

    return do
