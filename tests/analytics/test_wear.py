from functools import partial
from pathlib import Path

import numpy as np
import pytest

from analytics.recordings.read import read_recording
from analytics.signal.epochs import epochs_of_minutes
from analytics.signal.wear import worn_by_counts, worn_by_stillness, worn_in_recording

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "actigraphy"
MINUTE_US = 60_000_000
HOUR = 60
NOISE = 1.3  #: the sway of a sensor on a table


judged = partial(worn_by_counts, zero_run_min=180)  #: three hours are easier to write down than a day


def minutes(n: int) -> np.ndarray:
    return np.arange(n) * MINUTE_US


def counts(*runs: tuple[int, float]) -> np.ndarray:
    return np.concatenate([np.full(n, value, float) for n, value in runs])


@pytest.mark.parametrize(
    "zeros, worn", [pytest.param(179, True, id="just under"), pytest.param(180, False, id="at the limit")]
)
def test_a_long_run_of_zeros_is_a_watch_in_a_drawer(zeros, worn):
    x = counts((100, 5), (zeros, 0), (100, 5))
    found = judged(minutes(len(x)), x, 60.0)
    assert found[100 : 100 + zeros].all() == worn
    assert found[:100].all() and found[100 + zeros :].all()


def test_one_count_is_a_sign_of_life():
    x = counts((120, 0), (1, 1), (120, 0))
    assert judged(minutes(len(x)), x, 60.0).all()


def test_a_hole_in_the_stamps_ends_a_run_of_zeros():
    t = minutes(240).copy()
    t[120:] += 30 * MINUTE_US
    assert judged(t, np.zeros(240), 60.0).all()
    assert not judged(minutes(240), np.zeros(240), 60.0).any()


def test_a_missing_value_ends_a_run_of_zeros():
    x = np.zeros(240)
    x[120] = np.nan
    assert judged(minutes(240), x, 60.0).all()


def test_the_limit_is_in_minutes_at_any_epoch():
    x = np.zeros(3 * HOUR * 2)
    assert not judged(np.arange(len(x)) * 30_000_000, x, 30.0).any()
    assert judged(np.arange(len(x) - 1) * 30_000_000, x[:-1], 30.0).all()


def test_no_epochs_are_no_error():
    assert len(judged(np.zeros(0, np.int64), np.zeros(0), 60.0)) == 0
    none = np.zeros((0, 12))
    assert len(worn_by_stillness(np.zeros(0, np.int64), none, none, np.zeros(0))) == 0


def worn_hours(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.gamma(1, 30, (n, 12)), rng.uniform(-60, 60, (n, 12))


def test_an_hour_without_any_change_is_not_worn():
    enmo, angle = worn_hours(np.random.default_rng(3), 6 * HOUR)
    enmo[2 * HOUR : 4 * HOUR] = 4.0
    angle[2 * HOUR : 4 * HOUR] = 11.0
    worn = worn_by_stillness(minutes(6 * HOUR), enmo, angle, np.full(6 * HOUR, NOISE))
    assert not worn[2 * HOUR : 4 * HOUR].any()
    assert worn[: 2 * HOUR].all() and worn[4 * HOUR :].all()


def test_a_sleeper_who_turns_over_is_wearing_the_watch():
    enmo, angle = np.full((3 * HOUR, 12), 2.0), np.full((3 * HOUR, 12), 20.0)
    angle[40:] = -30.0
    angle[95:] = 10.0
    angle[150:] = 50.0
    assert worn_by_stillness(minutes(3 * HOUR), enmo, angle, np.full(3 * HOUR, NOISE))[15:165].all()


def still_hours(hours, **known):
    n = hours * HOUR
    figures = minutes(n), np.full((n, 12), 2.0), np.full((n, 12), 20.0)
    return worn_by_stillness(*figures, **{"sway": np.full(n, NOISE), **known})


def test_a_sedated_patient_who_breathes_is_wearing_the_watch():
    assert still_hours(4, sway=np.full(4 * HOUR, 1.8)).all()


def test_a_few_minutes_of_footsteps_beside_a_table_are_no_life():
    sway = np.full(4 * HOUR, NOISE)
    sway[::3] = 40.0
    assert not still_hours(4, sway=sway).any()


def test_a_watch_as_warm_as_skin_is_worn_and_one_as_warm_as_a_room_is_not():
    assert still_hours(2, warmth_c=np.full(2 * HOUR, 32.5)).all()
    assert not still_hours(2, warmth_c=np.full(2 * HOUR, 28.0)).any()
    assert not still_hours(2, warmth_c=np.full(2 * HOUR, np.nan)).any()


def test_where_nothing_is_known_of_sway_stillness_decides():
    assert not still_hours(2, sway=np.full(2 * HOUR, np.nan)).any()
    little = np.full(2 * HOUR, np.nan)
    little[::4] = 9.0
    assert not still_hours(2, sway=little).any()


def test_an_hour_of_which_little_is_known_is_not_judged():
    enmo, angle = np.full((HOUR, 12), 2.0), np.full((HOUR, 12), 20.0)
    enmo[40:] = angle[40:] = np.nan
    assert worn_by_stillness(minutes(HOUR), enmo, angle, np.full(HOUR, NOISE)).all()


@pytest.mark.recordings
@pytest.mark.skipif(not SHARED.exists(), reason="the real recordings are not beside the project")
class TestRealFiles:
    def test_a_night_that_peers_call_worn_is_worn(self):
        segments = read_recording(SHARED / "raw" / "agcounts_r" / "calibration_30hz.npz").segments
        night = epochs_of_minutes(segments)
        assert worn_in_recording(night.t_us, night.enmo_5s_mg, night.anglez_5s_deg, segments).all()

    @pytest.mark.parametrize(
        "person, not_worn",
        [
            pytest.param("control_29", 0, id="longest zero run of 103 min is sleep"),
            pytest.param("condition_2", 0, id="a counter that idles at 3 is not caught"),
            pytest.param(
                "control_10", 0, id="a night of 765 min of zeros cannot be told from a watch on the table"
            ),
            pytest.param("control_3", 41_457, id="weeks in a drawer"),
        ],
    )
    def test_zero_runs_of_real_watches(self, person, not_worn):
        recording = read_recording(SHARED / "epoch" / "depresjon" / f"{person}.csv")
        worn = worn_by_counts(recording.t_us, recording.activity, recording.epoch_s)
        assert (~worn).sum() == not_worn
