"""Statuses to offsets: decided in the transaction that stores the statuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store import marks
from store.clock_pieces import EVER, NEVER, RIGHT, Piece, moved, pieces_of
from store.clock_runs import TOLERANCE_US, Run, Seen, runs_of
from store.clocks import ClockRun, DeviceClock
from store.database import notify

MANY, MOST_LAG = 20, timedelta(minutes=30)
EVIDENCE = 50  #: the newest statuses of a device that are looked at again when one does not fit


def learn(session: Session, rows: Sequence[Mapping[str, Any]], at: datetime) -> None:
    """Look whether these statuses, stored just now in this transaction, prove a clock wrong.

    A status that fits what is known costs its share of one statement. Where one does not fit, the device's
    newest statuses are looked at again as a whole, so the order in which they came does not matter. Data
    that moves has its days marked, the old ones and the new ones.
    """
    if not rows or not (devices := _surprised(session, rows)):
        return
    # One at a time for a device: two workers must not decide on half of the evidence each.
    session.execute(
        sa.text("SELECT FROM device WHERE id = ANY(:d) ORDER BY id FOR NO KEY UPDATE"), {"d": devices}
    )
    evidence, known, now = _evidence(session, devices), _runs(session, devices), _pieces(session, devices)
    changed: list[dict[str, Any]] = []
    gone: list[tuple[int, int, int]] = []
    pieces: dict[int, list[Piece]] = {}
    stretches: list[tuple[int, int | None, int | None]] = []
    for device in devices:
        seen, stored = evidence[device], known.get(device, [])
        older = [run for run in stored if (run.boot, run.seq) < (seen[0].boot, seen[0].seq)]
        runs = older[:-1] + runs_of(seen, older[-1] if older else None)
        new = pieces_of(runs)
        if new == RIGHT and not stored:
            continue
        changed += [_row(device, run, at) for run in runs if run not in stored]
        kept = {(run.boot, run.seq) for run in runs}
        gone += [(device, *name) for run in stored if (name := (run.boot, run.seq)) not in kept]
        if differences := moved(now.get(device, RIGHT), new):
            pieces[device] = new
            stretches += [
                (device, None if start == EVER else start, None if end == NEVER else end)
                for start, end in differences
            ]
    _save_runs(session, changed, gone)
    if stretches:
        marks.mark_stretches(session, stretches, at)
        _save_pieces(session, pieces)
        marks.mark_stretches(session, stretches, at)
        notify(session, "diary")


def _surprised(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The devices with a status that does not fit the newest run or its place in device time.

    When most of many devices are late together, the broker or we lag behind: then nobody's clock is
    judged by being late, else an hour of overload would move all patients' days.
    """
    found = session.execute(
        sa.text(
            """
            SELECT k.d, bool_and(k.received_at - k.at BETWEEN interval '0' AND :lag)
            FROM unnest(:d ::bigint[], :boot ::bigint[], :seq ::bigint[], :a ::timestamptz[],
                        :r ::timestamptz[]) AS k(d, boot, seq, at, received_at)
            LEFT JOIN LATERAL (
                SELECT boot, seq, offset_us FROM clock_run r WHERE r.device_id = k.d
                ORDER BY boot DESC, seq DESC LIMIT 1
            ) n ON true
            LEFT JOIN device_clock c ON c.device_id = k.d AND k.at >= c.starts AND k.at < c.ends
            WHERE abs(extract(epoch FROM k.received_at - k.at) * 1000000 - coalesce(n.offset_us, 0)) > :most
               OR coalesce(c.offset_us, 0) <> coalesce(n.offset_us, 0)
               OR (k.boot, k.seq) < (n.boot, n.seq)
            GROUP BY 1 ORDER BY 1
            """
        ),
        {
            "lag": MOST_LAG,
            "d": [row["device_id"] for row in rows],
            "boot": [row["boot"] for row in rows],
            "seq": [row["seq"] for row in rows],
            "a": [row["at"] for row in rows],
            "r": [row["received_at"] for row in rows],
            "most": TOLERANCE_US,
        },
    )
    surprised: list[tuple[int, bool]] = [(device, late) for device, late in found]
    devices = {row["device_id"] for row in rows}
    lagging = len(devices) >= MANY and 2 * sum(late for _, late in surprised) > len(devices)
    return [device for device, late in surprised if not (late and lagging)]


def _evidence(session: Session, devices: Sequence[int]) -> dict[int, list[Seen]]:
    rows = session.execute(
        sa.text(
            """
            SELECT k.d, s.boot, s.seq, (extract(epoch FROM s.at) * 1000000)::bigint,
                   (extract(epoch FROM s.received_at) * 1000000)::bigint
            FROM unnest(:d ::bigint[]) AS k(d) CROSS JOIN LATERAL (
                SELECT boot, seq, at, received_at FROM device_status WHERE device_id = k.d
                ORDER BY boot DESC, seq DESC LIMIT :most
            ) s ORDER BY 1, 2, 3
            """
        ),
        {"d": list(devices), "most": EVIDENCE},
    )
    evidence: dict[int, list[Seen]] = {}
    for device, *status in rows:
        evidence.setdefault(device, []).append(Seen(*status))
    return evidence


_RUN = ("boot", "seq", "offset_us", "since_us", "first_us", "last_us", "heard_us", "statuses", "firm")


def _runs(session: Session, devices: Sequence[int]) -> dict[int, list[Run]]:
    known: dict[int, list[Run]] = {}
    for device, *values in session.execute(
        sa.select(ClockRun.device_id, *(getattr(ClockRun, name) for name in _RUN))
        .where(ClockRun.device_id.in_(devices))
        .order_by(ClockRun.device_id, ClockRun.boot, ClockRun.seq)
    ):
        known.setdefault(device, []).append(Run(*values))
    return known


def _row(device: int, run: Run, at: datetime) -> dict[str, Any]:
    return {"device_id": device, "decided_at": at, **{name: getattr(run, name) for name in _RUN}}


def _save_runs(
    session: Session, changed: Sequence[dict[str, Any]], gone: Sequence[tuple[int, int, int]]
) -> None:
    """Runs that are there already are replaced: first all deletes, then all inserts."""
    names = [*gone, *((row["device_id"], row["boot"], row["seq"]) for row in changed)]
    if names:
        session.execute(
            sa.text(
                """
                DELETE FROM clock_run r
                USING unnest(:d ::bigint[], :b ::bigint[], :q ::bigint[]) AS k(d, b, q)
                WHERE (r.device_id, r.boot, r.seq) = (k.d, k.b, k.q)
                """
            ),
            {"d": [n[0] for n in names], "b": [n[1] for n in names], "q": [n[2] for n in names]},
        )
    if changed:
        session.execute(sa.insert(ClockRun), list(changed))


def _pieces(session: Session, devices: Sequence[int]) -> dict[int, list[Piece]]:
    rows = session.execute(
        sa.text(
            """
            SELECT device_id,
                   CASE WHEN isfinite(starts) THEN (extract(epoch FROM starts) * 1000000)::bigint END,
                   CASE WHEN isfinite(ends) THEN (extract(epoch FROM ends) * 1000000)::bigint END, offset_us
            FROM device_clock WHERE device_id = ANY(:d) ORDER BY device_id, starts
            """
        ),
        {"d": list(devices)},
    )
    pieces: dict[int, list[Piece]] = {}
    for device, start_us, end_us, offset_us in rows:
        piece = Piece(EVER if start_us is None else start_us, NEVER if end_us is None else end_us, offset_us)
        pieces.setdefault(device, []).append(piece)
    return pieces


def _save_pieces(session: Session, pieces: Mapping[int, Sequence[Piece]]) -> None:
    flat = [(device, piece) for device, own in pieces.items() for piece in own if list(own) != RIGHT]
    session.execute(sa.delete(DeviceClock).where(DeviceClock.device_id.in_(pieces)))
    session.execute(
        sa.text(
            """
            INSERT INTO device_clock (device_id, starts, ends, offset_us)
            SELECT d, coalesce('epoch'::timestamptz + a * interval '1 microsecond', '-infinity'),
                   coalesce('epoch'::timestamptz + z * interval '1 microsecond', 'infinity'), o
            FROM unnest(:d ::bigint[], :a ::bigint[], :z ::bigint[], :o ::bigint[]) AS k(d, a, z, o)
            """
        ),
        {
            "d": [device for device, _ in flat],
            "a": [None if piece.start_us == EVER else piece.start_us for _, piece in flat],
            "z": [None if piece.end_us == NEVER else piece.end_us for _, piece in flat],
            "o": [piece.offset_us for _, piece in flat],
        },
    )
