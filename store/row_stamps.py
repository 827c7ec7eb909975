"""Whether the daily rows of a patient are still those that were read before, at less than reading costs.

The database hashes what the rows are made of. It looks at half a year each time, however long the history is,
and sends one line. Nobody who writes has to know of it: whatever changes a day, or takes something from it,
changes its stamp.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.daily_rows import NEWEST_FORM, span_of
from store.zones import local_day, zone_at

Stamp = tuple[Any, ...]  #: equal where all that the rows are made of is equal


def stamps_before(
    session: Session, patient_id: int, first: date, known: date, cut: date
) -> tuple[Stamp, Stamp]:
    """The stamps of the patient's local days [first, known) and [first, cut), at one instant; known <= cut.

    To keep rows with a stamp, take the stamp before reading them: what is stored between the two then only
    makes the rows be read again. Zones, and cases that accepted a level, count whole: any change is a change.
    """
    span = {**span_of([patient_id], first, cut - timedelta(days=1)), "known": known, "cut": cut}
    found = session.execute(_STAMPS, span).all()
    return (
        tuple((source, count, hashed) for source, count, hashed, _, _ in found if count),
        tuple((source, count, hashed) for source, _, _, count, hashed in found),
    )


# Of movement one row stands for its day: all indices of a day are stored at once, `worn_min` always among
# them. It is looked up day by day: to walk through all indices of a day takes as long as reading them. Each
# row that is hashed has a key in it, so that no two of a source are the same and cancel each other.
_STAMPS = sa.text(
    f"""
    WITH part AS MATERIALIZED (
        SELECT 1 AS source, f.day, hash_record_extended(ROW(f.*), 0) AS hash
        FROM ({NEWEST_FORM}) f WHERE f.day >= :first
        UNION ALL
        SELECT 2, m.day,
               hash_record_extended(ROW(m.day, m.method, m.computed_at, m.input_digest, m.value, m.unit), 0)
        FROM generate_series(CAST(:first AS date), CAST(:last AS date), interval '1 day') k(day)
        CROSS JOIN LATERAL (
            SELECT * FROM day_index
            WHERE patient_id = ANY(CAST(:patients AS bigint[])) AND day = k.day::date AND index = 'worn_min'
        ) m
        UNION ALL
        SELECT 3, day, hash_record_extended(ROW(day, device_id, starts, ends), 0)
        FROM wear_run
        WHERE patient_id = ANY(CAST(:patients AS bigint[])) AND day BETWEEN :first AND :last
          AND state = 'worn'
        UNION ALL
        SELECT 4, {local_day("t.at")}, hash_record_extended(ROW(t.id, t.kind, t.at, t.entered_at), 0)
        FROM treatment t JOIN patient p ON p.id = t.patient_id {zone_at("t.at")}
        WHERE t.patient_id = ANY(CAST(:patients AS bigint[])) AND t.withdrawn_at IS NULL
          AND {local_day("t.at")} >= :first
        UNION ALL
        SELECT 5, '-infinity', hash_record_extended(ROW(c.id, c.outcome, c.resolved_at, count(e.id)), 0)
        FROM "case" c LEFT JOIN case_event e ON e.case_id = c.id
        WHERE c.patient_id = ANY(CAST(:patients AS bigint[])) AND c.kind = 'clinical'
          AND c.outcome IS NOT NULL
        GROUP BY c.id
        UNION ALL
        SELECT 6, '-infinity', hash_record_extended(ROW(p.code, p.tz, z.starts, z.ends, z.tz, z.last_day), 0)
        FROM patient p LEFT JOIN patient_zone z ON z.patient_id = p.id
        WHERE p.id = ANY(CAST(:patients AS bigint[]))
    )
    SELECT source,
           count(*) FILTER (WHERE day < :known), bit_xor(hash) FILTER (WHERE day < :known),
           count(*), bit_xor(hash)
    FROM part WHERE day < :cut GROUP BY source ORDER BY source
    """
)
