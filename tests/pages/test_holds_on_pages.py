"""What a nurse does with a case on the pages, and what keeps people from being told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from api.pages.holds import marks_of
from api.pages.story import story
from api.pages.until import choices
from ladder.words import Outcome
from store.access import Role, User, create_account
from store.alerts import case_acts, holds
from store.alerts.cases import Case, CaseEvent, tell
from store.database import now, transaction
from tests.pages.visits import HASHED, audit, log_in, opened, post, words_of

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
        create_account(session, "berta", "no password", Role.CLINICIAN, "main")
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


def test_the_silence_of_a_ward_is_made_seen_everywhere_and_ended_on_its_own_page(client, cast, engine):
    log_in(client)
    assert "The ward is not silenced." in words_of(client.get("/silences").text)
    assert post(client, "/silences", until=tomorrow(), reason=" ").status_code == 422
    assert post(client, "/silences", until=tomorrow(), reason="a fire drill").status_code == 303
    for path in ("/", "/patients/P-rising", "/silences"):
        page = words_of(client.get(path).text)
        assert page.count("Ward main silenced by anna") == 1, path
        assert "a fire drill" in page and "Urgent pages are sent all the same" in page
    [entry] = audit(engine, "silence.add")
    assert (entry.detail, entry.reason) == ("silence 1 site main", "as written in alert_silence 1")
    assert "/silences/1/end" in client.get("/silences").text
    assert post(client, "/silences/1/end", back="/silences").status_code == 303
    page = words_of(client.get("/silences").text)
    assert "The ward is not silenced." in page and "by anna" in page.partition("Over")[2]
    assert "silenced by" not in words_of(client.get("/").text)


def test_the_page_of_silences_lists_every_kind_of_the_own_site(client, cast, engine):
    case_id = opened(engine, cast.rising)
    with transaction(engine) as session:
        holds.silence_patient(session, cast.steady, "anna", now() + DAY, "on holiday", now())
        holds.silence_patient(session, cast.elsewhere, "hilda", now() + DAY, "elsewhere", now())
        holds.silence_ward(session, "hill", "hilda", now() + DAY, "not ours", now())
        holds.snooze(session, case_id, "anna", now() + DAY, "waits for the scan", now())
    log_in(client)
    page = words_of(client.get("/silences").text)
    assert "Patient silenced by anna" in page and f"Snooze of case {case_id}, asked for by anna" in page
    assert "elsewhere" not in page and "not ours" not in page
    client.cookies.clear()
    log_in(client, "root")
    assert post(client, "/silences", until=tomorrow(), reason="x").status_code == 403
    client.cookies.clear()
    log_in(client, "rita")
    assert client.get("/silences").status_code == 403


def test_one_person_is_offered_two_days_of_an_urgent_case_and_no_more(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    page = patient_page(client)
    field = page.partition(f'id="seen-until-{case_id}"')[2].partition("</select>")[0]
    assert "tomorrow morning" in field and "days)" not in field
    late = post(client, f"/cases/{case_id}/acknowledge", until=(now() + 3 * DAY).isoformat())
    assert late.status_code == 409 and "a snooze takes a second person" in late.text


def test_the_end_of_a_silence_is_recalled_in_its_last_quarter(client, cast, engine):
    with transaction(engine) as session:
        begins = now() - timedelta(hours=7)
        holds.silence_patient(session, cast.rising, "anna", begins + timedelta(hours=8), "x", begins)
        holds.silence_patient(session, cast.steady, "anna", begins + timedelta(hours=40), "x", begins)
    log_in(client)
    assert "Ends in" in words_of(patient_page(client))
    assert "Ends in" not in words_of(client.get("/patients/P-steady").text)


def test_the_end_of_an_answer_is_recalled_in_its_last_quarter(client, cast, engine):
    began, ends = now() - timedelta(hours=7), now() + timedelta(hours=1)
    case_id = opened(engine, cast.rising, ago=timedelta(days=2))

    def has_it(at, until, to=None):
        with transaction(engine) as session:
            if to is None:
                case_acts.acknowledge(session, case_id, "anna", at, until=until)
            else:
                case_acts.assign(session, case_id, "anna", to, at, until=until)

    log_in(client)
    has_it(began, now() + timedelta(hours=10))
    assert "Ends in" not in words_of(patient_page(client)) and "Ends soon" not in client.get("/").text
    has_it(began, ends, "berta")
    assert "then whoever is on duty is told again: the channels of this installation. Ends in 59 min." in (
        words_of(patient_page(client))
    )
    assert "berta has it until" in (listed := words_of(client.get("/").text)) and "Ends soon." in listed
    has_it(now(), ends + timedelta(hours=1), "berta")
    assert "Ends in" not in words_of(patient_page(client)), "she has said so again just now"


def test_the_end_of_an_answer_is_not_recalled_where_a_snooze_goes_on(client, cast, engine):
    case_id = opened(engine, cast.rising, "medium", ago=timedelta(days=2))
    log_in(client)
    with transaction(engine) as session:
        began = now() - timedelta(hours=7)
        case_acts.acknowledge(session, case_id, "anna", began, until=now() + timedelta(hours=1))
    assert "Ends soon." in words_of(client.get("/").text)
    with transaction(engine) as session:
        holds.snooze(session, case_id, "anna", now() + DAY, "waits for the scan", now())
    assert "Ends soon." not in words_of(client.get("/").text)
    assert "Ends in" not in words_of(patient_page(client))


@pytest.mark.parametrize(
    "fields", [{"until": ""}, {"until": "soon"}, {"until": "2026-05-04T10:00", "reason": "x"}]
)
def test_a_form_that_says_too_little_is_refused_in_a_sentence(client, cast, engine, fields):
    log_in(client)
    refused = post(client, "/patients/P-rising/silences", **{"reason": "x", **fields})
    assert refused.status_code == 422 and "/silences" not in words_of(refused.text)


@pytest.mark.parametrize("path", ["assign", "snooze", "reopen", "level/end", "level/agree"])
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
    assert "Not in force: it would cover urgent pain, so a second person has to agree." in page
    assert "Expected level, up to 8" in words_of(client.get("/").text)
    assert "I agree" not in page and post(client, f"/cases/{case_id}/level/agree").status_code == 409
    with transaction(engine) as session:
        create_account(session, "berta", HASHED, Role.CLINICIAN, "main")
    client.cookies.clear()
    log_in(client, "berta")
    assert "I agree" in words_of(patient_page(client))
    assert post(client, f"/cases/{case_id}/level/agree").status_code == 303
    assert "by anna (berta agrees)" in words_of(patient_page(client))
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
        case_acts.resolve(session, case_id, "anna", Outcome.ACTED, now())
        events = session.scalars(sa.select(CaseEvent).order_by(CaseEvent.id)).all()
    lines = [line for line in story(events, "x", ROME, now()) if line.what == "nobody was told"]
    assert [(line.times, line.said) for line in lines] == [(5, "anna has it until Mon 4 May, 14:00")]


def test_the_end_of_a_hold_says_which_of_the_two_hours_it_is_when_the_clocks_go_back(engine, cast):
    twice = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    with transaction(engine) as session:
        for patient, ends in zip((cast.rising, cast.steady), twice, strict=True):
            holds.silence_patient(session, patient, "anna", ends, "x", ends - DAY)
        zones = {cast.rising: ROME, cast.steady: ROME}
        marks = marks_of(session, User("anna", Role.CLINICIAN, "main"), zones, twice[0] - DAY / 24)
    assert "02:30 CEST" in marks[cast.rising][0] and "02:30 CET" in marks[cast.steady][0]


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
