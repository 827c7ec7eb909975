"""Chance, one named stream a quantity, so that a cohort grows without changing who is in it already."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Streams:
    """The random numbers of `patients` simulated patients over `days` days.

    Each name has a generator of its own, and its numbers are drawn patient after patient. So what one
    quantity takes changes no other, an option that is switched on changes nothing else, and the first hundred
    of two hundred patients are the hundred patients of a smaller cohort.
    """

    seed: int
    cohort: str  #: the scenario and the family: cohorts of different names share nothing
    patients: int
    days: int

    def of(self, name: str) -> np.random.Generator:
        """The generator of that name, from its beginning."""
        return np.random.default_rng([self.seed, crc32(self.cohort.encode()), crc32(name.encode())])

    def normal(self, name: str) -> Floats:
        """(n, d) standard normal numbers."""
        return self.of(name).standard_normal((self.patients, self.days))

    def uniform(self, name: str) -> Floats:
        """(n, d) numbers in [0, 1)."""
        return self.of(name).random((self.patients, self.days))

    def normal_each(self, name: str) -> Floats:
        """(n,) standard normal numbers, one a patient."""
        return self.of(name).standard_normal(self.patients)

    def uniform_each(self, name: str) -> Floats:
        """(n,) numbers in [0, 1), one a patient."""
        return self.of(name).random(self.patients)

    def between(self, name: str, low: float, high: float) -> Floats:
        """(n,) numbers in [low, high)."""
        return low + (high - low) * self.uniform_each(name)

    def whole(
        self, name: str, low: int | NDArray[np.int64], high: int | NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """(n,) whole numbers from `low` up to and without `high`."""
        drawn = low + np.floor((high - low) * self.uniform_each(name))
        return drawn.astype(np.int64)
