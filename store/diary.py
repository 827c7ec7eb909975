"""What patients say about their pain, and what was done about it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base, now
from store.own_reports import own_reports, revision, superseded
from store.zones import local_day, zone_at

NRS_FIELDS = ("worst", "average", "least", "now", "interference")
_ON_NRS = " AND ".join(f'("{field}" IS NULL OR "{field}" BETWEEN 0 AND 10)' for field in NRS_FIELDS)


class PainReport(Base):
    """One answer, or the reason for none. A correction adds a row; nothing is overwritten.

    A report that a device sent belongs to whoever wore the device at `at`; one that was entered on the
    ward names its patient.
    """

    __tablename__ = "pain_report"
    __table_args__ = (
        sa.CheckConstraint(_ON_NRS, name="scores_on_nrs"),
        sa.CheckConstraint("num_nonnulls(device_id, patient_id) = 1", name="one_origin"),
        sa.CheckConstraint("entered_at >= at", name="told_before_written"),
        sa.UniqueConstraint("device_id", "boot", "seq"),
        sa.Index("ix_pain_report_device", "device_id", "at"),  # reports of whoever wore the device
        sa.Index("ix_pain_report_patient", "patient_id", "at"),  # reports entered on the ward
        sa.Index("ix_pain_report_entry", "entry"),  # the revisions of one entry
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    entry: Mapped[uuid.UUID] = mapped_column(comment="the same in a correction")
    device_id: Mapped[int | None] = mapped_column(sa.ForeignKey("device.id"))
    patient_id: Mapped[int | None] = mapped_column(sa.ForeignKey("patient.id"))
    boot: Mapped[int] = mapped_column(default=0, comment="orders the revisions, with seq")
    seq: Mapped[int] = mapped_column(comment="of the message; a count of its own for ward entries")
    at: Mapped[datetime] = mapped_column(comment="the time that it tells of")
    entered_at: Mapped[datetime | None] = mapped_column(comment="when it was written down, if not at `at`")
    received_at: Mapped[datetime] = mapped_column(comment="when it was stored")
    worst: Mapped[int | None] = mapped_column(sa.SmallInteger, comment="0 to 10, last 24 h")
    average: Mapped[int | None] = mapped_column(sa.SmallInteger)
    least: Mapped[int | None] = mapped_column(sa.SmallInteger)
    now: Mapped[int | None] = mapped_column(sa.SmallInteger)
    interference: Mapped[int | None] = mapped_column(sa.SmallInteger)
    breakthrough: Mapped[int | None] = mapped_column(sa.SmallInteger, comment="episodes in the last 24 h")
    rescue_doses: Mapped[int | None] = mapped_column(sa.SmallInteger)
    skipped: Mapped[str | None] = mapped_column(comment="why the patient did not answer")
    detail: Mapped[dict[str, Any]] = mapped_column(pg.JSONB, default=dict, comment="sites, doses, note")


class Treatment(Base):
    """Something that was done for a patient, at a time. One that was entered wrongly stays, withdrawn."""

    __tablename__ = "treatment"
    __table_args__ = (
        sa.CheckConstraint("fractions > 0 AND dose_gy > 0 AND cycle > 0", name="counts_from_one"),
        sa.CheckConstraint("until >= at", name="ends_after_it_began"),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn_by_somebody"),
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), index=True)
    kind: Mapped[str] = mapped_column(comment="chemo, radiotherapy, nerve_block, opioid_up, ...")
    at: Mapped[datetime]
    detail: Mapped[str | None] = mapped_column(comment="what was said in free text instead of the columns")
    entered_by: Mapped[str]
    entered_at: Mapped[datetime] = mapped_column(default=now)
    technique: Mapped[str | None] = mapped_column(comment="SBRT, single fraction, celiac plexus, SCS, ...")
    fractions: Mapped[int | None] = mapped_column(sa.Integer)
    dose_gy: Mapped[float | None] = mapped_column(sa.Double, comment="of all fractions")
    site: Mapped[str | None] = mapped_column(comment="where on the body")
    drug: Mapped[str | None]
    cycle: Mapped[int | None] = mapped_column(sa.Integer)
    until: Mapped[datetime | None] = mapped_column(comment="the end of a course")
    note: Mapped[str | None]
    withdrawn_by: Mapped[str | None] = mapped_column(comment="entered wrongly: not shown or used any more")
    withdrawn_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Report:
    """The newest revision of one diary entry, with the patient's local day. `at` and `entered_at` are true
    times: both by the offset that the device's clock had at `at`, so what lies between them stays."""

    row: int  #: its `PainReport`
    entry: uuid.UUID
    day: date
    at: datetime
    received_at: datetime
    revision: int
    state: str
    scores: dict[str, int | None]
    entered_at: datetime | None  #: None: written down at `at`


def add_reports(session: Session, rows: Sequence[dict[str, object]]) -> None:
    """Store reports as they came; repeat-safe by (device, boot, seq)."""
    if rows:
        session.execute(pg.insert(PainReport).on_conflict_do_nothing(), list(rows))


def add_ward_report(session: Session, patient_id: int, values: dict[str, Any]) -> bool:
    """Store an entry made on the ward; the same `entry` with other content is a correction.

    Returns whether anything was new: the same content again changes nothing.
    """
    # One writer a patient at a time: two posts of one entry must not both become revision 1.
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(patient_id)))
    last = session.scalar(
        sa.select(PainReport)
        .where(PainReport.patient_id == patient_id, PainReport.entry == values["entry"])
        .order_by(PainReport.seq.desc())
        .limit(1)
    )
    if last is not None and all(getattr(last, k) == v for k, v in values.items() if k != "received_at"):
        return False
    session.add(PainReport(patient_id=patient_id, seq=0 if last is None else last.seq + 1, **values))
    session.flush()
    return True


def reports_of(session: Session, patient_id: int, start: datetime, end: datetime) -> list[Report]:
    """The patient's reports with `at` in [start, end), newest revision of each, oldest first."""
    rows = session.execute(_REPORTS, {"patient": patient_id, "start": start, "end": end}).mappings()
    return [
        Report(
            row["id"],
            row["entry"],
            row["day"],
            row["true_at"],
            row["received_at"],
            row["revision"],
            row["state"],
            {name: row[name] for name in (*NRS_FIELDS, "breakthrough", "rescue_doses")},
            row["true_entered_at"],
        )
        for row in rows
    ]


_REPORTS = sa.text(
    f"""
    WITH own AS ({own_reports("= :patient", ":start", ":end")}
    ), numbered AS (
        SELECT own.*, {revision("own")} AS revision FROM own WHERE NOT {superseded("own")}
    )
    SELECT n.*, {local_day("n.true_at")} AS day,
           pain_state(n.skipped, n.revision, n.true_at, n.received_at, n.true_entered_at) AS state
    FROM numbered n JOIN patient p ON p.id = :patient {zone_at("n.true_at")} ORDER BY n.true_at, n.id
    """
)
