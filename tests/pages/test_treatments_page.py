"""Treatments on a patient's page: written down by hand, shown on the time axis, taken back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from api.pages.axis import LEFT, RIGHT, axis_of
from api.pages.treatment_form import Unreadable, end_of, instant, read
from api.pages.treatment_lane import ALONE, ROWS, lane
from store.database import now, transaction
from store.diary import Treatment
from store.results import save_day_indices
from tests.pages.visits import audit, log_in, post, words_of

ROME = ZoneInfo("Europe/Rome")
PAGE = "/patients/P-rising"
FOUR_DAYS = [date(2026, 5, 1) + timedelta(days=i) for i in range(4)]
AXIS = axis_of(FOUR_DAYS, ROME)
DAY = timedelta(days=1)
_id = iter(range(1, 1000))


def given(kind: str, at: datetime, until: datetime | None = None, **more) -> Treatment:
    return Treatment(id=next(_id), kind=kind, at=at, until=until, **more)


def kept(engine: sa.Engine) -> list[Treatment]:
    with transaction(engine) as session:
        return list(session.scalars(sa.select(Treatment).order_by(Treatment.id)))


def local(ago: timedelta) -> str:
    return f"{(now() - ago).astimezone(ROME):%Y-%m-%dT%H:%M}"


def test_a_nurse_writes_a_treatment_down_and_sees_it_on_the_axis_and_in_the_list(client, cast, engine):
    log_in(client)
    last = f"{(now() - DAY).astimezone(ROME):%Y-%m-%d}"
    answer = post(
        client, f"{PAGE}/treatments", kind="radiotherapy", at=local(3 * DAY), technique="SBRT <3>", fractions="3", until=last, site="L3",
    )  # fmt: skip
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}#treatments")
    [one] = kept(engine)
    assert (one.kind, one.technique, one.fractions, one.site, one.entered_by) == (
        "radiotherapy",
        "SBRT <3>",
        3,
        "L3",
        "anna",
    )
    assert abs(one.at - (now() - 3 * DAY)) < timedelta(minutes=2)
    assert f"{one.until.astimezone(ROME):%Y-%m-%d %H:%M}" == f"{last} 23:59"
    page = client.get(PAGE).text
    assert "✳ radiotherapy" in page, "on the chart, a sign with its word"
    assert 'class="course"' in page
    assert "radiotherapy SBRT <3>, 3 fractions, L3, until" in words_of(page)
    assert [entry.patient_id for entry in audit(engine, "treatment.add")] == [cast.rising]


def test_the_same_form_twice_is_one_treatment(client, cast, engine):
    log_in(client)
    for _ in range(2):
        assert post(client, f"{PAGE}/treatments", kind="surgery", at="2026-05-04T10:00").status_code == 303
    assert len(kept(engine)) == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"kind": ""}, "Choose what was done."),
        ({"at": ""}, "Write date and time."),
        ({"at": "2026-03-29T02:30"}, "The clock went forward over that time"),
        ({"at": "2099-01-01T10:00"}, "The time lies before 2000, or more than a day ahead."),
        ({"fractions": "two"}, "Write the number of fractions in digits."),
        ({"fractions": "999"}, "There are 1 to 100 fractions."),
        ({"until": "x"}, "Write the last day of the course as a date."),
        ({"until": "2026-05-01"}, "until is before at"),
        ({"kind": "nerve_block", "fractions": "3"}, "fractions is only for radiotherapy."),
    ],
)
def test_what_cannot_be_read_comes_back_as_it_was_written_with_one_sentence(
    client, cast, engine, wrong, sentence
):
    log_in(client)
    said = {
        "kind": "radiotherapy",
        "at": "2026-05-04T10:00",
        "technique": 'ring "block"',
        "note": "after lunch",
        **wrong,
    }
    answer = post(client, f"{PAGE}/treatments", **said)
    assert answer.status_code == 422
    assert f"Not written down: {sentence}" in words_of(answer.text)
    assert 'value="ring &#34;block&#34;"' in answer.text and 'value="after lunch"' in answer.text
    assert kept(engine) == []


def test_a_treatment_that_was_entered_wrongly_is_gone_from_the_page_and_kept(client, cast, engine):
    log_in(client)
    post(client, f"{PAGE}/treatments", kind="opioid_up", at=local(DAY), note="10 to 15 mg")
    [one] = kept(engine)
    assert "△ opioid up" in words_of(client.get(PAGE).text)
    assert post(client, f"{PAGE}/treatments/{one.id}/withdraw").status_code == 303
    assert "No treatment is written down in these 28 days." in words_of(client.get(PAGE).text)
    assert kept(engine)[0].withdrawn_by == "anna"
    assert len(audit(engine, "treatment.withdraw")) == 1


def test_for_the_outsider_there_is_nobody_to_write_about(client, cast, engine):
    log_in(client, "hilda")
    assert post(client, f"{PAGE}/treatments", kind="surgery", at="2026-05-04T10:00").status_code == 404
    assert post(client, f"{PAGE}/treatments/1/withdraw").status_code == 404
    assert kept(engine) == []


def test_daily_opioids_stand_among_the_indices_and_say_what_they_are_not_for(client, cast, engine):
    log_in(client)
    assert "no diary" in words_of(client.get(PAGE).text)
    today = now().astimezone(ROME).date()
    common = {"patient_id": cast.rising, "index": "OME_mg", "method": "OME 2 cdc-2022", "unit": "mg", "worn_min": 0.0,
              "input_digest": b"x", "computed_at": now(), "provenance_id": None}  # fmt: skip
    reason = 'cannot be summed: the unit "ml" of morphine says no mass'
    rows = [
        {**common, "day": today, "value": 72.5, "reason": None},
        {**common, "day": today - DAY, "value": None, "reason": reason},
    ]
    with transaction(engine) as session:
        save_day_indices(session, rows)
    shown = words_of(client.get(PAGE).text)
    assert "Opioids: oral morphine equivalent, mg/day (analytics only, not for conversion)." in shown
    assert "Opioids mg" in shown and "72.5" in shown and reason in shown


def test_a_sign_stands_at_its_time_and_a_course_lasts_to_its_end():
    start = AXIS.start + DAY
    [sign] = lane([given("chemo", start, start + DAY, drug="FOLFOX", cycle=2)], AXIS, ROME)
    assert (sign.x, sign.width, sign.label) == (
        AXIS.x(start),
        round(AXIS.x(start + DAY) - AXIS.x(start), 2),
        "□ chemotherapy",
    )
    assert sign.words == "Sat 2 May, 00:00 CEST: chemotherapy, FOLFOX, cycle 2, until Sun 3 May"


def test_a_course_that_began_before_or_ends_after_is_cut_at_the_edge():
    [sign] = lane([given("hormone_therapy", AXIS.start - 30 * DAY, AXIS.end + 30 * DAY)], AXIS, ROME)
    assert (sign.x, round(sign.x + sign.width, 2)) == (LEFT, RIGHT)


def test_words_of_neighbours_stand_in_two_rows_and_a_third_keeps_its_sign():
    signs = lane([given("nerve_block", AXIS.start + i * timedelta(hours=1)) for i in range(3)], AXIS, ROME)
    assert [sign.y for sign in signs] == [*ROWS, ALONE]
    assert [sign.label for sign in signs] == ["◇ nerve block", "◇ nerve block", "◇"]


def test_near_the_right_edge_words_turn_to_the_left():
    [sign] = lane([given("neuromodulation", AXIS.end - timedelta(hours=1))], AXIS, ROME)
    assert (sign.anchor, sign.label_x < sign.x) == ("end", True)


def test_times_are_those_of_the_patient_s_clock():
    assert instant("2026-05-04T10:00", ROME) == datetime(2026, 5, 4, 8, tzinfo=UTC)
    assert instant("2026-10-25T02:30", ROME) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC), (
        "the first of the two"
    )
    assert end_of("2026-10-25", ROME) == datetime(2026, 10, 25, 22, 59, tzinfo=UTC)
    for wrong in ("2026-05-04T10:00Z", "0001-01-01T00:00", "9999-12-31T23:59", "today"):
        with pytest.raises(Unreadable):
            read(
                {
                    "kind": "surgery",
                    "at": wrong,
                    **dict.fromkeys(("technique", "fractions", "site", "until", "note"), ""),
                },
                ROME,
            )
    with pytest.raises(Unreadable):
        end_of("9999-12-31", ROME)


def test_every_field_of_the_form_has_a_label(client, cast, engine):
    log_in(client)
    text = client.get(PAGE).text
    fields = re.findall(r'<(?:input|select) id="(treatment-\w+)"', text)
    assert len(fields) == 7
    assert all(f'<label for="{name}">' in text for name in fields)
