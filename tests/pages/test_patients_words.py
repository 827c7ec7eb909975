"""The patient's own words on the ward's page: marked, escaped, and told in words."""

from __future__ import annotations

import uuid
from datetime import timedelta

from analytics.jobs.notes import read_notes
from api.pages.patients_words import NOTES_SHOWN, pieces_of
from store.database import now, transaction
from store.diary import add_ward_report
from store.notes import NoteFinding
from tests.pages.visits import log_in, words_of


def wrote(engine, patient_id, note, ago=timedelta(hours=1), read=True):
    at = now() - ago
    values = {"entry": uuid.uuid4(), "at": at, "received_at": at, "worst": 4, "detail": {"note": note}}
    with transaction(engine) as session:
        add_ward_report(session, patient_id, values)
    if read:
        read_notes(engine, now())


def page_of(client, code="P-rising"):
    log_in(client)
    return client.get(f"/patients/{code}").text


def test_findings_are_marked_and_denied_ones_are_struck_and_said_in_words(client, cast, engine):
    wrote(
        engine, cast.rising, "Throbbing in my left knee but no burning, maybe a cramp. My wife's back is bad"
    )
    page = page_of(client)
    assert '<mark title="quality: temporal">Throbbing</mark>' in page
    assert '<mark title="site: knee, left">left knee</mark>' in page
    denied = (
        '<mark title="quality: thermal; denied" class="denied"><s>burning</s> <small>(denied)</small></mark>'
    )
    assert denied in page
    assert "cramp <small>(not sure)</small>" in page
    assert "back <small>(somebody else)</small>" in page
    assert "In the patient's words" in page
    assert "burning (quality: thermal; denied)" in words_of(page)
    assert 'lang="en"' in page


def test_a_note_with_a_script_is_text(client, cast, engine):
    wrote(
        engine,
        cast.rising,
        '<script>alert("x")</script> burning & <b>"sharp</b> \'><img src=x onerror=alert(1)>',
    )
    page = page_of(client)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(" in page
    assert '<mark title="quality: thermal">burning</mark> &amp; &lt;b&gt;&#34;<mark' in page


def test_a_note_is_shown_to_the_letter(client, cast, engine):
    note = "line one: it burns\n  line two,  né più né meno 😀"
    wrote(engine, cast.rising, note)
    page = page_of(client)
    shown = page.split("<q", 1)[1].split("</q>", 1)[0].split(">", 1)[1]
    for tag in ("<mark", "</mark>"):
        while tag in shown:
            before, _, after = shown.partition(tag)
            shown = before + (after.partition(">")[2] if tag == "<mark" else after)
    assert shown == note


def test_a_note_that_waits_and_one_in_which_nothing_is_found_are_told_apart(client, cast, engine):
    wrote(engine, cast.rising, "The sun is out.")
    assert "(nothing recognised)" in words_of(page_of(client))
    wrote(engine, cast.rising, "burning", read=False)
    assert "(not read yet)" in words_of(page_of(client))


def test_the_newest_notes_come_first_and_the_rest_is_counted(client, cast, engine):
    for hours in range(1, NOTES_SHOWN + 3):
        wrote(engine, cast.rising, f"note number {hours}", timedelta(hours=hours))
    said = words_of(page_of(client))
    assert said.index("note number 1") < said.index("note number 2")
    assert f"note number {NOTES_SHOWN + 1}" not in said
    assert "2 more in these 28 days." in said


def test_without_notes_there_is_no_such_section(client, cast, engine):
    assert "In the patient's words" not in page_of(client)


def test_a_place_outside_of_the_text_marks_nothing():
    def finding(start, end):
        return NoteFinding(
            kind="site", value="knee", laterality=None, start=start, end=end, negated=False, uncertain=False,
            other_person=False,
        )  # fmt: skip

    pieces = pieces_of("my knee", [finding(3, 7), finding(4, 6), finding(5, 20)])
    assert "".join(piece.text for piece in pieces) == "my knee"
    assert [piece.text for piece in pieces if piece.label] == ["knee"]
