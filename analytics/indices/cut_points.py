"""Named cut points between sedentary, light, and moderate to vigorous activity, for adults.

A name stands for the same numbers for ever; a correction gets a new name, and `VERSION` rises.
"""

from __future__ import annotations

from dataclasses import dataclass

VERSION = 1


@dataclass(frozen=True)
class CutPoints:
    """Sedentary is below `sedentary_below`, moderate to vigorous (MVPA) from `mvpa_from` on."""

    name: str
    unit: str  #: `mg`: mean ENMO of an epoch; `counts`: per minute
    of: str  #: what was measured, and where it was worn
    sedentary_below: float
    mvpa_from: float
    source: str


_HILDEBRAND = (
    "Hildebrand et al., Med Sci Sports Exerc 46(9):1816-1824, 2014 (MVPA, 3 MET); "
    "Scand J Med Sci Sports 27(12):1814-1823, 2017 (sedentary)"
)
_FREEDSON = "Freedson et al., Med Sci Sports Exerc 30(5):777-781, 1998; sedentary Matthews et al. 2008"
_TROIANO = "Troiano et al., Med Sci Sports Exerc 40(1):181-188, 2008"
_MONTOYE = "Montoye et al., J Sports Sci 38(22):2569-2578, 2020"
_LANDRY = "Landry et al., Front Aging Neurosci 7:165, 2015 (MotionWatch 8, heir of the Actiwatch 4 and 7)"

ALL = (
    CutPoints("hildebrand_wrist_actigraph", "mg", "ENMO, wrist", 44.8, 100.6, _HILDEBRAND),
    CutPoints("hildebrand_wrist_geneactiv", "mg", "ENMO, wrist", 45.8, 93.2, _HILDEBRAND),
    CutPoints("hildebrand_hip_actigraph", "mg", "ENMO, hip", 47.4, 69.1, _HILDEBRAND),
    CutPoints("hildebrand_hip_geneactiv", "mg", "ENMO, hip", 46.9, 68.7, _HILDEBRAND),
    CutPoints("freedson_1998_hip_axis1", "counts", "ActiGraph axis 1, hip", 100, 1952, _FREEDSON),
    CutPoints("troiano_2008_hip_axis1", "counts", "ActiGraph axis 1, hip", 100, 2020, _TROIANO),
    CutPoints("montoye_2020_wrist_vm", "counts", "ActiGraph vector magnitude, wrist", 2860, 3941, _MONTOYE),
    CutPoints("landry_2015_wrist_motionwatch", "counts", "Actiwatch kind, wrist", 178.5, 562.5, _LANDRY),
)
BY_NAME = {cuts.name: cuts for cuts in ALL}


def usual_cut_points(unit: str, vector_magnitude: bool = False) -> CutPoints:
    """What is taken where nobody said: devices for remote monitoring are worn on the wrist."""
    if unit == "mg":
        return BY_NAME["hildebrand_wrist_actigraph"]
    return BY_NAME["montoye_2020_wrist_vm" if vector_magnitude else "landry_2015_wrist_motionwatch"]
