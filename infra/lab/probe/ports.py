"""Source ports that no recent probe of this machine has used.

Connection tracking remembers a UDP exchange for two minutes. A probe that reused its ports would
pass as part of that exchange although the rule is gone. So ports follow the clock: the range
comes round after 220 s, also over several processes.
"""

import threading
import time
from collections.abc import Set

from bulkhead.network.deployed import EPHEMERAL

FIRST, LAST = EPHEMERAL
"""The hosts' own range, so that a probe's replies meet the rules that real replies meet."""
_PER_SECOND = 128
_lock = threading.Lock()
_slot = 0


def fresh_port(avoid: Set[int] = frozenset()) -> int:
    """A source port (or ICMP identifier) outside `avoid`, the ports that somebody listens on."""
    global _slot  # noqa: PLW0603  # one counter for the process is the point
    with _lock:
        while True:
            now = int(time.clock_gettime(time.CLOCK_BOOTTIME) * _PER_SECOND)
            _slot = max(_slot + 1, now)
            port = FIRST + _slot % (LAST - FIRST + 1)
            if port not in avoid:
                return port
