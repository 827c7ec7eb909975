"""Names that FHIR wants as addresses. Ours end in `.example`, which nobody can own (RFC 2606): they name
things and lead nowhere. Why: docs/decisions/0026-fhir.md."""

from __future__ import annotations

import re

FHIR_VERSION = "4.0.1"
PATH = "/fhir/R4"

_OURS = "https://actalgia.example/fhir"
QUESTIONNAIRE = f"{_OURS}/Questionnaire/pain-diary"
QUESTIONNAIRE_VERSION = "1"
ENTRY = f"{_OURS}/NamingSystem/diary-entry"  #: of identifiers: the UUID of a diary entry
SCORE = f"{_OURS}/CodeSystem/pain-score"  #: worst, average, least, now, interference
PROBLEM = f"{_OURS}/CodeSystem/problem"  #: the `code` of an error, the same as in problem details

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
PAIN_SCORE = {
    "system": LOINC,
    "code": "72514-3",
    "display": "Pain severity - 0-10 verbal numeric rating [Score] - Reported",
}
#: The scores of an entry; `worst` and `now` are what LOINC 72514-3 asks for, the others have our code alone.
KINDS = {
    "worst": "Worst pain in the last 24 hours",
    "average": "Average pain in the last 24 hours",
    "least": "Least pain in the last 24 hours",
    "now": "Pain now",
    "interference": "Interference of pain with daily life in the last 24 hours",
}
#: R4, section 2.24.0.1: what may be the id of a resource.
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def codings_of(kind: str) -> list[dict[str, str]]:
    """What says which score it is: LOINC where it has a code, and ours."""
    own = {"system": SCORE, "code": kind, "display": KINDS[kind]}
    return [PAIN_SCORE, own] if kind in ("worst", "now") else [own]
