"""What analytics makes of a day: which days wait for it, and the indices of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.arrays import float8s, int8s, texts
from store.database import Base, one_of
from store.provenance import Provenance
from store.zones import local_day, zone_at

CLAIM_LASTS = timedelta(minutes=10)
QUIET = timedelta(seconds=3)  #: a burst of data is over
OF_DIARY = ("OME_mg", "OME_rescue_mg")  #: indices that the diary gives, whatever a device saw of the day


class StaleDay(Base):
    """A local day of a patient whose results no longer fit the data. `marks` counts what touched it."""

    __tablename__ = "stale_day"
    __table_args__ = (sa.Index("ix_stale_day_due", "kind", "since"),)

    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, comment="the patient's local day")
    kind: Mapped[str] = mapped_column(primary_key=True, comment="movement, diary, asked or doses")
    marks: Mapped[int] = mapped_column(default=1)
    since: Mapped[datetime] = mapped_column(comment="the first mark")
    marked_at: Mapped[datetime] = mapped_column(comment="the last mark")
    at_once: Mapped[bool] = mapped_column(
        server_default=sa.false(), comment="a person moved the data: even the running day does not wait"
    )
    claimed_until: Mapped[datetime | None] = mapped_column(comment="a worker has it; a dead worker's lapses")


class DayIndex(Base):
    """One index of one local day, or the reason why there is none. A new method version adds rows."""

    __tablename__ = "day_index"
    __table_args__ = (sa.CheckConstraint("num_nonnulls(value, reason) >= 1", name="says_something"),)

    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    index: Mapped[str] = mapped_column("index", primary_key=True)
    method: Mapped[str] = mapped_column(primary_key=True, comment="version of the definition")
    value: Mapped[float | None] = mapped_column(sa.Double, comment="an onset in local clock hours")
    unit: Mapped[str]
    reason: Mapped[str | None] = mapped_column(comment="why there is no value")
    worn_min: Mapped[float] = mapped_column(sa.Double)
    input_digest: Mapped[bytes] = mapped_column(comment="sha256 of the epochs it was computed from")
    computed_at: Mapped[datetime]
    provenance_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey(Provenance.id), comment="none: computed before there were any"
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """Stale days of one patient that this worker has taken, with the marks it saw."""

    patient_id: int
    days: dict[date, int]


_DUE = f"""
    FROM stale_day s JOIN patient p ON p.id = s.patient_id {zone_at(":at")}
    WHERE s.kind = :kind AND (s.claimed_until IS NULL OR s.claimed_until < :at)
      AND (s.day < {local_day(":at")} OR s.at_once
        OR :again_after = interval '0' OR (
            (s.marked_at < :at - :quiet OR s.since < :at - 5 * :quiet)
            AND NOT EXISTS (
                SELECT FROM day_index d WHERE d.patient_id = s.patient_id AND d.day = s.day
                  AND NOT {one_of("d.index", OF_DIARY)} AND d.computed_at > :at - :again_after)))
      -- Windows overlap: of two workers with days of one patient, one would miss what the other judges.
      AND NOT (:alone AND EXISTS (
            SELECT FROM stale_day o WHERE o.patient_id = s.patient_id AND o.kind = s.kind
              AND o.claimed_until >= :at))
"""

#: An index on (kind, since) finds the first without a look at the others. The patient's row is locked while
#: the days are taken: who comes at the same instant takes another patient instead of going away. The day is
#: locked too, so that what is chosen can be taken, unless another worker was there between the two.
_CHOOSE = f"""
    SELECT p.id {_DUE} ORDER BY s.since LIMIT 1
    FOR NO KEY UPDATE OF p SKIP LOCKED FOR UPDATE OF s SKIP LOCKED
"""
_TAKE = f"""
    SELECT s.day, s.marks {_DUE} AND s.patient_id = :patient
    ORDER BY s.day LIMIT :most FOR UPDATE OF s SKIP LOCKED
"""


def claim(
    session: Session, kind: str, at: datetime, most_days: int, again_after: timedelta, *, alone: bool = False
) -> Claim | None:
    """Take the stale days of one patient; the caller commits at once, computes, then calls `finish`.

    A past day is due at once. The patient's running day is due when it was last computed `again_after`
    ago or never, and then once a burst of data is over (no mark for a few seconds): its next turn is far.
    With `again_after` 0 every day is due at once. With `alone`, nothing of a patient is due while another
    worker has days of that patient. Returns None when nothing is due.
    """
    due = {"kind": kind, "at": at, "again_after": again_after, "quiet": QUIET, "alone": alone}
    while (patient := session.scalar(sa.text(_CHOOSE), due)) is not None:
        rows = session.execute(sa.text(_TAKE), {**due, "patient": patient, "most": most_days}).all()
        if rows:
            days = {row.day: row.marks for row in rows}
            session.execute(
                sa.update(StaleDay)
                .where(StaleDay.patient_id == patient, StaleDay.kind == kind, StaleDay.day.in_(days))
                .values(claimed_until=at + CLAIM_LASTS)
            )
            return Claim(patient, days)
    return None


def finish(session: Session, kind: str, done: Claim) -> None:
    """Forget the claimed days, except those that were marked again meanwhile: they stay, free to claim."""
    session.execute(
        sa.text(
            """
            DELETE FROM stale_day s USING unnest(:days ::date[], :marks ::bigint[]) AS k(day, marks)
            WHERE s.patient_id = :p AND s.kind = :kind AND s.day = k.day AND s.marks = k.marks
            """
        ),
        {"p": done.patient_id, "kind": kind, "days": list(done.days), "marks": list(done.days.values())},
    )
    session.execute(
        sa.update(StaleDay)
        .where(StaleDay.patient_id == done.patient_id, StaleDay.kind == kind, StaleDay.day.in_(done.days))
        .values(claimed_until=None)
    )


# One statement for all, and once what the indices of a day have in common: one by one, 11,520 rows took this
# process, profiled, 2.1 s, as arrays of everything 0.7 s, and so 0.3 s.
_SAVE = sa.text(
    """
    INSERT INTO day_index
        (patient_id, day, index, method, value, unit, reason, worn_min, input_digest, computed_at,
         provenance_id)
    SELECT d.patient_id, d.day, i.index, d.method, nullif(i.value, 'NaN'), i.unit, i.reason, d.worn_min,
           d.input_digest, d.computed_at, d.provenance_id
    FROM unnest(:place ::bigint[], :index ::text[], :value ::float8[], :unit ::text[], :reason ::text[])
             AS i(place, index, value, unit, reason)
    JOIN unnest(
        :patient_id ::bigint[], :day ::date[], :method ::text[], :worn_min ::float8[],
        :input_digest ::bytea[], :computed_at ::timestamptz[], :provenance_id ::bigint[])
        WITH ORDINALITY
        AS d(patient_id, day, method, worn_min, input_digest, computed_at, provenance_id, place)
      ON d.place = i.place
    ORDER BY i.place
    ON CONFLICT (patient_id, day, index, method) DO UPDATE SET
        value = EXCLUDED.value, unit = EXCLUDED.unit, reason = EXCLUDED.reason,
        worn_min = EXCLUDED.worn_min, input_digest = EXCLUDED.input_digest,
        computed_at = EXCLUDED.computed_at, provenance_id = EXCLUDED.provenance_id
    """
)
_OF_DAY = ("patient_id", "day", "method", "worn_min", "input_digest", "computed_at", "provenance_id")


def save_day_indices(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Store the indices of days; computed again, they replace those of the same method version."""
    if not rows:
        return
    common: dict[tuple[Any, ...], int] = {}
    places = [common.setdefault(tuple(row[name] for name in _OF_DAY), len(common) + 1) for row in rows]
    values = [float("nan") if row["value"] is None else row["value"] for row in rows]
    session.execute(
        _SAVE,
        {
            **dict(zip(_OF_DAY, map(list, zip(*common, strict=True)), strict=True)),
            "place": int8s(np.array(places)),
            "value": float8s(np.array(values, np.float64)),
            **{name: texts([row[name] for row in rows]) for name in ("index", "unit", "reason")},
        },
    )


def drop_day_indices(session: Session, patient_id: int, day: date) -> None:
    """The day has no data of a device any more (they belong to somebody else now, or the day to no zone):
    its indices go, of every method version; those of the diary have nothing to do with it."""
    session.execute(
        sa.delete(DayIndex).where(
            DayIndex.patient_id == patient_id, DayIndex.day == day, DayIndex.index.not_in(OF_DIARY)
        )
    )


def digests_of(session: Session, patient_id: int, days: Sequence[date], method: str) -> dict[date, bytes]:
    """The digest that the stored results of each of these days have; days without results are absent."""
    if not days:
        return {}
    rows = session.execute(
        sa.select(DayIndex.day, DayIndex.input_digest).where(
            DayIndex.patient_id == patient_id,
            DayIndex.day.in_(days),
            DayIndex.method == method,
            DayIndex.index == "worn_min",  # wear states have a digest of their own
        )
    )
    return {day: bytes(digest) for day, digest in rows}


def days_with(
    session: Session, patient_id: int, first: date, last: date, index: str, method: str
) -> set[date]:
    """The patient's days in [first, last] that have this index by this method."""
    query = sa.select(DayIndex.day).where(
        DayIndex.patient_id == patient_id,
        DayIndex.day.between(first, last),
        DayIndex.index == index,
        DayIndex.method == method,
    )
    return set(session.scalars(query))


def days_with_data(session: Session, patient_id: int, first: date, last: date) -> list[date]:
    """The patient's days in [first, last] that were computed from data: they have `worn_min`, be it 0.

    A day without any, of a patient with a device, has results too: how long that was silent or off.
    """
    return list(
        session.scalars(
            sa.select(DayIndex.day)
            .where(DayIndex.patient_id == patient_id, DayIndex.day >= first, DayIndex.day <= last)
            .where(DayIndex.index == "worn_min")
            .distinct()
            .order_by(DayIndex.day)
        )
    )
