"""The comparison of tiers: counted from what each makes, and honest about what it cannot carry."""

import json
from datetime import date

import pytest
from blueprint_cases import EXAMPLE, estate_of, loaded, tenant, text_of
from spec_reading import read_specs

from bulkhead.blueprint.alternatives import alternatives
from bulkhead.blueprint.tiers import tiers
from bulkhead.cli.main import main
from bulkhead.errors import WrongInput
from bulkhead.evidence.comparing.columns import Column
from bulkhead.evidence.comparing.costs import hosted_hosts, hours, money, tables
from bulkhead.evidence.comparing.figures import FOOTHOLDS, figures
from bulkhead.evidence.comparing.picture import picture
from bulkhead.network.intent import intent
from bulkhead.plan import INTERNET
from infra.specs.project import specs

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def found():
    """Each tier's alternative for two tenants, with its figures."""
    pair = [tenant("one", "segmented", 2), tenant("two", "segmented", 3)]
    blueprint = loaded(text_of(estate_of(*pair)))
    return {
        row.tier.name: (row, figures(row.plan, read_specs(specs(row.plan, standins=True))))
        for row in alternatives(blueprint, TODAY)
    }


def column(row, counted, known):
    return Column(
        name=row.tier.name,
        summary=row.tier.summary,
        capability=tuple(one.level for one in row.tier.capability),
        figures=counted,
        money=money(row.plan, counted, row.tier.name, known),
        hours=hours(row.plan, counted, row.tier.name, known),
        short=row.short,
    )


def reached(plan, start):
    """Brute force over the plan's intent, which says nothing of rules or routes."""
    meant = intent(plan)
    hosts, left = {start}, [start]
    while left:
        source = left.pop()
        for target in meant.hosts:
            ways = (meant.allowed(source, target, path) for path in ("private", "public"))
            if target not in hosts | {INTERNET} and any(ways):
                hosts.add(target)
                left.append(target)
    return hosts


def test_every_tier_stands_in_the_comparison_once(found):
    assert found.keys() == tiers().keys()


def test_only_the_flat_tier_lets_tenants_reach_each_other(found):
    for name, (_, counted) in found.items():
        assert counted.pairs_across > 0
        assert bool(counted.across) == (name == "flat"), name


@pytest.mark.parametrize("name", sorted(tiers()))
def test_a_blast_radius_is_what_the_plan_s_own_conduits_come_to(found, name):
    row, counted = found[name]
    roles = {host.id: host for host in row.plan.hosts}
    assert {blast.role for blast in counted.blasts} == set(FOOTHOLDS)
    for blast in counted.blasts:
        hosts = reached(row.plan, blast.host)
        assert blast.hosts == len(hosts) - 1, blast
        lost = {roles[one].tenant for one in hosts if roles[one].role == "historian"}
        assert set(blast.data) == lost
        others = [host.id for host in row.plan.hosts if host.role == blast.role]
        worst = max(
            len({roles[o].tenant for o in reached(row.plan, h) if roles[o].role == "historian"})
            for h in others
        )
        assert len(blast.data) == worst


def test_counts_are_those_of_the_specs(found):
    for row, counted in found.values():
        stacks = specs(row.plan, standins=True).values()
        rules = [rule for stack in stacks for way in stack.conduits for rule in way.rules]
        entries = [e for s in stacks for n in s.networks for sub in n.subnets for e in sub.acl]
        assert counted.rules == len(rules)
        assert counted.acl_entries == len(entries)
        assert counted.peerings == len(row.plan.peerings)
        assert counted.hosts == len(hosted_hosts(row.plan))
        assert counted.hosts + counted.premises == len(row.plan.hosts)
        assert counted.networks == sum(not network.standin for network in row.plan.networks)


def test_a_target_that_a_tier_cannot_carry_is_told_and_not_refused(found):
    assert any("FR5 2 > 0" in line for line in found["flat"][0].short)
    assert found["segmented"][0].short == ()
    assert found["flat"][0].plan is not None


def test_a_tier_without_room_is_told_with_its_reason():
    many = tenant("one", "segmented", 2, extra=30)
    rows = {row.tier.name: row for row in alternatives(loaded(text_of(estate_of(many))), TODAY)}
    assert rows["flat"].plan is None
    assert rows["flat"].refused
    assert rows["segmented"].plan is not None
    drawn = picture(
        "x",
        [
            Column(
                name="flat",
                summary="",
                capability=(1,) * 7,
                figures=None,
                refused=rows["flat"].refused,
            )
        ],
    )
    assert "cannot hold this estate" in drawn.alt


def test_customers_premises_cost_the_provider_nothing(found):
    known = tables()
    row, counted = found["segmented"]
    instances = [one for one in money(row.plan, counted, "segmented", known) if one.unit == "hour"]
    running = sum(one.count for one in instances if one.what.startswith("instances"))
    assert running == len(hosted_hosts(row.plan)) * known.assumed["hours"]
    assert counted.premises > 0


def test_an_assumption_of_the_user_s_changes_its_line_and_no_other(found):
    row, counted = found["mesh"]
    before = {o.what: o.total for o in money(row.plan, counted, "mesh", tables())}
    longer = tables(assume=("log_months=24",))
    after = {o.what: o.total for o in money(row.plan, counted, "mesh", longer)}
    assert after.pop("stored logs") == pytest.approx(2 * before.pop("stored logs"))
    assert after == before
    known = tables(assume=("hours.hosts=0",))
    assert all(
        line.total or line.unit != "hosts" for line in hours(row.plan, counted, "mesh", tables())
    )
    assert [o.total for o in hours(row.plan, counted, "mesh", known) if o.unit == "hosts"] == [0]


def test_every_price_has_its_day_and_source_and_every_assumption_its_reason():
    known = tables()
    for row in known.prices["prices"].values():
        assert row["price"] > 0
        assert row["source"].startswith("https://aws.amazon.com/")
        assert date.fromisoformat(row["date"]) < TODAY
    told = [*known.prices["assumptions"].values(), *known.people["tasks"].values()]
    assert all(row["why"] for row in told)
    assert {name for row in known.people["tasks"].values() for name in row["tiers"]} < set(tiers())
    assert set(tiers()) < set(known.prices["keys"])


@pytest.mark.parametrize("said", ["log_month=1", "hours=", "hours=-1", "hours=nan", "hours=x"])
def test_an_assumption_that_is_none_is_refused(said):
    with pytest.raises(WrongInput, match="--assume"):
        tables(assume=(said,))


def test_a_price_table_that_lacks_something_is_refused(tmp_path):
    path = tmp_path / "prices.json"
    for text in ("", "[]", "{}", '{"prices": {}, "assumptions": {}, "instances": {}, "keys": {}}'):
        path.write_text(text)
        with pytest.raises(WrongInput, match=r"prices\.json"):
            tables(path)
    path.write_text(json.dumps(dict(tables().prices)))
    assert tables(path) == tables()


def test_the_picture_shows_each_figure_as_a_bar_of_its_share(found):
    known = tables()
    columns = [column(row, counted, known) for row, counted in found.values()]
    drawn = picture("estate", columns)
    bars = {
        rect.title: rect.width for rect in drawn.rects if rect.kind.startswith("bar") and rect.title
    }
    most = max(one.figures.rules for one in columns)
    for one in columns:
        said = f"{one.name}: rules of groups: {one.figures.rules}"
        assert bars[said] == pytest.approx(134 * one.figures.rules / most)
    for text in drawn.texts:
        assert text.extent.x >= 0
        assert text.extent.right <= drawn.width
        assert text.extent.bottom <= drawn.height
    filled = [rect for rect in drawn.rects if rect.kind == "square filled"]
    assert len(filled) == sum(sum(one.capability) for one in columns)


def test_the_command_tells_all_tiers_and_draws_them(tmp_path, capsys):
    path = tmp_path / "tiers.svg"
    assert main(["compare", str(EXAMPLE), "--json", "--picture", str(path)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {row["name"] for row in said["tiers"]} == tiers().keys()
    assert next(row for row in said["tiers"] if row["name"] == "flat")["figures"]["across"] > 0
    assert said["prices"]["prices"]["gp3"]["source"]
    assert path.read_text().startswith("<?xml")


def test_tiers_are_compared_where_they_can_be_evaluated(capsys):
    assert main(["compare", str(EXAMPLE), "--env", "aws"]) == 2
    assert "allowed: --env sim" in capsys.readouterr().err
