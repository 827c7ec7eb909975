"""Personal links in the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from store.asked import ask_daily, asked_periods
from store.database import StoreError, transaction
from store.diary_links import (
    MOST_LINKS,
    DiaryLink,
    create_link,
    find_link,
    is_valid,
    links_of,
    revoke_link,
    use_link,
)
from tests.cast import NOON, enrol_cast

MONTH = timedelta(days=30)


@pytest.fixture
def made(engine: sa.Engine) -> tuple[int, str]:
    """(patient, token) of a link of a month."""
    cast = enrol_cast(engine)
    with transaction(engine) as session:
        return cast.steady, create_link(session, cast.steady, "it", "anna", NOON, MONTH)[1]


def test_a_token_has_192_random_bits_and_is_stored_nowhere(engine, made):
    token = made[1]
    assert len(token) == 32
    with transaction(engine) as session:
        everything = session.execute(
            sa.text("SELECT row_to_json(diary_link)::text FROM diary_link")
        ).scalar_one()
        assert token not in everything and token[:10] not in everything
        assert len(session.scalars(sa.select(DiaryLink.digest)).one()) == 32


def test_a_link_opens_from_its_creation_until_it_expires(engine, made):
    patient, token = made
    with transaction(engine) as session:
        assert find_link(session, token, NOON).patient_id == patient
        assert find_link(session, token, NOON + MONTH - timedelta(microseconds=1)) is not None
        assert find_link(session, token, NOON + MONTH) is None
        assert find_link(session, token + "x", NOON) is None


def test_a_revoked_link_opens_nothing_and_stays_revoked_since_the_first_time(engine, made):
    patient, token = made
    with transaction(engine) as session:
        revoke_link(session, 1, "anna", NOON + timedelta(hours=1))
        assert revoke_link(session, 1, "anna", NOON + timedelta(hours=2)).revoked_at == NOON + timedelta(
            hours=1
        )
    with transaction(engine) as session:
        assert find_link(session, token, NOON) is None
        assert [is_valid(link, NOON) for link in links_of(session, patient)] == [False]
        with pytest.raises(StoreError, match="no diary link 2"):
            revoke_link(session, 2, "anna", NOON)


def test_the_use_of_a_link_is_remembered_to_the_minute(engine, made):
    with transaction(engine) as session:
        link = find_link(session, made[1], NOON)
        use_link(link, NOON)
        use_link(link, NOON + timedelta(seconds=59))
        assert link.last_used_at == NOON
        use_link(link, NOON + timedelta(seconds=60))
        assert link.last_used_at == NOON + timedelta(minutes=1)


def test_a_patient_has_any_number_of_links_the_newest_first(engine, made):
    with transaction(engine) as session:
        create_link(session, made[0], "en", "anna", NOON, MONTH)
    with transaction(engine) as session:
        assert [(link.id, link.language) for link in links_of(session, made[0])] == [(2, "en"), (1, "it")]


def test_a_link_that_is_over_before_it_begins_cannot_be(engine, made):
    with pytest.raises(sa.exc.IntegrityError), transaction(engine) as session:
        create_link(session, made[0], "en", "anna", NOON, timedelta())


def test_who_has_a_link_is_asked_until_it_expires_or_is_revoked(engine):
    cast = enrol_cast(engine)
    with transaction(engine) as session:
        create_link(session, cast.steady, "it", "anna", NOON, MONTH)
        create_link(session, cast.steady, "en", "anna", NOON, MONTH / 2)
        (period,) = asked_periods(session, cast.steady)
        assert (period.first_day, period.last_day) == (NOON.date(), (NOON + MONTH).date())
        revoke_link(session, 1, "anna", NOON + timedelta(days=3))
        assert period.last_day == (NOON + MONTH).date()  # another link is left
        revoke_link(session, 2, "berta", NOON + timedelta(days=5))
        assert (period.last_day, period.ended_by) == ((NOON + timedelta(days=5)).date(), "berta")


def test_revoking_a_link_does_not_end_an_asking_without_an_end(engine):
    cast = enrol_cast(engine)
    with transaction(engine) as session:
        ask_daily(session, cast.steady, NOON.date(), "anna", NOON)
        create_link(session, cast.steady, "it", "anna", NOON, MONTH)
        revoke_link(session, 1, "anna", NOON + timedelta(days=3))
        assert [one.last_day for one in asked_periods(session, cast.steady)] == [None]


def test_a_form_that_is_sent_again_and_again_leaves_ten_links_at_most(engine, made):
    with transaction(engine) as session:
        for _ in range(MOST_LINKS - 1):
            create_link(session, made[0], "it", "anna", NOON, MONTH)
        with pytest.raises(StoreError, match="10 diary links"):
            create_link(session, made[0], "it", "anna", NOON, MONTH)
        revoke_link(session, 1, "anna", NOON)
        create_link(session, made[0], "it", "anna", NOON, MONTH)
