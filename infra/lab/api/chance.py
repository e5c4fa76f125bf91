"""Where moto gets its time and its randomness from, so that a replay gives the same of both.

Ids depend on the lab's seed and the call's own number alone; a back end that moto makes on first
use draws from a source of its own, so that it does not matter which call came first.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

_now: float | None = None


def now() -> datetime:
    """What moto takes for the time: the running call's own, else the clock's. UTC, without zone."""
    moment = datetime.now(UTC) if _now is None else datetime.fromtimestamp(_now, UTC)
    return moment.replace(tzinfo=None)


@contextmanager
def moment(seed: str, number: int, at: float) -> Iterator[None]:
    """Run call `number` at Unix time `at`."""
    global _now  # noqa: PLW0603 - moto's clock is global; calls are serialised
    _source().seed(f"{seed}:{number}")
    _now = at
    try:
        yield
    finally:
        _now = None


def _source() -> Any:
    from moto.moto_api._internal import mock_random

    return mock_random


def install(seed: str) -> None:
    """Put our clock and our random source under moto, in this process, once and before any use."""
    import moto.core.utils
    from moto.core import base_backend

    original = moto.core.utils.utcnow
    if original is now:
        _own_source_for_back_ends(base_backend, seed)
        return
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.") and getattr(module, "utcnow", None) is original:
            module.utcnow = now  # type: ignore[attr-defined]
    _own_source_for_back_ends(base_backend, seed)


def _own_source_for_back_ends(base_backend: Any, seed: str) -> None:
    kind = base_backend.AccountSpecificBackend
    if hasattr(kind, "bulkhead_seed"):
        kind.bulkhead_seed = seed
        return
    get = kind.__getitem__

    def get_with_own_source(self: Any, region: str) -> Any:
        if region in self.keys():
            return get(self, region)
        source = _source()
        before = source.getstate()
        source.seed(f"{kind.bulkhead_seed}:{self.service_name}:{self.account_id}:{region}")
        try:
            return get(self, region)
        finally:
            source.setstate(before)

    kind.bulkhead_seed = seed
    kind.__getitem__ = get_with_own_source
