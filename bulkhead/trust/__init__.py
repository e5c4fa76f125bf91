"""Who vouches for whom: authorities behind a protocol; where their keys live is their affair."""

from bulkhead.trust.protocols import Authorities, Authority, SshAuthority

__all__ = ["Authorities", "Authority", "SshAuthority"]
