import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.wire.topics import (
    BadTopic,
    Kind,
    StateTopic,
    Topic,
    everything,
    parse,
    primary_host,
)

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True).filter(
    lambda name: name != "STATE"
)


@given(NAMES, st.sampled_from(list(Kind)), NAMES, NAMES)
def test_a_topic_is_parsed_as_it_was_written(tenant, kind, node, device):
    topic = Topic(
        tenant=tenant, kind=kind, node=node, device=device if kind.startswith("D") else None
    )
    assert parse(str(topic)) == topic


@given(st.text(max_size=320))
def test_any_text_is_a_topic_or_a_bad_one(text):
    with contextlib.suppress(BadTopic):
        assert str(parse(text)) == text


def test_topics_are_those_of_the_specification():
    assert str(Topic(tenant="acme", kind=Kind.NBIRTH, node="acme.lyon.ai.gw-1")) == (
        "spBv1.0/acme/NBIRTH/acme.lyon.ai.gw-1"
    )
    assert parse("spBv1.0/STATE/acme.ingest") == StateTopic(host="acme.ingest")
    assert primary_host("acme") == "acme.ingest"
    assert everything("acme") == "spBv1.0/acme/#"


@pytest.mark.parametrize(
    "text",
    [
        "spAv1.0/acme/NDATA/gw",
        "spBv1.0/acme/NDATA",
        "spBv1.0/acme/NDATA/gw/device",
        "spBv1.0/acme/DDATA/gw",
        "spBv1.0/acme/DDATA/gw/device/more",
        "spBv1.0/acme/ODATA/gw",
        "spBv1.0/acme/ndata/gw",
        "spBv1.0//NDATA/gw",
        "spBv1.0/acme/NDATA/",
        "spBv1.0/acme/NDATA/+",
        "spBv1.0/acme/DDATA/gw/#",
        "spBv1.0/acme/DDATA/gw/de vice",
        "spBv1.0/acme/DDATA/gw/é",
        "spBv1.0/acme/DDATA/gw/-x",
        "spBv1.0/STATE/NDATA/gw",
        "spBv1.0/STATE/",
        "spBv1.0/acme/NDATA/" + "x" * 65,
        "spBv1.0/acme/NDATA/gw\n",
        "",
    ],
)
def test_what_is_malformed_is_refused(text):
    with pytest.raises(BadTopic):
        parse(text)


def test_a_tenant_whose_id_cannot_stand_in_a_topic_is_refused():
    for wrong in ("a/b", "#", ""):
        with pytest.raises(BadTopic):
            primary_host(wrong)
