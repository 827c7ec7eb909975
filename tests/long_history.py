"""A patient of whom much is stored, so that a test can say what a look at the last days costs."""

from __future__ import annotations

import sqlalchemy as sa

from tests.cast import NOON


def three_years(engine: sa.Engine, patient: int) -> None:
    """A report and 115 indices on each of a thousand days up to `NOON`."""
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                """INSERT INTO pain_report (entry, patient_id, boot, seq, at, received_at, worst, average, detail)
                   SELECT gen_random_uuid(), :p, 0, 0, t, t, 3, 2, '{}'
                   FROM generate_series(:at - interval '1000 days', CAST(:at AS timestamptz), '1 day') t"""
            ),
            {"p": patient, "at": NOON},
        )
        connection.execute(
            sa.text(
                """INSERT INTO day_index (patient_id, day, index, method, value, unit, worn_min, input_digest,
                                          computed_at)
                   SELECT :p, t::date, name, 'day-2', 5, 'mg', 0, '', :at
                   FROM generate_series(:at - interval '1000 days', CAST(:at AS timestamptz), '1 day') t,
                        unnest(CAST(:names AS text[])) name"""
            ),
            {"p": patient, "at": NOON, "names": ["mean_activity", "worn_min", "hours", "io", "RA_day",
                                                     *(f"other_{k}" for k in range(110))]},
        )  # fmt: skip
        connection.execute(sa.text("ANALYZE day_index, pain_report"))
