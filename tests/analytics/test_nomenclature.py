import ast
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from analytics.indices.index import Index
from analytics.indices.nomenclature import DEFINITIONS, as_markdown
from analytics.indices.recording import recording_indices
from analytics.recordings.recording import EpochRecording
from tests.analytics.lives import UTC, epochs, restless

ROOT = Path(__file__).resolve().parents[2]
PROMISED = [
    "worn_min",
    "hours",
    "mean_activity",
    "L5",
    "M10",
    "L5_onset",
    "M10_onset",
    "RA",
    "L5_day",
    "M10_day",
    "RA_day",
    "IS",
    "IV",
    "ISm",
    "IVm",
    "mesor",
    "amplitude",
    "acrophase_h",
    "r24",
    "io",
    "SRI",
    "TP_rest_active",
    "TP_active_rest",
    "intensity_gradient",
    "intensity_intercept",
    "sedentary_min",
    "light_min",
    "mvpa_min",
    "mvpa_bout_min",
]


def test_the_page_of_indices_is_current():
    assert (ROOT / "docs" / "indices.md").read_text(encoding="utf-8") == as_markdown(), (
        "python -m docs.indices"
    )


def test_every_definition_in_the_code_is_in_the_list():
    listed = {D.name for D in DEFINITIONS}
    for path in (ROOT / "analytics" / "indices").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Definition":
                names = [k.value for k in node.keywords if k.arg == "name"] or node.args[:1]
                assert not isinstance(names[0], ast.Constant) or names[0].value in listed, path.name


def test_names_are_said_once_and_nothing_is_left_empty():
    assert len({D.name for D in DEFINITIONS}) == len(DEFINITIONS)
    assert all(getattr(D, field.name) for D in DEFINITIONS for field in fields(D))


def test_what_is_promised_outside_is_there():
    assert set(PROMISED) <= {D.name for D in DEFINITIONS}


@pytest.mark.parametrize("days", [1, 7])
def test_a_document_has_exactly_the_names_that_are_defined(days):
    timeline = epochs(restless(days, 1))
    document = recording_indices(EpochRecording(timeline.t_us, 60.0, timeline.x, "counts", "UTC", UTC))
    spans = {D.name: D.spans for D in DEFINITIONS}
    whole = {name for name in document["recording"] if not name.endswith("_reason")}
    assert whole == {name for name, span in spans.items() if "recording" in span}
    for day in document["days"]:
        found = {name for name in day if not name.endswith("_reason")} - {"day"}
        assert found == {name for name, span in spans.items() if "day" in span.split(", ")} - {"steps"}
    for part in (document["recording"], *document["days"]):
        for name, value in part.items():
            assert not isinstance(value, float) or np.isfinite(value)
            assert value is not None or isinstance(part[f"{name}_reason"], str)


def test_an_index_has_the_unit_of_its_definition():
    D = next(D for D in DEFINITIONS if D.name == "mesor")
    assert D.is_(3.0, "mg") == Index("mesor", 3.0, "mg") and D.absent("why", "mg").reason == "why"
