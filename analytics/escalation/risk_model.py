"""A risk model as it is stored: plain JSON, and a checksum without which nothing is scored.

The document is the model: names, centres, scales and coefficients of a logistic regression, knots that bring
its log odds to the frequencies of people it was not fitted to, what it was trained on, and how features and
risks were distributed there. It is made by `python -m benchmarks.train_risk`; never a pickle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

SHIPPED_FILE = Path(__file__).with_name("risk_1.json")
CHECKSUM = "sha256"
#: Nothing may outweigh all else: features count up to so many scales.
MOST_SCALES = 8.0


class BadRiskModel(ValueError):
    """What is wrong with a stored model, in one sentence."""


@dataclass(frozen=True)
class Reference:
    """How one figure was distributed in training: shares (k + 1,) of the days between k edges."""

    edges: Values
    shares: Values
    missing: float  #: share of the days without it


@dataclass(frozen=True)
class RiskModel:
    """Read it with `read_risk_model`; arrays are over features, in the order of `features`.

    The log odds are the intercept and, of each feature, a line with bends that is 0 at the centre.
    """

    name: str
    version: int
    checksum: str
    features: tuple[str, ...]
    centres: Values
    scales: Values
    bends: Values  #: places, in scales from the centre, at which the slope of each feature changes
    coefficients: Values  #: (features, 1 + bends): slope at the left, then its change at each bend
    intercept: float
    knots: tuple[Values, Values]  #: log odds as fitted, log odds as calibrated; both rise
    screen_rule: str | None  #: rule whose features it takes, None for one of daily rows alone
    reference: dict[str, Reference]  #: of each feature, and of the risk as `p_flare_7d`
    training: dict[str, Any]  #: seeds, cohorts, settings and figures, for people

    @property
    def label(self) -> str:
        """Name and version, as they stand beside each risk."""
        return f"{self.name} {self.version}"

    def log_odds_of(self, found: Mapping[str, Values]) -> Values:
        """Calibrated log odds of days with these features, arrays of one shape; NaN adds nothing."""
        total = np.full(next(iter(found.values())).shape, self.intercept)
        corners, at_corners = self._lines
        for k, name in enumerate(self.features):
            away = scaled(found[name], self.centres[k], self.scales[k])
            total += np.interp(away, corners, at_corners[k])
        return self.recalibrated(total)

    @cached_property
    def _lines(self) -> tuple[Values, list[Values]]:
        """Where the lines bend, and the log odds of each feature there."""
        corners = np.concatenate([[-MOST_SCALES], self.bends, [MOST_SCALES]])
        return corners, [bent(corners, self.bends) @ own for own in self.coefficients]

    def recalibrated(self, log_odds: Values) -> Values:
        """Along the knots; beyond them by as much as the last of them."""
        fitted, calibrated = self.knots
        inside = np.interp(log_odds, fitted, calibrated)
        return np.asarray(inside + (log_odds - np.clip(log_odds, fitted[0], fitted[-1])))


@lru_cache(maxsize=1)
def shipped_risk_model() -> RiskModel:
    """The model of this version of Actalgia."""
    return read_risk_model(SHIPPED_FILE)


def read_risk_model(file: Path) -> RiskModel:
    """The model in a JSON file. Raises `BadRiskModel`."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadRiskModel(f"{file.name} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BadRiskModel(f"{file.name} is not JSON") from error
    if not isinstance(document, dict) or CHECKSUM not in document:
        raise BadRiskModel(f"{file.name} holds no risk model with a checksum")
    if (found := checksum(document)) != document[CHECKSUM]:
        raise BadRiskModel(
            f"{file.name} was changed after it was made (its content has the checksum {found[:12]}, it says "
            f"{str(document[CHECKSUM])[:12]}): nothing is scored with it; install it again"
        )
    try:
        return model_of(document)
    except (KeyError, TypeError, ValueError) as error:
        raise BadRiskModel(f"{file.name} lacks a part of a risk model: {error}") from error


def checksum(document: Mapping[str, Any]) -> str:
    """SHA-256 of all but the checksum itself, keys sorted, without spaces."""
    rest = {key: value for key, value in document.items() if key != CHECKSUM}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def scaled(values: Values, centre: float, scale: float) -> Values:
    """In scales from the centre, at most `MOST_SCALES`; what is missing is at the centre."""
    away = np.clip((values - centre) / scale, -MOST_SCALES, MOST_SCALES)
    return np.where(np.isnan(away), 0.0, away)


def bent(away: Values, bends: Values) -> Values:
    """(..., 1 + bends) what the coefficients of a feature multiply; all are 0 at the centre."""
    beyond = np.maximum(away[..., None] - bends, 0) - np.maximum(-bends, 0)
    return np.concatenate([away[..., None], beyond], axis=-1)


def model_of(document: Mapping[str, Any]) -> RiskModel:
    """The model of a document whose checksum was looked at. Raises KeyError, TypeError, ValueError."""
    features = document["features"]
    columns = [
        np.array([one[name] for one in features], np.float64) for name in ("centre", "scale", "coefficients")
    ]
    bends = np.array(document["bends"], np.float64)
    if columns[2].shape != (len(features), 1 + len(bends)) or (np.diff(bends) <= 0).any():
        raise ValueError("each feature needs a coefficient, and one for each bend")
    knots = [np.array(document["recalibration"][name], np.float64) for name in ("fitted", "calibrated")]
    if not features or not (columns[1] > 0).all():
        raise ValueError("features need scales above 0")
    if (
        len(knots[0]) != len(knots[1])
        or len(knots[0]) < 2
        or any((np.diff(part) <= 0).any() for part in knots)
    ):
        raise ValueError("knots of the recalibration have to rise")
    return RiskModel(
        name=str(document["name"]),
        version=int(document["version"]),
        checksum=str(document[CHECKSUM]),
        features=tuple(str(one["name"]) for one in features),
        centres=columns[0],
        scales=columns[1],
        bends=bends,
        coefficients=columns[2],
        intercept=float(document["intercept"]),
        knots=(knots[0], knots[1]),
        screen_rule=document["screen_rule"],
        reference={
            name: Reference(np.array(one["edges"]), np.array(one["shares"]), float(one["missing"]))
            for name, one in document["reference"].items()
        },
        training=dict(document["training"]),
    )
