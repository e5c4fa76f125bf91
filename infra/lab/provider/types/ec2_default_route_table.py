"""aws:ec2/defaultRouteTable:DefaultRouteTable."""

from collections.abc import Mapping

from infra.lab.provider.aws import Aws
from infra.lab.provider.errors import Failed
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource
from infra.lab.provider.types import _routes
from infra.lab.provider.wire import Props


class DefaultRouteTable(Resource):
    """A VPC's main table, taken over: emptied of routes, then holding the given ones."""

    kind = "aws:ec2/defaultRouteTable:DefaultRouteTable"
    props = {
        "defaultRouteTableId": Prop(replace=True, required=True),
        "routes": _routes.ROUTES,
        "tags": TAGS,
    }
    outputs = ("arn", "ownerId", "vpcId")
    adopts = True

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """Take it over: every route that somebody made goes."""
        id_ = str(want["defaultRouteTableId"])
        found = _routes.table(aws, id_)
        if found is None:
            raise Failed(f"route table {id_} does not exist")
        _routes.hold(aws, id_, [], _routes.shown(aws, found)["routes"])
        return id_

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """Inline routes, if they are given."""
        wanted = want.get("routes")
        return wanted is not None and _routes.hold(aws, id_, wanted, state["routes"])

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The table."""
        found = _routes.table(aws, id_)
        return {**_routes.shown(aws, found), "defaultRouteTableId": id_} if found else None

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """Only forget it: a main table goes with its VPC."""


TYPE = DefaultRouteTable()
