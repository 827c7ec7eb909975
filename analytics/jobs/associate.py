"""Requested associations: how an index and daily worst pain move together within patients."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa

from analytics.association.repeated_measures import repeated_measures_correlation
from store.associations import claim_association, index_and_pain, save_association, units_of
from store.database import transaction

METHOD = "rmcorr 1"


def associate(engine: sa.Engine, at: datetime) -> int:
    """Answer the oldest question; 0 when none waits.

    The textbook p and interval take a person's days as independent, which they are not, so they are
    given under their own names (`p_iid`, `ci_iid`) and are no finding by themselves.
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
        found = repeated_measures_correlation(
            [row.patient_id for row in rows],
            np.array([row.value for row in rows], dtype=np.float64),
            np.array([row.worst for row in rows], dtype=np.float64),
        )
        result: dict[str, Any] | None = None
        if found.r is not None:
            result = {
                "r": found.r,
                "dof": found.dof,
                "p_iid": found.p_iid,
                "ci_iid": list(found.ci_iid) if found.ci_iid else None,
                **{f"{name}_reason": reason for name, reason in found.reasons.items()},
            }
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
