"""The estate's transit gateway, and a network's attachment to it with the routes of its side."""

import pulumi
from pulumi_aws import ec2, ec2transitgateway

from infra.components.context import Context, tags
from infra.specs.tables import AttachmentSpec, TransitSpec


class Transit(pulumi.ComponentResource):
    """The gateway and its two tables. Nothing joins a table by default: what is in none reaches
    nothing."""

    def __init__(self, spec: TransitSpec, context: Context) -> None:
        super().__init__("bulkhead:network:Transit", spec.id)
        own = context.options(self, spec.account)
        gateway = ec2transitgateway.TransitGateway(
            spec.id,
            description=f"Bulkhead {spec.id}",
            default_route_table_association="disable",
            default_route_table_propagation="disable",
            auto_accept_shared_attachments="disable",
            tags=tags(spec.id),
            opts=own,
        )
        context.note("transits", spec.id, gateway.id)
        for name in (spec.plane, spec.spokes):
            table = ec2transitgateway.RouteTable(
                name, transit_gateway_id=gateway.id, tags=tags(name), opts=own
            )
            context.note("transit_tables", name, table.id)
        self.register_outputs({"transit_gateway_id": gateway.id})


class Attachment(pulumi.ComponentResource):
    """One network's attachment; routes to the gateway wait until it stands."""

    def __init__(self, spec: AttachmentSpec, context: Context) -> None:
        super().__init__("bulkhead:network:Attachment", spec.id)
        own = context.options(self, spec.account)
        gateway = context.find("transits", spec.gateway)
        made = ec2transitgateway.VpcAttachment(
            spec.id,
            transit_gateway_id=gateway,
            vpc_id=context.find("networks", spec.network),
            subnet_ids=[context.find("subnets", spec.subnet)],
            transit_gateway_default_route_table_association=False,
            transit_gateway_default_route_table_propagation=False,
            tags=tags(spec.id),
            opts=own,
        )
        ec2transitgateway.RouteTableAssociation(
            spec.id,
            transit_gateway_attachment_id=made.id,
            transit_gateway_route_table_id=context.find("transit_tables", spec.table),
            opts=own,
        )
        ec2transitgateway.Route(
            spec.id,
            destination_cidr_block=spec.cidr,
            transit_gateway_attachment_id=made.id,
            transit_gateway_route_table_id=context.find("transit_tables", spec.known_to),
            opts=own,
        )
        for route in spec.routes:
            ec2.Route(
                route.id,
                route_table_id=context.find("route_tables", route.subnet),
                destination_cidr_block=route.cidr,
                transit_gateway_id=gateway,
                opts=context.options(self, route.account, [made]),
            )
        self.register_outputs({"attachment_id": made.id})
