"""The report: one file that loads nothing, escapes everything, and says what was not observed."""

import re
import time
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

import pytest
from page_reader import Page
from story_state import AT, verification

from bulkhead.evidence import report
from bulkhead.evidence.story import Story
from bulkhead.plan import digest

HOSTILE = "<script>alert('x')</script>\"&<img src=x onerror=y>"
SECTIONS = (
    "summary",
    "estate",
    "claim",
    "drills",
    "plant",
    "attacks",
    "controls",
    "levels",
    "unobserved",
    "appendix",
)


@pytest.fixture(scope="module")
def read(page):
    return Page(page)


def bare(plan):
    return Story(plan=plan, digest=digest(plan), made=AT)


def section(page, name):
    found = re.search(rf'<section id="{name}".*?</section>', page, re.DOTALL)
    assert found, name
    return Page(found.group(0)).text


def test_every_element_is_closed_where_it_was_opened(read):
    assert read.errors == []


def test_it_loads_nothing_and_runs_no_script(read, page):
    assert read.loads() == []
    assert {"script", "link", "img", "iframe", "object", "embed"} & {
        n for n, _ in read.elements
    } == set()
    assert "url(" not in page
    assert "@import" not in page
    assert not [name for _, a in read.elements for name in a if name.startswith("on")]
    assert not [a for _, a in read.elements if "style" in a]


def test_its_policy_allows_its_own_style_sheet_and_nothing_else(read, page):
    [policy] = [a["content"] for a in read.named("meta") if "http-equiv" in a]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL).group(1)
    hashed = b64encode(sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashed}'; base-uri 'none'; form-action 'none'"
    )
    assert len(read.named("style")) == 1


def test_it_can_be_read_by_people_who_hear_it(read):
    assert read.named("html") == [{"lang": "en"}]
    assert len(read.named("h1")) == 1
    assert all(a.get("role") == "img" and a.get("aria-label") for a in read.named("svg"))
    assert all(a.get("scope") in ("col", "row") for a in read.named("th"))
    labels = {a["for"] for a in read.named("label")}
    assert {a["id"] for a in read.named("input")} == labels
    levels = [int(name[1]) for name, _ in read.elements if re.fullmatch(r"h[1-6]", name)]
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_ids_are_borne_once_and_every_link_leads_to_one(read):
    ids = [a["id"] for _, a in read.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["href"].removeprefix("#") for a in read.named("a")} <= set(ids)
    assert set(SECTIONS) <= set(ids)


def test_the_headline_states_estate_digest_environments_and_moment(page, plan):
    head = Page(page[: page.index("<main>")]).text
    assert plan.estate in head
    assert digest(plan) in head
    assert "sim, lab" in head
    assert "2026-11-26 19:30:00 UTC" in head


def test_hostile_names_are_shown_as_text(plan):
    hosts = tuple(replace(host, id=HOSTILE + host.id) for host in plan.hosts)
    zones = tuple(replace(zone, reason=HOSTILE) for zone in plan.zones)
    conduits = tuple(replace(row, reason=HOSTILE) for row in plan.conduits)
    strange = replace(plan, estate=HOSTILE, hosts=hosts, zones=zones, conduits=conduits)
    found = verification(strange)
    results = tuple(replace(row, title=HOSTILE, remediation=HOSTILE) for row in found.results)
    story = replace(
        bare(strange),
        verifications=(replace(found, environment=HOSTILE, results=results),),
        unread=((HOSTILE, HOSTILE),),
        tools=((HOSTILE, HOSTILE),),
    )
    for text in (report.page(story), report.map_file(story)):
        read = Page(text)
        assert read.errors == []
        assert {"script", "img"} & {name for name, _ in read.elements} == set()
        assert HOSTILE in text.replace("&lt;", "<").replace("&gt;", ">").replace(
            "&#39;", "'"
        ).replace("&#34;", '"').replace("&amp;", "&")
        assert "<script" not in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("claim", "no run of `bulkhead probe --env lab` was kept"),
        ("drills", "no timeline of a drill was kept"),
        ("plant", "no signals were read"),
        ("attacks", "no timeline of an attack was kept"),
        ("controls", "no run of `bulkhead verify --env sim` was kept"),
        ("levels", "no run of bulkhead verify has stated achieved levels"),
        ("appendix", "held no timeline, claim or verification"),
    ],
)
def test_a_section_without_its_part_says_that_it_was_not_observed(plan, name, said):
    text = section(report.page(bare(plan)), name)
    assert "Not observed" in text
    assert said in text


def test_nothing_observed_is_never_told_as_held(plan):
    page = report.page(bare(plan))
    assert "nothing was observed yet" in page
    assert 'class="chip held"' not in page
    assert 'class="chip pass"' not in page


def test_everything_unseen_is_gathered_in_one_place(page, story):
    text = section(page, "unobserved")
    for sentence in (
        "The claim in sim: packets were not observed there.",
        "Attack cross-zone-pivot in lab: it has not run there.",
        "Control backup in lab: 1 of 1 not observed: offered to a client of 2015.",
        "Security levels in lab: 33 of 105 not decided.",
    ):
        assert sentence in text
    torn = replace(story, unread=(("runs/x.jsonl", "line 1 is not JSON"),))
    said = "The file runs/x.jsonl could not be read: line 1 is not JSON."
    assert said in section(report.page(torn), "unobserved")


def test_where_nothing_is_missing_it_says_so(plan, story, monkeypatch):
    monkeypatch.setattr("bulkhead.evidence.unseen.verdicts", lambda story: ())
    full = section(report.page(bare(plan)), "unobserved")
    assert "Nothing that this report looks for was missing." in full


def test_evidence_of_another_blueprint_counts_for_nothing(story, plan):
    other = replace(story, digest="0" * 64)
    page = report.page(other)
    assert "another state of the blueprint" in section(page, "summary")
    assert 'class="red opened"' not in page
    assert "The claim in lab does not hold" not in page


def test_what_held_and_what_did_not_is_said_in_a_sentence_each(page):
    summary = section(page, "summary")
    for sentence in (
        "The claim in sim: intent = model, no difference",
        "The claim in lab does not hold: 2 differences",
        "Drill certificate-expiry in lab: 4 findings: 1 deviated, 3 held.",
        "Attack cross-zone-pivot in sim: 113 findings: 113 held.",
        "Controls in lab: 4 controls: 1 fail, 1 not observed, 1 accepted, 1 pass.",
        "Attack cross-zone-pivot in lab: it has not run there.",
    ):
        assert sentence in summary


def test_a_level_that_is_not_decided_is_said_to_be_so(page):
    text = section(page, "levels")
    assert "not decided of 3" in text
    assert "SR 7.3 is not observed" in text


def test_requirements_are_told_where_they_are_not_met_and_counted_everywhere(page):
    text = section(page, "levels")
    assert "unmet acme/ingest SR 2.1 1 tls-endpoints tls-endpoints: unmet" in text
    assert "compensated acme/ingest SR 3.1" in text
    assert "acme/ingest 1 1 1 1" in text
    assert "tls-endpoints: not observed 15 SR 4.1" in text
    assert "broker not stated nothing on file" in text


def test_improvements_say_owner_and_date_and_what_is_overdue(page):
    text = section(page, "drills")
    assert "overdue the customer's contact acknowledged" in text
    assert "acme/claire 2026-10-01 (2 times) 2026-10-31" in text
    assert "closed 2026-11-20 telemetry returned" in text


def test_a_drill_says_where_sim_and_lab_differ(page):
    text = section(page, "drills")
    assert "Of 4 findings, 1 differ between sim and lab." in text
    assert "the customer's contact acknowledged within 180 s not observed ✕ deviated" in text


def test_notes_of_the_register_are_told(page):
    assert "entry 3 has expired" in section(page, "controls")


def test_a_run_that_names_no_blueprint_says_so(plan, story):
    runs = tuple(replace(run, digest=None) for run in story.drills[0].runs)
    other = replace(story, exercises=(replace(story.drills[0], runs=runs),))
    said = "does not say for which state of the blueprint it ran"
    assert said in section(report.page(other), "drills")
    assert said not in section(report.page(story), "drills")


def test_inputs_are_listed_with_their_digests(page, state):
    text = section(page, "appendix")
    for path in sorted(state.rglob("*.json*")):
        assert sha256(path.read_bytes()).hexdigest() in text


def test_the_same_story_makes_the_same_bytes_in_time_and_in_size(story, page):
    began = time.process_time()
    assert report.page(story) == page
    assert time.process_time() - began < 2
    assert len(page.encode()) < 2_000_000


def test_the_map_stands_alone_in_both_colours(story):
    text = report.map_file(story)
    read = Page(text.partition("\n")[2])
    assert read.errors == []
    assert read.loads() == []
    assert "prefers-color-scheme:dark" in text


def contrast(one, other):
    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    first, second = sorted((light(one), light(other)), reverse=True)
    return (first + 0.05) / (second + 0.05)


PAIRS = (
    *((ink, back) for ink in ("ink", "soft", "accent", "bad") for back in ("page", "card", "zone")),
    ("good", "good-back"),
    ("bad", "bad-back"),
    ("warn", "warn-back"),
    ("soft", "dim-back"),
    ("ink", "host"),
    ("ink", "accent-back"),
    *((ink, f"zone-{name}") for ink in ("soft", "accent") for name in "abcd"),
)


@pytest.mark.parametrize("pair", PAIRS)
def test_text_can_be_told_from_its_ground_in_light_and_dark(page, pair):
    sets = re.findall(r"--page:.*?(?=\})", page, re.DOTALL)
    assert len(sets) >= 4
    for found in sets:
        colours = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})", found))
        assert contrast(colours[pair[0]], colours[pair[1]]) >= 4.5, colours[pair[1]]
