"""What makes rows out of the inventory's lists."""

import pytest
from module_runs import plugin

OLGA = {"name": "olga", "comment": "Olga", "principals": ["shared.olga"], "sudo": "all"}
SVEN = {"name": "sven", "principals": ["shared.sven", "shared.duty"], "sudo": "none"}


def test_overlapping_prefixes_become_the_fewest_that_hold_the_same():
    collapsed = plugin("filter", "addresses").collapsed
    assert collapsed(["10.0.0.0/25", "10.0.0.128/25", "10.0.0.7/32"]) == ["10.0.0.0/24"]


def test_what_is_no_prefix_is_refused():
    with pytest.raises(ValueError, match="host bits"):
        plugin("filter", "addresses").collapsed(["10.0.0.1/24"])


def test_only_who_may_look_reads_the_journal():
    rows = plugin("filter", "people").people([OLGA, SVEN])
    assert [row["groups"] for row in rows] == [["systemd-journal"], []]


def test_each_account_opens_to_its_own_principals():
    rows = plugin("filter", "people").principal_files([OLGA, SVEN])
    assert rows[1] == {
        "path": "/etc/bulkhead/ssh/principals/sven",
        "content": "shared.sven\nshared.duty\n",
    }
