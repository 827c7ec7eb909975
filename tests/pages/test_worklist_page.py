"""What the worklist says, and what it never says."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.pages.visits import (
    HOUR,
    audit,
    decided,
    log_in,
    moved,
    opened,
    post,
    reported,
    words_of,
)


def test_a_case_is_listed_with_its_severity_its_age_and_its_reason(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    words = words_of(client.get("/").text)
    assert "▲ High P-rising Worst pain 8 today, 3 above the usual 5." in words
    assert f"case {case_id} · open for 3 h · open, nobody told yet" in words
    assert "P-elsewhere" not in words


def test_the_age_of_data_is_said_and_old_data_is_loud(client, cast, engine):
    moved(engine, cast.watch_1, ago=timedelta(minutes=3))
    moved(engine, cast.watch_2, ago=9 * HOUR + timedelta(minutes=5))
    reported(engine, cast.rising, 6, 40 * HOUR)
    log_in(client)
    page = client.get("/").text
    assert re.search(r'<span data-since="\d+"[^>]*>movement [34] min ago</span>', page)
    assert re.search(r'<span class="old" data-since="\d+"[^>]*>no movement data for 9 h</span>', page)
    assert re.search(r'<span class="old" data-since="\d+"[^>]*>no report for 40 h</span>', page)


def test_who_cannot_be_judged_is_never_shown_as_calm(client, cast, engine):
    decided(engine, cast.rising, "no evidence", "cannot judge: 2 of 7 days answered")
    decided(engine, cast.steady, "quiet", "worst pain 3, as usual")
    moved(engine, cast.watch_1, ago=timedelta(minutes=3))
    log_in(client)
    words = words_of(client.get("/").text)
    assert "? Cannot judge P-rising Cannot judge: 2 of 7 days answered" in words
    assert "No news P-steady No pain report yet" in words
    assert "No sign" not in words
    reported(engine, cast.steady, 3, HOUR)
    assert "– No sign P-steady Worst pain 3, as usual" in words_of(client.get("/").text)


def test_a_skipped_question_gives_its_reason(client, cast, engine):
    reported(engine, cast.rising, None, HOUR, skipped="too tired")
    log_in(client)
    assert "not answered too tired 60 min ago" in words_of(client.get("/").text).replace(
        "1 h ago", "60 min ago"
    )


def test_acknowledging_needs_no_script_and_names_the_person(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    done = post(client, f"/cases/{case_id}/acknowledge", back="/")
    assert (done.status_code, done.headers["location"]) == (303, "/")
    page = client.get("/").text
    assert "acknowledged by anna" in words_of(page)
    assert f"/cases/{case_id}/acknowledge" not in page
    assert [entry.patient_id for entry in audit(engine, "case.acknowledge")] == [cast.rising]


def test_a_fragment_is_the_inside_of_the_page(client, cast, engine):
    opened(engine, cast.rising)
    log_in(client)
    whole, part = client.get("/").text, client.get("/?fragment=1").text
    assert "<html" not in part and "<script" not in part
    assert "Worst pain 8 today" in part and "Worst pain 8 today" in whole


def test_an_empty_worklist_says_what_to_do_next(client, cast):
    log_in(client, "root")
    assert "Create a clinician account" in words_of(client.get("/").text)
    log_in(client, "rita")
    assert "ask the administrator for a token" in words_of(client.get("/").text)
    assert client.get("/patients/P-rising").status_code == 404
