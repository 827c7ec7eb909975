"""What a screen says, as JSON: bytes that can be written before the next patients are judged.

NaN is null. Scores and risks have six digits behind the point: the rest is not known.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import numpy as np

from analytics.escalation.rows import Floats
from analytics.escalation.screening import DayDecision

DIGITS = 6


def as_json(decision: DayDecision) -> bytes:
    """One entry of `decisions`."""
    return _ENCODER.encode(
        {
            "patient": decision.patient,
            "day": decision.day,
            "tier": decision.tier.name.lower(),
            "reason": decision.reason,
            "score": None if decision.score is None else round(decision.score, DIGITS),
            "evidence": decision.evidence,
        }
    )


def risks_as_json(patient: str, first_day: date, p: Floats) -> list[bytes]:
    """The entries of `risk` of one patient, one for each day from `first_day` on."""
    days = np.arange(len(p)) + np.datetime64(first_day, "D")
    return [
        _ENCODER.encode({"patient": patient, "day": day, "p_flare_7d": value})
        for day, value in zip(days.astype(str).tolist(), p.round(DIGITS).tolist(), strict=True)
    ]


def _plain(value: Any) -> Any:
    """Numbers and arrays of numpy, which evidence may hold."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise NotImplementedError(f"evidence holds a {type(value).__name__}, which JSON does not have")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
