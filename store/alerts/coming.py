"""What happens next to open cases, and whose turn it is, in a sentence each: by the ward's plan, and with the
silences that put the next turn off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ladder.outlook import outlook
from store.alerts.case_life import life_of
from store.alerts.cases import Case
from store.alerts.silences import AlertSilence, standing_silences
from store.alerts.wards import ward_of
from store.people import Patient

TECHNICAL = "About devices and data: nobody is called for it."


def coming(
    session: Session, cases: Sequence[tuple[Case, str, Callable[[datetime], str]]], at: datetime
) -> dict[int, str]:
    """For each (case, its site, the clock of whoever reads it)."""
    theirs = sa.select(Patient).where(Patient.id.in_({case.patient_id for case, _, _ in cases}))
    silences = standing_silences(session, theirs, at) if cases else []
    return {case.id: _said(session, case, site, clock, silences, at) for case, site, clock in cases}


def _said(
    session: Session,
    case: Case,
    site: str,
    clock: Callable[[datetime], str],
    silences: Sequence[AlertSilence],
    at: datetime,
) -> str:
    if case.kind == "technical":
        return TECHNICAL
    ward, life, severity = ward_of(session, site, ()), life_of(case), case.severity
    ends = [one.ends for one in silences if _covers(one, case, site, at)]
    if ends and life.next_at is not None and life.next_at < max(ends):
        # The turn falls into a silence: it is taken when that is over and the ward is not quiet.
        life = replace(life, next_at=ward.timings.not_before(severity, max(ends)))
    return outlook(
        life,
        ward.timings.of[severity],
        at,
        clock,
        lambda rung, when: ward.names(severity, rung, when),
    )


def _covers(silence: AlertSilence, case: Case, site: str, at: datetime) -> bool:
    """As `silences_over`: an urgent case passes through a silence that no second person has agreed to."""
    its = silence.patient_id == case.patient_id or silence.site == site
    return its and silence.begins <= at and (case.severity != "high" or silence.second is not None)
