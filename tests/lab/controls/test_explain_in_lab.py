"""`explain` on real machines: each layer made the only one that stops, by lifting the others."""

import json
import time
from contextlib import ExitStack, contextmanager

import pytest

from bulkhead.cli.main import main
from bulkhead.environments.sabotaging import _breaking
from bulkhead.environments.verifying import Where

SOURCE, TARGET, PORT = "borealis/ingest/ingest-1", "borealis/storage/historian-1", 81
MARK = "bulkhead-explain"
UNBOUND = "/etc/bulkhead/proxy/unbound.conf"
PROXY = "shared/egress/proxy-1"
ACLS = (("borealis/ingest", True), ("borealis/storage", False))
GROUPS = (("borealis/ingest/ingest", "egress"), ("borealis/storage/historian", "ingress"))
FILTERS = ((SOURCE, "output"), (TARGET, "input"))


@pytest.fixture(scope="module")
def breaking(machines_lab):
    with _breaking(Where(environment="lab", state=machines_lab.state.parent)) as found:
        yield found


@pytest.fixture
def explained(machines_lab, capsys):
    """`explained(port)`: the exit code, and what the command says of the private path."""

    def run(port=PORT):
        state = str(machines_lab.state.parent)
        code = main(["explain", SOURCE, TARGET, str(port), "--state", state, "--json"])
        return code, json.loads(capsys.readouterr().out)["paths"][0]

    return run


def on(breaking, host, text):
    ran = breaking.shells.run(host, ("sudo", "-n", "sh", "-c", text))
    assert ran.code == 0, ran.err
    return ran.out


def until(explained, stopped_by):
    """Ask again until these layers stop it: a reload is a signal, and tells nobody its end."""
    end = time.monotonic() + 15
    while (said := explained())["stopped_by"] != stopped_by:
        assert time.monotonic() < end, said
    return said


@contextmanager
def acls_open(breaking):
    """Both ACLs let the port pass, one way each; replies are let pass as it is."""
    made = []
    try:
        for name, egress in ACLS:
            client, acl = breaking._of(breaking.found.acls, name)
            key = {"NetworkAclId": acl, "RuleNumber": 2, "Egress": egress}
            ports = {"From": PORT, "To": PORT}
            client.create_network_acl_entry(
                **key, Protocol="6", RuleAction="allow", CidrBlock="0.0.0.0/0", PortRange=ports
            )
            made.append((client, key))
        yield
    finally:
        for client, key in made:
            client.delete_network_acl_entry(**key)


@contextmanager
def groups_open(breaking):
    """Both groups let the port pass."""
    made = []
    try:
        for name, way in GROUPS:
            client, group = breaking._of(breaking.found.groups, name)
            ranges = [{"CidrIp": "10.0.0.0/8", "Description": MARK}]
            rule = {"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT, "IpRanges": ranges}
            key = {"GroupId": group, "IpPermissions": [rule]}
            getattr(client, f"authorize_security_group_{way}")(**key)
            made.append((client, way, key))
        yield
    finally:
        for client, way, key in made:
            getattr(client, f"revoke_security_group_{way}")(**key)


@contextmanager
def filters_open(breaking):
    """Both hosts' own filters let the port pass."""
    try:
        for host, chain in FILTERS:
            rule = f"tcp dport {PORT} accept comment '\"{MARK}\"'"
            on(breaking, host, f"nft insert rule inet bulkhead {chain} {rule}")
        yield
    finally:
        for host, chain in FILTERS:
            handles = f"nft -a list chain inet bulkhead {chain} | awk '/{MARK}/ {{print $NF}}'"
            delete = f"nft delete rule inet bulkhead {chain} handle $h"
            on(breaking, host, f"for h in $({handles}); do {delete}; done")


OPENED = {
    "security group": groups_open,
    "network ACL": acls_open,
    "host packet filter": filters_open,
}


@pytest.fixture(scope="module")
def name_hidden(breaking):
    """Nobody is told the target's name any more; taken back at the end."""

    @contextmanager
    def hidden():
        name = TARGET.replace("/", ".")
        lines = f'server: # {MARK}\\n  local-zone: "{name}." always_nxdomain\\n'
        reload = "systemctl reload unbound"
        try:
            on(breaking, PROXY, f"printf '{lines}' >> {UNBOUND} && {reload}")
            yield
        finally:
            on(breaking, PROXY, f"sed -i '/# {MARK}/,$d' {UNBOUND} && {reload}")

    return hidden


def test_a_declared_way_passes_every_layer_as_machines_and_api_tell_it(explained):
    code, said = explained(5432)
    assert (code, said["stopped_by"], said["outcome"]) == (0, [], "passes")
    words = {row["layer"]: row["says"] for row in said["layers"]}
    assert words["mesh authorisation"] == "does not apply"
    assert words["DNS"] == "lets through"


def test_a_way_that_nobody_declared_is_stopped_by_three_layers(explained):
    code, said = explained()
    assert code == 0
    assert set(said["stopped_by"]) == set(OPENED)


@pytest.mark.parametrize("layer", OPENED)
def test_the_only_layer_that_stops_is_named_once_the_others_are_lifted(breaking, explained, layer):
    with ExitStack() as stack:
        for other, opened in OPENED.items():
            if other != layer:
                stack.enter_context(opened(breaking))
        assert explained()[1]["stopped_by"] == [layer]
    assert set(explained()[1]["stopped_by"]) == set(OPENED)


def test_a_name_that_the_resolver_hides_is_stopped_by_dns_alone(explained, name_hidden):
    with name_hidden():
        said = until(lambda: explained(5432)[1], ["DNS"])
        assert "NXDOMAIN" in json.dumps(said["layers"])
    until(lambda: explained(5432)[1], [])


def test_a_neighbour_has_no_name_and_no_way(machines_lab, capsys):
    state = str(machines_lab.state.parent)
    words = ["explain", SOURCE, "acme/storage/historian-1", "5432", "--state", state, "--json"]
    assert main(words) == 0
    said = json.loads(capsys.readouterr().out)["paths"][0]
    assert {"DNS", "security group", "host packet filter", "route"} <= set(said["stopped_by"])
