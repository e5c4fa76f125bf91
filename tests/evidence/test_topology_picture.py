"""The topology picture: nothing overlaps, labels fit, and only what a finding names is red."""

import time
from dataclasses import replace
from itertools import combinations
from random import Random

import pytest
from blueprint_cases import estate_of, loaded, tenant, text_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_estates import random_plan
from story_state import EXAMPLE

from bulkhead.blueprint import expand
from bulkhead.blueprint.loading import loads_imported
from bulkhead.blueprint.tiers import tiers
from bulkhead.evidence.drawing import Line, fit, width_of
from bulkhead.evidence.rendering import svg_file
from bulkhead.evidence.topology import Crossing, picture
from bulkhead.plan import INTERNET

EPSILON = 0.01
seeds = st.integers(min_value=0, max_value=10**6)
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def many(count, only=None):
    names = [only] if only else sorted(tiers())
    tenants = [
        tenant(
            f"tenant{n}",
            names[n % len(names)],
            2 + n,
            sites=(1, 2, 3)[: 1 + n % 3],
            extra=n % 4 * 3,
        )
        for n in range(count)
    ]
    return expand(loaded(text_of(estate_of(*tenants))))


def boxes(drawing):
    return {rect.id: rect for rect in drawing.rects if rect.id}


def assert_tidy(drawing):
    """Boxes lie within their parents and never meet beside each other; texts fit their boxes."""
    known = boxes(drawing)
    siblings = {}
    for rect in known.values():
        siblings.setdefault(rect.parent, []).append(rect)
        if rect.parent:
            assert known[rect.parent].holds(rect), f"{rect.id} leaves {rect.parent}"
    for rects in siblings.values():
        for one, other in combinations(rects, 2):
            assert not one.meets(other), f"{one.id} meets {other.id}"
    for text in drawing.texts:
        assert text.extent.x >= -EPSILON, text
        assert text.extent.right <= drawing.width + EPSILON, text
        assert text.extent.bottom <= drawing.height + EPSILON, text
        if text.box:
            box, extent = known[text.box], text.extent
            assert box.x - EPSILON <= extent.x, f"{text.text!r} leaves {text.box}"
            assert extent.right <= box.right + EPSILON, f"{text.text!r} leaves {text.box}"
            assert box.y <= extent.y, f"{text.text!r} leaves {text.box}"
            assert extent.bottom <= box.bottom + EPSILON, f"{text.text!r} leaves {text.box}"


def assert_labels_apart(drawing):
    labels = [text for text in drawing.texts if text.kind in ("lane", "tap")]
    for one, other in combinations(labels, 2):
        assert not one.extent.meets(other.extent), f"{one.text!r} covers {other.text!r}"


@few
@given(seed=seeds)
def test_no_boxes_overlap_and_labels_fit_in_any_estate(seed):
    drawing = picture(random_plan(seed))
    assert_tidy(drawing)
    assert_labels_apart(drawing)


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_one_tenant_or_ten_make_a_tidy_picture_soon(count):
    plan = many(count)
    began = time.process_time()
    drawing = picture(plan)
    assert time.process_time() - began < 5
    assert_tidy(drawing)
    assert_labels_apart(drawing)


@pytest.mark.parametrize("tier", sorted(tiers()))
def test_each_tier_makes_a_tidy_picture_in_which_nothing_of_the_provider_s_is_a_plant(tier):
    plan = many(2, tier)
    drawing = picture(plan)
    assert_tidy(drawing)
    assert_labels_apart(drawing)
    known = boxes(drawing)
    rows = {text.box: text.text for text in drawing.texts if text.kind == "label"}
    for zone in plan.zones:
        if zone.tenant != "shared":
            row = rows[known[zone.id].parent]
            assert row.startswith("plant") == (zone.kind in ("ot", "ai", "it")), (zone.id, row)


@pytest.mark.parametrize("name", ["tenant0", "tenant3", "tenant9"])
def test_a_tenant_s_page_is_small_enough_to_read_and_shows_nothing_of_the_others(name):
    plan = many(10)
    other = next(host.id for host in plan.hosts if host.tenant == "tenant1")
    mine = next(host.id for host in plan.hosts if host.tenant == name)
    crossings = [
        Crossing(source=other, target=mine, kind="opened", what="tcp 22"),
        Crossing(source=INTERNET, target=other, kind="opened", what="tcp 23"),
    ]
    drawing = picture(plan, crossings, {other: "why", mine: "because"}, name)
    assert drawing.width < picture(plan).width / 2
    assert drawing.width < 1400
    assert_tidy(drawing)
    assert red_lines(drawing) == {(other, mine)}
    shown = {host.id for host in plan.hosts} & boxes(drawing).keys()
    assert shown == {h.id for h in plan.hosts if h.tenant in (name, "shared")} | {other}
    assert any(f"{other}: of another tenant" == text.title for text in drawing.texts)
    with pytest.raises(KeyError):
        picture(plan, (), {}, "nobody")


IMPORTED = """
kind: imported
estate: found
region: eu-central-1
owner: unknown
networks: [{id: vpc-1, account: "111111111111", cidrs: ["10.0.0.0/16"], public: true}]
subnets:
  - {id: subnet-1, network: vpc-1, cidr: "10.0.1.0/24", zone: prod/web}
  - {id: subnet-2, network: vpc-1, cidr: "10.0.2.0/24", zone: prod/odd}
zones:
  - {id: prod/web, kind: ingest, tenant: acme, consequence: unknown, target: unknown,
     reason: unknown, approval: unknown}
  - {id: prod/odd, kind: unknown, tenant: acme, consequence: unknown, target: unknown,
     reason: unknown, approval: unknown}
groups: [{id: a, network: vpc-1}, {id: b, network: vpc-1}]
hosts:
  - {id: "Web server #1", instance: i-1, subnet: subnet-1, group: a, role: unknown,
     address: 10.0.1.9, public: 198.51.100.9}
  - {id: i-2, instance: i-2, subnet: subnet-2, group: b, role: unknown, address: 10.0.2.9}
conduits:
  - {id: in, from: [internet], to: [a], services: [tcp 443], path: public, authenticate: unknown,
     mediator: unknown, reason: unknown}
  - {id: on, from: [a], to: [b], services: [any], authenticate: unknown, mediator: unknown,
     reason: unknown}
"""


def test_an_imported_estate_is_drawn_by_its_networks_and_says_what_was_not_stated():
    plan = expand(loads_imported(IMPORTED, "found.yaml"))
    crossing = Crossing(source=INTERNET, target="i-2", kind="opened", what="tcp 22")
    drawing = picture(plan, [crossing])
    assert_tidy(drawing)
    assert_labels_apart(drawing)
    said = [text.text for text in drawing.texts]
    assert {"network vpc-1", "web: ingest", "odd: unknown", "from outside: tcp 443"} < set(said)
    assert said.count("SL-T not stated") == 2
    assert not any("plant" in text for text in said)
    assert red_lines(drawing) == {(INTERNET, "i-2")}
    assert any(line.title.startswith("on: any") for line in drawing.lines)


def test_every_zone_and_host_of_the_plan_stands_in_the_picture(plan):
    known = boxes(picture(plan))
    assert {zone.id for zone in plan.zones} <= known.keys()
    assert {host.id: known[host.id].parent for host in plan.hosts} == {
        host.id: host.zone for host in plan.hosts
    }


@few
@given(seed=seeds)
def test_every_conduit_is_told_by_some_line(seed):
    plan = random_plan(seed)
    drawing = picture(plan)
    told = "\n".join(line.title for line in drawing.lines) + "".join(
        text.text for text in drawing.texts
    )
    for conduit in plan.conduits:
        within = all(len(zones) == 1 for zones in conduit.zones)
        same = within and conduit.zones[0] == conduit.zones[1]
        mesh = conduit.service.protocol == "any"
        assert conduit.id in told or same or mesh, conduit.id


def red_lines(drawing):
    return {
        (line.source, line.target)
        for line in drawing.lines
        if isinstance(line, Line) and line.kind.startswith("red") and line.source
    }


@few
@given(seed=seeds)
def test_a_red_flow_appears_if_and_only_if_a_finding_names_it(seed):
    plan, random = random_plan(seed), Random(seed)
    ends = [host.id for host in plan.hosts] + [INTERNET]
    pairs = {tuple(random.sample(ends, 2)) for _ in range(random.randint(0, 4))}
    crossings = [
        Crossing(source=source, target=target, kind="opened", what="tcp 22")
        for source, target in sorted(pairs)
    ]
    drawing = picture(plan, crossings)
    assert red_lines(drawing) == pairs
    assert_tidy(drawing)
    assert bool(pairs) == ("In red" in drawing.alt)


def test_no_finding_leaves_nothing_red(plan):
    drawing = picture(plan)
    kinds = {shape.kind for shape in drawing.shapes}
    assert not any("red" in kind or "failing" in kind or kind == "badge" for kind in kinds)


def test_a_failing_zone_and_host_are_outlined_marked_and_explained(plan):
    why = {"borealis/ingest": "SR 5.1 is unmet", "shared/admin/bastion-1": "TLS 1.2"}
    drawing = picture(plan, (), why)
    outlined = {rect.id: rect for rect in drawing.rects if "failing" in rect.kind and rect.id}
    assert outlined.keys() == why.keys()
    assert all(text in outlined[name].title for name, text in why.items())
    crossed = {text.box for text in drawing.texts if text.text.startswith("✕")}
    assert crossed == why.keys()


def test_ends_that_no_plan_knows_stand_outside_and_say_so(plan):
    crossing = Crossing(source="i-0abc", target="acme/ingest/broker-1", kind="opened", what="tcp 1")
    drawing = picture(plan, [crossing])
    assert boxes(drawing)["i-0abc"].parent == ""
    assert any("i-0abc: not in the plan" in text.title for text in drawing.texts)
    assert_tidy(drawing)


def test_numbers_of_red_flows_cover_each_other_neither_in_picture_nor_legend(plan):
    hosts = [host.id for host in plan.hosts][:5]
    crossings = [
        Crossing(source=a, target=b, kind="opened", what="tcp 22")
        for a, b in combinations(hosts, 2)
    ]
    badges = [shape for shape in picture(plan, crossings).shapes if shape.kind == "badge"]
    assert len(badges) == 2 * len(crossings)
    for one, other in combinations(badges, 2):
        assert (one.x - other.x) ** 2 + (one.y - other.y) ** 2 > one.radius**2


def test_very_long_and_very_strange_names_stay_in_their_boxes(plan):
    hosts = tuple(
        replace(host, id=host.id.rpartition("/")[0] + "/" + "W" * 80 + str(n))
        for n, host in enumerate(plan.hosts)
    )
    zones = tuple(replace(zone, kind=zone.kind) for zone in plan.zones)
    assert_tidy(picture(replace(plan, hosts=hosts, zones=zones)))


def test_the_same_plan_makes_the_same_picture(plan):
    assert picture(plan) == picture(plan)


@given(text=st.text(max_size=60), width=st.floats(20, 300))
def test_a_fitted_text_is_no_wider_than_asked(text, width):
    assert width_of(fit(text, width, 11), 11) <= max(width, width_of("…", 11))


def test_the_picture_in_docs_is_the_example_s(plan):
    drawn = svg_file(picture(plan))
    kept = (EXAMPLE.parents[1] / "docs" / "topology.svg").read_text()
    assert kept == drawn, (
        "the example or the picture changed: bulkhead report examples/estate.yaml "
        "--state $(mktemp -d) --topology docs/topology.svg"
    )
