"""How much a host is asked to do: few round trips, for each is half a second of two machines."""

from pathlib import Path

import pytest
import yaml

from bulkhead.blueprint import expand, load

PROJECT = Path(__file__).parents[2]
MOST = 15
"""Configure tasks of one host (issue: hosts; handlers run beside them, when notified)."""
OWN = yaml.safe_load((PROJECT / "playbooks/vars/site.yml").read_text())["site_own"]
BLOCKS = ("block", "rescue", "always")


def tasks(file: Path) -> int:
    """Tasks that a file can run on a host, those of its blocks counted one by one."""
    return sum(map(weight, yaml.safe_load(file.read_text()) or []))


def weight(task: dict) -> int:
    inner = [each for part in BLOCKS for each in task.get(part, [])]
    return sum(map(weight, inner)) if inner else "ansible.builtin.include_role" not in task


def configured(role: str) -> int:
    return tasks(PROJECT / "roles" / role / "tasks" / "main.yml")


@pytest.mark.parametrize(
    "host", expand(load(PROJECT / "examples/estate.yaml")).hosts, ids=lambda host: host.id
)
def test_a_host_has_few_tasks(host):
    roles = {"baseline", "timesync", *OWN.get(host.role, ())}
    own = sum(configured(role) for role in roles if (PROJECT / "roles" / role).is_dir())
    assert 5 <= own + tasks(PROJECT / "playbooks/tasks/configure.yml") <= MOST
