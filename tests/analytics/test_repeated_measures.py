import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.association.repeated_measures import RepeatedMeasures, repeated_measures_correlation

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"


def test_two_patients_who_move_alike_at_different_levels_are_perfectly_linked():
    found = repeated_measures_correlation(list("aaabbb"), [1, 2, 3, 101, 102, 103], [9, 8, 7, 3, 2, 1])
    assert (found.r, found.dof, found.n_patients, found.n_days) == (-1, 3, 2, 6)
    assert found.p_iid == 0 and found.ci_iid is None and "perfect" in found.reasons["ci_iid"]


def test_by_hand():
    # Deviations x: -1 0 1 -1 1, y: -1 1 0 -2 2; sums 4, 10 and their product 5.
    found = repeated_measures_correlation(list("aaabb"), [1, 2, 3, 0, 2], [1, 3, 2, 0, 4])
    assert found.r == pytest.approx(5 / np.sqrt(4 * 10)) and found.dof == 2


def test_levels_between_patients_do_not_count():
    # The patient with more pain moves more, but within each of them it is the other way round.
    found = repeated_measures_correlation(list("aaabbb"), [1, 2, 3, 11, 12, 13], [3, 2, 1.5, 30, 29, 28])
    assert found.r < -0.9


def test_rows_that_miss_a_value_and_patients_with_one_row_are_left_out():
    whole = repeated_measures_correlation(list("aaabbb"), [1, 2, 4, 3, 1, 2], [2, 1, 3, 3, 2, 2])
    more = repeated_measures_correlation(
        [*"aaabbb", "a", "b", "lonely", "c", "c"],
        [1, 2, 4, 3, 1, 2, np.nan, 7, 5, 6, 8],
        [2, 1, 3, 3, 2, 2, 4, np.nan, 5, np.nan, 8],
    )
    assert more == whole and (more.n_patients, more.n_days) == (2, 6)


@pytest.mark.parametrize(
    "patient, x, y, says",
    [
        pytest.param([], [], [], "0 complete days of 0 patients", id="nobody"),
        pytest.param("ab", [1, 2], [2, 3], "0 complete days", id="one day each"),
        pytest.param("aa", [1, 2], [2, 3], "2 complete days of 1 patients", id="one pair"),
    ],
)
def test_too_little_data_is_said(patient, x, y, says):
    found = repeated_measures_correlation(list(patient), x, y)
    assert found.r is found.dof is found.p_iid is found.ci_iid is None
    assert says in found.reasons["r"] and found.reasons["r"].startswith("too little data: ")


def test_a_measure_that_never_changes_has_no_link():
    found = repeated_measures_correlation(list("aaabbb"), [0.1] * 3 + [0.7] * 3, [1, 2, 3, 4, 5, 7])
    assert found.r is None and found.reasons["r"] == "x never varies within a patient" and found.dof == 3


def test_one_degree_of_freedom_has_a_p_and_no_interval():
    found = repeated_measures_correlation(list("aaa"), [1, 2, 4], [2, 1, 3])
    assert found.dof == 1 and found.p_iid is not None and found.ci_iid is None


@pytest.mark.parametrize("x", [[1, np.inf, 2], [1, 2]])
def test_what_cannot_be_computed_with_is_refused(x):
    with pytest.raises(ValueError, match=r"finite|one length"):
        repeated_measures_correlation(list("aaa"), x, [1, 2, 3])


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 6), st.integers(3, 8), st.integers(0, 2**32 - 1), st.floats(-50, 50), st.floats(0.1, 9))
def test_shift_and_unit_of_a_measure_change_nothing(patients, days, seed, shift, unit):
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(patients), days)
    x, y = rng.normal(size=(2, len(who)))
    moved = repeated_measures_correlation(who, x * unit + shift * who, y)
    plain = repeated_measures_correlation(who, x, y)
    assert moved.r == pytest.approx(plain.r, abs=1e-9) and moved.p_iid == pytest.approx(plain.p_iid, abs=1e-9)
    assert plain.ci_iid[0] < plain.r < plain.ci_iid[1]
    swapped = repeated_measures_correlation(who, y, x)
    assert swapped.r == pytest.approx(plain.r, abs=1e-12)


def of_file(name: str, who: str, x: str, y: str) -> RepeatedMeasures:
    path = SHARED / "data" / "actigraphy" / "repeated" / f"rmcorr_{name}.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return repeated_measures_correlation(
        [row[who] for row in rows], [float(row[x]) for row in rows], [float(row[y]) for row in rows]
    )


@pytest.mark.recordings
@pytest.mark.skipif(not SHARED.exists(), reason="the reference data are not beside the project")
@pytest.mark.parametrize(
    "name, columns, r, dof, ci, patients, days",
    [
        pytest.param(
            *("bland1995", ("Subject", "PaCO2", "pH"), -0.5067697422, 38, (-0.7067146, -0.2318631), 8, 47),
            id="bland1995",
        ),
        pytest.param(
            *(
                "raz2005",
                ("Participant", "Age", "Volume"),
                -0.7044076985,
                71,
                (-0.8041530, -0.5660800),
                72,
                144,
            ),
            id="raz2005",
        ),
        pytest.param(
            *("gilden2010", ("sub", "rt", "acc"), -0.4060970321, 32, (-0.6543958, -0.0787453), 11, 44),
            id="gilden2010",
        ),
    ],
)
def test_published_data_give_the_published_values(name, columns, r, dof, ci, patients, days):
    found = of_file(name, *columns)
    assert found.r == pytest.approx(r, abs=1e-10) and found.dof == dof
    assert found.ci_iid == pytest.approx(ci, abs=6e-8)
    assert (found.n_patients, found.n_days, found.reasons) == (patients, days, {})
    peers = json.loads((SHARED / "reference" / "actigraphy_stats_repeated_measures.json").read_text())[
        "results"
    ]
    (peer,) = [value for key, value in peers.items() if key.startswith(f"rmcorr_{name}")]
    pingouin = peer["pingouin.rm_corr(data, x, y, subject)"]
    assert found.r == pytest.approx(pingouin["r"], abs=1e-10)
    assert found.p_iid == pytest.approx(pingouin["pval"], rel=1e-9)
