"""The wear rules, each as one function of a made recording, and the counts that two of them need."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from analytics.signal.choi import worn_by_choi
from analytics.signal.epochs import Minutes, epochs_of_minutes
from analytics.signal.samples import Samples
from analytics.signal.temperature import worn_by_temperature
from analytics.signal.thermometer import Temperature
from analytics.signal.troiano import worn_by_troiano
from analytics.signal.van_hees import worn_by_van_hees_2013, worn_by_van_hees_2023
from analytics.signal.wear import still_minutes, worn_in_recording
from benchmarks.wear_cases import Made

Worn = NDArray[np.bool_]
DEAD_BAND_G, COUNT_G = 0.068, 0.0166  #: as of an ActiGraph counter


class Seen:
    """A made recording and its minutes, computed once for all rules."""

    def __init__(self, made: Made) -> None:
        self.made = made
        self.minutes: Minutes = epochs_of_minutes([made.samples])
        self.counts = rough_counts(made.samples)


def live(seen: Seen) -> Worn:
    """What the live path does."""
    m = seen.minutes
    return worn_in_recording(m.t_us, m.enmo_5s_mg, m.anglez_5s_deg, [seen.made.samples])


def live_with_thermometer(seen: Seen) -> Worn:
    """The same for a device that sends its temperature."""
    m = seen.minutes
    read = Temperature(m.t_us + 30_000_000, seen.made.temperature_c)
    return worn_in_recording(m.t_us, m.enmo_5s_mg, m.anglez_5s_deg, [seen.made.samples], read)


def by_stillness_alone(seen: Seen) -> Worn:
    """The first live rule: whatever is still is not worn."""
    m = seen.minutes
    return ~still_minutes(m.t_us, m.enmo_5s_mg, m.anglez_5s_deg)


def by_temperature(seen: Seen) -> Worn:
    """Zhou 2015."""
    t_us = seen.minutes.t_us + 30_000_000
    return worn_by_temperature([seen.made.samples], t_us, seen.made.temperature_c)[1]


RULES: dict[str, Callable[[Seen], Worn]] = {
    "van Hees 2013": lambda s: worn_by_van_hees_2013([s.made.samples]).at(s.minutes.t_us),
    "van Hees 2023": lambda s: worn_by_van_hees_2023([s.made.samples]).at(s.minutes.t_us),
    "Zhou 2015 (temperature)": by_temperature,
    "Choi 2011 (counts)": lambda s: worn_by_choi(s.counts),
    "Troiano 2007 (counts)": lambda s: worn_by_troiano(s.counts),
    "stillness alone": by_stillness_alone,
    "live": live,
    "live, with a thermometer": live_with_thermometer,
}


def rough_counts(samples: Samples) -> NDArray[np.float64]:
    """Counts a minute of the y axis, about as a counter makes them: band pass, dead band, sum at 10 Hz.

    For the shape of stillness only; it is not the manufacturer's filter.
    """
    y = samples.xyz[:, 1] * samples.scale
    sos = butter(2, [0.29, 1.63], "bandpass", fs=samples.hz, output="sos")
    moved = np.abs(sosfilt(sos, y - y[0]))[:: int(samples.hz / 10)]
    counted = np.where(moved > DEAD_BAND_G, np.floor(np.minimum(moved / COUNT_G, 128)), 0)
    return np.asarray(counted[: len(counted) // 600 * 600].reshape(-1, 600).sum(axis=1))
