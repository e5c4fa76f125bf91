"""The role proxy on a real machine: listed names pass, everything else is denied and logged."""

import contextlib
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bench import known_bad

HOST, ADDRESS = "shared.egress.proxy-1", "10.213.0.91"
ACME, NEIGHBOUR = (
    ("acme.ingest.ingest-1", "10.213.0.92"),
    ("borealis.ingest.ingest-1", "10.213.0.93"),
)
TARGET, OUTSIDE, RESOLVER = ("acme.ingest.broker-1", "10.213.0.94"), "198.51.100.7", "198.51.100.53"
TRY = Path(__file__).parents[1] / "egress_try.py"
INTERNET = Path(__file__).parents[1] / "outside.py"
TODAY = datetime.now(UTC).date()
OUT = {
    "conduit": "shared/out",
    "protocol": "any",
    "first": 0,
    "last": 65535,
    "peers": ["198.51.100.0/24"],
}


def client(who, targets):
    tenant = who[0].partition(".")[0]
    return {
        "name": who[0],
        "address": who[1],
        "tenant": tenant,
        "authority": f"{tenant}/workload",
        "targets": targets,
    }


def entry(tenant, value, expires=TODAY + timedelta(days=30)):
    name = f"{tenant}/{value.removeprefix('*.')}"
    return {
        "id": name,
        "tenant": tenant,
        "value": value,
        "owner": "shared/olga",
        "expires": str(expires),
    }


GOOD = {
    "role": "proxy",
    "proxy_address": ADDRESS,
    "proxy_clients": [client(ACME, dict([TARGET])), client(NEIGHBOUR, {})],
    "proxy_allowances": [
        entry("acme", "updates.example"),
        entry("acme", "*.wild.example"),
        entry("acme", "inside.wild.example"),
        entry("acme", "today.example", TODAY),
        entry("acme", "over.example", TODAY - timedelta(days=1)),
        entry("borealis", "other.example"),
    ],
    "proxy_resolvers": [RESOLVER],
}


@pytest.fixture(scope="module")
def net(bench):
    """Two clients that are networks alone."""
    found = {who[0]: bench.network.join(who[1]) for who in (ACME, NEIGHBOUR)}
    yield found
    for namespace in found.values():
        bench.network.leave(namespace)


@pytest.fixture(scope="module")
def outside(bench):
    """The internet, where the operator stands; gives the lines that it prints."""
    key, certificate, _ = bench.issue("outside", "acme/workload", usages=("server",))
    for address in (OUTSIDE, RESOLVER):
        bench.client("ip", "address", "add", f"{address}/32", "dev", "lo")
    command = [sys.executable, str(INTERNET), RESOLVER, OUTSIDE, str(certificate), str(key)]
    entered = ["nsenter", f"--net=/run/netns/{bench.operator}", *command]
    log = bench.directory / "outside.log"
    with log.open("w") as out:
        process = subprocess.Popen(entered, stdin=subprocess.PIPE, stdout=out)
        bench.client("sh", "-c", f"until grep -q ready {log}; do sleep 0.05; done", timeout=10)
        yield log
        process.communicate()
    for address in (OUTSIDE, RESOLVER):
        bench.client("ip", "address", "delete", f"{address}/32", "dev", "lo")


@pytest.fixture(scope="module")
def proxy(bench, net, outside):
    """The proxy's host, after --check on the fresh one."""
    name = bench.host(HOST, ADDRESS, authority="shared/workload")
    fresh = bench.play("proxy", name, GOOD, check=True)
    assert not fresh.failed, fresh.stdout
    assert bench.play("proxy", name, GOOD).changed
    awaited = "for n in $(seq 200); do ss -Hltn | grep -q :3128 && exit; sleep 0.1; done; exit 1"
    bench.run(name, awaited, check=True)
    yield name
    bench.remove(name)


@pytest.fixture(scope="module")
def ask(bench, net, proxy):
    """`ask(client, "web"|"names", …)`: what the proxy or the resolver says to it."""

    def asked(who, kind, *words):
        entered = ["nsenter", f"--net=/run/netns/{net[who[0]]}", sys.executable, str(TRY), kind]
        done = subprocess.run(
            [*entered, ADDRESS, *map(str, words)], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    return asked


@pytest.fixture(scope="module")
def pairs(bench):
    """Each client's key and certificate."""
    found = {}
    for who in (ACME, NEIGHBOUR):
        tenant = who[0].partition(".")[0]
        found[who] = bench.issue(who[0], f"{tenant}/workload")[:2]
    return found


def logged(bench, words):
    """Whether the proxy's journal gets a line with all the words."""
    tests = " && ".join(f"grep -q -- '{word}'" for word in words)
    greps = " | ".join(f"grep -- '{word}'" for word in words)
    assert tests
    command = f"for n in $(seq 100); do journalctl -q --no-pager | {greps} && exit; sleep 0.1; done"
    return bench.run(HOST, f"{command}; exit 1").returncode == 0


def test_a_listed_name_is_reached_through_the_proxy(ask, pairs):
    assert ask(ACME, "web", "updates.example:443", *pairs[ACME]) == "200 outside"
    assert ask(ACME, "web", "any.wild.example:443", *pairs[ACME]) == "200 outside"
    assert ask(NEIGHBOUR, "web", "other.example:443", *pairs[NEIGHBOUR]) == "200 outside"


def test_an_entry_holds_on_its_last_day_and_not_after_it(bench, ask, pairs):
    assert ask(ACME, "web", "today.example:443", *pairs[ACME]) == "200 outside"
    assert ask(ACME, "web", "over.example:443", *pairs[ACME]) == "403"
    assert ask(ACME, "names", "over.example") == "5"
    assert logged(bench, ["over.example", "expired on", "shared/olga"])


@pytest.mark.parametrize(
    "target",
    [
        "unlisted.example:443",
        "below.updates.example:443",
        "wild.example:443",
        "other.example:443",
        "updates.example:22",
        "198.51.100.7:443",
        "acme.ingest.broker-1:443",
        "inside.wild.example:443",
        "GET http://updates.example/",
    ],
)
def test_everything_else_is_denied_and_logged(bench, ask, pairs, target):
    assert ask(ACME, "web", target, *pairs[ACME]) in ("403", "500")
    assert logged(bench, [target.split()[-1], ACME[1], ACME[0]])


def test_who_shows_no_certificate_or_anothers_is_refused(bench, ask, pairs):
    assert ask(ACME, "web", "updates.example:443").startswith("refused")
    assert ask(ACME, "web", "other.example:443", *pairs[NEIGHBOUR]) == "403"
    assert ask(NEIGHBOUR, "web", "updates.example:443", *pairs[ACME]) == "403"
    forged = bench.issue(ACME[0], "borealis/workload")[:2]
    assert ask(ACME, "web", "updates.example:443", *forged) == "403"
    stranger = bench.issue(ACME[0], "mallory/workload")[:2]
    assert ask(ACME, "web", "updates.example:443", *stranger).startswith("refused")


@pytest.mark.parametrize(
    ("who", "name", "kind", "said"),
    [
        (ACME, "updates.example", "A", f"0 {OUTSIDE}"),
        (ACME, "any.wild.example", "A", f"0 {OUTSIDE}"),
        (ACME, TARGET[0], "A", f"0 {TARGET[1]}"),
        (ACME, "below.updates.example", "A", "3"),
        (ACME, "wild.example", "A", "3"),
        (ACME, "other.example", "A", "3"),
        (ACME, "unlisted.example", "A", "5"),
        (ACME, "example", "A", "5"),
        (ACME, NEIGHBOUR[0], "A", "5"),
        (NEIGHBOUR, TARGET[0], "A", "3"),
        (NEIGHBOUR, "updates.example", "A", "3"),
        (NEIGHBOUR, "94.0.213.10.in-addr.arpa", "PTR", "3"),
        (NEIGHBOUR, TARGET[0], "ANY", "3"),
        (ACME, "updates.example", "ANY", "4"),
        (NEIGHBOUR, "example", "AXFR", "5"),
        (ACME, "c1.rpz", "AXFR", "5"),
    ],
)
def test_a_name_is_known_to_whom_it_is_listed_for(ask, who, name, kind, said):
    assert ask(who, "names", name, kind) == said


def test_a_name_that_points_into_the_estate_has_no_address(ask):
    assert ask(ACME, "names", "inside.wild.example") == "0"


def test_a_refused_question_is_logged_and_leaves_nothing_outside(bench, ask, outside):
    assert ask(ACME, "names", "stolen-data.unlisted.example") == "5"
    assert ask(ACME, "names", "stolen-data.updates.example") == "3"
    assert logged(bench, ["stolen-data.unlisted.example", ACME[1]])
    assert logged(bench, ["stolen-data.updates.example", ACME[1], ACME[0]])
    assert "stolen-data" not in outside.read_text()


def test_who_is_nobodys_client_learns_nothing(bench, proxy):
    said = bench.client(sys.executable, str(TRY), "names", ADDRESS, "updates.example").stdout
    assert said.strip() == "5"


def test_on_the_day_after_its_last_an_entry_stops_by_itself(bench, ask, pairs):
    """What the timer runs, on another day; the playbook is not run."""
    load = "import importlib.machinery as m, importlib.util as u, datetime as d; "
    load += "l = m.SourceFileLoader('lists', '/usr/local/sbin/bulkhead-proxy-lists'); "
    load += "x = u.module_from_spec(u.spec_from_loader('lists', l)); l.exec_module(x); "
    tomorrow = f"x.render(d.date.fromisoformat('{TODAY + timedelta(days=1)}'), reload=True)"
    assert bench.run(HOST, "systemctl is-active bulkhead-proxy-lists.timer").returncode == 0
    try:
        bench.run(HOST, f'python3 -B -c "{load}{tomorrow}"', check=True)
        assert ask(ACME, "web", "today.example:443", *pairs[ACME]) == "403"
        assert ask(ACME, "web", "updates.example:443", *pairs[ACME]) == "200 outside"
    finally:
        bench.run(HOST, "systemctl start bulkhead-proxy-lists", check=True)
    assert ask(ACME, "web", "today.example:443", *pairs[ACME]) == "200 outside"


def test_a_list_that_cannot_be_read_opens_nothing(bench, ask, pairs):
    place = "/etc/bulkhead/proxy/allow.json"
    bench.run(HOST, f"cp {place} /root/kept; echo '{{' >{place}", check=True)
    try:
        assert bench.run(HOST, "systemctl start bulkhead-proxy-lists").returncode != 0
        assert ask(ACME, "web", "updates.example:443", *pairs[ACME]) == "403"
        assert ask(ACME, "names", "updates.example") == "5"
        assert ask(ACME, "names", TARGET[0]) == "5"
    finally:
        bench.run(HOST, f"mv /root/kept {place}; systemctl start bulkhead-proxy-lists", check=True)
    assert ask(ACME, "web", "updates.example:443", *pairs[ACME]) == "200 outside"


def the_list_is_the_plans(host):
    said = json.loads(host.file("/etc/bulkhead/proxy/allow.json").content_string)
    assert said["entries"] == GOOD["proxy_allowances"]


def squid_allows_what_is_rendered_alone(host):
    lines = host.file("/etc/bulkhead/proxy/squid.conf").content_string.splitlines()
    rules = [line for line in lines if line.startswith(("http_access", "include"))]
    assert rules == [
        "http_access deny !CONNECT",
        "http_access deny !secured",
        "include /run/bulkhead-proxy/*.acl",
        "http_access deny all",
    ]


def unbound_refuses_by_default(host):
    text = host.file("/etc/bulkhead/proxy/unbound.conf").content_string
    zones = [line.strip() for line in text.splitlines() if "local-zone" in line]
    assert zones == ['local-zone: "." refuse', 'local-zone: "localhost." nodefault']


def they_run_confined(host):
    for unit, user in (("squid", "proxy"), ("unbound", "unbound")):
        pid = host.check_output(f"systemctl show -P MainPID {unit}")
        assert host.check_output(f"ps -o user= -p {pid}") == user
        assert "Seccomp:\t2" in host.file(f"/proc/{pid}/status").content_string
    assert host.service("bulkhead-proxy-lists.timer").is_running


CHECKS = {
    check.__name__: check
    for check in (
        the_list_is_the_plans,
        squid_allows_what_is_rendered_alone,
        unbound_refuses_by_default,
        they_run_confined,
    )
}


def test_a_good_host_passes_every_check_and_a_second_run_changes_nothing(bench, proxy):
    assert bench.flipped(CHECKS, proxy) == set()
    for check in (False, True):
        again = bench.play("proxy", proxy, GOOD, check=check)
        assert (again.failed, again.changed) == ((), ()), again.stdout


def test_a_new_list_is_reloaded_and_cuts_nobody(bench, ask, pairs, proxy):
    pid = "systemctl show -P MainPID squid unbound"
    before = bench.run(proxy, pid).stdout
    fewer = {**GOOD, "proxy_allowances": GOOD["proxy_allowances"][1:]}
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: bench.play("proxy", proxy, GOOD))
        assert not bench.play("proxy", proxy, fewer).failed
        assert ask(ACME, "web", "updates.example:443", *pairs[ACME]) == "403"
        assert bench.run(proxy, pid).stdout == before
    assert ask(ACME, "web", "updates.example:443", *pairs[ACME]) == "200 outside"


@pytest.mark.parametrize("row", known_bad("proxy"), ids=lambda row: row["name"])
def test_a_known_bad_host_flips_exactly_what_it_declares_and_is_healed(bench, proxy, row):
    with bench.sabotage(row, proxy):
        assert bench.flipped(CHECKS, proxy) == set(row["flips"])
    assert not bench.play("proxy", proxy, GOOD).failed
    assert bench.flipped(CHECKS, proxy) == set()
