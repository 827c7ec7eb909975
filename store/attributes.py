"""What a fairness report tells people apart by: age band, sex, language, stage. Nothing here decides on care.

Coded values only, and no birth date: a band is enough to see whom the system sees worse. Nothing of this is
handed out for one person; `actalgia equity` reads it for groups. Why: docs/decisions/0031-whom-it-sees.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base, StoreError, one_of
from store.people import Patient

#: The codes of each attribute. A language is two or three letters of ISO 639, such as `it`.
CODES: Mapping[str, tuple[str, ...]] = {
    "age_band": ("0-17", "18-49", "50-64", "65-74", "75+"),
    "sex": ("female", "male", "other"),
    "stage": ("I", "II", "III", "IV"),
}
LANGUAGE = "^[a-z]{2,3}$"
NAMES = ("age_band", "sex", "language", "stage")
NOT_TOLD = "not_told"  #: takes a value back; stored as null


class PatientAttribute(Base):
    """What somebody told of a patient, as codes. Null is not told, and so is a patient without a row."""

    __tablename__ = "patient_attribute"
    __table_args__ = (
        *(sa.CheckConstraint(one_of(name, codes), name=f"{name}_is_a_code") for name, codes in CODES.items()),
        sa.CheckConstraint(f"language ~ '{LANGUAGE}'", name="language_is_a_code"),
    )

    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), primary_key=True)
    age_band: Mapped[str | None] = mapped_column(comment="a band, never a birth date")
    sex: Mapped[str | None]
    language: Mapped[str | None] = mapped_column(comment="ISO 639, the one that the diary is answered in")
    stage: Mapped[str | None] = mapped_column(comment="of the disease: I to IV")
    told_by: Mapped[str]
    told_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of one patient: codes, or `not_told` to take one back. What is not named stays."""

    patient: str
    values: Mapping[str, str]

    def __post_init__(self) -> None:
        for name, value in self.values.items():
            _must_be_a_code(name, value)


def tell_attributes(session: Session, told: Sequence[Told], by: str, at: datetime) -> list[tuple[str, int]]:
    """Store what is said of patients; (code, id) of each whose values changed, in order.

    Raises `StoreError` for a patient who is not enrolled or comes twice; the caller's transaction then keeps
    nothing.
    """
    codes = [one.patient for one in told]
    if len(set(codes)) < len(codes):
        twice = next(code for k, code in enumerate(codes) if code in codes[:k])
        raise StoreError(f"Patient {twice} comes twice.")
    # One at a time for each patient: two who tell different things must not lose one of them.
    found = sa.select(Patient.code, Patient.id).where(Patient.code.in_(codes)).order_by(Patient.id)
    known = {row.code: row.id for row in session.execute(found.with_for_update(key_share=True))}
    if missing := [code for code in codes if code not in known]:
        raise StoreError(f"There is no patient {missing[0]}: enrol the patient first.")
    rows = session.scalars(sa.select(PatientAttribute).where(PatientAttribute.patient_id.in_(known.values())))
    there = {row.patient_id: row for row in rows}
    changed = []
    for one in told:
        patient_id = known[one.patient]
        row = there.get(patient_id)
        if row is None:
            row = PatientAttribute(patient_id=patient_id, told_by=by, told_at=at)
        new = {name: None if value == NOT_TOLD else value for name, value in one.values.items()}
        if all(getattr(row, name) == value for name, value in new.items()):
            continue
        for name, value in {**new, "told_by": by, "told_at": at}.items():
            setattr(row, name, value)
        session.add(row)
        changed.append((one.patient, patient_id))
    session.flush()
    return changed


def attributes_of(session: Session, patient_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """What is told of each of these patients, the site among it; a name that is absent is not told."""
    rows = session.execute(
        sa.select(Patient.id, Patient.site, *(getattr(PatientAttribute, name) for name in NAMES))
        .outerjoin(PatientAttribute, PatientAttribute.patient_id == Patient.id)
        .where(Patient.id.in_(sorted(set(patient_ids))))
    )
    return {
        patient_id: {"site": site}
        | {name: value for name, value in zip(NAMES, values, strict=True) if value is not None}
        for patient_id, site, *values in rows
    }


def _must_be_a_code(name: str, value: str) -> None:
    if name not in NAMES:
        raise StoreError(f"{name} is no attribute; there are {', '.join(NAMES)}.")
    if value == NOT_TOLD:
        return
    if name == "language":
        if not (2 <= len(value) <= 3 and value.isascii() and value.isalpha() and value.islower()):
            raise StoreError("A language is an ISO 639 code of two or three small letters, such as it.")
    elif value not in CODES[name]:
        raise StoreError(f"{name} is one of {', '.join(CODES[name])}, or {NOT_TOLD}.")
