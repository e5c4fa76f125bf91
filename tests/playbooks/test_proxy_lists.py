"""What squid and unbound let pass is exactly the list, judged by a plain reading of both."""

import importlib.util
import json
from datetime import date
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

PROGRAM = Path(__file__).parents[2] / "roles" / "proxy" / "files" / "bulkhead-proxy-lists"
TODAY = date(2026, 11, 26)


def _program():
    loader = SourceFileLoader("proxy_lists", str(PROGRAM))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("proxy_lists", loader))
    loader.exec_module(module)
    return module


lists = _program()


def entry(value, tenant="acme", expires="2026-12-31"):
    return {
        "id": value,
        "tenant": tenant,
        "value": value,
        "owner": "shared/olga",
        "expires": expires,
    }


def client(targets=None, tenant="acme"):
    return {
        "name": f"{tenant}.ingest.ingest-1",
        "address": "10.0.0.1",
        "tenant": tenant,
        "authority": f"{tenant}/workload",
        "targets": targets or {},
    }


def answer(zone, name):
    """What a response policy zone says of a name, as RFC 4592 has it: the name itself, or the
    wildcard of its closest encloser; None where the zone has no word."""
    said = dict(line.split(" ", 1) for line in zone.splitlines()[3:])
    if name in said:
        return said[name]
    there = {ancestor for owner in said for ancestor in ancestors(owner)}
    for ancestor in ancestors(name)[1:]:
        if ancestor in there or not ancestor:
            return said.get(f"*.{ancestor}" if ancestor else "*")
    raise AssertionError(name)


def ancestors(name):
    labels = name.split(".")
    return [*(".".join(labels[number:]) for number in range(len(labels))), ""]


LABEL = st.sampled_from(["a", "b", "c"])
NAME = st.lists(LABEL, min_size=1, max_size=4).map(".".join)
VALUE = st.tuples(st.booleans(), NAME).map(lambda row: "*." * row[0] + row[1])


@given(st.sets(VALUE, max_size=5), st.dictionaries(NAME, st.just("10.0.0.9"), max_size=3), NAME)
def test_a_zone_passes_listed_names_tells_targets_and_denies_every_other(values, targets, name):
    zone = lists.zone(client(targets), [entry(value) for value in values])
    said = answer(zone, name)
    listed = name in values or any(
        value.startswith("*.") and name.endswith(value[1:]) for value in values
    )
    if name in values:
        assert said == "CNAME rpz-passthru."
    elif name in targets:
        assert said == "A 10.0.0.9"
    else:
        assert said == ("CNAME rpz-passthru." if listed else "CNAME .")


def test_another_tenants_names_are_in_no_zone_of_mine():
    zone = lists.zone(client(), [entry("updates.example", tenant="borealis")])
    assert answer(zone, "updates.example") == "CNAME ."
    assert answer(lists.zone({"tenant": None}, [entry("updates.example")]), "updates.example") == (
        "CNAME rpz-passthru."
    )


def test_an_entry_holds_on_its_last_day_and_not_the_day_after():
    allowed = {"clients": [client()], "entries": [entry("a.example", expires="2026-11-26")]}
    allowed["resolvers"] = []
    assert "a.example" in lists.rendered(allowed, TODAY)["squid.acl"]
    assert "a.example" not in json.dumps(lists.rendered(allowed, date(2026, 11, 27)))


def test_a_wildcard_is_a_pattern_that_its_own_name_does_not_meet():
    text = lists.squid([client()], [entry("*.wild.example")])
    assert r"dstdom_regex -n ^.+\.wild\.example$" in text
    assert "dstdomain" not in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda row: row["entries"].append(entry("a b")), "no name"),
        (lambda row: row["entries"].append(entry("*")), "no name"),
        (lambda row: row["entries"].append(entry("a\nhttp_access allow all")), "no name"),
        (lambda row: row["entries"].append(entry("a.example", expires="soon")), "no day"),
        (lambda row: row["clients"][0].update(address="10.0.0.0/8"), "no IPv4 address"),
        (lambda row: row["clients"][0].update(authority='x" all'), "no id"),
        (lambda row: row["clients"][0].pop("targets"), "does not hold"),
        (lambda row: row["resolvers"].append("nowhere"), "no IPv4 address"),
        (lambda row: row.pop("resolvers"), "does not hold"),
    ],
)
def test_what_is_no_allowlist_is_refused_with_the_reason(change, words):
    allowed = {"clients": [client()], "entries": [], "resolvers": []}
    assert lists.checked(allowed) is allowed
    change(allowed)
    with pytest.raises(lists.Unsound, match=words):
        lists.checked(allowed)
