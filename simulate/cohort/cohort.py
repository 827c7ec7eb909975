"""A cohort from its name and a seed."""

from __future__ import annotations

from typing import Literal

import numpy as np

from simulate.cohort import plain
from simulate.cohort.course import FIRST_DAY, Course
from simulate.cohort.people import attributes
from simulate.cohort.record import Cohort, Floats
from simulate.cohort.scenarios import FEWEST_DAYS, SCENARIOS, STORIES, WITH_THERAPY
from simulate.cohort.signals import Signals
from simulate.cohort.streams import Streams
from simulate.cohort.therapy import SHARE, give

Family = Literal["plain", "heavy"]

_FAMILIES = {"plain": plain.signals}
#: Share of the entries, and of the worn days, that a stressed cohort loses on top of the usual.
_STRESS = 0.2
#: A night needs this share of the day's wear (clinical.md 7.2).
_FEWEST_WEAR = 0.6
_HOME_OFFSET_MIN = 60.0


def make_cohort(
    scenario: str,
    patients: int,
    days: int,
    seed: int,
    *,
    family: Family = "plain",
    stressed: bool = False,
) -> Cohort:
    """Simulate `patients` people over `days` days; the same arguments give the same cohort.

    `scenario` is one of `SCENARIOS`, `family` the model behind it (`plain`, or `heavy` for the second one),
    and `stressed` loses a fifth of the diary entries and of the worn days on top. More patients change nobody
    who is in a smaller cohort already. ValueError, in one sentence, for what cannot be made.
    """
    if scenario not in STORIES:
        raise ValueError(f"there is no scenario {scenario}: take one of {', '.join(SCENARIOS)}")
    if family not in _FAMILIES:
        raise ValueError(f"there is no family {family}: take one of {', '.join(_FAMILIES)}")
    if patients < 1 or days < FEWEST_DAYS:
        raise ValueError(f"a cohort needs a patient or more and {FEWEST_DAYS} days or more")
    if seed < 0:
        raise ValueError("a seed is a whole number from 0 on")
    streams = Streams(seed, f"{scenario} {family}", patients, days)
    course = Course(streams, heavy=family == "heavy")
    give(course, share=1.0 if scenario in WITH_THERAPY else SHARE)
    STORIES[scenario](course)
    made = _FAMILIES[family](course, np.zeros(patients))
    if stressed:
        _stress(made, streams)
    return _recorded(scenario, family, course, made, streams)


def _stress(made: Signals, streams: Streams) -> None:
    made.answered &= streams.uniform("lost entry") >= _STRESS
    made.would_reply &= streams.uniform("lost reply") >= _STRESS
    made.wear_fraction[streams.uniform("lost wear") < _STRESS] = 0.0


def _recorded(scenario: str, family: str, course: Course, made: Signals, streams: Streams) -> Cohort:
    """What reaches the system, and what it came from."""
    worn = np.where(made.wear_fraction > 0, made.wear_fraction, np.nan)
    enough = made.wear_fraction >= _FEWEST_WEAR

    def told(values: Floats) -> Floats:
        return np.where(made.answered, values, np.nan)

    def slept(values: Floats) -> Floats:
        return np.where(enough, values, np.nan)

    events, windows = course.recorded()
    name = f"{scenario}-{family}"
    return Cohort(
        scenario=scenario,
        family=family,
        first_day=FIRST_DAY,
        patients=tuple(f"sim-{name}-{i + 1:04d}" for i in range(course.patients)),
        average=told(made.average),
        worst=told(made.worst),
        breakthrough=told(made.breakthrough),
        rescue_doses=told(made.rescue_doses),
        steps=np.round(made.steps * worn),
        activity=np.where(np.isnan(worn), np.nan, made.activity),
        wear_fraction=made.wear_fraction,
        sleep_efficiency=slept(made.sleep_efficiency),
        io=slept(made.io),
        ra=slept(made.ra),
        utc_offset_min=_HOME_OFFSET_MIN + course.travel_min,
        device=course.device,
        treatment=course.treatment,
        present=np.ones((course.patients, course.days), dtype=bool),
        arrived_after_days=np.where(made.answered, 0.0, np.nan),
        proxy=np.zeros((course.patients, course.days), dtype=bool),
        uploaded_twice=np.zeros((course.patients, course.days), dtype=bool),
        events=events,
        windows=windows,
        truth=made.pain,
        reply_average=np.where(made.would_reply, made.average, np.nan),
        reply_worst=np.where(made.would_reply, made.worst, np.nan),
        attributes=attributes(streams),
    )
