"""A flow log goes to a folder of a bucket; moto takes the folder for a part of the name."""

from typing import Any

from infra.lab.api.patches.means import exchange


def patch() -> None:
    """Look for the bucket alone, and keep the whole destination."""
    from moto.ec2.exceptions import FlowLogAlreadyExists
    from moto.ec2.models.flow_logs import FlowLogsBackend

    create = FlowLogsBackend.create_flow_logs

    def create_flow_logs(
        self: Any,
        resource_ids: list[str],
        log_destination_type: str,
        log_destination: str,
        **more: Any,
    ) -> Any:
        folder = log_destination_type == "s3" and "/" in (log_destination or "")
        if not folder:
            return create(
                self,
                resource_ids=resource_ids,
                log_destination_type=log_destination_type,
                log_destination=log_destination,
                **more,
            )
        for known in self.describe_flow_logs():
            if known.resource_id in resource_ids and known.log_destination == log_destination:
                raise FlowLogAlreadyExists
        made, failed = create(
            self,
            resource_ids=resource_ids,
            log_destination_type=log_destination_type,
            log_destination=log_destination.split("/", 1)[0],
            **more,
        )
        for flow_log in made:
            flow_log.log_destination = log_destination
        return made, failed

    exchange(FlowLogsBackend, create_flow_logs=create_flow_logs)
