"""New reports to escalation decisions, within a second; and once a day for whoever has stopped to report."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from analytics.escalation.worst_pain import Report, judge
from days.cut import day_of
from store import diary, marks, results
from store.database import transaction
from store.people import Patient
from store.zones import local_day, zone_at, zone_of_patient

LOOKS_BACK = timedelta(days=24)  #: what the rule needs: three reports and the 14 days before the first
AHEAD = timedelta(days=2)
AT_ONCE = 400
AT_ANY_TIME = timedelta(0)


def screen(engine: sa.Engine, at: datetime) -> int:
    """Judge one patient whose diary has changed; 0 when there is none.

    Whoever is only asked about again waits until nobody has changed: pain does not queue behind routine.
    """
    return _judge_next(engine, marks.DIARY, at) or _judge_next(engine, marks.ASKED, at)


def _judge_next(engine: sa.Engine, kind: str, at: datetime) -> int:
    """The decision and the end of the wait are one transaction."""
    with transaction(engine) as session:
        claim = results.claim(session, kind, at, AT_ONCE, AT_ANY_TIME)
    if claim is None:
        return 0
    with transaction(engine) as session:
        patient = session.get_one(Patient, claim.patient_id)
        found = diary.reports_of(session, patient.id, at - LOOKS_BACK, at + AHEAD)
        reports = [Report(r.day, r.at, r.scores["worst"], r.received_at) for r in found]
        decision = judge(reports, at)
        results.add_decision(
            session,
            results.Decision(
                patient_id=patient.id,
                day=decision.day or day_of(at, zone_of_patient(session, patient.id)),
                verdict=str(decision.verdict),
                severity=decision.severity,
                reason=decision.reason,
                evidence=decision.evidence,
                rule=decision.rule,
                reported_at=decision.reported_at,
                decided_at=at,
            ),
        )
        if kind == marks.DIARY:
            # Doses are summed on their own turn: nothing about them may hold up a judgement of pain.
            marks.mark_day(session, patient.id, max(claim.days), marks.DOSES, at)
        results.finish(session, kind, claim)
    return 1


def ask_for_judgement(engine: sa.Engine, at: datetime) -> int:
    """Have everybody judged again whose newest decision is a day old: a rule that nobody feeds must come
    to say "cannot judge", and not go on saying what was true once. How many were marked."""
    with transaction(engine) as session:
        marked = session.execute(
            sa.text(
                f"""
                INSERT INTO stale_day (patient_id, day, kind, marks, since, marked_at)
                SELECT p.id, {local_day(":at")}, 'asked', 1, :at ::timestamptz, :at
                FROM patient p {zone_at(":at")}
                LEFT JOIN LATERAL (
                    SELECT decided_at, asked_at FROM decision WHERE patient_id = p.id ORDER BY id DESC LIMIT 1
                ) d ON true
                WHERE coalesce(d.asked_at, d.decided_at, '-infinity') < :at - interval '1 day'
                  AND EXISTS (SELECT FROM wearing w WHERE w.patient_id = p.id AND w.during @> :at)
                ON CONFLICT DO NOTHING
                RETURNING patient_id
                """
            ),
            {"at": at},
        ).all()
        return len(marked)
