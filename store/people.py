"""Patients, devices, and who wore which device when."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base, StoreError, now
from store.watch.reserved import SYNTHETIC

DEFAULT_SITE = "main"


class Patient(Base):
    """A person who is monitored. Local days are cut in `tz`, the zone at home, but for journeys
    (`store.zones`); `site` decides who may look."""

    __tablename__ = "patient"
    __table_args__ = (
        sa.CheckConstraint("code <> '' AND length(code) <= 64", name="code_is_short"),
        sa.CheckConstraint(
            f"synthetic = (code = '{SYNTHETIC}') AND synthetic = (site = '{SYNTHETIC}')",
            name="synthetic_has_its_own_name",
        ),
        sa.Index("ix_patient_synthetic", "id", postgresql_where=sa.text("synthetic")),  # who it is
        {"comment": "a person who is monitored"},
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, comment="the identifier that the ward uses")
    tz: Mapped[str] = mapped_column(
        comment="IANA time zone at enrolment, cuts the local days unless patient_zone says otherwise"
    )
    site: Mapped[str] = mapped_column(index=True, comment="clinicians see the patients of their own site")
    pseudonym: Mapped[uuid.UUID] = mapped_column(
        unique=True, default=uuid.uuid4, comment="random, never derived: what researchers see"
    )
    demonstration: Mapped[bool] = mapped_column(default=False, comment="simulated: nobody's data")
    synthetic: Mapped[bool] = mapped_column(
        default=False, server_default=sa.false(), comment="the watchdog's: in no list of patients"
    )
    enrolled_at: Mapped[datetime] = mapped_column(default=now)


class Device(Base):
    """Something that publishes: a wrist sensor, or the phone that holds the diary."""

    __tablename__ = "device"

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True, comment="also its MQTT user name")
    password_hash: Mapped[str] = mapped_column(comment="in the broker's own format")
    demonstration: Mapped[bool] = mapped_column(default=False)
    enrolled_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]


class Wearing(Base):
    """The interval during which a device belongs to a patient, half-open."""

    __tablename__ = "wearing"
    __table_args__ = (
        # That a device belongs to one patient at a time is an exclusion constraint, see the migration.
        sa.CheckConstraint("NOT isempty(during) AND NOT lower_inf(during)", name="during_starts"),
        sa.Index("ix_wearing_device", "device_id"),  # attribution of a sample
        sa.Index("ix_wearing_patient", "patient_id"),  # what one patient wore
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"))
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"))
    during: Mapped[pg.Range[datetime]] = mapped_column(pg.TSTZRANGE)


def enrol_patient(
    session: Session, code: str, tz: str, site: str = DEFAULT_SITE, *, demonstration: bool = False
) -> Patient:
    """Register a patient. Raises `StoreError` for an unknown zone or an identifier that is taken."""
    patient = _new_patient(code, tz, site, demonstration=demonstration)
    if session.scalar(sa.select(Patient.id).where(Patient.code == code)):
        raise StoreError(f"Patient {code} is enrolled already.")
    session.add(patient)
    session.flush()
    return patient


def enrol_device(session: Session, name: str, password_hash: str, *, demonstration: bool = False) -> Device:
    """Register a device. Raises `StoreError` when the name is taken."""
    if session.scalar(sa.select(Device.id).where(Device.name == name)):
        raise StoreError(f"Device {name} is enrolled already.")
    device = Device(name=name, password_hash=password_hash, demonstration=demonstration)
    session.add(device)
    session.flush()
    return device


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One line of a list: a new device, and who wears it from when on."""

    device: str
    password_hash: str
    patient: str
    tz: str
    start: datetime


def enrol_many(session: Session, lines: Sequence[Enrolment]) -> None:
    """Register devices, patients who are not known yet, and wearings, in a few statements.

    Raises `StoreError` for the first line that cannot be; the caller's transaction then keeps nothing.
    """
    names = [line.device for line in lines]
    taken = session.scalar(sa.select(Device.name).where(Device.name.in_(names)).order_by(Device.id).limit(1))
    twice = next((name for name, times in Counter(names).items() if times > 1), None)
    if taken or twice:
        raise StoreError(f"Device {taken} is enrolled already." if taken else f"Device {twice} comes twice.")
    codes = {line.patient: line for line in lines}
    known = sa.select(Patient).where(Patient.code.in_(codes), ~Patient.synthetic)
    patients = {p.code: p for p in session.scalars(known)}
    for code, line in codes.items():
        if code not in patients:
            patients[code] = _new_patient(code, line.tz, DEFAULT_SITE, demonstration=False)
    devices = [Device(name=line.device, password_hash=line.password_hash) for line in lines]
    session.add_all([*patients.values(), *devices])
    session.flush()
    for device, line in zip(devices, lines, strict=True):
        during = pg.Range(line.start, None, bounds="[)")
        session.add(Wearing(device_id=device.id, patient_id=patients[line.patient].id, during=during))
    session.flush()
    # Until the server has counted them itself, a minute later, it would plan for empty tables: storing a
    # block for 100,000 new devices then took ten times as long.
    session.execute(sa.text("ANALYZE device, patient, wearing"))


def _new_patient(code: str, tz: str, site: str, *, demonstration: bool) -> Patient:
    zone_of(tz)
    if not code.strip() or len(code) > 64 or "\0" in code:
        raise StoreError("A patient identifier has 1 to 64 characters.")
    if SYNTHETIC in (code, site):
        raise StoreError(f"{SYNTHETIC} is the watchdog's own patient and site: take another name.")
    return Patient(code=code, tz=tz, site=site, demonstration=demonstration)


def zone_of(tz: str) -> ZoneInfo:
    """The IANA zone of that name. Raises `StoreError` for one that does not exist."""
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, OSError) as error:
        raise StoreError(f"There is no time zone {tz!r}: give an IANA name such as Europe/Rome.") from error


def patient_by_code(session: Session, code: str) -> Patient:
    """The patient with that identifier. Raises `StoreError` when there is none."""
    patient = session.scalar(sa.select(Patient).where(Patient.code == code, ~Patient.synthetic))
    if patient is None:
        raise StoreError(f"There is no patient {code}: enrol the patient first.")
    return patient


def codes_of(session: Session, patient_ids: Sequence[int]) -> dict[int, str]:
    """The identifiers that the ward uses, by id."""
    found = session.execute(sa.select(Patient.id, Patient.code).where(Patient.id.in_(patient_ids)))
    return {row.id: row.code for row in found}


def device_by_name(session: Session, name: str) -> Device:
    """The device of that name. Raises `StoreError` when there is none."""
    device = session.scalar(sa.select(Device).where(Device.name == name))
    if device is None:
        raise StoreError(f"There is no device {name}: enrol the device first.")
    return device


def revoke_device(session: Session, name: str, at: datetime) -> datetime:
    """Say that this device may not connect any more; since when. Raises `StoreError` when there is none."""
    device = device_by_name(session, name)
    if device.revoked_at is None:
        device.revoked_at = at
    return device.revoked_at


def change_password(session: Session, name: str, password_hash: str) -> None:
    """Another password for the broker. Raises `StoreError` for a device that is revoked or unknown."""
    device = device_by_name(session, name)
    if device.revoked_at is not None:
        raise StoreError(f"Device {name} is revoked: enrol another one.")
    device.password_hash = password_hash
    session.flush()


@dataclass(frozen=True, slots=True)
class DeviceNow:
    """What ingest has to know of a device for each of its messages."""

    id: int
    name: str
    revoked: bool
    demonstration: bool


def devices_by_name(session: Session, names: Collection[str]) -> dict[str, DeviceNow]:
    """The devices of these names; one that is not enrolled is absent."""
    rows = session.execute(
        sa.text(
            "SELECT id, name, revoked_at IS NOT NULL, demonstration FROM device WHERE name = ANY(:names)"
        ),
        {"names": [name for name in names if "\0" not in name]},
    )
    return {name: DeviceNow(number, name, revoked, demo) for number, name, revoked, demo in rows}


def device_names_after(session: Session, last: int) -> list[tuple[int, str]]:
    """(id, name) of the devices with an id above `last` that may speak, oldest first."""
    devices = sa.select(Device.id, Device.name).where(Device.id > last, Device.revoked_at.is_(None))
    return [(number, name) for number, name in session.execute(devices.order_by(Device.id))]


def broker_accounts(session: Session) -> Sequence[tuple[str, str]]:
    """(user name, password hash) of every device that may connect."""
    rows = session.execute(
        sa.select(Device.name, Device.password_hash).where(Device.revoked_at.is_(None)).order_by(Device.id)
    )
    return [(name, hashed) for name, hashed in rows]


def wear(
    session: Session, device: Device, patient: Patient, start: datetime, end: datetime | None = None
) -> None:
    """Say that `device` belongs to `patient` in [start, end); what was said before gives way there.

    Stored samples are attributed by sample time, so back-dating moves them. The caller marks the days of
    everybody touched (`marks.mark_days_of_device`) in the same transaction, before and after.
    """
    if (device.name == SYNTHETIC) != patient.synthetic:
        raise StoreError(f"The device {SYNTHETIC} is worn by the watchdog's patient, and by nobody else.")
    if end is not None and end <= start:
        raise StoreError("A wearing ends after it starts: check --from and --to.")
    _clear(session, device, start, end)
    during = pg.Range(start, end, bounds="[)")
    session.add(Wearing(device_id=device.id, patient_id=patient.id, during=during))
    session.flush()


def worn_within(
    session: Session, device: Device, start: datetime, end: datetime | None
) -> list[tuple[str, datetime, datetime | None]]:
    """Who wore `device` at some time in [start, end): code, and the wearing from and to (None: still)."""
    rows = session.execute(
        sa.select(Patient.code, sa.func.lower(Wearing.during), sa.func.upper(Wearing.during))
        .join(Patient, Patient.id == Wearing.patient_id)
        .where(Wearing.device_id == device.id, Wearing.during.op("&&")(sa.func.tstzrange(start, end)))
        .order_by(Wearing.during)
    )
    return [tuple(row) for row in rows]


def end_wearing(session: Session, device: Device, at: datetime) -> None:
    """Say that nobody wears `device` from `at` on. Raises `StoreError` when nobody did."""
    if device.name == SYNTHETIC:
        raise StoreError("The watchdog's device is worn for ever: stop the watchdog instead.")
    if not _clear(session, device, at, None):
        raise StoreError(f"Nobody wears {device.name} at that time or later.")


def _clear(session: Session, device: Device, start: datetime, end: datetime | None) -> int:
    """Cut [start, end) out of all wearings of the device; how many were touched."""
    touched = session.scalars(
        sa.select(Wearing).where(
            Wearing.device_id == device.id, Wearing.during.op("&&")(sa.func.tstzrange(start, end))
        )
    ).all()
    cleared = pg.Range(start, end, bounds="[)")
    rest = [(old.patient_id, part) for old in touched for part in _without(old.during, cleared)]
    for old in touched:
        session.delete(old)
    session.flush()  # the deletes first: the exclusion constraint is checked row by row
    for patient_id, during in rest:
        session.add(Wearing(device_id=device.id, patient_id=patient_id, during=during))
    session.flush()
    return len(touched)


def _without(whole: pg.Range[datetime], hole: pg.Range[datetime]) -> list[pg.Range[datetime]]:
    """What is left of one interval when another is taken out: none, one or two parts."""
    parts = []
    if whole.lower is not None and hole.lower is not None and whole.lower < hole.lower:
        parts.append(pg.Range(whole.lower, hole.lower, bounds="[)"))
    if hole.upper is not None and (whole.upper is None or hole.upper < whole.upper):
        parts.append(pg.Range(hole.upper, whole.upper, bounds="[)"))
    return parts
