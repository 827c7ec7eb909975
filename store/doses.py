"""What a patient's diary says of doses, and the stored indices that are made from it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.own_reports import own_reports, superseded
from store.results import OF_DIARY, DayIndex
from store.zones import local_day, zone_at


@dataclass(frozen=True, slots=True)
class DiaryDoses:
    """The newest revision of one diary entry; `doses` None: it does not speak of them."""

    entry: uuid.UUID
    day: date  #: the patient's local day
    at: datetime  #: true time
    shift: timedelta  #: what its device's clock is behind; the times of the doses are the device's
    doses: list[dict[str, Any]] | None


def diary_doses(session: Session, patient_id: int) -> list[DiaryDoses]:
    """Every entry of the patient, oldest first.

    All of them, however old: a dose may be written down in an entry of any other day.
    """
    rows = session.execute(_ENTRIES, {"patient": patient_id})
    return [DiaryDoses(*row) for row in rows]


_ENTRIES = sa.text(
    f"""
    WITH own AS ({own_reports("= :patient", "'-infinity'::timestamptz", "'infinity'::timestamptz")}
    )
    SELECT n.entry, {local_day("n.true_at")}, n.true_at, n.shift, n.detail -> 'doses'
    FROM own n JOIN patient p ON p.id = :patient {zone_at("n.true_at")}
    WHERE NOT {superseded("n")}
    ORDER BY n.true_at, n.id
    """
)


def stored_days(session: Session, patient_id: int, method: str) -> dict[date, bytes]:
    """The days that have these indices by this method, each with the digest of what they rest on."""
    query = sa.select(DayIndex.day, DayIndex.input_digest).where(
        DayIndex.patient_id == patient_id, DayIndex.index.in_(OF_DIARY), DayIndex.method == method
    )
    return {day: bytes(digest) for day, digest in session.execute(query)}


def drop_other_days(session: Session, patient_id: int, kept: Iterable[date]) -> None:
    """Of days about which the diary does not speak any more, these indices go, of every method version."""
    days: Sequence[date] = sorted(kept)
    session.execute(
        sa.text(
            """
            DELETE FROM day_index WHERE patient_id = :p AND index = ANY(:names ::text[])
               AND NOT day = ANY(:days ::date[])
            """
        ),
        {"p": patient_id, "names": list(OF_DIARY), "days": list(days)},
    )
