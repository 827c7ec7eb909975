"""How a decision came about, on the page of the patient."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from api.pages.score_chart import BOTTOM, TOP, draw_scores, score_y
from api.pages.why_paged import odds_in_words, risk_in_words, why_paged
from days.cut import day_of
from store.database import now, transaction
from store.decisions import WITHOUT_CASE, Decision, add_decision
from store.judged import JudgedDay
from tests.pages.visits import log_in, words_of

ROME = ZoneInfo("Europe/Rome")
DAY = timedelta(days=1)
TODAY = date(2026, 5, 4)
NUMBERS = {
    "rule": "likelihood 1", "settings": "shipped 1, budget 3", "likeliest": "flare", "probability": 0.8,
    "average": 6.0, "worst": 8.0, "usual_average": 3.5, "usual_breakthrough": None, "page_score": 0.1,
    "last_averages": [3.0, None, 6.0], "spoke_for_it_in_7_days": {"pain": 1.3, "steps": -0.6, "rhythm": 0.02},
}  # fmt: skip


def decision(**other):
    values = {
        "patient_id": 1, "day": TODAY, "verdict": "fire", "severity": "medium", "tier": "page", "score": 0.6,
        "reason": "more pain than usual", "evidence": NUMBERS, "rule": "likelihood 1", "reported_at": None,
        "decided_at": datetime(2026, 5, 4, 12, tzinfo=UTC), "told": True,
    }  # fmt: skip
    return Decision(**values | other)


def judged(engine, patient, *days_ago_tier_score, evidence=NUMBERS):
    today = day_of(now(), ROME)
    for ago, tier, score in days_ago_tier_score:
        verdict = {"page": "fire", "review": "review", None: "quiet"}.get(tier, "no evidence")
        with transaction(engine) as session:
            one = decision(patient_id=patient, day=today - ago * DAY, verdict=verdict, tier=tier, score=score)
            one.evidence, one.decided_at, one.severity = evidence, now() - ago * DAY, None
            add_decision(session, one)


@pytest.mark.parametrize(
    "tier, verdict, title, said",
    [
        ("page", "fire", "Why paged", "A clinician is told."),
        (None, "fire", "Why paged", "A clinician is told."),  # of worst_pain 1
        ("review", "fire", "Why not paged", "it stands on the worklist"),
        ("check_in", "no evidence", "Why not paged", "the patient is asked again first"),
        (
            "technical",
            "no evidence",
            "Why not paged",
            "this day cannot be judged. This does not say that the",
        ),
        ("technical", "quiet", "Why not paged", "nothing in the diary stands out. Movement and sleep say"),
        (None, "quiet", "Why not paged", "nothing stands out"),
        (None, "no evidence", "Why not paged", "This does not say that the patient is well."),
    ],
)
def test_who_is_told_is_said_in_words(tier, verdict, title, said):
    why = why_paged(decision(tier=tier, verdict=verdict), ROME)
    assert why.title == title and said in why.said


def test_the_evidence_is_told_in_words_and_what_is_unknown_is_left_out():
    why = why_paged(decision(), ROME)
    told = dict(why.evidence)
    assert told["Average pain"] == "6" and told["Usual average pain"] == "3.5"
    assert told["Average pain of the last 7 days"] == "3; –; 6"
    assert told["What spoke for it in 7 days"] == "pain for it, 20 times; steps against it, 4 times"
    assert told["Paged from these odds on"] == "about 1.3 to 1"
    assert not any("breakthrough" in key for key in told)
    assert why.made_by == "likelihood 1, settings shipped 1, budget 3"
    assert (why.odds, why.likely) == ("about 4 to 1", "about 80 in 100")


def test_a_key_that_nobody_has_words_for_is_still_readable():
    odd = {"moon_phase": {"is_full": True, "since": "2026-05-04T10:00:00+00:00"}, "long": "x" * 999}
    why = why_paged(decision(evidence=odd), ROME)
    told = dict(why.evidence)
    assert told["Moon phase"] == "is full yes, since Mon 4 May, 12:00 CEST"
    assert len(told["Long"]) == 300


def test_a_probability_is_told_of_a_hundred():
    assert [risk_in_words(p) for p in (0.001, 0.999)] == ["fewer than 1 in 100", "more than 99 in 100"]


@pytest.mark.parametrize(
    "score, words",
    [
        (0.0, "as likely as not"),
        (0.3, "about 2 to 1"),
        (-1.0, "about 1 to 10"),
        (1.52, "about 33 to 1"),
        (-2.6, "about 1 to 400"),
        (4.0, "more than 1000 to 1"),
        (-3.0, "less than 1 to 1000"),
    ],
)
def test_odds_are_told_as_a_person_says_them(score, words):
    assert odds_in_words(score) == words


def test_a_day_that_was_not_judged_is_a_hole_in_the_line_and_no_zero():
    days = [TODAY - back * DAY for back in reversed(range(6))]
    known = [JudgedDay(days[0], -1.0, None), JudgedDay(days[1], 0.0, None), JudgedDay(days[3], 9.0, "page"),
             JudgedDay(days[4], 1.0, None), JudgedDay(days[5], None, "technical")]  # fmt: skip
    chart = draw_scores(days, ROME, known, 0.1)
    assert len(chart.dots) == 4 and [line.count(",") for line in chart.lines] == [2, 2]
    assert chart.dots[2].y == TOP  # beyond the edge is drawn at the edge
    assert score_y(-99) == BOTTOM and TOP < chart.limit_y < score_y(0)
    assert [(sign.tier, sign.sign) for sign in chart.signs] == [("page", "▲")]
    assert [line.became for line in chart.table] == [
        "could not be judged", "nobody called", "paged", "not judged", "nobody called", "nobody called",
    ]  # fmt: skip
    assert (
        "known on 4 days, from about 1 to 10 to more than 1000 to 1; paged on 2026-05-02" in chart.description
    )


def test_a_day_judged_by_the_diary_beside_a_device_that_failed_is_no_day_that_could_not_be_judged():
    chart = draw_scores([TODAY], ROME, [JudgedDay(TODAY, -1.0, "technical")], 0.1)
    assert [line.became for line in chart.table] == ["judged without a device"]


def test_days_without_any_score_have_no_picture():
    assert draw_scores([TODAY], ROME, [JudgedDay(TODAY, None, "technical")], None) is None


def test_the_page_tells_why_and_draws_the_days_with_a_table_that_says_the_same(client, cast, engine):
    judged(engine, cast.rising, (3, None, -1.2), (2, "check_in", -0.2), (1, None, 0.05), (0, "page", 0.6))
    log_in(client)
    page = client.get("/patients/P-rising").text
    words = words_of(page)
    assert "Why paged A clinician is told. More pain than usual." in words
    assert "by all data together: about 80 in 100 (odds about 4 to 1)" in words
    assert "made with simulated patients" in words
    assert "Made by likelihood 1, settings shipped 1, budget 3." in words
    assert page.count('<circle class="score"') == 4 and page.count('class="limit"') == 1
    assert re.findall(r'class="sign (\w+)"', page) == ["check_in", "page"]
    assert "odds of worsening known on 4 days" in unescape(page)
    assert 'role="img" aria-labelledby="scores-title scores-desc"' in page
    assert not re.search(r"\sstyle=|<style", page)


def test_a_patient_of_whom_nothing_was_decided_has_no_such_section(client, cast):
    log_in(client)
    page = client.get("/patients/P-rising").text
    assert 'id="why"' not in page and page.count("<svg") == 1


def test_a_decision_without_a_score_is_told_without_a_picture(client, cast, engine):
    judged(engine, cast.rising, (0, "technical", None), evidence={})
    log_in(client)
    page = client.get("/patients/P-rising").text
    assert "Why not paged" in page and page.count("<svg") == 1


def test_evidence_cannot_bring_markup_onto_the_page(client, cast, engine):
    judged(engine, cast.rising, (0, "page", 1.0), evidence={"<b>x</b>": "<script>alert(1)</script>"})
    log_in(client)
    page = client.get("/patients/P-rising").text
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_a_decision_of_which_nobody_was_told_does_not_say_that_a_clinician_is():
    why = why_paged(decision(untold="the same was told before"), ROME)
    assert (why.title, why.said) == ("Why not paged", "Nobody is called: the same was told before.")


def test_what_told_nobody_stands_on_the_page_with_its_reason_though_no_case_is_open(client, cast, engine):
    judged(engine, cast.steady, (40, "page", 0.5), (3, "page", 0.5), (0, "page", 0.6))
    with transaction(engine) as session:
        first, second, third = session.scalars(sa.select(Decision).order_by(Decision.id)).all()
        first.untold = "long ago"
        second.untold = third.untold = WITHOUT_CASE
    log_in(client)
    page = words_of(client.get("/patients/P-steady").text)
    assert (
        "A sign without an open case: more pain than usual. Nobody was told of it: the same was told" in page
    )
    assert "Nobody is called: the same was told before, and its case is closed." in page
    assert "and nobody was told: 2" in page, "those of these four weeks"
    assert "about 2" in page and "The same was told before, and its case is closed." in page
    assert "A clinician is told." not in page and "long ago" not in page
