"""How a patient moves: the minutes of a local day, as the watch would sum them up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simulate.patient import Patient, midnight_us

MINUTE_US = 60_000_000
_DAY, _CHARGING = 1, 2  #: kinds of chance


@dataclass(frozen=True)
class Minutes:
    """One local day, minute by minute; 1440 of them, or 1380 or 1500 when clocks change."""

    t0_us: int
    enmo_mg: NDArray[np.float64]
    steps: NDArray[np.int64]
    worn: NDArray[np.int64]  #: 0 or 1
    asleep: NDArray[np.bool_]


def minutes_of(patient: Patient, day: date) -> Minutes:
    """The whole local day, also where it lies in the future."""
    start_us = midnight_us(day, patient.zone)
    n = (midnight_us(day + timedelta(days=1), patient.zone) - start_us) // MINUTE_US
    clock = _clock_minutes(start_us, n, patient.zone)
    about = patient.about(day)
    chance = patient.chance(_DAY, day.toordinal())
    wake, onset = (int(m) for m in np.array([410, 1360]) + 25 * np.clip(chance.standard_normal(2), -2.5, 2.5))
    asleep = (clock < wake) | (clock >= onset)
    weekend = 0.92 if day.weekday() >= 5 else 1.0
    level = 17 * about.movement * weekend * np.exp(0.15 * chance.standard_normal())
    shape = 0.55 + 0.9 * np.exp(-(((clock - 660) / 190) ** 2)) + 0.6 * np.exp(-(((clock - 1010) / 150) ** 2))
    awake_mg = 3 + level * shape * np.exp(_wavering(n, chance) - 0.18)
    for _ in range(chance.poisson(4 * about.movement)):  # walks
        first = int(chance.integers(wake + 40, onset - 60))
        awake_mg[first : first + chance.integers(4, 13)] = chance.uniform(95, 170)
    turning = chance.random(n) < about.restless
    night_mg = np.where(turning, chance.uniform(12, 45, n), 1.2 + 0.5 * chance.random(n))
    worn = _worn(patient, day, n)
    enmo_mg = np.where(worn == 1, np.where(asleep, night_mg, awake_mg), 0.4)
    cadence = np.clip(70 + 0.35 * (enmo_mg - 60) + chance.normal(0, 6, n), 0, 130)
    pottering = chance.poisson(np.clip((enmo_mg - 22) / 14, 0, None))
    steps = np.where(enmo_mg > 80, cadence, pottering).astype(np.int64)
    steps[asleep | (worn == 0)] = 0
    return Minutes(start_us, np.round(enmo_mg, 1).astype(np.float64), steps, worn, asleep)


def _worn(patient: Patient, day: date, n: int) -> NDArray[np.int64]:
    worn = np.full(n, int(patient.about(day).worn), dtype=np.int64)
    chance = patient.chance(_CHARGING, day.toordinal())
    # From the day the ward is opened on nobody charges, so that every live picture moves.
    if patient.number_of(day) < 0 and chance.random() < 0.3:
        first = int(chance.integers(480, n - 240))
        worn[first : first + int(chance.integers(25, 60))] = 0
    return worn


def _clock_minutes(start_us: int, n: int, zone: ZoneInfo) -> NDArray[np.int64]:
    """The local clock at each minute since local midnight; offsets change on quarter hours."""
    quarters = []
    for first in range(0, n, 15):
        local = datetime.fromtimestamp(start_us // 1_000_000 + 60 * first, tz=UTC).astimezone(zone)
        quarters.append(local.hour * 60 + local.minute)
    return (np.repeat(quarters, 15)[:n] + np.arange(n) % 15).astype(np.int64)


def _wavering(n: int, chance: np.random.Generator) -> NDArray[np.float64]:
    """Noise of standard deviation 0.6 in which a minute resembles the next (AR 0.9)."""
    memory = 0.6 * np.sqrt(1 - 0.9**2) * 0.9 ** np.arange(50)
    waves: NDArray[np.float64] = np.convolve(chance.standard_normal(n + 49), memory, mode="valid")
    return waves
