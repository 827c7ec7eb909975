"""Devices that leave messages out, and what alerting makes of it."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from alerting.technical import judge_devices
from alerting.trouble import GAP, Limits
from store.alerts.cases import CaseEvent
from store.database import transaction
from store.identity import hold, settle
from store.people import Device
from tests.cast import NOON, Cast, enrol_cast

HOUR = timedelta(hours=1)
LIMITS = Limits()
LATER = NOON + 6 * HOUR  #: when a gap that was seen at noon is a case


def long_enrolled(engine: sa.Engine) -> Cast:
    """The cast, with devices that were enrolled when they were put on."""
    cast = enrol_cast(engine)
    with transaction(engine) as session:
        session.execute(sa.update(Device).values(enrolled_at=NOON - timedelta(days=60)))
    return cast


def sent(engine, device_id, seqs, at=NOON, stream="raw", boot=1, refused=False):
    """Messages are settled at that time: stored or refused makes no difference here."""
    key = (device_id, stream, boot)
    with transaction(engine) as session:
        hold(session, [(key, seq) for seq in seqs], at)
        settle(session, {key: list(seqs)}, {key} if refused else (), at)


def judge(engine, at=LATER, kinds=(GAP,)):
    return judge_devices(engine, LIMITS, at, kinds)


def rows(engine, table):
    with transaction(engine) as session:
        return list(session.scalars(sa.select(table).order_by(*sa.inspect(table).primary_key)))


def story(engine, case_id):
    return [(event.kind, event.actor) for event in rows(engine, CaseEvent) if event.case_id == case_id]
