"""One patient: the chart, the figures, the case and its story."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from api.pages.words import device_clock, local
from ingest.batch import write_batch
from ingest.messages import Status
from store.alerts.cases import Case, CaseEvent
from store.calibrations import add_calibration
from store.database import now, transaction
from store.diary import add_ward_report
from store.people import Patient
from store.results import save_day_indices
from store.still_points import StillPointsRow
from store.zones import stay
from tests.cast import incoming, micro
from tests.made import calibration_row
from tests.pages.visits import (
    audit,
    log_in,
    moved,
    opened,
    post,
    reported,
    words_of,
)


def test_a_case_is_closed_with_an_outcome_and_its_story_stays(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    assert post(client, f"/cases/{case_id}/resolve", comment="called").status_code == 422
    post(client, f"/cases/{case_id}/comment", comment="called, <b>no answer</b>", back="/patients/P-rising")
    post(client, f"/cases/{case_id}/resolve", outcome="acted", comment="dose up", back="/patients/P-rising")
    page = client.get("/patients/P-rising").text
    assert "Acted: treatment or plan changed" in words_of(page)
    assert "called, &lt;b&gt;no answer&lt;/b&gt;" in page
    with transaction(engine) as session:
        kinds = session.scalars(sa.select(CaseEvent.kind).order_by(CaseEvent.id)).all()
    assert kinds == ["opened", "comment", "resolved"]


def test_times_are_those_of_the_place_and_the_page_says_where_the_patient_was(client, cast, engine):
    at = now().replace(minute=0, second=0, microsecond=0) - timedelta(days=3)
    with transaction(engine) as session:
        patient = session.get_one(Patient, cast.rising)
        stay(session, patient, "Asia/Tokyo", at, None)
    for there in (at - timedelta(hours=1), at + timedelta(hours=1)):
        values = {"entry": uuid.uuid4(), "at": there, "received_at": there, "worst": 3, "detail": {}}
        with transaction(engine) as session:
            add_ward_report(session, cast.rising, values)
    log_in(client)
    page = words_of(client.get("/patients/P-rising").text)
    before = local(at, ZoneInfo("Europe/Rome"))
    assert "Times in Asia/Tokyo (JST, now" in page
    assert f"Until {before} the zone was Europe/Rome." in page
    assert local(at - timedelta(hours=1), ZoneInfo("Europe/Rome")) in page
    assert local(at + timedelta(hours=1), ZoneInfo("Asia/Tokyo")) in page


def test_the_link_in_a_message_leads_to_the_case_on_the_patients_page(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    assert client.get(f"/cases/{case_id}").headers["location"] == f"/patients/P-rising#case-{case_id}"
    assert f'id="case-{case_id}"' in client.get("/patients/P-rising").text


def test_for_the_outsider_another_sites_patient_and_case_do_not_exist(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client, "hilda")
    for path in ("/patients/P-rising", f"/cases/{case_id}", "/patients/P-nobody"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "Go to the worklist" in words_of(answer.text)
    for action, fields in (
        ("acknowledge", {}),
        ("comment", {"comment": "x"}),
        ("resolve", {"outcome": "acted"}),
    ):
        assert post(client, f"/cases/{case_id}/{action}", **fields).status_code == 404
    with transaction(engine) as session:
        assert session.get(Case, case_id).state == "opened"


def test_every_look_is_written_down(client, cast, engine):
    log_in(client)
    client.get("/")
    client.get("/patients/P-rising")
    client.get("/patients/P-rising?fragment=1")
    assert [(e.actor, e.patient_id) for e in audit(engine, "worklist.view")] == [("anna", None)]
    looks = [(e.actor, e.patient_id, e.detail) for e in audit(engine, "patient.view")]
    assert looks == [("anna", cast.rising, None), ("anna", cast.rising, "refresh")]


def test_the_patients_page_has_one_chart_and_says_the_same_as_a_table(client, cast, engine):
    moved(engine, cast.watch_2, ago=timedelta(minutes=3), minutes=600)
    for days in (1, 2, 3):
        reported(engine, cast.rising, 4 + days, timedelta(days=days))
    opened(engine, cast.rising)
    log_in(client)
    page = client.get("/patients/P-rising").text
    assert page.count("<svg") == 1
    assert page.count('<circle class="worst"') == 3
    assert len(re.findall(r'<path class="skyline"', page)) == 1
    assert "3 pain reports, worst pain from 5 to 7" in unescape(page)
    assert page.count('class="midnight"') == 28
    assert "Times in Europe/Rome (CE" in words_of(page)


def test_too_little_data_is_said_with_its_reason_and_is_no_zero(client, cast, engine):
    today = now().date()
    row = {"patient_id": cast.rising, "day": today, "method": "1", "unit": "1", "worn_min": 100.0}
    row |= {"input_digest": b"x", "provenance_id": None, "computed_at": now(), "reason": None}
    reason = "too little data: 41 of 72 hours"
    with transaction(engine) as session:
        save_day_indices(
            session,
            [
                {**row, "index": "worn_min", "unit": "min", "value": 1325.0},
                {**row, "index": "TST_min", "unit": "min", "value": 431.0},
                {**row, "index": "sleep_efficiency", "unit": "%", "value": 91.25},
                {**row, "index": "RA", "value": 0.913},
                {**row, "index": "IS", "value": None, "reason": reason},
                {**row, "index": "IS", "day": today - timedelta(days=1), "value": 0.58},
                {**row, "index": "IV", "value": None, "reason": reason},
            ],
        )
    log_in(client)
    words = words_of(client.get("/patients/P-rising").text)
    assert "22 h 05 7 h 11 91.2 0.91 too little data 1 " in words
    assert f"1. {reason}" in words or reason in words.split("too little data 1")[1]


def test_an_index_that_none_of_the_days_has_is_a_sentence_and_no_column(client, cast, engine):
    log_in(client)
    words = words_of(client.get("/patients/P-rising").text)
    assert "No value on these days. Worn, Asleep," in words
    assert "I<O: not computed yet. Opioids: no diary." in words


def test_the_most_urgent_stands_first(client, cast, engine):
    opened(engine, cast.rising)
    log_in(client)
    page = client.get("/patients/P-rising").text
    parts = (
        "Case ",
        "Pain and activity, last",
        "Reports",
        "Treatments",
        "day by day",
        "Indices",
        "Diary link for",
    )
    places = [page.split("</header>")[1].index(part) for part in parts]
    assert places == sorted(places)


def test_the_page_says_how_far_a_clock_is_off(client, cast, engine):
    def seen(seq, device, offset):
        at = now()
        write_batch(engine, [incoming(device, Status(boot=1, seq=seq, at=micro(at - offset)), at=at)], at)

    log_in(client)
    assert "The clock of watch-2 was never checked" in words_of(client.get("/patients/P-rising").text)
    seen(0, "watch-2", timedelta())
    assert "The clock of watch-2 is right within 5 s." in words_of(client.get("/patients/P-rising").text)
    seen(0, "phone-2", -timedelta(hours=2, minutes=3, seconds=10))
    shown = words_of(client.get("/patients/P-rising").text)
    assert "The clock of phone-2 is 2 h 3 min ahead; its times are corrected." in shown
    assert "watch-1" not in shown


def test_the_page_says_how_far_a_device_is_calibrated(client, cast, engine):
    log_in(client)
    reason = "the postures do not cover the sphere: none beyond 0.3 g towards -z"
    with transaction(engine) as session:
        session.add(StillPointsRow(device_id=cast.watch_2, due_at=now(), looked_at=now(), reason=reason))
    shown = words_of(client.get("/patients/P-rising").text)
    assert f"watch-2 is not calibrated: {reason}." in shown
    with transaction(engine) as session:
        add_calibration(session, calibration_row(cast.watch_2))
        session.get_one(StillPointsRow, cast.watch_2).reason = None
    shown = words_of(client.get("/patients/P-rising").text)
    assert "watch-2 is calibrated (version 1, error 23.0 mg before, 3.9 mg after)." in shown


@pytest.mark.parametrize(
    ("offset", "said"),
    [
        pytest.param(timedelta(seconds=7.4), "7 s behind", id="seconds"),
        pytest.param(timedelta(days=26 * 365 + 124, hours=4), "26 y 124 d behind", id="years"),
        pytest.param(-timedelta(hours=3), "3 h ahead", id="whole hours"),
    ],
)
def test_an_offset_is_said_in_its_two_largest_units(offset, said):
    assert said in device_clock("watch-1", offset)
