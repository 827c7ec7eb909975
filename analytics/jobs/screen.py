"""Changed diaries and ended days to decisions: within a second of an answer, and when a day is over.

Both are one judgement of the same rows (`analytics/escalation/judgement.py`); what differs is who waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from analytics.escalation.decision import Decision
from analytics.escalation.judgement import Fired, Known, judge
from analytics.escalation.screening import Screened
from analytics.escalation.settings import SHIPPED as SHIPPED_SETTINGS
from analytics.escalation.settings import Settings
from analytics.escalation.severe import Report, answers_at
from analytics.escalation.thresholds import SHIPPED, Thresholds
from analytics.escalation.withdrawn import SILENCE, Said, withdrawn
from analytics.jobs.checkpoints import Checkpoints
from analytics.jobs.foresee import foresee
from analytics.jobs.patient_days import as_daily_rows, first_of
from analytics.jobs.site_settings import settings_of
from days.cut import day_of
from store import decisions, marks, results
from store.check_ins import ask_again
from store.database import transaction
from store.patient_rows import PatientRows
from store.people import Patient
from store.responses import mark_responses
from store.standing import Before, standing
from store.zones import local_day, zone_at, zone_of_patient

log = structlog.get_logger()

AT_ONCE = 400
AT_ANY_TIME = timedelta(0)


def screen(
    engine: sa.Engine,
    at: datetime,
    thresholds: Thresholds = SHIPPED,
    settings: Settings = SHIPPED_SETTINGS,
    checkpoints: Checkpoints | None = None,
) -> int:
    """Judge one patient whose diary has changed; 0 when there is none.

    Whoever is only asked about again waits until nobody has changed: pain does not queue behind routine.
    With `checkpoints` that are kept between calls, a patient whose past is as it was costs the new days only.
    """
    checkpoints = Checkpoints() if checkpoints is None else checkpoints
    return _judge_next(engine, marks.DIARY, at, thresholds, settings, checkpoints) or _judge_next(
        engine, marks.ASKED, at, thresholds, settings, checkpoints
    )


def _judge_next(
    engine: sa.Engine,
    kind: str,
    at: datetime,
    thresholds: Thresholds,
    settings: Settings,
    checkpoints: Checkpoints,
) -> int:
    """The decision and the end of the wait are one transaction."""
    with transaction(engine) as session:
        claim = results.claim(session, kind, at, AT_ONCE, AT_ANY_TIME)
    if claim is None:
        return 0
    with transaction(engine) as session:
        # One at a time: of two that judge a patient at once, each would miss what the other one tells.
        patient = session.get_one(Patient, claim.patient_id, with_for_update={"key_share": True})
        zone = zone_of_patient(session, patient.id)
        today = day_of(at, zone)
        own = settings_of(session, patient.site, settings)
        decision, screened = judgement_on(session, patient.id, today, at, thresholds, own, checkpoints)
        decisions.add_decision(
            session,
            decisions.Decision(
                patient_id=patient.id,
                day=decision.day,
                verdict=str(decision.verdict),
                severity=decision.severity,
                tier=decision.tier,
                score=decision.score,
                reason=decision.reason,
                evidence={"settings": own.label, "page_score": own.page_score, **decision.evidence},
                rule=decision.rule,
                reported_at=decision.reported_at,
                decided_at=at,
            ),
        )
        if screened is not None:
            foresee(session, patient.id, screened, today, at)
        if decision.tier == "check_in":
            ask_again(session, patient.id, today, decision.day, at)
        if kind == marks.DIARY:
            # Doses are summed on their own turn: nothing about them may hold up a judgement of pain.
            marks.mark_day(session, patient.id, max(claim.days), marks.DOSES, at)
            mark_responses(session, patient.id, claim.days, at)
        results.finish(session, kind, claim)
    return 1


def decision_on(
    session: Session,
    patient_id: int,
    today: date,
    at: datetime,
    thresholds: Thresholds,
    settings: Settings,
    checkpoints: Checkpoints,
) -> Decision:
    """What is said of one patient at `at`, by what is stored now. Nothing is written."""
    return judgement_on(session, patient_id, today, at, thresholds, settings, checkpoints)[0]


def judgement_on(
    session: Session,
    patient_id: int,
    today: date,
    at: datetime,
    thresholds: Thresholds,
    settings: Settings,
    checkpoints: Checkpoints,
) -> tuple[Decision, Screened | None]:
    """That, and the screen it rests on; None where the screen failed."""
    own = checkpoints.days.of(session, patient_id, first_of(today), today, at)
    reports = [Report(one.day, one.at, one.worst, one.average, one.received_at) for one in own.answers]
    answers = answers_at(reports, at, thresholds, settings.floor_average, settings.floor_worst)
    now = standing(session, patient_id, today - timedelta(days=2 * settings.cool_down_days + 2), at)
    screened = _screened(own, settings, thresholds, checkpoints)
    gone = withdrawn(screened, _of_silence(now.before), now.has_diary_link, thresholds)
    taken_back = {one.number for one in gone}
    fired = [
        Fired(one.day, one.reported_at, one.tier)
        for one in now.before
        if one.fired and one.id not in taken_back
    ]
    decision = judge(screened, answers, Known(today, fired, now.open_case, now.has_diary_link), thresholds)
    if gone:
        told = [
            {"decision": one.number, "day": one.day.isoformat(), "why": one.why, "fired": one.fired}
            for one in gone
        ]
        decision = replace(decision, evidence={**decision.evidence, "withdraws": told})
    return decision, screened


def _of_silence(before: Sequence[Before]) -> list[Said]:
    return [
        Said(one.id, one.fired, one.silent_on, one.silent_days, one.unasked)
        for one in before
        if one.about == SILENCE and one.silent_on is not None and one.silent_days is not None
    ]


def _screened(
    own: PatientRows, settings: Settings, thresholds: Thresholds, checkpoints: Checkpoints
) -> Screened | None:
    """None where the screen fails: a fault of the statistics must not hold up severe pain."""
    try:
        return checkpoints.screen(own.patient_id, as_daily_rows([own]), settings, thresholds)
    except Exception as error:  # noqa: BLE001 - named in the log, and the decision says so
        log.error("the screen failed", action="screen_failed", error=type(error).__name__)
        return None


def ask_for_judgement(engine: sa.Engine, at: datetime) -> int:
    """Have everybody judged whose local day has ended since the newest judgement: the day that is over has
    its decision, and a rule that nobody feeds comes to say "cannot judge". How many were marked.

    Everybody is who wears a device, or is asked to keep a diary.
    """
    with transaction(engine) as session:
        marked = session.execute(
            sa.text(
                f"""
                INSERT INTO stale_day (patient_id, day, kind, marks, since, marked_at)
                SELECT p.id, k.today, 'asked', 1, :at ::timestamptz, :at
                FROM (
                    SELECT p.id, {local_day("CAST(:at AS timestamptz)")} AS today
                    FROM patient p {zone_at("CAST(:at AS timestamptz)")}
                ) k
                JOIN patient p ON p.id = k.id
                LEFT JOIN LATERAL (
                    SELECT coalesce(asked_at, decided_at) AS last FROM decision
                    WHERE patient_id = p.id ORDER BY id DESC LIMIT 1
                ) d ON true
                {zone_at("d.last")}
                WHERE (d.last IS NULL OR {local_day("d.last")} < k.today)
                  AND (EXISTS (SELECT FROM wearing w
                               WHERE w.patient_id = p.id AND w.during @> CAST(:at AS timestamptz))
                    OR EXISTS (SELECT FROM diary_asked a
                               WHERE a.patient_id = p.id AND k.today >= a.first_day
                                 AND k.today <= coalesce(a.last_day, 'infinity')))
                ON CONFLICT DO NOTHING
                RETURNING patient_id
                """
            ),
            {"at": at},
        ).all()
        return len(marked)
