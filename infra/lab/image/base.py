"""The base of the image: Debian as debootstrap makes it, and the unit that each boot runs.

The packages here are those that a Debian AMI brings along; everything else is installed by roles.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from bulkhead.errors import MissingHere, Problem
from infra.lab.image.sources import RELEASE, Mirror

PACKAGES = (
    *("systemd", "systemd-sysv", "dbus", "openssh-server", "sudo", "python3", "python3-apt"),
    *("iproute2", "nftables", "iputils-ping", "procps", "openssl", "ca-certificates"),
)
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
UNIT = "bulkhead-firstboot.service"


def build(root: Path, mirror: Mirror, log: Path, say: Callable[[str], None]) -> None:
    """Make the base in `root`, which does not exist yet. Raises MissingHere."""
    say(f"image: Debian {RELEASE} from this machine's mirror, about a minute")
    command = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
    command += [f"--keyring={KEYRING}"] if KEYRING.exists() else []
    command += [mirror.base.suite, str(root), mirror.base.uri]
    with log.open("wb") as out:
        code = subprocess.call(
            command,
            stdout=out,
            stderr=out,
            env=os.environ | {"PATH": _PATH, "LC_ALL": "C"},
            close_fds=False,  # the store's lock goes with it
        )
    if code:
        tail = "\n    ".join(log.read_text(errors="replace").splitlines()[-5:])
        what = f"debootstrap ended with code {code}:\n    {tail}"
        raise MissingHere(Problem("image", what, remedy=f"see {log}"))


_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def first_boot(ours: Path, root: Path) -> None:
    """What cloud-init does on AWS, for a machine that is given its data in a directory."""
    program, unit = root / "usr/lib/bulkhead/firstboot", root / "etc/systemd/system" / UNIT
    program.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ours / "firstboot", program)
    shutil.copy(ours / UNIT, unit)
    program.chmod(0o755)
    unit.chmod(0o644)
    wanted = root / "etc/systemd/system/multi-user.target.wants"
    wanted.mkdir(exist_ok=True)
    (wanted / UNIT).symlink_to(f"/etc/systemd/system/{UNIT}")
    # A terminal that nobody can log in at.
    (root / "etc/systemd/system/console-getty.service").symlink_to("/dev/null")
