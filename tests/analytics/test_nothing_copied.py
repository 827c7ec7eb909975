"""No number of the simulated cohorts stands in the detector that is measured on them.

Round numbers meet by chance, so three things are looked for: a profile (numbers in a row), a number that is not
round, and the days of a cycle.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DETECTOR = [
    ROOT / "analytics/escalation" / f"{name}.py"
    for name in ("states", "streams", "usual", "filter", "tiers", "screening", "settings", "evidence")
]
SIMULATED = sorted((ROOT / "simulate/cohort").glob("*.py"))
#: Not round, in both, and not the same thing: there and here.
BY_CHANCE = {
    0.01: "a share of device days there; how often a level wanders, a share of slips here",
    0.03: "a link of pain and movement there; a bound of a share of answers here",
    0.08: "a weekend there; the spread of relative amplitude among people here",
    1.2: "a shape of a distribution there; own spreads of an effect here",
}


def numbers(files: list[Path]) -> set[float]:
    return {
        abs(float(node.value))
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    }


def profiles(files: list[Path]) -> set[tuple[float, ...]]:
    """Three or more numbers in a row in a tuple, a list or a call."""
    found = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            items = getattr(node, "elts", None) or getattr(node, "args", None)
            if isinstance(items, list):
                row = tuple(item.value for item in items if isinstance(item, ast.Constant))
                if len(row) >= 3 and all(type(value) in (int, float) for value in row):
                    found.add(row)
    return found


def is_round(value: float) -> bool:
    step = 0.05 if value < 1 else 0.5
    return abs(value / step - round(value / step)) < 1e-9


def test_there_is_something_to_look_for():
    assert len(SIMULATED) > 5
    assert 7.84 in numbers(SIMULATED)
    assert sum(not is_round(value) for value in numbers(SIMULATED)) > 20


def test_no_profile_stands_in_both():
    assert not profiles(DETECTOR) & profiles(SIMULATED)


def test_no_number_that_is_not_round_stands_in_both():
    both = {value for value in numbers(DETECTOR) & numbers(SIMULATED) if not is_round(value)}
    assert both <= BY_CHANCE.keys()


@pytest.mark.parametrize("cycle", [21.0, 14.0])
def test_the_detector_knows_no_cycle_of_therapy(cycle):
    known_for_other_reasons = {14.0: "the fortnight that evidence counts answered days in"}
    assert cycle not in numbers(DETECTOR) or cycle in known_for_other_reasons
