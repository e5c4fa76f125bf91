"""A change said in a sentence: what it does, and what is refused."""

import pytest

from bulkhead.errors import WrongInput
from bulkhead.network.deployed import Deployed, Group, GroupRule
from bulkhead.network.whatif import changed

A = Group(id="sg-a", name="a", vpc="v", default=False, rules=())
RULE = GroupRule(id="r", egress=False, protocol=6, first=22, last=22, group="sg-b")
B = Group(id="sg-b", name="b", vpc="v", default=False, rules=())
OPEN = "open tcp 22 into a from b"


def rules(deployed: Deployed, group: str) -> set[tuple[bool, int, int, int, str | None]]:
    row = next(row for row in deployed.groups if row.id == group)
    return {(r.egress, r.protocol, r.first, r.last, r.group or r.cidr) for r in row.rules}


def test_opening_a_way_changes_both_sides():
    found = changed(Deployed(groups=(A, B)), OPEN)
    assert rules(found, "sg-a") == {(False, 6, 22, 22, "sg-b")}
    assert rules(found, "sg-b") == {(True, 6, 22, 22, "sg-a")}


def test_closing_takes_back_what_opening_did():
    before = Deployed(groups=(A, B))
    assert changed(changed(before, OPEN), "close tcp 22 into a from b") == before


def test_a_prefix_is_admitted_on_the_targets_side_alone():
    found = changed(Deployed(groups=(A, B)), "open udp 53-54 into a from 10.0.0.0/8")
    assert rules(found, "sg-a") == {(False, 17, 53, 54, "10.0.0.0/8")}
    assert rules(found, "sg-b") == set()


def test_a_group_can_be_opened_to_itself():
    found = changed(Deployed(groups=(A,)), "open any into a from a")
    assert rules(found, "sg-a") == {
        (False, -1, 0, 65535, "sg-a"),
        (True, -1, 0, 65535, "sg-a"),
    }


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "open the door",
        "open tcp 99999 into a from b",
        "open tcp 5-2 into a from b",
        "open tcp 22 into c from b",
        "open tcp 22 into a from c",
    ],
)
def test_what_cannot_be_carried_out_is_refused_with_what_is_allowed(sentence):
    with pytest.raises(WrongInput) as caught:
        changed(Deployed(groups=(A, B)), sentence)
    assert caught.value.problems[0].allowed
