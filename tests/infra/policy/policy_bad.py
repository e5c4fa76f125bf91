"""Bad programs: for each rule at least one that breaks it and no other."""

from dataclasses import replace

from policy_graphs import Added, Bad, put

INGRESS = "SecurityGroupIngressRule"
RDS = "aws:rds/instance:Instance"


def statement(**parts):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **parts}]}


NETWORK = [
    Bad("no-open-ingress", INGRESS, put(cidrIpv4="0.0.0.0/0"), "borealis/record"),
    Bad("no-open-ingress", INGRESS, put(cidrIpv4="128.0.0.0/1"), "borealis/record"),
    Bad("no-open-ingress", INGRESS, put(cidrIpv6="::/0"), "borealis/record"),
    Bad("no-open-ingress", INGRESS, put(cidrIpv4="anywhere"), "borealis/record"),
    Bad(
        "no-open-ingress",
        INGRESS,
        put(cidrIpv4="0.0.0.0/0", ipProtocol="-1"),
        "acme/telemetry:in",
    ),
    Bad("rules-apart", "SecurityGroup", put(ingress=[{"protocol": "-1"}])),
    Bad("empty-defaults", "DefaultSecurityGroup", put(ingress=[{"self": True}])),
    Bad("empty-defaults", "DefaultRouteTable", put(routes=[{"cidrBlock": "0.0.0.0/0"}])),
    Bad(
        "narrow-acls",
        "NetworkAclRule",
        put(cidrBlock="0.0.0.0/0", protocol="-1", egress=False, ruleAction="allow"),
    ),
    Bad(
        "narrow-acls",
        "NetworkAclRule",
        put(cidrBlock="0.0.0.0/0", protocol="tcp", egress=False, fromPort=0, toPort=65535),
    ),
    Bad("no-public-address", "Instance", put(associatePublicIpAddress=True)),
    Bad("no-public-address", "Subnet", put(mapPublicIpOnLaunch=True)),
    Bad(
        "no-public-address",
        "Eip",
        lambda row: replace(row, name="acme/storage/historian-1"),
        "acme/ingest",
    ),
]
COMPUTE = [
    Bad("imdsv2", "Instance", put(metadataOptions={"httpTokens": "optional"})),
    Bad("imdsv2", "Instance", put(metadataOptions=None)),
    Bad("encrypted-volumes", "Instance", put(rootBlockDevice=None), "acme/storage"),
    Bad("encrypted-volumes", "Instance", put(rootBlockDevice={"encrypted": True}), "acme/storage"),
    Added("encrypted-volumes", "aws:ebs/volume:Volume", {"encrypted": False}),
    Bad("no-key-pair", "Instance", put(keyName="olga")),
    Added("private-databases", RDS, {"storageEncrypted": False}),
    Added("private-databases", RDS, {"storageEncrypted": True, "publiclyAccessible": True}),
]
IDENTITY = [
    Added("no-standing-credentials", "aws:iam/user:User", {}),
    Added("no-standing-credentials", "aws:ec2/securityGroupRule:SecurityGroupRule", {}),
    Added(
        "least-privilege",
        "aws:iam/policy:Policy",
        {"policy": statement(Action="*", Resource="arn:aws:s3:::x")},
    ),
    Added(
        "least-privilege",
        "aws:iam/rolePolicy:RolePolicy",
        {"policy": statement(Action=["s3:PutObject", "s3:*"], Resource="*")},
    ),
    Added(
        "least-privilege",
        "aws:iam/policy:Policy",
        {"policy": statement(NotAction="iam:*", Resource="arn:aws:s3:::x")},
    ),
    Added("least-privilege", "aws:iam/policy:Policy", {"policy": "no document"}),
    Added(
        "closed-trust",
        "aws:iam/role:Role",
        {"assumeRolePolicy": statement(Action="sts:AssumeRole", Principal={"AWS": "*"})},
    ),
]


def retained(mode="COMPLIANCE", days=400):
    return put(rule={"defaultRetention": {"mode": mode, "days": days}})


def gone(_row):
    """The resource is left out of the program."""
    return


SSE = "BucketServerSideEncryptionConfiguration"
STORAGE = [
    Bad("bucket-versions", "BucketVersioning", gone),
    Bad(
        "bucket-versions",
        "BucketVersioning",
        put(versioningConfiguration={"status": "Suspended"}),
    ),
    Bad("bucket-encryption", SSE, gone),
    Bad(
        "bucket-encryption",
        SSE,
        put(rules=[{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]),
    ),
    Bad(
        "bucket-encryption",
        SSE,
        put(rules=[{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}]),
    ),
    Bad("bucket-closed", "BucketPublicAccessBlock", gone),
    Bad("bucket-closed", "BucketPublicAccessBlock", put(blockPublicPolicy=False)),
    Bad("bucket-lock", "Bucket", put(objectLockEnabled=False)),
    Bad("bucket-lock", "BucketObjectLockConfiguration", gone),
    Bad("bucket-lock", "BucketObjectLockConfiguration", retained(mode="GOVERNANCE")),
    Bad("retention", "BucketObjectLockConfiguration", retained(days=30)),
    Bad("bucket-kept", "Bucket", put(forceDestroy=True)),
    Bad("bucket-transport", "BucketPolicy", gone),
    Bad("bucket-transport", "BucketPolicy", put(policy=statement(Action="s3:*", Resource="*"))),
]
KEYS = [
    Bad("key-rotation", "Key", put(enableKeyRotation=False)),
    Bad("key-rotation", "Key", put(deletionWindowInDays=7)),
    Bad("key-policy", "Key", put(policy=None)),
    Bad("key-policy", "Key", put(bypassPolicyLockoutSafetyCheck=True)),
    Bad("key-policy", "Key", put(policy=statement(Principal="*", Action="kms:Decrypt"))),
]
RECORDING = [
    Bad("whole-trail", "Trail", put(isMultiRegionTrail=False)),
    Bad("whole-trail", "Trail", put(enableLogFileValidation=False)),
    Bad("whole-trail", "Trail", put(kmsKeyId=None)),
    Bad("whole-trail", "Trail", put(includeGlobalServiceEvents=False)),
    Bad("whole-trail", "Trail", put(enableLogging=False)),
    Bad("flow-logs", "FlowLog", gone),
    Bad("flow-logs", "FlowLog", put(trafficType="REJECT")),
]
TAGS = [
    Bad("bulkhead-id", "Vpc", put(tags={"Name": "x"})),
    Added("bulkhead-id", "aws:sns/topic:Topic", {"tags": None}),
]
BAD = [*NETWORK, *COMPUTE, *STORAGE, *KEYS, *IDENTITY, *RECORDING, *TAGS]
