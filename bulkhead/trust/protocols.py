"""What every authority can do, be it in a vault or in this process."""

from collections.abc import Sequence
from typing import Protocol

from bulkhead.wire.certificates import Profile


class Authority(Protocol):
    """One X.509 certificate authority. `name` is e.g. `acme/device`. Text is PEM."""

    name: str

    def anchor(self) -> str:
        """Its own certificate, which relying parties trust."""

    def issue(self, csr: str, profile: Profile) -> str:
        """A leaf certificate for the key of `csr`, then the chain below the anchor, if any.

        The request proves that its sender holds the key; the names it asks for are ignored,
        the profile's hold. WrongInput for a request that is damaged or whose key is too weak.
        """

    def revoke(self, serial: int) -> None:
        """List a certificate as revoked, for good; a second time changes nothing."""

    def revocations(self) -> str:
        """Its revocation list: the same until something is revoked or half its life is over."""


class SshAuthority(Protocol):
    """A certificate authority of SSH (OpenSSH's PROTOCOL.certkeys)."""

    def anchor(self) -> str:
        """Its public key, as a line of `authorized_keys`."""

    def sign(
        self, public_key: str, *, key_id: str, principals: Sequence[str], lifetime: int
    ) -> str:
        """A user certificate for `public_key` (one line each), valid for `lifetime` seconds.

        key_id: who it is for, as sshd logs it. WrongInput for what is no public key.
        """


class Authorities(Protocol):
    """All authorities of one estate; each is made when it is first asked for."""

    def x509(self, name: str) -> Authority:
        """The authority `OWNER/device` or `OWNER/workload`; WrongInput for another name."""

    def ssh_users(self) -> SshAuthority:
        """The authority that vouches for people and for the provisioning account."""
