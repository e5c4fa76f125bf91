"""Range arithmetic against brute force over a space small enough to enumerate."""

from ipaddress import IPv4Network
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from infra.lab.fabric.ranges import address, disjoint, most_specific, network

SIDE = 7
span = st.tuples(st.integers(0, SIDE), st.integers(0, SIDE)).map(lambda ends: tuple(sorted(ends)))
boxes = st.lists(st.tuples(span, span, span), max_size=7)


def points(some):
    return {
        point for box in some for point in product(*(range(low, high + 1) for low, high in box))
    }


@given(boxes)
def test_disjoint_boxes_hold_the_same_points_and_never_overlap(some):
    found = disjoint(some)
    assert points(found) == points(some)
    assert sum(len(points([box])) for box in found) == len(points(found))


@given(boxes, st.randoms())
def test_the_canonical_form_depends_on_the_points_alone(some, random):
    cut = [piece for box in some for piece in halves(box)]
    random.shuffle(cut)
    assert disjoint(cut) == disjoint(some)


def halves(box):
    (low, high), *rest = box
    middle = (low + high) // 2
    return [((low, middle), *rest)] + ([((middle + 1, high), *rest)] if middle < high else [])


def test_ten_thousand_addresses_beside_one_range_stay_ten_thousand():
    singles = [((index * 2, index * 2), (6, 6), (443, 443)) for index in range(10_000)]
    assert len(disjoint(singles)) == 10_000
    assert disjoint([*singles, ((0, 2**32 - 1), (6, 6), (1, 65535))]) == (
        ((0, 2**32 - 1), (6, 6), (1, 65535)),
    )


prefixes = st.lists(
    st.tuples(st.integers(26, 32), st.integers(0, 63)).map(
        lambda one: str(IPv4Network((0x0A000000 + one[1], one[0]), strict=False))
    ),
    max_size=8,
)


@given(prefixes)
def test_the_longest_prefix_wins_at_every_address(some):
    routes = [(cidr, index) for index, cidr in enumerate(some)]
    ranges = most_specific(routes)
    found = {at: value for (low, high), value in ranges for at in range(low, high + 1)}
    assert sum(high - low + 1 for (low, high), _ in ranges) == len(found)
    for at in range(0x0A000000, 0x0A000000 + 64):
        covering = [
            (IPv4Network(cidr).prefixlen, -index)
            for cidr, index in routes
            if network(cidr)[0] <= at <= network(cidr)[1]
        ]
        assert found.get(at) == (-max(covering)[1] if covering else None)


def test_ranges_are_written_as_nft_reads_them():
    assert address(network("10.0.0.0/30")) == "10.0.0.0-10.0.0.3"
    assert address(network("10.0.0.7/32")) == "10.0.0.7"
