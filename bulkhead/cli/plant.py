"""`bulkhead plant`: the machines of an estate, live."""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from bulkhead.cli.common import add_environment, add_estate, add_state, state_of, verb


def register(verbs: Any) -> None:
    """Declare the verb."""
    text = (
        "watch the machines: signals, ISO 20816-3 zone, bearing and controller. In a terminal a "
        "live table until interrupted; else a table for each update; with --json a line for each "
        "machine and update. In the lab it puts the sensors' values on the wires of gateways and "
        "controllers as long as it runs"
    )
    parser = verb(verbs, "plant", run, text)
    add_estate(parser)
    add_environment(parser, "sim", "lab", default="sim")
    add_state(parser)
    parser.add_argument("--site", help="one site, e.g. acme/lyon (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="of all chance (default: 1)")
    parser.add_argument(
        "--start", type=float, default=8.0, metavar="HOURS", help="plant time (default: 8)"
    )
    parser.add_argument(
        "--speed", type=float, default=1.0, help="in sim: plant seconds per second (default: 1)"
    )
    parser.add_argument(
        "--interval", type=float, default=1.0, metavar="SECONDS", help="per update (default: 1)"
    )
    parser.add_argument(
        "--for",
        dest="seconds",
        type=float,
        metavar="SECONDS",
        help="end after that long (default: in a terminal never, else after one update)",
    )


def run(args: argparse.Namespace) -> int:
    """0 once the time is over or somebody has seen enough."""
    from bulkhead.blueprint import expand, load
    from bulkhead.environments.plant import Watch, readings

    terminal = sys.stdout.isatty()
    watch = Watch(
        site=args.site,
        seed=args.seed,
        start=args.start * 3600,
        speed=args.speed,
        interval=args.interval,
        seconds=0.0 if args.seconds is None and not terminal else args.seconds,
        state=state_of(args),
    )
    found = readings(expand(load(args.estate)), args.env, watch)
    title = f"{args.env}, seed {args.seed}" if args.env == "sim" else args.env
    if args.speed != 1.0:
        title += f", {args.speed:g} times as fast"
    try:
        _shown(found, title, as_json=args.json, terminal=terminal)
    except KeyboardInterrupt:
        if not terminal:
            raise
    return 0


def _shown(found: Iterator[Any], title: str, *, as_json: bool, terminal: bool) -> None:
    if as_json:
        _lines(found)
        return
    from bulkhead.cli import plant_view

    (plant_view.live if terminal else plant_view.plain)(found, title)


def _lines(found: Iterator[Any]) -> None:
    """One JSON object a line, each written out at once."""
    import json
    from dataclasses import asdict

    for reading in found:
        row = asdict(reading)
        del row["last"]
        sys.stdout.write(json.dumps(row, sort_keys=True) + "\n")
        sys.stdout.flush()
