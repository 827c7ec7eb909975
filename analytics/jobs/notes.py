"""New notes to descriptors, within seconds; after a change of the lexicon all notes, behind the new ones.

No word of a note leaves this module: neither in the message of an error nor in its traceback, since the
clock's log has both.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from analytics.notes.lexicon import LEXICON
from analytics.notes.reading import read_note
from store.database import transaction
from store.notes import WaitingNote, claim_notes, save_readings

log = structlog.get_logger()

AT_ONCE = 200  #: notes in one transaction: at most 400,000 characters, a second or two


class NotesNotRead(Exception):
    """A batch of notes could not be stored; they wait. Names the kind of error and nothing of its message."""


def read_notes(engine: sa.Engine, at: datetime) -> int:
    """Read some of the notes that wait; how many. What was found and the end of the wait are one transaction.

    Raises
    ------
    NotesNotRead
        When the database refuses. Its own error would have parts of findings in its message.
    """
    try:
        with transaction(engine) as session:
            waiting = claim_notes(session, LEXICON, AT_ONCE)
            if not waiting:
                return 0
            read = [_read(note, at) for note in waiting]
            findings = [row for _, rows in read for row in rows]
            save_readings(session, [reading for reading, _ in read], findings)
    except Exception as error:  # noqa: BLE001 - whatever it is, its message must not reach the log
        raise NotesNotRead(f"notes wait: {type(error).__name__}") from None
    return len(waiting)


def _read(note: WaitingNote, at: datetime) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Rows for one note. One on which the lexicon fails is kept as that, and does not hold up the others."""
    reading: dict[str, Any] = {
        "report_id": note.report_id,
        "lexicon": LEXICON,
        "language": None,
        "read_at": at,
        "failed": None,
    }
    try:
        found = read_note(note.text)
    except Exception as error:  # noqa: BLE001 - a fault of ours, of which only the kind is told
        kind = type(error).__name__
        log.error("a note could not be read", action="note_failed", report=note.report_id, error=kind)
        return reading | {"failed": kind}, []
    rows = [
        {"report_id": note.report_id, "n": n, "lexicon": LEXICON, **asdict(one)}
        for n, one in enumerate(found.findings)
    ]
    return reading | {"language": found.language}, rows
