"""One case of the simulated ward is acknowledged: a newcomer sees what an answered case looks like."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ladder.words import UNANSWERED
from simulate.courses import Course
from store.access import record
from store.alerts.case_acts import acknowledge
from store.alerts.cases import Case
from store.people import Patient

NAME = "nurse (simulated)"
#: The patient with bad nights: an urgent case, and one of medium severity, are left to whoever looks.
_WHOSE = f"DEMO-{list(Course).index(Course.SLEEP_LED) + 1:02d}"


def answer(session: Session, at: datetime) -> bool:
    """Acknowledge the case of that simulated patient; False: it has none of which somebody was told."""
    case = session.scalar(
        sa.select(Case)
        .join(Patient, Patient.id == Case.patient_id)
        .where(
            Patient.demonstration,
            Patient.code == _WHOSE,
            Case.kind == "clinical",
            Case.step > 0,
            Case.state.in_(UNANSWERED),
        )
    )
    if case is None:
        return False
    acknowledge(session, case.id, NAME, at, "simulated: sees the patient this afternoon")
    record(session, at, NAME, "case.acknowledge", case.patient_id, f"case {case.id}")
    return True
