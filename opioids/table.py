"""The published factors, and nothing that is not published.

For analytics and research, never for converting a patient from one opioid to another: the factors say how
doses compare over many people, not which dose of another drug is safe for one.

Source: Dowell D, Ragan KR, Jones CM, Baldwin GT, Chou R. CDC Clinical Practice Guideline for Prescribing
Opioids for Pain, United States, 2022. MMWR Recomm Rep 71(3):1-95, 2022, the table of doses of commonly
prescribed opioids in morphine milligram equivalents. The version is part of every value: older tables have
4 for hydromorphone, 0.1 for tramadol and a sliding scale for methadone.
"""

from __future__ import annotations

TABLE = "cdc-2022"
METHOD = f"OME 2 {TABLE}"  #: version of the sums of a day, with the table; 2: other analgesics count as none
STATEMENT = (
    "Oral morphine equivalents are for analytics and research, never for converting a patient from one "
    "opioid to another."
)

#: Oral morphine [mg] for 1 mg of the drug by mouth.
ORAL: dict[str, float] = {
    "codeine": 0.15,
    "hydrocodone": 1.0,
    "hydromorphone": 5.0,
    "methadone": 4.7,
    "morphine": 1.0,
    "oxycodone": 1.5,
    "oxymorphone": 3.0,
    "tapentadol": 0.4,
    "tramadol": 0.2,
}
#: Oral morphine [mg] a day for 1 mcg/h of a patch that is worn all day.
PATCH: dict[str, float] = {"fentanyl": 2.4}
