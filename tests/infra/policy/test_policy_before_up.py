"""`bulkhead up` and its preview ask the policy before they ask the engine anything."""

import pytest
from policy_graphs import EXAMPLE

from bulkhead.blueprint import expand, load
from bulkhead.environments.raising import Raising
from bulkhead.errors import BulkheadError, Problem


class Engine:
    """An engine that must not be asked."""

    def __getattr__(self, name):
        raise AssertionError(f"the engine was asked for {name}")


@pytest.mark.parametrize("verb", ["preview", "raise_up"])
def test_a_refused_program_reaches_no_engine(monkeypatch, verb):
    def refuse(plan, specs):
        assert set(specs) >= {"shared", "acme", "borealis"}
        raise BulkheadError(Problem("SecurityGroupIngressRule x", "is open"))

    monkeypatch.setattr("infra.policy.refuse.refuse", refuse)
    plan = expand(load(EXAMPLE))
    raising = Raising(plan, Engine(), lambda line: None, refresh=False)
    with pytest.raises(BulkheadError, match="is open"):
        getattr(raising, verb)()
