"""What the runner costs per action over bare simpy; how late the bridge's timers and stamps are.

The floor is a simpy process that waits as often and as long, and does nothing else. A timer's
lateness is the wall's time at which its process goes on, less the time that it was due. A stamp's
is the drill's time that a call's end is given, less the wall's time at which its work ended.
Run: `python benchmarks/drill_rate.py`.
"""

import argparse
import io
import json
import statistics
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import simpy

from bulkhead.drill import Action, Done, Environment, Timeline, run
from bulkhead.drill.actions import known
from bulkhead.drill.bridge import Bridge
from bulkhead.drill.drills import About, Director, Script
from bulkhead.drill.environment import Steps


@known
@dataclass(frozen=True, slots=True)
class Tick(Action):
    """Takes one second and changes nothing."""


class Second:
    """The handler of Tick."""

    def perform(self, clock: simpy.Environment, actions: Sequence[Action]) -> Steps:
        """See Handler."""
        yield clock.timeout(1.0)
        return [Done()] * len(actions)


class Ticking:
    """Asks for so many ticks, one after the other."""

    hostile: ClassVar[bool] = False
    about: ClassVar[About] = About(
        name="ticking",
        title="",
        tactic="",
        techniques=(),
        references=(),
        needs=frozenset({Tick}),
        wants=frozenset(),
        leaves="",
        most=1_000_000,
        longest=1e9,
    )

    def __init__(self, count: int) -> None:
        self.count = count

    def run(self, d: Director) -> Script:
        """See Drill."""
        for _ in range(self.count):
            yield d.do(Tick())


def bare(count: int) -> None:
    clock = simpy.Environment()

    def waiting() -> Generator[simpy.Event, Any, None]:
        for _ in range(count):
            yield clock.timeout(1.0)

    clock.run(until=clock.process(waiting()))


def driven(count: int, timeline: Timeline) -> None:
    environment = Environment("toy", simpy.Environment(), {Tick: Second()})
    report = run(Ticking(count), environment, timeline)
    assert report.ended == "whole", report.fault
    assert len(report.timeline.rows) == count


def seconds(work: Callable[[], None], times: int) -> float:
    """The least of several runs: what others do on the machine is not ours."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def timers(count: int, every: float) -> list[float]:
    """Seconds by which each of so many timers is late."""
    bridge, late = Bridge(), []

    def ticking() -> Generator[simpy.Event, Any, None]:
        for number in range(1, count + 1):
            yield bridge.timeout(number * every - bridge.now)
            late.append(bridge.elapsed() - number * every)

    bridge.run(until=bridge.process(ticking()))
    return late


def stamps(count: int, every: float) -> list[float]:
    """Seconds between the end of a call's work and the time that the drill gives it."""
    bridge, late = Bridge(), []

    def work() -> float:
        time.sleep(every)
        return bridge.elapsed()

    def calling() -> Generator[simpy.Event, Any, None]:
        for _ in range(count):
            ended = yield bridge.call(work)
            late.append(bridge.now - ended)

    bridge.run(until=bridge.process(calling()))
    return late


def percentiles(values: list[float]) -> dict[str, float]:
    """p50 and p99 in milliseconds."""
    cuts = statistics.quantiles(values, n=100)
    return {"p50_ms": round(cuts[49] * 1e3, 3), "p99_ms": round(cuts[98] * 1e3, 3)}


def main() -> None:
    """Measure and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=20_000)
    parser.add_argument("--timers", type=int, default=1_000)
    parser.add_argument("--every", type=float, default=0.005, help="seconds between timers")
    parser.add_argument("--times", type=int, default=5, help="runs, of which the least counts")
    args = parser.parse_args()
    floor = seconds(lambda: bare(args.actions), args.times)
    memory = seconds(lambda: driven(args.actions, Timeline()), args.times)
    written = seconds(lambda: driven(args.actions, Timeline(io.StringIO())), args.times)
    per = 1e6 / args.actions
    result = {
        "actions": args.actions,
        "bare_simpy_us": round(floor * per, 2),
        "runner_us": round(memory * per, 2),
        "runner_with_timeline_us": round(written * per, 2),
        "ratio": round(memory / floor, 1),
        "timers_late": percentiles(timers(args.timers, args.every)),
        "stamps_late": percentiles(stamps(args.timers, args.every)),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
