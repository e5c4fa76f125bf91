"""What the tests of failures share: disks that can be filled, labs interrupted at any moment."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bulkhead.environments.lab import Lab
from infra.lab.region.state import lab_id

EXAMPLE = Path(__file__).parents[3] / "examples" / "estate.yaml"


@contextmanager
def disk(place: Path, size: str) -> Iterator[Path]:
    """A disk of its own (tmpfs) of that size, in a new folder."""
    place.mkdir(parents=True)
    options = f"size={size},mode=700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def fill(place: Path) -> Path:
    """Take all that is left of the disk; the file that holds it. Again: what became free since."""
    ballast = place / "ballast"
    with open(ballast, "ab", buffering=0) as file:
        for size in (1 << 20, 1 << 16, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    file.write(b"\0" * size)
    return ballast


class Up:
    """`bulkhead up` in a process of its own, with bare hosts; its words are in `said()`."""

    def __init__(self, estate: Path, place: Path) -> None:
        self.place, self.journal = place, place / "lab" / "journal.jsonl"
        self._words = open(place.parent / f"up-{time.monotonic_ns()}.log", "w+")  # noqa: SIM115
        command = [sys.executable, "-m", "bulkhead.cli.main", "up", str(estate), "--hosts", "bare"]
        self.process = subprocess.Popen(
            [*command, "--state", str(place)],
            stdout=self._words,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def said(self) -> str:
        self._words.seek(0)
        return self._words.read()

    def reached(self, calls: int, within: float = 300) -> bool:
        """Whether the region has written down that many calls before the command ended."""
        end = time.monotonic() + within
        while self.process.poll() is None and time.monotonic() < end:
            if self.calls() >= calls:
                return True
            time.sleep(0.01)
        return False

    def calls(self) -> int:
        """Calls that are written down."""
        try:
            return self.journal.read_bytes().count(b"\n")
        except FileNotFoundError:
            return 0

    def interrupt(self, number: signal.Signals) -> int:
        """Ctrl-C reaches the terminal's whole group, as does SIGTERM; kill -9 hits all at once.

        The region is in a session of its own and lives on. The command's exit code.
        """
        family = [self.process.pid] if number != signal.SIGKILL else self._family()
        for pid in family:
            with suppress(ProcessLookupError):
                os.killpg(pid, number) if number != signal.SIGKILL else os.kill(pid, number)
        return self.process.wait(timeout=120)

    def _family(self) -> list[int]:
        """The command, its engine and providers; not the region, nor the fabric's worker."""
        rows = subprocess.check_output(["ps", "-e", "-o", "pid=,ppid="], text=True).splitlines()
        parents = {int(pid): int(parent) for pid, parent in map(str.split, rows)}
        spared = self._region()
        family = {self.process.pid}
        while more := {p for p, above in parents.items() if above in family} - family - spared:
            family |= more
        return sorted(family)

    def _region(self) -> set[int]:
        with suppress(FileNotFoundError, ValueError):
            return {int(json.loads((self.place / "lab" / "region.lock").read_text())["pid"])}
        return set()

    def end(self) -> None:
        """Let nothing of it run on."""
        if self.process.poll() is None:
            self.interrupt(signal.SIGKILL)
        self._words.close()


def leftovers(lab: Lab) -> list[str]:
    """What bears the lab's name: namespaces, mounts, processes, its state."""
    name, place = f"bh-{lab_id(lab.state)}-", str(lab.state)
    found = [each for each in os.listdir("/run/netns") if each.startswith(name)]
    found += [row for row in Path("/proc/mounts").read_text().splitlines() if place in row]
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            if place.encode() in words and int(entry.name) != os.getpid():
                found.append(f"process {entry.name}: {words[:120]!r}")
    return found + ([place] if lab.state.exists() else [])
