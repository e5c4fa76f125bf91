"""The roles' install parts, run into a directory by the playbook that also makes the AMI.

Ansible speaks SSH to it: the connection's other end is sshd in a container on the directory, one
process for one connection, which no network reaches. The key is made for the bake and deleted.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bulkhead.errors import BulkheadError, MissingHere, Problem
from infra.lab import tools
from infra.lab.image.recipe import PLAYBOOK
from infra.lab.image.sources import Mirror

ENTER = Path(__file__).with_name("enter.sh")
SSHD = """LogLevel ERROR
HostKey /run/builder/host
AuthorizedKeysFile /run/builder/authorized
PermitRootLogin prohibit-password
PasswordAuthentication no
StrictModes no
UsePAM no
Subsystem sftp internal-sftp
"""
_TASK = re.compile(rb"^TASK \[(?P<name>[^\]]*)\]")


def install(
    project: Path, root: Path, mirror: Mirror, log: Path, say: Callable[[str], None]
) -> None:
    """Run `project`'s playbook into `root`. Raises BulkheadError; `root` is of no use then."""
    with _fetching(root, mirror), tempfile.TemporaryDirectory(prefix="bulkhead-bake-") as folder:
        keys = Path(folder)
        _keys(keys)
        inventory = keys / "inventory"
        program = tools.ensure(tools.MINIO, say)
        said = f"ansible_user=root image_offline=true image_objectstore={program}"
        inventory.write_text(f"[builder]\nimage {said}\n")
        code = _played(project, inventory, _ssh(root, keys), log, say)
        subprocess.run(
            ["ssh", *_ssh(root, keys), "-O", "exit", "image"], capture_output=True, check=False
        )
    if code:
        lines = log.read_text(errors="replace").strip().splitlines()
        tail = "\n    ".join(line[:300] for line in lines[-12:])
        what = f"{PLAYBOOK} ended with code {code}:\n    {tail}"
        raise BulkheadError(Problem("image", what, remedy=f"see {log}"))


def packages(root: Path) -> list[str]:
    """`name=version` of every package installed in `root`, sorted."""
    query = ["dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f=${Package}=${Version}\n"]
    return sorted(subprocess.check_output(query, text=True).split())


@contextmanager
def _fetching(root: Path, mirror: Mirror) -> Iterator[None]:
    """apt in `root` uses the machine's mirror; afterwards nothing there tells of it."""
    ours = [root / "etc/apt/sources.list.d/bulkhead-bake.list", root / "etc/apt/apt.conf.d/98bake"]
    (root / "etc/apt/sources.list").unlink(missing_ok=True)
    names = root / "etc/resolv.conf"
    names.unlink(missing_ok=True)
    names.write_text(Path("/etc/resolv.conf").read_text())
    ours[0].write_text("".join(f"deb {one.uri} {one.suite} main\n" for one in mirror.sources))
    ours[1].write_text("".join(f"{line}\n" for line in mirror.settings))
    try:
        yield
    finally:
        for file in [*ours, names]:
            file.unlink(missing_ok=True)


def _keys(folder: Path) -> None:
    """A client's and a host's key, and who may know whom by them."""
    for name in ("client", "host"):
        subprocess.check_call(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bake", "-f", str(folder / name)]
        )
    (folder / "authorized").write_text((folder / "client.pub").read_text())
    (folder / "sshd_config").write_text(SSHD)
    (folder / "known").write_text(f"image {(folder / 'host.pub').read_text()}")


def _ssh(root: Path, keys: Path) -> list[str]:
    """Options of ssh with which `image` is the container on `root`."""
    options = {
        "ProxyCommand": shlex.join(["sh", str(ENTER), str(root), str(keys)]),
        "IdentityFile": str(keys / "client"),
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": str(keys / "known"),
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "ControlMaster": "auto",
        "ControlPath": str(keys / "control"),
        "ControlPersist": "30",
    }
    return ["-F", "none", *(part for k, v in options.items() for part in ("-o", f"{k}={v}"))]


def _played(
    project: Path, inventory: Path, ssh: list[str], log: Path, say: Callable[[str], None]
) -> int:
    command = [str(_ansible()), "-i", str(inventory), str(project / PLAYBOOK)]
    environment = os.environ | {
        "ANSIBLE_CONFIG": str(project / "ansible.cfg"),
        "ANSIBLE_SSH_ARGS": shlex.join(ssh),
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_FORCE_COLOR": "0",
        "LC_ALL": "C.UTF-8",
    }
    process = subprocess.Popen(
        command,
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        close_fds=False,  # the store's lock goes with it
    )
    with log.open("wb") as out:
        for line in process.stdout or ():
            out.write(line)
            if found := _TASK.match(line):
                say(f"image: {found['name'].decode(errors='replace')}")
    return process.wait()


def _ansible() -> Path:
    place = Path(sys.executable).with_name("ansible-playbook")
    if not place.is_file():
        what = "ansible-playbook is not installed beside this Python"
        raise MissingHere(Problem("image", what, remedy="make setup"))
    return place
