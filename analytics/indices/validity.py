"""How much data an index needs. Below these an index is absent, with the numbers in its reason.

The first four are promised outside (GLOSSARY.md); the others are ours, each with why.
"""

from __future__ import annotations

from analytics.indices.clock_bins import ClockBins

LEAST_DAY_HOURS = 16  #: valid hours that a day (or a noon-to-noon night) needs for its extremes
LEAST_STABILITY_HOURS = 72  #: three days; one day alone would be perfectly stable by construction
CLOCK_HOURS = 24  #: each needs one valid hour before a 24 h profile is one
LEAST_PAIR_HOURS = 12  #: of pairs 24 h apart

LEAST_NEIGHBOURS = 48  #: pairs of hours; an autocorrelation of fewer has a standard error above 0.14
LEAST_BOUTS = 10  #: of each state, as GGIR asks before it gives a distribution of durations
LEAST_DURATIONS = 10  #: different durations; a local regression over 30 % of them needs three points
LEAST_SCALES = 4  #: box sizes under a straight line
LEAST_FRACTAL_HOURS = 72  #: boxes reach up to a quarter of the recording
LEAST_FRACTAL_SHARE = 0.9  #: valid share of the span; scaling survives the loss of a tenth (Ma et al. 2010)


def too_little(have: float, least: float, what: str) -> str:
    """The reason of an index that has `have` of the `least` that it needs."""
    return f"too little data: {have:.4g} {what} of the {least:g} that it needs"


def without_a_profile(hours: ClockBins) -> str | None:
    """Why hours of the clock make no 24 h profile; None where each was valid at least once."""
    seen = len(set(hours.clock.tolist()))
    if seen == CLOCK_HOURS:
        return None
    return f"too little data: {CLOCK_HOURS - seen} of {CLOCK_HOURS} clock hours were never valid"
