"""The store of logs of an account: S3, asked with the caller's credentials."""

import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from bulkhead.controls.stored import Held, LogStore
from bulkhead.controls.unknown import Unknown
from bulkhead.plan import Plan, logs
from bulkhead.services.objectstore.client import Store
from bulkhead.services.objectstore.probe import look, probe
from bulkhead.services.objectstore.sigv4 import Credentials


def in_account(plan: Plan, session: Any = None) -> LogStore | Unknown:
    """What S3 refuses on every bucket of logs; Unknown without credentials.

    session: boto3's, for the audit account; its endpoint is followed (AWS_ENDPOINT_URL_S3).
    """
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        own = session or boto3.session.Session(region_name=plan.region)
        keys = own.get_credentials()
        endpoint = own.client("s3").meta.endpoint_url
    except BotoCoreError as error:
        return Unknown(f"S3 cannot be asked: {error}")
    frozen = keys.get_frozen_credentials() if keys else None
    if frozen is None or not frozen.access_key or not frozen.secret_key:
        return Unknown("S3 cannot be asked: there are no credentials (AWS_PROFILE)")
    who = Credentials(
        access_key=frozen.access_key, secret_key=frozen.secret_key, token=frozen.token or ""
    )
    return _probed(plan, endpoint, who)


def _probed(plan: Plan, endpoint: str, who: Credentials) -> LogStore:
    begun = time.monotonic()

    def one(name: str) -> Held:
        store = _opened(endpoint, who, plan.region)
        bucket = look(store, name)
        found = Held(bucket=bucket, outcomes=probe(store, bucket))
        store.close()
        return found

    names = tuple(logs.buckets(plan, logs.retention(plan)))
    with ThreadPoolExecutor(len(names)) as pool:
        rows = tuple(pool.map(one, names))
    return LogStore(where=endpoint, buckets=rows, seconds=time.monotonic() - begun)


def _opened(endpoint: str, who: Credentials, region: str) -> Store:
    where = urlsplit(endpoint)
    secure = where.scheme == "https"
    return Store(
        where.hostname or "",
        where.port or (443 if secure else 80),
        tls=ssl.create_default_context() if secure else None,
        who=who,
        region=region,
    )
