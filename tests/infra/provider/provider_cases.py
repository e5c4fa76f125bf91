"""One case per resource type: what stands around it, and what is done to it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace as World


def document(resource: str, action: str = "s3:PutObject") -> str:
    """A policy document as text."""
    allowed = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]})


def trust(service: str) -> str:
    allowed = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]})


TRUST = trust("ec2.amazonaws.com")
AMI, OTHER_AMI = "ami-12c6146b", "ami-760aaa0f"


def world(region) -> World:
    """Two VPCs with everything that a case needs, made around the provider."""
    services = ("cloudtrail", "ec2", "iam", "kms", "s3", "ssm")
    w = World(**{service: region.client(service) for service in services})
    ec2 = w.ec2
    w.vpcs = [
        ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"] for cidr in ("10.0.0.0/16", "10.1.0.0/16")
    ]
    w.subnets = [
        ec2.create_subnet(VpcId=w.vpcs[0], CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"]
        for n in (1, 2)
    ]
    w.gateways = []
    for vpc in w.vpcs:
        made = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        w.gateways.append(made)
        ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=vpc)
    w.tables = [
        ec2.create_route_table(VpcId=w.vpcs[0])["RouteTable"]["RouteTableId"] for _ in range(2)
    ]
    w.groups = [
        ec2.create_security_group(GroupName=f"g{n}", Description="d", VpcId=w.vpcs[0])["GroupId"]
        for n in range(2)
    ]
    w.acls = [
        ec2.create_network_acl(VpcId=w.vpcs[0])["NetworkAcl"]["NetworkAclId"] for _ in range(2)
    ]
    w.instances = [_instance(ec2, w.subnets[0]) for _ in range(2)]
    w.addresses = [ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(2)]
    w.peerings = [_peering(ec2, w.vpcs[0], w.vpcs[1])]
    w.transits = [_transit(ec2) for _ in range(2)]
    w.attachments = [
        _attachment(ec2, w.transits[0], w.vpcs[0], w.subnets[0]),
        _attachment(ec2, w.transits[0], w.vpcs[1], _subnet_in(ec2, w.vpcs[1])),
    ]
    w.judges = [_judge(ec2, w.transits[0]) for _ in range(2)]
    w.default_acl = _default_acl(ec2, w.vpcs[0])
    w.main_table = _main_table(ec2, w.vpcs[0])
    _accounts(w)
    return w


def _accounts(w) -> None:
    """Two of what lies beside the network: keys, buckets that lock, roles, an instance profile."""
    w.keys = [w.kms.create_key(Policy=document("a"))["KeyMetadata"]["KeyId"] for _ in range(2)]
    w.buckets, w.roles, w.profiles = ["first-bucket", "second-bucket"], ["r-0", "r-1"], ["p-0"]
    where = {"LocationConstraint": "eu-central-1"}
    for name in w.buckets:
        w.s3.create_bucket(
            Bucket=name, CreateBucketConfiguration=where, ObjectLockEnabledForBucket=True
        )
    for name in w.roles:
        w.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    for name in w.profiles:
        w.iam.create_instance_profile(InstanceProfileName=name)


def nowhere() -> World:
    """Ids of nothing, where no call is made."""
    kinds = ("vpcs", "subnets", "gateways", "tables", "groups", "acls", "instances", "addresses")
    kinds += ("transits", "attachments", "judges")
    w = World(**{kind: [f"{kind}-{n}" for n in range(2)] for kind in kinds})
    w.peerings, w.default_acl, w.main_table = ["pcx-0"], "acl-d", "rtb-m"
    w.keys, w.buckets, w.roles, w.profiles = (["a-0", "a-1"] for _ in range(4))
    return w


CLOSED = {"DefaultRouteTableAssociation": "disable", "DefaultRouteTablePropagation": "disable"}


def _transit(ec2):
    return ec2.create_transit_gateway(Options=CLOSED)["TransitGateway"]["TransitGatewayId"]


def _attachment(ec2, gateway, vpc, subnet):
    made = ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway, VpcId=vpc, SubnetIds=[subnet]
    )
    return made["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]


def _subnet_in(ec2, vpc):
    return ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.1.0/24")["Subnet"]["SubnetId"]


def _judge(ec2, gateway):
    made = ec2.create_transit_gateway_route_table(TransitGatewayId=gateway)
    return made["TransitGatewayRouteTable"]["TransitGatewayRouteTableId"]


def _instance(ec2, subnet):
    made = ec2.run_instances(ImageId=AMI, MinCount=1, MaxCount=1, SubnetId=subnet)
    return made["Instances"][0]["InstanceId"]


def _peering(ec2, vpc, peer):
    made = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)
    return made["VpcPeeringConnection"]["VpcPeeringConnectionId"]


def _default_acl(ec2, vpc):
    found = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    return next(a["NetworkAclId"] for a in found["NetworkAcls"] if a["IsDefault"])


def _main_table(ec2, vpc):
    found = ec2.describe_route_tables(Filters=[{"Name": "association.main", "Values": ["true"]}])
    return next(t["RouteTableId"] for t in found["RouteTables"] if t["VpcId"] == vpc)


@dataclass(frozen=True, kw_only=True)
class Case:
    """props: the first inputs. update, replace: what changes in place, or by replacement (None:
    nothing does). vanish: take it away around the provider (None: it cannot go by itself).
    forgets: deleting it touches nothing. unsaid: AWS does not say all of the inputs."""

    token: str
    props: Callable[[World], dict]
    update: Callable[[World], dict] | None = None
    replace: Callable[[World], dict] | None = None
    vanish: Callable[[World, str], object] | None = None
    forgets: bool = False
    unsaid: bool = False
    import_id: Callable[[World, str], str] = lambda w, id_: id_

    def __str__(self) -> str:
        return self.token.rsplit(":", 1)[-1]


def tagged(_w) -> dict:
    return {"tags": {"bulkhead:id": "b", "new": "yes"}}


RULE = {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["10.0.0.0/8"]}
ENTRY = {"ruleNo": 100, "action": "allow", "protocol": "tcp", "cidrBlock": "10.0.0.0/8"}
ENTRY |= {"fromPort": 22, "toPort": 22}


def _group_rule(direction: str) -> Case:
    return Case(
        token=f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
        props=lambda w: {
            "securityGroupId": w.groups[0],
            "ipProtocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
            "referencedSecurityGroupId": w.groups[1],
            "tags": {"bulkhead:id": "a"},
        },
        update=lambda w: {"fromPort": 8000, "toPort": 8100, "description": "more"},
        replace=lambda w: {"referencedSecurityGroupId": None, "cidrIpv4": "10.0.0.0/8"},
        vanish=lambda w, id_: getattr(w.ec2, f"revoke_security_group_{direction.lower()}")(
            GroupId=w.groups[0], SecurityGroupRuleIds=[id_]
        ),
    )


def encrypted(key: str) -> dict:
    """A bucket's encryption rule."""
    default = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}
    return {"applyServerSideEncryptionByDefault": default, "bucketKeyEnabled": True}


def _forget_profile(w, id_):
    w.iam.remove_role_from_instance_profile(InstanceProfileName=id_, RoleName=w.roles[0])
    w.iam.delete_instance_profile(InstanceProfileName=id_)


CASES = [
    Case(
        token="aws:ec2/vpc:Vpc",
        props=lambda w: {"cidrBlock": "10.5.0.0/16", "enableDnsHostnames": True},
        update=lambda w: {"enableDnsHostnames": False, **tagged(w)},
        replace=lambda w: {"cidrBlock": "10.6.0.0/16"},
        vanish=lambda w, id_: w.ec2.delete_vpc(VpcId=id_),
    ),
    Case(
        token="aws:ec2/subnet:Subnet",
        props=lambda w: {"vpcId": w.vpcs[0], "cidrBlock": "10.0.9.0/24"},
        update=lambda w: {"mapPublicIpOnLaunch": True, **tagged(w)},
        replace=lambda w: {"cidrBlock": "10.0.10.0/24"},
        vanish=lambda w, id_: w.ec2.delete_subnet(SubnetId=id_),
    ),
    Case(
        token="aws:ec2/internetGateway:InternetGateway",
        props=lambda w: {"tags": {"bulkhead:id": "a"}},
        update=tagged,
        vanish=lambda w, id_: w.ec2.delete_internet_gateway(InternetGatewayId=id_),
    ),
    Case(
        token="aws:ec2/routeTable:RouteTable",
        props=lambda w: {"vpcId": w.vpcs[0], "tags": {"bulkhead:id": "a"}},
        update=lambda w: {"routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": w.gateways[0]}]},
        replace=lambda w: {"vpcId": w.vpcs[1]},
        vanish=lambda w, id_: w.ec2.delete_route_table(RouteTableId=id_),
    ),
    Case(
        token="aws:ec2/route:Route",
        props=lambda w: {
            "routeTableId": w.tables[0],
            "destinationCidrBlock": "10.1.0.0/16",
            "gatewayId": w.gateways[0],
        },
        update=lambda w: {"gatewayId": None, "vpcPeeringConnectionId": w.peerings[0]},
        replace=lambda w: {"destinationCidrBlock": "10.2.0.0/16"},
        vanish=lambda w, id_: w.ec2.delete_route(
            RouteTableId=w.tables[0], DestinationCidrBlock="10.1.0.0/16"
        ),
        import_id=lambda w, id_: f"{w.tables[0]}_10.1.0.0/16",
    ),
    Case(
        token="aws:ec2/routeTableAssociation:RouteTableAssociation",
        props=lambda w: {"routeTableId": w.tables[0], "subnetId": w.subnets[0]},
        update=lambda w: {"routeTableId": w.tables[1]},
        replace=lambda w: {"subnetId": w.subnets[1]},
        vanish=lambda w, id_: w.ec2.disassociate_route_table(AssociationId=id_),
        import_id=lambda w, id_: f"{w.subnets[0]}/{w.tables[0]}",
    ),
    Case(
        token="aws:ec2/vpcPeeringConnection:VpcPeeringConnection",
        props=lambda w: {"vpcId": w.vpcs[1], "peerVpcId": w.vpcs[0], "autoAccept": True},
        unsaid=True,
        update=lambda w: {"requester": {"allowRemoteVpcDnsResolution": True}, **tagged(w)},
        replace=lambda w: {"vpcId": w.vpcs[0], "peerVpcId": w.vpcs[1]},
        vanish=lambda w, id_: w.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=id_),
    ),
    Case(
        token="aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter",
        props=lambda w: {"vpcPeeringConnectionId": w.peerings[0]},
        update=lambda w: {"autoAccept": True},
        replace=lambda w: {"vpcPeeringConnectionId": _peering(w.ec2, w.vpcs[1], w.vpcs[0])},
        forgets=True,
    ),
    Case(
        token="aws:ec2/securityGroup:SecurityGroup",
        props=lambda w: {"vpcId": w.vpcs[0], "description": "one"},
        update=lambda w: {"ingress": [RULE, {**RULE, "self": True, "cidrBlocks": []}], **tagged(w)},
        replace=lambda w: {"description": "another"},
        vanish=lambda w, id_: w.ec2.delete_security_group(GroupId=id_),
    ),
    _group_rule("Ingress"),
    _group_rule("Egress"),
    Case(
        token="aws:ec2/networkAcl:NetworkAcl",
        props=lambda w: {"vpcId": w.vpcs[0], "tags": {"bulkhead:id": "a"}},
        update=lambda w: {"ingress": [ENTRY], **tagged(w)},
        replace=lambda w: {"vpcId": w.vpcs[1]},
        vanish=lambda w, id_: w.ec2.delete_network_acl(NetworkAclId=id_),
    ),
    Case(
        token="aws:ec2/networkAclRule:NetworkAclRule",
        props=lambda w: {
            "networkAclId": w.acls[0],
            "ruleNumber": 100,
            "protocol": "tcp",
            "ruleAction": "allow",
            "cidrBlock": "10.0.0.0/8",
            "fromPort": 1,
            "toPort": 1023,
        },
        replace=lambda w: {"toPort": 80},
        vanish=lambda w, id_: w.ec2.delete_network_acl_entry(
            NetworkAclId=w.acls[0], RuleNumber=100, Egress=False
        ),
        import_id=lambda w, id_: f"{w.acls[0]}:100:tcp:false",
    ),
    Case(
        token="aws:ec2/networkAclAssociation:NetworkAclAssociation",
        props=lambda w: {"networkAclId": w.acls[0], "subnetId": w.subnets[0]},
        replace=lambda w: {"networkAclId": w.acls[1]},
        vanish=lambda w, id_: w.ec2.replace_network_acl_association(
            AssociationId=id_, NetworkAclId=w.default_acl
        ),
    ),
    Case(
        token="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        props=lambda w: {"vpcId": w.vpcs[0]},
        update=lambda w: {"ingress": [RULE], **tagged(w)},
        replace=lambda w: {"vpcId": w.vpcs[1]},
        forgets=True,
    ),
    Case(
        token="aws:ec2/defaultNetworkAcl:DefaultNetworkAcl",
        props=lambda w: {"defaultNetworkAclId": w.default_acl},
        update=lambda w: {"egress": [ENTRY], **tagged(w)},
        replace=lambda w: {"defaultNetworkAclId": _default_acl(w.ec2, w.vpcs[1])},
        forgets=True,
    ),
    Case(
        token="aws:ec2/defaultRouteTable:DefaultRouteTable",
        props=lambda w: {"defaultRouteTableId": w.main_table, "routes": []},
        update=lambda w: {"routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": w.gateways[0]}]},
        replace=lambda w: {"defaultRouteTableId": _main_table(w.ec2, w.vpcs[1])},
        forgets=True,
    ),
    Case(
        token="aws:ec2/instance:Instance",
        props=lambda w: {
            "ami": AMI,
            "instanceType": "t3.micro",
            "subnetId": w.subnets[0],
            "privateIp": "10.0.1.77",
            "vpcSecurityGroupIds": [w.groups[0]],
            "metadataOptions": {"httpTokens": "required"},
            "userData": "hello",
            "iamInstanceProfile": w.profiles[0],
            "rootBlockDevice": {"encrypted": True, "kmsKeyId": w.keys[0], "volumeType": "gp3"},
        },
        update=lambda w: {
            "instanceType": "t3.small",
            "vpcSecurityGroupIds": [w.groups[1], w.groups[0]],
            "userData": "again",
            "iamInstanceProfile": None,
            **tagged(w),
        },
        replace=lambda w: {"subnetId": w.subnets[1], "privateIp": "10.0.2.77"},
        vanish=lambda w, id_: w.ec2.terminate_instances(InstanceIds=[id_]),
    ),
    Case(
        token="aws:ec2/eip:Eip",
        props=lambda w: {"domain": "vpc", "address": "198.51.100.7"},
        update=tagged,
        replace=lambda w: {"address": "198.51.100.8"},
        vanish=lambda w, id_: w.ec2.release_address(AllocationId=id_),
    ),
    Case(
        token="aws:ec2/eipAssociation:EipAssociation",
        props=lambda w: {"allocationId": w.addresses[0], "instanceId": w.instances[0]},
        replace=lambda w: {"instanceId": w.instances[1]},
        vanish=lambda w, id_: w.ec2.disassociate_address(AssociationId=id_),
    ),
    Case(
        token="aws:ec2/vpcEndpoint:VpcEndpoint",
        props=lambda w: {
            "vpcId": w.vpcs[0],
            "serviceName": "com.amazonaws.eu-central-1.s3",
            "vpcEndpointType": "Interface",
            "subnetIds": [w.subnets[0]],
            "subnetConfigurations": [{"subnetId": w.subnets[0], "ipv4": "10.0.1.99"}],
            "securityGroupIds": [w.groups[0]],
        },
        update=lambda w: {"securityGroupIds": [w.groups[1]], **tagged(w)},
        replace=lambda w: {
            "subnetIds": [w.subnets[1]],
            "subnetConfigurations": [{"subnetId": w.subnets[1], "ipv4": "10.0.2.99"}],
        },
        vanish=lambda w, id_: w.ec2.delete_vpc_endpoints(VpcEndpointIds=[id_]),
    ),
    Case(
        token="aws:ec2transitgateway/transitGateway:TransitGateway",
        props=lambda w: {
            "defaultRouteTableAssociation": "disable",
            "defaultRouteTablePropagation": "disable",
        },
        update=lambda w: {"description": "more", "dnsSupport": "disable", **tagged(w)},
        vanish=lambda w, id_: w.ec2.delete_transit_gateway(TransitGatewayId=id_),
    ),
    Case(
        token="aws:ec2transitgateway/vpcAttachment:VpcAttachment",
        props=lambda w: {
            "transitGatewayId": w.transits[1],
            "vpcId": w.vpcs[0],
            "subnetIds": [w.subnets[0]],
            "transitGatewayDefaultRouteTableAssociation": False,
            "transitGatewayDefaultRouteTablePropagation": False,
            "tags": {"bulkhead:id": "a"},
        },
        unsaid=True,
        update=lambda w: {"subnetIds": [w.subnets[1]], "dnsSupport": "disable", **tagged(w)},
        vanish=lambda w, id_: w.ec2.delete_transit_gateway_vpc_attachment(
            TransitGatewayAttachmentId=id_
        ),
    ),
    Case(
        token="aws:ec2transitgateway/routeTable:RouteTable",
        props=lambda w: {"transitGatewayId": w.transits[0], "tags": {"bulkhead:id": "a"}},
        update=tagged,
        replace=lambda w: {"transitGatewayId": w.transits[1]},
        vanish=lambda w, id_: w.ec2.delete_transit_gateway_route_table(
            TransitGatewayRouteTableId=id_
        ),
    ),
    Case(
        token="aws:ec2transitgateway/routeTableAssociation:RouteTableAssociation",
        props=lambda w: {
            "transitGatewayAttachmentId": w.attachments[0],
            "transitGatewayRouteTableId": w.judges[0],
        },
        replace=lambda w: {"transitGatewayRouteTableId": w.judges[1]},
        vanish=lambda w, id_: w.ec2.disassociate_transit_gateway_route_table(
            TransitGatewayAttachmentId=w.attachments[0], TransitGatewayRouteTableId=w.judges[0]
        ),
        import_id=lambda w, id_: f"{w.judges[0]}_{w.attachments[0]}",
    ),
    Case(
        token="aws:ec2transitgateway/route:Route",
        props=lambda w: {
            "transitGatewayRouteTableId": w.judges[0],
            "destinationCidrBlock": "10.1.0.0/16",
            "transitGatewayAttachmentId": w.attachments[1],
        },
        replace=lambda w: {"destinationCidrBlock": "10.2.0.0/16"},
        vanish=lambda w, id_: w.ec2.delete_transit_gateway_route(
            TransitGatewayRouteTableId=w.judges[0], DestinationCidrBlock="10.1.0.0/16"
        ),
        import_id=lambda w, id_: f"{w.judges[0]}_10.1.0.0/16",
    ),
    Case(
        token="aws:ssm/parameter:Parameter",
        props=lambda w: {"type": "String", "value": "one", "tags": {"bulkhead:id": "a"}},
        update=lambda w: {"value": "two", "description": "second", **tagged(w)},
        replace=lambda w: {"name": "/bulkhead/another"},
        vanish=lambda w, id_: w.ssm.delete_parameter(Name=id_),
    ),
    Case(
        token="aws:kms/key:Key",
        props=lambda w: {
            "description": "one",
            "policy": document("*", "kms:Decrypt"),
            "enableKeyRotation": True,
            "deletionWindowInDays": 10,
            "tags": {"bulkhead:id": "a"},
        },
        unsaid=True,
        update=lambda w: {
            "description": "two",
            "policy": document("*", "kms:Encrypt"),
            "enableKeyRotation": False,
            **tagged(w),
        },
        vanish=lambda w, id_: w.kms.schedule_key_deletion(KeyId=id_, PendingWindowInDays=7),
    ),
    Case(
        token="aws:kms/alias:Alias",
        props=lambda w: {"name": "alias/bulkhead/a", "targetKeyId": w.keys[0]},
        update=lambda w: {"targetKeyId": w.keys[1]},
        replace=lambda w: {"name": "alias/bulkhead/b"},
        vanish=lambda w, id_: w.kms.delete_alias(AliasName=id_),
    ),
    Case(
        token="aws:iam/role:Role",
        props=lambda w: {
            "name": "bulkhead.a",
            "path": "/bulkhead/acme/",
            "assumeRolePolicy": TRUST,
            "tags": {"bulkhead:id": "a"},
        },
        update=lambda w: {
            "assumeRolePolicy": trust("ssm.amazonaws.com"),
            "description": "d",
            "maxSessionDuration": 7200,
            **tagged(w),
        },
        replace=lambda w: {"name": "bulkhead.b"},
        vanish=lambda w, id_: w.iam.delete_role(RoleName=id_),
    ),
    Case(
        token="aws:iam/rolePolicy:RolePolicy",
        props=lambda w: {"name": "own", "role": w.roles[0], "policy": document("arn:aws:s3:::a")},
        update=lambda w: {"policy": document("arn:aws:s3:::b")},
        replace=lambda w: {"role": w.roles[1]},
        vanish=lambda w, id_: w.iam.delete_role_policy(RoleName=w.roles[0], PolicyName="own"),
    ),
    Case(
        token="aws:iam/instanceProfile:InstanceProfile",
        props=lambda w: {"name": "bulkhead.a", "path": "/bulkhead/", "role": w.roles[0]},
        update=lambda w: {"role": w.roles[1], **tagged(w)},
        replace=lambda w: {"name": "bulkhead.b"},
        vanish=_forget_profile,
    ),
    Case(
        token="aws:s3/bucket:Bucket",
        props=lambda w: {
            "bucket": "bulkhead-a",
            "objectLockEnabled": True,
            "tags": {"bulkhead:id": "a"},
        },
        update=tagged,
        replace=lambda w: {"bucket": "bulkhead-b"},
        vanish=lambda w, id_: w.s3.delete_bucket(Bucket=id_),
    ),
    Case(
        token="aws:s3/bucketVersioning:BucketVersioning",
        props=lambda w: {
            "bucket": w.buckets[0],
            "versioningConfiguration": {"status": "Enabled"},
        },
        replace=lambda w: {"bucket": w.buckets[1]},
        forgets=True,
    ),
    Case(
        token="aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        props=lambda w: {
            "bucket": w.buckets[0],
            "rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 400}},
        },
        update=lambda w: {"rule": {"defaultRetention": {"mode": "COMPLIANCE", "years": 2}}},
        replace=lambda w: {"bucket": w.buckets[1]},
    ),
    Case(
        token="aws:s3/bucketServerSideEncryptionConfiguration:"
        "BucketServerSideEncryptionConfiguration",
        props=lambda w: {"bucket": w.buckets[0], "rules": [encrypted(w.keys[0])]},
        update=lambda w: {"rules": [encrypted(w.keys[1])]},
        replace=lambda w: {"bucket": w.buckets[1]},
        vanish=lambda w, id_: w.s3.delete_bucket_encryption(Bucket=id_),
    ),
    Case(
        token="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        props=lambda w: {
            "bucket": w.buckets[0],
            "blockPublicAcls": True,
            "restrictPublicBuckets": True,
        },
        update=lambda w: {"blockPublicPolicy": True, "ignorePublicAcls": True},
        replace=lambda w: {"bucket": w.buckets[1]},
        vanish=lambda w, id_: w.s3.delete_public_access_block(Bucket=id_),
    ),
    Case(
        token="aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        props=lambda w: {
            "bucket": w.buckets[0],
            "rule": {"objectOwnership": "BucketOwnerEnforced"},
        },
        update=lambda w: {"rule": {"objectOwnership": "BucketOwnerPreferred"}},
        replace=lambda w: {"bucket": w.buckets[1]},
        vanish=lambda w, id_: w.s3.delete_bucket_ownership_controls(Bucket=id_),
    ),
    Case(
        token="aws:s3/bucketPolicy:BucketPolicy",
        props=lambda w: {"bucket": w.buckets[0], "policy": document("arn:aws:s3:::a")},
        update=lambda w: {"policy": document("arn:aws:s3:::b")},
        replace=lambda w: {"bucket": w.buckets[1]},
        vanish=lambda w, id_: w.s3.delete_bucket_policy(Bucket=id_),
    ),
    Case(
        token="aws:ec2/flowLog:FlowLog",
        props=lambda w: {
            "vpcId": w.vpcs[0],
            "trafficType": "ALL",
            "logDestinationType": "s3",
            "logDestination": f"arn:aws:s3:::{w.buckets[0]}/acme",
            "maxAggregationInterval": 60,
            "tags": {"bulkhead:id": "a"},
        },
        update=tagged,
        replace=lambda w: {"trafficType": "REJECT"},
        vanish=lambda w, id_: w.ec2.delete_flow_logs(FlowLogIds=[id_]),
    ),
    Case(
        token="aws:cloudtrail/trail:Trail",
        props=lambda w: {
            "name": "bulkhead-a",
            "s3BucketName": w.buckets[0],
            "s3KeyPrefix": "trail",
            "isMultiRegionTrail": True,
            "enableLogFileValidation": True,
            "kmsKeyId": w.keys[0],
        },
        update=lambda w: {
            "isMultiRegionTrail": False,
            "s3BucketName": w.buckets[1],
            "enableLogging": False,
            **tagged(w),
        },
        replace=lambda w: {"name": "bulkhead-b"},
        vanish=lambda w, id_: w.cloudtrail.delete_trail(Name="bulkhead-a"),
    ),
]
