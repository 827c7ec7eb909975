"""One dose to oral morphine equivalents, or the sentence that says why not.

For analytics and research, never for converting a patient from one opioid to another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from opioids.names import bare_unit, drug_of, folded, is_patch_rate, milligrams, other_of, route_of
from opioids.table import ORAL, PATCH, TABLE

_SHOWN = 60  #: letters of a word that a patient wrote, in a reason


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose as the patient wrote it down, at its true time."""

    drug: str
    dose: float  #: at least 0, in `unit`
    unit: str
    route: str
    at: datetime
    rescue: bool = False
    entry: str = ""  #: where it was written

    @property
    def key(self) -> tuple[str, float, str, str, datetime]:
        """The same for a dose that is written down again in another entry."""
        drug = drug_of(self.drug) or folded(self.drug)
        route = route_of(self.route) or folded(self.route)
        return drug, float(self.dose), bare_unit(self.unit), route, self.at


@dataclass(frozen=True, slots=True)
class Equivalent:
    """Oral morphine [mg] of one dose, of a patch of a full day worn; or the reason why there is none."""

    mg: float | None
    reason: str | None = None
    patch: bool = False  #: it works as long as it is worn, and not once
    opioid: bool = True  #: or may be one; False: it has no number and takes none from its day


def read_dose(said: Mapping[str, Any], shift: timedelta = timedelta(0), entry: str = "") -> Dose:
    """A dose of the wire; `shift` is what a device's clock is behind, for the time of the dose as well."""
    at = datetime.fromisoformat(said["at"]).astimezone(UTC)
    with suppress(OverflowError):  # in the year 9999, where no day is asked for
        at += shift
    drug, unit, route = said["drug"], said["unit"], said["route"]
    return Dose(drug, float(said["dose"]), unit, route, at, bool(said.get("rescue", False)), entry)


def convert(dose: Dose) -> Equivalent:
    """The oral morphine equivalent of a dose by the table of `opioids.table`.

    For analytics and research, never for converting a patient from one opioid to another.

    Only drugs by mouth [mg, mcg, g] and the fentanyl patch [mcg/h] have factors. Everything else has no
    number and one sentence that says why; nothing is ever taken as 0. What is known not to be an opioid says
    so, and is no patch of one.
    """
    if (other := other_of(dose.drug)) is not None:
        return Equivalent(None, f"{other} is not an opioid", opioid=False)
    drug, route = drug_of(dose.drug), route_of(dose.route)
    patch = route == "patch" or is_patch_rate(dose.unit)
    if drug is None:
        return Equivalent(None, f"{_word(dose.drug)} is no drug of the table {TABLE}", patch)
    match route:
        case "patch":
            mg, reason = _of_patch(drug, dose)
        case "oral":
            mg, reason = _of_oral(drug, dose)
        case _:
            mg, reason = None, f"{drug} by the route {_word(dose.route)} has no factor in the table {TABLE}"
    if mg is not None and not math.isfinite(mg):
        mg, reason = None, f"the dose of {drug} is no number that can be converted"
    return Equivalent(mg, reason, patch)


def _of_patch(drug: str, dose: Dose) -> tuple[float | None, str | None]:
    if drug not in PATCH:
        return None, f"a patch of {drug} has no factor in the table {TABLE}"
    if not is_patch_rate(dose.unit):
        return None, f"a patch of {drug} is counted in mcg/h, not in {_word(dose.unit)}"
    return PATCH[drug] * dose.dose, None


def _of_oral(drug: str, dose: Dose) -> tuple[float | None, str | None]:
    if drug not in ORAL:
        return None, f"{drug} has a factor as a patch only"
    if is_patch_rate(dose.unit):
        return None, f"oral {drug} is counted in mg, not in {_word(dose.unit)}"
    mg = milligrams(dose.dose, dose.unit)
    if mg is None:
        return None, f"the unit {_word(dose.unit)} of {drug} says no mass"
    return ORAL[drug] * mg, None


def _word(text: str) -> str:
    text = " ".join(text.split())
    return f'"{text if len(text) <= _SHOWN else text[:_SHOWN] + "..."}"'
