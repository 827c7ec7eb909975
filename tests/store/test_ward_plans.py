"""The plans that a ward saved: the newest holds, none is ever changed."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ladder.reading import plan_of
from store.access import AuditEntry
from store.alerts.ward_plans import (
    SavedMeanwhile,
    UnreadablePlan,
    plan_of_site,
    save_plan,
    saved_plan,
    saved_plans,
    site_is_known,
)
from store.database import StoreError, transaction
from tests.cast import NOON, enrol_cast
from tests.ladder.wards import document

DAY = timedelta(days=1)


def saved(engine, site="main", reason="the new rota", after=None, **changes):
    with transaction(engine) as session:
        return save_plan(session, site, plan_of(document(**changes)), "root", reason, NOON, after)


def versions(engine, site="main"):
    with transaction(engine) as session:
        return [one.version for one in saved_plans(session, site)]


def test_a_ward_that_never_saved_a_plan_has_none(engine):
    with transaction(engine) as session:
        assert saved_plan(session, "main") is None and plan_of_site(session, "main") is None


def test_the_newest_version_holds_and_the_others_stay(engine):
    assert saved(engine) and saved(engine, useful_share=0.3, reason="fewer") and saved(engine, site="hill")
    with transaction(engine) as session:
        newest = saved_plan(session, "main")
        assert (newest.version, newest.saved_by, newest.saved_at, newest.reason) == (2, "root", NOON, "fewer")
        assert plan_of_site(session, "main") == plan_of(document(useful_share=0.3))
    assert versions(engine) == [2, 1] and versions(engine, "hill") == [1]


def test_each_version_is_written_down_without_what_is_in_it(engine):
    saved(engine)
    with transaction(engine) as session:
        [entry] = session.scalars(sa.select(AuditEntry)).all()
    assert (entry.actor, entry.action, entry.detail) == ("root", "plan.save", "site main: version 1")


def test_the_same_again_changes_nothing(engine):
    assert saved(engine) and not saved(engine, reason="again")
    assert versions(engine) == [1]


def test_a_version_that_was_saved_meanwhile_is_not_replaced_unseen(engine):
    assert saved(engine, after=0)
    with pytest.raises(SavedMeanwhile, match="Version 1 of the plan was saved meanwhile"):
        saved(engine, after=0, useful_share=0.3)
    assert saved(engine, after=1, useful_share=0.3)


def test_two_at_once_take_turns(engine):
    with transaction(engine) as session:
        save_plan(session, "main", plan_of(document()), "root", "one", NOON)
        other = threading.Thread(target=saved, args=(engine,), kwargs={"useful_share": 0.3})
        other.start()
        other.join(0.5)
        assert other.is_alive()  # it waits for the end of this transaction
    other.join(10)
    assert versions(engine) == [2, 1]


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "two\nlines"])
def test_without_a_reason_nothing_is_saved(engine, reason):
    with pytest.raises(StoreError, match="Give the reason"):
        saved(engine, reason=reason)
    assert versions(engine) == []


def test_a_version_is_never_changed_afterwards(engine):
    saved(engine)
    for statement in ("UPDATE ward_plan SET reason = 'x'", "DELETE FROM ward_plan", "TRUNCATE ward_plan"):
        with pytest.raises(sa.exc.DBAPIError, match="only added"), engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_a_stored_document_that_this_version_does_not_read_says_why(engine):
    broken = json.dumps(document(zone="Atlantis/Main"))
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO ward_plan VALUES ('main', 1, cast(:d AS jsonb), 'root', now(), 'test')"),
            {"d": broken},
        )
    with transaction(engine) as session, pytest.raises(UnreadablePlan, match=r"Version 1 .* no time zone"):
        plan_of_site(session, "main")


def test_a_site_is_known_by_its_patients_or_accounts(engine):
    enrol_cast(engine)
    with transaction(engine) as session:
        assert site_is_known(session, "hill") and not site_is_known(session, "mian")
