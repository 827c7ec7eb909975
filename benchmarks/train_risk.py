"""Fit the risk model to simulated cohorts, write its JSON: `python -m benchmarks.train_risk [--out FILE]`.

Needs the research extra (`pip install 'actalgia[research]'`); scoring does not. A logistic regression with an
elastic net; its strength is chosen by cross-validation over whole patients (the nominal and the stressed days
of one person lie in the same fold), and the risks said of held-out patients give the recalibration (isotonic
over equal groups, the first family counted twelve times). Seeds are tuning seeds; `python -m
docs.model_card_risk` evaluates with others. About seven minutes of one core.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.risk_drift import reference_of
from analytics.escalation.risk_model import CHECKSUM, SHIPPED_FILE, bent, checksum, model_of, scaled
from analytics.escalation.screening import RULE
from analytics.escalation.settings import SHIPPED
from analytics.escalation.validation import Values, auroc, log_loss
from benchmarks.risk_cohorts import DAYS, REGIMES, Days, days_of, together
from simulate.cohort import SCENARIOS

SEEDS = (3, 4)
PATIENTS = 40  #: of each scenario, seed and family
EVERY = 8  #: of each patient every eighth day: days in a row say nearly the same
FOLDS = 4
#: (C, share of the absolute penalty) that are tried, from the strongest on.
STRENGTHS = ((0.01, 0.5), (0.1, 0.5))
#: Where a feature's slope may change, in standard deviations from the mean.
BENDS = (-0.5, 0.5, 1.5, 2.5)
#: The second family has other risks at the same log odds, and no map suits both: the first, after published
#: figures, counts so often in the recalibration.
FIRST_FAMILY = 12.0
GROUPS = 40  #: of held-out days, alike in risk, between which the recalibration is a line
LEAST_RISE = 1e-3  #: between knots, so that no two different risks become one


def train(patients: int = PATIENTS, seeds: tuple[int, ...] = SEEDS) -> dict[str, Any]:
    """The document of a model; the same arguments and library give the same numbers."""
    days = together([days_of(patients, seeds, regime, EVERY) for regime in REGIMES])
    names = [name for name, values in days.features.items() if _usable(values)]
    centres = {name: _short(np.nanmean(days.features[name])) for name in names}
    scales = {name: _short(np.nanstd(days.features[name])) for name in names}
    x = np.concatenate([_columns(days.features[name], centres[name], scales[name]) for name in names], axis=1)
    tried = [(_held_out(x, days, *strength), strength) for strength in STRENGTHS]
    losses = [log_loss(_risk(said), days.comes) for said, _ in tried]
    best = int(np.argmin(losses))
    said, (c, l1) = tried[best]
    model = _fit(x, days.comes, c, l1)
    each = [[_short(value) for value in own] for own in model.coef_[0].reshape(len(names), -1)]
    kept = [k for k, own in enumerate(each) if any(own)]
    document: dict[str, Any] = {
        "name": "flare 7 d",
        "version": 1,
        "made_of": "simulated cohorts; nobody in them exists",
        "target": "an event day among the next seven, one in progress included",
        "bends": list(BENDS),
        "features": [
            {
                "name": names[k],
                "centre": centres[names[k]],
                "scale": scales[names[k]],
                "coefficients": each[k],
            }
            for k in kept
        ],
        "intercept": _short(model.intercept_[0]),
        "recalibration": _recalibration(said, days),
        "screen_rule": RULE if any(names[k].startswith("screen_") for k in kept) else None,
        "reference": {
            **{names[k]: reference_of(days.features[names[k]]) for k in kept},
            "p_flare_7d": {"edges": [0.5], "shares": [1.0, 0.0], "missing": 0.0},
        },
        "training": {
            "seeds": list(seeds),
            "patients": patients * len(seeds) * len(SCENARIOS) * 2,
            "days": len(days.comes),
            "every_nth_day": EVERY,
            "days_of_a_patient": DAYS,
            "scenarios": list(SCENARIOS),
            "regimes": [regime.name for regime in REGIMES],
            "settings": SHIPPED.label,
            "event_rate": _short(days.comes.mean()),
            "penalty": {"C": c, "l1_ratio": l1},
            "folds": FOLDS,
            "held_out_auroc": _short(auroc(said, days.comes)),
            "held_out_log_loss": {
                f"C {k[0]:g}, l1 {k[1]:g}": _short(v) for k, v in zip(STRENGTHS, losses, strict=True)
            },
        },
    }
    return _with_reference_of_risk(document, days)


def _columns(values: Values, centre: float, scale: float) -> NDArray[np.float32]:
    return bent(scaled(values, centre, scale), np.array(BENDS)).astype(np.float32)


def _usable(values: Values) -> bool:
    known = values[~np.isnan(values)]
    return len(known) > 0.2 * len(values) and float(np.std(known)) > 1e-6


def _fit(x: NDArray[np.float32], y: Any, c: float, l1: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(
        solver="saga", l1_ratio=l1, C=c, tol=1e-3, max_iter=60, random_state=0, **_penalty()
    )
    return model.fit(x, y)


def _penalty() -> dict[str, str]:
    """Before 1.8 an elastic net had to be named; later the name is deprecated."""
    import sklearn

    old = tuple(int(part) for part in sklearn.__version__.split(".")[:2]) < (1, 8)
    return {"penalty": "elasticnet"} if old else {}


def _held_out(x: NDArray[np.float32], days: Days, c: float, l1: float) -> Values:
    """Log odds of each day by a model that saw nobody of its patient's fold."""
    from sklearn.model_selection import GroupKFold

    said = np.empty(len(x))
    for learn, ask in GroupKFold(FOLDS, shuffle=True, random_state=0).split(x, groups=days.patient):
        said[ask] = _fit(x[learn], days.comes[learn], c, l1).decision_function(x[ask])
    return said


def _recalibration(said: Values, days: Days) -> dict[str, list[float]]:
    """Isotonic frequencies of held-out days over the log odds that were said of them."""
    from sklearn.isotonic import IsotonicRegression

    groups = np.array_split(np.argsort(said, kind="stable"), GROUPS)
    weight = np.where(days.family == 0, FIRST_FAMILY, 1.0)
    middle = np.array([np.average(said[group], weights=weight[group]) for group in groups])
    # Half an event and half a calm day more, so that a group without events has log odds.
    rate = np.array(
        [((weight * days.comes)[group].sum() + 0.5) / (weight[group].sum() + 1) for group in groups]
    )
    rising = IsotonicRegression().fit_transform(middle, np.log(rate / (1 - rate)))
    calibrated = np.maximum.accumulate(rising + LEAST_RISE * np.arange(GROUPS))
    return {"fitted": [_short(v) for v in middle], "calibrated": [_short(v) for v in calibrated]}


def _with_reference_of_risk(document: dict[str, Any], days: Days) -> dict[str, Any]:
    said = model_of({**document, CHECKSUM: ""}).log_odds_of(days.features)
    document["reference"]["p_flare_7d"] = reference_of(_risk(said))
    return {**document, CHECKSUM: checksum(document)}


def _risk(said: Values) -> Values:
    return np.asarray(1 / (1 + np.exp(-said)))


def _short(value: Any) -> float:
    """Six digits: more would say nothing, and every machine writes them alike."""
    return float(f"{float(value):.6g}")


def main() -> None:
    """Train and write."""
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--out", type=Path, default=SHIPPED_FILE)
    words.add_argument("--patients", type=int, default=PATIENTS)
    given = words.parse_args()
    began = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        document = train(given.patients)
    given.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    told = document["training"]
    print(f"{given.out.name}: {len(document['features'])} features, {told['days']:,} simulated days,")
    print(f"AUROC {told['held_out_auroc']:.3f} in held-out patients, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
