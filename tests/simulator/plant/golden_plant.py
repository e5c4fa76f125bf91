"""A little of everything that the example's plant gives, as bytes."""

from pathlib import Path

from bulkhead.blueprint import expand, load
from bulkhead.wire.telemetry import SIGNALS
from simulator.plant import Plant

EXAMPLE = Path(__file__).parents[3] / "examples" / "estate.yaml"
DAY = 86_400.0


def everything(plant):
    """Series of all signals of all machines over 50 days, and some waveform of each."""
    rows = []
    for site in plant.sites:
        for device in plant.site(site):
            for signal in SIGNALS:
                rows.append(plant.series(site, device, signal, 0, 50 * DAY, 9.7 * DAY + 1))
            rows.append(plant.waveform(site, device, 20 * DAY, samples=4096))
    return b"".join(row.tobytes() for row in rows)


def golden_bytes():
    """Of seed 1."""
    return everything(Plant(expand(load(EXAMPLE)), 1))
