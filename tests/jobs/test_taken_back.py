"""A silence that was none: what was said of it is taken back when the answers come late."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from alerting.cases import take_decisions
from store import marks
from store.access import User
from store.alerts import case_acts, cases
from store.alerts.cases import Case, CaseEvent
from store.alerts.outbox import Delivery
from store.database import transaction
from store.diary_links import create_link, revoke_link
from store.outcomes import outcomes_since
from store.worklist import worklist
from tests.cast import NOON, NURSE, Cast, enrol_cast
from tests.jobs.test_screen_days import DAY, EVENING, HOUR, judged, of, rows, said

NIGHT = EVENING + 5 * HOUR  # 02:00 in Rome, the day after


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)  # in Rome


def listed(engine, at, user: User = NURSE):
    with transaction(engine) as session:
        return {row.code: row for row in worklist(session, user, at)}["P-steady"]


def moved(engine, patient, until, less_days):
    """Movement on each of sixty days; much less, and bad nights, on the last `less_days` of them."""
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                """INSERT INTO day_index (patient_id, day, index, method, value, unit, worn_min, input_digest,
                                          computed_at)
                   SELECT :p, (CAST(:at AS timestamptz) - k * interval '1 day')::date, name, 'day-4',
                          CASE name WHEN 'hours' THEN 24 WHEN 'worn_min' THEN 1440
                                    WHEN 'sleep_efficiency' THEN CASE WHEN k < :less THEN 70 ELSE 90 END
                                    ELSE CASE WHEN k < :less THEN 10 ELSE 25 END * (1 + 0.05 * sin(k)) END,
                          'mg', 0, '', :at
                   FROM generate_series(0, 59) k,
                        unnest(ARRAY['worn_min', 'hours', 'mean_activity', 'sleep_efficiency']) name"""
            ),
            {"p": patient, "at": until, "less": less_days},
        )


@pytest.fixture
def silent(engine, cast) -> Cast:
    """P-steady, with sixty days of answers, none for three, and less movement and worse nights on two: for
    review after the second, and a case after the third, on the night of `NIGHT`."""
    for back in range(60, 3, -1):
        said(engine, cast.steady, EVENING - (back - 1) * DAY, worst=3 + back % 2, average=2)
    moved(engine, cast.steady, EVENING, 2)
    for night in (NIGHT - DAY, NIGHT):
        asked(engine, cast.steady, night)
    assert [(one.verdict, one.tier) for one in of(engine, cast.steady)[-2:]] == [
        ("review", "review"),
        ("fire", "page"),
    ]
    take_decisions(engine, ["log"], NIGHT)
    return cast


def asked(engine, patient, at):
    with transaction(engine) as session:
        marks.mark_day(session, patient, at.date(), marks.ASKED, at)
    judged(engine, at)


def answers_come(engine, patient, at, worst=3):
    """Those of the three days, late."""
    for back in (2, 1, 0):
        said(engine, patient, EVENING - back * DAY, received=at, worst=worst, average=2)
    judged(engine, at)
    take_decisions(engine, ["log"], at)


def story(engine):
    return [
        (one.kind, one.actor, one.evidence.get("reason") or one.comment) for one in rows(engine, CaseEvent)
    ]


WHY = (
    "no answer for 3 days was known on 2026-05-04; answers that came later show otherwise, and with them "
    "that day does not stand out"
)


def test_a_case_for_silence_that_nobody_touched_is_closed_as_technical_when_answers_come_late(engine, silent):
    answers_come(engine, silent.steady, NIGHT + 8 * HOUR)
    (case,) = rows(engine, Case)
    assert (case.state, case.outcome, case.resolved_by) == ("resolved", "technical", "actalgia")
    assert (case.acknowledged_at, case.acknowledged_by) == (None, None), "nobody has seen it"
    assert story(engine)[1:] == [("evidence", "actalgia", WHY), ("resolved", "actalgia", WHY)]
    assert [one.state for one in rows(engine, Delivery)] == ["cancelled"]
    with transaction(engine) as session:
        assert outcomes_since(session, [silent.steady], NOON.date() - DAY) == {}, "no clinician said anything"


def test_a_case_that_somebody_acknowledged_is_told_and_stays_theirs(engine, silent):
    with transaction(engine) as session:
        case_acts.acknowledge(session, rows(engine, Case)[0].id, "nurse Anna", NIGHT + HOUR)
    answers_come(engine, silent.steady, NIGHT + 8 * HOUR)
    (case,) = rows(engine, Case)
    assert (case.state, case.acknowledged_by) == ("acknowledged", "nurse Anna")
    assert story(engine)[-1] == ("evidence", "actalgia", WHY)


def test_a_case_of_which_somebody_wrote_a_word_stays_open(engine, silent):
    with transaction(engine) as session:
        cases.comment(session, rows(engine, Case)[0].id, "nurse Anna", NIGHT + HOUR, "I ring at 9")
    answers_come(engine, silent.steady, NIGHT + 8 * HOUR)
    assert rows(engine, Case)[0].state == "opened"


def test_a_case_that_severe_pain_has_joined_stays_open(engine, silent):
    at = NIGHT + 8 * HOUR
    said(engine, silent.steady, at - HOUR, worst=9, average=7)
    judged(engine, at - HOUR)
    answers_come(engine, silent.steady, at)
    (case,) = rows(engine, Case)
    assert (case.state, case.severity) == ("opened", "high")
    assert any(reason == WHY for _, _, reason in story(engine)), "and yet it says what was wrong"


def test_late_answers_that_tell_of_pain_take_nothing_back(engine, silent):
    answers_come(engine, silent.steady, NIGHT + 8 * HOUR, worst=8)
    assert rows(engine, Case)[0].state != "resolved"
    assert not any("withdraws" in one.evidence for one in of(engine, silent.steady))


def test_it_is_said_once(engine, silent):
    at = NIGHT + 8 * HOUR
    answers_come(engine, silent.steady, at)
    for hours in (1, 2):
        asked(engine, silent.steady, at + hours * HOUR)
        take_decisions(engine, ["log"], at + hours * HOUR)
    assert len(rows(engine, CaseEvent)) == 3
    assert sum("withdraws" in one.evidence for one in of(engine, silent.steady)) == 1


def test_a_review_for_silence_leaves_the_worklist_when_answers_come_late(engine, cast):
    for back in range(60, 2, -1):
        said(engine, cast.steady, EVENING - (back - 1) * DAY, worst=3 + back % 2, average=2)
    asked(engine, cast.steady, NIGHT)
    assert listed(engine, NIGHT).review_reason.startswith("no answer for 2 days")
    for back in (1, 0):
        said(engine, cast.steady, EVENING - back * DAY, received=NIGHT + HOUR, worst=3, average=2)
    judged(engine, NIGHT + HOUR)
    assert listed(engine, NIGHT + HOUR).review_reason is None


def test_a_new_diary_link_is_seen_on_the_worklist_at_once_and_so_is_its_end(engine, cast):
    for back in range(60, 2, -1):
        said(engine, cast.steady, EVENING - (back - 1) * DAY, worst=3 + back % 2, average=2)
    asked(engine, cast.steady, NIGHT)
    assert "no diary page" in listed(engine, NIGHT).review_reason
    with transaction(engine) as session:
        link, _ = create_link(session, cast.steady, "en", "nurse Anna", NIGHT + HOUR, 30 * DAY)
    judged(engine, NIGHT + HOUR)
    row = listed(engine, NIGHT + HOUR)
    assert (row.tier, row.review_reason) == ("check_in", None)
    assert "no diary page" not in row.verdict_reason
    with transaction(engine) as session:
        revoke_link(session, link.id, "nurse Anna", NIGHT + 2 * HOUR)
    judged(engine, NIGHT + 2 * HOUR)
    assert "no diary page" in listed(engine, NIGHT + 2 * HOUR).review_reason
