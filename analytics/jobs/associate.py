"""Requested associations: how an index and daily worst pain move together within patients."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa

from analytics.association.document import linked
from analytics.association.links import METHOD
from analytics.association.panel import panel_of
from analytics.association.repeated_measures import repeated_measures_correlation
from store.associations import claim_association, index_and_pain, save_association, units_of
from store.database import transaction


def associate(engine: sa.Engine, at: datetime) -> int:
    """Answer the oldest question; 0 when none waits.

    `p` and `ci` allow for days in a row being alike. The textbook ones take them as independent, so they are
    given under their own names (`p_iid`, `ci_iid`) and are no finding. Lags of -3 to +7 days stand beside it.
    """
    with transaction(engine) as session:
        asked = claim_association(session)
        if asked is None:
            return 0
        units = units_of(session, asked.patient_ids, asked.index, asked.first, asked.last)
        if len(units) > 1:
            mixed = f"the patients' values are in different units ({', '.join(units)}): ask for one unit's"
            save_association(
                session, asked, result=None, reason=mixed, n_patients=0, n_days=0, method=METHOD, at=at
            )
            return 1
        rows = index_and_pain(session, asked.patient_ids, asked.index, asked.first, asked.last)
        patients = [str(row.patient_id) for row in rows]
        x = np.array([row.value for row in rows], dtype=np.float64)
        y = np.array([row.worst for row in rows], dtype=np.float64)
        found = repeated_measures_correlation(patients, x, y)
        result: dict[str, Any] | None = None
        if found.r is not None:
            panel = panel_of(patients, np.array([row.day for row in rows], "datetime64[D]"), x, y)
            link = linked(found, panel)
            result = {**link["rmcorr"], "lags": link["lags"]}
        save_association(
            session,
            asked,
            result=result,
            reason=None if result else "; ".join(dict.fromkeys(found.reasons.values())),
            n_patients=found.n_patients,
            n_days=found.n_days,
            method=METHOD,
            at=at,
        )
    return 1
