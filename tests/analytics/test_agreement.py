"""Our indices beside those of other programs, on every shipped recording of more than a day."""

import numpy as np
import pytest

from analytics.indices.recording import recording_indices
from analytics.recordings.read import read_recording
from docs.agreement import PAGE, as_markdown, comparisons
from docs.peers import REFERENCE, SHARED, peers

pytestmark = [
    pytest.mark.recordings,
    pytest.mark.skipif(not REFERENCE.exists(), reason="the peers' documents are not beside the project"),
]
DEPRESJON = SHARED / "data" / "actigraphy" / "epoch" / "depresjon"


@pytest.fixture(scope="module")
def rows():
    return comparisons(peers())


def test_where_definitions_are_equal_the_values_are(rows):
    far = {
        (row.index, row.peer, row.conversion, name): row.found[name]
        for row in rows
        for name in row.found
        if row.tolerance is not None and row.distance(name) > row.tolerance
    }
    assert not far


def test_every_recording_is_compared(rows):
    by_index = {(row.index, row.peer): row for row in rows}
    assert len(by_index[("L5", "pyActigraphy 1.2.2")].found) >= 23
    assert len(by_index[("IS", "GGIR")].found) == 15
    for row in rows:
        assert len(row.found) >= 14, row.index


def test_the_page_of_differences_is_current(rows):
    assert PAGE.read_text(encoding="utf-8") == as_markdown(rows), "python -m docs.agreement"


@pytest.mark.parametrize(
    "person, onsets", [("control_1", ("02:00", "09:39")), ("control_7", ("02:10", "14:08"))]
)
def test_a_recording_over_the_clock_change_keeps_its_onsets(person, onsets):
    recording = read_recording(DEPRESJON / f"{person}.csv", "Europe/Oslo")
    document = recording_indices(recording, worn=np.ones(len(recording.t_us), bool))
    days = {day["day"]: day["hours"] for day in document["days"]}
    assert days["2003-03-30"] == 23 and set(days.values()) == {23, 24}
    whole = document["recording"]
    assert (whole["L5_onset"], whole["M10_onset"]) == onsets
