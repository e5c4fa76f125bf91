"""How long machines take to boot and what they hold, in one run. Needs root.

    python benchmarks/host_boot.py [MACHINES]

Prints: MACHINES (12) booted at once from the cached image until SSH answers on all; the memory of
each, its page cache with and without; powering off; booting again on the same disks; removing
them. Then the same through the AWS API of a region: from RunInstances to SSH, and its end. Last,
the peers' published figures, which are of other machines and stand here for the order of magnitude.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.lab import image
from infra.lab.fabric import kernel, names
from infra.lab.hosts import groups
from infra.lab.hosts.machine import Machine
from infra.lab.region import launch, state

READY = 120.0
PUBLISHED = (
    "published: containerlab deployed 306 small containers in 39 s (7.8 a second) and destroyed "
    "them in 37 s, on 16 cores (blog.ipspace.net/2026/01/netlab-faster-without-ansible)",
    "published: minimega's documents give no figure for starting or ending machines",
)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def timed(act: Callable[[], object]) -> float:
    """Seconds that it takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def together(machines: list[Machine], act: Callable[[Machine], None]) -> float:
    """Seconds until `act` is done for all."""
    with ThreadPoolExecutor(len(machines)) as pool:
        return timed(lambda: list(pool.map(act, machines)))


def boot(machine: Machine) -> None:
    machine.start(hostname=machine.name, user_data="#!/bin/sh\ntrue\n", tags={})
    machine.await_ready(READY)


def held(machine: Machine) -> tuple[int, int]:
    """Bytes with the page cache, and without what the kernel could drop at once."""
    total, cached = machine.memory(), 0
    for place in groups.places(machine.namespace):
        if (place / "memory.stat").exists():
            rows = (place / "memory.stat").read_text().splitlines()
            said = {row.split()[0]: int(row.split()[1]) for row in rows}
            cached = said.get("total_inactive_file", 0) + said.get("total_active_file", 0)
    return total, total - cached


def machines_alone(folder: Path, root: Path, count: int) -> None:
    """Machines in networks of their own, with nothing but loopback."""
    prefix = f"bhb{os.getpid()}-"
    made = []
    for number in range(count):
        name = f"{prefix}{number}"
        subprocess.check_call(["ip", "netns", "add", name])
        subprocess.check_call(["ip", "-n", name, "link", "set", "lo", "up"])
        made.append(Machine(name=name, namespace=name, image=root, directory=folder / name))
    try:
        one = timed(lambda: boot(made[0]))
        say(f"one machine, start to SSH: {one:.2f} s")
        rest = together(made[1:], boot)
        say(f"{count - 1} machines at once, start to SSH on all: {rest:.2f} s")
        full, kept = zip(*(held(each) for each in made), strict=True)
        say(
            f"memory of a machine: median {statistics.median(full) / 1e6:.0f} MB, most "
            f"{max(full) / 1e6:.0f} MB; without page cache {statistics.median(kept) / 1e6:.0f} MB"
        )
        say(f"{count} powered off: {together(made, Machine.stop):.2f} s")
        say(f"{count} booted at once on their disks: {together(made, boot):.2f} s")
        say(f"{count} removed: {together(made, Machine.remove):.2f} s")
    finally:
        groups.end_all(prefix)
        for name in kernel.named(prefix):
            kernel.forget(name)


def through_the_api(directory: Path, baked: image.Image, count: int) -> None:
    """Instances of a region."""
    info = launch.start(directory)
    try:
        ec2 = launch.clients(info)["platform"]
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/20")["Subnet"]["SubnetId"]
        start = time.perf_counter()
        made = ec2.run_instances(
            ImageId=baked.id,
            MinCount=count,
            MaxCount=count,
            SubnetId=subnet,
            UserData="#!/bin/sh\n",
        )["Instances"]
        answered = time.perf_counter() - start
        lab = state.lab_id(directory)
        machines = [
            Machine(
                name=one["InstanceId"],
                namespace=names.namespace(lab, one["InstanceId"]),
                image=baked.root,
                directory=directory / state.HOSTS / one["InstanceId"],
            )
            for one in made
        ]
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(_answers, machines))
        ready = time.perf_counter() - start
        say(f"RunInstances of {count}: answered in {answered:.2f} s, SSH on all in {ready:.2f} s")
    finally:
        ended = timed(lambda: launch.stop(directory, forget=True))
    say(f"the region and its {count} machines ended: {ended:.2f} s")


def _answers(machine: Machine) -> None:
    bound = time.monotonic() + READY
    while not machine.answers():
        if time.monotonic() > bound:
            raise TimeoutError(machine.name)
        time.sleep(0.02)


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    baked = image.ensure(say)
    with tempfile.TemporaryDirectory() as temporary:
        machines_alone(Path(temporary) / "machines", baked.root, wanted)
        through_the_api(Path(temporary) / "region", baked, wanted)
    for line in PUBLISHED:
        say(line)
