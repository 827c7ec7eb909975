"""Several measures asked against the same one: a document of each, and p values adjusted over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analytics.association.daily_rows import DailyRows
from analytics.association.document import Document, association
from analytics.association.families import benjamini_hochberg
from analytics.association.links import LAGS


def asked_together(asked: Mapping[str, DailyRows], lags: Sequence[int] = LAGS) -> dict[str, Document]:
    """The document of each name as `association` gives it, every lag with `p_adjusted_family`: over all names
    and lags (Benjamini-Hochberg), where `p_adjusted` is over the lags of one. Raises ValueError as that does.
    """
    documents = {name: association(rows, lags) for name, rows in asked.items()}
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


def _adjusted(lag: Document, value: float) -> dict[str, Any]:
    if lag["p"] is None:
        return {"p_adjusted_family": None, "p_adjusted_family_reason": lag["p_reason"]}
    return {"p_adjusted_family": value}
