"""The probability of a flare within seven days, from what is known at the end of each day."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.risk_features import row_features
from analytics.escalation.risk_model import BadRiskModel, RiskModel, shipped_risk_model
from analytics.escalation.rows import DailyRows, Floats
from analytics.escalation.screening import RULE, Screened
from analytics.escalation.validation import log_odds

HORIZON_DAYS = 7
#: Of what a screen delivers: the usual level, by which a model would know simulated stories apart.
LEFT_OUT = ("level",)
#: Patients whose features are in memory at once; changes nothing else.
_AT_ONCE = 500


def p_flare_7d(screened: Screened, model: RiskModel | None = None) -> Floats:
    """Probability that one of the next seven days is a day of a flare, one in progress included.

    Parameters
    ----------
    screened
        Daily rows and what the screen says of them; day k is judged by rows up to k alone.
    model
        Another than the shipped one.

    Returns
    -------
    (n, d) array
        0 to 1. [unitless] NaN where the screen cannot judge the day (it then has no score) and in the
        padding. A feature that is missing contributes nothing: it stands at its centre.

    Raises `BadRiskModel` where the model takes features that this screen does not deliver.
    """
    model = _fitting(model)
    risk = np.full(screened.rows.shape, np.nan)
    for start in range(0, len(risk), _AT_ONCE):
        end = min(start + _AT_ONCE, len(risk))
        delivered = {name: values[start:end] for name, values in screened.features.items()}
        risk[start:end] = _scored(model, _features(screened.rows.part(start, end), delivered))
    return np.where(told(screened), risk, np.nan)


def p_flare_7d_of_last(screened: Screened, days: int, last: int, model: RiskModel | None = None) -> Floats:
    """(n, last) of `p_flare_7d`: of the first `days` days the `last` ones alone, at the cost of few.

    To the last bit what `p_flare_7d` says of these days. Where the screen went on from a checkpoint, a day of
    which that holds nothing any more has no risk, either.
    """
    model = _fitting(model)
    first = max(0, days - last)
    delivered = {name: values[:, first:days] for name, values in screened.features.items()}
    risk = _scored(model, _features(screened.rows.until(days), delivered, last))
    return np.where(told(screened)[:, first:days], risk, np.nan)


def _fitting(model: RiskModel | None) -> RiskModel:
    model = shipped_risk_model() if model is None else model
    if model.screen_rule not in (None, RULE):
        raise BadRiskModel(f"the risk model {model.label} was made with {model.screen_rule}, not with {RULE}")
    return model


def _scored(model: RiskModel, found: Mapping[str, Floats]) -> Floats:
    if absent := [name for name in model.features if name not in found]:
        raise BadRiskModel(f"the risk model {model.label} takes {absent[0]}, which {RULE} does not deliver")
    return np.asarray(1 / (1 + np.exp(-np.clip(model.log_odds_of(found), -30, 30))))


def told(screened: Screened) -> NDArray[np.bool_]:
    """(n, d): days of which a risk can be told."""
    return ~np.isnan(screened.score)


def risk_features(screened: Screened) -> dict[str, Floats]:
    """(n, d) by name: of the rows, and of the screen as `screen_...`; probabilities as log odds."""
    return _features(screened.rows, screened.features)


def _features(rows: DailyRows, delivered: Mapping[str, Floats], last: int | None = None) -> dict[str, Floats]:
    found = row_features(rows, last)
    for name, values in delivered.items():
        if name not in LEFT_OUT:
            found[f"screen_{name}"] = log_odds(values) if name.startswith("p_") else values
    return found


def came_within(on: NDArray[np.bool_], days: int = HORIZON_DAYS) -> NDArray[np.bool_]:
    """(n, d): it is on during one of the next `days` days. The last `days` columns have not seen them all."""
    n, d = on.shape
    padded = np.concatenate([on, np.zeros((n, days), dtype=bool)], axis=1)
    soon = np.zeros((n, d), dtype=bool)
    for ahead in range(1, days + 1):
        soon |= padded[:, ahead : ahead + d]
    return soon


def outcome_known(rows: DailyRows, days: int = HORIZON_DAYS) -> NDArray[np.bool_]:
    """(n, d): the patient is observed through the next `days` days."""
    return np.asarray(np.arange(rows.shape[1])[None, :] + days < rows.days[:, None])
