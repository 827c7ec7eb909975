"""Devices that are worn now and whose clock may be in trouble: what is known of it, for a rule to judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.quarantine import REFUSED_FOR_ITS_TIME

MOST_REFUSED = 100  #: refusals of a device that are counted
MOST_CHANGES = 500  #: changes of a clock that are looked at


@dataclass(frozen=True, slots=True)
class Look:
    """Since when what counts, how late a status may come that still proves a clock, and by how much an offset
    may follow its statuses."""

    refused_since: datetime
    unproven_since: datetime
    proven_within: timedelta
    changed_since: datetime
    changes_since: datetime
    followed_by: timedelta


@dataclass(frozen=True, slots=True)
class ClockChange:
    """The clock had another offset from one status to the next."""

    at: datetime  #: true time of the first status of the new offset
    by: timedelta


@dataclass(frozen=True, slots=True)
class WornClock:
    """The clock of a device that somebody wears. Nothing from before it was put on or enrolled counts."""

    patient_id: int
    device: str
    offset: timedelta  #: the newest, added to its times; 0 as well where nothing is proven
    refused: int  #: messages refused for their time since `refused_since`, at most `MOST_REFUSED`
    refused_from: datetime | None  #: when the first of them came
    dated: timedelta | None  #: how far ahead the last of them was dated; below 0 in the past, None: not read
    status_at: datetime | None  #: when its newest status came
    proven: bool  #: or nothing is expected yet: no status ever, or not long enough there
    data_at: datetime | None  #: when it sent anything but a status the last time
    changes: tuple[ClockChange, ...] = ()  #: since `changes_since`, where one came since `changed_since`


def clocks_in_doubt(session: Session, at: datetime, look: Look) -> list[WornClock]:
    """The devices worn at `at` of whose clock anything is to be judged.

    A look at every device that is worn, each by keys of it: for a job that runs now and then. Of refusals
    and changes only the newest are read, so the cost does not grow with the history.
    """
    given = {
        "at": at,
        "refused_since": look.refused_since,
        "unproven_since": look.unproven_since,
        "calm_us": round((at - look.changed_since) / timedelta(microseconds=1)),
        "followed_by": look.followed_by,
        "within": look.proven_within,
        "changed_since": look.changed_since,
        "most": MOST_REFUSED,
    }
    rows = session.execute(_IN_DOUBT, given).all()
    changes = _changes(session, [(row.device_id, row.since) for row in rows if row.changed], look)
    return [
        WornClock(
            *(row.patient_id, row.name, timedelta(microseconds=row.offset_us)),
            *(row.refused, row.refused_from, row.dated, row.status_at, row.proven, row.data_at),
            tuple(changes.get(row.device_id, ())),
        )
        for row in rows
    ]


# A status that came late by no more than `within` shows how far the clock is off to within that. Nearly
# always the newest one does; else those of these days are read, by the index of their own time. Of a clock
# that runs fast each status is the earliest so far: the offset follows them without ever being firm, and of
# the first of them it is wrong by all of that.
_IN_DOUBT = sa.text(
    f"""
    SELECT w.patient_id, d.id AS device_id, d.name, mine.since, r.offset_us, refused.times AS refused,
           refused.first AS refused_from, refused.dated, said.received_at AS status_at, known.proven,
           (SELECT max(s.changed_at) FROM settled s
            WHERE s.device_id = d.id AND s.stream <> 'status') AS data_at, r.changed
    FROM wearing w
    JOIN device d ON d.id = w.device_id AND d.revoked_at IS NULL
    CROSS JOIN LATERAL (SELECT greatest(lower(w.during), d.enrolled_at) AS since) mine
    LEFT JOIN LATERAL (
        SELECT received_at, at FROM device_status WHERE device_id = d.id ORDER BY boot DESC, seq DESC LIMIT 1
    ) said ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(max(n.offset_us), 0) AS offset_us, coalesce(bool_and(n.followed), false) AS followed,
               coalesce(bool_and('epoch'::timestamptz + (n.first_us + n.offset_us) * interval '1 microsecond'
                                 > greatest(:changed_since, mine.since)), false) AS changed
        FROM (
            SELECT r.offset_us, r.first_us, NOT r.firm AND r.last_us - r.first_us > :calm_us AND (
                SELECT s.received_at - s.at - r.offset_us * interval '1 microsecond' > :followed_by
                FROM device_status s WHERE (s.device_id, s.boot, s.seq) = (r.device_id, r.boot, r.seq)
            ) AS followed
            FROM clock_run r WHERE r.device_id = d.id ORDER BY r.boot DESC, r.seq DESC LIMIT 1
        ) n
    ) r
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN said.received_at IS NULL OR mine.since > :unproven_since THEN true
            WHEN r.followed THEN false
            WHEN said.received_at > :unproven_since
                 AND said.received_at - said.at - r.offset_us * interval '1 microsecond' <= :within THEN true
            ELSE EXISTS (
                SELECT FROM device_status s
                WHERE s.device_id = d.id AND s.received_at > :unproven_since
                  AND s.at > :unproven_since - r.offset_us * interval '1 microsecond' - :within
                  AND s.received_at - s.at - r.offset_us * interval '1 microsecond' <= :within
            )
        END AS proven
    ) known
    CROSS JOIN LATERAL (
        SELECT count(*) AS times, min(q.received_at) AS first,
               (array_agg(q.t0 - q.received_at ORDER BY q.received_at DESC))[1] AS dated
        FROM (
            SELECT received_at, t0 FROM quarantine
            WHERE device = d.name AND {REFUSED_FOR_ITS_TIME}
              AND received_at > greatest(:refused_since, mine.since)
            ORDER BY received_at DESC LIMIT :most
        ) q
    ) refused
    WHERE w.during @> CAST(:at AS timestamptz)
      AND w.patient_id NOT IN (SELECT id FROM patient WHERE synthetic) -- the watchdog's own to tell
      AND (refused.times > 0 OR NOT known.proven OR r.changed)
    ORDER BY w.patient_id, d.name
    """
)


def _changes(
    session: Session, devices: Sequence[tuple[int, datetime]], look: Look
) -> dict[int, list[ClockChange]]:
    """Of each of these devices (with the instant from which it counts), the oldest first."""
    if not devices:
        return {}
    rows = session.execute(
        sa.text(
            """
            SELECT k.d, c.at, c.by_us
            FROM unnest(:d ::bigint[], :since ::timestamptz[]) AS k(d, since)
            CROSS JOIN LATERAL (
                SELECT 'epoch'::timestamptz + (n.first_us + n.offset_us) * interval '1 microsecond' AS at,
                       n.offset_us - lag(n.offset_us) OVER (ORDER BY n.boot, n.seq) AS by_us
                FROM (
                    SELECT boot, seq, offset_us, first_us FROM clock_run
                    WHERE device_id = k.d ORDER BY boot DESC, seq DESC LIMIT :most
                ) n
            ) c
            WHERE c.by_us IS NOT NULL AND c.at > greatest(k.since, :changes_since) ORDER BY k.d, c.at
            """
        ),
        {
            "d": [device for device, _ in devices],
            "since": [since for _, since in devices],
            "changes_since": look.changes_since,
            "most": MOST_CHANGES,
        },
    )
    found: dict[int, list[ClockChange]] = {}
    for device_id, at, by_us in rows:
        found.setdefault(device_id, []).append(ClockChange(at, timedelta(microseconds=by_us)))
    return found
