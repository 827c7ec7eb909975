"""Simulated patients on the wire: their days as messages of a watch and of a phone that holds the diary.

Pure: the same group and the same last day give the same bytes, so what is published twice changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

import numpy as np

from ingest.messages import Diary, Epoch
from simulate.cohort.members import Member
from simulate.cohort.tables import dates_of, watch_of
from simulate.minutes_of_day import Figures, minutes_of_day
from simulate.patient import midnight_us

_MINUTE_US = 60_000_000
#: What a night is taken for where the day's own figure is not there.
_NO_NIGHT = {"sleep_efficiency": 84.0, "io": 96.0, "ra": 0.84}


@dataclass(frozen=True)
class Worn:
    """A watch, from a day on and until another one takes its place; None: it is worn still."""

    name: str
    first: date
    last: date | None


def phone_of(member: Member) -> str:
    """The name of the phone that holds the diary."""
    return f"{member.code.lower()}-phone"


def watches_of(member: Member, last_day: date) -> list[Worn]:
    """What the patient wore, one after the other; `last` is the first day of the next one."""
    days = dates_of(member, last_day)
    codes = member.cohort.device[member.index]
    starts = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist()]
    ends = [days[k] for k in starts[1:]] + [None]
    return [Worn(watch_of(member, k), days[k], end) for k, end in zip(starts, ends, strict=True)]


def diaries(member: Member, last_day: date, zone: ZoneInfo) -> Iterator[Diary]:
    """The entries of a patient in the order of their days, told at about seven in the evening.

    An entry that is filled in days later says so (`entered_at`). One that only arrives late is like any
    other: when it arrives is decided by whoever publishes it.
    """
    cohort, i = member.cohort, member.index
    boot = _boot(member, last_day)
    chance = np.random.default_rng([crc32(member.code.encode()), 1])
    seq = 0
    for day, when in enumerate(dates_of(member, last_day)):
        minutes = int(chance.integers(-70, 70))
        if np.isnan(cohort.average[i, day]):
            continue
        at = datetime(when.year, when.month, when.day, 19, tzinfo=zone) + timedelta(minutes=minutes)
        delay = int(cohort.arrived_after_days[i, day])
        yield Diary(
            boot=boot,
            seq=seq,
            id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"simulated/{member.code}/{when}")),
            at=at.isoformat(),
            entered_at=(at + timedelta(days=delay)).isoformat() if delay >= 2 else None,
            average=int(cohort.average[i, day]),
            worst=int(cohort.worst[i, day]),
            breakthrough=int(cohort.breakthrough[i, day]),
            rescue_doses=int(cohort.rescue_doses[i, day]),
        )
        seq += 1


def epochs(member: Member, watch: Worn, last_day: date, zone: ZoneInfo) -> Iterator[Epoch]:
    """The minutes of one watch, a message a day; none on days in hospital and after a death.

    A day on which it was not worn is a day of minutes that say so. On the day clocks are put forward the last
    hour, and when they are put back one of the night, has no minutes.
    """
    cohort, i = member.cohort, member.index
    boot = _boot(member, last_day)
    seq = 0
    for day, when in enumerate(dates_of(member, last_day)):
        if when < watch.first or (watch.last is not None and when >= watch.last):
            continue
        if not cohort.present[i, day]:
            continue
        made = minutes_of_day(_figures(member, day), np.random.default_rng([boot, day]))
        start_us = midnight_us(when, zone)
        n = min((midnight_us(when + timedelta(days=1), zone) - start_us) // _MINUTE_US, made.worn.size)
        yield Epoch(
            boot=boot,
            seq=seq,
            t0=start_us,
            epoch_s=60.0,
            enmo_mg=made.enmo_mg[:n].tolist(),
            steps=made.steps[:n].tolist(),
            worn=made.worn[:n].tolist(),
        )
        seq += 1


def count_messages(member: Member, *, streams: bool) -> int:
    """How many messages a patient's devices have."""
    cohort, i = member.cohort, member.index
    entries = int((~np.isnan(cohort.average[i])).sum())
    return entries + (int(cohort.present[i].sum()) if streams else 0)


def _figures(member: Member, day: int) -> Figures:
    cohort, i = member.cohort, member.index

    def value(name: str, otherwise: float) -> float:
        number = float(getattr(cohort, name)[i, day])
        return otherwise if np.isnan(number) else number

    return Figures(
        steps=int(value("steps", 0)),
        activity_mg=value("activity", 0.4),
        wear_fraction=value("wear_fraction", 0),
        **{name: value(name, usual) for name, usual in _NO_NIGHT.items()},
    )


def _boot(member: Member, last_day: date) -> int:
    """Names of messages depend on who, in which cohort, and on the dates."""
    cohort = member.cohort
    told = f"{member.code}|{cohort.scenario}|{cohort.family}|{cohort.shape[1]}|{last_day}"
    return crc32(cohort.average[member.index].tobytes(), crc32(told.encode()))
