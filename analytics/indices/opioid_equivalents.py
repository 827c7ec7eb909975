"""What the indices that the diary gives are; how they are computed: `opioids/`."""

from __future__ import annotations

from analytics.indices.definition import Definition
from opioids.table import STATEMENT, TABLE

_MISSING = (
    "no influence: no device is asked. A day without an entry that lists doses (an empty list is one), or "
    "with a dose that cannot be converted, has no number; what is known not to be an opioid is left out"
)
_NEEDS = (
    "a diary entry of the day that lists doses, and a factor for each dose of the day that may be an opioid"
)
_SOURCE = (
    f"factors ({TABLE}): Dowell et al., CDC guideline, MMWR Recomm Rep 71(3):1-95, 2022; 72 h of a patch: "
    "label of the fentanyl transdermal system; the rest decided here: "
    "docs/decisions/0023-doses-and-treatments.md"
)
_SPANS = "diary day"

OME = Definition(
    name="OME_mg",
    unit="mg",
    meaning=(
        "Oral morphine equivalent of the opioids of the local day: oral doses that were taken in it, each "
        "times the factor of its drug, and 2.4 mg for each mcg/h of a fentanyl patch, by the share of the "
        f"day in which it was worn. {STATEMENT}"
    ),
    missing=_MISSING,
    needs=_NEEDS,
    source=_SOURCE,
    spans=_SPANS,
)
OME_RESCUE = Definition(
    name="OME_rescue_mg",
    unit="mg",
    meaning=f"The part of `OME_mg` that was taken as rescue doses. {STATEMENT}",
    missing=_MISSING,
    needs=_NEEDS,
    source=_SOURCE,
    spans=_SPANS,
)
EVERYTHING = (OME, OME_RESCUE)
