"""Instances and databases: bound metadata, encrypted disks, no key pairs."""

from collections.abc import Iterator
from typing import Any

from infra.policy.graph import PREMISES, UNKNOWN, Allowed, Resource, Rule


def _imds(resource: Resource, _: Allowed) -> Iterator[str]:
    if not resource.type.startswith("aws:ec2/"):
        return
    options = resource.properties.get("metadataOptions") or {}
    if options is not UNKNOWN and options.get("httpTokens") not in ("required", UNKNOWN):
        yield "answers metadata requests without a session token (IMDSv1)"


def _key_pair(resource: Resource, _: Allowed) -> Iterator[str]:
    if resource.properties.get("keyName"):
        yield "admits a key pair of AWS: hosts are entered through the bastion, by certificate"


def _volumes(resource: Resource, _: Allowed) -> Iterator[str]:
    if resource.type.startswith("aws:rds/"):
        return
    own, ours = resource.properties, resource.account != PREMISES
    if resource.short == "Volume":
        yield from _volume("the volume", own, ours)
        return
    yield from _volume("its root volume", own.get("rootBlockDevice") or {}, ours)
    for extra in own.get("ebsBlockDevices") or ():
        yield from _volume(f"volume {extra.get('deviceName')}", extra, ours)


def _volume(what: str, own: Any, ours: bool) -> Iterator[str]:
    if own is UNKNOWN:
        return
    if not own.get("encrypted"):
        yield f"{what} is not encrypted"
    elif ours and not own.get("kmsKeyId"):
        yield f"{what} is encrypted with AWS's key, not with its tenant's"


def _database(resource: Resource, _: Allowed) -> Iterator[str]:
    own = resource.properties
    if not own.get("storageEncrypted"):
        yield "its storage is not encrypted"
    if own.get("publiclyAccessible"):
        yield "it can be reached from outside"


RULES = (
    Rule(
        name="imdsv2",
        sentence="The metadata service answers only requests bound to a session (IMDSv2).",
        kinds=("Instance",),
        each=_imds,
    ),
    Rule(
        name="no-key-pair",
        sentence="No instance admits a key pair of AWS.",
        kinds=("Instance",),
        each=_key_pair,
    ),
    Rule(
        name="encrypted-volumes",
        sentence="Every volume is encrypted with a key of its own tenant.",
        kinds=("Instance", "Volume"),
        each=_volumes,
    ),
    Rule(
        name="private-databases",
        sentence="A database is encrypted, and nobody outside reaches it.",
        kinds=("DatabaseInstance", "Instance", "Cluster"),
        each=lambda resource, allowed: (
            _database(resource, allowed) if resource.type.startswith("aws:rds/") else iter(())
        ),
    ),
)
