"""What a nurse does with a case on the pages, and what keeps people from being told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from api.pages.story import story
from api.pages.until import choices
from ladder.words import Outcome
from store import case_life, holds
from store.cases import Case, CaseEvent, tell
from store.database import now, transaction
from tests.pages.visits import audit, log_in, opened, post, words_of

DAY = timedelta(days=1)
ROME = ZoneInfo("Europe/Rome")


def patient_page(client) -> str:
    return client.get("/patients/P-rising").text


def tomorrow() -> str:
    return (now() + DAY).isoformat()


def case_of(engine, case_id) -> Case:
    with transaction(engine) as session:
        return session.get(Case, case_id)


def test_a_nurse_says_until_when_she_has_it_and_the_page_says_what_comes_then(client, cast, engine):
    case_id = opened(engine, cast.rising, ago=timedelta(minutes=1))
    log_in(client)
    assert "If nobody answers, step 2 is told at" in words_of(patient_page(client))
    post(client, f"/cases/{case_id}/acknowledge", until=tomorrow(), comment="called")
    assert "anna has it until" in words_of(patient_page(client))
    assert "anna has it until" in words_of(client.get("/").text)


def test_a_case_is_handed_to_somebody_of_the_ward_only(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    assert post(client, f"/cases/{case_id}/assign", to="hilda").status_code == 409
    assert post(client, f"/cases/{case_id}/assign", to="anna").status_code == 303
    assert case_of(engine, case_id).assigned_to == "anna"


def test_an_urgent_snooze_waits_for_somebody_else(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    post(client, f"/cases/{case_id}/snooze", until=tomorrow(), reason="waits for the scan")
    page = words_of(patient_page(client))
    assert "Not in force: an urgent case is snoozed when a second person agrees." in page
    assert "I agree" not in page, "who asked cannot agree"
    with transaction(engine) as session:
        holds.agree_to_snooze(session, case_id, "berta", now())
    page = words_of(patient_page(client))
    assert f"Case {case_id} snoozed by anna (berta agrees) until" in page and "It is snoozed until" in page


def test_a_silence_is_seen_on_both_pages_and_ended(client, cast, engine):
    log_in(client)
    post(client, "/patients/P-rising/silences", until=tomorrow(), reason="on holiday")
    assert "Patient silenced by anna" in words_of(patient_page(client))
    assert "on holiday" in words_of(client.get("/").text)
    [entry] = audit(engine, "silence.add")
    assert entry.patient_id == cast.rising
    again = post(client, "/patients/P-rising/silences", until=tomorrow(), reason="on holiday")
    assert again.status_code == 409 and "end that silence first" in again.text
    number = entry.detail.removeprefix("silence ")
    assert post(client, f"/silences/{number}/end", back="/patients/P-rising").status_code == 303
    assert "silenced by" not in words_of(patient_page(client))


def test_the_end_of_a_silence_is_recalled_in_its_last_quarter(client, cast, engine):
    with transaction(engine) as session:
        begins = now() - timedelta(hours=7)
        holds.silence_patient(session, cast.rising, "anna", begins + timedelta(hours=8), "x", begins)
        holds.silence_patient(session, cast.steady, "anna", begins + timedelta(hours=40), "x", begins)
    log_in(client)
    assert "Ends in" in words_of(patient_page(client))
    assert "Ends in" not in words_of(client.get("/patients/P-steady").text)


@pytest.mark.parametrize(
    "fields", [{"until": ""}, {"until": "soon"}, {"until": "2026-05-04T10:00", "reason": "x"}]
)
def test_a_form_that_says_too_little_is_refused_in_a_sentence(client, cast, engine, fields):
    log_in(client)
    refused = post(client, "/patients/P-rising/silences", **{"reason": "x", **fields})
    assert refused.status_code == 422 and "/silences" not in words_of(refused.text)


@pytest.mark.parametrize("path", ["assign", "snooze", "reopen", "level/end"])
def test_another_sites_case_is_not_there(client, cast, engine, path):
    case_id = opened(engine, cast.rising)
    log_in(client, "hilda")
    done = post(client, f"/cases/{case_id}/{path}", to="hilda", until=tomorrow(), reason="x")
    assert done.status_code == 404


def test_a_closed_case_is_opened_again_and_an_expected_level_ended(client, cast, engine):
    case_id = opened(engine, cast.rising)
    with transaction(engine) as session:
        tell(session, case_id, now(), "evidence", "actalgia", evidence={"worst": 8})
    log_in(client)
    assert post(client, f"/cases/{case_id}/resolve", outcome="expected_level").status_code == 409
    post(client, f"/cases/{case_id}/resolve", outcome="expected_level", comment="known since the scan")
    page = words_of(patient_page(client))
    assert "Expected level, up to 8, by anna" in page and "known since the scan" in page
    assert post(client, f"/cases/{case_id}/level/end").status_code == 303
    assert "Expected level, up to 8" not in words_of(patient_page(client))
    assert "Open again" in words_of(patient_page(client))
    post(client, f"/cases/{case_id}/reopen")
    assert case_of(engine, case_id).state == "acknowledged"


def test_a_case_that_nobody_answered_stands_at_the_top(client, cast, engine):
    case_id = opened(engine, cast.rising)
    with transaction(engine) as session:
        session.execute(sa.update(Case).values(unheard=True, next_at=None))
    log_in(client)
    assert "Worklist" in (page := client.get("/").text)
    assert "Everybody was told and nobody has answered: P-rising" in words_of(page)
    assert f'href="/cases/{case_id}"' in page


def test_a_case_without_news_is_for_review_and_not_among_the_urgent(client, cast, engine):
    opened(engine, cast.rising, ago=15 * DAY)
    log_in(client)
    page = words_of(client.get("/").text)
    assert "For review: nothing new for 14 days 1" in page and "Open cases" not in page


def test_the_same_reason_stands_in_the_story_once(client, cast, engine):
    case_id = opened(engine, cast.rising)
    with transaction(engine) as session:
        for hours in range(5):
            at = now() + timedelta(hours=hours)
            tell(session, case_id, at, "evidence", "actalgia", evidence={"worst": 8})
            tell(session, case_id, at, "suppressed", "actalgia", "anna has it until 2026-05-04 12:00 UTC")
        case_life.resolve(session, case_id, "anna", Outcome.ACTED, now())
        events = session.scalars(sa.select(CaseEvent).order_by(CaseEvent.id)).all()
    lines = [line for line in story(events, "x", ROME, now()) if line.what == "nobody was told"]
    assert [(line.times, line.said) for line in lines] == [(5, "anna has it until Mon 4 May, 14:00")]


@pytest.mark.parametrize(
    "at, zone, end",
    [
        # 23:30 on the night on which the clocks change, and where they change at midnight.
        (datetime(2026, 3, 28, 22, 30, tzinfo=UTC), "Europe/Rome", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (datetime(2026, 3, 29, 21, 30, tzinfo=UTC), "Europe/Rome", datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (datetime(2026, 10, 25, 22, 30, tzinfo=UTC), "Europe/Rome", datetime(2026, 10, 25, 23, tzinfo=UTC)),
        (datetime(2026, 3, 28, 21, 30, tzinfo=UTC), "Asia/Beirut", datetime(2026, 3, 28, 22, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_the_end_of_the_day_is_the_patients_on_the_night_the_clocks_change(at, zone, end):
    offered = choices(at, ZoneInfo(zone))
    assert offered[0] == (end.isoformat(), "the end of today")
    for value, _ in offered[1:]:
        assert datetime.fromisoformat(value).astimezone(ZoneInfo(zone)).hour == 8
    assert choices(end - timedelta(minutes=5), ZoneInfo(zone))[0][1].startswith("tomorrow morning")
