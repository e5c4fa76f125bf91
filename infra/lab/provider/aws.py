"""The region's API as a resource type sees it: clients made when first used, and who we are."""

import os
import threading
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from infra.lab.provider import tags
from infra.lab.provider.config import Config
from infra.lab.provider.errors import Failed


@cache
def _session() -> Any:
    """botocore, with nothing of the machine's own AWS set-up: no files, no profile."""
    import botocore.session

    session = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    session.set_config_variable("config_file", os.devnull)
    session.set_config_variable("credentials_file", os.devnull)
    return session


class Aws:
    """Clients of one provider instance. Safe to use from several threads."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._lock = threading.RLock()
        self._clients: dict[str, Any] = {}

    @property
    def region(self) -> str:
        """The region's name."""
        return self.config.region

    @property
    def ec2(self) -> Any:
        """The EC2 client."""
        return self.client("ec2")

    @property
    def ssm(self) -> Any:
        """The SSM client."""
        return self.client("ssm")

    def client(self, service: str) -> Any:
        """The client of a service, with the credentials of the last role to assume."""
        with self._lock:
            if self.config.accounts and service != "sts":
                _ = self.account  # refused here, if it is not allowed
            if service not in self._clients:
                self._clients[service] = self._make(service, self._credentials)
            return self._clients[service]

    def _make(self, service: str, credentials: Mapping[str, Any]) -> Any:
        from botocore.config import Config as BotoConfig

        endpoint = self.config.endpoints.get(service)
        if endpoint is None:
            raise Failed(f"the provider's `endpoints` names none for {service}")
        once = BotoConfig(
            retries={"total_max_attempts": 1},
            proxies={},
            max_pool_connections=16,
            read_timeout=120,
            s3={"addressing_style": "path"},
        )
        return _session().create_client(
            service,
            region_name=self.region,
            endpoint_url=endpoint,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
            config=once,
        )

    @cached_property
    def _credentials(self) -> Mapping[str, Any]:
        config = self.config
        found: Mapping[str, Any] = {
            "AccessKeyId": config.access_key,
            "SecretAccessKey": config.secret_key,
            "SessionToken": config.token,
        }
        for role in config.roles:
            sts = self._make("sts", found)
            found = sts.assume_role(RoleArn=role, RoleSessionName="bulkhead")["Credentials"]
        return found

    @cached_property
    def account(self) -> str:
        """The account (12 digits) in which this provider makes things; refused if not allowed."""
        found = str(self.client("sts").get_caller_identity()["Account"])
        if self.config.accounts and found not in self.config.accounts:
            raise Failed(f"account {found} is not one of `allowedAccountIds`")
        return found

    def arn(self, path: str, owner: str | None = None) -> str:
        """The ARN of an EC2 thing, such as `vpc/vpc-1`."""
        return f"arn:aws:ec2:{self.region}:{owner or self.account}:{path}"

    def born(self, urn: str) -> list[tuple[str, str]]:
        """(id, birth) of EC2 things that were made for a URN before this process began.

        Read once for all URNs: what this process makes itself, it has told the engine about.
        """
        with self._lock:
            return self._index.get(tags.urn_tag(urn), [])

    def key_born(self, urn: str) -> list[tuple[str, str]]:
        """(id, birth) of KMS keys that were made for a URN before this process began."""
        with self._lock:
            return self._keys.get(tags.urn_tag(urn), [])

    @cached_property
    def _keys(self) -> dict[str, list[tuple[str, str]]]:
        """The account's keys by the URN they bear: read once, for a key cannot be asked by tag."""
        kms, found = self.client("kms"), dict[str, list[tuple[str, str]]]()
        for page in kms.get_paginator("list_keys").paginate():
            for key in page["Keys"]:
                rows = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
                said = {row["TagKey"]: row["TagValue"] for row in rows}
                if tags.URN in said:
                    pair = (key["KeyId"], said.get(tags.BIRTH, ""))
                    found.setdefault(said[tags.URN], []).append(pair)
        return found

    @cached_property
    def _index(self) -> dict[str, list[tuple[str, str]]]:
        found: dict[str, dict[str, str]] = {}
        for tag in self._our_tags():
            found.setdefault(tag["ResourceId"], {})[tag["Key"]] = tag["Value"]
        index: dict[str, list[tuple[str, str]]] = {}
        for id_, pair in sorted(found.items()):
            if tags.URN in pair:
                index.setdefault(pair[tags.URN], []).append((id_, pair.get(tags.BIRTH, "")))
        return index

    def _our_tags(self) -> Iterator[Mapping[str, str]]:
        ours = [{"Name": "key", "Values": [tags.URN, tags.BIRTH]}]
        pages = self.ec2.get_paginator("describe_tags").paginate(Filters=ours)
        for page in pages:
            yield from page["Tags"]
