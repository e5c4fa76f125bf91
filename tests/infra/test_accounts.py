"""Account ids of aliases, and access keys that say whose they are."""

from infra.accounts import ACCOUNTS, account_id, exists
from infra.lab.api.accounts import assumed, held_by, root

SECRET = b"s" * 32


def test_a_tenants_own_account_has_twelve_digits_that_no_other_alias_has():
    found = {alias: account_id(alias) for alias in (*ACCOUNTS, "acme", "acme.audit", "acme-audit")}
    assert len(set(found.values())) == len(found)
    assert all(len(one) == 12 and one.isdigit() and exists(one) for one in found.values())
    assert account_id(found["acme"]) == found["acme"]


def test_an_access_key_names_its_account_and_is_known_by_the_labs_secret_alone():
    for alias in (*ACCOUNTS, "acme"):
        held = assumed(SECRET, account_id(alias))
        assert len(held.access_key) == 20
        assert held_by(SECRET, held.access_key) == held
        assert held_by(b"t" * 32, held.access_key) is None
    assert held_by(SECRET, root(SECRET).access_key) == root(SECRET)


def test_what_is_no_access_key_of_the_lab_opens_nothing():
    for wrong in ("", "AKIA", "AKIA" + "A" * 16, "ASIA" + "7" * 16, "ASIA!!!!!!!!!!!!!!!!"):
        assert held_by(SECRET, wrong) is None
