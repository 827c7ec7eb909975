"""Sums of an earlier version: the diaries that have any are summed again once analytics runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command

from store import schema
from store.database import engine_for, transaction
from tests.cast import NOON
from tests.conftest import new_database

PATIENT = """
    INSERT INTO patient (code, tz, site, pseudonym, demonstration, enrolled_at)
    VALUES (:code, 'UTC', 'main', gen_random_uuid(), false, now()) RETURNING id
"""
SUM = """
    INSERT INTO day_index (patient_id, day, index, method, value, unit, reason, worn_min, input_digest, computed_at)
    VALUES (:p, '2026-05-04', :index, :method, 30, 'mg', NULL, 0, '', :at)
"""


def test_patients_with_sums_of_doses_are_marked_and_no_others(server_url: str) -> None:
    url = new_database(server_url)
    command.upgrade(schema.config(url), "0019")
    engine = engine_for(url)
    with transaction(engine) as session:
        opioids, steps = (session.execute(sa.text(PATIENT), {"code": c}).scalar_one() for c in ("P-1", "P-2"))
        for patient, index, method in ((opioids, "OME_mg", "OME 1 cdc-2022"), (steps, "steps", "day-4")):
            session.execute(sa.text(SUM), {"p": patient, "index": index, "method": method, "at": NOON})
    schema.upgrade(url)
    with transaction(engine) as session:
        marked = session.execute(sa.text("SELECT patient_id, kind, marks FROM stale_day")).all()
    assert marked == [(opioids, "doses", 1)]
    engine.dispose()
