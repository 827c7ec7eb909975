"""Recordings that other programs write as text."""

import numpy as np
import pytest

from analytics.recordings.read import read_recording
from analytics.recordings.recording import NotARecording
from tests.analytics.device_files import actilife, actiware, awd, condor


@pytest.fixture
def read(tmp_path):
    def _read(name, content, tz=None):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_recording(tmp_path / name, tz)

    return _read


def at(text: str) -> int:
    return int(np.datetime64(text, "us").astype(np.int64))


@pytest.mark.parametrize(
    ("code", "epoch_s"),
    [("1", 15), ("2", 30), ("4", 60), ("8", 120), ("20", 300), ("81", 2), ("C1", 5), ("C2", 10)],
)
def test_the_fourth_line_of_an_awd_is_the_epoch_length(read, code, epoch_s):
    recording = read("a.AWD", awd(["5", "6"], code))
    assert recording.epoch_s == epoch_s
    assert recording.t_us.tolist() == [at("2009-11-17T19:30"), at("2009-11-17T19:30") + epoch_s * 1_000_000]


def test_markers_and_light_of_an_awd_are_no_counts(read):
    assert read("a.awd", awd(["5", "6 M", "7M", "8 , 0.00", "9 , 120 M"])).activity.tolist() == [
        5,
        6,
        7,
        8,
        9,
    ]


def test_an_awd_that_is_cut_or_damaged_keeps_what_stands_before(read):
    recording = read("a.awd", awd(["5", "6", "x", "7"]))
    assert recording.activity.tolist() == [5, 6]
    assert recording.notes == ("Line 10 is no epoch: it and the 1 after it were left out.",)


def test_an_awd_counts_on_through_summer_time(read):
    recording = read("a.awd", awd(["1"] * 180, start=("29-Mar-2026", "01:30")), "Europe/Rome")
    assert recording.t_us[0] == at("2026-03-29T00:30")
    assert set(np.diff(recording.t_us).tolist()) == {60_000_000}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(awd(["1"], "7"), "epoch code '7' in line 4", id="unknown code"),
        pytest.param(awd(["1"], start=("31-Feb-2009", "19:30")), "lines 2 and 3", id="no such day"),
        pytest.param(awd(["1"], start=("17-Nov-09", "19:30")), "lines 2 and 3", id="a year of two digits"),
        pytest.param(awd(["1"], start=("17-Dez-2009", "19:30")), "lines 2 and 3", id="another language"),
        pytest.param(awd([]), "holds no epochs", id="no epochs"),
        pytest.param(b"rubbish", "not the Actiwatch recording", id="rubbish"),
    ],
)
def test_an_awd_that_is_no_recording_is_refused(read, content, says):
    with pytest.raises(NotARecording, match=says):
        read("a.awd", content)


def test_an_acttrust_report_is_read_day_first_and_by_its_integral(read):
    rows = ["02/01/2026 23:59:00;0;0;29.38;1851;109;41", "03/01/2026 00:00:00;0;0;29.38;8;1;0"]
    recording = read("a.txt", condor(rows))
    assert recording.t_us.tolist() == [at("2026-01-02T23:59"), at("2026-01-03T00:00")]
    assert (recording.activity.tolist(), recording.epoch_s) == ([1851, 8], 60.0)
    assert recording.notes == ("Activity is PIM.",)


def test_a_report_that_is_cut_keeps_its_whole_rows(read):
    rows = ["02/01/2026 23:59:00;0;0;29.38;1851;109;41", "03/01/2026 00:0"]
    recording = read("a.txt", condor(rows))
    assert recording.activity.tolist() == [1851]
    assert recording.notes[1] == "Row 2 is cut short: it and the 0 after it were left out."


@pytest.mark.parametrize(
    ("rows", "titles", "says"),
    [
        pytest.param([], "DATE/TIME;PIM", "holds no epochs", id="no rows"),
        pytest.param(
            ["02/01/2026 23:59:00;1"], "DATE/TIME;LIGHT", "column PIM, TAT or ZCM", id="no activity"
        ),
        pytest.param(["02/13/2026 23:59:00;1"], "DATE/TIME;PIM", "no calendar knows", id="no such month"),
        pytest.param(
            ["02/01/2026 25:59:00;1"], "DATE/TIME;PIM", "time of day that is none", id="no such hour"
        ),
        pytest.param(["02/01/2026 23:59:00;much"], "DATE/TIME;PIM", "no number", id="text"),
        pytest.param(["02/01/2026 23:59:00;1"], "TIME;PIM", "no table of epochs", id="no table"),
    ],
)
def test_a_report_that_is_no_recording_is_refused(read, rows, titles, says):
    with pytest.raises(NotARecording, match=says):
        read("a.txt", condor(rows, titles))


def exported(*stamps: str) -> bytes:
    rows = [
        f'"{i}","{day}","{time}","0","{i}","ACTIVE",'
        for i, (day, time) in enumerate((s.split() for s in stamps), 1)
    ]
    return actiware(rows)


def test_an_actiware_export_tells_the_order_of_its_dates_by_itself(read):
    day_first = exported("04/07/2015 23:59:30", "05/07/2015 00:00:00", "05/07/2015 00:00:30")
    assert read("a.csv", day_first).t_us[1] == at("2015-07-04T23:00")
    month_first = exported("07/04/2015 23:59:30", "07/05/2015 00:00:00", "07/05/2015 00:00:30")
    assert read("a.csv", month_first).t_us[1] == at("2015-07-04T23:00")


def test_a_day_that_could_lie_in_two_months_is_refused(read):
    with pytest.raises(NotARecording, match="may be a day of two months"):
        read("a.csv", exported("04/07/2015 09:00:00", "04/07/2015 09:00:30"))


def test_an_epoch_off_the_wrist_is_missing(read):
    rows = ['"1","14/07/2015","09:00:00","1","0","ACTIVE",', '"2","14/07/2015","09:00:30","0","12","ACTIVE",']
    recording = read("a.csv", actiware([*rows, '"3","14/07/2015","09:01:00","0","NaN","ACTIVE",']))
    assert np.isnan(recording.activity).tolist() == [True, False, True]
    assert recording.notes == ("1 epochs are missing: the device was off the wrist.",)
    assert (recording.tz, recording.epoch_s) == ("+01:00", 30.0)


def test_an_actiware_export_in_an_unknown_language_is_refused(read):
    with pytest.raises(NotARecording, match="English, Dutch, French, German or Italian"):
        read(
            "a.csv",
            '"Actiware-eksportfil"\n"Linje","Dato","Tid","Aktivitet"\n"1","1.1.2020","09:00:00","3"\n',
        )


def test_an_actiware_export_that_is_cut_says_what_was_promised(read):
    whole = exported("14/07/2015 09:00:00", "14/07/2015 09:00:30", "14/07/2015 09:01:00")
    recording = read("a.csv", whole[:-30])
    assert len(recording.t_us) == 2
    assert recording.notes == (
        "Row 3 is no epoch: it and the 0 after it were left out.",
        "The header promises 3 epochs, 2 are there.",
    )


def test_seconds_without_titles_are_an_axivity_export_by_its_own_clock(read):
    lines = "".join(f"{1_551_178_506 + k / 100:.4f},0.5,-0.25,{k / 64}\r\n" for k in (0, 1, 2, 4, 5, 30, 31))
    recording = read("a.csv", lines, "Europe/Rome")
    assert [len(stretch.xyz) for stretch in recording.segments] == [5, 2]
    assert recording.segments[0].t0_us == (1_551_178_506 - 3600) * 1_000_000


def test_an_axivity_export_that_is_cut_keeps_its_whole_lines(read):
    recording = read("a.csv", "1551178506.00,0,0,1\n1551178506.01,0,0,1\n1551178506.02,0,")
    assert recording.notes == ("Line 3 is no sample: it and the 0 after it were left out.",)


def test_epochs_that_ggir_made_up_are_missing(read):
    text = "timenum,ACC,invalidepoch,timestamp\n1,27.5,0,2022-06-02 07:00:00\n1,13.5,1,2022-06-02 07:01:00\n"
    recording = read("a.csv", text)
    assert recording.measure == "enmo_mg"
    assert np.array_equal(recording.activity, [27.5, np.nan], equal_nan=True)
    assert recording.notes == ("1 epochs that GGIR marks as invalid are missing.",)


def test_ggir_seconds_are_instants(read):
    recording = read("a.csv", "timenum,ACC\n1654153200.0,1\n1654153205.0,2\n", "Europe/Rome")
    assert recording.t_us.tolist() == [1_654_153_200_000_000, 1_654_153_205_000_000]


def test_a_zone_in_brackets_behind_a_stamp_cuts_the_days(read):
    text = "time,acc\n2014-05-07 13:29:50.439000+0100 [Europe/London],63\n2014-05-07 13:30:20.439000+0100 [Europe/London],\n"
    recording = read("a.csv", text)
    assert (recording.tz, recording.t_us[0]) == ("Europe/London", at("2014-05-07T12:29:50.439"))
    assert read("a.csv", text, "Asia/Tokyo").tz == "Asia/Tokyo"


def test_counts_of_three_axes_in_a_table_keep_their_order(read):
    text = "TimeStamp,axis1,axis2,axis3,steps,vm\n2015-03-04 00:00:00,3,4,12,7,13\n2015-03-04 00:01:00,0,0,0,0,0\n"
    recording = read("a.csv", text)
    assert recording.activity.tolist() == [13, 0]
    assert (recording.axes[0].tolist(), recording.steps.tolist()) == ([3, 4, 12], [7, 0])


def test_a_date_and_a_clock_of_twelve_hours_are_one_stamp(read):
    text = "Date,Time,Axis1,Axis2,Axis3\n6/27/2012,11:59 PM,3,4,0\n6/28/2012,12:00 AM,0,0,0\n"
    assert read("a.csv", text).t_us.tolist() == [at("2012-06-27T23:59"), at("2012-06-28T00:00")]


def test_a_recording_that_never_advances_its_date_is_explained(read):
    text = "time,activity\n2016-01-04 23:59:45,1\n2016-01-04 00:00:00,2\n2016-01-04 00:00:15,3\n"
    with pytest.raises(NotARecording, match="never advances its date: every row says 2016-01-04") as refused:
        read("a.csv", text)
    assert "put the date of its own day into each row" in str(refused.value)


def test_an_actilife_start_that_could_lie_in_two_months_follows_the_stated_format(read):
    recording = read("a.csv", actilife(["1,1,1"] * 30, date="4/7/2026"))
    assert recording.segments[0].t0_us == at("2026-04-07T11:45")
