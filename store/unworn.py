"""Data that belong to nobody: a device sent them at a time for which no wearing is entered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Unworn:
    """One stretch of time of one device that nobody wore and in which it has data, in the device's time."""

    device: str
    first: datetime
    last: datetime
    worn_again: datetime | None  #: where the next wearing begins, if there is one


# Each stretch between wearings is looked at once, at both ends of the key (device_id, t) of the table.
_UNWORN = """
    WITH hole AS (
        SELECT device_id, unnest(tstzmultirange(tstzrange(NULL, NULL)) - range_agg(during)) AS free
        FROM wearing GROUP BY device_id
        UNION ALL
        SELECT id, tstzrange(NULL, NULL) FROM device
        WHERE NOT EXISTS (SELECT FROM wearing WHERE device_id = device.id)
    ), bound AS (
        SELECT device_id, coalesce(lower(free), '-infinity') AS a, coalesce(upper(free), 'infinity') AS z
        FROM hole
    ), seen AS (
        SELECT b.device_id, least(e.t, p.at) AS first, greatest(e.last, p.last) AS last,
               nullif(b.z, 'infinity') AS worn_again
        FROM bound b
        CROSS JOIN LATERAL (
            SELECT (SELECT t FROM epoch WHERE device_id = b.device_id AND t >= b.a AND t < b.z
                    ORDER BY t LIMIT 1) AS t,
                   (SELECT t FROM epoch WHERE device_id = b.device_id AND t >= b.a AND t < b.z
                    ORDER BY t DESC LIMIT 1) AS last
        ) e
        CROSS JOIN LATERAL (
            SELECT min(at) AS at, max(at) AS last FROM pain_report
            WHERE device_id = b.device_id AND at >= b.a AND at < b.z
        ) p
    )
    SELECT d.name, s.first, s.last, s.worn_again, count(*) OVER () AS found
    FROM seen s JOIN device d ON d.id = s.device_id
    WHERE s.first IS NOT NULL
    ORDER BY s.last DESC, d.name LIMIT :most
"""


def unworn(session: Session, most: int = 10) -> tuple[int, list[Unworn]]:
    """How many stretches there are, and the `most` newest of them.

    A look at every device, by keys: for a person who asks. Nothing of them is lost: a wearing that is
    entered later takes them.
    """
    rows = session.execute(sa.text(_UNWORN), {"most": most}).all()
    return (rows[0].found if rows else 0), [Unworn(*row[:4]) for row in rows]
