"""A hook for tests: the process dies at a named point, as a kill -9 there would have it.

`BULKHEAD_PROVIDER_FAULT=aws:ec2/vpc:Vpc@made` kills the provider when it has made its first VPC
and has told nobody. Points: `begun` (nothing was made yet), `made`, `settled` (all calls done).
"""

import os
import signal

VARIABLE = "BULKHEAD_PROVIDER_FAULT"


def point(token: str, name: str) -> None:
    """Die here if the environment says so."""
    if os.environ.get(VARIABLE) == f"{token}@{name}":
        os.kill(os.getpid(), signal.SIGKILL)
