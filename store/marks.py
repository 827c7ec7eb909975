"""Which local days no longer fit the data and wait for analytics (`store.results.StaleDay`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from store.arrays import int8s
from store.database import one_of
from store.results import OF_DIARY
from store.zones import local_day, zone_at

MOVEMENT = "movement"
DIARY = "diary"
ASKED = "asked"  #: nothing changed: a judgement is a day old
DOSES = "doses"  #: the diary changed: a day says of whom, all days of the patient are looked at
_TWO_LONG_DAYS = timedelta(days=5)  #: a local day has at most 50 hours, across the date line

_INTO = """
    INSERT INTO stale_day (patient_id, day, kind, marks, since, marked_at, at_once)
    SELECT DISTINCT p.id, {day}, :kind, 1, :at ::timestamptz, :at,
           -- The watchdog looks within minutes whether days are computed.
           CAST(:at_once AS boolean) OR p.synthetic
    FROM {{source}} {zone} {{only}}
    ORDER BY 1, 2
    ON CONFLICT (patient_id, day, kind)
    DO UPDATE SET marks = stale_day.marks + 1, marked_at = EXCLUDED.marked_at,
                  at_once = stale_day.at_once OR EXCLUDED.at_once
""".format(day=local_day("k.t"), zone=zone_at("k.t"))
_WORN = """
    ({instants}) AS k(d, t)
    JOIN wearing w ON w.device_id = k.d AND w.during @> k.t
    JOIN patient p ON p.id = w.patient_id
"""


def _mark(instants: str, only: str = "") -> sa.TextClause:
    """The days of whoever wore device `d` at true time `t`, of each of these instants."""
    return sa.text(_INTO.format(source=_WORN.format(instants=instants), only=only))


_INSTANTS = """
    SELECT g.d, g.t + coalesce(c.offset_us, 0) * interval '1 microsecond'
    FROM ({instants}) AS g(d, t)
    LEFT JOIN device_clock c ON c.device_id = g.d AND g.t >= c.starts AND g.t < c.ends
"""


def mark_instants(
    session: Session, device_ids: Sequence[int], instants: Sequence[datetime], kind: str, at: datetime
) -> None:
    """The local days of whoever wore these devices at these instants, in device time, are stale."""
    if device_ids:
        given = "SELECT * FROM unnest(:d ::bigint[], :t ::timestamptz[])"
        values = {"d": list(device_ids), "t": list(instants)}
        _mark_instants(session, given, {**values, "kind": kind, "at": at})


def mark_made(session: Session, device_ids: NDArray[np.int64], t_us: NDArray[np.int64], at: datetime) -> None:
    """The same for movement at many instants [microseconds]."""
    if len(device_ids):
        given = """
            SELECT d, 'epoch'::timestamptz + t_us * interval '1 microsecond'
            FROM unnest(:d ::bigint[], :t ::bigint[]) AS k(d, t_us)
        """
        values = {"d": int8s(device_ids), "t": int8s(t_us)}
        _mark_instants(session, given, {**values, "kind": MOVEMENT, "at": at})


def _mark_instants(session: Session, given: str, values: dict[str, Any]) -> None:
    source = _INSTANTS.format(instants=given)
    session.execute(_mark(source), {**values, "at_once": False})


# The true hours with data. An hour that a wearing or a local day cuts belongs, for marking, to both
# sides: its end is looked at as well. Fenced (OFFSET 0): the key of the table is walked for each stretch.
_HOURS = """
    SELECT h.d, h.t + edge FROM (
        SELECT DISTINCT c.device_id AS d, date_trunc('hour', x.time + c.shift) AS t
        FROM ({stretches} OFFSET 0) c JOIN LATERAL (
            SELECT {time} AS time FROM {table}
            WHERE device_id = c.device_id AND {time} >= c.starts AND {time} < c.ends OFFSET 0
        ) x ON c.starts < c.ends
    ) h CROSS JOIN (VALUES (interval '0'), (interval '59 minutes 59.999999 seconds')) AS edges(edge)
"""
_OF_DEVICE = """
    SELECT device_id, shift, greatest(starts, :start - shift) AS starts,
           least(ends, coalesce(:end ::timestamptz, 'infinity') - shift) AS ends
    FROM clock WHERE device_id = :device
"""
_OF_PATIENT = """
    SELECT w.device_id, c.shift, greatest(c.starts, lower(w.during) - c.shift, :start - c.shift) AS starts,
           least(c.ends, coalesce(upper(w.during), 'infinity') - c.shift,
                 coalesce(:end ::timestamptz, 'infinity') - c.shift) AS ends
    FROM wearing w JOIN clock c ON c.device_id = w.device_id WHERE w.patient_id = :patient
"""
_OF_STRETCHES = """
    SELECT device_id, shift,
           greatest(starts, 'epoch'::timestamptz + a * interval '1 microsecond') AS starts,
           least(ends, 'epoch'::timestamptz + z * interval '1 microsecond') AS ends
    FROM unnest(:d ::bigint[], :a ::bigint[], :z ::bigint[]) AS k(d, a, z) JOIN clock ON device_id = d
"""


# What was said of the device, silent or not, on days of those who wear it; and the day with `start` itself,
# on which nothing may have been said yet.
_MARK_WEAR = f"""
    INSERT INTO stale_day (patient_id, day, kind, marks, since, marked_at, at_once)
    SELECT r.patient_id, r.day, :kind, 1, :at ::timestamptz, :at, true FROM wear_run r
    WHERE r.patient_id IN (SELECT patient_id FROM wearing WHERE device_id = :device)
      AND r.device_id = :device AND r.ends > :start AND r.starts < coalesce(:end ::timestamptz, 'infinity')
    UNION
    SELECT w.patient_id, {local_day("CAST(:start AS timestamptz)")}, :kind, 1, :at, :at, true
    FROM wearing w JOIN patient p ON p.id = w.patient_id {zone_at("CAST(:start AS timestamptz)")}
    WHERE w.device_id = :device AND w.during @> CAST(:start AS timestamptz)
    ORDER BY 1, 2
    ON CONFLICT (patient_id, day, kind)
    DO UPDATE SET marks = stale_day.marks + 1, marked_at = EXCLUDED.marked_at, at_once = true
"""


def mark_days_of_device(
    session: Session, device_id: int, start: datetime, end: datetime | None, at: datetime
) -> None:
    """Every local day on which the device has data in [start, end), or was expected to have any, is stale
    for whoever wears it."""
    span = {"device": device_id, "start": start, "end": end}
    _mark_hours(session, _OF_DEVICE, {**span, "at": at, "at_once": True})
    session.execute(sa.text(_MARK_WEAR), {**span, "kind": MOVEMENT, "at": at})


def mark_stretches(
    session: Session, stretches: Sequence[tuple[int, int | None, int | None]], at: datetime
) -> None:
    """The same for (device, start, end) in device time [microseconds], None for no bound: by the clocks as
    they are now, so it is called before and after a clock is corrected."""
    spans = {"d": [s[0] for s in stretches], "a": [s[1] for s in stretches], "z": [s[2] for s in stretches]}
    _mark_hours(session, _OF_STRETCHES, {**spans, "at": at, "at_once": False})


def _mark_hours(session: Session, stretches: str, parameters: dict[str, Any], only: str = "") -> None:
    for kind, table, time in ((MOVEMENT, "epoch", "t"), (DIARY, "pain_report", "at")):
        source = _HOURS.format(time=time, table=table, stretches=stretches)
        session.execute(_mark(source, only), {**parameters, "kind": kind})


def mark_days_of_patient(
    session: Session, patient_id: int, start: datetime, end: datetime | None, at: datetime
) -> None:
    """Every local day that [start, end) touches and on which the patient has data, or was expected to have
    any, is stale, by the zones as they are now: so it is called before and after a journey is entered."""
    ends = [start, end - timedelta.resolution] if end else [start]
    days = _local_days(session, patient_id, ends)
    touched = {"patient": patient_id, "first_day": days[0], "last_day": days[1] if end else date.max}
    span = {"start": start - _TWO_LONG_DAYS, "end": end + _TWO_LONG_DAYS if end else None}
    values = {**touched, **span, "at": at, "at_once": True}
    only = f"WHERE p.id = :patient AND {local_day('k.t')} BETWEEN :first_day AND :last_day"
    _mark_hours(session, _OF_PATIENT, values, only)
    on_ward = """
        (SELECT patient_id, at FROM pain_report WHERE patient_id = :patient AND at >= :start
            AND at < coalesce(:end ::timestamptz, 'infinity')) AS k(patient_id, t)
        JOIN patient p ON p.id = k.patient_id
    """
    session.execute(sa.text(_INTO.format(source=on_ward, only=only)), {**values, "kind": DIARY})
    session.execute(sa.text(_MARK_SILENT), {**touched, "kind": MOVEMENT, "at": at})


# A silent day has nothing whose hours could tell it, and yet it is cut elsewhere after a journey.
_MARK_SILENT = """
    INSERT INTO stale_day (patient_id, day, kind, marks, since, marked_at, at_once)
    SELECT DISTINCT patient_id, day, :kind, 1, :at ::timestamptz, :at ::timestamptz, true FROM wear_run
    WHERE patient_id = :patient AND day BETWEEN :first_day AND :last_day ORDER BY 1, 2
    ON CONFLICT (patient_id, day, kind) DO NOTHING
"""


def _local_days(session: Session, patient_id: int, instants: Sequence[datetime]) -> list[date]:
    query = f"""
        SELECT {local_day("k.t")} FROM unnest(:t ::timestamptz[]) WITH ORDINALITY AS k(t, n)
        JOIN patient p ON p.id = :patient {zone_at("k.t")} ORDER BY k.n
    """
    return list(session.scalars(sa.text(query), {"t": list(instants), "patient": patient_id}))


def mark_day(session: Session, patient_id: int, day: date, kind: str, at: datetime) -> None:
    """One local day of one patient is stale."""
    session.execute(
        sa.text(
            """
            INSERT INTO stale_day (patient_id, day, kind, marks, since, marked_at)
            VALUES (:p, :day, :kind, 1, :at, :at)
            ON CONFLICT (patient_id, day, kind)
            DO UPDATE SET marks = stale_day.marks + 1, marked_at = EXCLUDED.marked_at
            """
        ),
        {"p": patient_id, "day": day, "kind": kind, "at": at},
    )


# A look at the keys of each patient: 100,000 patients take about a second, once in half an hour.
_MARK_RUNNING = f"""
    INSERT INTO stale_day (patient_id, day, kind, marks, since, marked_at)
    SELECT k.id, k.today, :kind, 1, :at ::timestamptz, :at
    FROM (
        SELECT p.id, {local_day("CAST(:at AS timestamptz)")} AS today
        FROM patient p {zone_at("CAST(:at AS timestamptz)")}
    ) k
    WHERE EXISTS (
            SELECT FROM wearing w JOIN settled s ON s.device_id = w.device_id AND s.stream IN ('raw', 'epoch')
            WHERE w.patient_id = k.id AND w.during @> CAST(:at AS timestamptz))
      AND NOT EXISTS (
            SELECT FROM day_index d WHERE d.patient_id = k.id AND d.day = k.today
              AND NOT {one_of("d.index", OF_DIARY)}
              AND d.computed_at > CAST(:at AS timestamptz) - interval '1 hour')
    ORDER BY 1
    ON CONFLICT DO NOTHING
"""


def mark_running_days(session: Session, at: datetime) -> int:
    """The running day of everybody who wears a device that measures is stale when it was not computed for
    an hour: where nothing arrives nobody else marks it. How many were marked."""
    marked = session.execute(sa.text(_MARK_RUNNING), {"kind": MOVEMENT, "at": at})
    return int(marked.rowcount)  # type: ignore[attr-defined]


def waiting_days(session: Session, patient_id: int, kind: str) -> set[date]:
    """The patient's days that are stale, claimed or not."""
    query = sa.text("SELECT day FROM stale_day WHERE patient_id = :p AND kind = :kind")
    return set(session.scalars(query, {"p": patient_id, "kind": kind}))
