"""A Pulumi program with every type the provider has, and the real engine to run it."""

import json
import os
from pathlib import Path

import pytest

from infra.lab.tools import PULUMI, find
from infra.program.target import SERVICES

AMI = "ami-12c6146b"


def needed_engine() -> Path:
    """The folder of the engine: of that on PATH, or of the one built before."""
    found = find(PULUMI)
    if found is None:
        pytest.skip(f"the engine is neither on PATH nor built: make prepare ({PULUMI.version})")
    return found.parent


def stack(folder: Path, program, name: str = "dev"):
    """A stack whose state, plugins and work lie in `folder`."""
    from pulumi import automation

    from infra.lab.provider.install import install

    install(folder / "home")
    (folder / "state").mkdir(exist_ok=True)
    environment = {
        "PATH": f"{needed_engine()}{os.pathsep}{os.environ['PATH']}",
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "for-tests",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    # Automation looks for `pulumi` on this process' own PATH.
    os.environ["PATH"] = environment["PATH"]
    options = automation.LocalWorkspaceOptions(
        work_dir=str(folder), pulumi_home=str(folder / "home"), env_vars=environment
    )
    return automation.create_or_select_stack(
        stack_name=name, project_name="estate", program=program, opts=options
    )


def provider(url: str, name: str = "lab", **more):
    import pulumi_aws as aws

    return aws.Provider(
        name,
        region="eu-central-1",
        access_key="AKIA0000000000000000",
        secret_key="secret",
        endpoints=[aws.ProviderEndpointArgs(**dict.fromkeys(SERVICES, url))],
        s3_use_path_style=True,
        skip_credentials_validation=True,
        skip_metadata_api_check=True,
        skip_requesting_account_id=True,
        default_tags=aws.ProviderDefaultTagsArgs(tags={"estate": "example"}),
        **more,
    )


def _transit(vpc, subnet, table, opts):
    """A transit gateway, with a VPC attached to it and a route that leads there."""
    import pulumi
    from pulumi_aws import ec2, ec2transitgateway

    gateway = ec2transitgateway.TransitGateway(
        "transit",
        default_route_table_association="disable",
        default_route_table_propagation="disable",
        opts=opts,
    )
    attached = ec2transitgateway.VpcAttachment(
        "attached",
        transit_gateway_id=gateway.id,
        vpc_id=vpc.id,
        subnet_ids=[subnet.id],
        transit_gateway_default_route_table_association=False,
        transit_gateway_default_route_table_propagation=False,
        opts=opts,
    )
    judge = ec2transitgateway.RouteTable("judge", transit_gateway_id=gateway.id, opts=opts)
    both = {
        "transit_gateway_attachment_id": attached.id,
        "transit_gateway_route_table_id": judge.id,
    }
    ec2transitgateway.RouteTableAssociation("judged", **both, opts=opts)
    ec2transitgateway.Route("known", destination_cidr_block="10.0.0.0/16", **both, opts=opts)
    ec2.Route(
        "over",
        route_table_id=table.id,
        destination_cidr_block="10.9.0.0/16",
        transit_gateway_id=gateway.id,
        opts=pulumi.ResourceOptions(provider=opts.provider, depends_on=[attached]),
    )


def _logs(vpc, opts):
    """A key, and a locked bucket that takes a trail's and a network's logs."""
    from pulumi_aws import cloudtrail, ec2, kms, s3

    key = kms.Key("key", policy=document("kms:Decrypt"), opts=opts)
    kms.Alias("alias", name="alias/example", target_key_id=key.key_id, opts=opts)
    bucket = s3.Bucket("bucket", bucket="example-logs", object_lock_enabled=True, opts=opts)
    s3.BucketVersioning(
        "versions",
        bucket=bucket.bucket,
        versioning_configuration={"status": "Enabled"},
        opts=opts,
    )
    lock = {"default_retention": {"mode": "COMPLIANCE", "days": 400}}
    s3.BucketObjectLockConfiguration("lock", bucket=bucket.bucket, rule=lock, opts=opts)
    by_key = {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn}
    s3.BucketServerSideEncryptionConfiguration(
        "sealed",
        bucket=bucket.bucket,
        rules=[{"apply_server_side_encryption_by_default": by_key}],
        opts=opts,
    )
    s3.BucketPublicAccessBlock("closed", bucket=bucket.bucket, block_public_acls=True, opts=opts)
    owner = {"object_ownership": "BucketOwnerEnforced"}
    s3.BucketOwnershipControls("owned", bucket=bucket.bucket, rule=owner, opts=opts)
    allowed = document("s3:PutObject")
    policy = s3.BucketPolicy("policy", bucket=bucket.bucket, policy=allowed, opts=opts)
    cloudtrail.Trail(
        "trail", name="example", s3_bucket_name=policy.bucket, kms_key_id=key.arn, opts=opts
    )
    ec2.FlowLog(
        "flows",
        vpc_id=vpc.id,
        traffic_type="ALL",
        log_destination_type="s3",
        log_destination=bucket.arn.apply("{}/acme".format),
        opts=opts,
    )


def _role(opts):
    """The instance profile of a role that may do one thing."""
    from pulumi_aws import iam

    trust = document("sts:AssumeRole", Principal={"Service": "ec2.amazonaws.com"})
    role = iam.Role("role", name="example", assume_role_policy=trust, opts=opts)
    iam.RolePolicy("may", name="own", role=role.name, policy=document("s3:PutObject"), opts=opts)
    return iam.InstanceProfile("profile", name="example", role=role.name, opts=opts)


def document(action: str, **more) -> str:
    """A policy with one statement."""
    said = {"Effect": "Allow", "Action": action, **(more or {"Resource": "*"})}
    return json.dumps({"Version": "2012-10-17", "Statement": [said]})


def every_type(url: str, width: int = 1):
    """The program: each type once, and `width` rules."""

    def program() -> None:
        import pulumi
        import pulumi_aws as aws
        from pulumi_aws import ec2, ssm, vpc

        opts = pulumi.ResourceOptions(provider=provider(url))
        role = aws.ProviderAssumeRoleArgs(role_arn="arn:aws:iam::222222222222:role/audit")
        audit = pulumi.ResourceOptions(provider=provider(url, "audit", assume_roles=[role]))

        one = ec2.Vpc("one", cidr_block="10.0.0.0/16", enable_dns_hostnames=True, opts=opts)
        two = ec2.Vpc("two", cidr_block="10.1.0.0/16", opts=opts)
        far = ec2.Vpc("far", cidr_block="10.2.0.0/16", opts=audit)
        subnet = ec2.Subnet("subnet", vpc_id=one.id, cidr_block="10.0.1.0/24", opts=opts)
        gateway = ec2.InternetGateway("gateway", vpc_id=one.id, opts=opts)
        table = ec2.RouteTable("table", vpc_id=one.id, opts=opts)
        ec2.RouteTableAssociation("on", route_table_id=table.id, subnet_id=subnet.id, opts=opts)
        ec2.Route(
            "out",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=opts,
        )
        ec2.VpcPeeringConnection(
            "near", vpc_id=one.id, peer_vpc_id=two.id, auto_accept=True, opts=opts
        )
        asked = ec2.VpcPeeringConnection(
            "asked", vpc_id=one.id, peer_vpc_id=far.id, peer_owner_id="222222222222", opts=opts
        )
        ec2.VpcPeeringConnectionAccepter(
            "granted", vpc_peering_connection_id=asked.id, auto_accept=True, opts=audit
        )
        group = ec2.SecurityGroup("sg", vpc_id=one.id, opts=opts)
        for port in range(8000, 8000 + width):
            vpc.SecurityGroupIngressRule(
                f"in-{port}",
                security_group_id=group.id,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                cidr_ipv4="10.0.0.0/8",
                opts=opts,
            )
        vpc.SecurityGroupEgressRule(
            "to-self",
            security_group_id=group.id,
            ip_protocol="-1",
            referenced_security_group_id=group.id,
            opts=opts,
        )
        acl = ec2.NetworkAcl("acl", vpc_id=one.id, opts=opts)
        ec2.NetworkAclRule(
            "acl-100",
            network_acl_id=acl.id,
            rule_number=100,
            protocol="tcp",
            rule_action="allow",
            cidr_block="10.0.0.0/8",
            from_port=1,
            to_port=65535,
            opts=opts,
        )
        ec2.NetworkAclAssociation("acl-on", network_acl_id=acl.id, subnet_id=subnet.id, opts=opts)
        ec2.DefaultSecurityGroup("default-group", vpc_id=one.id, opts=opts)
        ec2.DefaultNetworkAcl(
            "default-acl", default_network_acl_id=one.default_network_acl_id, opts=opts
        )
        ec2.DefaultRouteTable(
            "default-table", default_route_table_id=one.default_route_table_id, routes=[], opts=opts
        )
        host = ec2.Instance(
            "host",
            ami=AMI,
            instance_type="t3.micro",
            subnet_id=subnet.id,
            private_ip="10.0.1.10",
            vpc_security_group_ids=[group.id],
            iam_instance_profile=_role(opts).name,
            tags={"bulkhead:id": "host"},
            opts=opts,
        )
        ec2.VpcEndpoint(
            "endpoint",
            vpc_id=one.id,
            service_name="com.amazonaws.eu-central-1.s3",
            vpc_endpoint_type="Interface",
            subnet_ids=[subnet.id],
            security_group_ids=[group.id],
            opts=opts,
        )
        _transit(one, subnet, table, opts)
        _logs(one, opts)
        address = ec2.Eip("address", domain="vpc", address="198.51.100.7", opts=opts)
        ec2.EipAssociation(
            "reachable", allocation_id=address.allocation_id, instance_id=host.id, opts=opts
        )
        secret = pulumi.Output.secret("the digest")
        ssm.Parameter("digest", type="String", value=secret, opts=opts)
        pulumi.export("name", group.name)
        pulumi.export("interface", host.primary_network_interface_id)
        pulumi.export("tags", host.tags_all)

    return program
