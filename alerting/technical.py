"""Technical cases are opened, changed and closed here. Nobody is told of them: they have no delivery."""

from __future__ import annotations

import threading
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from alerting import trouble
from alerting.trouble import BATTERY, GAP, SILENCE, Change, Close, Limits, Open, Reason
from store import technical
from store.database import now, transaction
from store.gaps import missing_since, note_gaps
from store.worn_devices import WornDevice, worn_devices_in_need
from store.zones import zones_of

log = structlog.get_logger()

EVERY_S = 30.0
#: Silence and batteries need a look at every device that is worn; gaps do not.
ALL_KINDS_EACH = 20
KINDS = (GAP, SILENCE, BATTERY)


def judge_devices(engine: sa.Engine, limits: Limits, at: datetime, kinds: Collection[str] = KINDS) -> int:
    """Bring the technical cases up to what is wrong at `at`; how many were opened, changed or closed.

    One transaction, and one process at a time: another that comes meanwhile does nothing. Repeat-safe.
    """
    with transaction(engine) as session:
        if not technical.only_run(session):
            return 0
        note_gaps(session)
        standing = technical.standing_cases(session)
        had = {(case.patient_id, Reason(**reason).key) for case in standing for reason in case.reasons}
        owed = missing_since(session, at, at - limits.gap) if GAP in kinds else []
        devices: list[WornDevice] = []
        if SILENCE in kinds or BATTERY in kinds:
            devices = worn_devices_in_need(session, at, at - limits.silence, trouble.BATTERY_WELL_PCT)
        concerned = {c.patient_id for c in standing} | {m.patient_id for m in owed}
        zones = zones_of(session, concerned | {device.patient_id for device in devices})
        present = [(m.patient_id, trouble.gap_reason(m, zones[m.patient_id])) for m in owed]
        for device in devices:
            own = {key for patient_id, key in had if patient_id == device.patient_id}
            for reason in trouble.device_reasons(device, at, limits.silence, own, zones[device.patient_id]):
                if reason.kind in kinds:
                    present.append((device.patient_id, reason))
        closed = technical.closed_by_hand(session, {patient_id for patient_id, _ in present}, at)
        steps = trouble.decide(present, kinds, standing, trouble.hushed_today(closed, at, zones))
        for step in steps:
            _carry_out(session, step, at)
        return len(steps)


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
