"""Transit gateways: an attachment is in the table that was asked for, or in none.

moto puts each attachment into the default table, also where there is to be none, and says so
whatever is associated later; it gives attachments no tags, lets what is in use be deleted, keeps
routes active whose attachment is gone, and answers unknown ids with nothing or a failure.
"""

from typing import Any

from infra.lab.api.patches.means import exchange


def _refuse(code: str, text: str) -> None:
    from moto.ec2.exceptions import EC2ClientError

    raise EC2ClientError(code, text)


def _known(table: Any, identity: str, what: str) -> Any:
    if identity not in table or getattr(table[identity], "state", "") == "deleted":
        _refuse(f"Invalid{what}ID.NotFound", f"The ID '{identity}' does not exist")
    return table[identity]


def _association(self: Any) -> dict[str, str] | None:
    table = self._association_data.get("transitGatewayRouteTableId")
    if not table:
        return None
    return {"State": "associated", "TransitGatewayRouteTableId": table}


def _used(backend: Any, gateway: str) -> list[str]:
    return [
        each.id
        for each in backend.transit_gateway_attachments.values()
        if each.transit_gateway_id == gateway and each.state != "deleted"
    ]


def _gateways() -> None:
    from moto.ec2.models.transit_gateway import TransitGateway, TransitGatewayBackend

    start, delete = TransitGateway.__init__, TransitGatewayBackend.delete_transit_gateway
    describe = TransitGatewayBackend.describe_transit_gateways

    def started(self: Any, backend: Any, description: Any, options: Any = None) -> None:
        start(self, backend, description, options)
        wanted = ("DefaultRouteTableAssociation", "DefaultRouteTablePropagation")
        if all(self.options[each] == "disable" for each in wanted):
            backend.transit_gateways_route_tables.pop(self.default_route_table.id, None)
            self.options.pop("AssociationDefaultRouteTableId", None)
            self.options.pop("PropagationDefaultRouteTableId", None)
        self.options.setdefault("SecurityGroupReferencingSupport", "disable")

    def delete_transit_gateway(self: Any, transit_gateway_id: str) -> Any:
        _known(self.transit_gateways, transit_gateway_id, "TransitGateway")
        if used := _used(self, transit_gateway_id):
            text = f"{transit_gateway_id} has non-deleted VPC Attachments: {', '.join(used)}."
            _refuse("IncorrectState", text)
        tables = self.transit_gateways_route_tables.values()
        for table in [t for t in tables if t.transit_gateway_id == transit_gateway_id]:
            table.state = "deleted"
        return delete(self, transit_gateway_id)

    def describe_transit_gateways(self: Any, filters: Any, transit_gateway_ids: Any) -> Any:
        for each in transit_gateway_ids or []:
            _known(self.transit_gateways, each, "TransitGateway")
        return describe(self, filters, transit_gateway_ids)

    exchange(TransitGateway, __init__=started)
    exchange(
        TransitGatewayBackend,
        delete_transit_gateway=delete_transit_gateway,
        describe_transit_gateways=describe_transit_gateways,
    )


def _attachments() -> None:
    from moto.ec2.models.transit_gateway_attachments import (
        TransitGatewayAttachment,
        TransitGatewayAttachmentBackend,
    )
    from moto.ec2.responses.transit_gateway_attachments import (
        TransitGatewayAttachment as Answers,
    )

    backend_kind = TransitGatewayAttachmentBackend
    create = backend_kind.create_transit_gateway_vpc_attachment
    delete = backend_kind.delete_transit_gateway_vpc_attachment
    describe = backend_kind.describe_transit_gateway_vpc_attachments
    parsed = Answers._parse_tag_specification

    def create_attachment(
        self: Any, transit_gateway_id: str, vpc_id: str, subnet_ids: list[str], **more: Any
    ) -> Any:
        _known(self.transit_gateways, transit_gateway_id, "TransitGateway")
        self.get_vpc(vpc_id)
        for subnet in subnet_ids:
            if self.get_subnet(subnet).vpc_id != vpc_id:
                _refuse("InvalidParameterValue", f"{subnet} is not of {vpc_id}")
        made = create(self, transit_gateway_id, vpc_id, subnet_ids, **more)
        gateway = self.transit_gateways[transit_gateway_id]
        for table in self.transit_gateways_route_tables.values():
            table.route_table_associations.pop(made.id, None)
        if gateway.options["DefaultRouteTableAssociation"] == "enable":
            self.associate_transit_gateway_route_table(made.id, gateway.default_route_table.id)
        return made

    def delete_attachment(self: Any, transit_gateway_attachment_id: str) -> Any:
        _known(
            self.transit_gateway_attachments,
            transit_gateway_attachment_id,
            "TransitGatewayAttachment",
        )
        for table in self.transit_gateways_route_tables.values():
            table.route_table_associations.pop(transit_gateway_attachment_id, None)
            for route in table.routes.values():
                hops = route.get("transitGatewayAttachments") or []
                if any(
                    h["transitGatewayAttachmentId"] == transit_gateway_attachment_id for h in hops
                ):
                    route["state"] = "blackhole"
        self.transit_gateway_associations.pop(transit_gateway_attachment_id, None)
        return delete(self, transit_gateway_attachment_id)

    def describe_attachments(
        self: Any, transit_gateways_attachment_ids: Any = None, filters: Any = None
    ) -> Any:
        for each in transit_gateways_attachment_ids or []:
            _known(self.transit_gateway_attachments, each, "TransitGatewayAttachment")
        return describe(self, transit_gateways_attachment_ids, filters)

    def parse_tags(self: Any, *args: Any, **more: Any) -> Any:
        found = parsed(self, *args, **more)
        if "transit-gateway-attachment" in found:
            found["transit-gateway-route-table"] = found["transit-gateway-attachment"]
        return found

    exchange(TransitGatewayAttachment, association=property(_association))
    exchange(
        backend_kind,
        create_transit_gateway_vpc_attachment=create_attachment,
        delete_transit_gateway_vpc_attachment=delete_attachment,
        describe_transit_gateway_vpc_attachments=describe_attachments,
    )
    exchange(Answers, _parse_tag_specification=parse_tags)


def _tables() -> None:
    from moto.ec2.models.transit_gateway_route_tables import TransitGatewayRouteTableBackend

    kind = TransitGatewayRouteTableBackend
    associate, delete = (
        kind.associate_transit_gateway_route_table,
        kind.delete_transit_gateway_route_table,
    )
    route, forget = kind.create_transit_gateway_route, kind.delete_transit_gateway_route
    associated = kind.set_route_table_association
    every = kind.get_all_transit_gateway_route_tables

    def set_association(
        self: Any, transit_gateway_attachment_id: str, transit_gateway_route_table_id: str
    ) -> None:
        # moto does it for every new attachment, also where there is no default table.
        if transit_gateway_route_table_id in self.transit_gateways_route_tables:
            associated(self, transit_gateway_attachment_id, transit_gateway_route_table_id)

    def associate_table(
        self: Any, transit_gateway_attachment_id: str, transit_gateway_route_table_id: str
    ) -> Any:
        table, attachment = _ends(
            self, transit_gateway_route_table_id, transit_gateway_attachment_id
        )
        if attachment._association_data:
            text = f"Transit Gateway Attachment {attachment.id} is already associated"
            _refuse("Resource.AlreadyAssociated", text)
        if table.transit_gateway_id != attachment.transit_gateway_id:
            _refuse("InvalidParameterValue", f"{table.id} is of another transit gateway")
        return associate(self, attachment.id, table.id)

    def delete_table(self: Any, transit_gateway_route_table_id: str) -> Any:
        table = _known(
            self.transit_gateways_route_tables,
            transit_gateway_route_table_id,
            "RouteTable",
        )
        if table.route_table_associations:
            _refuse("IncorrectState", f"{table.id} has associations")
        return delete(self, transit_gateway_route_table_id)

    def create_route(
        self: Any,
        transit_gateway_route_table_id: str,
        destination_cidr_block: str,
        transit_gateway_attachment_id: str | None = None,
        blackhole: bool = False,
    ) -> Any:
        table = _known(
            self.transit_gateways_route_tables, transit_gateway_route_table_id, "RouteTable"
        )
        if destination_cidr_block in table.routes:
            _refuse("RouteAlreadyExists", f"{destination_cidr_block} is in {table.id} already")
        if not blackhole:
            _ends(self, table.id, str(transit_gateway_attachment_id))
        made = route(
            self, table.id, destination_cidr_block, transit_gateway_attachment_id, blackhole
        )
        # moto keeps one where the API has a list, and then answers with none.
        if isinstance(hop := made.get("transitGatewayAttachments"), dict):
            made["transitGatewayAttachments"] = [hop]
        return made

    def delete_route(
        self: Any, transit_gateway_route_table_id: str, destination_cidr_block: str
    ) -> Any:
        table = _known(
            self.transit_gateways_route_tables, transit_gateway_route_table_id, "RouteTable"
        )
        if destination_cidr_block not in table.routes:
            _refuse("InvalidRoute.NotFound", f"{destination_cidr_block} is not in {table.id}")
        return forget(self, table.id, destination_cidr_block)

    def every_table(
        self: Any, transit_gateway_route_table_ids: Any = None, filters: Any = None
    ) -> Any:
        for each in transit_gateway_route_table_ids or []:
            _known(self.transit_gateways_route_tables, each, "RouteTable")
        return every(self, transit_gateway_route_table_ids, filters)

    exchange(
        kind,
        set_route_table_association=set_association,
        associate_transit_gateway_route_table=associate_table,
        delete_transit_gateway_route_table=delete_table,
        create_transit_gateway_route=create_route,
        delete_transit_gateway_route=delete_route,
        get_all_transit_gateway_route_tables=every_table,
    )


def _ends(backend: Any, table: str, attachment: str) -> tuple[Any, Any]:
    return (
        _known(backend.transit_gateways_route_tables, table, "RouteTable"),
        _known(backend.transit_gateway_attachments, attachment, "TransitGatewayAttachment"),
    )


def patch() -> None:
    """Mend gateways, attachments and tables."""
    for mend in (_gateways, _attachments, _tables):
        mend()
