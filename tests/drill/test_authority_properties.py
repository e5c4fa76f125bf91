"""Consent over any sequence of disturbances and answers, against a plain reading of the rule."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from toy import Stop

from bulkhead.drill import Done, NotObserved, Refused
from bulkhead.drill.authority import Authority
from bulkhead.drill.loss import losses, touched

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
HOSTS = ("acme/ingest/broker-1", "acme/lyon/ai/gw-1", "borealis/ingest/broker-1", "shared/x")
ANSWERS = {"yes": Done(), "no": Refused(layer="person"), "silence": NotObserved(reason="")}

steps = st.lists(
    st.tuples(
        st.lists(
            st.tuples(st.sampled_from(HOSTS), st.sampled_from([1.0, 60.0, 3600.0])),
            min_size=1,
            max_size=3,
        ),
        st.lists(st.sampled_from(sorted(ANSWERS)), min_size=2, max_size=2),
    ),
    max_size=8,
)


class Plain:
    """The rule as it is said: who granted at least so much is not asked, nor who denied it."""

    def __init__(self):
        self.said = []

    def decided(self, tenant, host, seconds):
        here = [row[2:] for row in self.said if row[:2] == (tenant, host)]
        if any(word == "yes" and much >= seconds for much, word in here):
            return "yes"
        return "no" if (seconds, "no") in here else None


@settings(max_examples=200, deadline=None)
@given(steps)
def test_nothing_is_tried_without_every_tenants_consent_and_nobody_is_asked_in_vain(plan, steps):
    authority, plain = Authority(plan, NOW), Plain()
    for disturbances, answers in steps:
        actions = [Stop(host, seconds) for host, seconds in disturbances]
        words = dict(zip(("acme", "borealis"), answers, strict=True))
        asks = authority.asks(actions)
        open_now = {
            (tenant, *one)
            for one in disturbances
            for tenant in touched(plan, one[0])
            if plain.decided(tenant, *one) is None
        }
        assert {ask.who.split("/")[0] for ask in asks} == {tenant for tenant, *_ in open_now}
        authority.heard(asks, [ANSWERS[words[ask.who.split("/")[0]]] for ask in asks])
        plain.said += [(*one, words[one[0]]) for one in open_now if words[one[0]] != "silence"]
        for one, action in zip(disturbances, actions, strict=True):
            granted = all(plain.decided(tenant, *one) == "yes" for tenant in touched(plan, one[0]))
            assert (authority.refusal(action) is None) is granted


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(HOSTS), st.floats(0.0, 1e5)), max_size=4))
def test_more_disturbance_never_means_less_loss(plan, pairs):
    disturbances = [one for host, seconds in pairs for one in Stop(host, seconds).disturbs()]
    rows = {(row.tenant, row.function): row for row in losses(plan, disturbances)}
    for fewer in range(len(disturbances)):
        for row in losses(plan, disturbances[:fewer]):
            whole = rows[row.tenant, row.function]
            assert whole.loses >= row.loses
            assert set(whole.machines) >= set(row.machines)
