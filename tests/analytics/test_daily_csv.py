"""A CSV of daily rows to blocks of patients side by side: nothing is lost, doubled or moved on the way."""

import io
from datetime import date, timedelta

import numpy as np
import pytest

from analytics.association.daily_rows import NotDailyRows
from analytics.daily_csv import reading
from analytics.daily_csv.blocks import batches
from analytics.daily_csv.document import as_json, risks_as_json
from analytics.daily_csv.one_a_day import one_a_day
from analytics.daily_csv.reading import read_csv_rows
from analytics.escalation.screening import DayDecision, Tier, screen

FIRST = date(2026, 1, 1)
NAN = float("nan")


def days_of(text):
    return one_a_day(read_csv_rows(io.BytesIO(text.encode()), "rows.csv"), "rows.csv")


def blocks_of(days, most_days):
    return [rows for batch in batches(days, most_days) for rows in batch.blocks()]


def test_a_block_holds_what_the_file_says_and_nothing_where_it_says_nothing():
    days = days_of(
        "patient,day,average,ra,device,treatment\n"
        "anna,2026-01-03,3.5,1.0000000000000002,w2,Chemo| nerve_block;yoga\n"
        "bea,2025-12-31,-0,,w1,none\n"
        "anna,2026-01-01,2,0.5,w1,\n"
        "bea,2026-01-01,NA,,,\n"
    )
    (rows,) = blocks_of(days, 100)
    assert rows.patients == ("anna", "bea") and rows.first_day == (FIRST, date(2025, 12, 31))
    assert rows.days.tolist() == [3, 2] and rows.shape == (2, 3)
    np.testing.assert_array_equal(rows.of("average"), [[2, NAN, 3.5], [0, NAN, NAN]])
    np.testing.assert_array_equal(rows.of("ra"), [[0.5, NAN, 1], [NAN, NAN, NAN]])
    assert not np.signbit(rows.of("average")).any() and "worst" not in rows.numbers
    first, second = rows.device[0, 0], rows.device[0, 2]
    assert rows.device.tolist() == [[first, -1, second], [first, -1, -1]] and first != second
    assert rows.treatments == {(0, 2): frozenset({"chemo", "nerve_block", "yoga"})}


@pytest.mark.parametrize("most_days", [1, 7, 60, 500, 100_000])
def test_every_patient_is_in_one_block_whole_whatever_fits_at_once(most_days):
    rng = np.random.default_rng(1)
    lengths = {f"p{k}": int(rng.integers(1, 90)) for k in range(40)} | {"long": 700}
    lines = [
        f"{who},{FIRST + timedelta(days=k)},{rng.integers(0, 11)}"
        for who in lengths
        for k in range(lengths[who])
    ]
    days = days_of("patient,day,worst\n" + "\n".join(lines))
    at_once = [batch.patients for batch in batches(days, most_days)]
    assert sum(at_once, ()) == tuple(lengths)
    assert all(len(some) == 1 or sum(map(lengths.get, some)) <= most_days for some in at_once)
    found = {}
    for rows in blocks_of(days, most_days):
        assert 2 * rows.days.min() >= rows.shape[1] == rows.days.max()
        for k, who in enumerate(rows.patients):
            assert who not in found and np.isnan(rows.of("worst")[k, rows.days[k] :]).all()
            found[who] = rows.of("worst")[k, : rows.days[k]].tolist()
    asked = {who: [] for who in lengths}
    for line in lines:
        asked[line.split(",")[0]].append(float(line.split(",")[2]))
    assert found == asked


def test_what_is_decided_does_not_depend_on_who_is_judged_beside_whom():
    rng = np.random.default_rng(2)
    lines = [
        f"p{k},{FIRST + timedelta(days=d)},{rng.integers(0, 9)},{rng.integers(2, 11)},{rng.integers(500, 9000)}"
        for k in range(12)
        for d in range(int(rng.integers(10, 60)))
        if rng.random() > 0.3
    ]
    days = days_of("patient,day,average,worst,steps\n" + "\n".join(lines))
    alone, together = (
        sorted(as_json(one) for rows in blocks_of(days, most) for one in screen(rows).decisions())
        for most in (1, 10_000)
    )
    assert alone == together and alone


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_a_line_is_named_as_an_editor_counts_it(monkeypatch, chunk):
    monkeypatch.setattr(reading, "CHUNK", chunk)
    text = 'note,patient,day,worst\n\n"two\r\nlines",p,2026-01-01,1\n' + ",p,2026-01-02,1\n" * 40 + "\n,,,\n"
    with pytest.raises(NotDailyRows, match=r"rows.csv: line 47 has a number in worst that is not 0 to 10"):
        days_of(text + ",p,2026-01-02,12\n")


def test_of_rows_for_a_day_the_last_known_value_counts_and_a_copy_is_none():
    head = "patient,day,average,worst,device,treatment\n"
    one, other, third = "p,2026-01-01,2,,w1,\n", "p,2026-01-01,,5,,chemo\n", "p,2026-01-01,4,,w2,\n"
    days = days_of(head + one + other + third + other + one)
    assert [days.numbers[name].tolist() for name in ("average", "worst")] == [[4], [5]]
    assert days.treatments[days.treatment[0]] == {"chemo"}
    copies, corrected = days.notes
    assert copies.endswith("count once: 2") and corrected.endswith("counts: 1")


def test_a_thousand_rows_for_one_day_are_still_one_day():
    rows = [f"p,2026-01-01,{k % 11},{k % 7}\n" for k in range(5000)]
    days = days_of("patient,day,average,worst\n" + "".join(rows))
    assert days.day.tolist() == [FIRST.toordinal()] and days.notes[0].endswith("4,923")
    assert [days.numbers[name].tolist() for name in ("average", "worst")] == [[76 % 11], [76 % 7]]


def test_more_rows_than_fit_in_memory_are_refused(monkeypatch):
    monkeypatch.setattr(reading, "MOST_ROWS", 3)
    with pytest.raises(NotDailyRows, match="more than 3 rows"):
        days_of("patient,day\n" + "p,2026-01-01\n" * 4)


def test_a_line_without_end_is_refused_before_it_is_in_memory(monkeypatch):
    monkeypatch.setattr(reading, "LONGEST_LINE", 1000)
    with pytest.raises(NotDailyRows, match="line 2 is no line of text"):
        days_of("patient,day\n" + "p" * 5000)


def test_what_is_not_known_is_null_in_json_and_numbers_of_numpy_are_numbers():
    evidence = {"usual": np.float64(3.5), "days": np.int64(4), "spread": NAN, "last": np.array([1.0, NAN])}
    told = as_json(DayDecision("p", FIRST, Tier.CHECK_IN, "why", None, evidence))
    assert told == (
        b'{"patient":"p","day":"2026-01-01","tier":"check_in","reason":"why","score":null,'
        b'"evidence":{"usual":3.5,"days":4,"spread":null,"last":[1.0,null]}}'
    )
    assert risks_as_json("p", FIRST, np.array([0.12345678, NAN])) == [
        b'{"patient":"p","day":"2026-01-01","p_flare_7d":0.123457}',
        b'{"patient":"p","day":"2026-01-02","p_flare_7d":null}',
    ]
