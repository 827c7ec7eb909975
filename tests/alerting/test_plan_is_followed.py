"""A case of a ward with a plan goes to the persons of that plan, in their hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from alerting.cases import take_turns
from ladder.reading import plan_of
from store.alerts.case_acts import acknowledge
from store.alerts.cases import Case, CaseEvent
from store.alerts.open_cases import open_or_join
from store.alerts.outbox import Delivery
from store.alerts.ward_plans import save_plan
from store.database import transaction
from tests.cast import enrol_cast
from tests.ladder.wards import document

MONDAY_NOON = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)  # 12:00 in Rome
MONDAY_NIGHT = datetime(2026, 5, 4, 21, 0, tzinfo=UTC)  # 23:00
SATURDAY_NOON = datetime(2026, 5, 9, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CHANNELS = ["log", "webhook"]


@pytest.fixture
def cast(engine):
    cast = enrol_cast(engine)
    with transaction(engine) as session:
        save_plan(session, "main", plan_of(document()), "root", "a test", MONDAY_NOON)
    return cast


def opened(engine, patient_id: int, at: datetime, severity: str = "high") -> int:
    with transaction(engine) as session:
        return open_or_join(session, patient_id, severity, "Worst pain 8.", {}, CHANNELS, at)[0]


def told(engine) -> list[tuple[int, str, str]]:
    with transaction(engine) as session:
        rows = session.scalars(sa.select(Delivery).order_by(Delivery.step, Delivery.id)).all()
        return [(row.step, row.recipient, row.channel) for row in rows]


def story(engine) -> list[str]:
    with transaction(engine) as session:
        return list(session.scalars(sa.select(CaseEvent.kind).order_by(CaseEvent.id)))


def test_the_rungs_reach_whoever_is_on_duty_and_in_the_end_a_named_person(engine, cast):
    opened(engine, cast.steady, MONDAY_NOON)
    assert told(engine) == [(1, "anna", "env")]
    take_turns(engine, CHANNELS, MONDAY_NOON + HOUR - timedelta(minutes=1))
    assert len(told(engine)) == 1
    for hours in (1, 2, 3, 4):
        take_turns(engine, CHANNELS, MONDAY_NOON + hours * HOUR)
    assert told(engine)[1:] == [
        (2, "anna", "env"),
        (2, "carla", "smtp"),
        *((n, "carla", "smtp") for n in (3, 4, 5)),
    ]
    take_turns(engine, CHANNELS, MONDAY_NOON + 5 * HOUR)
    assert story(engine)[-1] == "nobody_answered"


def test_whoever_is_on_duty_when_an_acknowledgement_ends_is_told(engine, cast):
    case = opened(engine, cast.steady, MONDAY_NOON)
    with transaction(engine) as session:
        acknowledge(session, case, "anna", MONDAY_NOON + HOUR / 2, until=MONDAY_NOON + 8 * HOUR)
    take_turns(engine, CHANNELS, MONDAY_NOON + 8 * HOUR)  # 20:00: the night
    assert told(engine)[-1] == (2, "bruno", "webhook")


def test_a_rung_at_which_nobody_is_on_duty_is_passed_at_once_and_the_story_says_so(engine, cast):
    opened(engine, cast.steady, SATURDAY_NOON)
    assert [(recipient, channel) for _, recipient, channel in told(engine)] == [("carla", "smtp")]
    assert "nobody_reached" in story(engine)


def test_quiet_hours_hold_back_what_is_not_urgent_until_the_morning(engine, cast):
    quiet = document(quiet_hours={"from": "22:00", "to": "07:00"})
    with transaction(engine) as session:
        save_plan(session, "main", plan_of(quiet), "root", "quiet nights", MONDAY_NOON)
    case = opened(engine, cast.steady, MONDAY_NIGHT, "medium")
    assert told(engine) == []
    opened(engine, cast.rising, MONDAY_NIGHT, "high")
    assert told(engine) == [(1, "bruno", "webhook")]
    with transaction(engine) as session:
        assert session.get(Case, case).next_at == datetime(2026, 5, 5, 5, 0, tzinfo=UTC)
    take_turns(engine, CHANNELS, datetime(2026, 5, 5, 5, 0, tzinfo=UTC))
    assert (1, "anna", "env") in told(engine)


def test_a_ward_without_a_plan_has_the_channels_of_the_installation(engine, cast):
    opened(engine, cast.elsewhere, MONDAY_NOON)
    assert told(engine) == [(1, "", "log"), (1, "", "webhook")]


def test_a_shorter_plan_that_is_saved_meanwhile_goes_on_with_its_last_rung(engine, cast):
    opened(engine, cast.steady, MONDAY_NOON)
    take_turns(engine, CHANNELS, MONDAY_NOON + HOUR)
    short = document()
    short["ladders"]["high"]["rungs"] = [{"after_min": 0, "persons": ["bruno"]}]
    with transaction(engine) as session:
        save_plan(session, "main", plan_of(short), "root", "short", MONDAY_NOON + HOUR)
    take_turns(engine, CHANNELS, MONDAY_NOON + 2 * HOUR)
    assert told(engine)[-1] == (3, "bruno", "webhook")
