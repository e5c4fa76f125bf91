"""What holds for every test: a slow machine is no failure; CI tries the same examples each time."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ours",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ours")
