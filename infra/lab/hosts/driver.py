"""Hosts by the image of their instance: bare namespaces, or machines of the image.

The fabric says when a host's network is there and when it goes; whatever takes longer than that
is done behind its back, in order for each host: the API's answer waits for no boot and no shutdown.
"""

import contextlib
import logging
import shutil
import time
from collections.abc import Callable, Collection
from pathlib import Path
from threading import Lock, Thread, current_thread

from bulkhead.network.deployed import Interface
from infra.lab import image
from infra.lab.api.instances import Given
from infra.lab.hosts.machine import CONSOLE, CONSOLE_KEPT, Machine, console
from infra.specs.images import BARE

BOOT_PATIENCE = 30.0
"""Seconds in which a host must have told its keys; it takes one, and five on a busy machine."""
BOOTS = 3
"""How often a host is started that does not come up."""
INTERVAL = 0.2
"""Seconds between two looks at a console that is still silent."""
log = logging.getLogger(__name__)


class Machines:
    """The hosts of one lab; their disks are in `directory`, by instance id.

    given: what an instance was started with, None where it is not known. patience: seconds after
    which a host that has not told its keys is started again, as a cloud recovers an instance.
    """

    def __init__(
        self,
        directory: Path,
        given: Callable[[str], Given | None],
        patience: float = BOOT_PATIENCE,
    ) -> None:
        self._directory, self._given, self._patience = directory, given, patience
        self._hosts: dict[str, _Host] = {}

    # What the fabric asks for.

    def start(self, interface: Interface, namespace: str) -> None:
        """Boot the host of an instance, unless its image is the bare one."""
        given = self._given(interface.instance)
        if given is None or given.image == BARE:
            return
        if interface.instance not in self._hosts:
            self._hosts[interface.instance] = self._host(interface.instance, namespace, given.image)
        self._hosts[interface.instance].start(given)

    def _host(self, instance: str, namespace: str, wanted: str) -> "_Host":
        directory = self._directory / instance
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # An image that is gone is told when the host starts, on its console.
        root = image.known().get(wanted, image.cache() / wanted)
        return _Host(
            Machine(name=instance, namespace=namespace, image=root, directory=directory),
            directory / CONSOLE,
            self._patience,
        )

    def stop(self, interface: Interface, namespace: str) -> None:
        """Power the host off; its disk stays."""
        if interface.instance in self._hosts:
            self._hosts[interface.instance].stop()

    def remove(self, interface: Interface, namespace: str) -> None:
        """End the host and delete its disk."""
        if interface.instance in self._hosts:
            self._hosts.pop(interface.instance).end()
        shutil.rmtree(self._directory / interface.instance, ignore_errors=True)

    def keep(self, instances: Collection[str]) -> None:
        """Delete the disks of all other instances; an earlier region may have left them."""
        for disk in self._directory.glob("i-*"):
            if disk.name not in instances and disk.name not in self._hosts:
                shutil.rmtree(disk, ignore_errors=True)

    def close(self) -> None:
        """End all hosts as if power were cut; their disks stay."""
        threads = [Thread(target=host.end) for host in self._hosts.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._hosts = {}

    # What the API asks for.

    def images(self) -> Collection[str]:
        """The bare image and those in the cache."""
        return (BARE, *image.known())

    def reboot(self, instance: str) -> None:
        """Power a host off and start it again on its disk."""
        given = self._given(instance)
        if instance in self._hosts and given is not None:
            self._hosts[instance].stop()
            self._hosts[instance].start(given)

    def console(self, instance: str) -> str:
        """The end of a host's console; empty for a bare one."""
        return console(self._directory / instance)[-CONSOLE_KEPT:]


class _Host:
    """One machine, and the thread that does the last of what was asked for it."""

    def __init__(self, machine: Machine, console_file: Path, patience: float) -> None:
        self._machine, self._console, self._patience = machine, console_file, patience
        self._last: Thread | None = None
        self._ended = False
        self._lock = Lock()

    def start(self, given: Given) -> None:
        self._then(lambda: self._boot(given))

    def _boot(self, given: Given) -> None:
        """Start it; again, a few times, while it does not come up and nothing else is asked."""
        for left in reversed(range(BOOTS)):
            self._machine.start(hostname=given.hostname, user_data=given.user_data, tags=given.tags)
            if self._came_up() or self._ended:
                return
            why = "; ".join(self._machine.waits_for()) or "nothing that it tells of"
            what = f"not up after {self._patience:.0f} s, waiting for {why}"
            log.warning("host %s: %s; %d starts are left", self._machine.name, what, left)
            self._tell(f"bulkhead: this host is {what}")

    def _came_up(self) -> bool:
        """Await its keys on the console, unless something else is asked of it meanwhile."""
        end = time.monotonic() + self._patience
        while time.monotonic() < end and not self._ended:
            if self._machine.told_keys() or self._last is not current_thread():
                return True
            if not self._machine.alive():
                return False
            # A console is a file: it tells of nothing by itself.
            time.sleep(INTERVAL)
        return False

    def stop(self) -> None:
        self._then(self._machine.stop)

    def end(self) -> None:
        """Kill it; what was still to be done finds that it has ended."""
        with self._lock:
            self._ended, last = True, self._last
        if last is not None and last.is_alive():
            self._machine.cut()
            last.join()
        self._machine.kill()

    def _then(self, act: Callable[[], None]) -> None:
        """Do `act` once what was asked before is done."""
        with self._lock:
            before = self._last
            self._last = Thread(target=self._in_turn, args=(before, act), daemon=True)
            self._last.start()

    def _in_turn(self, before: Thread | None, act: Callable[[], None]) -> None:
        if before is not None:
            before.join()
        try:
            if not self._ended:
                act()
        except Exception as failure:
            log.exception("host %s", self._machine.name)
            self._tell(f"this host cannot be started or stopped: {failure}")

    def _tell(self, what: str) -> None:
        """Say it to whoever asks for the console."""
        with contextlib.suppress(OSError), self._console.open("a") as console_file:
            console_file.write(f"{what}\n")
