"""The region's command line, and how it tells its starter that it serves or why it cannot."""

import argparse
import json
import logging
import os
from dataclasses import asdict
from pathlib import Path

from bulkhead.errors import HELD, BulkheadError, MissingHere, Problem
from infra.lab.api.enforcement import Enforcer
from infra.lab.api.hosts import Hosts
from infra.lab.api.instances import given
from infra.lab.region import state as files
from infra.lab.region.process import Options, Region


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.lab.region", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="the lab's state directory")
    parser.add_argument("--region", default="eu-central-1", help="the AWS region's name")
    parser.add_argument("--port", type=int, default=0, help="0: the last one used, or any")
    parser.add_argument("--ready-fd", type=int, help="where to write one JSON line when it serves")
    parser.add_argument(
        "--packets", choices=("fabric", "none"), default="fabric", help="none: the API alone"
    )
    return parser.parse_args(argv)


class NoPackets:
    """The enforcer of a region without packets, for work on the API alone."""

    def open(self) -> None:
        """Nothing to hold."""

    def apply(self, deployed: object) -> None:
        """Nothing follows."""

    def block(self) -> None:
        """Nothing passes anyway."""

    def cut(self, address: str, other: str | None = None, port: int | None = None) -> int:
        """No flow is tracked."""
        return 0

    def close(self) -> None:
        """Nothing to let go of."""


def _world(packets: str, state: Path) -> tuple[Enforcer, Hosts | None]:
    """What carries packets, and what runs behind them."""
    if packets == "none":
        return NoPackets(), None
    if os.geteuid() != 0:
        raise MissingHere(
            Problem(
                "lab",
                "a lab makes network namespaces, for which it must run as root",
                remedy="run the command as root, or use --env sim",
            )
        )
    from infra.lab.fabric import Fabric, namespace
    from infra.lab.flowlog import FlowLog, Logged
    from infra.lab.hosts.driver import Machines

    lab, machines = files.lab_id(state), Machines(state / files.HOSTS, given)
    flows = FlowLog(namespace(lab, "fabric"), state / files.FLOWS)
    return Logged(Fabric(lab, machines), flows), machines


def _tell(descriptor: int | None, value: dict[str, object]) -> None:
    if descriptor is None:
        print(json.dumps(value), flush=True)
        return
    with os.fdopen(descriptor, "w") as ready:
        json.dump(value, ready)


def _log_to(path: Path) -> None:
    path.touch(mode=0o600)
    logging.basicConfig(
        filename=path, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("botocore").setLevel(logging.WARNING)
    logging.getLogger("boto3").setLevel(logging.WARNING)


def _without_room(state: Path, error: OSError) -> MissingHere:
    """What the machine would not do, such as writing to a full disk."""
    remedy = "make room or mend that, then run this again; `bulkhead down` removes the lab"
    what = f"the region cannot start: {error}"
    return MissingHere(Problem(str(state), what, "", remedy, "nothing passes between hosts"))


def main(argv: list[str]) -> int:
    """Run a region until it is ended; the exit code."""
    asked = _arguments(argv)
    state: Path = asked.state.resolve()
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    _log_to(state / files.LOG)
    try:
        options = Options(state=state, region=asked.region, port=asked.port)
        region = Region(options, *_world(asked.packets, state))
        info = region.open()
    except (BulkheadError, OSError) as found:
        error = found if isinstance(found, BulkheadError) else _without_room(state, found)
        logging.getLogger(__name__).error("cannot start: %s", error)
        problems = [asdict(problem) for problem in error.problems]
        _tell(asked.ready_fd, {"problems": problems, "exit_code": error.exit_code})
        return error.exit_code

    def ready() -> None:
        files.write_info(state, info)
        _tell(asked.ready_fd, asdict(info))

    region.run(ready)
    return HELD
