"""The probability of a flare within seven days, from what is known at the end of each day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.risk_features import judgeable, row_features
from analytics.escalation.risk_model import BadRiskModel, RiskModel, shipped_risk_model
from analytics.escalation.rows import DailyRows, Floats
from analytics.escalation.screening import RULE, Screened, Tier
from analytics.escalation.validation import log_odds

HORIZON_DAYS = 7
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
        0 to 1. [unitless] NaN where the day cannot be judged (nothing is known of the last days) and in the
        padding. A feature that is missing contributes nothing: it stands at its centre.

    Raises `BadRiskModel` where the model takes features that this screen does not deliver.
    """
    model = shipped_risk_model() if model is None else model
    if model.screen_rule not in (None, RULE):
        raise BadRiskModel(f"the risk model {model.label} was made with {model.screen_rule}, not with {RULE}")
    risk = np.full(screened.rows.shape, np.nan)
    for part, patients in _parts(screened):
        found = risk_features(part)
        if absent := [name for name in model.features if name not in found]:
            raise BadRiskModel(
                f"the risk model {model.label} takes {absent[0]}, which {RULE} does not deliver"
            )
        said = 1 / (1 + np.exp(-np.clip(model.log_odds_of(found), -30, 30)))
        risk[patients] = np.where(told(part), said, np.nan)
    return risk


def _parts(screened: Screened) -> Iterator[tuple[Screened, slice]]:
    """Some hundred patients at a time: no patient's risk depends on another."""
    rows = screened.rows
    given: dict[int, dict[tuple[int, int], frozenset[str]]] = {}
    for (patient, day), kinds in rows.treatments.items():
        given.setdefault(patient // _AT_ONCE, {})[patient % _AT_ONCE, day] = kinds
    for nth in range(-(-rows.shape[0] // _AT_ONCE)):
        part = slice(nth * _AT_ONCE, min((nth + 1) * _AT_ONCE, rows.shape[0]))
        yield (
            replace(
                screened,
                rows=DailyRows(
                    rows.patients[part],
                    rows.first_day[part],
                    rows.days[part],
                    {name: values[part] for name, values in rows.numbers.items()},
                    rows.device[part],
                    given.get(nth, {}),
                ),
                tier=screened.tier[part],
                score=screened.score[part],
                floor=screened.floor[part],
                features={name: values[part] for name, values in screened.features.items()},
            ),
            part,
        )


def told(screened: Screened) -> NDArray[np.bool_]:
    """(n, d): days of which a risk can be told."""
    cannot = (screened.tier == Tier.TECHNICAL) & np.isnan(screened.score)
    return np.asarray(judgeable(screened.rows, screened.settings.judge_days) & ~cannot)


def risk_features(screened: Screened) -> dict[str, Floats]:
    """(n, d) by name: of the rows, and of the screen as `screen_...`; probabilities as log odds."""
    found = row_features(screened.rows)
    for name, values in screened.features.items():
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
