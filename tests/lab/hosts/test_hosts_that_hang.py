"""A host that does not come up is started again, and what it waited for is told."""

from types import SimpleNamespace

import pytest
from machine_cases import READY, awaited, shown_keys, told_keys, traces

from infra.lab.api.instances import Given
from infra.lab.hosts.driver import BOOTS, Machines

HANGS = """[Service]
ExecStartPre=/bin/sh -c '[ $(wc -l </boots) -ge {times} ] || {{ echo >>/boots; sleep infinity; }}'
TimeoutStartSec=infinity
"""
PATIENCE = 8.0


@pytest.fixture
def hanging(place, tmp_path, baked):
    """Start a host whose first boots hang; ended afterwards."""
    machine = place.machine()
    row = SimpleNamespace(instance=machine.name)
    given = Given(image=baked.id, hostname="acme.ingest.ingest-1", user_data="", tags={})
    machines = Machines(tmp_path, lambda _instance: given, PATIENCE)

    def start(times):
        upper = tmp_path / machine.name / "upper"
        unit = upper / "etc/systemd/system/bulkhead-firstboot.service.d"
        unit.mkdir(parents=True)
        (unit / "hang.conf").write_text(HANGS.format(times=times))
        (upper / "boots").touch()
        machines.start(row, machine.namespace)
        return machines, row, machine.namespace

    yield start
    machines.close()
    assert traces(machine.name) == []


def boots(machines, row):
    return machines.console(row.instance).count("this host is not up after")


def test_a_boot_that_hangs_is_started_again_and_its_job_is_named(hanging):
    machines, row, namespace = hanging(times=1)
    awaited(lambda: shown_keys(namespace), PATIENCE + READY)
    said = machines.console(row.instance)
    assert told_keys(said) == shown_keys(namespace)
    assert boots(machines, row) == 1
    assert "bulkhead-firstboot.service" in said


def test_one_that_never_comes_up_is_left_after_some_boots(hanging):
    machines, row, _ = hanging(times=100)
    awaited(lambda: boots(machines, row) == BOOTS, BOOTS * (PATIENCE + READY))


def test_a_hanging_host_that_is_removed_is_gone_at_once(hanging, tmp_path):
    machines, row, namespace = hanging(times=100)
    awaited(lambda: traces(row.instance), READY)
    machines.remove(row, namespace)
    assert traces(row.instance) == []
    assert not (tmp_path / row.instance).exists()
    assert boots(machines, row) == 0
