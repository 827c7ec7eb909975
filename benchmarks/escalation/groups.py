"""Whom the screen sees worse: by what patients are, and by how much of them is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.escalation import draws
from benchmarks.escalation.draws import Figure
from benchmarks.escalation.figures import BESIDE, MEAN_OF
from benchmarks.escalation.tally import Tally

_DRAWS = 400


@dataclass(frozen=True)
class Group:
    """One group of the patients of all scenarios with an event and of stable ones."""

    name: str
    patients: int
    sensitivity: Figure  #: of the five events together
    calm: Figure  #: calm pages a patient-week of stable patients, and of others before their event
    diary: Figure  #: share of days with an entry
    wear: Figure  #: share of days worn


def groups(tallies: Mapping[str, Tally]) -> Iterator[Group]:
    """By attribute, then by the share of days with wear and with a diary entry."""
    used = [tallies[name] for name in (*MEAN_OF, *BESIDE, "stable") if name in tallies]
    sizes = [len(one.weeks) for one in used]
    events, above = [], 0
    for one, size in zip(used, sizes, strict=True):
        mine = one.events[np.isin(one.events["kind"], MEAN_OF)].copy()
        mine["patient"] += above
        events.append(mine)
        above += size
    w = draws.weights(above, 0, _DRAWS)
    all_events = np.concatenate(events)
    for name, who in _split(used):
        yield _group(name, who, used, all_events, w)


def _split(used: list[Tally]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    for name in used[0].attributes:
        values = np.concatenate([one.attributes[name] for one in used])
        for value in np.unique(values):
            yield f"{name} {value}", values == value
    for name, shares in (
        ("worn", np.concatenate([one.wear for one in used])),
        ("diary", np.concatenate([one.diary for one in used])),
    ):
        yield f"{name} on fewer than half of the days", shares < 0.5
        yield f"{name} on half of the days or more", shares >= 0.5


def _group(
    name: str, who: NDArray[np.bool_], used: list[Tally], events: NDArray[np.void], w: NDArray[np.float64]
) -> Group:
    def summed(what: str) -> NDArray[np.float64]:
        return np.where(who, np.concatenate([getattr(one, what) for one in used]), 0.0)

    mine = events[who[events["patient"]]]
    days = summed("weeks")
    return Group(
        name,
        int(who.sum()),
        draws.share(mine["paged"] | mine["heard"], mine["patient"], w),
        draws.ratio(summed("calm_before"), summed("weeks_before"), w),
        draws.ratio(summed("diary") * days, days, w),
        draws.ratio(summed("wear") * days, days, w),
    )
