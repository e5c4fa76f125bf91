"""Flows in, observations out: listeners first, their proof of life, then two sweeps."""

import resource
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from bulkhead.errors import MissingHere, Problem
from bulkhead.network.deployed import Flow
from bulkhead.plan import INTERNET
from infra.lab.probe.listeners import Vantage
from infra.lab.probe.ports import fresh_port
from infra.lab.probe.sweep import Sweeper
from infra.lab.probe.trial import Observation, Trial, observed

Progress = Callable[[int, int], None]
WINDOW = 2000
"""Trials in flight at most, over all hosts."""
LISTENERS = 4096
"""Listeners open at once; more targets than that are probed in rounds."""
_SPARE_FILES = 512
_FEWEST_FILES = 1024
_RETRY = 3.0
"""How much longer the second wait is: the first may have met a busy machine."""


def observe(
    flows: Sequence[Flow],
    vantages: Mapping[str, Vantage],
    fabric_namespace: str,
    *,
    patience: float = 1.0,
    progress: Progress | None = None,
) -> dict[Flow, Observation]:
    """Send real packets for each flow and say what became of them. Needs root.

    patience: seconds without answer or denial before a flow is tried again, once, for three
    times as long. progress: called with (flows settled, flows asked). Flows are judged by what
    was seen: `answered` needs the echo back and its arrival at the target, `refused` the
    fabric's own report or silence towards a listener proven alive before and after. What could
    not be tried is `not observed`. Raises MissingHere if the fabric's log cannot be read.
    """
    unique = list(dict.fromkeys(flows))
    found: dict[Flow, Observation] = {}
    for flow in unique:
        if (reason := _cannot_try(flow, vantages)) is not None:
            found[flow] = observed("not observed", reason)
    possible = [flow for flow in unique if flow not in found]
    with _many_files() as files:
        for part in _rounds(possible):
            report = _progress(progress, len(found), len(unique))
            found.update(_Round(part, vantages, fabric_namespace, files).run(patience, report))
    if progress is not None:
        progress(len(unique), len(unique))
    return {flow: found[flow] for flow in unique}


def _cannot_try(flow: Flow, vantages: Mapping[str, Vantage]) -> str | None:
    for host in (flow.source, flow.target):
        if host not in vantages:
            return f"{host} is not there to send from or to listen on"
    if flow.source == flow.target:
        return "a host's packets to itself do not meet the fabric"
    if flow.path == "public" and vantages[flow.target].public is None:
        return f"{flow.target} has no public address to send to"
    return None


def _progress(progress: Progress | None, before: int, total: int) -> Callable[[int], None]:
    return lambda done: progress(before + done, total) if progress is not None else None


def _rounds(flows: Sequence[Flow]) -> Iterator[list[Flow]]:
    """Flows by target, so that no round needs more than LISTENERS listeners."""
    by_target: dict[str, list[Flow]] = {}
    for flow in flows:
        by_target.setdefault(flow.target, []).append(flow)
    part: list[Flow] = []
    listening = 0
    for towards in by_target.values():
        needed = len({(flow.protocol, flow.port) for flow in towards})
        if part and listening + needed > LISTENERS:
            yield part
            part, listening = [], 0
        part += towards
        listening += needed
    if part:
        yield part


@contextmanager
def _many_files() -> Iterator[int]:
    """Raise the soft limit of open files to the hard one for the block; how many it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = LISTENERS + 4 * WINDOW + _SPARE_FILES
    allowed = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    allowed = max(soft, allowed)
    if allowed < _FEWEST_FILES:
        raise MissingHere(
            Problem(
                where="limit of open files",
                what=f"{allowed} is too few to probe with",
                allowed=f"at least {_FEWEST_FILES}",
                remedy=f"ulimit -n {_FEWEST_FILES}",
            )
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    try:
        yield allowed
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class _Round:
    """One set of listeners and the flows towards them."""

    def __init__(
        self, flows: list[Flow], vantages: Mapping[str, Vantage], namespace: str, files: int
    ) -> None:
        self._flows, self._vantages, self._namespace = flows, vantages, namespace
        self._window = max(
            64, min(WINDOW, (files - _SPARE_FILES - len({_end(flow) for flow in flows})) // 4)
        )
        self._asked = frozenset(flow.port for flow in flows)
        self._failed: dict[str, str] = {}

    def run(self, patience: float, report: Callable[[int], None]) -> dict[Flow, Observation]:
        sweeper = Sweeper(self._namespace, self._window, self._asked)
        try:
            return self._run(sweeper, patience, report)
        finally:
            sweeper.close()

    def _run(
        self, sweeper: Sweeper, patience: float, report: Callable[[int], None]
    ) -> dict[Flow, Observation]:
        self._listen(sweeper)
        alive = self._alive(sweeper, self._flows, patience)
        trials = [self._trial(sweeper, flow) for flow in self._flows]
        for trial in trials:
            if _end(trial.flow) not in alive:
                trial.settle(observed("not observed", self._dead(sweeper, trial.flow)))
        open_trials = [trial for trial in trials if trial.observation is None]

        tell = _seldom(lambda: report(len(trials) - len(_unsettled(trials))))
        for wait in (patience, _RETRY * patience):
            again = [trial for trial in _unsettled(open_trials) if trial.word is None]
            sweeper.sweep(again, self._ports(), wait, tell)
        silent = _unsettled(open_trials)
        still = self._alive(sweeper, [trial.flow for trial in silent], patience)
        for trial in silent:
            trial.settle(
                trial.give_up(
                    alive=_end(trial.flow) in still,
                    log_lost=sweeper.log_lost,
                    deaf=sweeper.deaf_to(trial),
                )
            )
        return {trial.flow: trial.observation for trial in trials if trial.observation is not None}

    def _listen(self, sweeper: Sweeper) -> None:
        for host in sorted({host for flow in self._flows for host in (flow.source, flow.target)}):
            if host != INTERNET:
                sweeper.hear(self._vantages[host])
        for host in sorted({flow.target for flow in self._flows}):
            try:
                sweeper.tap(self._vantages[host])
            except OSError as error:
                self._failed[host] = str(error)
        ends = {_end(flow): flow for flow in self._flows}.values()
        sweeper.listeners.open(
            (self._vantages[flow.target], flow.protocol, flow.port)
            for flow in ends
            if flow.protocol != "icmp"
        )

    def _ports(self) -> dict[str, int]:
        # A path has a port of its own: else both paths to one host would look alike on the wire.
        return {path: fresh_port(self._asked) for path in ("private", "public")}

    def _trial(self, sweeper: Sweeper, flow: Flow) -> Trial:
        target = self._vantages[flow.target]
        destination = target.public if flow.path == "public" and target.public else target.address
        return sweeper.admit(
            lambda nonce: Trial(
                flow=flow,
                source=self._vantages[flow.source],
                target=target,
                destination=destination,
                nonce=nonce,
                foreign=_end(flow) in sweeper.listeners.foreign,
            )
        )

    def _alive(
        self, sweeper: Sweeper, flows: Iterable[Flow], patience: float
    ) -> set[tuple[str, str, int]]:
        """The ends of `flows` that answer a request from inside their own host."""
        ends = {_end(flow): flow for flow in flows}.values()
        inner = [replace(flow, source=flow.target, path="private") for flow in ends]
        proofs = [self._trial(sweeper, flow) for flow in inner]
        sweeper.sweep(proofs, self._ports(), patience)
        return {_end(proof.flow) for proof in proofs if _answered(proof)}

    def _dead(self, sweeper: Sweeper, flow: Flow) -> str:
        reason = sweeper.listeners.failed.get(_end(flow)) or self._failed.get(flow.target)
        why = f" ({reason})" if reason else ""
        return f"no listener could be proven alive from inside {flow.target}{why}"


def _seldom(tell: Callable[[], None]) -> Callable[[], None]:
    """`tell`, but at most five times a second: counting must not cost more than probing."""
    due = 0.0

    def now_and_then() -> None:
        nonlocal due
        if (now := time.monotonic()) >= due:
            due = now + 0.2
            tell()

    return now_and_then


def _end(flow: Flow) -> tuple[str, str, int]:
    return (flow.target, flow.protocol, 0 if flow.protocol == "icmp" else flow.port)


def _unsettled(trials: Iterable[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.observation is None]


def _answered(trial: Trial) -> bool:
    return trial.observation is not None and trial.observation.verdict.outcome == "answered"
