"""An interface endpoint: the private way to a service of AWS, with one address and one group."""

import pulumi
from pulumi_aws import ec2

from infra.components.context import Context, tags
from infra.specs.tables import EndpointSpec


class Endpoint(pulumi.ComponentResource):
    """One endpoint of the specs. The service's own name leads to it, but for S3's.

    AWS gives S3's name to an interface endpoint only beside one of the gateway kind: there hosts
    are given the endpoint's own name.
    """

    def __init__(self, spec: EndpointSpec, context: Context) -> None:
        super().__init__("bulkhead:network:Endpoint", spec.id)
        subnet = context.find("subnets", spec.subnet)
        made = ec2.VpcEndpoint(
            spec.id,
            vpc_id=context.find("networks", spec.network),
            service_name=spec.service,
            vpc_endpoint_type="Interface",
            subnet_ids=[subnet],
            subnet_configurations=[
                ec2.VpcEndpointSubnetConfigurationArgs(ipv4=spec.address, subnet_id=subnet)
            ],
            security_group_ids=[context.find("groups", spec.group)],
            private_dns_enabled=not spec.service.endswith(".s3"),
            tags=tags(spec.id),
            opts=context.options(self, spec.account),
        )
        self.register_outputs({"endpoint_id": made.id})
