"""The lab as a user lives with it: up, edited, changed around, killed, taken away."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest

from bulkhead.cli.main import main
from bulkhead.environments import sim
from bulkhead.environments.claim import claim
from bulkhead.environments.lab import Lab
from bulkhead.network.names import canonical
from infra.accounts import ACCOUNTS
from infra.lab.api.accounts import role_arn
from infra.lab.tools import PULUMI, find

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"


def project_state(lab) -> list[str]:
    return ["--state", str(lab.state.parent)]


def probed(lab, plan):
    standing = lab.standing()
    deployed = standing.deployed()
    return claim(plan, deployed, lambda f: standing.observe(f, None), seed=7)


def leftovers(lab_name: str) -> list[str]:
    """Namespaces and processes that bear a lab's name."""
    found = os.listdir("/run/netns") if Path("/run/netns").exists() else []
    return [name for name in found if name.startswith(f"bh-{lab_name}-")]


def without_public(deployed):
    """Which of the pool's addresses a broker gets is the API's choice; that it gets one is not."""
    given = {row.public for row in deployed.interfaces if row.public}
    pool = {address for address in given if address.startswith("203.0.113.")}

    def same(text):
        address = (text or "").split("/")[0]
        return "allocated" if address in pool else text

    interfaces = tuple(
        dataclasses.replace(row, public=same(row.public)) for row in deployed.interfaces
    )
    groups = tuple(
        dataclasses.replace(
            group,
            rules=tuple(
                sorted((dataclasses.replace(r, cidr=same(r.cidr)) for r in group.rules), key=repr)
            ),
        )
        for group in deployed.groups
    )
    return dataclasses.replace(deployed, interfaces=interfaces, groups=groups)


def test_what_the_mocks_declare_is_what_the_api_describes(lab, example):
    """The contract between sim and lab: one program, two readings, one deployment."""
    names = {identity: alias for alias, identity in ACCOUNTS.items()}
    declared = canonical(sim.deployed(example), names)
    described = canonical(lab.standing().deployed(), names)
    left, right = without_public(declared), without_public(described)
    for field in dataclasses.fields(left):
        assert getattr(left, field.name) == getattr(right, field.name), field.name


def test_status_gives_any_aws_tool_what_it_needs(lab, capsys):
    assert main(["status", "--json", *project_state(lab)]) == 0
    said = json.loads(capsys.readouterr().out)
    ec2 = boto3.client(
        "ec2",
        endpoint_url=said["aws_endpoint"],
        aws_access_key_id=said["access_key"],
        aws_secret_access_key=said["secret_key"],
        region_name=said["region"],
    )
    assert len(ec2.describe_vpcs()["Vpcs"]) >= 6
    assert said["degraded"] is None
    assert len(said["hosts"]) == 15


def test_a_command_runs_on_the_host_it_names(lab, capfd):
    command = ["ip", "-4", "-o", "address", "show", "eth0"]
    arguments = ["exec", *project_state(lab), "borealis/ingest/broker-1", "--", *command]
    assert main(arguments) == 0
    assert "10.3.0.10/32" in capfd.readouterr().out


def test_a_commands_own_exit_code_is_ours(lab):
    host = "shared/admin/bastion-1"
    assert main(["exec", *project_state(lab), host, "--", "sh", "-c", "exit 7"]) == 7


def test_an_unknown_host_is_answered_with_the_nearest_names(lab, capsys):
    assert main(["exec", *project_state(lab), "borealis/ingest/broker", "--", "true"]) == 2
    assert "borealis/ingest/broker-1" in capsys.readouterr().err


def test_up_again_changes_nothing(lab, capsys):
    assert main(["up", str(EXAMPLE), *project_state(lab)]) == 0
    assert "nothing had to change" in capsys.readouterr().out


def test_a_state_file_torn_by_a_crash_is_mended_whichever_stack_comes_first(lab, example, capsys):
    """The engine reads every stack's state; the torn one is the last in order."""
    folder = lab.state / "pulumi" / "state" / ".pulumi" / "stacks" / "bulkhead"
    (folder / "borealis.json").write_bytes(b"")
    (folder / "acme.json.attrs").write_bytes(b"")
    assert main(["up", str(EXAMPLE), *project_state(lab)]) == 0
    assert not probed(lab, example).differences
    assert (folder / "borealis.json.torn").exists()


def test_two_commands_at_once_do_not_meet(lab, capsys):
    held = Lab(lab.state.parent)
    from bulkhead.environments.locking import locked

    with locked(held.state / "up.lock", "test"):
        assert main(["up", str(EXAMPLE), *project_state(lab)]) == 3
    assert str(os.getpid()) in capsys.readouterr().err


def test_an_edit_is_previewed_in_zones_and_conduits_and_changes_only_that(lab, tmp_path, capsys):
    text = EXAMPLE.read_text()
    at = text.index("- name: learn")
    edited = tmp_path / "estate.yaml"
    edited.write_text(text[:at] + text[at:].replace("port: 5432", "port: 5433", 1))
    try:
        assert main(["up", str(edited), "--preview", *project_state(lab)]) == 0
        lines = capsys.readouterr().out.splitlines()
        conduit = [line for line in lines if "conduit borealis/learn" in line]
        assert any("tcp 5433 into borealis/storage/historian" in line for line in conduit)
        others = [line for line in lines if "borealis" not in line and "digest" not in line]
        assert not others
        assert main(["up", str(edited), *project_state(lab)]) == 0
        assert main(["probe", str(edited), "--env", "lab", *project_state(lab)]) == 0
        assert main(["probe", str(EXAMPLE), "--env", "lab", *project_state(lab)]) == 1
    finally:
        assert main(["up", str(EXAMPLE), *project_state(lab)]) == 0
    assert main(["probe", str(EXAMPLE), "--env", "lab", *project_state(lab)]) == 0


def test_refresh_sees_what_was_changed_around_us_and_puts_it_right(lab, example, capsys):
    from infra.lab.region import launch

    ec2 = launch.clients(lab.standing().info)["platform"]
    rows = ec2.describe_security_group_rules()["SecurityGroupRules"]
    rule = next(
        row
        for row in rows
        if {
            "Key": "bulkhead:id",
            "Value": "borealis/record:in:borealis/storage/historian:from:borealis/ingest/ingest",
        }
        in row["Tags"]
    )
    ec2.revoke_security_group_ingress(
        GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
    )
    assert [row.kind for row in probed(lab, example).differences] == ["closed"]
    assert main(["up", str(EXAMPLE), "--preview", "--refresh", *project_state(lab)]) == 0
    assert "conduit borealis/record: opens tcp 5432" in capsys.readouterr().out
    assert main(["up", str(EXAMPLE), "--refresh", *project_state(lab)]) == 0
    assert not probed(lab, example).differences


def test_a_live_flow_outlives_its_rule_until_it_is_cut(lab, capsys):
    from infra.lab.probe import connect, listeners
    from infra.lab.region import launch

    standing = lab.standing()
    there = standing.vantages()
    gateway, broker = there["borealis/tromso/ai/gw-1"], there["borealis/ingest/broker-1"]
    ec2 = launch.clients(standing.info)["platform"]
    rows = ec2.describe_security_group_rules()["SecurityGroupRules"]
    rule = next(
        row for row in rows if row.get("CidrIpv4") == f"{gateway.public}/32" and not row["IsEgress"]
    )
    with listeners([(broker, "tcp", 8883)]), connect(gateway, broker.public, 8883) as live:
        assert echoes(live, b"before")
        ec2.revoke_security_group_ingress(
            GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
        )
        try:
            assert echoes(live, b"still"), "AWS keeps tracked flows too"
            assert main(["cut", broker.host, "--port", "8883", *project_state(lab)]) == 0
            assert not echoes(live, b"after")
        finally:
            assert main(["up", str(EXAMPLE), "--refresh", *project_state(lab)]) == 0


def echoes(connection, text: bytes) -> bool:
    """Whether what is sent comes back within two seconds."""
    connection.settimeout(2.0)
    try:
        connection.sendall(text)
        return connection.recv(64) == text
    except OSError:
        return False


def test_an_account_is_read_as_any_other_and_nothing_is_sent_without_a_scope(
    lab, monkeypatch, capsys
):
    """The lab's API stands for an account: the user's credentials, and a role for the audit one."""
    for name, value in lab.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BULKHEAD_ROLES", role_arn(ACCOUNTS["audit"]))
    assert main(["probe", str(EXAMPLE), "--env", "aws"]) == 0
    said = capsys.readouterr().out
    assert "packets were not observed" in said
    assert "intent = model: no difference" in said


def test_the_pulumi_command_sees_the_same_stacks(lab):
    command = find(PULUMI)
    said = subprocess.check_output(
        [str(command), "stack", "ls", "--json", "--all"],
        env=os.environ | lab.variables(),
        cwd=lab.state,
    )
    assert {row["name"].rsplit("/", 1)[-1] for row in json.loads(said)} == {
        "acme",
        "borealis",
        "logs",
        "shared",
    }


def test_down_leaves_nothing_and_again_is_no_error(tmp_path, capsys):
    lab = Lab(tmp_path)
    from infra.lab.region import launch

    info = launch.start(lab.state)
    assert leftovers(info.lab)
    assert main(["down", "--state", str(tmp_path)]) == 0
    assert leftovers(info.lab) == []
    assert not lab.state.exists()
    assert main(["down", "--state", str(tmp_path)]) == 0


@pytest.mark.parametrize("steps", [1, 40, 110])
def test_up_killed_in_the_middle_is_finished_by_the_next_one(tmp_path, steps, example):
    """kill -9 of the command and of the engine under it; then up again: whole, no orphan."""
    lab = Lab(tmp_path)
    up = [sys.executable, "-m", "bulkhead.cli.main", "up", str(EXAMPLE), "--hosts", "bare"]
    process = subprocess.Popen(
        [*up, "--state", str(tmp_path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for_calls(lab, process, steps)
        kill_tree(process)
        assert main(["up", str(EXAMPLE), "--state", str(tmp_path)]) == 0
        assert not [str(row) for row in probed(lab, example).differences]
        names = {identity: alias for alias, identity in ACCOUNTS.items()}
        # Raises if two things bear one name: an orphan and its second making would.
        canonical(lab.standing().deployed(), names)
    finally:
        if process.poll() is None:
            kill_tree(process)
        lab.down()


def wait_for_calls(lab, process, steps: int) -> None:
    """Until the region has journalled that many calls of this `up`."""
    journal = lab.state / "journal.jsonl"
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        if journal.exists() and journal.read_bytes().count(b"\n") >= steps:
            return
        time.sleep(0.02)
    raise AssertionError("the up ended before it could be killed")


def kill_tree(process) -> None:
    """kill -9 of the command, its engine and the providers: all but the region."""
    children = subprocess.check_output(
        ["ps", "-e", "-o", "pid=,ppid=,pgid="], text=True
    ).splitlines()
    parents = {int(row.split()[0]): int(row.split()[1]) for row in children}
    family = {process.pid}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    region = json.loads((Path(process.args[-1]) / "lab" / "region.json").read_text())["pid"]
    worker = {pid for pid, parent in parents.items() if parent == region}
    for pid in family - {region} - worker:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()
