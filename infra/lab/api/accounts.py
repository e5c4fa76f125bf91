"""The lab's accounts and the credentials that open them.

Nothing here is stored but the lab's own secret: every key pair is derived from it, so that the
credentials of an assumed role are the same after a restart and need no journal.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from infra.accounts import PLATFORM, exists

ROLE = "bulkhead-lab"
"""The role that every account of the lab has, and that the root key may assume."""


_DIGITS = 5
"""Bytes that hold the 12 digits of an account: as in AWS, an access key id says whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A key pair of `account`; `session_token` is None for the root key."""

    account: str
    access_key: str
    secret_key: str
    session_token: str | None = None

    @property
    def arn(self) -> str:
        """Who the caller is, as GetCallerIdentity says it."""
        if self.session_token is None:
            return f"arn:aws:iam::{self.account}:root"
        return f"arn:aws:sts::{self.account}:assumed-role/{ROLE}/lab"


def role_arn(account: str) -> str:
    """The ARN to assume in order to act in `account`."""
    return f"arn:aws:iam::{account}:role/{ROLE}"


def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()


def _credentials(secret: bytes, account: str, prefix: str, purpose: str) -> Credentials:
    there = base64.b32encode(int(account).to_bytes(_DIGITS)).decode()
    identifier = there + base64.b32encode(_derived(secret, f"id:{purpose}"))[:8].decode()
    token = base64.b64encode(_derived(secret, f"token:{purpose}")).decode()
    return Credentials(
        account=account,
        access_key=prefix + identifier,
        secret_key=base64.urlsafe_b64encode(_derived(secret, f"key:{purpose}"))[:40].decode(),
        session_token=token if prefix == "ASIA" else None,
    )


def root(secret: bytes) -> Credentials:
    """The root key pair of the platform account."""
    return _credentials(secret, PLATFORM, "AKIA", "root")


def assumed(secret: bytes, account: str) -> Credentials:
    """The credentials that assuming the lab's role in `account` gives."""
    return _credentials(secret, account, "ASIA", f"role:{account}")


def held_by(secret: bytes, access_key: str) -> Credentials | None:
    """The lab's credentials with this access key id, which names the account; None if not ours."""
    try:
        account = f"{int.from_bytes(base64.b32decode(access_key[4:12])):012}"
    except ValueError:
        return None
    if not exists(account):
        return None
    known = (root(secret), assumed(secret, account))
    return next((each for each in known if each.access_key == access_key), None)
