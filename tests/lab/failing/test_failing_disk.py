"""A full disk: what cannot be written down is not done, nothing opens, and it is said."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from failing_cases import EXAMPLE, disk, fill
from test_region_packets import _ping_rule, _pings, _two_hosts

from infra.lab.region import launch
from infra.lab.region.control import ask

FULL = "No space left on device"
REFUSED = f"the call was not made: the journal cannot be written.*{FULL}"


class Standing:
    """A region with two hosts of one group, its state on a disk of 3 MiB."""

    def __init__(self, place):
        self.place, self.state = place, place / "state"
        self.info = launch.start(self.state)
        _, self.group, self.hosts = _two_hosts(self.info)
        self.client = once(self.info)

    def pings(self):
        one, two = self.hosts
        return _pings(self.state, one["InstanceId"], two["PrivateIpAddress"])

    def rules(self):
        found = self.client.describe_security_groups(GroupIds=[self.group])
        return found["SecurityGroups"][0]["IpPermissions"]

    @contextmanager
    def full(self) -> Iterator[None]:
        """Fill the disk, and the journal's last page with calls that matter to nobody."""
        ballast = fill(self.place)
        try:
            with pytest.raises(ClientError, match=REFUSED):
                self._take_notes()
            yield
        finally:
            ballast.unlink()

    def _take_notes(self):
        for number in range(32):
            note = {"Key": f"note-{number}", "Value": "x" * 200}
            self.client.create_tags(Resources=[self.group], Tags=[note])


def once(info):
    """A client that asks once: an SDK's own repetitions would only ask the same again."""
    held = launch.credentials(Path(info.state))["platform"]
    return boto3.client(
        "ec2",
        region_name=info.region,
        endpoint_url=info.endpoint,
        aws_access_key_id=held.access_key,
        aws_secret_access_key=held.secret_key,
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    with disk(tmp_path_factory.mktemp("full") / "disk", "3m") as place:
        try:
            yield Standing(place)
        finally:
            launch.stop(place / "state", forget=True)


def test_a_rule_that_cannot_be_written_down_is_refused_and_carries_nothing(standing):
    with standing.full():
        with pytest.raises(ClientError, match=REFUSED):
            standing.client.authorize_security_group_ingress(**_ping_rule(standing.group))
        assert standing.rules() == []
        assert not standing.pings()
        said = ask(standing.state, do="status")
    assert FULL in said["last_failure"]["why"]
    assert said["degraded"] is None, "what was there before is loaded"


def test_a_revocation_that_cannot_be_written_down_is_refused_whole(standing):
    """Not closed for packets and open in the API: the answer says that nothing was done."""
    rule = _ping_rule(standing.group)
    standing.client.authorize_security_group_ingress(**rule)
    assert standing.pings()
    with standing.full():
        with pytest.raises(ClientError, match=REFUSED):
            standing.client.revoke_security_group_ingress(**rule)
        assert standing.rules() != []
        assert standing.pings()
    standing.client.revoke_security_group_ingress(**rule)
    ask(standing.state, do="cut", address=standing.hosts[1]["PrivateIpAddress"])
    assert not standing.pings()


def test_a_host_that_cannot_be_written_down_is_not_there(standing):
    one = standing.hosts[0]
    with standing.full():
        with pytest.raises(ClientError, match=REFUSED):
            standing.client.run_instances(
                ImageId=one["ImageId"], MinCount=1, MaxCount=1, SubnetId=one["SubnetId"]
            )
        rows = standing.client.describe_instances()["Reservations"]
    known = {row["InstanceId"] for row in standing.hosts}
    assert {row["InstanceId"] for each in rows for row in each["Instances"]} == known
    prefix = f"bh-{standing.info.lab}-"
    made = {name.removeprefix(prefix) for name in os.listdir("/run/netns") if prefix in name}
    assert made - {"fabric", "internet"} == known


def test_a_lab_that_is_started_on_a_full_disk_says_so_and_carries_nothing(standing):
    standing.client.authorize_security_group_ingress(**_ping_rule(standing.group))
    launch.stop(standing.state)
    ballast = fill(standing.place)
    up = [sys.executable, "-m", "bulkhead.cli.main", "up", EXAMPLE, "--hosts", "bare"]
    done = subprocess.run(
        [*up, "--state", standing.place], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert FULL in done.stderr
    assert "make room" in done.stderr
    assert "Traceback" not in done.stderr
    assert not [name for name in os.listdir("/run/netns") if f"bh-{standing.info.lab}-i-" in name]
    ballast.unlink()
    launch.start(standing.state)
    assert standing.pings(), "what was written down before is there again"
