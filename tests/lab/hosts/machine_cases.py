"""Machines in networks of their own, and what tests ask of them."""

import contextlib
import itertools
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bulkhead.errors import BulkheadError
from infra.lab.fabric import kernel
from infra.lab.hosts import groups, inside
from infra.lab.hosts.machine import Machine
from infra.lab.region.state import RegionInfo

READY = 60.0
"""Seconds; a boot takes less than one, on a machine that does nothing else."""
KEYS = re.compile(r"BEGIN SSH HOST KEY KEYS-+\n(.*?)\n-+END SSH HOST KEY KEYS", re.DOTALL)
USER_DATA = """#!/bin/sh
echo once >>/root/user-data-ran
useradd -m visitor
"""


class Place:
    """A directory, an image, and namespaces whose names start with `prefix`."""

    def __init__(self, prefix: str, directory: Path, image: Path) -> None:
        self.prefix, self.directory, self.image = prefix, directory, image
        self._numbers = itertools.count(1)

    def machine(self, image: Path | None = None) -> Machine:
        """A machine that was not started yet, in a network with nothing but loopback."""
        name = f"{self.prefix}{next(self._numbers)}"
        subprocess.check_call(["ip", "netns", "add", name])
        subprocess.check_call(["ip", "-n", name, "link", "set", "lo", "up"])
        return Machine(
            name=name,
            namespace=name,
            image=image or self.image,
            directory=self.directory / name,
        )

    def clear(self) -> None:
        """Take everything away, by name."""
        groups.end_all(self.prefix)
        for name in kernel.named(self.prefix):
            kernel.forget(name)


def started(machine: Machine, user_data: str = USER_DATA, **tags: str) -> Machine:
    """`machine`, once its SSH answers."""
    machine.start(hostname="acme.ingest.ingest-1", user_data=user_data, tags=tags)
    machine.await_ready(READY)
    return machine


def asked(machine: Machine, *command: str, ok: bool = True) -> str:
    """What a command says inside, as root."""
    return _said(machine.entered(), command, ok)


def asked_in(directory: Path, *command: str) -> str:
    """The same for the machine of a directory, whoever holds it."""
    return _said(inside.entered(directory), command, ok=True)


def _said(prefix: list[str], command: Sequence[str], ok: bool) -> str:
    done = subprocess.run([*prefix, *command], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout.strip()


def awaited(condition: Callable[[], object], seconds: float) -> None:
    """Wait until `condition` holds; what it raises of a host that is not there yet means no."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(BulkheadError, subprocess.CalledProcessError, AssertionError):
            if condition():
                return
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.05)


def kill(info: RegionInfo) -> None:
    """kill -9 of a region, and wait until it is gone."""
    process = os.pidfd_open(info.pid)
    os.kill(info.pid, signal.SIGKILL)
    ended = select.select([process], [], [], 20)[0]
    os.close(process)
    assert ended, "the region outlived SIGKILL"


def told_keys(console: str) -> set[str]:
    """Type and key of each host key that the console last told."""
    return {" ".join(line.split()[:2]) for line in KEYS.findall(console)[-1].splitlines()}


def shown_keys(namespace: str, address: str = "127.0.0.1") -> set[str]:
    """The host keys that SSH presents."""
    scan = ["ip", "netns", "exec", namespace, "ssh-keyscan", "-t", "ed25519,ecdsa", address]
    said = subprocess.run(scan, capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in said.splitlines() if not line.startswith("#"))
    return {f"{kind} {key}" for _, kind, key in rows}


def traces(name: str) -> list[str]:
    """What this machine still has of something called `name`: mounts, groups, processes."""
    mounts = Path("/proc/mounts").read_text().splitlines()
    found = [line for line in mounts if name in line and not line.startswith("nsfs")]
    found += [f"group {group}" for group in groups.named(name)]
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if name in words and "nspawn" in words:
            found.append(words)
    return found
