"""What a ward chose to bear, and what it chose before."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from store.access import AuditEntry
from store.database import transaction
from store.page_budgets import budget_of, budgets_of, set_budget
from tests.cast import NOON

DAY = timedelta(days=1)


def chosen(engine, *choices):
    for days, (site, pages) in enumerate(choices):
        with transaction(engine) as session:
            set_budget(session, site, pages, "anna", NOON + days * DAY)


def told(engine):
    with transaction(engine) as session:
        return [entry.detail for entry in session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))]


def test_a_ward_that_never_chose_has_no_budget(engine):
    with transaction(engine) as session:
        assert budget_of(session, "main") is None


def test_the_newest_choice_counts_and_the_others_stay(engine):
    chosen(engine, ("main", 0.05), ("hill", 0.2), ("main", 0.02))
    with transaction(engine) as session:
        newest = budget_of(session, "main")
        assert (newest.pages_per_patient_week, newest.set_by, newest.set_at) == (0.02, "anna", NOON + 2 * DAY)
        assert [one.pages_per_patient_week for one in budgets_of(session, "main")] == [0.02, 0.05]
        assert budget_of(session, "hill").pages_per_patient_week == 0.2


def test_each_change_is_written_down_with_what_held_before(engine):
    chosen(engine, ("main", 0.05), ("main", 0.1), ("main", None))
    assert told(engine) == [
        "site main: as shipped to 0.05 pages a patient-week",
        "site main: 0.05 pages a patient-week to 0.1 pages a patient-week",
        "site main: 0.1 pages a patient-week to as shipped",
    ]


def test_the_same_again_changes_nothing(engine):
    chosen(engine, ("main", None), ("main", 0.05), ("main", 0.05))
    assert told(engine) == ["site main: as shipped to 0.05 pages a patient-week"]
    with transaction(engine) as session:
        assert len(budgets_of(session, "main")) == 1


def test_of_two_at_once_the_second_tells_what_the_first_chose(engine):
    with transaction(engine) as session:
        set_budget(session, "main", 0.05, "anna", NOON)
        other = threading.Thread(target=chosen, args=(engine, ("main", 0.1)))
        other.start()
        other.join(0.5)
        assert other.is_alive()  # it waits for the end of this transaction
    other.join(10)
    assert told(engine)[1] == "site main: 0.05 pages a patient-week to 0.1 pages a patient-week"


@pytest.mark.parametrize("pages", [0.0, -0.1, 7.1, float("nan")])
def test_the_database_refuses_what_is_no_number_of_pages_in_a_week(engine, pages):
    with pytest.raises(sa.exc.IntegrityError, match="pages_of_a_week"):
        chosen(engine, ("main", pages))


def test_a_choice_is_never_changed_afterwards(engine):
    chosen(engine, ("main", 0.05))
    for statement in ("UPDATE page_budget SET pages_per_patient_week = 1", "DELETE FROM page_budget"):
        with pytest.raises(sa.exc.DBAPIError, match="only added"), engine.begin() as connection:
            connection.exec_driver_sql(statement)
