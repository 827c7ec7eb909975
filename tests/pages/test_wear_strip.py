"""The strip of wear states, and what a nurse reads at 7 in the morning."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from html import unescape
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from analytics.jobs.days import compute_days
from api.pages.axis import LEFT, RIGHT, axis_of
from api.pages.wear_strip import State, bands, going_on, together, watch_now
from ingest.batch import write_batch
from ingest.messages import Epoch, Status
from store import people
from store.database import now, transaction
from store.wear_runs import Stretch
from tests.cast import incoming, micro
from tests.pages.visits import log_in, words_of

ROME = ZoneInfo("Europe/Rome")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SEVEN = datetime(2026, 5, 6, 5, tzinfo=UTC)  # 7:00 on a Wednesday in Rome


def states(*parts: tuple[float, str], end: datetime = SEVEN) -> list[State]:
    """(hours before `end` at which it began, state), each until the next."""
    edges = [end - hours * HOUR for hours, _ in parts] + [end]
    return [State(a, z, state) for (a, z), (_, state) in zip(pairwise(edges), parts, strict=True)]


@pytest.mark.parametrize(
    ("told", "moved", "said", "worn"),
    [
        pytest.param([(60, "worn"), (8 + 5 / 6, "not_worn")], 0.1, "not worn since Tue 22:10, as of 07:00", False, id="on the table"),
        pytest.param([(60, "worn"), (4, "off")], 4.1, "off or battery flat since 03:00", False, id="flat"),
        pytest.param([(240, "worn"), (190, "no_data")], 191, "no data since Tue 28 Apr, 09:00", False, id="for days"),
        pytest.param([(60, "worn")], 0.1, "worn since Sun 19:00, as of 07:00", True, id="worn"),
        pytest.param([(60, "worn"), (9, "no_data"), (8.5, "worn"), (0.2, "no_data")], 0.1, "worn since Sun 19:00, as of 06:48", True, id="slow ways"),
        pytest.param([(60, "worn"), (8 + 5 / 6, "not_worn"), (3, "worn"), (2.8, "not_worn"), (0.3, "worn")], 0.1, "not worn since Tue 22:10, as of 07:00", False, id="moved on the table"),
        pytest.param([(60, "worn"), (9, "no_data")], 0.5, "sends again, not judged yet", False, id="back"),
    ],
)  # fmt: skip
def test_what_a_nurse_reads_at_seven(told, moved, said, worn):
    moved_at = SEVEN - moved * HOUR
    found = watch_now(going_on(states(*told), SEVEN, moved_at), SEVEN, moved_at, ROME)
    assert found == (said, worn)


def test_a_silence_goes_on_after_it_was_judged_and_what_was_measured_does_not():
    judged = SEVEN - 3 * HOUR
    silent = states((9, "worn"), (0.2, "no_data"), end=judged)
    assert going_on(silent, SEVEN, judged - HOUR)[-1] == State(judged - 0.2 * HOUR, SEVEN, "no_data")
    assert (
        watch_now(going_on(silent, SEVEN, judged - HOUR), SEVEN, judged - HOUR, ROME)[0]
        == "no data since 03:48"
    )
    worn = states((9, "worn"), end=judged)
    assert going_on(worn, SEVEN, judged) == worn


def test_of_two_devices_the_better_word_is_shown():
    def stretch(device, a, z, state):
        return Stretch(device, SEVEN + a * HOUR, SEVEN + z * HOUR, state)

    found = together(
        [
            stretch("a", 0, 4, "worn"),
            stretch("a", 4, 9, "off"),
            stretch("b", 2, 6, "not_worn"),
            stretch("b", 12, 13, "no_data"),
        ]
    )
    assert [((s.start - SEVEN) / HOUR, (s.end - SEVEN) / HOUR, s.state) for s in found] == [
        (0, 4, "worn"), (4, 6, "not_worn"), (6, 9, "off"), (12, 13, "no_data"),
    ]  # fmt: skip
    assert together([]) == []


def test_the_strip_lies_on_the_axis_of_the_chart_and_says_its_times():
    days = [date(2026, 5, 5), date(2026, 5, 6)]
    axis = axis_of(days, ROME)
    told = [
        State(axis.start - DAY, axis.start + 12 * HOUR, "worn"),
        State(axis.start + 12 * HOUR, SEVEN, "off"),
    ]
    first, second = bands([State(axis.start - 9 * DAY, axis.start - DAY, "off"), *told], axis, SEVEN, ROME)
    assert (first.x, first.x + first.width) == (LEFT, pytest.approx(LEFT + (RIGHT - LEFT) / 4, abs=0.02))
    assert second.words == "Off or battery flat: Tue 5 May, 12:00 CEST to now"
    assert first.words == "Worn: Mon 4 May, 00:00 CEST to Tue 5 May, 12:00 CEST"


def lived(engine, since=timedelta(hours=60)):
    """Worn for a day, on the table for two hours, then flat."""
    at = now()
    start = (at - since).replace(second=0, microsecond=0)
    for hours, n, worn in ((0, 24, 1), (24, 2, 0)):
        begin = start + hours * HOUR
        sent = Epoch(
            boot=1, seq=hours, t0=micro(begin), epoch_s=60.0, counts=[9.0] * n * 60, worn=[worn] * n * 60
        )
        write_batch(engine, [incoming("watch-2", sent, at=begin + n * HOUR)], begin + n * HOUR)
    flat = Status(boot=1, seq=1, at=micro(start + 26 * HOUR), battery_pct=2.0)
    write_batch(engine, [incoming("watch-2", flat, at=start + 26 * HOUR)], start + 26 * HOUR)
    while compute_days(engine, at):
        pass
    return start + 26 * HOUR


def test_the_page_shows_the_four_states_and_since_when_the_watch_is_off(client, cast, engine):
    flat = lived(engine).astimezone(ROME)
    log_in(client)
    page = client.get("/patients/P-rising").text
    assert f"Watch: off or battery flat since {flat:%a %H:%M}" in words_of(page)
    for state in ("worn", "not_worn", "off", "no_data"):
        assert f'<rect class="wear {state}"' in page
    assert f"<title>Not worn: {flat - 2 * HOUR:%a}" in page
    assert "watch worn not worn off or battery flat no data" in words_of(page), "the legend says it in words"
    heads = "Day Worst pain Average pain Worn Not worn Off or flat No data Mean activity"
    assert heads in words_of(page)
    assert f"{flat:%a} {flat:%Y-%m-%d}" in words_of(page)
    assert "<script" not in page.split("<main")[1]
    assert "to now</title>" in unescape(page)


def test_a_patient_who_wears_nothing_any_more_is_told_nothing_of_a_watch(client, cast, engine):
    lived(engine)
    with transaction(engine) as session:
        people.end_wearing(session, people.device_by_name(session, "watch-2"), now() - HOUR)
    log_in(client)
    page = words_of(client.get("/patients/P-rising").text)
    assert "Watch:" not in page
    assert "Watch:" not in words_of(client.get("/patients/P-steady").text), "nothing ever came"
