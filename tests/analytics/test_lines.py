"""The small tables beside daily rows: events, and who the patients are."""

from __future__ import annotations

import gzip
from datetime import date

import pytest

from analytics.association.daily_rows import NotDailyRows
from analytics.daily_csv.attributes import read_attributes
from analytics.daily_csv.outcomes import read_events
from analytics.daily_csv.truth import read_truth
from analytics.escalation.watched import Event

TRUTH = """patient,scenario,family,what,kind,route,onset,end,count_from,count_to
S-1,flare,plain,event,flare,pain,2026-03-10,2026-03-20,2026-03-10,2026-03-17
S-1,flare,plain,event,decline,function,2026-03-01,2026-03-20,2026-03-01,2026-03-17
S-1,flare,plain,window,chemo,,2026-03-02,2026-03-04,,
S-2,stable,plain,nothing,,,,,,
"""


@pytest.fixture
def truth(tmp_path):
    file = tmp_path / "truth.csv.gz"
    file.write_bytes(gzip.compress(TRUTH.encode("utf-16")))
    return file


def test_of_a_simulated_truth_the_events_of_pain_count_whoever_reads_it(truth):
    told = read_truth(truth)
    assert told.simulated
    assert told.of("S-1", date(2026, 3, 1)) == [Event(9, 9, 16)]
    assert told.of("S-2", date(2026, 3, 1)) == []
    onset = date(2026, 3, 10).toordinal()
    assert read_events(truth).events == {"S-1": [(onset, onset + 10)]}


def test_an_event_without_an_end_goes_on_and_one_with_its_last_day_holds_that_day(tmp_path):
    file = tmp_path / "events.csv"
    file.write_text("patient,Onset,Last\nS-1,2026-03-10,\nS-2,2026-03-10,2026-03-10\n")
    found, onset = read_events(file).events, date(2026, 3, 10).toordinal()
    assert found["S-1"][0][1] > onset + 100_000
    assert found["S-2"] == [(onset, onset + 1)]


def test_what_is_missing_of_a_person_is_not_told(tmp_path):
    file = tmp_path / "attributes.csv"
    file.write_text("sex,patient,stage,height\nfemale,S-1,NA,\n,S-2,IV\n")
    assert read_attributes(file) == {"sex": {"S-1": "female"}, "stage": {"S-2": "IV"}}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"sex,patient\nfemale\n", "line 2 names no patient"),
        (b"sex,patient\nfemale,S-1\n\nmale,S-1\n", "lines 2 and 4 are of one patient"),
        (b"\x00\x01\x02", "is not text in UTF-8"),
        (b"\x1f\x8bcut", "is cut short or damaged"),
        (b'patient,sex\nS-1,"fe"male\n', "is no CSV that can be read"),
        (b"", "has no column 'patient': it has nothing"),
    ],
)
def test_a_table_that_cannot_be_read_is_one_sentence(tmp_path, content, says):
    file = tmp_path / "attributes.csv"
    file.write_bytes(content)
    with pytest.raises(NotDailyRows, match=says):
        read_attributes(file)
