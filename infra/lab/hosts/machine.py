"""One machine: systemd on an overlay of the image, in a network namespace that exists."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from bulkhead.errors import BulkheadError, Problem
from infra.lab.fabric import kernel
from infra.lab.hosts import groups, inside
from infra.ssh.known import END

LAUNCH = Path(__file__).with_name("launch.sh")
CONSOLE = "console.log"
CONSOLE_BYTES = 256 * 1024
"""What one start may write to its console; a boot writes 10 to 20 thousand bytes."""
CONSOLE_KEPT = 64 * 1024
"""What is kept of earlier starts, and what AWS gives of a console."""
SEED = Path("var/lib/cloud/seed/nocloud")
"""Where the image's first-boot unit finds what the instance was given, as cloud-init would."""
PATIENCE = 8.0
"""Seconds that a machine has to power off before it is killed; it takes two."""
INTERVAL = 0.03
"""Seconds between two looks at a port that does not answer yet."""


class Machine:
    """A machine by `name` (its instance id) in `namespace`; everything it writes is in `directory`.

    image: the root of a baked image, which is only read. One process at a time may hold a
    machine, and one thread: only `cut` may be called beside another method.
    """

    def __init__(self, *, name: str, namespace: str, image: Path, directory: Path) -> None:
        self.name, self.namespace = name, namespace
        self._image, self._directory = image, directory
        self._silence = 0  # bytes of the console that are older than this start
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, hostname: str, user_data: str, tags: Mapping[str, str]) -> None:
        """Boot, on the disk that is there or on a fresh one; returns at once.

        user_data: run once for this name, before SSH answers, if it begins with `#!`.
        Raises FileNotFoundError where the image is gone.
        """
        if not self._image.is_dir():
            raise FileNotFoundError(f"the image {self._image} is not on this machine any more")
        self.kill()
        self._lay_out(hostname, user_data, tags)
        directory, image = str(self._directory), str(self._image)
        command = ["sh", str(LAUNCH), directory, self.namespace, image, self.name, hostname]
        command += [str(CONSOLE_BYTES), *map(str, groups.places(self.namespace))]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={"PATH": inside.PATH},
        )
        inside.note(self._directory, self._process.pid)

    def _lay_out(self, hostname: str, user_data: str, tags: Mapping[str, str]) -> None:
        for name in ("upper", "work", "root"):
            (self._directory / name).mkdir(mode=0o755, parents=True, exist_ok=True)
        (self._directory / "netns").touch()
        self._shorten_console()
        seed = self._directory / "upper" / SEED
        seed.mkdir(mode=0o755, parents=True, exist_ok=True)
        about = {"instance-id": self.name, "local-hostname": hostname, "tags": dict(tags)}
        _write(seed / "meta-data", json.dumps(about, indent=1).encode())
        _write(seed / "user-data", user_data.encode())

    def _shorten_console(self) -> None:
        place = self._directory / CONSOLE
        before = place.read_bytes() if place.exists() else b""
        _write(place, before[-CONSOLE_KEPT:])
        self._silence = min(len(before), CONSOLE_KEPT)

    def stop(self) -> None:
        """Power off, and kill what has not ended within PATIENCE; the disk stays."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE)
        self.kill()

    def cut(self) -> None:
        """End it now, as if its power were cut; the disk stays. For a `stop` that is waiting."""
        process = self._process
        if process is not None:
            process.kill()
        groups.end(self.namespace)

    def kill(self) -> None:
        """End it now, and see it gone; the disk stays."""
        self.cut()
        if self._process is not None:
            self._process.wait()
        self._process = None

    def remove(self) -> None:
        """End it now and delete its disk."""
        self.kill()
        shutil.rmtree(self._directory, ignore_errors=True)

    def alive(self) -> bool:
        """Whether it runs; one that powered itself off does not."""
        return self._process is not None and self._process.poll() is None

    def console(self) -> str:
        """What it has lately written to its console; empty before its first start."""
        return console(self._directory)

    def told_keys(self) -> bool:
        """Whether it has told its host keys since it was last started."""
        with (self._directory / CONSOLE).open("rb") as said:
            said.seek(self._silence)
            return END.encode() in said.read()

    def memory(self) -> int:
        """Bytes of memory that it holds, its page cache with it."""
        return groups.memory(self.namespace)

    def entered(self) -> list[str]:
        """What to put before a command so that it runs inside, as root. Raises BulkheadError."""
        return inside.entered(self._directory)

    def await_ready(self, timeout: float) -> None:
        """Wait until SSH answers inside, `timeout` seconds at most. Raises BulkheadError."""
        bound = time.monotonic() + timeout
        while not self.answers():
            if not self.alive():
                raise self._failed("ended while it started")
            if time.monotonic() > bound:
                raise self._failed(f"does not answer SSH after {timeout:.0f} s")
            time.sleep(INTERVAL)

    def answers(self) -> bool:
        """Whether SSH answers inside."""
        try:
            return kernel.inside(self.namespace, _greeted)
        except OSError:
            return False

    def _failed(self, what: str) -> BulkheadError:
        tail = "\n    ".join([*self.console().splitlines()[-5:], *self.waits_for()])
        where = str(self._directory / CONSOLE)
        return BulkheadError(Problem(where, f"{self.name} {what}; its last words:\n    {tail}"))

    def waits_for(self) -> list[str]:
        """The jobs that its systemd has not finished; none where it cannot be asked."""
        try:
            command = [*self.entered(), "systemctl", "list-jobs", "--no-legend", "--no-pager"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
        except (BulkheadError, subprocess.TimeoutExpired):
            return []
        return [f"job {line.strip()}" for line in done.stdout.splitlines()]


def console(directory: Path) -> str:
    """The console of the machine of `directory`, from any process."""
    try:
        said = (directory / CONSOLE).read_bytes()
    except FileNotFoundError:
        return ""
    return _LINE_END.sub(b"\n", said).decode(errors="replace")


_LINE_END = re.compile(rb"\r+\n")


def _write(place: Path, content: bytes) -> None:
    with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)


def _greeted() -> bool:
    with socket.create_connection(("127.0.0.1", 22), timeout=1.0) as connection:
        return connection.recv(4) == b"SSH-"
