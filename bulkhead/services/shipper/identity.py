"""Who puts: temporary credentials that a store gives for a certificate, kept in memory alone.

Source: AWS STS's AssumeRole answer; MinIO's AssumeRoleWithCertificate, in which the certificate's
common name names the policy. No lasting secret lies on the shipper's disk beside the host's key.
"""

import time
from collections.abc import Callable
from datetime import datetime

from bulkhead.services.objectstore.client import Answer, Store
from bulkhead.services.objectstore.sigv4 import Credentials

LIFETIME = 3600
"""Seconds that are asked for; a certificate that ends sooner ends them sooner."""


class Identity:
    """The credentials of one certificate. anonymous: the store, asked without credentials."""

    def __init__(
        self, anonymous: Callable[[], Store], now: Callable[[], float] = time.time
    ) -> None:
        self._anonymous, self._now = anonymous, now
        self._found: Credentials | None = None
        self._until = 0.0

    def forget(self) -> None:
        """Ask anew next time."""
        self._found = None

    def credentials(self) -> Credentials | str:
        """The credentials that hold now, or why there are none."""
        if self._found is None or self._now() >= self._until:
            store = self._anonymous()
            try:
                found = self._read(store.send("POST", query=_QUERY))
            finally:
                store.close()
            if isinstance(found, str):
                return found
            self._found = found
        return self._found

    def _read(self, answer: Answer) -> Credentials | str:
        if not answer.ok:
            return f"the store gives no credentials: {answer.code}"
        try:
            [key], [secret], [token], [end] = (answer.texts(name) for name in _FIELDS)
        except ValueError:
            return "the store gives credentials in another form"
        seconds = datetime.fromisoformat(end.replace("Z", "+00:00")).timestamp() - self._now()
        self._until = self._now() + seconds * 2 / 3
        return Credentials(access_key=key, secret_key=secret, token=token)


_FIELDS = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
_QUERY = {
    "Action": "AssumeRoleWithCertificate",
    "Version": "2011-06-15",
    "DurationSeconds": str(LIFETIME),
}
