"""Spindle-hours per second of the whole plant, as a ratio to the bare NumPy waveform beside it.

    python benchmarks/plant_rate.py [--interval SECONDS] [--hours HOURS]

The plant: all signals of all machines of examples/estate.yaml at an interval (10 s), each vibration
measured from its own window of waveform (8,192 samples), with wear, load, temperature and sensors.
The floor: for as many windows, three sines and normal noise in NumPy, and nothing made of them.
Both run in turn, five times; medians are printed, of this process's own processor time, so that
what else runs on the machine counts for little. Also prints what one live reading takes.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bulkhead.blueprint import expand, load
from bulkhead.wire.telemetry import SIGNALS
from simulator.plant import Plant
from simulator.plant.waveform import RATE, SAMPLES

EXAMPLE = Path(__file__).parents[1] / "examples" / "estate.yaml"
BATCH = 32
ROUNDS = 5


def seconds(act: Callable[[], object]) -> float:
    """Of processor time."""
    began = time.process_time()
    act()
    return time.process_time() - began


def bare(windows: int) -> float:
    """Three harmonics and noise, a batch at a time; the sum keeps it from being thrown away."""
    chance, clock, total = np.random.default_rng(1), np.arange(SAMPLES) / RATE, 0.0
    for first in range(0, windows, BATCH):
        rows = min(BATCH, windows - first)
        hertz = np.full((rows, 1), 33.3)
        wave = chance.standard_normal((rows, SAMPLES))
        for number in (1, 2, 3):
            wave += np.sin(2 * np.pi * number * hertz * clock) / number
        total += float(wave[0, 0])
    return total


def whole(plant: Plant, hours: float, interval: float) -> None:
    for site in plant.sites:
        for device in plant.site(site):
            for signal in SIGNALS:
                plant.series(site, device, signal, 0.0, hours * 3600, interval)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interval", type=float, default=10.0)
    parser.add_argument("--hours", type=float, default=0.5)
    given = parser.parse_args()
    plant = Plant(expand(load(EXAMPLE)), 1)
    spindles = sum(len(one.spindles) for site in plant.machines.values() for one in site.values())
    windows = spindles * int(given.hours * 3600 / given.interval)
    took: dict[str, list[float]] = {"plant": [], "bare": []}
    for _ in range(ROUNDS):
        took["bare"].append(seconds(lambda: bare(windows)))
        took["plant"].append(seconds(lambda: whole(plant, given.hours, given.interval)))
    rate = {name: spindles * given.hours / statistics.median(all_) for name, all_ in took.items()}
    reads = [
        seconds(lambda at=at: plant.read(plant.sites[0], at))  # type: ignore[misc]
        for at in range(1_000, 1_200)
    ]
    result = {
        "spindles": spindles,
        "windows": windows,
        "samples per window": SAMPLES,
        "whole plant, spindle-hours/s": round(rate["plant"], 2),
        "bare waveform, spindle-hours/s": round(rate["bare"], 2),
        "ratio": round(rate["plant"] / rate["bare"], 2),
        "one live reading of two machines, ms": round(statistics.median(reads) * 1e3, 2),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
