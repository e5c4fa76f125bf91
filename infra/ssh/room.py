"""The files of SSH in a state directory, and where its sockets are.

ssh/operator       the provisioning key, 0600; operator.pub its public half, which hosts list
ssh/operator-cert.pub  its certificate for the principal `provision`, hours long
ssh/known_hosts    each host's key by its dotted name; known.json: by instance, as it was first read
ssh/config         for ssh, scp, ansible: every host by its dotted name and by its plan id
ssh/people/NAME    a person's key and certificate, as `bulkhead ssh --as` signs them
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bulkhead.errors import BulkheadError, Problem


@dataclass(frozen=True, slots=True)
class Room:
    """The `ssh` directory of a state directory (absolute)."""

    directory: Path

    @property
    def key(self) -> Path:
        """The provisioning key."""
        return self.directory / "operator"

    @property
    def public(self) -> Path:
        """Its public half."""
        return self.directory / "operator.pub"

    @property
    def certificate(self) -> Path:
        """Its certificate."""
        return self.directory / "operator-cert.pub"

    @property
    def known(self) -> Path:
        """The hosts' keys, for ssh."""
        return self.directory / "known_hosts"

    @property
    def config(self) -> Path:
        """The configuration, for ssh."""
        return self.directory / "config"

    @property
    def sockets(self) -> Path:
        """Where living connections are: a unix socket's path may be no longer than 107 bytes."""
        name = hashlib.sha256(str(self.directory).encode()).hexdigest()[:8]
        base = Path("/run") if os.geteuid() == 0 else Path(tempfile.gettempdir())
        return base / f"bulkhead-ssh-{os.geteuid()}-{name}"

    def open(self) -> None:
        """Make both directories, for their owner alone."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        about = self.sockets.lstat()
        if about.st_uid != os.geteuid() or about.st_mode & 0o077:
            raise BulkheadError(
                Problem(
                    where=str(self.sockets),
                    what="others may use it: whoever made it could listen to our sessions",
                    remedy=f"find out who made it, then: rm -r {self.sockets}",
                )
            )

    def close(self) -> None:
        """End the connections that are kept open, and remove their sockets."""
        if not self.sockets.is_dir():
            return
        for socket in self.sockets.iterdir():
            command = ["ssh", "-F", "none", "-o", f"ControlPath={socket}", "-O", "exit", "any"]
            subprocess.run(command, capture_output=True, check=False, timeout=10)
        shutil.rmtree(self.sockets, ignore_errors=True)
