"""The watchdog's synthetic patient: one of an installation, nobody's data, in no list of patients.

Each round begins with nothing: what the round before left is removed, so that no history, no cool-down and no
accepted level makes a later round quiet, and nothing grows. Only here are decisions, cases and their stories
ever deleted; the database allows it for this patient alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ladder.words import CaseState, Outcome
from store import people
from store.alerts.case_acts import resolve
from store.alerts.cases import SYSTEM, Case
from store.watch.reserved import SYNTHETIC

_WORN_BEFORE = timedelta(days=1)  #: its first block is of before it was enrolled
_LEFT = timedelta(days=2)  #: what is older was left by a round that nobody came back for
_CASES_STAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Synthetic:
    """Patient and device, as the database numbers them."""

    patient_id: int
    device_id: int


def enrol_synthetic(session: Session, password_hash: str, at: datetime) -> None:
    """The patient and its device; where they are there, the device has another password from now on."""
    patient = session.scalar(sa.select(people.Patient).where(people.Patient.synthetic))
    if patient is None:
        patient = people.Patient(code=SYNTHETIC, tz="UTC", site=SYNTHETIC, synthetic=True)
        session.add(patient)
        session.flush()
    device = session.scalar(sa.select(people.Device).where(people.Device.name == SYNTHETIC))
    if device is None:
        # Its data are nobody's, so a broker for demonstration data may carry them.
        device = people.enrol_device(session, SYNTHETIC, password_hash, demonstration=True)
        people.wear(session, device, patient, at - _WORN_BEFORE)
    else:
        people.change_password(session, SYNTHETIC, password_hash)


def synthetic_of(session: Session) -> Synthetic | None:
    """Who it is; None where it is not enrolled."""
    row = session.execute(
        sa.select(people.Patient.id, people.Device.id)
        .join(people.Device, people.Device.name == SYNTHETIC)
        .where(people.Patient.synthetic)
    ).first()
    return None if row is None else Synthetic(row[0], row[1])


def close_case(session: Session, who: Synthetic, at: datetime) -> None:
    """The case of the round has done its work: `technical`, by the machine."""
    open_case = session.scalar(
        sa.select(Case.id).where(Case.patient_id == who.patient_id, Case.state != CaseState.RESOLVED)
    )
    if open_case is not None:
        resolve(session, open_case, SYSTEM, Outcome.TECHNICAL, at, "a round of the watchdog")


def begin_anew(session: Session, who: Synthetic, boot: int, at: datetime) -> None:
    """Close the case that a failed round left, and remove what is left of former rounds. Of the device's
    names those of `boot` stay: the round continues them.

    Cases stay for a day: a sender that was stopped while it had a message of one finds it when it goes on.
    """
    close_case(session, who, at)
    given = {
        "patient": who.patient_id,
        "device": who.device_id,
        "boot": boot,
        "since": at - _LEFT,
        "over": at - _CASES_STAY,
    }
    for statement in _LEFTOVERS:
        session.execute(sa.text(statement), given)


_OVER = 'FROM "case" WHERE patient_id = :patient AND resolved_at < :over'
_LEFTOVERS = (
    f"DELETE FROM delivery WHERE case_id IN (SELECT id {_OVER})",
    f"DELETE FROM case_event WHERE case_id IN (SELECT id {_OVER})",
    f"DELETE {_OVER}",
    "DELETE FROM decision WHERE patient_id = :patient",
    "DELETE FROM check_in WHERE patient_id = :patient",
    "DELETE FROM flare_risk WHERE patient_id = :patient",
    "DELETE FROM day_index WHERE patient_id = :patient",
    "DELETE FROM wear_run WHERE patient_id = :patient",
    "DELETE FROM pain_report WHERE device_id = :device",
    # The time bound keeps TimescaleDB from opening every chunk.
    "DELETE FROM block WHERE device_id = :device AND t0 > CAST(:since AS timestamptz)",
    "DELETE FROM epoch WHERE device_id = :device AND t > CAST(:since AS timestamptz)",
    "DELETE FROM still_points WHERE device_id = :device",
    "DELETE FROM gap_seen WHERE device_id = :device",
    "DELETE FROM named WHERE device_id = :device",
    "DELETE FROM settled WHERE device_id = :device AND boot <> :boot",
    "DELETE FROM watch_message WHERE received_at < :over",
)
