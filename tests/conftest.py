"""What holds for every test: a slow machine is no failure; CI tries the same examples each time."""

import os
import signal

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ours",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ours")

# A shell starts what runs in its background deaf to interrupts, and tests send some.
signal.signal(signal.SIGINT, signal.default_int_handler)
