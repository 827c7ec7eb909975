"""In which zone a patient's local days are cut, at each instant: at home, or wherever they travel.

The same rule in SQL, here, and in Python, `days.cut`: a local day begins when the clock shows its date
or a later one for good. Why: docs/decisions/0018-travel.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, tzinfo

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from days.itinerary import Itinerary, with_stay
from store.database import Base
from store.people import Patient, zone_of


class PatientZone(Base):
    """The zone in [starts, ends). A patient who never travelled has no rows and lives in `patient.tz`, any
    other has rows for all of time."""

    __tablename__ = "patient_zone"
    __table_args__ = (sa.CheckConstraint("starts < ends", name="starts_first"),)

    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), primary_key=True)
    starts: Mapped[datetime] = mapped_column(primary_key=True, comment="or -infinity")
    ends: Mapped[datetime] = mapped_column(comment="or infinity")
    tz: Mapped[str] = mapped_column(comment="IANA time zone, cuts the local days")
    last_day: Mapped[date | None] = mapped_column(
        comment="the earliest date that the clock shows after `ends`: no local day in here is later"
    )


def zone_at(t: str) -> str:
    """SQL after FROM: `z`, the zone of patient `p` at the instant `t`; nulls for who never travelled."""
    return f"LEFT JOIN patient_zone z ON z.patient_id = p.id AND {t} >= z.starts AND {t} < z.ends"


def local_clock(t: str) -> str:
    """SQL: what the patient's clock shows at the instant `t`, beside `zone_at(t)`."""
    return f"(({t}) AT TIME ZONE coalesce(z.tz, p.tz))"


def local_day(t: str) -> str:
    """SQL: the local day of the instant `t`, beside `zone_at(t)`. LEAST ignores nulls."""
    return f"least({local_clock(t)}::date, z.last_day)"


def zones_of(session: Session, patient_ids: Iterable[int]) -> dict[int, tzinfo]:
    """What cuts the days of each of these patients: a zone or, for who travelled, an `Itinerary`."""
    wanted = sorted(set(patient_ids))
    homes = session.execute(sa.select(Patient.id, Patient.tz).where(Patient.id.in_(wanted)))
    zones: dict[int, tzinfo] = {patient_id: zone_of(tz) for patient_id, tz in homes}
    pieces: dict[int, list[tuple[datetime | None, str]]] = {}
    finite = sa.case((sa.func.isfinite(PatientZone.starts), PatientZone.starts))
    for patient_id, starts, tz in session.execute(
        sa.select(PatientZone.patient_id, finite, PatientZone.tz)
        .where(PatientZone.patient_id.in_(wanted))
        .order_by(PatientZone.patient_id, PatientZone.starts)
    ):
        pieces.setdefault(patient_id, []).append((starts, tz))
    for patient_id, own in pieces.items():
        changes = [starts for starts, _ in own if starts is not None]
        zones[patient_id] = Itinerary([zone_of(tz) for _, tz in own], changes)
    return zones


def zone_of_patient(session: Session, patient_id: int) -> tzinfo:
    """What cuts the days of one patient."""
    return zones_of(session, [patient_id])[patient_id]


def itinerary_of(session: Session, patient: Patient) -> Itinerary:
    """The same with its zones and changes, also for who never travelled."""
    zone = zone_of_patient(session, patient.id)
    return zone if isinstance(zone, Itinerary) else Itinerary([zone_of(patient.tz)], [])


def stay(session: Session, patient: Patient, tz: str, start: datetime, end: datetime | None) -> Itinerary:
    """Say that `patient` lives by the clock of `tz` in [start, end); what was said before gives way there.

    Raises `StoreError` for an unknown zone. The caller marks the days of the patient
    (`marks.mark_days_of_patient`) in the same transaction, before and after.
    """
    # One at a time: two who correct one journey must not each keep half of it.
    session.execute(sa.select(Patient.id).where(Patient.id == patient.id).with_for_update(key_share=True))
    journey = with_stay(itinerary_of(session, patient), zone_of(tz), start, end)
    session.execute(sa.delete(PatientZone).where(PatientZone.patient_id == patient.id))
    if journey.changes:
        session.execute(sa.text(_INSERT), _rows(patient.id, journey))
    return journey


_INSERT = """
    INSERT INTO patient_zone (patient_id, starts, ends, tz, last_day)
    VALUES (:patient, coalesce(:starts ::timestamptz, '-infinity'), coalesce(:ends ::timestamptz, 'infinity'),
            :tz, :last_day)
"""


def _rows(patient_id: int, journey: Itinerary) -> list[dict[str, object]]:
    shown = [c.astimezone(zone).date() for c, zone in zip(journey.changes, journey.zones[1:], strict=True)]
    return [
        {
            "patient": patient_id,
            "starts": journey.changes[i - 1] if i else None,
            "ends": journey.changes[i] if i < len(journey.changes) else None,
            "tz": zone.key,
            "last_day": min(shown[i:], default=None),
        }
        for i, zone in enumerate(journey.zones)
    ]


def name_at(zone: tzinfo, at: datetime) -> str:
    """The IANA name of the zone at an instant."""
    return zone.zone_at(at).key if isinstance(zone, Itinerary) else str(zone)


def names_between(zone: tzinfo, start: datetime, end: datetime) -> str:
    """The zones in [start, end), with the instants at which they began where there is more than one."""
    return zone.names_between(start, end) if isinstance(zone, Itinerary) else str(zone)
