"""Hosts are reached only as an operator would: by the bastion, with a certificate, known by key."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from bulkhead.cli.main import main
from bulkhead.environments.claim import claim
from bulkhead.errors import BulkheadError
from infra.lab.fabric.names import namespace
from infra.lab.hosts import inside
from infra.ssh import door

BROKER = "borealis/ingest/broker-1"
BASTION = "shared/admin/bastion-1"
PLC = "acme/lyon/ot/plc-1"


def openssh(lab, host, *command, options=()):
    """OpenSSH's own client with the lab's configuration, on a connection of its own."""
    config = str(lab.state / "ssh" / "config")
    words = ["ssh", "-F", config, "-o", "ControlPath=none", *options, host, *command]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


def test_a_command_runs_on_a_machine_by_its_exact_words_and_its_code_is_ours(state, capfd):
    assert main(["exec", *state, BROKER, "--", "printf", "%s|", "two words", "$HOME", "*"]) == 0
    assert capfd.readouterr().out == "two words|$HOME|*|"
    assert main(["exec", *state, BROKER, "--", "sh", "-c", "exit 7"]) == 7


def test_a_command_on_a_machine_is_no_root_until_it_asks(state, capfd):
    assert main(["exec", *state, PLC, "--", "id", "-un"]) == 0
    assert main(["exec", *state, PLC, "--", "sudo", "-n", "id", "-un"]) == 0
    assert capfd.readouterr().out.split() == ["bulkhead", "root"]


def test_an_unknown_machine_is_answered_with_the_nearest_names(state, capsys):
    assert main(["exec", *state, "borealis/ingest/broker", "--", "true"]) == 2
    assert BROKER in capsys.readouterr().err


def test_a_hosts_journal_is_shown_by_unit_and_as_json(state, capfd):
    assert main(["logs", *state, "--unit", "ssh", BROKER]) == 0
    assert "sshd" in capfd.readouterr().out
    assert main(["logs", *state, "--json", "--unit", "ssh", "--since", "1 day ago", BROKER]) == 0
    rows = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert rows[0]["_HOSTNAME"] == "borealis.ingest.broker-1"


def person(state, host, name, text):
    """What a shell of that person says to `text`."""
    words = [sys.executable, "-m", "bulkhead.cli.main", "ssh", *state, "--as", name, host]
    return subprocess.run(words, input=text, capture_output=True, text=True, check=False)


def test_a_person_enters_by_a_short_certificate_with_the_rights_of_the_role(state):
    said = person(state, BROKER, "olga", "echo I am $(id -un) and $(sudo -n id -un)\n")
    assert "I am olga and root" in said.stdout, said.stderr
    said = person(state, BROKER, "shared/sven", "echo I am $(id -un) and $(sudo -n id -un)\n")
    assert "I am sven and\n" in said.stdout, "support may look, not become root"


def test_a_plants_people_enter_their_own_hosts_and_no_others(state):
    said = person(state, "borealis/tromso/ai/gw-1", "maja", "echo I am $(id -un) on $(hostname)\n")
    assert "I am maja on borealis.tromso.ai.gw-1" in said.stdout, said.stderr
    refused = person(state, BROKER, "maja", "id -un\n")
    assert refused.returncode == 2
    assert "olga, sven" in refused.stderr


def test_a_certificate_for_one_tenants_person_opens_nothing_at_another(machines_lab):
    """sshd's own judgement, with a certificate that our command would not have signed for it."""
    from bulkhead.environments.entering import certified

    entry = machines_lab.entry()
    claire = next(row for row in entry.plan.people if row.id == "acme/claire")
    config = str(certified(entry, claire))
    for host, code in (("acme.lyon.ai.gw-1", 0), ("borealis.tromso.ai.gw-1", 255)):
        words = ["ssh", "-F", config, "-o", "ControlPath=none", host, "true"]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == code, done.stderr


def test_the_listed_key_alone_opens_no_configured_host(machines_lab):
    """The baseline took it away once the certificate was proved."""
    key = str(machines_lab.state / "ssh" / "operator")
    bare = ["-o", "CertificateFile=none", "-i", key]
    assert openssh(machines_lab, PLC.replace("/", "."), "true").returncode == 0
    path = machines_lab.state / "ssh" / "operator-cert.pub"
    aside = path.with_name("aside")
    path.rename(aside)
    try:
        refused = openssh(machines_lab, PLC.replace("/", "."), "true", options=bare)
    finally:
        aside.rename(path)
    assert refused.returncode == 255
    assert "Permission denied" in refused.stderr


@pytest.fixture
def another_key(machines_lab):
    """The PLC's host shows another key than its first boot told; put back afterwards."""
    row = next(row for row in machines_lab.entry().hosts if row.host == PLC)
    within = inside.entered(machines_lab.state / "hosts" / row.instance)
    key = "/etc/ssh/ssh_host_ed25519_key"

    def root(command):
        subprocess.run([*within, "sh", "-c", command], check=True, capture_output=True)

    root(f"cp -p {key} {key}.kept; rm {key}; ssh-keygen -q -t ed25519 -N '' -f {key}")
    root("systemctl restart ssh")
    yield
    root(f"mv {key}.kept {key}; ssh-keygen -y -f {key} >{key}.pub; systemctl restart ssh")


def test_a_host_with_another_key_is_refused_by_both_clients(machines_lab, another_key):
    refused = openssh(machines_lab, PLC.replace("/", "."), "true")
    assert refused.returncode == 255
    assert "Host key verification failed" in refused.stderr
    with (
        machines_lab.entry().shells() as shells,
        pytest.raises(BulkheadError, match="not the one that its first boot told"),
    ):
        shells.run(PLC, ["true"])


def answers(place, address):
    """Whether an SSH server answers at `address` from a network namespace."""
    try:
        with door.connected(place, address, 22, patience=2.0) as way:
            way.settimeout(2.0)
            return way.recv(4) == b"SSH-"
    except OSError:
        return False


def test_a_host_is_unreachable_by_ssh_except_from_the_bastion(machines_lab):
    site = machines_lab.site()
    rows = {row.host: row for row in site.reaches()}
    lab = machines_lab.standing().info.lab
    places = {host: site.namespace(row.instance) for host, row in rows.items() if host != BROKER}
    places["internet"] = namespace(lab, "internet")
    with ThreadPoolExecutor(len(places)) as pool:
        aimed = rows[BROKER].address
        found = dict(
            zip(places, pool.map(lambda p: answers(p, aimed), places.values()), strict=True)
        )
    assert {host for host, answered in found.items() if answered} == {BASTION}


def test_nobody_but_itself_reaches_the_bastion_by_ssh(machines_lab):
    site = machines_lab.site()
    rows = {row.host: row for row in site.reaches()}
    with ThreadPoolExecutor(len(rows)) as pool:
        places = {host: site.namespace(row.instance) for host, row in rows.items()}
        aimed = rows[BASTION].address
        found = dict(
            zip(places, pool.map(lambda p: answers(p, aimed), places.values()), strict=True)
        )
    assert {host for host, answered in found.items() if answered} == {BASTION}


def test_all_hosts_are_asked_at_once_and_know_their_own_names(machines_lab, shells):
    rows = machines_lab.entry().hosts
    said = shells.every([row.host for row in rows], ["hostname"])
    assert {host: ran.out.strip() for host, ran in said.items()} == {
        row.host: row.name for row in rows
    }


def test_with_machines_too_intent_model_and_packets_are_one(machines_lab, example):
    standing = machines_lab.standing()
    deployed = standing.deployed()
    filters, planned = machines_lab.filters(example, deployed)
    found = claim(
        example,
        deployed,
        lambda flows: standing.observe(flows, None),
        seed=3,
        filters=filters,
        planned=planned,
    )
    assert not [str(row) for row in found.differences]
