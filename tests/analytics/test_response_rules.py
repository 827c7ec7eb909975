"""Which indices a response compares."""

from analytics.indices.nomenclature import DEFINITIONS
from analytics.response.rules import DAILY_INDICES

NO_LEVEL = {"hours", "sleep_onset", "sleep_offset"}  # the length of a day, and times of the clock


def test_every_index_of_a_day_is_compared_and_none_whose_window_mixes_both_sides():
    of_a_day = {one.name for one in DEFINITIONS if "day" in one.spans.split(", ")}
    states = {"not_worn_min", "no_data_min", "off_min", "steps"}  # stored only
    assert of_a_day - NO_LEVEL - states == set(DAILY_INDICES) - states
