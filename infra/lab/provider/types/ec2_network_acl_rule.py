"""aws:ec2/networkAclRule:NetworkAclRule."""

import zlib
from collections.abc import Mapping

from infra.lab.provider.aws import Aws
from infra.lab.provider.errors import Failed
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import Resource, unless_gone
from infra.lab.provider.types import _acl
from infra.lab.provider.types._protocols import number
from infra.lab.provider.wire import Props


class NetworkAclRule(Resource):
    """One numbered entry of an ACL, known by ACL, direction and number. Any change replaces it."""

    kind = "aws:ec2/networkAclRule:NetworkAclRule"
    props = {
        "networkAclId": Prop(replace=True, required=True),
        "ruleNumber": Prop(kind="int", replace=True, required=True),
        "egress": Prop(kind="bool", replace=True, default=False),
        "protocol": Prop(replace=True, required=True, canon=number),
        "ruleAction": Prop(replace=True, required=True),
        "cidrBlock": Prop(replace=True, required=True),
        "fromPort": Prop(kind="int", replace=True),
        "toPort": Prop(kind="int", replace=True),
        "icmpType": Prop(kind="int", replace=True),
        "icmpCode": Prop(kind="int", replace=True),
    }
    natural = True
    delete_first = True

    def key(self, want: Props) -> str:
        """ACL, direction and number."""
        side = "egress" if want.get("egress") else "ingress"
        return f"{side} rule {want['ruleNumber']} of {want['networkAclId']}"

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateNetworkAclEntry."""
        call = _request(want)
        aws.ec2.create_network_acl_entry(NetworkAclId=want["networkAclId"], **call)
        return _id(want)

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """ReplaceNetworkAclEntry, for one that an interrupted creation left with other content."""
        call = _request(want)
        if call == _request({**want, **state}):
            return False
        aws.ec2.replace_network_acl_entry(NetworkAclId=want["networkAclId"], **call)
        return True

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The entry, found in its ACL by direction and number."""
        found = _acl.acl(aws, known["networkAclId"])
        egress = bool(known.get("egress"))
        for entry in _acl.entries(found, egress) if found else []:
            if entry["RuleNumber"] == known["ruleNumber"]:
                ports, icmp = entry.get("PortRange") or {}, entry.get("IcmpTypeCode") or {}
                state = {
                    "networkAclId": known["networkAclId"],
                    "ruleNumber": entry["RuleNumber"],
                    "egress": egress,
                    "protocol": entry["Protocol"],
                    "ruleAction": entry["RuleAction"],
                    "cidrBlock": entry["CidrBlock"],
                    "fromPort": ports.get("From"),
                    "toPort": ports.get("To"),
                    "icmpType": icmp.get("Type"),
                    "icmpCode": icmp.get("Code"),
                }
                # What AWS does not say of this protocol is as it was asked for.
                said = {name: value for name, value in state.items() if value is not None}
                return said | {"id": _id(said)}
        return None

    def imported(self, id_: str) -> Props:
        """`ACLID:NUMBER:PROTOCOL:EGRESS`, as Terraform has it."""
        parts = id_.split(":")
        if len(parts) != 4 or not parts[1].isdigit():
            raise Failed(f"a rule is imported as ACLID:NUMBER:PROTOCOL:EGRESS, not {id_}")
        return {
            "networkAclId": parts[0],
            "ruleNumber": int(parts[1]),
            "protocol": parts[2],
            "egress": parts[3] == "true",
        }

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteNetworkAclEntry, if it is there (moto answers 500 when it is not)."""
        if self.read(aws, id_, known) is None:
            return
        unless_gone(
            aws.ec2.delete_network_acl_entry,
            NetworkAclId=known["networkAclId"],
            RuleNumber=known["ruleNumber"],
            Egress=bool(known.get("egress")),
        )


def _request(want: Props) -> Props:
    rule = {**want, "action": want["ruleAction"]}
    return _acl.request(want["ruleNumber"], bool(want.get("egress")), rule)


def _id(want: Props) -> str:
    egress = "true" if want.get("egress") else "false"
    parts = (want["networkAclId"], str(want["ruleNumber"]), egress, number(want["protocol"]))
    return f"nacl-{zlib.crc32(''.join(f'{part}-' for part in parts).encode())}"


TYPE = NetworkAclRule()
