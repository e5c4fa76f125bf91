"""Every control: clean passes, its sabotage flips the declared set, no source is no pass."""

from dataclasses import replace

import pytest
from told_estate import NOW, ON_HOSTS, account, clean, part, plan, sabotaged, silent, unreadable

from bulkhead.controls.catalogue import CONTROLS, chosen, control
from bulkhead.controls.catalogue.egress_allowlist import label
from bulkhead.controls.facts import Tried, Unknown
from bulkhead.controls.page import PAGE, page
from bulkhead.controls.requirements import WORDS, asked
from bulkhead.controls.running import verified
from bulkhead.environments.sabotaging import changed
from bulkhead.errors import WrongInput
from bulkhead.network.deployed import Verdict
from bulkhead.plan import Allowance

MESH = ("mesh-authorisation", "mesh-bypass")
"""Controls of what this estate has not: test_mesh_controls.py has an estate for them."""
ALL = pytest.mark.parametrize(
    "row", [row for row in CONTROLS if row.id not in MESH], ids=lambda row: row.id
)


@pytest.fixture(scope="module")
def before():
    return verified(CONTROLS, clean(), "test")


def test_each_has_an_id_of_its_own():
    assert len(CONTROLS) >= 18
    assert len({row.id for row in CONTROLS}) == len(CONTROLS)


@pytest.mark.parametrize("name", MESH)
def test_a_control_of_what_an_estate_has_not_is_not_observed_and_no_fault(name, before):
    result = next(found for found in before.results if found.control == name)
    assert [(row.verdict, row.absent) for row in result.observations] == [("not observed", True)]
    assert result.control not in {failing for failing, _ in before.failing}


@ALL
def test_a_clean_estate_passes(row, before):
    result = next(found for found in before.results if found.control == row.id)
    assert result.observations
    assert {found.verdict for found in result.observations} <= {"pass", "accepted"}
    assert "pass" in {found.verdict for found in result.observations}


def test_what_shares_a_network_is_accepted_by_the_blueprint_alone(before):
    accepted = {
        (result.control, row.subject)
        for result in before.results
        for row in result.observations
        if row.verdict == "accepted"
    }
    zones = ("acme/ingest", "acme/processing", "acme/storage")
    assert accepted == {("zone-boundaries", zone) for zone in zones}


@ALL
def test_its_sabotage_flips_exactly_the_declared_findings(row, before):
    after = verified(CONTROLS, sabotaged(row), "test")
    flipped = changed(before, after)
    assert set(flipped) == set(row.sabotage.flips(plan()))
    assert set(flipped.values()) == {"fail"}
    assert any(finding[0] == row.id for finding in flipped)


@ALL
def test_taken_back_it_passes_again(row, before):
    sabotaged(row)
    assert changed(before, verified(CONTROLS, clean(), "test")) == {}


@ALL
def test_sources_that_cannot_be_read_are_not_observed_and_say_why(row):
    result = row.result(unreadable("the wire was cut"))
    assert result.verdict == "not observed"
    assert {found.verdict for found in result.observations} == {"not observed"}
    assert all("the wire was cut" in found.because for found in result.observations)
    assert not any(found.absent for found in result.observations)


@pytest.mark.parametrize("name", ON_HOSTS)
def test_a_part_that_a_host_does_not_tell_is_not_observed_of_that_host_alone(name):
    row, (part, _) = control(name), ON_HOSTS[name]
    host = row.sabotage.steps(plan())[0].host
    before, after = row.result(clean()), row.result(silent(clean(), host, part))
    found = {one.subject: one for one in after.observations}
    assert found[host].verdict == "not observed"
    assert "not today" in found[host].because
    others = {one for one in before.observations if one.subject != host}
    assert others == {one for one in after.observations if one.subject != host}


@pytest.mark.parametrize("name", ON_HOSTS)
def test_a_part_in_another_form_is_not_observed(name):
    row, (what, _) = control(name), ON_HOSTS[name]
    host = row.sabotage.steps(plan())[0].host
    result = row.result(part(clean(), host, what, lambda _value: 7))
    found = {one.subject: one.verdict for one in result.observations}
    assert found[host] == "not observed"


def test_flows_of_which_no_packet_told_are_not_observed_with_the_reason():
    facts = clean()
    lost = Verdict("not observed", None, ("the log lost reports",))
    first = next(
        flow for flow in facts.tried.verdicts if flow.target.startswith("borealis/storage")
    )
    blind = replace(facts, tried=Tried({**facts.tried.verdicts, first: lost}))
    rows = control("packets").result(blind).observations
    [row] = [row for row in rows if row.verdict == "not observed"]
    assert "of 1 of" in row.because
    assert "the log lost reports" in row.because


def test_an_event_that_did_not_arrive_fails_though_the_forwarder_says_it_runs():
    facts = clean()
    host = "borealis/ingest/ingest-1"
    late = replace(facts, came={**facts.came, host: None})
    found = {row.subject: row for row in control("events").result(late).observations}
    assert found[host].verdict == "fail"
    assert "did not arrive" in found[host].because


def test_events_of_a_log_store_that_cannot_be_read_are_not_observed():
    facts = replace(clean(), came=Unknown("the log store does not answer"))
    assert control("events").result(facts).verdict == "not observed"


def test_a_host_that_nobody_planned_fails_the_estate():
    facts = clean()
    first = facts.api.interfaces[0]
    stranger = replace(first, host="shadow", id="eni-shadow", address="10.3.0.99")
    more = replace(facts, api=replace(facts.api, interfaces=(*facts.api.interfaces, stranger)))
    found = control("declared-ways").result(more).observations
    assert [row.subject for row in found if "shadow" in row.because][:1] == ["acme/ingest"] or any(
        row.subject == facts.plan.estate and row.verdict == "fail" for row in found
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"starts": NOW - 82800, "ends": NOW + 3600}, "of its life is left"),
        ({"ends": NOW - 60}, "ran out 60 s ago"),
        ({"starts": NOW + 60}, "not valid for another 60 s"),
        ({"names": ("other",)}, "names other"),
        ({"trusted": False, "why": "unable to get local issuer"}, "does not vouch"),
    ],
)
def test_a_certificate_that_is_not_right_fails_with_the_reason(changes, words):
    facts, host = clean(), "borealis/ingest/broker-1"
    changed = replace(facts.servers[host], **changes)
    other = replace(facts, servers={**facts.servers, host: changed})
    found = {row.subject: row for row in control("certificates").result(other).observations}
    assert found[host].verdict == "fail"
    assert words in found[host].because


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"anonymous": True, "said": "MQTT CONNACK 0"}, "without a certificate"),
        ({"versions": {"TLSv1.3": False}}, "does not speak TLSv1.3"),
        ({"versions": {}}, "does not speak TLSv1.3"),
    ],
)
def test_a_server_that_takes_anybody_or_speaks_old_tls_fails(changes, words):
    facts, host = clean(), "borealis/ingest/broker-1"
    changed = replace(facts.servers[host], **changes)
    other = replace(facts, servers={**facts.servers, host: changed})
    found = {row.subject: row for row in control("mutual-tls").result(other).observations}
    assert found[host].verdict == "fail"
    assert words in found[host].because


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows[2].update(uid=0), "root by another name"),
        (lambda rows: rows[2].update(password="none"), "empty password"),
        (lambda rows: rows[0].update(password="set"), "has a password"),
        (lambda rows: rows[-1].update(sudo="(ALL : ALL) NOPASSWD: ALL"), "may do everything"),
        (lambda rows: rows[-1].update(sudo="(root) NOPASSWD: /bin/ls, ALL"), "may do everything"),
        (lambda rows: rows.append(account("vera", 1010, "/bin/bash")), "vera has a shell"),
    ],
)
def test_an_account_with_more_than_its_role_gives_fails(change, words):
    host = "shared/admin/bastion-1"
    result = control("named-accounts").result(part(clean(), host, "accounts", change))
    found = {row.subject: row for row in result.observations}
    assert found[host].verdict == "fail"
    assert words in found[host].because


def test_in_a_sealed_zone_an_operators_account_fails_as_anybodys():
    """The same account passes where the zone is not sealed."""
    host, there = "shared/audit/logstore-1", clean()
    zones = tuple(replace(row, sealed=row.id == "shared/audit") for row in there.plan.zones)
    for facts, verdict in (
        (there, "pass"),
        (replace(there, plan=replace(there.plan, zones=zones)), "fail"),
    ):
        result = control("named-accounts").result(facts)
        found = {row.subject: row for row in result.observations}
        assert found[host].verdict == verdict
    assert "olga has a shell" in found[host].because


def test_an_account_that_outlives_its_tenants_grant_fails():
    """The day is that on which the host told of its accounts."""
    host, there = "borealis/ingest/broker-1", clean()
    over = tuple(replace(row, expires="2026-12-31") for row in there.plan.entries)
    for facts, verdict in (
        (there, "pass"),
        (replace(there, plan=replace(there.plan, entries=over)), "fail"),
    ):
        result = control("named-accounts").result(facts)
        found = {row.subject: row for row in result.observations}
        assert found[host].verdict == verdict
        assert found["shared/admin/bastion-1"].verdict == "pass"
    assert "olga has a shell" in found[host].because


def test_on_the_bastion_people_may_be_themselves_by_sudo():
    """Their recorded session is one that sudo opens as the same person."""
    host = "shared/admin/bastion-1"
    own = part(clean(), host, "accounts", lambda rows: rows[-1].update(sudo="(sven) NOPASSWD: ALL"))
    found = {row.subject: row for row in control("named-accounts").result(own).observations}
    assert found[host].verdict == "pass"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda users: users["root"].update(permitrootlogin="yes"), "permitrootlogin is yes"),
        (lambda users: users["root"].pop("banner"), "announces to nobody"),
        (lambda users: users["root"].update(ciphers="aes256-cbc"), "past its time"),
        (lambda users: users["root"].update(maxauthtries="60"), "maxauthtries is 60"),
        (lambda users: users["root"].update(clientaliveinterval="0"), "silent session"),
        (lambda users: users["bulkhead"].update(allowtcpforwarding="yes"), "forward TCP"),
        (lambda users: users["bulkhead"].update(authorizedkeysfile="x"), "lists for itself"),
        (lambda users: users.clear(), "told of no account"),
    ],
)
def test_an_sshd_that_lets_more_in_fails(change, words):
    def changed(users):
        change(users)

    host = "borealis/ingest/ingest-1"
    result = control("ssh-entry").result(part(clean(), host, "sshd", changed))
    found = {row.subject: row for row in result.observations}
    assert found[host].verdict == "fail"
    assert words in found[host].because


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows[0]["settings"].update(User="root"), "runs as root"),
        (lambda rows: rows[0]["settings"].update(ActiveState="failed"), "is failed"),
        (
            lambda rows: rows[0]["settings"].update(CapabilityBoundingSet="cap_net_admin"),
            "may have",
        ),
        (lambda rows: rows[0]["settings"].update(SystemCallFilter=""), "call everything"),
        (lambda rows: rows[0]["process"].update(Seccomp="0"), "process has Seccomp 0"),
        (lambda rows: rows.clear(), "is not there"),
    ],
)
def test_a_service_that_may_do_more_fails(change, words):
    host = "borealis/ingest/ingest-1"
    result = control("sandboxes").result(part(clean(), host, "services", change))
    found = {row.subject: row for row in result.observations}
    assert found[host].verdict == "fail"
    assert words in found[host].because


def test_a_controller_may_listen_below_port_1024_and_no_more():
    host = "acme/lyon/ot/plc-1"
    more = part(clean(), host, "services", lambda rows: rows[0]["process"].update(CapEff="f" * 16))
    found = {row.subject: row for row in control("sandboxes").result(more).observations}
    assert found[host].verdict == "fail"
    assert "CapEff" in found[host].because
    assert found["borealis/tromso/ot/plc-1"].verdict == "pass"


HOST, PROXY = "borealis/ingest/ingest-1", "shared/egress/proxy-1"


@pytest.mark.parametrize(
    ("name", "host", "told", "change", "words"),
    [
        ("egress-allowlist", HOST, "outward", {"web": "200"}, "answers 200, not 403"),
        (
            "egress-allowlist",
            PROXY,
            "listed",
            {
                "entries": [["a.example", "acme", "2026-01-01"]],
                "passed": ["a.example"],
            },
            "an entry that is over still passes: a.example",
        ),
        ("name-allowlist", HOST, "outward", {"resolvers": ["10.0.16.10", "9.9.9.9"]}, "it asks"),
        ("name-allowlist", HOST, "outward", {"names": []}, "asked for nothing"),
        ("name-allowlist", HOST, "outward", {"names": [["acme.x", "0", []]]}, "code 0"),
        ("name-allowlist", HOST, "outward", {"names": [["1.arpa", "0", ["a name"]]]}, "a name"),
    ],
)
def test_a_way_out_that_gives_more_fails(name, host, told, change, words):
    found = part(clean(), host, told, lambda said: said.update(change))
    rows = {row.subject: row for row in control(name).result(found).observations}
    assert rows[host].verdict == "fail"
    assert words in rows[host].because


def test_an_entry_that_is_over_and_stopped_is_told_and_does_not_fail():
    over = ["*.over-it.example", "acme", "2026-01-01"]
    planned = Allowance(
        id="acme/x",
        tenant="acme",
        kind="egress",
        value=over[0],
        owner="shared/olga",
        reason="a trial",
        expires=over[2],
    )
    facts = part(clean(), PROXY, "listed", lambda said: said.update(entries=[over]))
    facts = replace(facts, plan=replace(facts.plan, allowances=(planned,)))
    rows = {row.subject: row for row in control("egress-allowlist").result(facts).observations}
    assert rows[PROXY].verdict == "pass"
    assert "expired and stopped: *.over-it.example" in rows[PROXY].seen


@pytest.mark.parametrize(
    ("name", "kind"), [("egress-allowlist", "web"), ("name-allowlist", "names")]
)
def test_a_refusal_that_nobody_logged_fails(name, kind):
    facts = clean()
    silent_log = replace(facts, came={**facts.came, label(HOST, kind): None})
    rows = {row.subject: row for row in control(name).result(silent_log).observations}
    assert rows[HOST].verdict == "fail"
    assert "did not arrive" in rows[HOST].because


def test_a_clock_that_is_off_fails_beyond_what_the_way_takes():
    host = "borealis/ingest/ingest-1"
    off = part(clean(), host, "clock", lambda clock: clock.update(now=NOW + 9))
    found = {row.subject: row for row in control("clocks").result(off).observations}
    assert found[host].verdict == "fail"
    assert "+8.8 s off" in found[host].because


def test_a_key_belongs_to_no_person():
    host = "borealis/ingest/ingest-1"
    owned = part(clean(), host, "keys", lambda rows: rows[0].update(owner="olga", uid=1001))
    found = {row.subject: row for row in control("private-keys").result(owned).observations}
    assert "belongs to olga" in found[host].because


def test_a_host_on_which_no_key_was_found_was_not_looked_into():
    host = "borealis/ingest/ingest-1"
    none = part(clean(), host, "keys", lambda _rows: [])
    found = {row.subject: row.verdict for row in control("private-keys").result(none).observations}
    assert found[host] == "fail"


@ALL
def test_it_says_why_what_to_do_and_what_it_maps_to(row):
    assert row.title
    assert row.why.endswith(".")
    assert row.remediation
    assert row.sabotage.what
    assert set(row.meets) <= WORDS.keys()
    assert set(row.supports) <= WORDS.keys()
    assert not set(row.meets) & set(row.supports)
    frameworks = {framework.split()[0] for framework, _ in row.mappings}
    assert frameworks == {"IEC", "NIST", "ISO/IEC", "SOC"}
    assert {name for name, _ in row.others} >= {"NIST SP 800-53 r5", "NIST SP 800-82 r3"}


def test_an_unknown_control_is_refused_with_those_that_there_are():
    with pytest.raises(WrongInput, match="ssh-entry"):
        chosen(("nonsense",))


def test_the_page_is_the_catalogue():
    assert PAGE.read_text() == page(), "run: python -m bulkhead.controls.page"


def test_requirements_are_asked_by_level():
    one, four = asked((1,) * 7), asked((4,) * 7)
    assert asked((0,) * 7) == []
    assert "SR 5.2" in one
    assert "SR 5.2 RE 1" not in one
    assert "SR 5.2 RE 1" in asked((2,) * 7)
    assert len(four) == len(WORDS) == 100
