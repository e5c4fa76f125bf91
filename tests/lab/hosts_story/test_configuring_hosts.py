"""`up` boots and configures; again it changes nothing; cut off, the next run finishes it."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bulkhead.cli.main import main
from bulkhead.environments.lab import Options
from bulkhead.environments.machines import Machines
from bulkhead.errors import BulkheadError
from infra.lab.hosts import groups
from infra.lab.region import launch

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "estate.yaml"
HOST = "borealis/processing/inference-1"
NAME = HOST.replace("/", ".")
ONE_OF_A_KIND = (
    "shared.admin.bastion-1",
    "borealis.ingest.broker-1",
    "borealis.ingest.ingest-1",
    "borealis.storage.historian-1",
    "borealis.tromso.ai.gw-1",
)


def test_up_boots_every_host_and_configures_it_to_the_end(machines_lab, state, capsys):
    assert main(["status", *state, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["hosts_kind"] == "machines"
    assert {row["host"]: row["health"] for row in said["hosts"]} == {
        row.host: "running, configured" for row in machines_lab.site().reaches()
    }


def test_up_again_changes_no_resource_and_no_host(state, capsys):
    assert main(["up", str(EXAMPLE), *state]) == 0
    said = capsys.readouterr().out
    assert "nothing had to change" in said
    assert "no host had to change" in said


def test_the_kind_of_hosts_cannot_be_changed_while_they_stand(state, capsys):
    assert main(["up", str(EXAMPLE), "--hosts", "bare", *state]) == 2
    assert "bulkhead down" in capsys.readouterr().err


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_a_second_run_that_looks_at_everything_changes_nothing(machines, check):
    """`force` looks past the mark of a converged host; --check says the same without touching."""
    played = machines.configure(ONE_OF_A_KIND, check=check, variables={"force": True})
    assert set(played.changed) == set(ONE_OF_A_KIND)
    assert not {host: count for host, count in played.changed.items() if count}
    assert all(count > 5 for count in played.ok.values())


def test_a_wrong_variable_is_refused_before_anything_changes_anywhere(machines, shells):
    wrong = {"baseline_accounts": [{"name": "eve", "principals": ["eve"], "sudo": "everything"}]}
    shells.run(HOST, ["touch", "/tmp/before"])
    with pytest.raises(BulkheadError) as error:
        machines.configure(variables={**wrong, "force": True})
    said = str(error.value)
    assert "everything" in said
    assert "Arguments of every role" in said
    later = ["sudo", "-n", "find", "/etc", "/var/lib/bulkhead", "-newer", "/tmp/before"]
    assert shells.run(HOST, later).out == ""


def test_the_playbook_runs_by_hand_from_the_root_with_the_inventory_plugin(machines_lab, tmp_path):
    inventory = tmp_path / "mine.bulkhead.yml"
    text = f"plugin: bulkhead\nblueprint: {EXAMPLE}\nstate: {machines_lab.state.parent}\n"
    inventory.write_text(text)
    tools = Path(sys.executable).parent
    listed = subprocess.run(
        [str(tools / "ansible-inventory"), "-i", str(inventory), "--list"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    said = json.loads(listed.stdout)
    assert len(said["_meta"]["hostvars"]) == 15
    assert said["role_broker"]["hosts"] == ["acme.ingest.broker-1", "borealis.ingest.broker-1"]
    played = subprocess.run(
        [str(tools / "ansible-playbook"), "-i", str(inventory), "playbooks/site.yml", "-l", NAME],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"ANSIBLE_HOME": str(tmp_path / "ansible")},
    )
    assert played.returncode == 0, played.stdout + played.stderr
    assert "changed=0" in played.stdout


def test_a_host_of_which_stacks_and_api_differ_is_named_and_nothing_is_run(machines_lab):
    """The stacks' outputs of one host are made to say another instance."""
    log = machines_lab.state / "ansible" / "configure.log"
    before = log.stat().st_mtime_ns
    path = next((machines_lab.state / "pulumi" / "state").rglob("bulkhead/borealis.json"))
    text = path.read_text()
    outputs = next(
        row["outputs"]
        for row in json.loads(text)["checkpoint"]["latest"]["resources"]
        if row["type"] == "pulumi:pulumi:Stack"
    )
    path.write_text(text.replace(outputs["hosts"][HOST], "i-00000000000000000"))
    try:
        with pytest.raises(BulkheadError, match=f"{HOST}: instance i-00000000000000000"):
            Machines(machines_lab.site(), lambda _line: None).configure((NAME,))
        assert log.stat().st_mtime_ns == before
    finally:
        path.write_text(text)


@pytest.fixture
def fresh(machines_lab, example):
    """One host made anew and not configured: terminated through the API, raised again."""
    row = next(row for row in machines_lab.site().reaches() if row.host == HOST)
    ec2 = launch.clients(machines_lab.standing().info)["platform"]
    ec2.terminate_instances(InstanceIds=[row.instance])
    options = Options(refresh=True, configure=False)
    machines_lab.up(example, say=lambda _line: None, options=options)
    again = next(row for row in machines_lab.site().reaches() if row.host == HOST)
    assert again.instance != row.instance
    yield again
    Machines(machines_lab.site(), lambda _line: None).configure()


def test_a_host_killed_while_it_is_configured_is_finished_by_the_next_run(machines_lab, fresh):
    machines = Machines(machines_lab.site(), lambda _line: None)
    namespace = machines.site.namespace(fresh.instance)
    ec2 = launch.clients(machines_lab.standing().info)["platform"]

    checked = machines.configure((NAME,), check=True)
    assert checked.changed[NAME] > 0, "--check of a fresh host says what would change"
    with machines_lab.entry().shells() as shells:
        assert shells.run(HOST, ["test", "-e", "/etc/bulkhead/converged"]).code == 1

    def kill_at_the_files(line):
        if line == "configure: baseline : Baseline's files":
            threading.Thread(target=groups.end, args=(namespace,)).start()

    with pytest.raises(BulkheadError) as error:
        Machines(machines.site, kill_at_the_files).configure((NAME,))
    assert {problem.where for problem in error.value.problems} == {NAME}
    assert "task " in str(error.value)

    ec2.reboot_instances(InstanceIds=[fresh.instance])
    machines.await_all()
    played = machines.configure((NAME,))
    assert played.changed[NAME] > 0
    assert not machines.configure((NAME,), variables={"force": True}).changed[NAME]
    with machines_lab.entry().shells() as shells:
        assert shells.run(HOST, ["systemctl", "is-system-running"]).out == "running\n"
