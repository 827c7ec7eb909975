"""A cosine of 24 h through the activity, by linear least squares."""

from __future__ import annotations

import numpy as np

from analytics.indices.clock_bins import ClockBins
from analytics.indices.definition import OF_X, Definition
from analytics.indices.index import Index
from analytics.indices.profile import Profile, clock_profile
from analytics.indices.timeline import Timeline
from analytics.indices.validity import without_a_profile

FLAT = 1e-12  #: an amplitude below this share of the largest value is rounding and no rhythm


def _definition(name: str, unit: str, meaning: str) -> Definition:
    return Definition(
        name=name,
        unit=unit,
        meaning=f"{meaning} of x = M + A cos(2 pi (t - phi) / 24 h), t the local clock at the epoch's start, "
        "by linear least squares over valid epochs.",
        missing="left out",
        needs="a valid hour at every clock hour",
        source="Halberg et al., Physiol Teach 1(4):1-11, 1972; Cornelissen, Theor Biol Med Model 11:16, 2014",
        spans="recording, 28 days, 7 days",
    )


MESOR = _definition("mesor", OF_X, "M")
AMPLITUDE = _definition("amplitude", OF_X, "A (0 or more)")
ACROPHASE = _definition("acrophase_h", "h", "phi, the clock hour of the peak in [0, 24), none where A is 0,")


def cosinor(timeline: Timeline, hours: ClockBins) -> list[Index]:
    """`mesor`, `amplitude` [unit of x] and `acrophase_h` [clock hours]; `hours` are the 60 min bins."""
    if without_a_profile(hours) is not None:
        return fitted(None, hours, timeline.unit)
    return fitted(clock_profile(timeline), hours, timeline.unit)


def fitted(profile: Profile | None, hours: ClockBins, unit: str) -> list[Index]:
    """The same from the average day, which is there where `hours` make a profile."""
    why = without_a_profile(hours)
    if why is not None or profile is None:
        why = why or "too little data"
        return [MESOR.absent(why, unit), AMPLITUDE.absent(why, unit), ACROPHASE.absent(why)]
    wave = np.stack([np.ones(len(profile.angle)), np.cos(profile.angle), np.sin(profile.angle)])
    weighted = wave * profile.weight
    mesor, c, s = np.linalg.solve(weighted @ wave.T, weighted @ profile.mean).tolist()
    amplitude = float(np.hypot(c, s))
    phase = [MESOR.is_(mesor, unit), AMPLITUDE.is_(amplitude, unit)]
    if amplitude <= FLAT * profile.largest:
        return [*phase, ACROPHASE.absent("the amplitude is 0")]
    return [*phase, ACROPHASE.is_(float(np.arctan2(s, c)) * 12 / np.pi % 24 % 24)]
