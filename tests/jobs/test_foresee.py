"""Risks of the days that are over, stored by the night's judgement: with their model, replaced by late data."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from statistics import median

import pytest
import sqlalchemy as sa

from analytics.escalation.risk import p_flare_7d
from analytics.escalation.risk_days import TOLD_AGAIN
from analytics.escalation.risk_model import shipped_risk_model
from analytics.escalation.screening import RULE
from analytics.escalation.screening import screen as screen_rows
from analytics.escalation.settings import SHIPPED as SETTINGS
from analytics.escalation.thresholds import SHIPPED as THRESHOLDS
from analytics.jobs.checkpoints import Checkpoints
from analytics.jobs.foresee import foresee
from analytics.jobs.patient_days import as_daily_rows, first_of
from analytics.jobs.screen import ask_for_judgement
from store.daily_rows import daily_rows
from store.database import transaction
from store.decisions import Decision
from store.flare_risks import FlareRisk, newest_risk
from tests.cast import Cast, enrol_cast
from tests.jobs.test_screen_days import DAY, EVENING, HOUR, judged, ms, of, said, told, usual

TODAY = EVENING.date()
MIDNIGHT = EVENING + 4 * HOUR  # 01:00 in Rome, of the next day


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)  # in Rome


def risks(engine, patient) -> dict[date, FlareRisk]:
    with transaction(engine) as session:
        found = session.scalars(sa.select(FlareRisk).where(FlareRisk.patient_id == patient))
        return {one.day: one for one in found}


def night(engine, at=MIDNIGHT, checkpoints=None):
    ask_for_judgement(engine, at)
    judged(engine, at, checkpoints)


def test_a_night_stores_the_risk_of_the_day_that_is_over_with_its_model(engine, cast):
    usual(engine, cast.steady, days=40, until=EVENING + DAY)
    night(engine)
    found = risks(engine, cast.steady)
    assert max(found) == TODAY and len(found) == TOLD_AGAIN
    model, newest = shipped_risk_model(), found[TODAY]
    assert 0 < newest.p_flare_7d < 0.2 and newest.reason is None
    assert (newest.model, newest.model_version, newest.model_sha256) == (
        model.name,
        model.version,
        model.checksum,
    )
    assert (newest.rule, newest.computed_at) == (RULE, MIDNIGHT)


def test_what_is_stored_is_what_the_screen_of_the_same_rows_says_to_the_last_bit(engine, cast):
    usual(engine, cast.steady, days=60, until=EVENING)
    checkpoints = Checkpoints()
    for k in range(4):
        said(engine, cast.steady, EVENING + k * DAY, worst=4 + k, average=3 + k)
        at = MIDNIGHT + k * DAY
        night(engine, at, checkpoints)
        today = TODAY + (k + 1) * DAY
        with transaction(engine) as session:
            (own,) = daily_rows(session, [cast.steady], first_of(today), today, at)
        whole = p_flare_7d(screen_rows(as_daily_rows([own])))[0]
        for day, one in risks(engine, cast.steady).items():
            if day >= today - TOLD_AGAIN * DAY:
                assert one.p_flare_7d == whole[(day - own.first).days], day
    assert checkpoints.walked < 90, "these nights went on from checkpoints"
    rising = [one.p_flare_7d for _, one in sorted(risks(engine, cast.steady).items())]
    assert rising[-1] > 3 * rising[-6]


def test_the_running_day_has_no_risk_yet_whatever_was_answered_today(engine, cast):
    usual(engine, cast.steady, days=30)
    said(engine, cast.steady, EVENING, worst=8, average=7)
    judged(engine, EVENING)
    assert of(engine, cast.steady)[-1].day == TODAY
    assert max(risks(engine, cast.steady)) == TODAY - DAY


def test_a_day_with_too_little_data_has_a_reason_and_no_probability(engine, cast):
    said(engine, cast.steady, EVENING, worst=3)
    judged(engine, EVENING)
    assert risks(engine, cast.steady) == {}, "no day is over"
    night(engine)
    (one,) = risks(engine, cast.steady).values()
    assert (one.day, one.p_flare_7d) == (TODAY, None)
    assert one.reason == "too little data: 1 answered day so far, the least is 3"
    ask_for_judgement(engine, MIDNIGHT + 40 * DAY)
    judged(engine, MIDNIGHT + 40 * DAY)
    with transaction(engine) as session:
        newest = newest_risk(session, cast.steady)
    assert newest.reason.startswith("too little data:") and newest.day == TODAY + 40 * DAY


def test_what_comes_late_replaces_the_risks_that_it_changes_and_leaves_the_others(engine, cast):
    usual(engine, cast.steady, days=60, until=EVENING + DAY)
    night(engine)
    before = risks(engine, cast.steady)
    late_at = MIDNIGHT + 8 * HOUR
    said(engine, cast.steady, EVENING - 3 * DAY, received=late_at, entry=uuid.uuid4(), worst=9, average=8)
    judged(engine, late_at)
    after = risks(engine, cast.steady)
    changed = {day for day in before if after[day].p_flare_7d != before[day].p_flare_7d}
    assert changed == {TODAY - k * DAY for k in range(4)}
    assert {day for day in after if after[day].computed_at == late_at} == changed
    assert after[TODAY - 3 * DAY].p_flare_7d > 2 * before[TODAY - 3 * DAY].p_flare_7d


def test_judged_again_with_the_same_data_nothing_changes(engine, cast):
    usual(engine, cast.steady, days=30, until=EVENING + DAY)
    night(engine)
    before = risks(engine, cast.steady)
    again = MIDNIGHT + HOUR
    said(engine, cast.steady, again, received=again, worst=3, average=2)  # of the day that has begun
    judged(engine, again, Checkpoints())
    assert {day: one.computed_at for day, one in risks(engine, cast.steady).items()} == dict.fromkeys(
        before, MIDNIGHT
    )


def test_another_model_replaces_what_the_one_before_it_said(engine, cast):
    usual(engine, cast.steady, days=30, until=EVENING + DAY)
    night(engine)
    with transaction(engine) as session:
        session.execute(sa.update(FlareRisk).values(model_version=0, model_sha256="of another"))
    said(engine, cast.steady, MIDNIGHT + HOUR, worst=3, average=2)
    judged(engine, MIDNIGHT + HOUR)
    assert {one.model_version for one in risks(engine, cast.steady).values()} == {
        shipped_risk_model().version
    }


def test_what_was_told_of_days_that_belong_to_somebody_else_now_goes(engine, cast):
    usual(engine, cast.steady, days=10, until=EVENING + DAY)
    night(engine)
    assert len(risks(engine, cast.steady)) == 10
    with transaction(engine) as session:
        session.execute(
            sa.text("UPDATE pain_report SET patient_id = :other WHERE at < :at"),
            {"other": cast.rising, "at": EVENING - 4 * DAY},
        )
    said(engine, cast.steady, MIDNIGHT + HOUR, worst=3, average=2)
    judged(engine, MIDNIGHT + HOUR)
    assert min(risks(engine, cast.steady)) == TODAY - 4 * DAY


def test_a_fault_of_the_risk_holds_up_no_judgement_of_pain(engine, cast, monkeypatch):
    def broken(*_):
        raise FloatingPointError("a fault of the statistics")

    monkeypatch.setattr("analytics.jobs.foresee.risks_of_ended_days", broken)
    usual(engine, cast.steady)
    said(engine, cast.steady, EVENING, worst=8)
    judged(engine, EVENING)
    assert told(engine, EVENING) == 1
    assert risks(engine, cast.steady) == {}


def test_the_risk_changes_no_decision(engine, cast):
    usual(engine, cast.steady, days=30, until=EVENING + DAY)
    night(engine)
    with transaction(engine) as session:
        decision = session.scalars(sa.select(Decision).order_by(Decision.id.desc())).first()
        assert "p_flare_7d" not in decision.evidence


def test_researchers_and_dashboards_read_it_as_a_view(engine, cast):
    usual(engine, cast.steady, days=20, until=EVENING + DAY)
    night(engine)
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT * FROM reading.flare_risks WHERE patient = 'P-steady' ORDER BY day DESC")
        ).mappings()
        newest = rows.first()
    assert newest["day"] == TODAY and 0 < newest["p_flare_7d"] < 1 and newest["model_version"] >= 1
    assert len(newest["model_sha256"]) == 64


def test_a_night_on_which_clocks_change_has_one_risk_a_day(engine):
    start = datetime(2026, 10, 25, 18, tzinfo=EVENING.tzinfo)
    cast = enrol_cast(engine, since=start - timedelta(days=60))
    usual(engine, cast.steady, days=20, until=start + DAY)
    night(engine, start + 6 * HOUR)
    assert max(risks(engine, cast.steady)) == date(2026, 10, 25)
    assert len(risks(engine, cast.steady)) == TOLD_AGAIN


def test_the_risks_of_a_night_cost_some_milliseconds_and_write_one_row(engine, cast):
    usual(engine, cast.steady, days=170, until=EVENING + DAY)
    checkpoints, times, written = Checkpoints(), [], []
    for back in range(9, -1, -1):
        at = MIDNIGHT - back * DAY
        with transaction(engine) as session:
            today = at.date()
            (own,) = daily_rows(session, [cast.steady], first_of(today), today, at)
            screened = checkpoints.screen(own.patient_id, as_daily_rows([own]), SETTINGS, THRESHOLDS)
            times.append(ms(foresee, session, cast.steady, screened, today, at))
        written.append(sum(one.computed_at == at for one in risks(engine, cast.steady).values()))
    print(f"risks of a night: median {median(times):.1f} ms, least {min(times):.1f} ms")
    assert written == [TOLD_AGAIN, *[1] * 9]
    assert min(times) < 50, "a generous limit: machines of tests are busy"
