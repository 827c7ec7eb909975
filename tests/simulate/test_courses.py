from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simulate.bedside import BLOCK_S, HZ, Bedside
from simulate.connection import Address
from simulate.courses import Course
from simulate.device import Device
from simulate.diary import diary_of
from simulate.movement import minutes_of
from simulate.patient import Patient
from simulate.ward import SEED, patients_of, ward_patients
from simulate.wrist import SCALE_G, block

ROME = ZoneInfo("Europe/Rome")
NOON = datetime(2026, 7, 14, 12, 0, tzinfo=ROME)
SEEDS = range(1, 13)


def patient(course: Course, seed: int = 1, opened: datetime = NOON) -> Patient:
    return next(p for p in patients_of(ROME, opened, seed) if p.course is course)


def worst(course: Course, seed: int = 1, opened: datetime = NOON) -> list[int]:
    return [entry.worst for entry in diary_of(patient(course, seed, opened), opened)]


def rises(values: list[int]) -> bool:
    """Worst at least max(2, 30 %) above the median of the days before, on two of the last three reports."""
    above = 0
    for index in range(len(values) - 3, len(values)):
        usual = median(values[:index])
        above += values[index] >= usual + max(2, 0.3 * usual)
    return above >= 2


def week(course: Course, first: int, seed: int = 1):
    someone = patient(course, seed)
    today = NOON.date()
    return [minutes_of(someone, today + timedelta(days=first + k)) for k in range(7)]


def test_the_ward_has_twelve_patients_with_a_watch_and_a_phone_each():
    ward = ward_patients()
    assert ward[0] == ("DEMO-01", "demo-watch-01", "demo-phone-01")
    assert len({name for three in ward for name in three}) == 36
    assert len(ward) == len(Course) == 12


@pytest.mark.parametrize("seed", SEEDS)
def test_the_flare_says_seven_or_more_within_the_last_hours(seed):
    last = diary_of(patient(Course.FLARE, seed), NOON)[-1]
    assert last.worst >= 7
    assert timedelta(0) < NOON - datetime.fromisoformat(last.at) < timedelta(hours=2)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("course", [Course.DRIFT, Course.SLEEP_LED])
def test_a_rise_is_seen_by_the_rise_rule_and_stays_below_seven(course, seed):
    assert rises(worst(course, seed))
    assert max(worst(course, seed)) < 7


CALM = sorted(set(Course) - {Course.FLARE, Course.DRIFT, Course.SLEEP_LED})


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("course", [course for course in CALM if course is not Course.NOISY])
def test_the_others_are_calm_today(course, seed):
    values = worst(course, seed)
    assert not rises(values)
    assert values[-1] < 7


@pytest.mark.parametrize("course", Course)
def test_the_ward_shows_the_same_whatever_day_and_hour_it_is_opened(course):
    # Under the ward's own seed the noisy rater is calm, too; under another it may look like a rise.
    for day in range(40):
        values = worst(course, SEED, NOON + timedelta(days=11 * day, hours=7 * day))
        assert rises(values) == (course not in CALM)
        assert (values[-1] >= 7) == (course is Course.FLARE)


@pytest.mark.parametrize("seed", SEEDS)
def test_breakthrough_is_high_peaks_over_low_averages_with_episodes(seed):
    last = diary_of(patient(Course.BREAKTHROUGH, seed), NOON)[-14:]
    assert all(entry.worst - entry.average >= 3 for entry in last)
    assert 1.2 < np.mean([entry.breakthrough for entry in last]) < 5
    assert all(entry.rescue_doses <= entry.breakthrough for entry in last)


@pytest.mark.parametrize("seed", SEEDS)
def test_relief_follows_the_raised_opioid(seed):
    entries = diary_of(patient(Course.RELIEF, seed), NOON)
    doses = {dose: [e.worst for e in entries if e.doses[0].dose == dose] for dose in (30, 60)}
    assert np.mean(doses[30]) - np.mean(doses[60]) > 2
    assert entries[0].doses[0].dose == 30 and entries[-1].doses[0].dose == 60


def test_who_drops_out_has_answered_before_and_not_this_week():
    days = [datetime.fromisoformat(e.at).date() for e in diary_of(patient(Course.DROP_OUT), NOON)]
    assert len(days) > 8 and max(days) < NOON.date() - timedelta(days=6)
    assert all(m.worn.mean() > 0.95 for m in week(Course.DROP_OUT, -6))


def test_a_watch_in_a_drawer_is_not_worn_and_takes_no_step():
    for minutes in week(Course.IN_A_DRAWER, -6):
        assert not minutes.worn.any() and not minutes.steps.any() and minutes.enmo_mg.max() < 1
    assert all(m.worn.mean() > 0.9 for m in week(Course.IN_A_DRAWER, -15))
    assert not any(
        datetime.fromisoformat(e.at).date() >= date(2026, 7, 7)
        for e in diary_of(patient(Course.IN_A_DRAWER), NOON)
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_functional_decline_halves_movement_and_leaves_pain_alone(seed):
    first, last = (np.mean([m.enmo_mg.mean() for m in week(Course.DECLINE, k, seed)]) for k in (-28, -7))
    assert last < 0.75 * first
    someone = patient(Course.DECLINE, seed)
    assert {someone.about(someone.first_day + timedelta(days=k)).worst for k in range(29)} == {3.0}
    assert np.ptp(worst(Course.DECLINE, seed)) <= 3


@pytest.mark.parametrize("seed", SEEDS)
def test_movement_falls_after_an_infusion(seed):
    someone = patient(Course.CHEMO_DIPS, seed)
    tired = [someone.about(NOON.date() + timedelta(days=k)).movement for k in range(-28, 1)]
    assert min(tired) < 0.7 and sum(t < 1 for t in tired) == 9  # the end of one dip and all of the next
    means = [np.mean([m.enmo_mg.mean() for m in week(Course.CHEMO_DIPS, k, seed)[:4]]) for k in (-9, -4)]
    assert means[0] < means[1]


def test_nights_before_the_sleep_led_flare_are_restless():
    def moving_at_night(days):
        return np.mean([(m.enmo_mg[m.asleep] > 10).mean() for m in days])

    assert moving_at_night(week(Course.SLEEP_LED, -3)) > 3 * moving_at_night(week(Course.SLEEP_LED, -20))


def test_the_low_battery_is_low_and_the_others_are_not():
    charge = {p.course: p.battery_pct(NOON) for p in patients_of(ROME, NOON)}
    assert charge.pop(Course.LOW_BATTERY) < 10
    assert min(charge.values()) > 40


@pytest.mark.parametrize("seed", SEEDS)
def test_the_noisy_rater_uses_the_scale(seed):
    assert np.std(worst(Course.NOISY, seed)) > 1.0


def test_people_sleep_at_night_and_move_in_the_day():
    for minutes in week(Course.STABLE, -10):
        clock = np.arange(1440)
        night, day = (clock > 60) & (clock < 330), (clock > 540) & (clock < 1200)
        assert minutes.enmo_mg[night].mean() < 6 < 12 < minutes.enmo_mg[day].mean()
        assert 300 < minutes.steps.sum() < 12_000


@pytest.mark.parametrize("day, minutes", [(date(2026, 3, 29), 1380), (date(2026, 10, 25), 1500)])
def test_a_day_on_which_clocks_change_has_its_own_length(day, minutes):
    opened = datetime(2026, day.month, 30, 12, 0, tzinfo=ROME)
    made = minutes_of(patient(Course.STABLE, opened=opened), day)
    assert len(made.enmo_mg) == len(made.steps) == len(made.worn) == minutes


def test_right_after_midnight_today_has_its_entry_already():
    opened = datetime(2026, 7, 14, 0, 4, tzinfo=ROME)
    at = datetime.fromisoformat(diary_of(patient(Course.FLARE, opened=opened), opened)[-1].at)
    assert at.date() == opened.date() and at <= opened


def test_a_longer_diary_only_adds_at_its_end():
    someone = patient(Course.NOISY)
    short, long = diary_of(someone, NOON), diary_of(someone, NOON + timedelta(days=9))
    assert long[: len(short)] == short and len(long) > len(short)
    assert [e.seq for e in long] == list(range(len(long)))


@pytest.mark.parametrize("enmo_mg, asleep", [(1.5, True), (25.0, True), (20.0, False), (150.0, False)])
def test_samples_have_the_enmo_of_their_minute(enmo_mg, asleep):
    t0_us = 1_784_000_000_000_000
    xyz = np.concatenate(
        [block((1, 3), t0_us + k * 15_000_000, 750, 50.0, enmo_mg, asleep, True) for k in range(4)]
    )
    length = np.linalg.norm(xyz * SCALE_G, axis=1)
    assert 1000 * np.clip(length - 1, 0, None).mean() == pytest.approx(enmo_mg, abs=0.1)


def test_a_watch_on_the_table_lies_still_and_a_sleeper_turns():
    def hour(worn):
        t0_us = 1_784_000_000_000_000
        return SCALE_G * np.concatenate(
            [block((1, 3), t0_us + k * 15_000_000, 750, 50.0, 1.5, True, worn) for k in range(240)]
        )

    # The usual rule for not worn: standard deviation below 13 mg on at least two axes over an hour.
    assert (hour(worn=False).std(axis=0) < 0.013).sum() == 3
    assert (hour(worn=True).std(axis=0) < 0.013).sum() <= 1


def test_live_continues_at_the_level_of_the_epochs():
    someone = patient(Course.STABLE)
    nobody = Device(Address("127.0.0.1", 1, "nobody", None))
    bed = Bedside(someone, nobody, nobody)
    minutes = minutes_of(someone, NOON.date())
    for minute in (180, 720, 1000):
        t0_us = minutes.t0_us + minute * 60_000_000
        sent = [bed.raw(k, t0_us + k * BLOCK_S * 1_000_000) for k in range(60 // BLOCK_S)]
        xyz = np.concatenate([np.frombuffer(m.xyz, "<i2").reshape(-1, 3) for m in sent]) * sent[0].scale
        assert len(xyz) == 60 * HZ
        enmo_mg = 1000 * np.clip(np.linalg.norm(xyz, axis=1) - 1, 0, None).mean()
        assert enmo_mg == pytest.approx(minutes.enmo_mg[minute], abs=0.2)
