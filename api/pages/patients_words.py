"""What the patient wrote, cut where the lexicon found something. The template marks and escapes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from store.diary import Report
from store.notes import NoteFinding, notes_in

NOTES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of the text; with a `label` when it was found to be something."""

    text: str
    label: str | None = None
    negated: bool = False
    remarks: tuple[str, ...] = ()  #: denied, not sure, somebody else: words, for who sees no colour


@dataclass(frozen=True, slots=True)
class Words:
    """One note."""

    at: datetime
    language: str | None
    pieces: list[Piece]
    said: str  #: what stands below it: nothing found, not read yet


def newest_words(session: Session, reports: Sequence[Report]) -> tuple[list[Words], int]:
    """The newest notes of these reports, newest first, and how many more there are."""
    written = notes_in(session, [report.row for report in reports])
    having = [report for report in reversed(reports) if report.row in written]
    shown = []
    for report in having[:NOTES_SHOWN]:
        note = written[report.row]
        said = note.reason or ("" if note.findings else "nothing recognised")
        language = note.language if note.language in ("en", "it") else None
        shown.append(Words(report.at, language, pieces_of(note.text, note.findings), said))
    return shown, max(0, len(having) - NOTES_SHOWN)


def pieces_of(text: str, findings: Sequence[NoteFinding]) -> list[Piece]:
    """The whole text in pieces, in order; a place that lies outside of it or within another is left plain."""
    pieces, reached = [], 0
    for one in sorted(findings, key=lambda finding: finding.start):
        if not reached <= one.start < one.end <= len(text):
            continue
        if one.start > reached:
            pieces.append(Piece(text[reached : one.start]))
        remarks = (("denied", one.negated), ("not sure", one.uncertain), ("somebody else", one.other_person))
        said = tuple(word for word, so in remarks if so)
        side = f", {one.laterality}" if one.laterality else ""
        label = "; ".join((f"{one.kind}: {one.value}{side}", *said))
        pieces.append(Piece(text[one.start : one.end], label, one.negated, said))
        reached = one.end
    if reached < len(text):
        pieces.append(Piece(text[reached:]))
    return pieces
