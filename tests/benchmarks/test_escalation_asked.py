"""What questions to silent patients cost and find, on a few simulated patients of the tuning seeds."""

from __future__ import annotations

from dataclasses import replace

from analytics.escalation.settings import SHIPPED
from analytics.escalation.settings_file import settings_of
from benchmarks.escalation import asked
from benchmarks.escalation.seeds import HEADING


def test_the_table_has_a_row_for_each_set_and_what_is_shipped_stands_out():
    table = asked.table(4)
    assert HEADING in table.title
    assert len(table.rows) == len(asked.tried())
    assert all(len(row) == len(table.header) for row in table.rows)
    assert any(row[0].startswith("**") for row in table.rows)


def test_only_settings_that_a_ward_could_have_are_tried():
    sets = asked.tried()
    assert SHIPPED in sets
    for one in sets:
        differs = {
            name: getattr(one, name) for name in ("check_in_score", "most_check_ins", "unanswered_check_ins")
        }
        assert settings_of({"name": "tried", "version": 1, **differs}) == replace(
            SHIPPED, name="tried", version=1, **differs
        )


def test_who_is_asked_from_lower_odds_on_is_asked_more_often():
    stable = asked._at_each(
        ("stable", "nominal", 20, [replace(SHIPPED, check_in_score=score) for score in (-0.5, -1.3)])
    )[1]
    strict, loose = (one.tally.check_ins.sum() for one in stable)
    assert strict < loose
