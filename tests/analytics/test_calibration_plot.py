"""The calibration plot is a document of its own, with what it shows in words."""

import xml.etree.ElementTree as ET

import pytest

from analytics.figures.calibration_plot import calibration_plot

GROUPS = [
    {"days": 900, "predicted": 0.04, "observed": 0.05},
    {"days": 100, "predicted": 0.40, "observed": 0.30},
]


def test_each_group_is_a_circle_whose_area_goes_with_its_days():
    drawn = ET.fromstring(calibration_plot(GROUPS, "flare <7 d> & more", "simulated: 1,000 days", ["a note"]))
    small, large = sorted(
        (float(one.get("r")), float(one.get("cx"))) for one in drawn.findall(".//{*}circle[@class='group']")
    )
    assert small[0] < large[0] and small[1] > large[1]
    assert "Of 100 days said 0.400, came 0.300." in drawn.find("{*}desc").text
    assert drawn.find("{*}title").text == "Calibration: flare <7 d> & more"


def test_without_a_group_there_is_no_plot():
    with pytest.raises(ValueError, match="needs a group"):
        calibration_plot([], "", "")
