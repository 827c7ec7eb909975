"""The kinds of treatment that we know, and what may be said of each.

A kind that is not here is taken as well: wards have their own. Then only the counts that mean something for
one kind alone are refused. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

_SYSTEMIC = ("drug", "cycle", "until", "note")
_OPIOID = ("drug", "note")
#: What may be said of each kind, beside when it was.
KINDS: dict[str, tuple[str, ...]] = {
    "chemo": _SYSTEMIC,
    "immunotherapy": _SYSTEMIC,
    "targeted_therapy": _SYSTEMIC,
    "hormone_therapy": _SYSTEMIC,
    "radiotherapy": ("technique", "fractions", "dose_gy", "site", "until", "note"),
    "nerve_block": ("technique", "site", "drug", "until", "note"),
    "neuromodulation": ("technique", "site", "until", "note"),
    "intrathecal": ("technique", "site", "drug", "until", "note"),
    "surgery": ("technique", "site", "note"),
    "opioid_start": _OPIOID,
    "opioid_up": _OPIOID,
    "opioid_down": _OPIOID,
    "opioid_rotation": _OPIOID,
    "opioid_stop": _OPIOID,
}
_OF_ANY = ("technique", "site", "drug", "until", "note")
LONGEST = timedelta(days=20 * 366)  #: of a course; hormones are given for ten years


def why_not(kind: str, at: datetime, said: Mapping[str, object]) -> str | None:
    """Why this cannot be said of a treatment, in one sentence; None where it can. None says nothing."""
    allowed = KINDS.get(kind, _OF_ANY)
    for name, value in said.items():
        if value is not None and name not in allowed:
            if name in ("fractions", "dose_gy"):
                return f"`{name}` is only for radiotherapy."
            return f"`{name}` is not for {kind}, which may have {', '.join(allowed)}."
    until = said.get("until")
    if isinstance(until, datetime) and not at <= until <= at + LONGEST:
        return "`until` is before `at`, or more than twenty years after it."
    return None
