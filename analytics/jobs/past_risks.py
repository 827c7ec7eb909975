"""The risks of stored history, each day as it was known when it ended, with what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from analytics.escalation.risk import p_flare_7d, risk_features
from analytics.escalation.risk_history import RISK, PastDays, Span, became
from analytics.escalation.risk_model import RiskModel
from analytics.escalation.screening import screen
from analytics.jobs.history import Batch, history
from store.database import transaction
from store.outcomes import case_spans


def past_risks(
    engine: sa.Engine,
    patient_ids: Sequence[int],
    since: date,
    until: date,
    at: datetime,
    model: RiskModel,
    read: Callable[[int], None] = lambda _: None,
) -> PastDays:
    """The local days in [since, until] that can be judged; `read` hears how many more patients were read.

    Told anew by `model`, so that days from before it was there have a risk, too, and late data have no part
    in it. Raises `BadRiskModel`.
    """
    parts: dict[str, list[NDArray[np.generic]]] = {}
    for count, batch in history(engine, patient_ids, since, at):
        if batch is not None:
            for name, values in _of(engine, batch, since, until, model).items():
                parts.setdefault(name, []).append(values)
        read(count)
    whole = {name: np.concatenate(of) for name, of in parts.items()}
    nothing = np.zeros(0)
    return PastDays(
        whole.get("day", nothing).astype(np.int64),
        whole.get("patient", nothing).astype(np.int64),
        {name: whole.get(f"figure {name}", nothing).astype(np.float64) for name in (*model.features, RISK)},
        whole.get("known", nothing).astype(np.bool_),
        whole.get("comes", nothing).astype(np.bool_),
    )


def _of(
    engine: sa.Engine, batch: Batch, since: date, until: date, model: RiskModel
) -> dict[str, NDArray[np.generic]]:
    with transaction(engine) as session:
        cases = case_spans(session, batch.patient_ids, since)
    rows = batch.rows
    known, comes = became(
        rows,
        [
            [Span(one.opened, one.closed, one.outcome) for one in cases.get(patient, [])]
            for patient in batch.patient_ids
        ],
    )
    judged = screen(rows)
    p, found = p_flare_7d(judged, model), risk_features(judged)
    first = np.array([one.toordinal() for one in rows.first_day], np.int64)
    day = first[:, None] + np.arange(rows.shape[1])
    used = ~np.isnan(p) & (day >= since.toordinal()) & (day <= until.toordinal())
    who = np.broadcast_to(np.array(batch.patient_ids, np.int64)[:, None], rows.shape)
    figures = {f"figure {name}": found[name] for name in model.features} | {f"figure {RISK}": p}
    arrays = {"day": day, "patient": who, "known": known, "comes": comes, **figures}
    return {name: values[used] for name, values in arrays.items()}
