"""An estate that stands for as long as tests need it."""

from bulkhead.environments.lab import Lab


def standing_lab(state, plan):
    """Stand the plan up with the real engine, hand it out, take it away."""
    lab = Lab(state)
    try:
        lab.up(plan, say=lambda _line: None, refresh=False, preview=False)
        yield lab
    finally:
        lab.down()
