"""The patient's own page, without a script: an answer, its correction, a day before, and none."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from analytics.jobs.screen import screen
from api.app import create_app
from api.diary.form import SITES
from api.settings import ApiSettings
from days.cut import day_of
from store.access import AuditEntry
from store.database import engine_for, now, transaction
from store.decisions import Decision
from store.diary import reports_of
from store.marks import DIARY
from store.results import StaleDay
from tests.pages.diaries import answer, given_link, hidden_in, opened_diary, reports, seen
from tests.pages.visits import HTML
from tests.ports import free_port

ROME = ZoneInfo("Europe/Rome")


@pytest.fixture
def form(client, cast, engine) -> str:
    """What Rising's phone shows after the link was opened."""
    return opened_diary(client, given_link(engine, cast.rising)[1])


def day_before(days: int):
    return day_of(now(), ROME) - timedelta(days=days)


def test_the_worst_pain_alone_is_an_answer_and_the_rule_will_look_at_it(client, cast, engine, form):
    saved = answer(client, form, worst="7")
    today = day_of(now(), ROME)
    assert (saved.status_code, saved.headers["location"]) == (303, f"/diary/saved?day={today}")
    [report] = reports(engine)
    assert (report.patient_id, report.worst, report.average, report.skipped) == (cast.rising, 7, None, None)
    assert now() - report.at < timedelta(seconds=30)
    with transaction(engine) as session:
        stale = session.scalars(sa.select(StaleDay).where(StaleDay.kind == DIARY)).one()
        assert (stale.patient_id, stale.day, stale.kind, stale.marks) == (cast.rising, today, DIARY, 1)
        entries = session.execute(sa.select(AuditEntry.actor, AuditEntry.action)).all()
    assert entries[-1] == ("patient (link 1)", "pain.add")
    assert {actor for actor, _ in entries} == {"patient (link 1)"}
    said = seen(client.get(saved.headers["location"]).text)
    for part in (
        "Your answer is saved",
        "Worst pain: 7 of 10",
        "What happens next",
        "Nobody watches this page",
    ):
        assert part in said


@pytest.mark.parametrize(
    "days, worst, verdict",
    [(0, "8", "fire"), (1, "8", None), (3, "8", None), (0, "2", "no evidence")],
)
def test_the_rule_judges_what_a_patient_said_on_the_page(client, engine, form, days, worst, verdict):
    answer(client, client.get(f"/diary?day={day_before(days)}").text, worst=worst)
    [report] = reports(engine)
    at = now()
    assert screen(engine, at) == 1
    with transaction(engine) as session:
        decision = session.scalars(sa.select(Decision)).one()
    # Yesterday evening may be more than 24 h ago: then it is late, and nothing to call anybody for; and after
    # three days it says nothing of now.
    age = at - report.at
    late = "no evidence" if age > timedelta(days=3) else "review" if age > timedelta(hours=24) else "fire"
    assert decision.verdict == (verdict or late)


def test_everything_that_was_told_is_stored_in_words_of_no_language(client, cast, engine):
    form = opened_diary(client, given_link(engine, cast.rising, "it")[1])
    fields = {
        "average": "5", "least": "2", "now": "4", "interference": "6", "breakthrough": "3", "rescue_doses": "2",
        "sites": ["lower_back", "hip"], "somewhere_else": "costato", "note": "Dopo la passeggiata.\r\nPoi meglio.",
    }  # fmt: skip
    assert answer(client, form, worst="8", **fields).status_code == 303
    [report] = reports(engine)
    scores = (report.worst, report.average, report.least, report.now, report.interference)
    assert (scores, report.breakthrough, report.rescue_doses) == ((8, 5, 2, 4, 6), 3, 2)
    assert report.detail == {
        "sites": ["lower back", "hip", "costato"],
        "note": "Dopo la passeggiata.\nPoi meglio.",
    }


def test_what_was_told_before_is_there_when_the_page_is_opened_again(client, engine, form):
    answer(client, form, worst="8", average="0", sites=["knee"], somewhere_else="rib", note="a <b> & c")
    again = client.get("/diary").text
    assert "You have answered for this day" in seen(again)
    for kept in (
        'name="worst" value="8" checked',
        'name="average" value="0" checked',
        'value="knee" checked',
    ):
        assert kept in again
    assert 'value="rib"' in again and "a &lt;b&gt; &amp; c" in again


def test_a_double_tap_and_a_reload_make_one_entry(client, engine, form, cast, migrated_url):
    with ThreadPoolExecutor(4) as taps:
        answers = list(taps.map(lambda _: answer(client, form, worst="6", note="once"), range(4)))
    assert [one.status_code for one in answers] == [303] * 4
    assert answer(client, form, worst="6", note="once").status_code == 303
    assert len(reports(engine)) == 1
    with transaction(engine) as session:
        assert session.scalars(sa.select(StaleDay.marks).where(StaleDay.kind == DIARY)).all() == [1]


def test_a_changed_answer_is_a_revision_of_the_same_entry_and_is_said_when_it_is_changed(
    client, cast, engine, form
):
    answer(client, form, worst="3", note="mild")
    with transaction(engine) as session:  # as if the first had been given in the morning
        session.execute(sa.text("UPDATE pain_report SET at = at - interval '1 minute'"))
    answer(client, client.get("/diary").text, worst="8")
    first, second = reports(engine)
    assert first.entry == second.entry
    assert (first.worst, second.worst, second.detail) == (3, 8, {})
    with transaction(engine) as session:
        [shown] = reports_of(session, cast.rising, now() - timedelta(days=2), now() + timedelta(hours=1))
    assert (shown.state, shown.revision, shown.scores["worst"]) == ("corrected", 2, 8)
    assert second.at > first.at


def test_a_second_phone_does_not_overwrite_unseen_what_the_first_one_saved(
    client, cast, engine, migrated_url
):
    token = given_link(engine, cast.rising)[1]
    app = create_app(ApiSettings(migrated_url, "http://testserver"))
    with TestClient(app, headers=HTML, follow_redirects=False) as other:
        theirs, ours = opened_diary(other, token), opened_diary(client, token)
        assert answer(other, theirs, worst="7", note="from the first phone").status_code == 303
        asked = answer(client, ours, worst="4", average="2")
        assert asked.status_code == 409
        assert "There is already another answer for this day" in seen(asked.text)
        assert 'name="worst" value="4" checked' in asked.text and len(reports(engine)) == 1
        assert answer(client, asked.text, worst="4", average="2").status_code == 303
    assert [report.worst for report in reports(engine)] == [7, 4]


def test_a_forgotten_day_is_filled_in_for_the_evening_of_that_day(client, cast, engine, form):
    yesterday = day_before(1)
    page = client.get(f"/diary?day={yesterday}").text
    assert "Worst pain on that day" in seen(page) and "Pain right now" not in seen(page)
    assert answer(client, page, worst="5").headers["location"] == f"/diary/saved?day={yesterday}"
    [report] = reports(engine)
    local = report.at.astimezone(ROME)
    assert (local.date(), local.hour, local.minute) == (yesterday, 20, 0)
    answer(client, client.get(f"/diary?day={yesterday}").text, worst="6")
    first, second = reports(engine)
    assert (first.at, second.worst) == (second.at, 6)  # a correction of a past day stays in its place
    assert "Yesterday" in seen(client.get("/diary").text)


def test_only_today_and_the_three_days_before_can_be_answered(client, engine, form):
    days = re.findall(r'href="/diary\?day=([\d-]+)"', form)
    assert days == [str(day_before(back)) for back in (1, 2, 3)]
    too_old = str(day_before(4))
    assert 'name="day" value="' + str(day_before(0)) in client.get(f"/diary?day={too_old}").text
    fields = {**hidden_in(form), "day": too_old, "as_of": too_old, "worst": "9", "note": "late"}
    asked = client.post("/diary", data=fields)
    assert asked.status_code == 409 and "too long ago to be saved" in seen(asked.text)
    assert 'name="worst" value="9" checked' in asked.text and ">\nlate</textarea>" in asked.text
    assert reports(engine) == []
    for wrong in ("2999-01-01", "soon", "", "0000-00-00", str(day_before(-1))):
        assert client.post("/diary", data={**fields, "day": wrong}).status_code == 409
    assert reports(engine) == []


def test_a_page_left_open_over_midnight_asks_for_which_day_it_is(client, engine, form):
    yesterday, today = str(day_before(1)), str(day_before(0))
    old = {**hidden_in(form), "day": yesterday, "as_of": yesterday, "seen": f"{yesterday}:none"}
    asked = client.post("/diary", data={**old, "worst": "6", "note": "kept"})
    assert asked.status_code == 409 and "A new day has begun" in seen(asked.text)
    assert 'name="worst" value="6" checked' in asked.text and "kept</textarea>" in asked.text
    assert f'name="day" value="{today}"' in asked.text and f'name="day" value="{yesterday}"' in asked.text
    assert reports(engine) == []
    chosen = client.post("/diary", data={**hidden_in(asked.text), "day": yesterday, "worst": "6"})
    assert chosen.headers["location"] == f"/diary/saved?day={yesterday}"
    assert [day_of(report.at, ROME) for report in reports(engine)] == [day_before(1)]


def test_who_does_not_want_to_answer_gives_a_reason_and_may_change_their_mind(client, cast, engine, form):
    assert answer(client, form, "no_answer", reason="too_tired").status_code == 303
    assert "you did not want to answer" in seen(client.get("/diary/saved?day=" + str(day_before(0))).text)
    [report] = reports(engine)
    assert (report.skipped, report.worst, report.detail) == ("too tired", None, {})
    answer(client, client.get("/diary").text, worst="2")
    with transaction(engine) as session:
        [shown] = reports_of(session, cast.rising, now() - timedelta(days=2), now() + timedelta(hours=1))
    assert (shown.state, shown.scores["worst"]) == ("corrected", 2)


def test_a_reason_in_own_words_is_kept_and_an_empty_one_is_asked_for(client, engine, form):
    asked = answer(client, form, "no_answer", reason="")
    assert asked.status_code == 422 and "Write the reason" in seen(asked.text)
    assert (
        answer(client, asked.text, "no_answer", reason="too_ill", another_reason="visita").status_code == 303
    )
    assert [report.skipped for report in reports(engine)] == ["visita"]


@pytest.mark.parametrize(
    "fields, sentence",
    [
        ({}, "Choose one number from 0 to 10 for the worst pain."),
        ({"worst": "11"}, "Choose one number from 0 to 10 for the worst pain."),
        ({"worst": "7.5"}, "Choose one number from 0 to 10 for the worst pain."),
        ({"worst": "-1"}, "Choose one number from 0 to 10 for the worst pain."),
        ({"worst": "5", "average": "lots"}, "Choose a number from 0 to 10, or “no answer”."),
        ({"worst": "5", "breakthrough": "1000"}, "Write a whole number from 0 to 99, or leave it empty."),
        ({"worst": "5", "rescue_doses": "two"}, "Write a whole number from 0 to 99, or leave it empty."),
        ({"worst": "5", "note": "x" * 2001}, "This text has 2001 characters, but only 2000 fit"),
        ({"worst": "5", "somewhere_else": "x" * 201}, "This text has 201 characters, but only 200 fit"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_a_sentence_at_the_field_and_nothing_is_lost(
    client, engine, form, fields, sentence
):
    told = {
        "average": "3",
        "interference": "6",
        "rescue_doses": "1",
        "sites": ["hip"],
        "note": "after a walk",
    }
    asked = answer(client, form, **{**told, **fields})
    assert asked.status_code == 422 and reports(engine) == []
    assert seen(asked.text).count(sentence) == 2  # above the form, leading to the field, and at the field
    field = re.search(r'href="#(\w+)"><?', asked.text.split('role="alert"')[1])[1]
    assert f'id="{field}-wrong"' in asked.text and 'aria-invalid="true"' in asked.text
    kept = {**told, **fields}
    assert kept["note"] in asked.text and 'name="interference" value="6" checked' in asked.text
    assert 'value="hip" checked' in asked.text and f'value="{kept["rescue_doses"]}"' in asked.text


def test_a_line_of_the_browser_is_one_character_and_nul_is_nothing(client, engine, form):
    lines = "\r\n".join(["x"] * 1000)  # 1,999 as the browser counts
    assert answer(client, form, worst="4", note=lines + "\0", somewhere_else="\0").status_code == 303
    [report] = reports(engine)
    assert report.detail == {"note": lines.replace("\r\n", "\n")}


def test_a_file_a_flood_of_fields_and_a_flood_of_bytes_do_no_harm(client, engine, form):
    hidden = hidden_in(form)
    assert client.post("/diary", data=hidden, files={"worst": ("x", b"7")}).status_code == 400
    assert client.post("/diary", data={**hidden, "worst": "4", "note": "x" * 1_000_001}).status_code == 413
    many = {**hidden, "worst": "4", **{f"f{i}": "x" for i in range(5000)}}
    assert client.post("/diary", data=many).status_code in (303, 400)
    said = seen(client.post("/diary", data={**hidden, "note": "x" * 1_000_001}).text)
    assert "This did not work" in said and "Nobody watches this page" in said and "worklist" not in said


def test_sites_that_are_none_of_the_list_are_left_out(client, engine, form):
    answer(client, form, worst="4", sites=["hip", "everywhere", "<script>"])
    assert [report.detail for report in reports(engine)] == [{"sites": ["hip"]}]
    assert len(SITES) == len(set(SITES))


def test_what_the_ward_added_to_an_entry_stays_when_the_patient_corrects_it(client, engine, form):
    answer(client, form, worst="4")
    with transaction(engine) as session:
        added = '{"doses": [{"drug": "x"}], "note": "n"}'
        session.execute(sa.text("UPDATE pain_report SET detail = CAST(:added AS jsonb)"), {"added": added})
    answer(client, client.get("/diary").text, worst="5")
    assert [report.detail for report in reports(engine)][1] == {"doses": [{"drug": "x"}]}


def test_a_saved_page_without_anything_saved_leads_to_the_form(client, form):
    assert client.get(f"/diary/saved?day={day_before(0)}").headers["location"] == "/diary"


def test_when_the_database_is_away_nothing_that_was_entered_is_lost(client, engine, form):
    app = client.app
    right = app.state.engine
    app.state.engine = engine_for(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    try:
        away = answer(client, form, worst="7", note='he said "ouch"', sites=["hip", "knee"])
        assert client.get("/diary").status_code == 503
    finally:
        app.state.engine.dispose()
        app.state.engine = right
    assert away.status_code == 503 and "could not be saved just now" in seen(away.text)
    fields = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', away.text)
    body = {name: [v.replace("&#34;", '"') for n, v in fields if n == name] for name, _ in fields}
    assert client.post("/diary", data=body).status_code == 303
    [report] = reports(engine)
    assert (report.worst, report.detail) == (7, {"sites": ["hip", "knee"], "note": 'he said "ouch"'})


def test_no_page_of_the_diary_has_a_script_or_style_inside_or_a_way_to_the_ward(client, engine, form):
    answer(client, form, worst="7")
    pages = [form, client.get(f"/diary/saved?day={day_before(0)}").text, client.get("/diary/nothing").text]
    pages.append(answer(client, client.get("/diary").text, worst="x").text)
    for page in pages:
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script", page)
        assert not re.search(r'(?:src|href|action)="(?!/diary|/static/|#)', page)
        assert "P-rising" not in page and "Nobody watches this page around the clock." in page


def test_the_notice_of_the_site_says_what_to_do_in_an_emergency(cast, engine, migrated_url):
    app = create_app(ApiSettings(migrated_url, "http://testserver", notice="Call 0123 at night."))
    with TestClient(app, headers=HTML, follow_redirects=False) as client:
        form = opened_diary(client, given_link(engine, cast.rising)[1])
        assert "or the emergency number. Call 0123 at night." in seen(form)
