"""The report on pages against another one: every row of a random history looked at one by one, every sum by
its definition, without SQL and without any of the code that makes the report."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from math import sqrt
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from days.cut import day_of
from groups.alert_report import report
from store.alerts.cases import Case, CaseEvent
from store.alerts.outbox import Delivery
from store.alerts.report import read_period
from store.alerts.ward_plans import WardPlan
from store.asked import DiaryAsked
from store.database import transaction
from store.people import Patient, Wearing
from store.zones import zones_of
from tests.store.random_ward import BEGINS, DAY, QUARTER, random_ward

MINUTE = timedelta(minutes=1)
ANSWERS = ("acknowledged", "assigned", "snoozed", "resolved")
USEFUL, JUDGED = {"acted", "expected_level"}, {"acted", "expected_level", "no_action", "false", "technical"}
SHIPPED = {"high": 60, "medium": 24 * 60, "low": 72 * 60}


class ByHand:
    """All rows in memory; a ward or all of them, [first, last]."""

    def __init__(self, session, site, first, last, at):
        self.first, self.last, self.at = first, last, at
        self.patients = [
            one for one in session.scalars(sa.select(Patient)) if site is None or one.site == site
        ]
        self.zones = zones_of(session, [one.id for one in self.patients])
        self.wearings = session.scalars(sa.select(Wearing)).all()
        self.asked = session.scalars(sa.select(DiaryAsked)).all()
        self.plans = session.scalars(sa.select(WardPlan).order_by(WardPlan.version)).all()
        self.stories, self.messages = defaultdict(list), defaultdict(list)
        for event in session.scalars(sa.select(CaseEvent).order_by(CaseEvent.id)):
            self.stories[event.case_id].append(event)
        for message in session.scalars(sa.select(Delivery)):
            self.messages[message.case_id].append(message)
        self.watched = {one.id: self.days_watched(one) for one in self.patients}
        self.suppressed = self.untold = self.unpaged = 0
        self.pages = []
        mine = {one.id: one for one in self.patients}
        for case in session.scalars(sa.select(Case).where(Case.kind == "clinical").order_by(Case.id)):
            if case.patient_id in mine:
                self.look_at(case, mine[case.patient_id])

    def within(self, day):
        return self.first <= day <= self.last

    def days_watched(self, patient):
        zone, found = self.zones[patient.id], set()
        for one in self.wearings:
            if one.patient_id == patient.id:
                t, end = one.during.lower, one.during.upper
                while t <= self.at and (end is None or t < end):
                    found.add(day_of(t, zone))
                    t += QUARTER
        today = day_of(self.at, zone)
        for one in self.asked:
            if one.patient_id == patient.id:
                day = one.first_day
                while day <= today and (one.last_day is None or day <= one.last_day):
                    found.add(day)
                    day += DAY
        return {day for day in found if self.within(day)}

    def look_at(self, case, patient):
        zone, story = self.zones[patient.id], self.stories[case.id]
        held = [one for one in story if one.kind == "suppressed" and "step" in one.evidence]
        nobody = [one for one in story if one.kind == "suppressed" and "step" not in one.evidence]
        self.suppressed += sum(self.within(day_of(one.at, zone)) for one in held)
        self.untold += sum(self.within(day_of(one.at, zone)) for one in nobody)
        told = [one for one in self.messages[case.id] if one.state != "suppressed"]
        if not told:
            self.unpaged += not held and self.within(day_of(case.opened_at, zone))
            return
        paged_at = min(one.decided_at for one in told)
        day = day_of(paged_at, zone)
        if not self.within(day):
            return
        evidence = self.that_paged(story, paged_at)
        severity = evidence["severity"]
        version, answer_by = self.answer_by(patient.site, severity, paged_at)
        answers = [
            one.at for one in story if one.kind in ANSWERS and one.actor != "actalgia" and one.at >= paged_at
        ]
        there = paged_at.astimezone(self.clock(patient.site))
        self.pages.append(SimpleNamespace(
            case=case.id, patient=patient.id, site=patient.site, severity=severity, day=day,
            hour=there.hour, weekday=there.weekday(), outcome=case.outcome, paged_at=paged_at,
            again=len({one.step for one in told}) - 1, answered=min(answers, default=None),
            closed=case.resolved_at, watched=day in self.watched[patient.id], version=version,
            answer_by=answer_by, rule=evidence["rule"],
            settings=(evidence.get("thresholds") if evidence["because"] == "severe" else evidence["settings"]),
        ))  # fmt: skip

    def that_paged(self, story, paged_at):
        """The evidence that told somebody: what told nobody is followed by the line that says why."""
        found = None
        for place, one in enumerate(story):
            if one.kind not in ("opened", "evidence") or "withdrawn" in one.evidence or one.at > paged_at:
                continue
            after = story[place + 1] if place + 1 < len(story) else None
            if after is None or after.kind != "suppressed" or "step" in after.evidence:
                found = one.evidence
        return found

    def clock(self, site):
        own = [one for one in self.plans if one.site == site]
        if own:
            return ZoneInfo(own[-1].document["zone"])
        lives = [one.tz for one in self.patients if one.site == site]
        return ZoneInfo(min(set(lives), key=lambda tz: (-lives.count(tz), tz)))

    def answer_by(self, site, severity, paged_at):
        held = [one for one in self.plans if one.site == site and one.saved_at <= paged_at]
        if not held:
            return None, paged_at + SHIPPED[severity] * MINUTE
        document = held[-1].document
        ladder = document["ladders"][severity]
        steps = [one["after_min"] for one in ladder["rungs"]]
        steps.append(steps[-1] + ladder["repeat_after_min"])
        due = paged_at + (steps[1] - steps[0]) * MINUTE
        quiet = document.get("quiet_hours")
        if quiet and severity != "high":
            zone = ZoneInfo(document["zone"])
            while True:  # minute by minute until the clock is out of the quiet hours, which go over midnight
                shown = due.astimezone(zone).strftime("%H:%M")
                if quiet["to"] <= shown < quiet["from"]:
                    break
                due += MINUTE
        return held[-1].version, due

    def rated(self):
        return sum(one.watched for one in self.pages)

    def days(self, site):
        return sum(len(self.watched[one.id]) for one in self.patients if one.site == site)


def by_when(times, share):
    """Kaplan and Meier by the definition: the product over all times up to t."""
    for t in sorted({time for time, seen in times if seen}):
        left = 1.0
        for u in sorted({time for time, seen in times if seen and time <= t}):
            at_risk = sum(time >= u for time, _ in times)
            left *= 1 - sum(time == u and seen for time, seen in times) / at_risk
        if left <= 1 - share + 1e-9:
            return t
    return None


def score_interval(k, n):
    """All p that a score test at 5 % does not refuse, by halving."""

    def refused(p):
        return abs(k / n - p) > 1.959963984540054 * sqrt(p * (1 - p) / n)

    def edge(inside, outside):
        for _ in range(80):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if refused(middle) else (middle, outside)
        return inside

    return edge(k / n, 0.0) if k else 0.0, edge(k / n, 1.0) if k < n else 1.0


def same_share(found, k, n):
    assert (found.n, found.of) == (k, n)
    if n < 10:
        assert (found.share, found.ci) == (None, None)
    else:
        assert found.share == pytest.approx(k / n)
        assert found.ci == pytest.approx(score_interval(k, n), abs=1e-6)


def same_wait(found, waits, of):
    assert (found.n, found.waiting, found.ended) == of
    if len(waits) < 10:
        assert (found.median_min, found.p90_min) == (None, None)
    else:
        assert (found.median_min, found.p90_min) == (by_when(waits, 0.5), by_when(waits, 0.9))


def same_figures(found, pages, at):
    outcomes = [one.outcome for one in pages]
    judged = sum(one in JUDGED for one in outcomes)
    assert (found.pages, found.patients) == (len(pages), len({one.patient for one in pages}))
    assert found.told_again == sum(one.again for one in pages)
    assert found.without_outcome == outcomes.count(None)
    assert found.outcomes == {name: outcomes.count(name) for name in found.outcomes}
    assert sum(found.outcomes.values()) + found.without_outcome == len(pages)
    same_share(found.useful, sum(one in USEFUL for one in outcomes), judged)
    same_share(found.acted, outcomes.count("acted"), judged)
    answered = sum(one.answered is not None for one in pages)
    gone = sum(one.answered is None and one.closed is not None for one in pages)
    waits = [
        (((one.answered or one.closed or at) - one.paged_at) / MINUTE, one.answered is not None)
        for one in pages
    ]
    same_wait(found.acknowledged, waits, (answered, len(pages) - answered - gone, gone))
    closed = [(((one.closed or at) - one.paged_at) / MINUTE, one.closed is not None) for one in pages]
    over = sum(seen for _, seen in closed)
    same_wait(found.resolved, closed, (over, len(pages) - over, 0))
    due = [one for one in pages if one.answer_by < at]
    asked = [one for one in due if one.answered or not one.closed or one.closed > one.answer_by]
    in_time = [one for one in asked if one.answered and one.answered <= one.answer_by]
    same_share(found.in_time, len(in_time), len(asked))


def version(settings):
    return settings.split(", budget")[0]


@pytest.mark.parametrize("seed, site", [(1, "main"), (2, None)])
def test_the_report_is_what_one_counts_by_hand(engine, seed, site):
    at = random_ward(engine, seed)
    first, last = (BEGINS + 6 * DAY).date(), at.date()
    with transaction(engine) as session:
        hand = ByHand(session, site, first, last, at)
        period = read_period(session, site, first, last, at)
    found = report(period.paged, period.patient_weeks, at)
    pages = hand.pages
    assert len(pages) > 20 and hand.suppressed and hand.untold, "there is something to count"
    assert len({one.version for one in pages}) > 3, "several plans held"

    assert [one.case_id for one in period.paged] == [one.case for one in pages]
    assert [(one.day, one.hour, one.weekday) for one in period.paged] == [
        (one.day, one.hour, one.weekday) for one in pages
    ]
    assert [(one.times.version, one.answer_by) for one in period.paged] == [
        (one.version, one.answer_by) for one in pages
    ]
    beside = period.beside
    assert (beside.suppressed, beside.untold, beside.cases_without_page) == (
        hand.suppressed, hand.untold, hand.unpaged,
    )  # fmt: skip
    sites = {one.site for one in hand.patients}
    assert {name: 7 * weeks for name, weeks in period.patient_weeks.items()} == pytest.approx(
        {name: hand.days(name) for name in sites}
    )
    assert period.patients == sum(bool(days) for days in hand.watched.values())

    same_figures(found.whole, pages, at)
    rate = found.whole.rate
    assert (rate.pages, rate.unwatched) == (hand.rated(), len(pages) - hand.rated())
    assert rate.rate == pytest.approx(hand.rated() / (sum(map(hand.days, sites)) / 7))
    assert rate.unwatched > 0, "one patient is never watched"
    groups = {
        "rule": (found.by_rule, lambda one: (one.rule, version(one.settings))),
        "severity": (found.by_severity, lambda one: (one.severity, None)),
        "ward": (found.by_site, lambda one: (one.site, None)),
        "hour": (found.by_hour, lambda one: (f"{one.hour:02d}", None)),
        "day": (
            found.by_weekday,
            lambda one: (["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][one.weekday], None),
        ),
    }
    for name, (theirs, of) in groups.items():
        mine = defaultdict(list)
        for one in pages:
            mine[of(one)].append(one)
        assert {(g.value, g.version) for g in theirs if g.figures.pages} == set(mine), name
        for group in theirs:
            same_figures(group.figures, mine[group.value, group.version], at)
    flagged = {
        (group.value, group.version)
        for group in found.by_rule
        if group.figures.useful.of >= 20 and group.figures.useful.n < 0.5 * group.figures.useful.of
    }
    assert {(one.rule, one.version) for one in found.for_review} == flagged


def test_the_slow_reference_knows_the_textbook():
    # Kaplan and Meier's own example, J. Am. Stat. Assoc. 53:464, 1958: deaths at 0.8, 3.1, 5.4, 9.2, lost at
    # 1.0, 2.7, 7.0, 12.1; the product is 7/8, then 7/8 4/5, 7/8 4/5 3/4, and half of that.
    times = [(0.8, 1), (1.0, 0), (2.7, 0), (3.1, 1), (5.4, 1), (7.0, 0), (9.2, 1), (12.1, 0)]
    assert (by_when(times, 0.3), by_when(times, 0.4), by_when(times, 0.5), by_when(times, 0.9)) == (
        3.1, 5.4, 9.2, None,
    )  # fmt: skip
    assert score_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)  # Newcombe 1998
