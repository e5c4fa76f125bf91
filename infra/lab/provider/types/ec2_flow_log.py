"""aws:ec2/flowLog:FlowLog."""

from collections.abc import Mapping

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.errors import Failed
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, only, unless_gone
from infra.lab.provider.wire import Props


class FlowLog(Resource):
    """The flow log of a network, into a bucket. Nothing of it changes but its tags."""

    kind = "aws:ec2/flowLog:FlowLog"
    props = {
        "vpcId": Prop(replace=True, required=True),
        "trafficType": Prop(replace=True, computed=True),
        "logDestination": Prop(replace=True, required=True),
        "logDestinationType": Prop(replace=True, required=True),
        "maxAggregationInterval": Prop(kind="int", replace=True, default=600),
        "tags": TAGS,
    }
    outputs = ("arn", "logFormat")
    delete_first = True

    def refusals(self, want: Props) -> list[tuple[str, str]]:
        """The lab writes into buckets alone."""
        kind = want.get("logDestinationType")
        wrong = isinstance(kind, str) and kind != "s3"
        return [("logDestinationType", "must be `s3` in the lab")] if wrong else []

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateFlowLogs, which answers a refusal among its results."""
        made = aws.ec2.create_flow_logs(
            ResourceIds=[want["vpcId"]],
            ResourceType="VPC",
            TrafficType=want.get("trafficType") or "ALL",
            LogDestinationType=want["logDestinationType"],
            LogDestination=want["logDestination"],
            MaxAggregationInterval=want["maxAggregationInterval"],
            TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": tags.as_list(marks)}],
        )
        for refused in made.get("Unsuccessful", ()):
            raise Failed(refused["Error"]["Message"])
        return str(made["FlowLogIds"][0])

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The flow log."""
        answer = unless_gone(aws.ec2.describe_flow_logs, FlowLogIds=[id_])
        found = only(answer, "FlowLogs")
        return found and {
            "arn": aws.arn(f"vpc-flow-log/{id_}"),
            "logDestination": found["LogDestination"],
            "logDestinationType": found["LogDestinationType"],
            "logFormat": found.get("LogFormat", ""),
            "maxAggregationInterval": found.get("MaxAggregationInterval", 600),
            "tags": tags.shown(found.get("Tags")),
            "trafficType": found["TrafficType"],
            "vpcId": found["ResourceId"],
        }

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteFlowLogs."""
        unless_gone(aws.ec2.delete_flow_logs, FlowLogIds=[id_])


TYPE = FlowLog()
