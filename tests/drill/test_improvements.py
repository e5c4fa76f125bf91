"""The improvement plan: opened with owner and date, closed by the same drill holding, reopened."""

from datetime import date

import pytest
from rehearsal import EXERCISE

from bulkhead.drill.findings import Finding
from bulkhead.drill.improvements import PUT_BACK, Planning, keep, read, updated
from bulkhead.drill.owners import holder
from bulkhead.drill.timeline import Recording
from bulkhead.errors import WrongInput

DAY, LATER = date(2026, 11, 24), date(2027, 2, 1)


def recorded(standing, subject="view is back", environment="sim", ended="whole", unmended=()):
    finding = Finding(
        subject=subject, source="", target="", expected="x", seen="y", standing=standing
    )
    return Recording(
        run={"drill": "rehearsal", "environment": environment},
        findings=((1.0, finding),),
        end={"ended": ended, "unmended": list(unmended)},
        ended=True,
    )


@pytest.fixture
def after(plan):
    def step(known, recording, today=DAY, days=30, tenant="acme"):
        planning = Planning(plan=plan, exercise=EXERCISE, tenant=tenant, today=today, days=days)
        return updated(known, recording, planning)

    return step


@pytest.mark.parametrize(
    ("standing", "opened"),
    [
        ("deviated", 1),
        ("not observed", 1),
        ("held", 0),
        ("not run", 0),
        ("censored", 0),
    ],
)
def test_what_deviated_or_was_not_seen_is_to_be_improved(after, standing, opened):
    assert len(after((), recorded(standing))) == opened


def test_its_owner_is_the_objectives_and_its_date_is_in_thirty_days_or_as_agreed(after):
    [row] = after((), recorded("deviated"))
    assert (row.objective, row.owner, row.due) == ("O2", "shared/olga", "2026-12-24")
    assert row.issue == "y instead of x"
    [row] = after((), recorded("deviated", subject="alert seen"), days=7)
    assert (row.objective, row.owner, row.due) == ("O1", "acme/ines", "2026-12-01")


def test_it_closes_when_the_drill_holds_in_the_same_environment(after):
    opened = after((), recorded("deviated"))
    [other] = after(opened, recorded("held", environment="lab"), today=LATER)
    assert other.closed == ""
    [other] = after(opened, recorded("held"), today=LATER, tenant="borealis")
    assert other.closed == ""
    [closed] = after(opened, recorded("held"), today=LATER)
    assert closed.closed == "2027-02-01"


@pytest.mark.parametrize("ended", ["interrupted", "failed", "not in steady state"])
def test_a_run_that_was_not_whole_closes_nothing(after, ended):
    [row] = after(after((), recorded("deviated")), recorded("held", ended=ended), today=LATER)
    assert row.closed == ""


def test_still_deviating_it_keeps_its_date(after):
    [row] = after(after((), recorded("deviated")), recorded("deviated"), today=LATER)
    assert (row.opened, row.due, row.times) == ("2026-11-24", "2026-12-24", 1)
    assert row.overdue(LATER)
    assert not row.overdue(DAY)


def test_deviating_again_it_is_opened_again_with_a_new_date(after):
    closed = after(after((), recorded("deviated")), recorded("held"))
    [row] = after(closed, recorded("deviated"), today=LATER)
    assert (row.closed, row.opened, row.due, row.times) == ("", "2027-02-01", "2027-03-03", 2)


def test_what_could_not_be_put_back_is_to_be_improved_too_and_closes(after):
    rows = after((), recorded("held", unmended=["TakeBack(what='rule')"]))
    assert [row.subject for row in rows] == [PUT_BACK]
    assert "TakeBack" in rows[0].issue
    [row] = after(rows, recorded("held"))
    assert row.closed


def test_the_plan_survives_its_file(after, tmp_path):
    assert read(tmp_path) == ()
    rows = after((), recorded("deviated"))
    keep(tmp_path, rows)
    assert read(tmp_path) == rows
    (tmp_path / "improvements.json").write_text('[{"drill": 1}]')
    with pytest.raises(WrongInput, match=r"improvements\.json"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("role", "who"),
    [
        ("customer.engineer", "acme/ines"),
        ("provider.operator", "shared/olga"),
        ("operator", "acme/marc"),
        ("support", "shared/sven"),
        ("acme/paul", "acme/paul"),
        ("customer.support", None),
        ("nobody", None),
    ],
)
def test_a_role_means_whoever_of_it_is_asked_first(plan, role, who):
    found = holder(plan, role, "acme")
    assert (found.id if found else None) == who
