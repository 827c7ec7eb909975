"""Every index there is, in the order of `docs/indices.md`, which is made from this list."""

from __future__ import annotations

from analytics.indices import (
    amounts,
    bout_lengths,
    cosinor,
    cut_points,
    day_to_day,
    dichotomy,
    extended_cosinor,
    fractal,
    hazard,
    intensity_gradient,
    intensity_minutes,
    most_active,
    multiscale,
    opioid_equivalents,
    persistence,
    relative_amplitude,
    rhythm,
    sleep,
    transitions,
    wear_amounts,
)
from analytics.indices.definition import OF_X, Definition

PARTS: dict[str, tuple[Definition, ...]] = {
    "Amounts": (amounts.WORN, *wear_amounts.EVERYTHING, amounts.HOURS, amounts.MEAN, amounts.STEPS),
    "Intensity": (
        intensity_minutes.SEDENTARY_MIN,
        intensity_minutes.LIGHT_MIN,
        intensity_minutes.MVPA_MIN,
        intensity_minutes.MVPA_BOUT_MIN,
        *most_active.EVERYTHING,
        intensity_gradient.GRADIENT,
        intensity_gradient.INTERCEPT,
    ),
    "Rhythm": (
        *relative_amplitude.PROFILE,
        relative_amplitude.L5_DAY,
        relative_amplitude.M10_DAY,
        relative_amplitude.RA_DAY,
        rhythm.IS,
        rhythm.IV,
        multiscale.ISM,
        multiscale.IVM,
        cosinor.MESOR,
        cosinor.AMPLITUDE,
        cosinor.ACROPHASE,
        *extended_cosinor.EVERYTHING,
        day_to_day.R24,
        persistence.PHI,
        fractal.ALPHA,
        fractal.ALPHA_SHORT,
        fractal.ALPHA_LONG,
        dichotomy.IO,
        day_to_day.SRI,
    ),
    "Sleep": sleep.DEFINITIONS,
    "Fragmentation": (
        transitions.TP_REST_ACTIVE,
        transitions.TP_ACTIVE_REST,
        hazard.KRA,
        hazard.KAR,
        bout_lengths.REST_BOUT,
        bout_lengths.ACTIVE_BOUT,
        bout_lengths.GINI_REST,
        bout_lengths.GINI_ACTIVE,
        bout_lengths.POWER_REST,
        bout_lengths.POWER_ACTIVE,
        intensity_minutes.BREAKS,
    ),
    "Opioids": opioid_equivalents.EVERYTHING,
}
DEFINITIONS: tuple[Definition, ...] = tuple(D for part in PARTS.values() for D in part)
OF_WEEK = "7 days"
_USUAL = {"day", "stored local day", "28 days", "7 nights"}
#: What `reading.days` has for each day.
STORED: tuple[Definition, ...] = (
    *(D for D in DEFINITIONS if _USUAL & set(D.spans.split(", "))),
    *(D.over(7) for D in DEFINITIONS if OF_WEEK in D.spans.split(", ")),
)

_HEAD = """# Indices

Made from the definitions beside the code by `python -m docs.indices`; do not edit. `x` is the activity of an
epoch, `counts` or `enmo_mg`. What lacks data is absent with a reason, never 0; `worn_min` stands beside every
value. *Of* says what an index is given for: a local day, a rolling window that ends with it, or a recording.
Stored days (`reading.days`) have those of a day, of 28 days and of 7 nights under their names, and those of 7
days with `_7d` behind the name: `IS` is of 28 days, `IS_7d` of 7. What a *diary day* has
comes from the diary.
"""


def as_markdown() -> str:
    """The document: one table for each part, and the cut points."""
    lines = [_HEAD]
    for title, part in PARTS.items():
        lines += [f"## {title}\n", "| Name | Meaning | Unit | Of | Missing epochs | Needs | Source |"]
        lines.append("|" + " --- |" * 7)
        for D in part:
            unit = "of x" if D.unit == OF_X else D.unit
            cells = (f"`{D.name}`", D.meaning, unit, D.spans, D.missing, D.needs, D.source)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    lines += [f"## Cut points (version {cut_points.VERSION})\n"]
    lines += ["| Name | Of | Sedentary below | MVPA from | Source |", "|" + " --- |" * 5]
    for cuts in cut_points.ALL:
        unit = "mg" if cuts.unit == "mg" else "counts/min"
        low, high = f"{cuts.sedentary_below:g} {unit}", f"{cuts.mvpa_from:g} {unit}"
        lines.append(f"| `{cuts.name}` | {cuts.of} | {low} | {high} | {cuts.source} |")
    return "\n".join(lines) + "\n"
