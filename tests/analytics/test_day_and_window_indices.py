import json
import math
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analytics.days import day_bounds
from analytics.indices.daily import day_and_window_indices, indices_of_days, prepare
from analytics.indices.index import Index
from analytics.indices.nomenclature import STORED
from analytics.indices.recording import recording_indices
from analytics.recordings.read import read_recording
from analytics.recordings.recording import EpochRecording

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "actigraphy"
ROME = ZoneInfo("Europe/Rome")
FIRST = date(2026, 3, 1)
NAMES = {D.name for D in STORED if D.spans != "stored local day"}


def steady_patient(days: int) -> tuple[np.ndarray, np.ndarray]:
    """Asleep from 23:00 to 07:00 on the wall, else on the move; 2026-03-29 has 23 hours."""
    start, end = day_bounds(FIRST, ROME)[0], day_bounds(FIRST + timedelta(days=days), ROME)[0]
    t = np.arange(start, end, 60_000_000)
    wall = np.array([datetime.fromtimestamp(at / 1e6, ROME).hour for at in t[::60].tolist()]).repeat(60)
    return t, np.where((wall < 7) | (wall >= 23), 1.0, 50.0)


def by_name(indices: list[Index]) -> dict[str, Index]:
    assert len(indices) == len(NAMES) and {index.name for index in indices} == NAMES
    return {index.name: index for index in indices}


def test_a_steady_patient_through_the_clock_change():
    t, x = steady_patient(40)
    prepared = prepare(t, x, 60.0, None, np.ones(len(t)), ROME, "mg")
    found = by_name(day_and_window_indices(prepared, date(2026, 4, 5)))
    assert found["IS"].value == pytest.approx(1) and found["io"].value == 100
    assert (found["L5"].value, found["M10"].value) == (1, 50)
    assert (found["L5_onset"].shown, found["M10_onset"].shown) == ("00:00", "07:00")
    change = by_name(day_and_window_indices(prepared, date(2026, 3, 29)))
    assert (change["hours"].value, change["steps"].value) == (23, 23 * 60)
    assert (change["L5_day"].value, change["M10_day"].value) == (1, 50)


def test_a_window_sees_only_the_days_that_end_with_its_day():
    t, x = steady_patient(40)
    x[t >= day_bounds(FIRST + timedelta(days=30), ROME)[0]] *= 10
    prepared = prepare(t, x, 60.0, None, None, ROME, "mg")
    assert by_name(day_and_window_indices(prepared, FIRST + timedelta(days=29)))["M10"].value == 50
    later = by_name(day_and_window_indices(prepared, FIRST + timedelta(days=39), window_days=10))
    assert later["M10"].value == 500
    mixed = by_name(day_and_window_indices(prepared, FIRST + timedelta(days=39), window_days=20))
    assert mixed["M10"].value == pytest.approx(275)


def test_nights_of_the_last_week_make_the_dichotomy():
    t, x = steady_patient(20)
    restless = day_bounds(FIRST + timedelta(days=9), ROME)
    up = restless[0] + 3 * 3_600_000_000
    x[(t >= up) & (t < up + 20 * 60_000_000)] = 60  # from 03:00 to 03:20 on one night
    prepared = prepare(t, x, 60.0, None, None, ROME, "mg")
    assert by_name(day_and_window_indices(prepared, FIRST + timedelta(days=9)))["io"].value < 100
    assert by_name(day_and_window_indices(prepared, FIRST + timedelta(days=16)))["io"].value == 100


def test_a_day_without_data_has_reasons_and_no_zeros():
    t, x = steady_patient(3)
    prepared = prepare(t, x, 60.0, None, None, ROME, "mg")
    found = by_name(day_and_window_indices(prepared, FIRST + timedelta(days=60)))
    assert (found["worn_min"].value, found["hours"].value) == (0, 24)
    for name in NAMES - {"worn_min", "hours"}:
        assert found[name].value is None and found[name].reason


def test_a_patient_who_never_wore_anything_is_no_error():
    empty = np.zeros(0)
    prepared = prepare(empty.astype(np.int64), empty, 60.0, None, None, ROME, "mg")
    assert by_name(day_and_window_indices(prepared, FIRST))["worn_min"].value == 0


def test_a_day_of_a_month_of_minutes_costs_a_few_milliseconds():
    t, x = steady_patient(60)
    prepared = prepare(t, x, 60.0, np.ones(len(t), bool), None, ROME, "mg")
    best = math.inf
    for _ in range(3):
        start = time.thread_time()  # of this thread: neighbours on the machine do not count
        indices_of_days(prepared, [FIRST + timedelta(days=k) for k in range(30, 40)])
        best = min(best, (time.thread_time() - start) / 10)
    assert best < 0.02


def test_a_recording_becomes_a_document():
    t, x = steady_patient(5)
    x[1000:1200] = np.nan
    document = recording_indices(EpochRecording(t, 60.0, x, "counts", "Europe/Rome", ROME))
    assert json.loads(json.dumps(document)) == document
    assert document["recording"]["IS"] == pytest.approx(1)
    assert document["recording"]["worn_min"] == 5 * 1440 - 200
    assert [day["day"] for day in document["days"]] == [f"2026-03-{d:02d}" for d in range(1, 6)]
    first = document["days"][0]
    assert first["L5_day"] is None and first["L5_day_reason"].startswith("too little data")
    assert first["hours"] == 24 and first["M10_day"] == 50 and "M10_day_reason" not in first
    assert document["provenance"]["tz"] == "Europe/Rome"
    assert document["provenance"]["activity"] == "counts"
    assert document["provenance"]["not_worn"] == []


def test_a_document_names_what_the_wear_rule_left_out():
    t, x = steady_patient(5)
    x[1440:2880] = 0
    document = recording_indices(EpochRecording(t, 60.0, x, "counts", "Europe/Rome", ROME))
    assert document["provenance"]["not_worn"] == [["2026-03-01T23:00:00Z", "2026-03-02T23:00:00Z"]]
    assert document["recording"]["worn_min"] == 4 * 1440
    kept = recording_indices(
        EpochRecording(t, 60.0, x, "counts", "Europe/Rome", ROME), worn=np.ones(len(t), bool)
    )
    assert kept["recording"]["worn_min"] == 5 * 1440 and kept["provenance"]["wear_rule"] == "given"


@pytest.mark.recordings
@pytest.mark.skipif(not SHARED.exists(), reason="the real recordings are not beside the project")
class TestRealFiles:
    def test_a_fortnight_of_a_healthy_person(self):
        recording = read_recording(SHARED / "epoch" / "depresjon" / "control_10.csv", "Europe/Oslo")
        document = recording_indices(recording)
        whole = document["recording"]
        assert whole["IS"] == pytest.approx(0.371513, abs=1e-6)
        assert whole["IV"] == pytest.approx(0.631171, abs=1e-6)
        assert (whole["L5_onset"], whole["M10_onset"]) == ("23:48", "06:06")
        assert 90 < whole["io"] < 100
        assert len(document["days"]) == 16

    def test_the_day_that_lost_an_hour_is_told_by_the_zone(self):
        recording = read_recording(SHARED / "epoch" / "depresjon" / "control_1.csv", "Europe/Oslo")
        days = {day["day"]: day for day in recording_indices(recording)["days"]}
        assert days["2003-03-30"]["hours"] == 23 and days["2003-03-29"]["hours"] == 24

    def test_raw_samples_become_a_document_of_minutes(self):
        document = recording_indices(read_recording(SHARED / "raw" / "agcounts_r" / "calibration_30hz.npz"))
        assert document["provenance"]["activity"] == "enmo_mg"
        assert document["recording"]["worn_min"] == pytest.approx(1244, abs=1)
        assert document["recording"]["mean_activity"] == pytest.approx(16.22, abs=0.01)
        assert document["recording"]["IS"] is None and "72" in document["recording"]["IS_reason"]
