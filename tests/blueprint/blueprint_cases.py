"""Edits of the example estate that the tests of this folder share."""

import copy
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bulkhead.blueprint import Blueprint, expand, loads
from bulkhead.blueprint.document import compose
from bulkhead.blueprint.tiers import tiers
from bulkhead.errors import Problem, WrongInput
from bulkhead.plan import Plan

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "estate.yaml"
TODAY = date(2026, 11, 22)

Edit = tuple[str, str]
"""A piece of the example that stands there once, and what takes its place."""


def edited(*edits: Edit) -> str:
    text = EXAMPLE.read_text("utf-8")
    for old, new in edits:
        assert text.count(old) == 1, f"{text.count(old)} times in the example: {old!r}"
        text = text.replace(old, new)
    return text


def loaded(text: str) -> Blueprint:
    return loads(text, "estate.yaml", TODAY)


def planned(text: str) -> Plan:
    return expand(loaded(text))


def refused(text: str | bytes) -> tuple[Problem, ...]:
    try:
        expand(loads(text, "estate.yaml", TODAY))
    except WrongInput as error:
        return error.problems
    raise AssertionError("accepted")


def place_of(text: str, piece: str) -> str:
    """Where `piece`, which stands once in the text, begins: file:line:column."""
    assert text.count(piece) == 1, f"{text.count(piece)} times: {piece!r}"
    before = text[: text.index(piece)]
    return f"estate.yaml:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def data() -> dict[str, Any]:
    """The example as plain data, to be changed and written again with `text_of`."""
    found: dict[str, Any] = compose(EXAMPLE.read_bytes(), "estate.yaml").plain()
    return found


def text_of(estate: dict[str, Any]) -> str:
    """An estate as YAML; JSON is YAML."""
    return json.dumps(estate)


def tenant(name: str, tier: str, block: int, sites: Sequence[int] = (1,), extra: int = 0) -> Any:
    """A tenant like one of the example's, with sites in these slots and hosts added.

    The flat tier's has an exception for what its tier lacks; other tiers with a gap get it too.
    """
    gaps = not all(one.level >= 2 for one in tiers()[tier].capability)
    like = "flat" if gaps else "segmented"
    model = copy.deepcopy(next(one for one in data()["tenants"] if one["tier"] == like))
    model |= {"id": name, "block": block, "tier": tier}
    model["hosts"] = dict.fromkeys(model["hosts"], 1 + extra)
    for number, person in enumerate(model["people"]):
        person["contact"] = f"p{number}@{name}.example"
    pattern = model["sites"][0]
    model["sites"] = [copy.deepcopy(pattern) | {"id": f"s{slot}", "slot": slot} for slot in sites]
    for site in model["sites"]:
        site["gateways"][0]["address"] = f"8.8.{block}.{site['slot']}"
    return model


def estate_of(*tenants: dict[str, Any], **quotas: int) -> dict[str, Any]:
    """The example with other tenants, and quotas that leave room."""
    granted = {
        "vpcs_per_region": 900,
        "elastic_ips": 4000,
        "rules_per_group": 1000,
        "peerings_per_vpc": 125,
        "entries_per_acl": 40,
    }
    return data() | {"tenants": list(tenants), "quotas": granted | quotas}
