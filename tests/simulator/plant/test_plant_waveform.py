"""The waveform has in it what the physics says, where an analyst would look for it."""

import numpy as np
import pytest
from spindles import conditions, spindle

from simulator.plant.kinds import KINDS
from simulator.plant.measuring import envelope_spectrum, velocity_rms
from simulator.plant.severity import zone
from simulator.plant.signals import PHYSICS
from simulator.plant.spindle import friction_rise
from simulator.plant.waveform import RANGE, RATE, SAMPLES, STEP, acceleration, shape

SECONDS = 2


def line(spectrum, frequency, width=0.02):
    """The highest amplitude within a part of a frequency, and where it is."""
    bins, lines = spectrum
    near = np.flatnonzero(np.abs(bins - frequency) <= width * frequency + 0.5)
    best = near[lines[near].argmax()]
    return lines[best], bins[best]


def envelope(one, damage, part):
    now = conditions(one, [damage], (part,))
    wave = acceleration(one, now, np.array([3]), RATE * SECONDS)[0]
    return envelope_spectrum(wave)


@pytest.mark.parametrize("part", ["outer", "inner", "ball", "cage"])
@pytest.mark.parametrize(
    ("bearing", "rpm"), [("Rexnord ZA-2115", 2000), ("SKF 6205-2RS", 1797), ("LDK UER204", 2100)]
)
def test_each_defect_frequency_stands_in_the_envelope_spectrum(bearing, rpm, part):
    one = spindle(bearing, rpm)
    expected = one.bearing.per_revolution.at(rpm / 60).of(part)
    found = envelope(one, 0.5, part)
    height, place = line(found, expected)
    low = (found[0] > 5) & (found[0] < 600)
    assert height > 8 * np.median(found[1][low])
    assert place == pytest.approx(expected, rel=0.02, abs=0.5)
    assert height > 3 * line(envelope(one, 0.0, part), expected)[0]


def test_impacts_grow_with_damage():
    one = spindle()
    rate = one.bearing.per_revolution.at(one.nominal_hz).bpfo
    heights = [line(envelope(one, damage, "outer"), rate)[0] for damage in (0.2, 0.4, 0.8)]
    assert np.diff(np.log2(heights)) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("part", ["outer", "inner", "ball"])
def test_only_the_damaged_part_is_heard(part):
    one = spindle()
    rates = one.bearing.per_revolution.at(one.nominal_hz)
    found = envelope(one, 0.5, part)
    own = line(found, rates.of(part), 0.005)[0]
    for other in {"outer", "inner", "ball"} - {part}:
        assert own > 2 * line(found, rates.of(other), 0.005)[0]


def test_an_inner_rings_spot_is_heard_louder_in_the_load_zone():
    """Sidebands a shaft's turn away from BPFI; an outer ring's spot has none."""
    one = spindle()
    rates = one.bearing.per_revolution.at(one.nominal_hz)
    inner, outer = envelope(one, 0.6, "inner"), envelope(one, 0.6, "outer")
    inner_part = line(inner, rates.bpfi - one.nominal_hz, 0.005)[0] / line(inner, rates.bpfi)[0]
    outer_part = line(outer, rates.bpfo - one.nominal_hz, 0.005)[0] / line(outer, rates.bpfo)[0]
    assert inner_part > 2 * outer_part


def test_the_shaft_and_its_harmonics_stand_in_the_spectrum_of_velocity():
    one = spindle()
    wave = acceleration(one, conditions(one, [0.0]), np.array([0]), RATE * SECONDS)[0]
    lines = np.abs(np.fft.rfft(wave)) * 2 / len(wave)
    bins = np.fft.rfftfreq(len(wave), 1 / RATE)
    for number, expected in enumerate((shape(one).first, shape(one).second, shape(one).third), 1):
        frequency = number * one.nominal_hz
        near = np.abs(bins - frequency) < 2
        velocity = np.sqrt((lines[near] ** 2).sum() / 2) / (2 * np.pi * frequency) * 1e3
        assert velocity == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize(
    ("hertz", "passes"), [(5.0, False), (12.0, True), (33.0, True), (960.0, True), (1100.0, False)]
)
def test_velocity_is_measured_in_the_band_of_iso_20816(hertz, passes):
    """A tone of 2 mm/s rms."""
    time = np.arange(RATE) / RATE
    wave = 2e-3 * np.sqrt(2) * 2 * np.pi * hertz * np.cos(2 * np.pi * hertz * time)
    found = velocity_rms(wave[None, :])[0]
    assert found == pytest.approx(2.0, rel=0.02) if passes else found < 0.1


@pytest.mark.parametrize("kind", [*KINDS, "other"])
def test_a_sound_spindle_lies_in_zone_a_or_b_and_a_failed_one_in_d(kind):
    for seed in range(12):
        one = spindle(seed=seed, kind=kind)
        sound, failed = velocity_rms(
            acceleration(one, conditions(one, [0.0, 1.0]), np.arange(2), SAMPLES)
        )
        assert zone(sound, one.kind.group, one.kind.support) in ("A", "B")
        assert zone(failed, one.kind.group, one.kind.support) == "D"


@pytest.mark.parametrize("part", ["outer", "inner", "ball", "cage"])
def test_damage_shows_in_acoustic_emission_then_envelope_then_velocity_then_temperature(part):
    """Damage at which each has risen by what an analyst would act on: AE by 6 dB, the envelope's
    line to three times, velocity by a quarter of the boundary B/C (ISO 20816-3, criterion II),
    temperature by 10 K."""
    one = spindle()
    damages = np.concatenate(([0.0], np.geomspace(1e-4, 1.0, 40)))
    now, windows = conditions(one, damages, (part,)), np.full(len(damages), 5)
    waves = acceleration(one, now, windows, RATE)
    rate = one.bearing.per_revolution.at(one.nominal_hz).of(part)
    lines = np.array([line(envelope_spectrum(wave), rate)[0] for wave in waves])
    emission = PHYSICS["acoustic_emission"](one, now, windows)
    velocity = velocity_rms(waves)
    heat = friction_rise(now.speed, now.load, damages)
    first = [
        damages[np.flatnonzero(risen)[0]]
        for risen in (
            emission > emission[0] + 6,
            lines > 3 * lines[0],
            velocity > velocity[0] + 0.25 * 2.8,
            heat > heat[0] + 10,
        )
    ]
    assert first == sorted(first)
    assert len(set(first)) == 4
    for series in (emission, heat):
        assert (np.diff(series) >= 0).all()
    assert lines[-1] > 20 * lines[0]


def test_rollers_slip_so_that_high_harmonics_of_a_train_smear(monkeypatch):
    from simulator.plant import waveform

    one = spindle()
    rate = one.bearing.per_revolution.at(one.nominal_hz).bpfo

    def sixth():
        found = envelope(one, 0.6, "outer")
        return line(found, 6 * rate, 0.001)[0] / line(found, rate, 0.005)[0]

    slipping = sixth()
    monkeypatch.setattr(waveform, "_SLIP", 0.0)
    assert slipping < 0.5 * sixth()


def test_faster_turning_vibrates_more():
    one = spindle()
    found = [
        velocity_rms(acceleration(one, conditions(one, [0.3], speed=speed), np.array([1])))[0]
        for speed in (0.0, 0.5, 1.0, 1.2)
    ]
    assert found == sorted(found)
    assert found[0] < 0.1


def test_samples_are_steps_of_the_converter_within_its_range():
    one = spindle(rpm=60_000)
    wave = acceleration(one, conditions(one, [1.0], ("inner", "ball")), np.array([1]), RATE)
    assert np.abs(wave).max() <= RANGE
    assert np.abs(wave / STEP - np.rint(wave / STEP)).max() < 1e-6


def test_a_batch_gives_the_same_samples_as_each_window_alone():
    one = spindle()
    damages = np.array([0.0, 0.2, 0.0, 0.9, 0.5])
    windows = np.array([7, 0, 99, 12, 3])
    parts = ("outer", "inner", "ball", "cage")
    together = acceleration(one, conditions(one, damages, parts), windows)
    for row, (damage, window) in enumerate(zip(damages, windows, strict=True)):
        alone = acceleration(one, conditions(one, [damage], parts), np.array([window]))
        assert together[row].tobytes() == alone[0].tobytes()
