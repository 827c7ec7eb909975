"""What the lexicon found in patients' notes, and which notes still have to be read. Made by analytics.

The text stays in `pain_report`; here are only places in it and what they stand for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base, notify, one_of

KINDS = ("quality", "site", "severity", "pattern", "score")
SIDES = ("left", "right", "both")


class NoteReading(Base):
    """A report with a note, whether it was read, and by which lexicon.

    The row comes with the report, by a trigger of `pain_report`: whoever stores a note, it waits at once.
    """

    __tablename__ = "note_reading"
    __table_args__ = (
        # What waits: never read, or read by another lexicon. Both ends are a few steps in this index.
        sa.Index("ix_note_reading_lexicon", "lexicon", "report_id"),
    )

    report_id: Mapped[int] = mapped_column(
        sa.ForeignKey("pain_report.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    lexicon: Mapped[str | None] = mapped_column(comment="version; null: not read yet")
    language: Mapped[str | None] = mapped_column(comment="en, it, or unknown: read with all words")
    read_at: Mapped[datetime | None]
    failed: Mapped[str | None] = mapped_column(comment="the kind of the error, when it could not be read")


class NoteFinding(Base):
    """One descriptor and its place in the note, in code points; those of an earlier lexicon are replaced."""

    __tablename__ = "note_finding"
    __table_args__ = (
        sa.CheckConstraint(one_of("kind", KINDS), name="kind"),
        sa.CheckConstraint(f"laterality IS NULL OR {one_of('laterality', SIDES)}", name="laterality"),
        sa.CheckConstraint('0 <= "start" AND "start" < "end"', name="somewhere"),
    )

    report_id: Mapped[int] = mapped_column(
        sa.ForeignKey("note_reading.report_id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    n: Mapped[int] = mapped_column(
        sa.SmallInteger, primary_key=True, autoincrement=False, comment="order in the note"
    )
    lexicon: Mapped[str] = mapped_column(comment="version")
    kind: Mapped[str] = mapped_column(comment="quality, site, severity, pattern, score")
    value: Mapped[str]
    laterality: Mapped[str | None] = mapped_column(comment="of a site: left, right, both")
    start: Mapped[int] = mapped_column(comment="first code point in the note")
    end: Mapped[int] = mapped_column(comment="behind the last one")
    negated: Mapped[bool]
    uncertain: Mapped[bool]
    other_person: Mapped[bool] = mapped_column(comment="somebody else's")
    rule: Mapped[str] = mapped_column(comment="line of the lexicon")


@dataclass(frozen=True, slots=True)
class WaitingNote:
    """A note that has to be read."""

    report_id: int
    text: str


@dataclass(frozen=True, slots=True)
class StoredNote:
    """A note with what was found in it; `reason` says why there are no findings to show."""

    text: str
    language: str | None
    lexicon: str | None
    reason: str | None
    findings: list[NoteFinding]


def claim_notes(session: Session, lexicon: str, most: int) -> list[WaitingNote]:
    """The oldest notes that `lexicon` has not read, new ones first; locked until the transaction ends.

    Store what was found (`save_readings`) in the same transaction: a worker that dies gives them back. After
    a change of the lexicon all notes come up, `most` at a time, behind those that nobody has read.
    """
    for other in ("IS NULL", "< :lexicon", "> :lexicon"):
        rows = session.execute(
            sa.text(
                f"""
                SELECT n.report_id, coalesce(r.detail ->> 'note', '') AS note
                FROM note_reading n JOIN pain_report r ON r.id = n.report_id
                WHERE n.lexicon {other} ORDER BY n.lexicon, n.report_id LIMIT :most
                FOR UPDATE OF n SKIP LOCKED
                """
            ),
            {"lexicon": lexicon, "most": most} if ":" in other else {"most": most},
        ).all()
        if rows:
            return [WaitingNote(row.report_id, row.note) for row in rows]
    return []


def save_readings(
    session: Session,
    readings: Sequence[dict[str, Any]],
    findings: Iterable[dict[str, Any]],
) -> None:
    """Store what was read: a row of `note_reading` each, also where nothing was found, and its findings.

    What an earlier lexicon found is gone. Open pages are told at the commit.
    """
    reports = [reading["report_id"] for reading in readings]
    session.execute(sa.delete(NoteFinding).where(NoteFinding.report_id.in_(reports)))
    upsert = pg.insert(NoteReading)
    values = {name: upsert.excluded[name] for name in ("lexicon", "language", "read_at", "failed")}
    session.execute(
        upsert.on_conflict_do_update(index_elements=[NoteReading.report_id], set_=values), list(readings)
    )
    if rows := list(findings):
        session.execute(sa.insert(NoteFinding), rows)
    notify(session, "diary")


def notes_in(session: Session, reports: Sequence[int]) -> dict[int, StoredNote]:
    """The notes of these reports, by report; a report without a note is not in it."""
    rows = session.execute(
        sa.text(
            """
            SELECT n.report_id, r.detail ->> 'note' AS note, n.language, n.lexicon, n.failed
            FROM note_reading n JOIN pain_report r ON r.id = n.report_id
            WHERE n.report_id = ANY(:reports)
            """
        ),
        {"reports": list(reports)},
    )
    found = {
        row.report_id: StoredNote(row.note or "", row.language, row.lexicon, _reason(row), []) for row in rows
    }
    for one in session.scalars(
        sa.select(NoteFinding)
        .where(NoteFinding.report_id.in_(list(found)))
        .order_by(NoteFinding.report_id, NoteFinding.n)
    ):
        found[one.report_id].findings.append(one)
    return found


def _reason(row: Any) -> str | None:
    if row.lexicon is None:
        return "not read yet"
    return "it could not be read" if row.failed else None
