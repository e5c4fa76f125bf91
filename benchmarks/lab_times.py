"""How long the lab takes, part by part, in one run. Needs root, and the engine built before.

    python benchmarks/lab_times.py

Prints: `up` of the example from nothing (how much of it is the engine, the AWS API, the fabric);
`up` that changes nothing; one rule changed through the API until packets follow, with 12 and with
200 interfaces, beside a bare describe call as the floor; the command's `--help`.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bulkhead.blueprint import expand, load
from bulkhead.environments.lab import Lab, Options
from infra.lab.probe import connect, listeners
from infra.lab.region import control, launch
from infra.lab.region.state import RegionInfo
from infra.specs.images import BARE

EXAMPLE = Path(__file__).parents[1] / "examples" / "estate.yaml"
ROUNDS = 30


def timed(act: Callable[[], object]) -> float:
    """Seconds that it takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def silent(_text: str) -> None:
    """No progress here."""


def ups(state: Path) -> None:
    """From nothing, and again."""
    plan, lab = expand(load(EXAMPLE)), Lab(state)
    try:
        cold = timed(lambda: lab.up(plan, say=silent, options=Options(hosts="bare")))
        spent = control.ask(lab.state, do="status")["seconds"]
        api, network = spent["api"], spent["read"] + spent["load"]
        engine = cold - api - network
        say(
            f"up of the example from nothing: {cold:.1f} s, of it AWS API {api:.1f} s, network "
            f"{network:.1f} s (kernel {spent['load']:.1f} s), engine and the rest {engine:.1f} s"
        )
        again = timed(lambda: lab.up(plan, say=silent, options=Options(hosts="bare")))
        say(f"up that changes nothing (3 stacks): {again:.1f} s; to the first {again / cold:.2f}")
    finally:
        down = timed(lab.down)
    say(f"down: {down:.1f} s")


def rule_change(interfaces: int) -> float:
    """Median milliseconds from the call to a new connection that passes, and its floor."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "lab"
        info = launch.start(state)
        try:
            return _rule_change(info, interfaces)
        finally:
            launch.stop(state, forget=True)


def _rule_change(info: RegionInfo, interfaces: int) -> float:
    from bulkhead.environments.standing import Standing

    ec2 = launch.clients(info)["platform"]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/20")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    ec2.run_instances(
        ImageId=BARE,
        MinCount=interfaces,
        MaxCount=interfaces,
        SubnetId=subnet,
        SecurityGroupIds=[group],
    )
    pair = [{"GroupId": group}]
    permission = {"IpProtocol": "tcp", "FromPort": 7, "ToPort": 7, "UserIdGroupPairs": pair}
    rule = {"GroupId": group, "IpPermissions": [permission]}
    one, two = [row for row in Standing(info).vantages().values() if row.host != "internet"][:2]
    opened, floor = [], []
    with listeners([(two, "tcp", 7)]):
        for _ in range(ROUNDS):
            floor.append(timed(ec2.describe_vpcs))
            start = time.perf_counter()
            ec2.authorize_security_group_ingress(**rule)
            connect(one, two.address, 7).close()
            opened.append(time.perf_counter() - start)
            ec2.revoke_security_group_ingress(**rule)
    median, bare = statistics.median(opened) * 1000, statistics.median(floor) * 1000
    say(
        f"one rule, call to connected, {interfaces} interfaces: median {median:.1f} ms; a bare "
        f"describe call in the same run {bare:.1f} ms; ratio {median / bare:.1f}"
    )
    return median


def help_time() -> None:
    """The command's start beside Python's own."""
    command = [str(Path(sys.executable).parent / "bulkhead"), "--help"]
    bare = [sys.executable, "-c", "pass"]
    runs = [
        (
            timed(lambda: subprocess.check_output(command)),
            timed(lambda: subprocess.check_output(bare)),
        )
        for _ in range(9)
    ]
    ours, floor = (statistics.median(column) for column in zip(*runs, strict=True))
    say(f"bulkhead --help: {ours:.3f} s; Python alone {floor:.3f} s; ratio {ours / floor:.1f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        ups(Path(folder))
    few, many = rule_change(12), rule_change(200)
    say(f"one rule at 200 interfaces to one at 12: {many / few:.2f}")
    help_time()
