"""What each device of a patient was and when: worn, not worn, off, or without data. Made by analytics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.arrays import int8s
from store.database import Base, one_of

STATES = ("worn", "not_worn", "off", "no_data")
MOST_STRETCHES = 5000


class WearRun(Base):
    """A stretch in which a device was one thing, cut at the patient's midnights: a day is replaced whole."""

    __tablename__ = "wear_run"
    __table_args__ = (
        sa.CheckConstraint(one_of("state", STATES), name="state"),
        sa.CheckConstraint("starts < ends", name="starts_first"),
    )

    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, comment="the patient's local day")
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), primary_key=True)
    starts: Mapped[datetime] = mapped_column(primary_key=True, comment="true time")
    ends: Mapped[datetime] = mapped_column(comment="of the running day, when it was computed")
    state: Mapped[str] = mapped_column(comment="worn, not_worn, off, no_data")


@dataclass(frozen=True, slots=True)
class StoredRun:
    """One row, without its patient. Microseconds UTC."""

    day: date
    device_id: int
    start_us: int
    end_us: int
    state: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one device was in [start, end), over midnights."""

    device: str
    start: datetime
    end: datetime
    state: str


def replace_runs(session: Session, patient_id: int, days: Sequence[date], runs: Iterable[StoredRun]) -> None:
    """These days have these runs and no others."""
    gone = "DELETE FROM wear_run WHERE patient_id = :patient AND day = ANY(CAST(:days AS date[]))"
    session.execute(sa.text(gone), {"patient": patient_id, "days": list(days)})
    new = list(runs)
    if new:
        session.execute(
            sa.text(
                """
                INSERT INTO wear_run (patient_id, day, device_id, starts, ends, state)
                SELECT :patient, day, device_id, 'epoch'::timestamptz + a * interval '1 microsecond',
                       'epoch'::timestamptz + z * interval '1 microsecond', state
                FROM unnest(:day ::date[], :device ::bigint[], :a ::bigint[], :z ::bigint[], :state ::text[])
                     AS k(day, device_id, a, z, state)
                """
            ),
            {
                "patient": patient_id,
                "day": [run.day for run in new],
                "device": [run.device_id for run in new],
                "a": int8s(np.array([run.start_us for run in new], np.int64)),
                "z": int8s(np.array([run.end_us for run in new], np.int64)),
                "state": [run.state for run in new],
            },
        )


def runs_of_days(session: Session, patient_id: int, first: date, last: date) -> list[StoredRun]:
    """What is stored of the patient's days in [first, last], in order."""
    rows = session.execute(
        sa.text(
            """
            SELECT day, device_id, (extract(epoch FROM starts) * 1000000)::bigint,
                   (extract(epoch FROM ends) * 1000000)::bigint, state
            FROM wear_run WHERE patient_id = :p AND day BETWEEN :first AND :last ORDER BY 1, 2, 3
            """
        ),
        {"p": patient_id, "first": first, "last": last},
    )
    return [StoredRun(*row) for row in rows]


def stretches_of(session: Session, patient_id: int, first: date, last: date) -> tuple[list[Stretch], bool]:
    """The stretches of the days in [first, last] by device and time, and whether they are all there are.

    At most `MOST_STRETCHES` rows are read, the newest ones.
    """
    rows = session.execute(
        sa.text(
            """
            SELECT d.name, k.starts, k.ends, k.state, k.found FROM (
                SELECT device_id, starts, ends, state, count(*) OVER () AS found FROM wear_run
                WHERE patient_id = :p AND day BETWEEN :first AND :last ORDER BY starts DESC LIMIT :most
            ) k JOIN device d ON d.id = k.device_id
            ORDER BY d.name, k.starts
            """
        ),
        {"p": patient_id, "first": first, "last": last, "most": MOST_STRETCHES},
    ).all()
    stretches: list[Stretch] = []
    for device, start, end, state, _ in rows:
        before = stretches[-1] if stretches else None
        if before and (before.device, before.end, before.state) == (device, start, state):
            stretches[-1] = Stretch(device, before.start, end, state)
        else:
            stretches.append(Stretch(device, start, end, state))
    return stretches, not rows or rows[0].found <= MOST_STRETCHES


def worn_longest(
    session: Session, patient_ids: Sequence[int], first: date, last: date
) -> dict[int, list[tuple[date, int]]]:
    """For each of these patients the days in [first, last] on which a device was worn, with the id of the one
    that was worn longest."""
    span = {"patients": list(patient_ids), "first": first, "last": last}
    found: dict[int, list[tuple[date, int]]] = {}
    for patient_id, day, device_id in session.execute(_WORN_LONGEST, span):
        found.setdefault(patient_id, []).append((day, device_id))
    return found


def wears_any(session: Session, patient_id: int, at: datetime) -> bool:
    """Whether the patient wears a device that measures."""
    return bool(
        session.scalar(
            sa.text(
                """
                SELECT EXISTS (
                    SELECT FROM wearing w WHERE w.patient_id = :p AND w.during @> CAST(:at AS timestamptz)
                      AND EXISTS (SELECT FROM settled s
                                  WHERE s.device_id = w.device_id AND s.stream IN ('raw', 'epoch')))
                """
            ),
            {"p": patient_id, "at": at},
        )
    )


_WORN_LONGEST = sa.text(
    """
    SELECT DISTINCT ON (patient_id, day) patient_id, day, device_id
    FROM wear_run
    WHERE patient_id = ANY(CAST(:patients AS bigint[])) AND day BETWEEN :first AND :last AND state = 'worn'
    GROUP BY patient_id, day, device_id
    ORDER BY patient_id, day, sum(ends - starts) DESC, device_id
    """
)
