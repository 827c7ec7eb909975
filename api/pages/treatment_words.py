"""How the pages say treatments. Pure; a shape never stands without its word."""

from __future__ import annotations

from datetime import datetime, tzinfo

from store.diary import Treatment

WORDS = {
    "chemo": "chemotherapy",
    "immunotherapy": "immunotherapy",
    "targeted_therapy": "targeted therapy",
    "hormone_therapy": "hormone therapy",
    "radiotherapy": "radiotherapy",
    "nerve_block": "nerve block",
    "neuromodulation": "neuromodulation",
    "intrathecal": "intrathecal drug",
    "surgery": "surgery",
    "opioid_start": "opioid started",
    "opioid_up": "opioid up",
    "opioid_down": "opioid down",
    "opioid_rotation": "opioid changed",
    "opioid_stop": "opioid stopped",
}
_SHAPES = {
    "radiotherapy": "✳",
    "nerve_block": "◇",
    "neuromodulation": "◇",
    "intrathecal": "◇",
    "surgery": "✚",
    "opioid_up": "△",
    "opioid_start": "△",
    "opioid_down": "▽",
    "opioid_stop": "▽",
    "opioid_rotation": "⇄",
}
_OTHER_SHAPE = "□"  #: systemic therapy, and what wards name themselves


def word(kind: str) -> str:
    """The kind as a nurse says it."""
    return WORDS.get(kind, kind.replace("_", " "))


def shape(kind: str) -> str:
    """One sign for a family of kinds."""
    return _SHAPES.get(kind, _OTHER_SHAPE)


def particulars(kept: Treatment, zone: tzinfo) -> str:
    """What is known of a treatment, in one line; empty where nothing is."""
    until = _day(kept.until, zone) if kept.until else None
    parts = (
        kept.technique,
        kept.drug,
        f"cycle {kept.cycle}" if kept.cycle else None,
        ("1 fraction" if kept.fractions == 1 else f"{kept.fractions} fractions") if kept.fractions else None,
        f"{kept.dose_gy:g} Gy" if kept.dose_gy else None,
        kept.site,
        f"until {until}" if until else None,
        kept.note,
        kept.detail,
    )
    return ", ".join(part for part in parts if part)


def _day(at: datetime, zone: tzinfo) -> str:
    there = at.astimezone(zone)
    return f"{there:%a} {there.day} {there:%b}"
