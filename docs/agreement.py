"""Write docs/agreement.md: how far our indices are from those of the peers. `python -m docs.agreement`.

Needs the recordings and the peers' documents beside the project (`docs/peers.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from analytics.indices.bouts import Bouts, bouts, states
from analytics.indices.clock_bins import ClockBins, clock_bins
from analytics.indices.cosinor import cosinor
from analytics.indices.day_to_day import sleep_regularity
from analytics.indices.grid import elapsed, epochs_of_a_day
from analytics.indices.hazard import constant_hazards
from analytics.indices.persistence import persistence
from analytics.indices.relative_amplitude import profile_extremes
from analytics.indices.rhythm import interdaily_stability, intradaily_variability
from analytics.indices.timeline import timeline_of
from docs.peers import Peer, peers

PAGE = Path(__file__).resolve().parent / "agreement.md"
EQUAL = 1e-6
MORE_THAN_4 = float(np.nextafter(4, 5))  #: pyActigraphy: active is above 4, so rest is below the next number
DAY_0 = 1_000_000 * 86400 * 10_000


@dataclass
class Comparison:
    """One index beside one peer, over all recordings."""

    index: str
    peer: str
    conversion: str  #: what was done to ours, or to the epochs that went into it
    tolerance: float | None  #: relative; None where the definitions differ and the distance is shown only
    found: dict[str, tuple[float, float]] = field(default_factory=dict)  #: recording -> ours, theirs

    def distance(self, name: str) -> float:
        """Relative to theirs."""
        ours, theirs = self.found[name]
        return abs(ours - theirs) / max(abs(theirs), 1e-12) if ours != theirs else 0.0

    @property
    def worst(self) -> str:
        """The recording that is furthest off."""
        return max(self.found, key=self.distance)


PY, GGIR = "pyActigraphy 1.2.2", "GGIR"
_HOURS = "hours from the first epoch on"
_SUMS = f"{_HOURS}, as sums, missing epochs 0; sample variances; each clock hour of the profile weighs once"


def comparisons(recordings: Iterable[Peer]) -> list[Comparison]:
    """Every index that a peer has, as it is and after the conversion that makes the definitions equal."""
    rows = {
        key: Comparison(*row)
        for key, row in {
            "L5": ("L5", PY, "none", EQUAL),
            "M10": ("M10", PY, "none", EQUAL),
            "RA": ("RA", PY, "none", EQUAL),
            "IS": ("IS", PY, "none", None),
            "IS py": ("IS", PY, _SUMS, EQUAL),
            "IS g": ("IS", GGIR, "none", None),
            "IS ggir": ("IS", GGIR, f"{_HOURS}; m is the mean of the 24 hourly means", EQUAL),
            "IV": ("IV", PY, "none", None),
            "IV py": ("IV", PY, f"{_HOURS}, as sums, missing epochs 0; sample variance", EQUAL),
            "IV ggir": ("IV", GGIR, f"{_HOURS}; m is the mean of the 24 hourly means", EQUAL),
            "phi": ("phi", GGIR, f"{_HOURS}; gaps closed", 2e-4),
            "mesor": ("mesor", "least squares (numpy) beside pyActigraphy", "none", EQUAL),
            "amplitude": ("amplitude", "least squares (numpy) beside pyActigraphy", "none", EQUAL),
            "acrophase_h": (
                "acrophase_h",
                "least squares (numpy) beside pyActigraphy",
                "their phase counts from the first epoch; compared as hours of the clock",
                EQUAL,
            ),
            "SRI": ("SRI", f"{PY}, its Sadeh states given to both", "none", None),
            "SRI py": (
                "SRI",
                f"{PY}, its Sadeh states given to both",
                "mean over clock epochs, each of the mean over its pairs",
                EQUAL,
            ),
            "kRA": (
                "kRA",
                PY,
                "active above 4 counts; each missing epoch is one more bout of rest, of length 0",
                EQUAL,
            ),
            "kAR": (
                "kAR",
                PY,
                "active above 4 counts; each missing epoch is one more bout of rest, of length 0",
                EQUAL,
            ),
        }.items()
    }
    for peer in recordings:
        for key, pair in _pairs(peer).items():
            rows[key].found[peer.name] = pair
    return list(rows.values())


def _pairs(peer: Peer) -> dict[str, tuple[float, float]]:
    timeline = peer.timeline()
    hours = clock_bins(timeline)
    said = peer.said["counts_binarize_false"]
    ours = {i.name: i.value for i in profile_extremes(timeline, hours)}
    ours["IS"] = interdaily_stability(hours).value
    ours["IV"] = intradaily_variability(hours).value
    pairs: dict[str, tuple[float | None, object]] = {
        name: (ours[name], said[name]) for name in ("L5", "M10", "RA", "IS", "IV")
    }
    sums = _hours_from_the_first(peer.filled(), peer.epoch_s, as_sums=True)
    pairs["IS py"] = _stability(sums, sample=True), said["IS"]
    n = len(sums.mean)
    varies = intradaily_variability(sums).value or 0.0
    pairs["IV py"] = varies * (n - 1) / n, said["IV"]
    if peer.ggir is not None:
        theirs = peer.ggir["g.IVIS_start_aligned"]
        means = _hours_from_the_first(peer.x, peer.epoch_s, as_sums=False)
        m, m_ggir = means.mean.mean(), _profile(means).mean()
        spread = ((means.mean - m) ** 2).sum() / ((means.mean - m_ggir) ** 2).sum()
        pairs["IS g"] = ours["IS"], theirs["IS"]
        pairs["IS ggir"] = _stability(means, sample=False), theirs["IS"]
        pairs["IV ggir"] = (intradaily_variability(means).value or 0.0) * spread, theirs["IV"]
        pairs["phi"] = persistence(means).value, theirs["phi"]
    fit = peer.said["cosinor"].get("numpy_lstsq_check")
    if fit:
        mesor, amplitude, peak = (index.value for index in cosinor(timeline, hours))
        start_h = peer.t_us[0] / 3.6e9 % 24
        theirs_h = (start_h + fit["acrophase_rad_from_start"] * 12 / np.pi) % 24
        pairs |= {"mesor": (mesor, fit["mesor"]), "amplitude": (amplitude, fit["amplitude"])}
        pairs["acrophase_h"] = peak, theirs_h
    pairs |= _regularity(peer)
    seen = elapsed(timeline)
    found = bouts(states(seen, MORE_THAN_4))
    lost = np.zeros(int(np.isnan(seen).sum()), np.int64)
    found = Bouts(np.r_[found.rest, lost], found.active)
    for index, name in zip(constant_hazards(found), ("kRA", "kAR"), strict=True):
        pairs[name] = index.value, peer.said["transition"][f"{name}(threshold=4)"]
    return {
        key: (a, float(b)) for key, (a, b) in pairs.items() if a is not None and isinstance(b, (int, float))
    }


def _hours_from_the_first(x: np.ndarray, epoch_s: float, as_sums: bool) -> ClockBins:
    """Our bins on a clock that starts with the first epoch; a last hour cut short is kept, as peers do."""
    an_hour = round(3600 / epoch_s)
    rest = -len(x) % an_hour
    last = 0.0 if as_sums or not rest else x[len(x) - an_hour + rest :].mean()
    padded = np.r_[x, np.full(rest, last)]
    t_us = DAY_0 + np.arange(len(padded)) * round(epoch_s * 1e6)
    bins = clock_bins(timeline_of(t_us, padded, epoch_s, None, None, ZoneInfo("UTC"), "counts"))
    scale = an_hour if as_sums else 1
    return ClockBins(bins.start_us, bins.clock, bins.mean * scale, bins.length_us)


def _profile(bins: ClockBins) -> np.ndarray:
    return np.bincount(bins.clock, bins.mean, 24) / np.bincount(bins.clock, minlength=24)


def _stability(bins: ClockBins, sample: bool) -> float:
    """IS as peers weigh it: every clock hour once, and m the mean of the profile or the sample's own."""
    profile = _profile(bins)
    if sample:
        return float(profile.var(ddof=1) / bins.mean.var(ddof=1))
    return float(profile.var() / ((bins.mean - profile.mean()) ** 2).mean())


def _regularity(peer: Peer) -> dict[str, tuple[float | None, object]]:
    theirs = peer.said["sleep"].get("SleepRegularityIndex(algo='Sadeh')")
    runs = peer.said["sleep"].get("Sadeh()", {}).get("rle")
    if not runs or not isinstance(theirs, (int, float)):
        return {}
    asleep = np.repeat([state for state, _ in runs], [n for _, n in runs]).astype(np.int8)
    x = np.zeros(len(asleep))
    t_us = peer.t_us[0] + np.arange(len(x)) * round(peer.epoch_s * 1e6)
    timeline = timeline_of(t_us, x, peer.epoch_s, None, None, ZoneInfo("UTC"), "counts")
    day = epochs_of_a_day(timeline)
    same = asleep[:-day] == asleep[day:]
    at = np.arange(len(same)) % day
    share = np.bincount(at, same, day) / np.maximum(np.bincount(at, minlength=day), 1)
    return {
        "SRI": (sleep_regularity(timeline, asleep).value, theirs),
        "SRI py": (200 * float(share.mean()) - 100, theirs),
    }


def as_markdown(rows: list[Comparison]) -> str:
    """The page."""
    lines = [
        "# Agreement with other programs",
        "",
        "Made by `python -m docs.agreement`; do not edit. Largest relative distance over the shipped "
        "recordings of more than a day; where a row names a bound, the tests hold it. *none* compares the "
        "values as both give them: what is left there is a difference of definition, and the row below it "
        "shows that nothing else is.",
        "",
        "| Index | Peer | Conversion of ours | Recordings | Largest distance | Where | Bound |",
        "|" + " --- |" * 7,
    ]
    for row in rows:
        if not row.found:
            continue
        bound = "definitions differ" if row.tolerance is None else f"{row.tolerance:g}"
        worst = row.worst
        cells = (f"`{row.index}`", row.peer, row.conversion, str(len(row.found)))
        far = row.distance(worst)
        shown = "below 1e-8" if far < 1e-8 else f"{far:.1e}"
        lines.append("| " + " | ".join((*cells, shown, worst if far >= 1e-8 else "", bound)) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(as_markdown(comparisons(peers())), encoding="utf-8")
