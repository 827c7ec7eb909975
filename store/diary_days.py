"""What became of each local day of a patient's diary: answered somehow, skipped, missed, or never asked.

Why: docs/decisions/0022-days-of-the-diary.md. The view `reading.diary_days` says the same of everybody, up
to the day of its own clock; `tests/store/test_diary_days.py` holds both against the rule in Python.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.own_reports import own_reports, revision, superseded
from store.zones import local_day, zone_at

ANSWERED = ("answered", "late", "backfilled", "corrected")
STATES = (*ANSWERED, "skipped", "missed", "not_asked", "open")


@dataclass(frozen=True, slots=True)
class DiaryDay:
    """One local day. Scores are those of the entry that gives the day its state; None: not said."""

    day: date
    state: str  #: one of `STATES`
    asked: bool  #: somebody asks the patient on this day, or a device does
    entries: int  #: that tell of this day, each in its newest form
    worst: int | None
    average: int | None
    least: int | None
    now: int | None
    interference: int | None
    breakthrough: int | None
    rescue_doses: int | None


def diary_days(session: Session, patient_id: int, first: date, last: date, at: datetime) -> list[DiaryDay]:
    """The local days in [first, last], from the first asked day or first entry up to the day of `at`.

    The cost is that of the window: history is only asked for its first entry, by an index.
    """
    values = {"patient": patient_id, "first": first, "last": last, "at": at}
    return [DiaryDay(**row) for row in session.execute(_DAYS, values).mappings()]


@dataclass(frozen=True, slots=True)
class Kept:
    """How a diary was kept over some days. An open day counts among `states` and nowhere else."""

    states: dict[str, int]  #: days of each of `STATES`
    asked: int  #: asked days that are over or have an entry
    answered: int  #: of these, with an answer; a skipped day has none

    @property
    def share(self) -> float | None:
        """Answered of asked days, 0 to 1; None where nobody asked."""
        return self.answered / self.asked if self.asked else None


def kept(days: Sequence[DiaryDay]) -> Kept:
    """Count the days of a window (pure). Answers of days on which nobody asked are in `states` alone."""
    found = Counter(one.state for one in days)
    asked = [one for one in days if one.asked and one.state != "open"]
    return Kept(
        {state: found[state] for state in STATES},
        len(asked),
        sum(one.state in ANSWERED for one in asked),
    )


def _day_at(t: str) -> str:
    return f"(SELECT {local_day(t)} FROM (VALUES (0)) one {zone_at(t)})"


# `a`: the days on which the patient is asked, and the first day there is anything to say about. A device that
# sends diaries asks from its first entry on, whoever gave it, and each patient until the day on which it is
# taken away or revoked; of that day nobody knows whether it asked.
# `k`: the local days. One that a journey over the date line leaves out has no instant, and no row.
# `e`: the entry that gives the day its state: an answer beats a skip, and among answers one with a worst
# pain the others; then the newest. No local day reaches more than 14 h before its date in UTC or 12 h behind.
_DAYS = sa.text(
    f"""
    SELECT k.day,
           coalesce(e.state, CASE WHEN NOT k.asked THEN 'not_asked' WHEN k.day < n.today THEN 'missed'
                                  ELSE 'open' END) AS state,
           k.asked, coalesce(e.entries, 0) AS entries,
           e.worst, e.average, e.least, e.now, e.interference, e.breakthrough, e.rescue_doses
    FROM patient p
    CROSS JOIN LATERAL (SELECT {_day_at("CAST(:at AS timestamptz)")} AS today) n
    CROSS JOIN LATERAL (
        SELECT coalesce(range_agg(o.days), '{{}}') AS asked, least(min(lower(o.days)), min(o.first)) AS first
        FROM (
            SELECT daterange(first_day, last_day, '[]') AS days, NULL::date AS first
            FROM diary_asked WHERE patient_id = p.id
            UNION ALL
            SELECT CASE WHEN w.ends IS NULL OR w.begins < w.ends
                        THEN daterange({_day_at("w.begins")}, {_day_at("w.ends")}, '[)') END,
                   {_day_at("w.first")}
            FROM (
                SELECT greatest(lower(w.during), ever.first) AS begins,
                       least(upper(w.during), d.revoked_at) AS ends, own.first
                FROM wearing w JOIN device d ON d.id = w.device_id
                CROSS JOIN LATERAL (
                    SELECT min(r.at + c.shift) AS first FROM clock c CROSS JOIN LATERAL (
                        SELECT r.at FROM pain_report r
                        WHERE r.device_id = w.device_id AND r.at >= c.starts AND r.at < c.ends
                        ORDER BY r.at LIMIT 1
                    ) r WHERE c.device_id = w.device_id
                ) ever
                CROSS JOIN LATERAL (
                    SELECT min(r.at + c.shift) AS first FROM clock c CROSS JOIN LATERAL (
                        SELECT r.at FROM pain_report r
                        WHERE r.device_id = w.device_id
                          AND r.at >= greatest(c.starts, lower(w.during) - c.shift)
                          AND r.at < least(c.ends, coalesce(upper(w.during), 'infinity') - c.shift)
                          AND NOT {superseded("r")}
                        ORDER BY r.at LIMIT 1
                    ) r WHERE c.device_id = w.device_id
                ) own
                WHERE w.patient_id = p.id AND ever.first IS NOT NULL
            ) w
            UNION ALL
            SELECT NULL, {_day_at("r.at")} FROM (
                SELECT r.at FROM pain_report r WHERE r.patient_id = p.id AND NOT {superseded("r")}
                ORDER BY r.at LIMIT 1
            ) r
        ) o
    ) a
    CROSS JOIN LATERAL (
        SELECT d::date AS day, a.asked @> d::date AS asked,
               d AT TIME ZONE 'UTC' - interval '14 hours' AS low,
               d AT TIME ZONE 'UTC' + interval '36 hours' AS high
        FROM generate_series(greatest(a.first, CAST(:first AS date))::timestamp,
                             least(n.today, CAST(:last AS date))::timestamp, interval '1 day') d
        WHERE a.first IS NOT NULL
    ) k
    LEFT JOIN LATERAL (
        SELECT s.*, pain_state(
                   s.skipped, {revision("s")}, s.true_at, s.received_at, s.true_entered_at
               ) AS state
        FROM (
            SELECT own.*, count(*) OVER () AS entries
            FROM (
{own_reports("= p.id", "k.low", "k.high")}
            ) own {zone_at("own.true_at")}
            WHERE {local_day("own.true_at")} = k.day AND NOT {superseded("own")}
            ORDER BY (own.skipped IS NULL) DESC, (own.worst IS NOT NULL) DESC, own.true_at DESC, own.id DESC
            LIMIT 1
        ) s
    ) e ON true
    WHERE p.id = :patient AND NOT EXISTS (
        SELECT FROM patient_zone z JOIN patient_zone y ON y.patient_id = z.patient_id AND y.ends = z.starts
        WHERE z.patient_id = p.id AND k.day < {local_day("z.starts")}
          AND k.day > least(((z.starts - interval '1 microsecond') AT TIME ZONE y.tz)::date, y.last_day)
    )
    ORDER BY k.day
    """
)
