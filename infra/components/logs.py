"""Log storage in the audit account, the trails into it, and the networks' flow logs."""

import pulumi
from pulumi_aws import cloudtrail, ec2, iam, s3

from infra.components.context import Context, tags
from infra.specs import limits
from infra.specs import logs as documents
from infra.specs.owned import FlowLogSpec, LogsSpec
from infra.specs.tables import StackSpec


class LogStore(pulumi.ComponentResource):
    """The bucket: all of it is protected, so that no destroy of the engine takes it along."""

    def __init__(self, spec: LogsSpec, stack: StackSpec, context: Context) -> None:
        super().__init__("bulkhead:logs:Store", spec.id)
        kept = pulumi.ResourceOptions(protect=True)
        own = pulumi.ResourceOptions.merge(context.options(self, spec.account), kept)
        key, account = context.find("keys", spec.key), context.accounts[spec.account]
        bucket = s3.Bucket(
            spec.id,
            bucket=limits.bucket(spec.estate, account),
            object_lock_enabled=True,
            tags=tags(spec.id),
            opts=own,
        )
        parts = [*_locked(spec, bucket, own), *_closed(spec, bucket, key, own)]
        glass = self._glass(spec, account, own)
        # Last: from then on nobody but the break-glass role changes the rest.
        last = pulumi.ResourceOptions(depends_on=[*parts, glass])
        policy = s3.BucketPolicy(
            spec.id,
            bucket=bucket.bucket,
            policy=key.apply(lambda arn: documents.bucket_policy(spec, arn, context.accounts)),
            opts=pulumi.ResourceOptions.merge(own, last),
        )
        for alias in spec.accounts:
            self._trail(spec, alias, bucket, context, policy)
        self.register_outputs({"bucket": bucket.bucket})

    def _glass(self, spec: LogsSpec, account: str, own: pulumi.ResourceOptions) -> iam.Role:
        """The one role that may change how logs are kept; nobody holds it, people take it."""
        name = f"{spec.id}/break-glass"
        role = iam.Role(
            name,
            name=documents.break_glass(spec.estate),
            path=limits.path(spec.estate, documents.LOGS),
            description="Changes how logs are kept",
            assume_role_policy=documents.glass_trust(account),
            tags=tags(name),
            opts=own,
        )
        iam.RolePolicy(
            name,
            name="own",
            role=role.name,
            policy=documents.glass_policy(spec.estate, account),
            opts=own,
        )
        return role

    def _trail(
        self,
        spec: LogsSpec,
        alias: str,
        bucket: s3.Bucket,
        context: Context,
        after: pulumi.Resource,
    ) -> None:
        """Every call to an account's API, in every region, written into the bucket."""
        name = f"{spec.id}/{alias}"
        cloudtrail.Trail(
            name,
            name=spec.trail,
            s3_bucket_name=bucket.bucket,
            s3_key_prefix="cloudtrail",
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            kms_key_id=context.find("keys", spec.key),
            tags=tags(name),
            opts=context.options(self, alias, [after]),
        )


def _locked(
    spec: LogsSpec, bucket: s3.Bucket, own: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Versions, and a lock that nobody lifts before its day."""
    versions = s3.BucketVersioning(
        spec.id,
        bucket=bucket.bucket,
        versioning_configuration=s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
        opts=own,
    )
    kept = s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(
        mode="COMPLIANCE", days=spec.days
    )
    after = pulumi.ResourceOptions(depends_on=[versions])
    lock = s3.BucketObjectLockConfiguration(
        spec.id,
        bucket=bucket.bucket,
        rule=s3.BucketObjectLockConfigurationRuleArgs(default_retention=kept),
        opts=pulumi.ResourceOptions.merge(own, after),
    )
    return [versions, lock]


def _closed(
    spec: LogsSpec, bucket: s3.Bucket, key: pulumi.Output[str], own: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Encrypted with our key, owned by us, closed to the public."""
    by_default = (
        s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs
    )
    return [
        s3.BucketServerSideEncryptionConfiguration(
            spec.id,
            bucket=bucket.bucket,
            rules=[
                s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=by_default(
                        sse_algorithm="aws:kms", kms_master_key_id=key
                    ),
                    bucket_key_enabled=True,
                )
            ],
            opts=own,
        ),
        s3.BucketPublicAccessBlock(
            spec.id,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=own,
        ),
        s3.BucketOwnershipControls(
            spec.id,
            bucket=bucket.bucket,
            rule=s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=own,
        ),
    ]


def flows(spec: FlowLogSpec, stack: StackSpec, context: Context) -> None:
    """The flow log of a network, into its owner's folder; the bucket stands before any network."""
    bucket = limits.bucket(stack.estate, context.accounts[documents.AUDIT])
    ec2.FlowLog(
        spec.id,
        vpc_id=context.find("networks", spec.network),
        traffic_type="ALL",
        log_destination_type="s3",
        log_destination=f"arn:aws:s3:::{bucket}/{spec.folder}",
        max_aggregation_interval=60,
        tags=tags(spec.id),
        opts=pulumi.ResourceOptions(provider=context.providers[spec.account]),
    )
