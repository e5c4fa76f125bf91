"""Authorities whose keys are files of this machine: for a lab, until a vault takes over.

Layout below the directory: `<owner>/<kind>/{key.pem,anchor.pem,revoked.json,crl.pem}` and
`ssh-users/{key,key.pub}`; keys are 0600 and are made when an authority is first asked for.
"""

import re
from pathlib import Path

from bulkhead.errors import Problem, WrongInput
from bulkhead.trust.protocols import Authorities, Authority, SshAuthority
from bulkhead.trust.ssh import LocalSshAuthority
from bulkhead.trust.x509 import LocalAuthority

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*/(device|workload)")


def local(directory: Path) -> Authorities:
    """The authorities below `directory`."""
    return _Local(directory)


class _Local:
    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def x509(self, name: str) -> Authority:
        """See Authorities."""
        if not _NAME.fullmatch(name):
            raise WrongInput(
                Problem("authority", f"{name!r} is no authority", allowed="OWNER/device|workload")
            )
        return LocalAuthority(name, self._directory / name)

    def ssh_users(self) -> SshAuthority:
        """See Authorities."""
        return LocalSshAuthority(self._directory / "ssh-users")
