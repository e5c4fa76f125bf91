import fcntl
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from region_cases import Lab, kill

from bulkhead.errors import WrongInput
from infra.lab.region import launch
from infra.lab.region.control import ask
from infra.lab.region.state import JOURNAL, SECRET, alive, lab_id, read_info


def test_what_was_answered_before_kill_9_is_there_after_a_restart(region: Lab) -> None:
    info = region.start()
    answered: list[str] = []
    enough = threading.Event()

    def work(number: int) -> None:
        client = region.client(info)
        for count in range(200):
            try:
                made = client.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]
            except (ClientError, BotoCoreError):
                return
            answered.append(made)
            if count == 5:
                enough.set()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    assert enough.wait(60)
    kill(info)
    for worker in workers:
        worker.join()
    again = region.start()
    assert again.pid != info.pid
    kept = {vpc["VpcId"] for vpc in region.client(again).describe_vpcs()["Vpcs"]}
    assert set(answered) <= kept
    assert len(kept) <= len(answered) + len(workers), "more than the calls that were under way"


def test_a_second_region_on_one_state_is_refused_and_the_first_lives(region: Lab) -> None:
    info = region.start()
    assert region.start() == info
    second = subprocess.run(
        [sys.executable, "-m", "infra.lab.region", "--state", region.state, "--packets", "none"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == WrongInput.exit_code
    problem = json.loads(second.stdout)["problems"][0]
    assert f"process {info.pid}" in problem["what"]
    assert "Traceback" not in second.stderr
    assert launch.running(region.state) == info
    assert region.client(info).describe_vpcs()["Vpcs"] == []


def test_a_start_that_cannot_be_says_why(region: Lab) -> None:
    region.state.mkdir(parents=True)
    with open(region.state / "region.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(WrongInput, match="already runs"):
            region.start()
    (region.state / JOURNAL).write_text("{not json}\n")
    with pytest.raises(WrongInput, match=r"journal\.jsonl:1"):
        region.start()
    assert launch.running(region.state) is None


def test_another_region_name_is_refused_for_a_lab_that_has_one(region: Lab) -> None:
    region.start()
    launch.stop(region.state)
    with pytest.raises(WrongInput, match="this lab is region eu-central-1"):
        launch.start(region.state, region="us-east-1", packets="none")


def test_a_stop_ends_the_process_and_is_idempotent(region: Lab) -> None:
    info = region.start()
    launch.stop(region.state)
    assert not alive(info.pid, info.started)
    assert launch.running(region.state) is None
    launch.stop(region.state)
    launch.stop(region.state, forget=True)
    assert not (region.state / JOURNAL).exists()
    assert not (region.state / SECRET).exists()


def test_a_stop_after_kill_9_cleans_up_too(region: Lab) -> None:
    info = region.start()
    kill(info)
    assert launch.running(region.state) is None
    launch.stop(region.state)
    assert read_info(region.state) is None


def test_another_process_with_the_old_number_is_never_ended(region: Lab) -> None:
    info = region.start()
    kill(info)
    mine = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    lock = {"pid": os.getpid(), "started": int(mine) + 1}
    (region.state / "region.lock").write_text(json.dumps(lock))
    launch.stop(region.state)


def test_sigterm_ends_it_in_order(region: Lab) -> None:
    info = region.start()
    region.client(info).create_vpc(CidrBlock="10.0.0.0/16")
    process = os.pidfd_open(info.pid)
    os.kill(info.pid, 15)
    import select

    assert select.select([process], [], [], 20)[0]
    os.close(process)
    assert "ended" in (region.state / "region.log").read_text()
    assert len(region.client(region.start()).describe_vpcs()["Vpcs"]) == 1


def test_the_endpoint_stays_over_a_restart(region: Lab) -> None:
    before = region.start().endpoint
    launch.stop(region.state)
    assert region.start().endpoint == before


def test_secrets_are_for_the_owner_alone_and_not_in_the_log(region: Lab) -> None:
    info = region.start()
    region.client(info).describe_vpcs()
    for path in region.state.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE(region.state.stat().st_mode) == 0o700
    log = (region.state / "region.log").read_text()
    for held in launch.credentials(region.state).values():
        assert held.secret_key not in log
    assert info.lab == lab_id(region.state)


def test_it_listens_on_loopback_alone(region: Lab) -> None:
    port = int(region.start().endpoint.rpartition(":")[2])
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    where = {row[1] for row in listening if row[3] == "0A" and row[1].endswith(f":{port:04X}")}
    assert where == {f"0100007F:{port:04X}"}


def test_the_control_socket_answers_status_refresh_and_cut(region: Lab) -> None:
    info = region.start()
    client = region.client(info, "plant")
    vpc = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    client.run_instances(
        ImageId="ami-1", MinCount=1, MaxCount=1, SubnetId=subnet,
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": "bulkhead:id", "Value": "plc"}]}
        ],
    )  # fmt: skip
    said = ask(region.state, do="status")
    assert said["degraded"] is None
    assert said["hosts"] == ["plc"]
    assert said["counts"]["interfaces"] == 1
    again = ask(region.state, do="refresh")
    assert said.pop("seconds")["read"] < again.pop("seconds")["read"]
    assert again == said
    assert ask(region.state, do="cut", address="10.0.1.4") == {"cut": 0}
    with pytest.raises(ValueError, match="not one of status"):
        ask(region.state, do="reset")
    with pytest.raises(ValueError, match=r"10\.0\.1"):
        ask(region.state, do="cut", address="10.0.1; flush")


def test_the_reader_reads_the_same_from_outside_as_the_region_from_inside(region: Lab) -> None:
    from bulkhead.network.read import read

    info = region.start()
    for alias in ("platform", "audit"):
        region.client(info, alias).create_vpc(CidrBlock="10.0.0.0/16")
    deployed = read(launch.apis(info))
    assert {vpc.account for vpc in deployed.vpcs} == {"111111111111", "222222222222"}
    counts = ask(region.state, do="status")["counts"]
    assert counts == {name: len(getattr(deployed, name)) for name in counts}
