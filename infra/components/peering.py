"""A peering between two networks, with the routes on both sides, across accounts if need be."""

import pulumi
from pulumi_aws import ec2

from infra.components.context import Context, tags
from infra.specs.tables import PeeringSpec


class Peering(pulumi.ComponentResource):
    """One peering of the specs; routes wait until it is accepted."""

    def __init__(self, spec: PeeringSpec, context: Context) -> None:
        super().__init__("bulkhead:network:Peering", spec.id)
        same = spec.requester_account == spec.accepter_account
        link = ec2.VpcPeeringConnection(
            spec.id,
            vpc_id=context.find("networks", spec.requester),
            peer_vpc_id=context.find("networks", spec.accepter),
            peer_owner_id=None if same else context.accounts[spec.accepter_account],
            auto_accept=same,
            tags=tags(spec.id),
            opts=context.options(self, spec.requester_account),
        )
        ready: list[pulumi.Resource] = [link]
        if not same:
            ready.append(
                ec2.VpcPeeringConnectionAccepter(
                    spec.id,
                    vpc_peering_connection_id=link.id,
                    auto_accept=True,
                    tags=tags(spec.id),
                    opts=context.options(self, spec.accepter_account),
                )
            )
        for route in spec.routes:
            ec2.Route(
                route.id,
                route_table_id=context.find("route_tables", route.subnet),
                destination_cidr_block=route.cidr,
                vpc_peering_connection_id=link.id,
                opts=context.options(self, route.account, ready),
            )
        context.peerings.extend(ready)
        self.register_outputs({"peering_id": link.id})
