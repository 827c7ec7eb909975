"""Days that are to be computed again, though no data of them changed: a method did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database import StoreError
from store.marks import MOVEMENT
from store.people import Patient

# A day with data that can be computed has results of some method, or waits for its first: looking at the
# results instead of the epochs costs a thousandth. The newest computed row says by which method a day is
# shown, as in `reading.days`. Silent days have results, too, but no `worn_min`: they follow with
# the days with data about them.
_CHOSEN = """
    SELECT patient_id, day FROM (
        SELECT DISTINCT ON (patient_id, day) patient_id, day, method FROM day_index
        WHERE index = 'worn_min' AND day >= :since AND (:every OR patient_id = ANY(:patients))
        ORDER BY patient_id, day, computed_at DESC
    ) newest
    WHERE CAST(:present AS text) IS NULL OR method <> :present
"""

# At once: else a running day would keep its own pace, and who waits for it would wait an hour.
_MARK = f"""
    INSERT INTO stale_day (patient_id, day, kind, marks, since, marked_at, at_once)
    SELECT patient_id, day, :kind, 1, :at ::timestamptz, :at, true FROM ({_CHOSEN}) chosen
    ORDER BY 1, 2
    ON CONFLICT (patient_id, day, kind)
    DO UPDATE SET marks = stale_day.marks + 1, marked_at = EXCLUDED.marked_at, at_once = true
"""


@dataclass(frozen=True, slots=True)
class Again:
    """Which days: since when, of whom (None: everybody), and by which method they are not yet shown.

    `present` None takes every day, whatever method its newest results are of.
    """

    since: date
    patients: list[int] | None = None
    present: str | None = None

    def _values(self) -> dict[str, Any]:
        every = self.patients is None
        return {"since": self.since, "every": every, "patients": self.patients or [], "present": self.present}


@dataclass(frozen=True, slots=True)
class Counted:
    """How many days of how many patients."""

    days: int
    patients: int


def patients_by_code(session: Session, codes: Sequence[str]) -> list[int]:
    """The patients with these identifiers. Raises `StoreError` that names those there are not."""
    query = sa.select(Patient.code, Patient.id).where(Patient.code.in_(codes))
    found = {row.code: row.id for row in session.execute(query)}
    missing = sorted(set(codes) - set(found))
    if missing:
        raise StoreError(f"There is no patient {', '.join(missing)}: correct --patients.")
    return sorted(found.values())


def count_days(session: Session, again: Again) -> Counted:
    """What `mark_again` would mark now."""
    query = f"SELECT count(*), count(DISTINCT patient_id) FROM ({_CHOSEN}) chosen"
    return Counted(*session.execute(sa.text(query), again._values()).one())


def mark_again(session: Session, again: Again, at: datetime) -> int:
    """These days are stale from now on; how many. Marked twice, a day is still computed once."""
    marked = session.execute(sa.text(_MARK), {**again._values(), "kind": MOVEMENT, "at": at})
    return int(marked.rowcount)  # type: ignore[attr-defined]


def days_left(session: Session, again: Again, at: datetime) -> int:
    """How many of the days that were marked at `at` still wait; days first touched later do not count."""
    query = """
        SELECT count(*) FROM stale_day
        WHERE kind = :kind AND since <= :at AND at_once AND day >= :since
          AND (:every OR patient_id = ANY(:patients))
    """
    values = {**again._values(), "kind": MOVEMENT, "at": at}
    del values["present"]
    return int(session.execute(sa.text(query), values).scalar_one())
