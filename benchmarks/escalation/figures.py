"""What the issue asks of a detector, as figures of one regime, each with the uncertainty of its patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from benchmarks.escalation import draws
from benchmarks.escalation.draws import Figure
from benchmarks.escalation.tally import Tally

#: The five events of clinical.md 7.3, over which the mean is taken.
MEAN_OF = ("flare", "drift", "sleep_lead", "mnar_flare", "btp_rise")
#: Those of the targets' table beside them, by scenario.
BESIDE = ("chemo_flare", "early_flare", "second_flare")
#: Events that begin from one day to the next.
ABRUPT = ("flare", "sleep_lead", "mnar_flare", "btp_rise")
EVENTS_A_WEEK = 0.06  #: for each patient, of clinical.md 4.3
NEVER = 999.0  #: days until an event that was missed is found


@dataclass(frozen=True)
class Figures:
    """Of one detector in one regime. `tallies` is by scenario; a scenario that was not run has no figures."""

    tallies: Mapping[str, Tally]

    @cached_property
    def _weights(self) -> dict[str, NDArray[np.float64]]:
        return {
            name: draws.weights(len(found.weeks), seed)
            for seed, (name, found) in enumerate(self.tallies.items())
        }

    def rate(self, scenario: str, what: str, of: str = "weeks") -> Figure:
        """`what` for each patient-week of `of`."""
        found = self.tallies[scenario]
        return draws.ratio(getattr(found, what), getattr(found, of), self._weights[scenario])

    def by_cause(self, scenario: str) -> dict[str, Figure]:
        """Pages a patient-week by what they are about."""
        found, w = self.tallies[scenario], self._weights[scenario]
        return {name: draws.ratio(pages, found.weeks, w) for name, pages in found.causes.items()}

    def each(self, scenario: str, what: str) -> Figure:
        """`what` for each patient over the whole time."""
        values = getattr(self.tallies[scenario], what)
        return draws.ratio(values, np.ones(len(values)), self._weights[scenario])

    def sensitivity(self, kind: str, *, pages_alone: bool = False) -> Figure:
        """Share of events of the scenario `kind` paged in their window, or heard where that counts."""
        events = self.tallies[kind].of_kind(kind)
        hit = events["paged"] if pages_alone else events["paged"] | events["heard"]
        return draws.share(hit, events["patient"], self._weights[kind])

    def heard(self, kind: str) -> tuple[int, int, int]:
        """Events that were paged, those that only an answered check-in found, and all."""
        events = self.tallies[kind].of_kind(kind)
        return int(events["paged"].sum()), int(events["heard"].sum()), len(events)

    def mean_sensitivity(self, *, pages_alone: bool = False) -> Figure:
        """Mean over the five kinds."""
        return draws.mean([self.sensitivity(kind, pages_alone=pages_alone) for kind in MEAN_OF])

    def chance(self, kind: str, *, strict: bool) -> Figure:
        """1 - exp(-rate * days / 7): what the pages of stable patients alone would hit (clinical.md 4.3).

        The rate is that of calm pages; `strict` takes all pages and, where an answered check-in counts as a
        hit, those too.
        """
        rate = self.rate("stable", "paged" if strict else "calm").all
        if strict and kind == "mnar_flare":
            rate = rate + self.rate("stable", "answered").all
        days = self.tallies[kind].of_kind(kind)["window"].mean()
        return Figure(1 - np.exp(-rate * days / 7))

    def mean_chance(self, *, strict: bool = False) -> Figure:
        """Mean chance capture over the five kinds."""
        return draws.mean([self.chance(kind, strict=strict) for kind in MEAN_OF])

    def above_chance(self, *, strict: bool = False) -> Figure:
        """Mean sensitivity less mean chance capture."""
        return Figure(self.mean_sensitivity().all - self.mean_chance(strict=strict).all)

    def delay(self, kinds: tuple[str, ...], *, missed: bool = False) -> Figure:
        """Median days from onset to the page of the events found; `missed`: with others as never."""
        delays, patients, weights, above = [], [], [], 0
        for kind in kinds:
            events = self.tallies[kind].of_kind(kind)
            late = np.where(np.isnan(events["delay"]), NEVER, events["delay"])
            kept = np.ones(len(events), dtype=bool) if missed else late < NEVER
            delays.append(late[kept])
            patients.append(events["patient"][kept] + above)
            weights.append(self._weights[kind])
            above += weights[-1].shape[1]
        return draws.median(np.concatenate(delays), np.concatenate(patients), np.concatenate(weights, axis=1))

    def by_onset(self, kind: str) -> Figure:
        """Share of the events found that were found on their first day or before."""
        events = self.tallies[kind].of_kind(kind)
        events = events[~np.isnan(events["delay"])]
        return draws.share(events["delay"] <= 0, events["patient"], self._weights[kind])

    def windows(self, scenario: str, kind: str, what: str = "calm") -> Figure:
        """Share of such windows with a page in them, by default with a calm one."""
        spans = self.tallies[scenario].windows
        spans = spans[spans["kind"] == kind]
        return draws.share(spans[what], spans["patient"], self._weights[scenario])

    def told_of_function(self) -> Figure:
        """Share of functional declines that came to the worklist in their window."""
        events = self.tallies["func_decline"].function
        return draws.share(events["paged"], events["patient"], self._weights["func_decline"])

    def predictive_value(self, what: str) -> Figure:
        """Share of pages that are of an event, at 0.06 events a patient-week; `what` are the others."""
        return predictive_value(self.mean_sensitivity(pages_alone=True), self.rate("stable", what))


def predictive_value(sensitivity: Figure, false: Figure) -> Figure:
    """Share of pages that are of an event, of events and false pages for each patient-week."""
    found = EVENTS_A_WEEK * sensitivity.all
    with np.errstate(invalid="ignore"):
        return Figure(found / (found + false.all))
