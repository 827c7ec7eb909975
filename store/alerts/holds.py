"""Snoozes and silences as people make them: asked for, agreed to by a second person, ended.

A snooze keeps one case away, a silence everything of a patient or of a ward. Each has a reason, an author and
an end at most 30 days away. Lock order: a case before its snooze; the silence of a patient or a ward before
the cases that it concerns (`silences_over` never waits for a silence).
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ladder.happenings import Snoozed
from ladder.timing import LONGEST_HOLD
from ladder.words import UNANSWERED, CaseState
from store.alerts import case_acts
from store.alerts.case_life import NotNow, locked
from store.alerts.cases import Case, CaseEvent, tell
from store.alerts.second_person import why_not_two
from store.alerts.silences import AlertSilence, NotSilenced, end_snoozes, snooze_of
from store.alerts.wards import Ward, ward_of
from store.database import StoreError
from store.people import Patient, zone_of
from store.watch.reserved import SYNTHETIC
from store.zones import zone_of_patient


def snooze(session: Session, case_id: int, by: str, until: datetime, why: str, at: datetime) -> AlertSilence:
    """Nobody is to be told of this case until then. Of an urgent one that is a question first: it is in force
    when another person agrees (`agree_to_snooze`). Raises `NotNow`."""
    by, why = _said(by, why, NotNow)
    case = locked(session, case_id)
    if case.state == CaseState.RESOLVED:
        raise NotNow("The case is resolved: re-open it first.")
    if not case.paged:
        raise NotNow("Nobody is to be told of this case, so there is nothing to snooze.")
    if (standing := snooze_of(session, case_id, at)) is not None:
        there = f"a snooze until {_clock(standing.ends, zone_of_patient(session, case.patient_id))}"
        if waits_for_second(standing, case):
            raise NotNow(f"{standing.author} has asked for {there}: agree to that, or end it first.")
        raise NotNow(f"{standing.author} has made {there}: end that first.")
    if not at < until <= at + LONGEST_HOLD:
        raise NotNow(f"A snooze ends after now, and at most {LONGEST_HOLD.days} days from now.")
    asked_for = AlertSilence(case_id=case_id, reason=why, author=by, begins=at, ends=until)
    if case.severity == "high":
        tell(session, case_id, at, "snooze_asked", by, why, {"until": until.isoformat()})
    else:
        case_acts.snooze(session, case_id, Snoozed(by, until), at, why)
    session.add(asked_for)
    session.flush()
    return asked_for


def agree_to_snooze(session: Session, case_id: int, by: str, at: datetime) -> AlertSilence:
    """The second person: the snooze that was asked for is in force. Raises `NotNow`."""
    case = locked(session, case_id)
    asked = snooze_of(session, case_id, at)
    if asked is None:
        raise NotNow("Nobody has asked for a snooze of this case, or its time is over.")
    if not waits_for_second(asked, case):
        ends = _clock(asked.ends, zone_of_patient(session, case.patient_id))
        raise NotNow(f"The snooze is in force until {ends}: nobody has to agree.")
    if (why_not := why_not_two(session, asked.author, by, of=case.patient_id)) is not None:
        raise NotNow(why_not)
    case_acts.snooze(session, case_id, Snoozed(asked.author, asked.ends, by), at, asked.reason)
    asked.second, asked.second_at = by, at
    session.flush()
    return asked


def end_snooze(session: Session, case_id: int, by: str, at: datetime) -> None:
    """The case comes back, unless somebody has it; what was only asked for is withdrawn. Raises `NotNow`."""
    case = locked(session, case_id)
    standing = snooze_of(session, case_id, at)
    if standing is None:
        raise NotNow("The case has no snooze.")
    if waits_for_second(standing, case):
        end_snoozes(session, case_id, by, at)
        tell(session, case_id, at, "snooze_withdrawn", by)
    else:
        case_acts.end_snooze(session, case_id, by, at)


def silence_patient(
    session: Session, patient_id: int, by: str, until: datetime, why: str, at: datetime
) -> AlertSilence:
    """Nobody is to be told of this patient until then, but for urgent pages. Raises `NotSilenced`."""
    return _silence(session, AlertSilence(patient_id=patient_id), by, until, why, at)


def silence_ward(
    session: Session, site: str, by: str, until: datetime, why: str, at: datetime
) -> AlertSilence:
    """Nobody is to be told of this ward's patients until then, but for urgent pages. Raises `NotSilenced`."""
    return _silence(session, AlertSilence(site=site), by, until, why, at)


def agree(session: Session, silence_id: int, by: str, at: datetime) -> AlertSilence:
    """The second person: it covers urgent pages, too. Raises `NotSilenced`, of a snooze `NotNow`."""
    silence = _found(session, silence_id)
    if silence.case_id is not None:
        return agree_to_snooze(session, silence.case_id, by, at)
    of = silence.patient_id if silence.site is None else silence.site
    assert of is not None
    if (why_not := why_not_two(session, silence.author, by, of=of)) is not None:
        raise NotSilenced(why_not)
    agreed = session.scalar(
        sa.update(AlertSilence)
        .where(
            AlertSilence.id == silence_id,
            AlertSilence.second.is_(None),
            AlertSilence.ended_at.is_(None),
            AlertSilence.ends > at,
        )
        .values(second=by, second_at=at)
        .returning(AlertSilence.id)
    )
    session.refresh(silence)
    if agreed is None:
        had = silence.ended_at is None and silence.ends > at
        raise NotSilenced(f"{silence.second} has agreed before." if had else "This silence has ended.")
    return silence


def end(session: Session, silence_id: int, by: str, at: datetime) -> AlertSilence:
    """The silence ends now, and the cases that it kept get their turn. Raises `NotSilenced`, of a snooze
    `NotNow`."""
    silence = _found(session, silence_id)
    if silence.case_id is not None:
        end_snooze(session, silence.case_id, by, at)
        session.refresh(silence)
        return silence
    session.refresh(silence, with_for_update=True)
    if silence.ended_at is not None or silence.ends <= at:
        raise NotSilenced("This silence has ended.")
    silence.ended_at, silence.ended_by = at, by
    session.flush()
    _give_turns(session, silence, at)
    return silence


def waits_for_second(snooze: AlertSilence, case: Case) -> bool:
    """Whether the snooze of an urgent case is only a question still."""
    return snooze.second is None and case.snoozed_until != snooze.ends


def _silence(
    session: Session, of: AlertSilence, by: str, until: datetime, why: str, at: datetime
) -> AlertSilence:
    by, why = _said(by, why, NotSilenced)
    whose = "ward" if of.patient_id is None else "patient"
    watched = of.site if of.patient_id is None else session.get_one(Patient, of.patient_id).site
    if watched == SYNTHETIC:
        raise NotSilenced("The watchdog's own patient cannot be silenced: nobody but the watchdog is told.")
    # Two persons at once: the second one finds the silence of the first.
    key = f"alert_silence {whose} {of.site or of.patient_id}"
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(key, 0))))
    if not at < until <= at + LONGEST_HOLD:
        raise NotSilenced(f"A silence ends after now, and at most {LONGEST_HOLD.days} days from now.")
    own = AlertSilence.site == of.site if of.patient_id is None else AlertSilence.patient_id == of.patient_id
    there = session.scalar(
        sa.select(AlertSilence).where(own, AlertSilence.ends > at, AlertSilence.ended_at.is_(None)).limit(1)
    )
    if there is not None:
        zone = (
            _zone_of_ward(session, of.site)
            if of.patient_id is None
            else zone_of_patient(session, of.patient_id)
        )
        raise NotSilenced(
            f"The {whose} is silenced until {_clock(there.ends, zone)} by {there.author}: "
            "end that silence first."
        )
    of.author, of.reason, of.begins, of.ends = by, why, at, until
    session.add(of)
    session.flush()
    return of


def _give_turns(session: Session, silence: AlertSilence, at: datetime) -> None:
    """The cases whose last step the silence (or another one: then it is suppressed again) has suppressed."""
    of = Patient.site == silence.site if silence.patient_id is None else Patient.id == silence.patient_id
    waiting = session.execute(
        sa.select(Case, Patient.site)
        .join(Patient, Patient.id == Case.patient_id)
        .where(of, Case.kind == "clinical", Case.state.in_(UNANSWERED), Case.paged, Case.next_at > at)
        # What is snoozed besides stays snoozed: until then, and with whom, was agreed.
        .where(sa.or_(Case.snoozed_until.is_(None), Case.snoozed_until <= at))
        .order_by(Case.id)
        .with_for_update(of=Case)
        .execution_options(populate_existing=True)
    ).all()
    # A statement of its own, after the locks: it sees what was suppressed until now.
    kept = set(
        session.scalars(
            sa.select(CaseEvent.case_id)
            .join(Case, Case.id == CaseEvent.case_id)
            .where(
                Case.id.in_([case.id for case, _ in waiting]),
                CaseEvent.kind == "suppressed",
                CaseEvent.evidence["step"].as_integer() == Case.step,
            )
        )
    )
    wards: dict[str, Ward] = {}
    for case, site in waiting:
        if case.id in kept:
            if site not in wards:
                wards[site] = ward_of(session, site, ())
            case.next_at = wards[site].timings.not_before(case.severity, at)
    session.flush()


def _found(session: Session, silence_id: int) -> AlertSilence:
    silence = session.get(AlertSilence, silence_id)
    if silence is None:
        raise NotSilenced(f"There is no silence {silence_id}.")
    return silence


def _said(by: str, why: str, refused: type[StoreError]) -> tuple[str, str]:
    """Name and reason without blanks around them. Raises `refused` where one of them is missing."""
    by, why = by.strip(), why.strip()
    if not by or not why:
        raise refused("Say why." if by else "Say who you are.")
    return by, why


def _zone_of_ward(session: Session, site: str | None) -> tzinfo:
    """That of most patients there; UTC without any."""
    most = session.scalar(
        sa.select(Patient.tz)
        .where(Patient.site == site)
        .group_by(Patient.tz)
        .order_by(sa.func.count().desc(), Patient.tz)
        .limit(1)
    )
    return UTC if most is None else zone_of(most)


def _clock(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}"
