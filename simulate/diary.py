"""What a patient answers: one entry on most days, as the course of the patient has it."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

import numpy as np

from ingest.messages import Diary, Dose
from simulate.courses import PAST_DAYS
from simulate.patient import Patient, midnight_us

EVENING_H = 19.0
_DRAWS, _ANSWER = 3, 4  #: kinds of chance


def diary_of(patient: Patient, until: datetime) -> list[Diary]:
    """Every entry that was given up to `until`, in order; a longer list only ever adds at its end.

    So boot (when the ward was opened) and seq (place in the list) name an entry for ever.
    """
    days = (until.astimezone(patient.zone).date() - patient.first_day).days + 1
    rng = patient.chance(_DRAWS)
    usual = float(rng.uniform(-0.2, 0.2))
    draws = np.clip(rng.standard_normal((days, 4)), -1.8, 1.8)
    entries: list[Diary] = []
    carried = 0.0
    for index, draw in enumerate(draws.tolist()):
        # A day resembles the one before (AR 0.5, standard deviation 1); bounded, so that a story stays
        # the one it is for every seed.
        carried = 0.5 * carried + 0.87 * draw[0]
        day = patient.first_day + timedelta(days=index)
        chance = patient.chance(_ANSWER, day.toordinal())
        at = _answered_at(patient, day, float(chance.uniform(-1.2, 1.2)))
        if chance.random() < patient.about(day).answers and at <= until:
            spread = [usual, min(max(carried, -1.8), 1.8), *draw[1:]]
            entries.append(_entry(patient, index, len(entries), at, spread, chance))
    return entries


def _entry(
    patient: Patient, index: int, seq: int, at: datetime, spread: list[float], chance: np.random.Generator
) -> Diary:
    about = patient.about(patient.first_day + timedelta(days=index))
    usual, carried, *small = spread
    worst = about.worst + usual + about.worst_sd * carried
    average = worst - about.background + 0.3 * small[0]
    episodes = int(chance.poisson(about.episodes))
    boot = int(patient.opened.timestamp())
    taken = (at - timedelta(minutes=30)).isoformat(timespec="seconds")
    dose = about.morphine_mg
    return Diary(
        boot=boot,
        seq=seq,
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{patient.seed}/{boot}/{patient.id}/{index - PAST_DAYS}")),
        at=at.isoformat(timespec="seconds"),
        worst=_nrs(worst),
        average=min(_nrs(average), _nrs(worst)),
        least=min(_nrs(average - 1.4), _nrs(average), _nrs(worst)),
        now=min(_nrs(average + 0.5 * small[1]), _nrs(worst)),
        interference=_nrs(0.8 * average + 0.5 * small[2]),
        breakthrough=episodes,
        rescue_doses=int(chance.binomial(episodes, 0.7)),
        doses=[Dose(drug="morphine", dose=dose, unit="mg", route="oral", at=taken)] if dose else None,
    )


def _answered_at(patient: Patient, day: date, late: float) -> datetime:
    """In the evening; on the day the ward was opened within the hours before, whatever the hour is."""
    opened = patient.opened.astimezone(patient.zone)
    if day == opened.date():
        midnight = datetime.fromtimestamp(midnight_us(day, patient.zone) / 1e6, tz=patient.zone)
        return max(midnight, opened - timedelta(minutes=50 + 30 * late))
    return datetime.fromtimestamp(
        round(midnight_us(day, patient.zone) / 1e6 + 3600 * (EVENING_H + late)), tz=patient.zone
    )


def _nrs(value: float) -> int:
    return int(min(max(round(value), 0), 10))
