"""A diary that changed to the oral morphine equivalents of its days.

For analytics and research, never for converting a patient from one opioid to another.

Nobody can tell from an entry which days it no longer speaks of: a correction takes doses away, a phone turns
out to be somebody else's, a clock is set right. So all days of the patient are summed again, which takes
milliseconds, and those whose sums rest on something else now are written. The order of arrival cannot matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from importlib.metadata import version

import sqlalchemy as sa
from sqlalchemy.orm import Session

from days.cut import day_of, day_start
from opioids.daily import LONGEST, WORN, DaySum, Entry, LocalDay, day_sums, once, read_entry, worn
from opioids.table import METHOD, TABLE
from store import marks, results
from store.database import notify, transaction
from store.doses import DiaryDoses, diary_doses, drop_other_days, stored_days
from store.people import Patient
from store.provenance import Parameters, provenance_id
from store.zones import names_between, zone_of_patient

AT_ONCE = 1000
AT_ANY_TIME = timedelta(0)
SOFTWARE = version("actalgia")


def compute_doses(engine: sa.Engine, at: datetime) -> int:
    """Sum the doses of one patient whose diary has changed; 0 when there is none.

    The sums and the end of the wait are one transaction; what is marked meanwhile stays marked.
    """
    with transaction(engine) as session:
        claim = results.claim(session, marks.DOSES, at, AT_ONCE, AT_ANY_TIME, alone=True)
    if claim is None:
        return 0
    with transaction(engine) as session:
        patient = session.get_one(Patient, claim.patient_id)
        zone = zone_of_patient(session, patient.id)
        said = diary_doses(session, patient.id)
        entries = [read_entry(one.at, one.doses, one.shift, str(one.entry)) for one in said]
        days = [day for day in local_days(days_told(said, entries, zone), zone) if day.start < day.end]
        before = stored_days(session, patient.id, METHOD)
        drop_other_days(session, patient.id, [day.day for day in days])
        changed = [
            (found, day)
            for found, day in zip(day_sums(entries, days), days, strict=True)
            if before.get(found.day) != found.digest
        ]
        if changed:
            results.save_day_indices(session, _rows(session, patient.id, changed, zone, at))
            notify(session, "diary")  # pages that are open show the sums
        results.finish(session, marks.DOSES, claim)
    return 1


def days_told(said: Sequence[DiaryDoses], entries: Sequence[Entry], zone: tzinfo) -> list[date]:
    """Every day with an entry, a dose or a patch, up to that of the last entry: of later ones nobody told."""
    if not said:
        return []
    last = max(one.day for one in said)
    end = day_start(last + timedelta(days=1), zone)
    doses = [dose for dose in once(entries) if dose.at < end]
    told = {one.day for one in said} | {day_of(dose.at, zone) for dose in doses}
    for patch in worn(doses):
        first, through = day_of(patch.start, zone), day_of(patch.end - timedelta.resolution, zone)
        told |= {first + timedelta(days=i) for i in range((through - first).days + 1)}
    return sorted(day for day in told if day <= last)


def local_days(days: Sequence[date], zone: tzinfo) -> list[LocalDay]:
    """These local days with their bounds; one that the clock skips has no length."""
    return [LocalDay(day, day_start(day, zone), day_start(day + timedelta(days=1), zone)) for day in days]


def _rows(
    session: Session, patient_id: int, changed: Sequence[tuple[DaySum, LocalDay]], zone: tzinfo, at: datetime
) -> list[dict[str, object]]:
    made: dict[str, int] = {}
    rows: list[dict[str, object]] = []
    for found, day in changed:
        tz = names_between(zone, day.start, day.end)
        if tz not in made:
            hours: Parameters = {"patch_h": _hours(WORN), "unknown_patch_h": _hours(LONGEST)}
            made[tz] = provenance_id(session, METHOD, SOFTWARE, {"table": TABLE, "tz": tz, **hours})
        for name, value in zip(results.OF_DIARY, (found.mg, found.rescue_mg), strict=True):
            rows.append(
                {
                    "patient_id": patient_id,
                    "day": found.day,
                    "index": name,
                    "method": METHOD,
                    "value": value,
                    "unit": "mg",
                    "reason": found.reason,
                    "worn_min": 0.0,  # rests on no device; readers take that of the day
                    "input_digest": found.digest,
                    "computed_at": at,
                    "provenance_id": made[tz],
                }
            )
    return rows


def _hours(span: timedelta) -> int:
    return round(span.total_seconds() / 3600)
