"""The algebra of services against sets of points that Python counts one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.network.deployed import ALL
from bulkhead.network.ports import EVERYTHING, NOTHING, Ports, Span

EDGES = (0, 1, 2, 21, 22, 23, 65534, 65535)
PROTOCOLS = (0, 1, 5, 6, 7, 17, 47, 255)
POINTS = [(protocol, port) for protocol in PROTOCOLS for port in EDGES]


@st.composite
def sets(draw):
    """A set of services with the points of POINTS that are in it."""
    ports, points = NOTHING, set()
    for _ in range(draw(st.integers(0, 5))):
        protocol = draw(st.sampled_from((*PROTOCOLS, ALL)))
        first, last = sorted((draw(st.sampled_from(EDGES)), draw(st.sampled_from(EDGES))))
        ports |= Ports.of(protocol, first, last)
        points |= {
            (number, port)
            for number, port in POINTS
            if protocol == ALL or (number == protocol and first <= port <= last)
        }
    return ports, points


def points_of(ports):
    return {point for point in POINTS if ports.contains(*point)}


@given(sets())
def test_a_set_contains_what_was_put_in_and_nothing_else(one):
    assert points_of(one[0]) == one[1]


@given(sets(), sets())
def test_union_intersection_and_difference_are_those_of_sets(one, other):
    assert points_of(one[0] | other[0]) == one[1] | other[1]
    assert points_of(one[0] & other[0]) == one[1] & other[1]
    assert points_of(one[0] - other[0]) == one[1] - other[1]


@given(sets(), sets())
def test_equal_sets_are_equal_values_however_they_came_about(one, other):
    assert (one[0] | other[0]) == (other[0] | one[0])
    assert (one[0] - other[0]) | (one[0] & other[0]) == one[0]
    assert one[0].covers(other[0]) == ((one[0] | other[0]) == one[0])
    assert hash(one[0] & other[0]) == hash(other[0] & one[0])


@given(sets())
def test_the_spans_of_a_set_are_the_set(one):
    spans = one[0].spans()
    assert Ports.union(Ports.of(*span) for span in spans) == one[0]
    assert list(one[0]) == list(spans) == sorted(spans)


def test_everything_but_one_port_is_said_shortly():
    assert str(EVERYTHING - Ports.of(6, 22, 22)) == "all but tcp 22"
    assert str(EVERYTHING) == "all"
    assert str(NOTHING) == "nothing"
    assert not NOTHING


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (Span(6, 22, 22), "tcp 22"),
        (Span(6, 0, 65535), "tcp 0-65535"),
        (Span(17, 53, 54), "udp 53-54"),
        (Span(1, 0, 65535), "icmp"),
        (Span(1, 2048, 2048), "icmp type 8 code 0"),
        (Span(1, 2048, 2303), "icmp type 8"),
        (Span(1, 768, 1279), "icmp types 3-4"),
        (Span(1, 769, 1030), "icmp type 3 code 1 to type 4 code 6"),
        (Span(47, 0, 65535), "protocol 47"),
        (Span(ALL, 0, 65535), "all"),
    ],
)
def test_a_span_is_written_as_people_say_it(span, said):
    assert str(span) == said


@pytest.mark.parametrize("wrong", [(256, 0, 0), (-2, 0, 0), (6, 2, 1), (6, -1, 1), (6, 0, 65536)])
def test_a_range_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="no such range"):
        Ports.of(*wrong)
