"""Three networks that somebody else made through AWS's API, each with a shape of its own.

They know nothing of Bulkhead: no tag of ours, names as people give them or none, defaults used.
"""

ANYWHERE = "0.0.0.0/0"


def _tag(ec2, identity, **tags):
    rows = [{"Key": key.replace("_", ":"), "Value": value} for key, value in tags.items()]
    ec2.create_tags(Resources=[identity], Tags=rows)


def _vpc(ec2, cidr, name=None):
    made = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
    if name:
        _tag(ec2, made, Name=name)
    return made


def _subnet(ec2, vpc, cidr, **tags):
    made = ec2.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]
    if tags:
        _tag(ec2, made, **tags)
    return made


def _group(ec2, vpc, name, *permissions):
    made = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    if permissions:
        ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=list(permissions))
    return made


def tcp(first, *cidrs, last=None, groups=()):
    return {
        "IpProtocol": "tcp",
        "FromPort": first,
        "ToPort": last or first,
        "IpRanges": [{"CidrIp": cidr} for cidr in cidrs],
        "UserIdGroupPairs": [{"GroupId": group} for group in groups],
    }


def _host(ec2, image, subnet, groups, name=None, address=None):
    at = {"PrivateIpAddress": address} if address else {}
    made = ec2.run_instances(
        ImageId=image,
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        SecurityGroupIds=groups,
        **at,
    )["Instances"][0]["InstanceId"]
    if name:
        _tag(ec2, made, Name=name)
    return made


def _public(ec2, instance):
    made = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(AllocationId=made["AllocationId"], InstanceId=instance)


def _way_out(ec2, vpc, subnet=None):
    """An internet gateway and a default route: in the main table, or in the subnet's own."""
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    if subnet:
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    else:
        found = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
        table = found["RouteTables"][0]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, GatewayId=gateway)


def flat(ec2, image):
    """One VPC, one subnet, all in the default group; two machines of one name; one public."""
    vpc = _vpc(ec2, "172.31.0.0/16", "default")
    subnet = _subnet(ec2, vpc, "172.31.16.0/20", Name="everything")
    _way_out(ec2, vpc)
    found = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    default = found["SecurityGroups"][0]["GroupId"]
    # AWS gives this rule to every default group; moto does not.
    every = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": default}]}
    ec2.authorize_security_group_ingress(GroupId=default, IpPermissions=[every])
    web = _group(ec2, vpc, "launch-wizard-1", tcp(22, ANYWHERE), tcp(443, ANYWHERE))
    hosts = [_host(ec2, image, subnet, [default], name) for name in ("worker", "worker", "db")]
    front = _host(ec2, image, subnet, [default, web], "Web server #1")
    _public(ec2, front)
    return {
        "group": default,
        "hosts": [*hosts, front],
        "source": "internet",
        "target": "Web server #1",
    }


def hub_and_spoke(ec2, image):
    """A hub and two spokes peered with it, several groups a host, overlapping rules, no tags."""
    vpcs = [_vpc(ec2, f"10.{number}.0.0/16") for number in (50, 51, 52)]
    subnets = [
        _subnet(ec2, vpc, f"10.{n}.1.0/24") for n, vpc in zip((50, 51, 52), vpcs, strict=True)
    ]
    links = []
    for number, spoke in ((51, vpcs[1]), (52, vpcs[2])):
        made = ec2.create_vpc_peering_connection(VpcId=vpcs[0], PeerVpcId=spoke)
        link = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=link)
        links.append(link)
        for vpc, cidr in ((vpcs[0], f"10.{number}.0.0/16"), (spoke, "10.50.0.0/16")):
            tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
            ec2.create_route(
                RouteTableId=tables["RouteTables"][0]["RouteTableId"],
                DestinationCidrBlock=cidr,
                VpcPeeringConnectionId=link,
            )
    ssh = [_group(ec2, vpc, "ssh", tcp(22, "10.50.1.0/24")) for vpc in vpcs]
    apps = [
        _group(
            ec2,
            vpc,
            "app",
            tcp(8000, "10.0.0.0/8", last=8100),
            tcp(8080, "10.51.0.0/16", "10.51.1.0/25", last=8200),
        )
        for vpc in vpcs
    ]
    hub = [
        _host(ec2, image, subnets[0], [ssh[0]]),
        _host(ec2, image, subnets[0], [ssh[0], apps[0]]),
    ]
    spokes = [
        _host(ec2, image, subnets[n], [ssh[n], apps[n]], address=f"10.5{n}.1.{last}")
        for n in (1, 2)
        for last in (20, 21, 200)
    ]
    return {
        "group": apps[2],
        "hosts": [*hub, *spokes],
        "source": hub[0],
        "target": spokes[-1],
        "peerings": links,
    }


def secondary_prefixes(ec2, image):
    """Two VPCs with secondary prefixes, a public subnet, a private one without any way out, and a
    network ACL that denies one port before it allows all."""
    vpc = _vpc(ec2, "10.60.0.0/20", "prod")
    ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="100.64.0.0/20")
    other = _vpc(ec2, "10.61.0.0/20", "lab")
    ec2.associate_vpc_cidr_block(VpcId=other, CidrBlock="100.64.16.0/20")
    public = _subnet(ec2, vpc, "10.60.1.0/24", Name="prod-public-a", customer="Acme Tools")
    private = _subnet(ec2, vpc, "100.64.1.0/24", Name="prod-data", customer="Acme Tools")
    apart = _subnet(ec2, other, "100.64.17.0/24")
    _way_out(ec2, vpc, public)
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    for number, action, protocol in ((10, "deny", "6"), (100, "allow", "-1")):
        for egress in (False, True):
            ports = {"PortRange": {"From": 23, "To": 23}} if protocol == "6" else {}
            ec2.create_network_acl_entry(
                NetworkAclId=acl,
                RuleNumber=number,
                Protocol=protocol,
                RuleAction=action,
                Egress=egress,
                CidrBlock=ANYWHERE,
                **ports,
            )
    lists = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    held = [one for row in lists["NetworkAcls"] for one in row["Associations"]]
    (mine,) = [one for one in held if one["SubnetId"] == private]
    ec2.replace_network_acl_association(
        AssociationId=mine["NetworkAclAssociationId"], NetworkAclId=acl
    )
    broker = _group(ec2, vpc, "mqtt", tcp(8883, ANYWHERE))
    every = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": broker}]}
    data = _group(ec2, vpc, "data", every)
    lone = _group(ec2, other, "lone")
    front = _host(ec2, image, public, [broker], "mqtt-1")
    _public(ec2, front)
    hosts = [
        front,
        _host(ec2, image, public, [broker], "mqtt-2"),
        _host(ec2, image, private, [data], "timescale-1"),
        _host(ec2, image, apart, [lone], "test box"),
    ]
    return {"group": broker, "hosts": hosts, "source": "internet", "target": "mqtt-1"}


NETWORKS = {"flat": flat, "hub": hub_and_spoke, "prefixes": secondary_prefixes}
