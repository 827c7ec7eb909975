"""Simulated days as the messages of devices: what the server reads out of them is what the table says."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest

from ingest.decode import Decoded, Incoming, decode
from ingest.messages import Stream, up_topic
from simulate.cohort.members import members
from simulate.cohort.tables import dates_of
from simulate.member_messages import count_messages, diaries, epochs, phone_of, watches_of
from simulate.minutes_of_day import Figures, minutes_of_day

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 4, 21, 8, tzinfo=ROME)
LAST = date(2026, 4, 20)  #: clocks are put forward on 29 March


@pytest.fixture(scope="module")
def swapped():
    return members(1, 90, seed=4, scenarios=["device_swap"])[0]


@pytest.mark.parametrize("wear", [0.0, 0.2, 0.7, 0.95, 1.0])
def test_minutes_add_up_to_the_figures_of_their_day(wear: float) -> None:
    chance = np.random.default_rng(1)
    steps = 3000 if wear else 0
    day = Figures(steps, activity_mg=18.0, wear_fraction=wear, sleep_efficiency=84, io=96, ra=0.84)
    made = minutes_of_day(day, chance)
    assert made.worn.sum() == round(1440 * wear)
    assert 0.95 * day.steps <= made.steps.sum() <= day.steps, "nobody walks 180 steps a minute"
    assert (made.steps[made.worn == 0] == 0).all()
    if wear:
        assert made.enmo_mg[made.worn == 1].mean() == pytest.approx(18, abs=0.1)
    if wear >= 0.7:
        night = np.r_[made.enmo_mg[:360], made.enmo_mg[1410:]]
        day_median = np.median(made.enmo_mg[480:1290][made.worn[480:1290] == 1])
        assert 100 * (night < day_median).mean() == pytest.approx(96, abs=3)


def test_relative_amplitude_of_the_minutes_is_near_that_of_the_table() -> None:
    """M10 within the day and the quietest five hours of the night before, as an index takes them."""

    def amplitude(ra: float) -> float:
        day = Figures(3000, activity_mg=18.0, wear_fraction=1.0, sleep_efficiency=88, io=97, ra=ra)
        two = [minutes_of_day(day, np.random.default_rng(seed)).enmo_mg for seed in (1, 2)]
        most = np.convolve(two[1], np.full(600, 1 / 600), mode="valid").max()
        least = np.convolve(np.concatenate(two)[720:2160], np.full(300, 1 / 300), mode="valid").min()
        return float((most - least) / (most + least))

    for ra in (0.7, 0.8):
        assert amplitude(ra) == pytest.approx(ra, abs=0.06)


def test_every_entry_and_every_day_of_minutes_is_a_message_that_the_server_takes(swapped) -> None:
    sent = 0
    for name, stream, messages in [
        (phone_of(swapped), Stream.DIARY, diaries(swapped, LAST, ROME)),
        *(
            (watch.name, Stream.EPOCH, epochs(swapped, watch, LAST, ROME))
            for watch in watches_of(swapped, LAST)
        ),
    ]:
        for seq, message in enumerate(messages):
            taken = decode(Incoming(up_topic(name, stream), msgspec.msgpack.encode(message), None, NOW))
            assert isinstance(taken, Decoded), taken
            assert message.seq == seq
            sent += 1
    assert sent == count_messages(swapped, streams=True)


def test_entries_say_what_the_table_says(swapped) -> None:
    days = dates_of(swapped, LAST)
    told = {datetime.fromisoformat(one.at).date(): one for one in diaries(swapped, LAST, ROME)}
    worst = swapped.cohort.worst[swapped.index]
    assert set(told) == {day for day, value in zip(days, worst, strict=True) if not np.isnan(value)}
    for day, value in zip(days, worst, strict=True):
        assert np.isnan(value) or told[day].worst == value


def test_another_watch_goes_on_where_the_first_ends(swapped) -> None:
    watches = watches_of(swapped, LAST)
    assert len(watches) > 1
    assert watches[-1].last is None
    for one, following in pairwise(watches):
        assert one.last == following.first
        before = [message.t0 for message in epochs(swapped, one, LAST, ROME)]
        after = [message.t0 for message in epochs(swapped, following, LAST, ROME)]
        assert max(before) < min(after)


def test_days_of_minutes_do_not_overlap_where_clocks_change(swapped) -> None:
    made = [one for watch in watches_of(swapped, LAST) for one in epochs(swapped, watch, LAST, ROME)]
    lengths = {len(one.steps) for one in made}
    assert lengths == {1380, 1440}
    for one, following in pairwise(made):
        assert one.t0 + len(one.steps) * 60_000_000 <= following.t0


def test_the_same_days_again_are_the_same_bytes_and_other_days_other_names(swapped) -> None:
    def packed(last: date) -> list[bytes]:
        return [msgspec.msgpack.encode(one) for one in diaries(swapped, last, ROME)]

    assert packed(LAST) == packed(LAST)
    boots = {next(diaries(swapped, last, ROME)).boot for last in (LAST, date(2026, 4, 21))}
    assert len(boots) == 2
