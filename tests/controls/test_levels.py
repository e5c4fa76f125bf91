"""What answers mean for zones and conduits: fail closed, and SL-A only where all is decided."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from told_estate import clean, part, plan, sabotaged

from bulkhead.controls.catalogue import CONTROLS, chosen, control
from bulkhead.controls.facts import Unknown
from bulkhead.controls.levels import levels
from bulkhead.controls.register import Accepted
from bulkhead.controls.results import Requirement
from bulkhead.controls.running import verified

STORAGE = "borealis/storage"
SILENT = "acme/processing/inference-1"


@pytest.fixture(scope="module")
def found():
    return verified(CONTROLS, clean(), "test")


def state(found, place, name):
    return next(row for row in found.requirements if (row.place, row.requirement) == (place, name))


def level(found, zone, number):
    return next(row for row in found.levels if (row.zone, row.requirement) == (zone, f"FR{number}"))


def silent_acme():
    """The forwarder of one host of a zone whose FR6 can be decided is down."""
    return part(clean(), SILENT, "journal", lambda journal: journal.update(forwarder="failed"))


def accepting(name, subject):
    return Accepted(
        control=name,
        subject=subject,
        owner="shared/olga",
        risk="known",
        measure="watched by hand",
        approver="borealis/ingrid",
        expires=date(2999, 1, 1),
    )


def test_every_zone_is_asked_for_exactly_what_its_target_asks(found):
    asked = {row.requirement for row in found.requirements if row.place == "acme/ingest"}
    assert "SR 1.1" in asked
    assert "SR 1.2" not in asked
    assert all(row.level <= 3 for row in found.requirements)
    assert {row.zone for row in found.levels} == {zone.id for zone in plan().zones}
    assert len(found.levels) == 7 * len(plan().zones)


def test_a_requirement_that_no_control_decides_leaves_the_level_open(found):
    assert state(found, STORAGE, "SR 7.3").state == "not observed"
    assert level(found, STORAGE, 7).achieved is None
    assert "SR 7.3" in level(found, STORAGE, 7).because


def test_a_level_is_stated_where_all_is_decided(found):
    assert level(found, "acme/storage", 6).achieved == 1
    assert level(found, "acme/storage", 4).achieved == 1


def test_a_failing_control_makes_its_requirements_unmet_where_it_failed_alone():
    found = verified(CONTROLS, silent_acme(), "test")
    assert state(found, "acme/processing", "SR 6.1").state == "unmet"
    assert level(found, "acme/processing", 6).achieved == 0
    assert "forwarder is failed" in state(found, "acme/processing", "SR 6.1").because
    assert level(found, "acme/storage", 6).achieved == 1


def test_a_level_is_not_stated_as_long_as_anything_is_open_even_if_something_is_unmet():
    found = verified(CONTROLS, sabotaged(control("events")), "test")
    assert state(found, "borealis/processing", "SR 6.1").state == "unmet"
    assert state(found, "borealis/processing", "SR 6.2").state == "not observed"
    assert level(found, "borealis/processing", 6).achieved is None


def test_what_was_not_observed_decides_nothing_even_if_others_pass():
    facts = replace(clean(), tried=Unknown("no packet could be sent"))
    found = verified(CONTROLS, facts, "test")
    assert state(found, STORAGE, "SR 5.2").state == "not observed"
    assert "no packet could be sent" in state(found, STORAGE, "SR 5.2").because


def test_an_accepted_finding_with_a_measure_compensates():
    found = verified(CONTROLS, silent_acme(), "test", [accepting("events", SILENT)])
    assert state(found, "acme/processing", "SR 6.1").state == "compensated"
    assert level(found, "acme/processing", 6).achieved == 1
    assert "compensated" in level(found, "acme/processing", 6).because
    assert not found.failing


def test_an_exception_of_the_blueprint_without_a_measure_leaves_the_flat_tier_at_0(found):
    assert state(found, "acme/storage", "SR 5.1").state == "unmet"
    assert level(found, "acme/storage", 5).achieved == 0
    assert not found.failing


def test_a_conduit_answers_for_what_passes_it_alone(found):
    asked = {row.requirement for row in found.requirements if row.place == "borealis/record"}
    assert "SR 4.1 RE 1" in asked
    assert "SR 5.2 RE 1" in asked
    assert not any(name.startswith(("SR 6", "SR 7")) for name in asked)
    assert state(found, "borealis/record", "SR 4.1").state == "met"


def test_a_conduit_of_ssh_is_not_met_by_the_tls_of_the_same_hosts(found):
    assert state(found, "borealis/administer", "SR 4.1").state == "not observed"
    assert state(found, "borealis/administer", "SR 5.2").state == "met"


def test_a_conduit_whose_packets_do_not_pass_is_unmet():
    found = verified(CONTROLS, sabotaged(control("packets")), "test")
    assert state(found, "borealis/learn", "SR 5.2").state == "unmet"
    assert state(found, "borealis/record", "SR 5.2").state == "met"


def test_no_level_is_concluded_from_some_of_the_controls():
    found = verified(chosen(("events",)), clean(), "test")
    assert found.levels == ()
    assert found.requirements == ()


def test_the_level_is_below_the_lowest_that_is_unmet():
    zone = next(row for row in plan().zones if row.id == "shared/audit")
    rows = [
        Requirement(
            place=zone.id,
            requirement=name,
            level=level,
            state=state,
            controls=(),
            because="",
        )
        for name, level, state in (
            ("SR 6.1", 1, "met"),
            ("SR 6.2", 2, "unmet"),
            ("SR 6.1 RE 1", 3, "met"),
        )
    ]
    concluded = {(row.zone, row.requirement): row for row in levels(plan(), rows)}
    assert concluded[zone.id, "FR6"].achieved == 1


def test_a_components_capability_is_apart_and_never_made_up(found):
    assert {row.component for row in found.capabilities} == {row.role for row in plan().hosts}
    assert {row.stated for row in found.capabilities} == {None}


def test_it_says_when_and_of_which_plan(found):
    later = verified(chosen(("routes",)), clean(), "sim", now=datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert later.at == "2026-03-01T12:00:00+00:00"
    assert later.digest == found.digest
    assert (later.estate, later.environment) == ("example", "sim")
