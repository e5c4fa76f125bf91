"""Taking a lab out of the kernel by its names alone, also one whose process is dead."""

import os
import signal

from infra.lab.fabric import kernel, names
from infra.lab.hosts import groups


def remove(lab: str) -> list[str]:
    """Remove what a crashed lab left and gives its names; the processes inside end too.

    Machines go first: their supervisors, and those that were shutting down, are in no namespace
    that has a name.
    """
    groups.end_all(names.prefix(lab))
    found = kernel.named(names.prefix(lab))
    if names.namespace(lab, "fabric") in found:
        switch_off(names.namespace(lab, "fabric"))
    for process in kernel.processes(found):
        if process != os.getpid():
            _kill(process)
    for name in found:
        kernel.forget(name)
    return found


def switch_off(fabric: str) -> None:
    """Stop all forwarding in the namespace `fabric`, without nftables and without a worker."""
    try:
        kernel.inside(fabric, lambda: kernel.setting("ipv4/ip_forward", 0))
    except OSError:
        # A name without a namespace is what an interrupted start leaves; nothing forwards there.
        if fabric in kernel.named(fabric) and os.path.ismount(kernel.path(fabric)):
            raise


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return
