"""A cohort from its name and a seed."""

from __future__ import annotations

from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulate.cohort import heavy, plain
from simulate.cohort.absence import cut_short, dead, quiet_days, stays_in_hospital
from simulate.cohort.course import FIRST_DAY, Course
from simulate.cohort.devices import (
    hand_out_new,
    let_clocks_drift,
    let_seasons_pass,
    send_zeros,
    upload_again,
)
from simulate.cohort.entries import arrivals, by_proxy, heap
from simulate.cohort.people import attributes, habits
from simulate.cohort.realism import Realism
from simulate.cohort.record import Cohort, Floats
from simulate.cohort.scenarios import FEWEST_DAYS, SCENARIOS, STORIES, WITH_THERAPY
from simulate.cohort.signals import Signals
from simulate.cohort.streams import Streams
from simulate.cohort.therapy import SHARE, give
from simulate.cohort.treated import change_doses, respond

Family = Literal["plain", "heavy"]

_FAMILIES = {"plain": plain.signals, "heavy": heavy.signals}
#: Share of the entries, and of the worn days, that a stressed cohort loses on top of the usual.
_STRESS = 0.2
#: A night needs this share of the day's wear (clinical.md 7.2).
_FEWEST_WEAR = 0.6
_HOME_OFFSET_MIN = 60.0
#: Summer time begins: 29 March 2026, day 83 of a cohort.
_SUMMER = date(2026, 3, 29)
EVERYTHING = Realism()


def make_cohort(
    scenario: str,
    patients: int,
    days: int,
    seed: int,
    *,
    family: Family = "plain",
    stressed: bool = False,
    realism: Realism = EVERYTHING,
) -> Cohort:
    """Simulate `patients` people over `days` days; the same arguments give the same cohort.

    `scenario` is one of `SCENARIOS`, `family` the model behind it (`plain`, or `heavy` for the second one),
    `stressed` loses a fifth of the diary entries and of the worn days on top, `realism` what else happens to
    rows. More patients change nobody who is in a smaller cohort already. ValueError, in one sentence, for
    what cannot be made.
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
    people = attributes(streams)
    course = Course(streams, heavy=family == "heavy")
    give(course, share=1.0 if scenario in WITH_THERAPY else SHARE)
    STORIES[scenario](course)
    gone = _beside(course, people, realism)
    made = _FAMILIES[family](course, habits(people, unequal=realism.unequal))
    if stressed:
        _stress(made, streams)
    return _recorded(scenario, family, course, made, people, gone, realism)


def _beside(course: Course, people: dict[str, NDArray[np.str_]], realism: Realism) -> NDArray[np.bool_]:
    """What happens beside the scenario; (n, d): the days without a row."""
    if realism.response:
        respond(course)
    quiet = quiet_days(course)
    if realism.dose_changes:
        change_doses(course, quiet)
    if realism.new_devices:
        hand_out_new(course, quiet)
    if realism.seasons:
        let_seasons_pass(course)
    gone = np.zeros_like(quiet)
    if realism.deaths:
        gone |= dead(course, quiet, people["stage"])
        cut_short(course, gone)
    if realism.admissions:
        gone |= stays_in_hospital(course, quiet)
    return gone


def _stress(made: Signals, streams: Streams) -> None:
    made.answered &= streams.uniform("lost entry") >= _STRESS
    made.would_reply &= streams.uniform("lost reply") >= _STRESS
    made.wear_fraction[streams.uniform("lost wear") < _STRESS] = 0.0


def _recorded(
    scenario: str,
    family: str,
    course: Course,
    made: Signals,
    people: dict[str, NDArray[np.str_]],
    gone: NDArray[np.bool_],
    realism: Realism,
) -> Cohort:
    """What reaches the system, and what it came from."""
    streams = course.streams
    made.answered &= ~gone
    if realism.heaping:
        heap(made, streams)
    proxy = by_proxy(made, streams) if realism.proxies else np.zeros_like(gone)
    replies = made.average.copy(), made.worst.copy()
    late = arrivals(made, streams) if realism.late_entries else np.where(made.answered, 0.0, np.nan)
    if realism.clock_drift:
        let_clocks_drift(made, streams)
    worn = np.where(made.wear_fraction > 0, made.wear_fraction, np.nan)
    steps = np.rint(made.steps * worn)
    if realism.zero_steps:
        steps = send_zeros(steps, made.wear_fraction, streams)
    enough = made.wear_fraction >= _FEWEST_WEAR
    there = ~gone
    offset = np.full(gone.shape, _HOME_OFFSET_MIN) + course.travel_min
    if realism.seasons:
        offset[:, max((_SUMMER - FIRST_DAY).days, 0) :] += 60.0
    events, windows = course.recorded()
    return Cohort(
        scenario=scenario,
        family=family,
        first_day=FIRST_DAY,
        patients=tuple(f"sim-{scenario}-{family}-{i + 1:04d}" for i in range(course.patients)),
        average=_where(made.answered, made.average),
        worst=_where(made.answered, made.worst),
        breakthrough=_where(made.answered, made.breakthrough),
        rescue_doses=_where(made.answered, made.rescue_doses),
        steps=_where(there, steps),
        activity=_where(there & (made.wear_fraction > 0), made.activity),
        wear_fraction=_where(there, made.wear_fraction),
        sleep_efficiency=_where(there & enough, made.sleep_efficiency),
        io=_where(there & enough, made.io),
        ra=_where(there & enough, made.ra),
        utc_offset_min=_where(there, offset),
        device=course.device,
        treatment=np.where(there, course.treatment, ""),
        present=there,
        arrived_after_days=late,
        proxy=proxy,
        uploaded_twice=there & (upload_again(streams) if realism.duplicates else False),
        events=events,
        windows=windows,
        truth=made.pain,
        reply_average=_where(there & made.would_reply, replies[0]),
        reply_worst=_where(there & made.would_reply, replies[1]),
        attributes=people,
    )


def _where(known: NDArray[np.bool_], values: Floats) -> Floats:
    return np.where(known, values, np.nan)
