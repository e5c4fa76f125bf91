"""What a new plan loosens is said; what it tightens, or leaves, is not."""

from dataclasses import replace
from pathlib import Path

import pytest

from bulkhead.blueprint import expand, load
from bulkhead.plan import Allowance, Service, TierException
from bulkhead.plan.loosening import loosened

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"
PLAN = expand(load(EXAMPLE))
EXCEPTION = TierException(owner="o", reason="pilot", approver="claire", expires="2029-01-01")


def allowance(kind="gateway", value="198.51.100.0/28", expires="2027-01-01", tenant="acme"):
    return Allowance(
        id=f"{tenant}/{kind}/x",
        tenant=tenant,
        kind=kind,
        value=value,
        owner="acme/ines",
        reason="a reason",
        expires=expires,
    )


def changed(table, which, plan=PLAN, **change):
    """The plan with one row of a table changed."""
    rows = getattr(plan, table)
    assert any(row.id == which for row in rows)
    new = tuple(replace(row, **change) if row.id == which else row for row in rows)
    return replace(plan, **{table: new})


def holding(*rows):
    return replace(PLAN, allowances=rows)


def conduit(which):
    return next(row for row in PLAN.conduits if row.id == which)


def without(which):
    return replace(PLAN, conduits=tuple(row for row in PLAN.conduits if row.id != which))


RECORD, TELEMETRY = "borealis/record", "borealis/telemetry"
WIDER = [
    (
        without(RECORD),
        PLAN,
        "conduit borealis/record opens borealis/ingest -> borealis/storage, tcp 5432, mediated by",
    ),
    (
        PLAN,
        changed("conduits", RECORD, service=Service(protocol="tcp", first=22, last=5432)),
        "conduit borealis/record carries tcp 22-5432 where it carried tcp 5432",
    ),
    (
        PLAN,
        changed("conduits", RECORD, service=Service(protocol="any")),
        "carries everything where it carried tcp 5432",
    ),
    (
        PLAN,
        changed("conduits", RECORD, sources=("acme/x", *conduit(RECORD).sources)),
        "conduit borealis/record admits acme/x besides",
    ),
    (
        PLAN,
        changed("conduits", RECORD, targets=("acme/x", *conduit(RECORD).targets)),
        "conduit borealis/record reaches acme/x besides",
    ),
    (PLAN, changed("conduits", RECORD, path="public"), "goes by public address"),
    (
        PLAN,
        changed("conduits", RECORD, authentication="none"),
        "authenticates by none where it was mtls",
    ),
    (PLAN, changed("conduits", RECORD, mediator=""), "is mediated by nobody where it was"),
    (
        replace(PLAN, entries=PLAN.entries[1:]),
        PLAN,
        "shared/olga may enter acme from 2026-02-16 until 2027-12-31 (granted by acme/claire)",
    ),
    (
        PLAN,
        changed("entries", "acme/entry/provider.support/2026-02-16", expires="2028-12-31"),
        "shared/sven may enter acme from 2026-02-16 until 2028-12-31",
    ),
    (holding(), holding(allowance()), "allowlist of acme (gateway) takes in 198.51.100.0/28"),
    (
        holding(allowance()),
        holding(allowance(value="198.51.100.0/24")),
        "takes in 198.51.100.0/24 until 2027-01-01 (owner acme/ines): a reason",
    ),
    (
        holding(allowance()),
        holding(allowance(expires="2028-01-01")),
        "holds 198.51.100.0/28 until 2028-01-01, not 2027-01-01",
    ),
    (
        holding(allowance("egress", "a.example")),
        holding(allowance("egress", "*.example")),
        "takes in *.example",
    ),
    (
        PLAN,
        changed("zones", "borealis/storage", target=(2, 2, 2, 2, 1, 2, 1)),
        "zone borealis/storage lowers its target: FR5 2 to 1",
    ),
    (
        PLAN,
        changed("zones", "borealis/storage", exception=EXCEPTION),
        "zone borealis/storage is excepted from its target until 2029-01-01 (approved by claire)",
    ),
    (
        PLAN,
        changed("hosts", "borealis/storage/historian-1", public="allocate"),
        "host borealis/storage/historian-1 gets a public address in zone borealis/storage",
    ),
    (
        changed("hosts", "borealis/storage/historian-1", sidecar=True),
        PLAN,
        "host borealis/storage/historian-1 loses its sidecar",
    ),
    (
        PLAN,
        changed("tenants", "borealis", tier="flat"),
        "tenant borealis goes from tier segmented to flat",
    ),
    (
        PLAN,
        changed("identities", PLAN.identities[0].id, lifetime=10**9),
        "live 1000000000 s where it was",
    ),
]


@pytest.mark.parametrize(("before", "after", "said"), WIDER)
def test_what_is_loosened_is_said(before, after, said):
    found = loosened(before, after)
    assert len(found) == 1, found
    assert said in found[0]


@pytest.mark.parametrize(("before", "after", "said"), WIDER)
def test_the_way_back_tightens_and_is_not_said(before, after, said):
    back = loosened(after, before)
    # Who authenticates or mediates otherwise may check less: both ways are told.
    assert not [line for line in back if "mediated by" not in line], said


def test_nothing_is_said_of_the_same_plan():
    assert loosened(PLAN, PLAN) == []


def test_a_conduit_by_another_name_opens_nothing():
    assert loosened(PLAN, changed("conduits", RECORD, id="borealis/renamed")) == []


def test_a_new_tenant_is_one_sentence():
    before = replace(
        PLAN,
        tenants=tuple(row for row in PLAN.tenants if row.id != "borealis"),
        conduits=tuple(row for row in PLAN.conduits if row.stack != "borealis"),
    )
    (line,) = loosened(before, PLAN)
    assert line.startswith("tenant borealis is new: its own ")
    assert loosened(PLAN, before) == []


def test_a_name_below_a_listed_one_was_let_out_already():
    before = holding(allowance("egress", "*.example"))
    assert loosened(before, holding(allowance("egress", "a.example"))) == []
    assert loosened(before, holding(allowance("egress", "a.notexample")))
