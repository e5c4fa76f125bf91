"""What is generated from blueprints: the editors' schema, and the document that is signed."""

import json

import jsonschema
import pytest
from blueprint_cases import ROOT, data, estate_of, planned, tenant, text_of

from bulkhead.blueprint import requirements, schema
from bulkhead.blueprint.tiers import Tier, tiers
from bulkhead.plan import digest


def test_the_schema_accepts_what_the_loader_accepts():
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(data(), schema())


@pytest.mark.parametrize(
    ("key", "value"),
    [("tier", "moat"), ("block", 1), ("block", "2"), ("fail_mode", "open"), ("color", "red")],
)
def test_the_schema_refuses_what_the_loader_refuses(key, value):
    estate = data()
    estate["tenants"][0][key] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(estate, schema())


def test_the_schema_in_docs_is_the_generated_one():
    """Rewritten by `bulkhead plan examples/estate.yaml --schema > docs/schema/estate.json`."""
    stored = (ROOT / "docs" / "schema" / "estate.json").read_text("utf-8")
    assert json.loads(stored) == schema()


def test_the_specification_names_everything_a_customer_signs(example_plan):
    text = requirements(example_plan)
    assert digest(example_plan) in text
    for table in ("zones", "conduits", "hosts", "identities", "people"):
        for row in getattr(example_plan, table):
            assert f"`{row.id}`" in text, row.id
    for zone in example_plan.zones:
        assert zone.reason in text
        assert f"{zone.approval.on} |" in text
    assert "2028-12-31" in text
    assert "FR5: 1 wanted, 0 carried" in text
    for name in {one.tier for one in example_plan.tenants}:
        assert all(line in text for line in tiers()[name].unprotected)


def test_a_tenants_specification_shows_nothing_of_another(example_plan):
    text = requirements(example_plan, "acme")
    assert "borealis" not in text
    assert "acme/ingest" in text
    both = planned(text_of(estate_of(tenant("aa", "flat", 5), tenant("bb", "flat", 6))))
    text = requirements(both, "aa")
    assert "bb/" not in text
    assert "and zones of other tenants on this tier" in text


def test_a_specification_of_an_unknown_tenant_is_refused(example_plan):
    with pytest.raises(KeyError):
        requirements(example_plan, "nobody")


def test_words_of_a_blueprint_cannot_shape_the_document():
    estate = data()
    estate["zones"]["it"]["reason"] = "| <script>alert(1)</script> `x` [a](b) |"
    text = requirements(planned(text_of(estate)))
    assert "<script>" not in text
    assert "\\| \\<script\\>" in text


@pytest.mark.parametrize("tier", tiers().values(), ids=lambda tier: tier.name)
def test_a_tier_says_what_it_carries_and_what_it_does_not(tier):
    assert isinstance(tier, Tier)
    assert len(tier.capability) == 7
    assert all(0 <= one.level <= 4 and one.why.endswith(".") for one in tier.capability)
    assert tier.unprotected


def test_adding_a_tier_is_adding_one_file(tmp_path, monkeypatch):
    """A file dropped into the folder is a tier, in the rules, the schema and the plan."""
    from bulkhead.blueprint import tiers as package

    source = (ROOT / "bulkhead/blueprint/tiers/segmented.py").read_text("utf-8")
    (tmp_path / "moat.py").write_text(source.replace('name="segmented"', 'name="moat"'), "utf-8")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    tiers.cache_clear()
    try:
        estate = data()
        estate["tenants"][1]["tier"] = "moat"
        plan = planned(text_of(estate))
        assert {one.tier for one in plan.tenants} == {"flat", "moat"}
        assert "moat" in json.dumps(schema())
    finally:
        tiers.cache_clear()
