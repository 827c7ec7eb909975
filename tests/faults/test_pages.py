"""A few patients under the faults of alerting; `python -m tests.faults.pages` plays 200."""

from __future__ import annotations

from tests.faults.pages import play


def test_killed_processes_of_alerting_lose_no_page_and_tell_nobody_after_an_answer(tmp_path):
    found = play(tmp_path, seed=1, patients=6)
    assert found.well, found.in_words()
    assert found.figures["kills"] >= 2
