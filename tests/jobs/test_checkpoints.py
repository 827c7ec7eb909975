"""A decision made by going on is the one that the whole history makes, whatever is in the rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.escalation.judgement import Fired, Known, judge
from analytics.escalation.rows import DailyRows
from analytics.escalation.screening import Screened, screen
from analytics.escalation.settings import SHIPPED as SETTINGS
from analytics.escalation.severe import Report, answers_at
from analytics.escalation.thresholds import SHIPPED
from analytics.jobs.checkpoints import Checkpoints, digest_of
from tests.analytics.test_screening import histories

OTHERS = replace(SETTINGS, name="ward", page_score=-1.5, cool_down_days=3)
DAY = timedelta(days=1)


def decided(screened: Screened, fired: list[Fired]):
    rows = screened.rows
    today = rows.date_of(0, int(rows.days[0]) - 1)
    evening = datetime.combine(today, time(20), UTC)
    reports = []
    for place, (worst, average) in enumerate(zip(rows.of("worst")[0], rows.of("average")[0], strict=True)):
        given = [None if np.isnan(x) else int(x) for x in (worst, average)]
        at = datetime.combine(rows.date_of(0, place), time(18), UTC)
        reports.append(Report(at.date(), at, *given, at + DAY * (place % 3)))
    answers = answers_at(reports, evening, SHIPPED, screened.settings.floor_average)
    return judge(screened, answers, Known(today, fired, False, True), SHIPPED)


def first_patient(said: DailyRows) -> DailyRows:
    alone = said.part(0, 1)
    return replace(alone, days=np.array([alone.shape[1]]))


@settings(max_examples=60, deadline=None)
@given(histories(), st.sampled_from([SETTINGS, OTHERS]), st.booleans())
def test_each_night_decides_what_the_whole_history_does(said, by, told):
    rows, checkpoints, walked = first_patient(said), Checkpoints(), 0
    d = rows.shape[1]
    fired = [Fired(rows.date_of(0, d // 2), None, "page")] if told else []
    for today in range(max(1, d - 12), d + 1):
        known = rows.until(today)
        assert decided(checkpoints.screen(7, known, by, SHIPPED), fired) == decided(screen(known, by), fired)
        walked += today if walked == 0 else min(today, 3)
    assert checkpoints.walked <= walked, "once all of it, then the new day and the two before"


@settings(max_examples=60, deadline=None)
@given(histories(), st.data())
def test_whatever_changes_in_the_days_before_changes_the_digest_and_nothing_after_them_does(said, data):
    rows = first_patient(said)
    until = data.draw(st.integers(1, rows.shape[1]))
    place, name = data.draw(st.integers(0, rows.shape[1] - 1)), data.draw(st.sampled_from([*rows.numbers]))
    values = rows.numbers[name].copy()
    values[0, place] = 0.125 if np.isnan(values[0, place]) else np.nan
    kinds = rows.treatments.get((0, place), frozenset()) ^ {"radiotherapy"}
    device = rows.device.copy()
    device[0, place] += 1
    changed = (
        replace(rows, numbers={**rows.numbers, name: values}),
        replace(rows, treatments={**rows.treatments, (0, place): kinds}),
        replace(rows, device=device),
    )
    before = digest_of(rows, SETTINGS, 33, until)
    assert [digest_of(one, SETTINGS, 33, until) != before for one in changed] == [place < until] * 3
    assert digest_of(rows, OTHERS, 33, until) != before
    assert digest_of(replace(rows, first_day=(rows.first_day[0] + DAY,)), SETTINGS, 33, until) != before
