"""The escalation benchmark as a whole, on a few simulated patients of the tuning seeds, and the real diary."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest

from analytics.escalation.operating_curve import SHIPPED_CURVE
from analytics.escalation.rows import DailyRows
from analytics.escalation.screening import Tier, screen
from analytics.escalation.settings import SHIPPED
from benchmarks.escalation import foreseen, headache, run, speed, trade
from benchmarks.escalation.answers import with_answers
from benchmarks.escalation.report import Report
from benchmarks.escalation.seeds import HEADING, TUNING
from benchmarks.escalation.tally import pages_alone, tally
from benchmarks.escalation.targets import LINES
from benchmarks.escalation.trials import trial
from simulate.cohort import SCENARIOS
from tests.made_curve import USUAL, document


@pytest.fixture(scope="module")
def few():
    against = run.tuned_rivals(10)
    todo = run.jobs(SCENARIOS, ("nominal",), TUNING[:2], 4, against, {"fixed 0.1": 0.0})
    return Report(run.judge_all(todo), ("nominal",), against, "A few.")


def test_every_table_says_that_it_is_simulated_and_every_target_has_a_verdict(few):
    tables = list(few.tables())
    assert all(HEADING in table.title for table in tables)
    for table in tables:
        assert all(len(row) == len(table.header) for row in table.rows), table.title
    judged = [row for row in few.document["rows"] if row["part"] == "targets" and "met" in row]
    assert len(judged) == sum(line.nominal is not None for line in LINES)
    json.dumps(few.document, allow_nan=False)


def test_what_could_not_be_measured_is_told_in_a_sentence():
    table = Report(run.Regimes(unforeseen={foreseen.ABSENT}), (), (), "").risk()
    assert (table.rows, table.notes) == ([], [foreseen.ABSENT])


def test_days_before_an_event_and_within_it_lead_to_one():
    made = trial("flare", "nominal", TUNING[:1], 3)
    found = foreseen.foreseen(made, np.full(made.rows.shape, 0.5))
    for event in made.events:
        who, onset, end = int(event["patient"]), int(event["onset"]), int(event["end"])
        assert np.flatnonzero(found.ahead[who]).tolist() == list(range(onset - 7, end - 1))
        assert np.flatnonzero(found.begins[who]).tolist() == list(range(onset - 7, onset))
        assert found.within[who].sum() == end - onset
    assert not found.judged[:, -7:].any()


def test_a_risk_that_knows_the_future_discriminates_fully_and_one_that_knows_nothing_not_at_all():
    pytest.importorskip("analytics.escalation.validation")
    made = trial("flare", "nominal", TUNING[:1], 20)
    ahead = foreseen.foreseen(made, np.full(made.rows.shape, 0.5)).ahead
    for p, auroc in ((np.where(ahead, 0.9, 0.1), 1.0), (np.full(ahead.shape, 0.1), 0.5)):
        (_, figure, _), *_ = foreseen.lines([foreseen.foreseen(made, p)])
        assert figure.value == pytest.approx(auroc)


def test_the_curve_has_a_point_for_each_page_score_and_for_the_shipped_one():
    document = trade.curve(5, (3.0, -3.0))
    assert [point["page_score"] for point in document["points"]] == [3.0, SHIPPED.page_score, -3.0]
    assert document["settings"] == SHIPPED.label
    assert set(document["seeds"]) <= set(TUNING)
    strict, _, loose = document["points"]
    assert strict["all_per_week"] <= loose["all_per_week"]
    assert {"mean", "flare", "drift"} <= strict["sensitivity"].keys()


def test_page_scores_of_fixed_rates_are_read_off_the_curve_and_not_beyond_it():
    found = trade.scores_for(document(), (0.001, 0.06, 0.3, 0.5))
    assert found == {0.06: pytest.approx(USUAL - 0.1), 0.3: USUAL - 1.6}


def test_a_headache_is_an_episode_without_a_score_and_a_gap_stays_a_gap(tmp_path):
    path = tmp_path / "diary.csv"
    path.write_text("id,time,headache\n1,-2,yes\n1,-1,no\n1,1,yes\n2,5,no\n")
    rows = headache.headache_rows(path)
    assert rows.days.tolist() == [4, 1]
    assert rows.of("breakthrough")[0].tolist() == pytest.approx([1, 0, np.nan, 1], nan_ok=True)
    assert np.isnan(rows.of("average")).all()
    assert np.isnan(rows.of("worst")).all()


def test_simulated_answers_with_real_gaps_have_just_those_and_no_device():
    made = trial("stable", "nominal", TUNING[:1], 2)
    told = np.full((2, 10), 1.0)
    told[0, 4] = np.nan
    days = (date(2001, 1, 1),) * 2
    real = DailyRows(
        ("a", "b"), days, np.array([10, 10]), {"breakthrough": told}, np.zeros((2, 10), np.int32), {}
    )
    gaps = headache.with_real_gaps(made, real)
    assert np.isnan(gaps.of("worst")[0, 4])
    assert np.isnan(gaps.of("worst")).sum() <= 1 + np.isnan(made.rows.of("worst")[:, 0]).sum() * 10
    assert np.isnan(gaps.of("steps")).all()


@pytest.mark.recordings
@pytest.mark.skipif(not headache.DIARY_FILE.exists(), reason="the real diary is not beside the project")
def test_the_real_diary_is_screened_and_is_what_its_authors_published():
    rows = headache.headache_rows()
    assert rows.shape[0] == 89
    assert (~np.isnan(rows.of("breakthrough"))).sum() == 2884
    judged = screen(rows)
    assert not judged.floor.any()
    described, screened = headache.tables(trial("stable", "nominal", TUNING[:1], 89))
    assert described.rows[0] == ("people", "89")
    assert len(screened.rows) == 6


def test_pages_on_the_only_stable_patient_are_counted_for_the_weeks_that_were_there():
    made = trial("stable", "nominal", TUNING[:1], 1)
    found = tally(made, pages_alone(np.ones(made.rows.shape, dtype=bool)))
    assert found.weeks[0] == pytest.approx(made.present.sum() / 7)


def test_an_answer_to_a_check_in_becomes_the_entry_of_its_day_and_changes_nothing_before():
    made = trial("mnar_flare", "nominal", TUNING[:2], 20)
    alone = screen(made.rows)
    entered, done = with_answers(made, alone)
    asked = np.argwhere((alone.tier == Tier.CHECK_IN) & made.would_reply)
    assert len(asked)
    first = {int(patient): int(day) for patient, day in asked[::-1]}
    for patient, day in first.items():
        assert entered.rows.of("worst")[patient, day] == made.reply_worst[patient, day]
        assert done.check_in[patient, day]
        before = slice(0, day)
        assert (done.page[patient, before] == (alone.tier[patient, before] == Tier.PAGE)).all()
    new = np.isnan(made.rows.of("worst")) & ~np.isnan(entered.rows.of("worst"))
    assert (done.check_in | ~new).all()
    assert not np.isnan(made.rows.of("worst")).all()


def test_the_stored_curve_is_of_the_screen_as_it_is_now():
    """After a change of the screen: `python -m benchmarks.escalation trade`."""
    assert SHIPPED_CURVE.exists()
    assert trade.stored() is not None


def test_the_many_whose_screen_is_timed_are_the_few_again_with_their_treatments():
    rows = speed.many(1003)
    assert rows.shape == (1003, 120)
    assert np.array_equal(rows.of("worst")[0], rows.of("worst")[500], equal_nan=True)
    given = [{day for (i, day) in rows.treatments if i == who} for who in (2, 502, 1002)]
    assert given[0] == given[1] == given[2]
