"""Oral morphine equivalents of local days, worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from days.cut import day_start
from opioids.convert import Dose
from opioids.daily import NOT_LISTED, Entry, LocalDay, day_sums, once, worn

ROME = ZoneInfo("Europe/Rome")
HOUR = timedelta(hours=1)


def days(first: date, n: int, zone=UTC) -> list[LocalDay]:
    dates = [first + timedelta(days=i) for i in range(n)]
    return [LocalDay(day, day_start(day, zone), day_start(day + timedelta(days=1), zone)) for day in dates]


MAY = days(date(2026, 5, 4), 6)
START = MAY[0].start


def oral(
    hour: float, mg: float = 10, drug: str = "morphine", rescue: bool = False, route: str = "oral"
) -> Dose:
    return Dose(drug, mg, "mg", route, START + hour * HOUR, rescue)


def patch(hour: float, rate: float = 25, drug: str = "fentanyl") -> Dose:
    return Dose(drug, rate, "mcg/h", "patch", START + hour * HOUR)


def entry(hour: float, *doses: Dose) -> Entry:
    return Entry(START + hour * HOUR, doses)


def every_evening(*doses: Dose) -> list[Entry]:
    """All doses in the first entry, and one of each day that says that there were no more."""
    return [entry(20, *doses), *(entry(20 + 24 * i) for i in range(1, 6))]


def mg(found) -> list[float | None]:
    return [None if one.mg is None else round(one.mg, 9) for one in found]


def test_oral_doses_of_a_day_are_summed_and_rescue_doses_apart():
    doses = (
        oral(8, 30),
        oral(12, 10, rescue=True),
        oral(20, 20, "oxycodone"),
        oral(22, 5, "oxycodone", rescue=True),
    )
    [found] = day_sums([entry(23, *doses)], MAY[:1])
    assert (found.mg, found.rescue_mg, found.reason) == (30 + 10 + 30 + 7.5, 10 + 7.5, None)


def test_a_day_without_an_entry_that_lists_doses_has_no_number():
    silent, none = Entry(START + 20 * HOUR, None), entry(44)
    found = day_sums([silent, none], MAY[:3])
    assert [(one.mg, one.rescue_mg, one.reason) for one in found] == [
        (None, None, NOT_LISTED),
        (0.0, 0.0, None),
        (None, None, NOT_LISTED),
    ]


def test_a_dose_belongs_to_the_day_in_which_it_was_taken_and_not_to_that_of_its_entry():
    """Monday's evening dose is written down on Tuesday; Monday has an entry of its own, Sunday none."""
    found = day_sums(
        [entry(20, oral(8)), entry(32, oral(23, 5), oral(31, 7), oral(-2))], days(date(2026, 5, 3), 3)
    )
    assert mg(found) == [None, 15, 7]
    assert found[0].reason == NOT_LISTED


def test_midnight_begins_the_new_day():
    assert mg(day_sums([entry(1, oral(24), oral(23.999)), entry(25)], MAY[:2])) == [10, 10]


def test_a_patch_counts_72_hours_from_its_application():
    """25 mcg/h is 60 mg a day; applied at 18:00 it has 6, 24, 24 and 18 hours of its days."""
    found = day_sums(every_evening(patch(18)), MAY)
    assert mg(found) == [15, 60, 60, 45, 0, 0]


def test_a_later_patch_takes_the_place_of_an_older_one():
    found = day_sums(every_evening(patch(12), patch(36, 50)), MAY)
    assert mg(found) == [30, 30 + 60, 120, 120, 60, 0]


def test_patches_within_an_hour_are_worn_together():
    together = day_sums(every_evening(patch(0), patch(1, 12)), MAY)
    assert mg(together)[0] == pytest.approx(60 + 28.8 * 23 / 24)
    after = day_sums(every_evening(patch(0), patch(1.01, 12)), MAY)
    assert mg(after)[0] == pytest.approx(60 * 1.01 / 24 + 28.8 * 22.99 / 24)


def test_a_patch_that_is_taken_off_is_written_as_one_of_0():
    assert mg(day_sums(every_evening(patch(0), patch(12, 0)), MAY)) == [30, 0, 0, 0, 0, 0]


def test_a_patch_over_the_night_in_which_clocks_go_forward_counts_by_the_day_s_own_length():
    """Applied on 28 March at noon in Rome: 12 of 24 hours, all of 23, all of 24, then 13 of 24."""
    spring = days(date(2026, 3, 28), 4, ROME)
    entries = [Entry(day.start + HOUR, []) for day in spring]
    at = spring[0].start + 12 * HOUR
    entries.append(Entry(at, [Dose("fentanyl", 10, "mcg/h", "td", at)]))
    assert [day.end - day.start for day in spring][1] == 23 * HOUR
    assert mg(day_sums(entries, spring)) == [12, 24, 24, 13]


def test_a_patch_over_the_night_in_which_clocks_go_back():
    """Applied on 24 October at noon: 12 of 24 hours, all of 25, all of 24, then 11 of 24."""
    autumn = days(date(2026, 10, 24), 4, ROME)
    at = autumn[0].start + 12 * HOUR
    entries = [Entry(day.start, [Dose("fentanyl", 10, "mcg/h", "td", at)]) for day in autumn]
    assert mg(day_sums(entries, autumn)) == [12, 24, 24, 11]


def test_one_dose_that_cannot_be_converted_takes_the_number_from_its_day_and_from_no_other():
    entries = [entry(20, oral(8), oral(9, 5, route="iv")), entry(44, oral(30))]
    found = day_sums(entries, MAY[:2])
    assert (found[0].mg, found[0].rescue_mg) == (None, None)
    assert (
        found[0].reason == 'cannot be summed: morphine by the route "iv" has no factor in the table cdc-2022'
    )
    assert (found[1].mg, found[1].reason) == (10, None)


def test_an_analgesic_that_is_no_opioid_changes_no_sum_and_ends_no_patch():
    alone = day_sums(every_evening(oral(8), patch(12)), MAY)
    others = oral(9, 1000, "paracetamolo"), oral(10, 600, "ibuprofen", rescue=True, route="iv")
    plaster = Dose("lidocaine", 700, "mg", "patch", START + 30 * HOUR)
    assert day_sums(every_evening(oral(8), patch(12), *others, plaster), MAY) == alone
    assert mg(day_sums([entry(20, *others)], MAY[:1])) == [0]  # doses were listed, none of an opioid


def test_a_patch_without_a_factor_takes_the_number_as_long_as_it_may_be_worn():
    found = day_sums(every_evening(patch(12, 35, "buprenorphine")), MAY)
    assert mg(found) == [None] * 6
    replaced = day_sums(every_evening(patch(12, 35, "buprenorphine"), patch(48)), MAY)
    assert mg(replaced) == [None, None, 60, 60, 60, 0]


def test_the_same_dose_in_two_entries_counts_once_and_twice_in_one_entry_is_two_tablets():
    again = Dose("Morphine  Sulphate", 10, "MG", "po", START + 8 * HOUR, True)
    found = day_sums([entry(9, oral(8)), entry(20, again)], MAY[:1])
    assert (found[0].mg, found[0].rescue_mg) == (10, 10), "a rescue dose if one of them says so"
    assert mg(day_sums([entry(9, oral(8), oral(8)), entry(20, oral(8))], MAY[:1])) == [20]
    assert len(once([entry(9, oral(8)), entry(20, oral(8, 11), oral(8.1))])) == 3


def test_doses_outside_of_the_days_that_are_asked_for_are_left_out():
    far = Dose("fentanyl", 25, "mcg/h", "patch", datetime(9999, 12, 31, 23, tzinfo=UTC))
    assert mg(day_sums([entry(20, oral(8), far, oral(-500))], MAY[:1])) == [10]
    assert day_sums([entry(20, oral(8))], []) == []


HOURS = st.integers(-100, 150)
DOSES = st.one_of(
    st.builds(
        oral, HOURS, st.sampled_from([5.0, 10.0]), st.sampled_from(["morphine", "tramadol"]), st.booleans()
    ),
    st.builds(
        patch, HOURS, st.sampled_from([0.0, 12.5, 25.0]), st.sampled_from(["fentanyl", "fentanyl", "x"])
    ),
)
ENTRIES = st.lists(st.builds(lambda h, d: entry(h, *d), HOURS, st.lists(DOSES, max_size=4)), max_size=8)


@given(ENTRIES, st.randoms(use_true_random=False))
def test_the_order_in_which_entries_come_changes_nothing(entries, random: Random):
    mixed = list(entries)
    random.shuffle(mixed)
    assert day_sums(mixed, MAY) == day_sums(entries, MAY)


@given(ENTRIES)
def test_days_alone_have_the_sums_that_they_have_among_others(entries):
    together = day_sums(entries, MAY)
    assert [day_sums(entries, [day])[0] for day in MAY] == together
    for one in together:
        assert (one.mg is None) == (one.rescue_mg is None) == (one.reason is not None)
        assert one.mg is None or one.mg >= one.rescue_mg >= 0


@given(ENTRIES)
def test_no_two_patches_are_worn_longer_together_than_they_were_applied_apart(entries):
    spans = worn(once(entries))
    for one in spans:
        for other in spans:
            if other.start > one.start + HOUR:
                assert one.end <= other.start
