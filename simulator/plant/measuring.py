"""What instruments make of a waveform: velocity by ISO 20816, and the envelope's spectrum."""

from functools import lru_cache

import numpy as np

from simulator.plant.chance import Floats
from simulator.plant.waveform import RATE

BAND = (10.0, 1_000.0)
"""Hz: the band in which ISO 20816-3 means velocity (machines from 600 rpm)."""


def velocity_rms(acceleration: Floats) -> Floats:
    """mm/s rms in BAND, by integration of m/s2 in the frequency domain: (n, samples) -> (n,).

    Each window is weighted by Hann's window against leakage, and the weight's power taken out.
    """
    samples = acceleration.shape[-1]
    weight, gain = _weights(samples)
    spectrum = np.fft.rfft(acceleration * weight)[..., gain[0] : gain[1]]
    omega = 2 * np.pi * np.fft.rfftfreq(samples, 1 / RATE)[gain[0] : gain[1]]
    power = (spectrum.real**2 + spectrum.imag**2) / omega**2
    mean_square = 2 * power.sum(axis=-1) / samples**2 / (3 / 8)
    return np.asarray(1e3 * np.sqrt(mean_square), dtype=np.float64)


@lru_cache(maxsize=8)
def _weights(samples: int) -> tuple[Floats, tuple[int, int]]:
    """Hann's window, and the bins of the band."""
    weight = np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(samples) / samples))
    weight.flags.writeable = False
    bins = np.fft.rfftfreq(samples, 1 / RATE)
    low, high = np.searchsorted(bins, BAND)
    return weight, (int(low), int(high))


def envelope_spectrum(
    acceleration: Floats, band: tuple[float, float] = (2_000.0, 5_000.0)
) -> tuple[Floats, Floats]:
    """Frequencies in Hz and amplitudes in m/s2 of the envelope of what lies in a band.

    (samples,) -> two of (samples // 2 + 1,). The envelope is the absolute value of the analytic
    signal (Hilbert's transform); a defect's frequency stands in it, which the spectrum itself
    hides (Randall and Antoni 2011).
    """
    samples = acceleration.shape[-1]
    bins = np.fft.rfftfreq(samples, 1 / RATE)
    spectrum = np.fft.rfft(acceleration)
    analytic = np.zeros(samples, dtype=np.complex128)
    inside = (bins >= band[0]) & (bins <= band[1])
    analytic[: len(bins)][inside] = 2 * spectrum[inside]
    envelope = np.abs(np.fft.ifft(analytic))
    lines = np.abs(np.fft.rfft(envelope - envelope.mean())) * 2 / samples
    return np.asarray(bins, dtype=np.float64), np.asarray(lines, dtype=np.float64)
