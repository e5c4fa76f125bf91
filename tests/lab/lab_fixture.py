"""An estate that stands for as long as tests need it."""

from bulkhead.environments.lab import Lab, Options


def standing_lab(state, plan, hosts="bare"):
    """Stand the plan up with the real engine, hand it out, take it away."""
    lab = Lab(state)
    try:
        lab.up(plan, say=lambda _line: None, options=Options(hosts=hosts))
        yield lab
    finally:
        lab.down()
