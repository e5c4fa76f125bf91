"""A VPC with its subnets, their route tables and network ACLs, and its defaults emptied."""

import pulumi
from pulumi_aws import ec2

from infra.components.context import Context, tags
from infra.specs.tables import NetworkSpec, SubnetSpec


class Network(pulumi.ComponentResource):
    """One VPC of the specs."""

    def __init__(self, spec: NetworkSpec, context: Context) -> None:
        super().__init__("bulkhead:network:Network", spec.id)
        own = context.options(self, spec.account)
        vpc = ec2.Vpc(
            spec.id,
            cidr_block=spec.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=tags(spec.id),
            opts=own,
        )
        context.note("networks", spec.id, vpc.id)
        self._adopt(spec, vpc, own)
        gateway = None
        if spec.public:
            gateway = ec2.InternetGateway(
                f"{spec.id}/internet", vpc_id=vpc.id, tags=tags(f"{spec.id}/internet"), opts=own
            )
            context.gateways.append(gateway)
        for subnet in spec.subnets:
            self._subnet(subnet, vpc, gateway, context, own)
        self.register_outputs({"vpc_id": vpc.id})

    def _adopt(self, spec: NetworkSpec, vpc: ec2.Vpc, own: pulumi.ResourceOptions) -> None:
        """Take over what AWS makes with every VPC, and leave nothing there that is open."""
        name = f"{spec.id}/default"
        ec2.DefaultSecurityGroup(name, vpc_id=vpc.id, tags=tags(name), opts=own)
        ec2.DefaultNetworkAcl(
            name, default_network_acl_id=vpc.default_network_acl_id, tags=tags(name), opts=own
        )
        ec2.DefaultRouteTable(
            name, default_route_table_id=vpc.default_route_table_id, tags=tags(name), opts=own
        )

    def _subnet(
        self,
        spec: SubnetSpec,
        vpc: ec2.Vpc,
        gateway: ec2.InternetGateway | None,
        context: Context,
        own: pulumi.ResourceOptions,
    ) -> None:
        subnet = ec2.Subnet(
            spec.id,
            vpc_id=vpc.id,
            cidr_block=spec.cidr,
            map_public_ip_on_launch=False,
            tags=tags(spec.id),
            opts=own,
        )
        table = ec2.RouteTable(spec.id, vpc_id=vpc.id, tags=tags(spec.id), opts=own)
        ec2.RouteTableAssociation(spec.id, subnet_id=subnet.id, route_table_id=table.id, opts=own)
        if gateway and spec.outward:
            ec2.Route(
                f"{spec.id}/outward",
                route_table_id=table.id,
                destination_cidr_block="0.0.0.0/0",
                gateway_id=gateway.id,
                opts=own,
            )
        self._acl(spec, vpc, subnet, own)
        context.note("subnets", spec.id, subnet.id)
        context.note("route_tables", spec.id, table.id)

    def _acl(
        self, spec: SubnetSpec, vpc: ec2.Vpc, subnet: ec2.Subnet, own: pulumi.ResourceOptions
    ) -> None:
        acl = ec2.NetworkAcl(spec.id, vpc_id=vpc.id, tags=tags(spec.id), opts=own)
        ec2.NetworkAclAssociation(spec.id, network_acl_id=acl.id, subnet_id=subnet.id, opts=own)
        for entry in spec.acl:
            icmp = entry.protocol == "icmp"
            ec2.NetworkAclRule(
                f"{spec.id}:{'out' if entry.egress else 'in'}:{entry.number}",
                network_acl_id=acl.id,
                rule_number=entry.number,
                egress=entry.egress,
                protocol=entry.protocol,
                rule_action="allow",
                cidr_block=entry.cidr,
                from_port=None if icmp else entry.first,
                to_port=None if icmp else entry.last,
                icmp_type=-1 if icmp else None,
                icmp_code=-1 if icmp else None,
                opts=own,
            )
