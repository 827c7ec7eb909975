"""Technical cases are opened, changed and closed here. Nobody is told of them: they have no delivery."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from alerting import trouble
from alerting.clock_trouble import clock_reasons, what_to_look_at
from alerting.not_judged import unjudged_reason
from alerting.trouble import (
    BATTERY,
    CLOCK,
    GAP,
    KINDS,
    SILENCE,
    Change,
    Close,
    Key,
    Limits,
    Open,
    Reason,
)
from store.alerts import technical
from store.alerts.technical import CANNOT_JUDGE
from store.alerts.unjudged import Unjudged, patients_unjudged
from store.alerts.worn_clocks import WornClock, clocks_in_doubt
from store.alerts.worn_devices import WornDevice, worn_devices_in_need
from store.database import now, transaction
from store.gaps import Missing, missing_since, note_gaps
from store.zones import zones_of

log = structlog.get_logger()

EVERY_S = 30.0
#: All but gaps need a look at every device that is worn; gaps are found by an index of who has any.
ALL_KINDS_EACH = 20


Had = dict[int, Collection[Key]]  #: what the open case of each patient stands for


@dataclass(slots=True)
class _Found:
    """What a look has found; of kinds that were not looked for nothing."""

    owed: list[Missing] = field(default_factory=list)
    devices: list[WornDevice] = field(default_factory=list)
    clocks: list[WornClock] = field(default_factory=list)
    unjudged: list[Unjudged] = field(default_factory=list)

    @property
    def patients(self) -> set[int]:
        """All whom it concerns."""
        ids = [[one.patient_id for one in self.owed], [one.patient_id for one in self.devices]]
        ids += [[one.patient_id for one in self.clocks], [one.patient_id for one in self.unjudged]]
        return {patient_id for some in ids for patient_id in some}


def judge_devices(engine: sa.Engine, limits: Limits, at: datetime, kinds: Collection[str] = KINDS) -> int:
    """Bring the technical cases up to what is wrong at `at`; how many were opened, changed or closed.

    One transaction, and one process at a time: another that comes meanwhile does nothing. Repeat-safe.
    """
    with transaction(engine) as session:
        if not technical.only_run(session):
            return 0
        note_gaps(session)
        standing = technical.standing_cases(session)
        had: Had = {case.patient_id: {Reason(**reason).key for reason in case.reasons} for case in standing}
        found = _look(session, limits, at, kinds)
        zones = zones_of(session, {*had, *found.patients})
        present = [one for one in _present(found, limits, at, had, zones) if one[1].kind in kinds]
        closed = technical.closed_by_hand(session, {patient_id for patient_id, _ in present}, at)
        steps = trouble.decide(present, kinds, standing, trouble.hushed_today(closed, at, zones))
        for step in steps:
            _carry_out(session, step, at)
        return len(steps)


def _look(session: Session, limits: Limits, at: datetime, kinds: Collection[str]) -> _Found:
    silent_since = at - limits.silence
    found = _Found()
    if GAP in kinds:
        found.owed = missing_since(session, at, at - limits.gap)
    if SILENCE in kinds or BATTERY in kinds:
        found.devices = worn_devices_in_need(session, at, silent_since, trouble.BATTERY_WELL_PCT)
    if CLOCK in kinds:
        found.clocks = clocks_in_doubt(session, at, what_to_look_at(at))
    if CANNOT_JUDGE in kinds:
        found.unjudged = patients_unjudged(session, at, at - trouble.JUDGED_LATE, silent_since)
    return found


def _present(
    found: _Found, limits: Limits, at: datetime, had: Had, zones: dict[int, tzinfo]
) -> list[tuple[int, Reason]]:
    """(patient, reason) of all that is trouble at `at`."""
    reasons = [(one.patient_id, trouble.gap_reason(one, zones[one.patient_id])) for one in found.owed]
    for device in found.devices:
        own, zone = had.get(device.patient_id, frozenset()), zones[device.patient_id]
        for reason in trouble.device_reasons(device, at, limits.silence, own, zone):
            reasons.append((device.patient_id, reason))
    for clock in found.clocks:
        own, zone = had.get(clock.patient_id, frozenset()), zones[clock.patient_id]
        reasons += [(clock.patient_id, reason) for reason in clock_reasons(clock, at, own, zone)]
    for patient in found.unjudged:
        unknown = unjudged_reason(patient, at, had.get(patient.patient_id, frozenset()))
        if unknown is not None:
            reasons.append((patient.patient_id, unknown))
    return reasons


def _carry_out(session: Session, step: trouble.Step, at: datetime) -> None:
    match step:
        case Open(patient_id, reasons):
            technical.open_technical(
                session, patient_id, trouble.in_words(reasons), trouble.as_json(reasons), at
            )
        case Change(case_id, reasons, added, gone) if added or gone:
            words, news = trouble.in_words(reasons), trouble.news_of(step)
            technical.add_technical(session, case_id, words, news, trouble.as_json(reasons), at)
        case Change(case_id, reasons):
            technical.say_again(session, case_id, trouble.in_words(reasons))
        case Close(case_id):
            technical.close_technical(session, case_id, trouble.why_closed(step), at)


def keep_judging(engine: sa.Engine, limits: Limits, counts: dict[str, int], stop: threading.Event) -> None:
    """Judge until `stop` is set. Losing the database pauses it."""
    rounds = 0
    while not stop.is_set():
        try:
            kinds = KINDS if rounds % ALL_KINDS_EACH == 0 else (GAP,)
            counts["technical"] += judge_devices(engine, limits, now(), kinds)
            rounds += 1
        except sa.exc.OperationalError:
            log.warning("the database is away", action="database_away")
        stop.wait(EVERY_S)
