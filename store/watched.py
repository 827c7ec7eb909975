"""On which local days somebody was watched: wears a device at some time of the day, or is asked to keep a
diary; as in the judgement of ended days. A day on which both are so counts once.

A device is a patient's from the day on which it is given until it is taken back, worn or not: pages can come
of it on all of them, also for its silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.zones import local_day, zone_at


@dataclass(frozen=True, slots=True)
class Watched:
    """The days of one patient within those that were asked for."""

    patient_id: int
    site: str
    spans: Sequence[tuple[date, date]]  #: [from, to)

    @property
    def days(self) -> int:
        """How many."""
        return sum((end - start).days for start, end in self.spans)

    def on(self, day: date) -> bool:
        """Whether that day is one of them."""
        return any(start <= day < end for start, end in self.spans)


def watched_days(session: Session, of: str, asked: dict[str, Any]) -> list[Watched]:
    """The local days within [first, last], and up to that of `at`, of the patients `p` of whom `of` (SQL) is
    true. `asked` has `first`, `last`, `at`, instants `low` and `high` out of reach of these days, and what
    `of` names."""
    rows = session.execute(sa.text(_WATCHED.format(of=of)), asked)
    return [Watched(row.id, row.site, [(span.lower, span.upper) for span in row.days or ()]) for row in rows]


_AT = "CAST(:at AS timestamptz)"
_BEGINS = "lower(r.during)"
_ENDS = f"least(upper(r.during) - interval '1 microsecond', {_AT})"  # LEAST ignores nulls; the end is outside

_WATCHED = f"""
    SELECT p.id, p.site, (
        SELECT range_agg(one.days) * datemultirange(daterange(:first, :last, '[]'))
        FROM (
            SELECT daterange(begins.day, ends.day, '[]') AS days
            FROM wearing r
            CROSS JOIN LATERAL (
                SELECT {local_day(_BEGINS)} AS day FROM (SELECT) one {zone_at(_BEGINS)}
            ) begins
            CROSS JOIN LATERAL (
                SELECT {local_day(_ENDS)} AS day FROM (SELECT) one {zone_at(_ENDS)}
            ) ends
            WHERE r.patient_id = p.id AND lower(r.during) < least(:high, :at)
              AND (upper(r.during) IS NULL OR upper(r.during) >= :low)
            UNION ALL
            SELECT daterange(k.first_day, least(coalesce(k.last_day, today.day), today.day), '[]')
            FROM diary_asked k
            CROSS JOIN LATERAL (
                SELECT {local_day(_AT)} AS day FROM (SELECT) one {zone_at(_AT)}
            ) today
            WHERE k.patient_id = p.id AND k.first_day <= today.day
        ) one
    ) AS days
    FROM patient p
    WHERE {{of}}
"""
