"""What an environment needs of this machine, each part looked for in its own way."""

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

SBIN = "/usr/sbin:/sbin"
INOTIFY_EACH = 8
"""Inotify instances that a running machine holds: seven, as counted, and one in reserve."""
ENOUGH = 16
"""Machines that the example has, and one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One part: `found` says what was found, empty if it is missing; `needed` or only useful."""

    part: str
    found: str
    remedy: str
    needed: bool = True


def checks(environment: str) -> list[Check]:
    """The parts that `sim` or `lab` needs, in the order in which a newcomer would get them."""
    return [*_python(environment), *(_machine() if environment == "lab" else [])]


def _python(environment: str) -> list[Check]:
    modules = ["pulumi", "pulumi_aws", "yaml", "pydantic", "rich"]
    if environment == "lab":
        modules += ["boto3", "moto", "pyroute2", "grpc", "ansible", "paramiko"]
    version = platform.python_version()
    return [
        Check(
            part="Python 3.11 or later",
            found=version if sys.version_info >= (3, 11) else "",
            remedy="install Python 3.11 or later",
        ),
        *(
            Check(
                part=f"Python package {name}",
                found="installed" if importlib.util.find_spec(name) else "",
                remedy="make setup",
            )
            for name in modules
        ),
    ]


def _machine() -> list[Check]:
    return [
        Check(
            part="Linux",
            found=platform.release() if sys.platform == "linux" else "",
            remedy="the lab makes real packets with Linux namespaces; --env sim runs anywhere",
        ),
        Check(
            part="root",
            found="uid 0" if hasattr(os, "geteuid") and os.geteuid() == 0 else "",
            remedy="run as root (sudo make lab): namespaces and packet rules need it",
        ),
        _program("ip", "apt-get install iproute2"),
        Check(
            part="libnftables",
            found=find_library("nftables") or "",
            remedy="apt-get install nftables",
        ),
        _program("conntrack", "apt-get install conntrack"),
        _try("packet rules in a namespace", _nft, "a kernel with nf_tables (CONFIG_NF_TABLES)"),
        _engine(),
        *_machines(),
    ]


def _machines() -> list[Check]:
    """What hosts that are machines are made with."""
    return [
        _program("systemd-nspawn", "apt-get install systemd-container"),
        _program("ssh", "apt-get install openssh-client"),
        Check(
            part="overlay file system",
            found="known to the kernel" if _knows("overlay") else "",
            remedy="a kernel with overlayfs (CONFIG_OVERLAY_FS), or: modprobe overlay",
        ),
        _image(),
        _inotify(),
    ]


def _knows(file_system: str) -> bool:
    try:
        return file_system in Path("/proc/filesystems").read_text().split()
    except OSError:
        return False


def _inotify() -> Check:
    """Each machine's systemd takes some of root's inotify instances; Debian gives root 128."""
    try:
        most = int(Path("/proc/sys/fs/inotify/max_user_instances").read_text())
    except (OSError, ValueError):
        most = 0
    machines = most // INOTIFY_EACH
    return Check(
        part="inotify instances",
        found=f"{most}, enough for {machines} machines" if machines >= ENOUGH else "",
        remedy="sysctl -w fs.inotify.max_user_instances=1024",
        needed=False,
    )


def _image() -> Check:
    """The image, or what bakes it."""
    from infra.lab.image import find

    image = find()
    bakes = _program("debootstrap", "apt-get install debootstrap")
    return Check(
        part="image of the hosts",
        found=image.id if image else f"can be baked with {bakes.found}" if bakes.found else "",
        remedy=f"{bakes.remedy}; `make lab` or `bulkhead up` bakes it once, some minutes",
    )


def _program(name: str, remedy: str) -> Check:
    path = os.environ.get("PATH", "") + os.pathsep + SBIN
    return Check(part=name, found=shutil.which(name, path=path) or "", remedy=remedy)


def _try(part: str, attempt: Callable[[], str], remedy: str) -> Check:
    try:
        return Check(part=part, found=attempt(), remedy=remedy)
    except Exception as error:
        # Whatever stops the attempt is what the user must know: it is the finding, not a fault.
        return Check(part=part, found="", remedy=f"{remedy}; tried it: {error}")


def _nft() -> str:
    """Load one rule into a namespace that lasts as long as the process that tries it."""
    import subprocess

    rule = "add table inet bulkhead_doctor"
    command = ["unshare", "--net", "nft", rule]
    path = os.environ.get("PATH", "") + os.pathsep + SBIN
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": path})
    if done.returncode:
        raise OSError(done.stderr.strip() or f"{' '.join(command)} ended with {done.returncode}")
    return "loaded one and dropped it"


def _engine() -> Check:
    from infra.lab.tools import PULUMI, find

    place = find(PULUMI)
    go = shutil.which("go") or _beside_python("go")
    return Check(
        part=f"Pulumi engine {PULUMI.version}",
        found=str(place) if place else f"can be built with {go}" if go else "",
        remedy="put `pulumi` on PATH, or install Go; `make lab` builds it once",
    )


def _beside_python(name: str) -> str | None:
    path = Path(sys.executable).parent / name
    return str(path) if path.is_file() else None
