"""aws:ec2/vpc:Vpc."""

from collections.abc import Mapping
from typing import Any

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, only, unless_gone
from infra.lab.provider.wire import Props


class Vpc(Resource):
    """A VPC with one IPv4 range."""

    kind = "aws:ec2/vpc:Vpc"
    props = {
        "cidrBlock": Prop(replace=True, required=True),
        "enableDnsHostnames": Prop(kind="bool", computed=True),
        "enableDnsSupport": Prop(kind="bool", default=True),
        "instanceTenancy": Prop(default="default", replace=True),
        "tags": TAGS,
    }
    outputs = (
        "arn",
        "defaultNetworkAclId",
        "defaultRouteTableId",
        "defaultSecurityGroupId",
        "dhcpOptionsId",
        "mainRouteTableId",
        "ownerId",
    )

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateVpc."""
        made = aws.ec2.create_vpc(
            CidrBlock=want["cidrBlock"],
            InstanceTenancy=want["instanceTenancy"],
            TagSpecifications=[{"ResourceType": "vpc", "Tags": tags.as_list(marks)}],
        )
        return str(made["Vpc"]["VpcId"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """DNS attributes, one call each, support first: host names need it."""
        done = False
        for name in ("enableDnsSupport", "enableDnsHostnames"):
            if want.get(name) is not None and want[name] != state[name]:
                attribute = {name[0].upper() + name[1:]: {"Value": want[name]}}
                aws.ec2.modify_vpc_attribute(VpcId=id_, **attribute)
                done = True
        return done

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The VPC, its DNS attributes and its three defaults."""
        vpc = only(unless_gone(aws.ec2.describe_vpcs, VpcIds=[id_]), "Vpcs")
        return vpc and {
            "arn": aws.arn(f"vpc/{id_}", vpc["OwnerId"]),
            "cidrBlock": vpc["CidrBlock"],
            "dhcpOptionsId": vpc.get("DhcpOptionsId"),
            "instanceTenancy": vpc["InstanceTenancy"],
            "ownerId": vpc["OwnerId"],
            "tags": tags.shown(vpc.get("Tags")),
            **self._attributes(aws, id_),
            **self._defaults(aws, id_),
        }

    def _attributes(self, aws: Aws, id_: str) -> Props:
        return {
            name: aws.ec2.describe_vpc_attribute(VpcId=id_, Attribute=name)[
                name[0].upper() + name[1:]
            ]["Value"]
            for name in ("enableDnsSupport", "enableDnsHostnames")
        }

    def _defaults(self, aws: Aws, id_: str) -> Props:
        def of(name: str, value: str) -> list[dict[str, Any]]:
            return [
                {"Name": "vpc-id", "Values": [id_]},
                {"Name": name, "Values": [value]},
            ]

        ec2 = aws.ec2
        acls = ec2.describe_network_acls(Filters=of("default", "true"))
        groups = ec2.describe_security_groups(Filters=of("group-name", "default"))
        tables = ec2.describe_route_tables(Filters=of("association.main", "true"))
        main = (only(tables, "RouteTables") or {}).get("RouteTableId")
        return {
            "defaultNetworkAclId": (only(acls, "NetworkAcls") or {}).get("NetworkAclId"),
            "defaultSecurityGroupId": (only(groups, "SecurityGroups") or {}).get("GroupId"),
            "defaultRouteTableId": main,
            "mainRouteTableId": main,
        }

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteVpc."""
        unless_gone(aws.ec2.delete_vpc, VpcId=id_)


TYPE = Vpc()
