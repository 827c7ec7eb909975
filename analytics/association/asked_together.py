"""Several measures asked against the same one: a document of each, and p values adjusted over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from analytics.association.daily_rows import DailyRows
from analytics.association.document import Document, association, partial
from analytics.association.families import benjamini_hochberg
from analytics.association.links import LAGS
from analytics.association.panel import panel_of
from analytics.association.phases import Treated, phases

WEEKDAY, PHASE = "weekday", "phase of treatment"


def asked_together(
    asked: Mapping[str, DailyRows], treated: Sequence[Treated] = (), lags: Sequence[int] = LAGS
) -> dict[str, Document]:
    """The document of each name as `association` gives it of rows with dates.

    `partial` is the link without what the weekday, `rows.others` and, where there is any, treatment explain.
    Every lag has `p_adjusted_family`, over all names and lags (Benjamini-Hochberg); `p_adjusted` is over the
    lags of one. Raises ValueError as `panel_of` does.
    """
    documents = {name: _document(rows, treated, lags) for name, rows in asked.items()}
    together = [lag for document in documents.values() for lag in document["lags"]]
    p = np.array([np.nan if lag["p"] is None else lag["p"] for lag in together], np.float64)
    for lag, adjusted in zip(together, benjamini_hochberg(p).tolist(), strict=True):
        lag |= _adjusted(lag, adjusted)
    for document in documents.values():
        same_day = [lag for lag in document["lags"] if lag["lag"] == 0]
        document["rmcorr"] |= {
            key: lag[key] for lag in same_day for key in lag if key.startswith("p_adjusted_family")
        }
    return documents


def _document(rows: DailyRows, treated: Sequence[Treated], lags: Sequence[int]) -> Document:
    assert rows.day is not None
    document = association(replace(rows, others=()), lags)
    names = [*(name for name, _ in rows.others), WEEKDAY]
    panel = panel_of(rows.patient, rows.day, rows.x, rows.y, [one for _, many in rows.others for one in many])
    since, episodes = phases(panel, treated)
    cycles, stretches = bool(since.any()), bool(episodes.any())
    if cycles:
        panel = replace(panel, z=np.concatenate([panel.z, since]) if len(panel.z) else since)
    without = partial(
        panel,
        [*names, PHASE] if cycles or stretches else names,
        lags,
        weekday=True,
        episodes=episodes if stretches else None,
    )
    return document | {"partial": without}


def _adjusted(lag: Document, value: float) -> dict[str, Any]:
    if lag["p"] is None:
        return {"p_adjusted_family": None, "p_adjusted_family_reason": lag["p_reason"]}
    return {"p_adjusted_family": value}
