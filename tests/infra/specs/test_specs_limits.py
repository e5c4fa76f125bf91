"""Names within AWS's limits, distinct where the plan's ids are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.specs import limits

LONG = "a-very-long-name-of-a-tenant-that-somebody-thought-to-be-a-good-idea/ingest/broker-1"
names = st.text(alphabet="abcdefghij-0123456789", min_size=1, max_size=80)
ids = st.lists(names, min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("made", "longest", "pattern"),
    [
        (limits.bucket(LONG, "222222222222"), limits.BUCKET, r"[a-z0-9][a-z0-9-]+[a-z0-9]"),
        (limits.bucket("My_Estate", "222222222222"), limits.BUCKET, r"[a-z0-9][a-z0-9-]+[a-z0-9]"),
        (limits.role("estate", LONG), limits.ROLE, r"[\w+=,.@-]+"),
        (limits.alias(LONG * 4, LONG), limits.ALIAS, r"alias/[\w/-]+"),
        (limits.trail(LONG * 2), limits.TRAIL, r"[a-zA-Z0-9][\w.-]+[a-zA-Z0-9]"),
        (limits.budget(LONG, LONG), limits.BUDGET, r"[^:\\]+"),
        (limits.tag("a\u2028b" * 200), limits.TAG_VALUE, r"[\w .:/=+\-@]+"),
    ],
)
def test_a_name_is_what_aws_takes(made, longest, pattern):
    assert 3 <= len(made) <= longest
    assert re.fullmatch(pattern, made)


@given(ids, ids)
def test_two_ids_never_have_one_role(one, other):
    assert (limits.role("e", one) == limits.role("e", other)) == (one == other)
    assert len(limits.role("e", one)) <= limits.ROLE


@given(names, names)
def test_two_estates_never_have_one_bucket(one, other):
    made = [limits.bucket(name, "1" * 12) for name in (one, other)]
    assert (made[0] == made[1]) == (one == other)
    assert max(map(len, made)) <= limits.BUCKET


def test_what_fits_is_kept_as_it_is_and_what_does_not_keeps_a_digest_of_all_of_it():
    assert limits.fitted("short", 5) == "short"
    one, other = limits.fitted("x" * 70 + "a", 64), limits.fitted("x" * 70 + "b", 64)
    assert len(one) == len(other) == 64
    assert one != other


def test_estates_in_one_account_do_not_share_a_bucket_and_neither_do_accounts():
    made = {limits.bucket(e, a) for e in ("one", "two", "One") for a in ("1" * 12, "2" * 12)}
    assert len(made) == 6
