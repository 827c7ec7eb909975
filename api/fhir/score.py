"""An Observation of one pain score as the fields of a diary entry. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from api.fhir.answers import instant_in, uuid_in
from api.fhir.exchange import check_elements, refused
from api.fhir.names import KINDS, LOINC, PAIN_SCORE, SCORE, UCUM
from api.fhir.refusal import Places

NAME = "Observation"
_TAKEN = frozenset(
    {"resourceType", "id", "identifier", "status", "code", "subject", "effectiveDateTime", "effectiveInstant"}
    | {"valueInteger", "valueQuantity"}
)
#: Not among them `focus` (somebody else's pain) and `component`: left out, they would change what is said.
_IGNORED = frozenset(
    {"meta", "language", "text", "extension", "category", "issued", "performer", "encounter", "method"}
    | {"device", "basedOn", "partOf", "referenceRange", "interpretation"}
)
_NOT_A_NUMBER = (
    "A score is a number: valueInteger, or valueQuantity with the UCUM code {score}. "
    "Answer codes of LOINC (LA...) stand for other numbers in other lists."
)


def score_in(resource: Mapping[str, Any], pseudonym: uuid.UUID) -> tuple[dict[str, Any], Places, str]:
    """The fields of `DiaryIn`, which element each came from, and which score it is.

    Without a UUID in `identifier` or `id` the entry is known by patient, time and score: the same sent again
    is the same entry. Raises `Problem` 422.
    """
    if "derivedFrom" in resource:
        raise refused(
            "This score is part of a diary entry: correct the QuestionnaireResponse that it is derived from.",
            f"{NAME}.derivedFrom",
        )
    if "valueCodeableConcept" in resource:
        raise refused(_NOT_A_NUMBER, f"{NAME}.value")
    if "dataAbsentReason" in resource:
        raise refused(
            "Who did not answer has no score: send a QuestionnaireResponse with the answer `skipped`.",
            f"{NAME}.dataAbsentReason",
        )
    check_elements(resource, _TAKEN, _IGNORED, NAME)
    if resource.get("status") not in ("final", "amended", "corrected"):
        raise refused("A score is final, amended or corrected; nothing else is kept.", f"{NAME}.status")
    kind, (value, place) = _kind(resource.get("code")), _value(resource)
    time = "effectiveInstant" if "effectiveInstant" in resource else "effectiveDateTime"
    at = instant_in(resource, time)
    values = {"id": _given_id(resource) or str(uuid.uuid5(pseudonym, f"{kind} {at}")), "at": at, kind: value}
    places: Places = {("at",): f"{NAME}.effective", (kind,): place, ("id",): f"{NAME}.identifier"}
    return values, places, kind


def _given_id(resource: Mapping[str, Any]) -> str | None:
    identifiers = resource.get("identifier", [])
    if not isinstance(identifiers, list) or not all(isinstance(one, dict) for one in identifiers):
        raise refused("`identifier` is a list of identifiers.", f"{NAME}.identifier", 400)
    said = [one.get("value") for one in identifiers] + [resource.get("id")]
    return next((found for found in map(uuid_in, said) if found), None)


def _kind(code: object) -> str:
    """Which score: by our code, else, of LOINC 72514-3 alone, pain now."""
    codings = code.get("coding") if isinstance(code, dict) else None
    pairs = [
        (one.get("system"), one.get("code"))
        for one in (codings if isinstance(codings, list) else [])
        if isinstance(one, dict)
    ]
    own = [kind for kind in KINDS if (SCORE, kind) in pairs]
    if len(own) == 1:
        return own[0]
    if not own and (LOINC, PAIN_SCORE["code"]) in pairs:
        return "now"
    raise refused(
        f"A pain score has the code LOINC 72514-3 (pain now), or one of {SCORE}: {', '.join(KINDS)}.",
        f"{NAME}.code",
    )


def _value(resource: Mapping[str, Any]) -> tuple[int, str]:
    given = [name for name in ("valueInteger", "valueQuantity") if name in resource]
    if len(given) != 1:
        raise refused(_NOT_A_NUMBER, f"{NAME}.value")
    if given == ["valueInteger"]:
        value, place = resource["valueInteger"], f"{NAME}.value"
    else:
        quantity, place = resource["valueQuantity"], f"{NAME}.value.value"
        if not isinstance(quantity, dict) or (quantity.get("system"), quantity.get("code")) != (
            UCUM,
            "{score}",
        ):
            raise refused(f"A score has the unit {{score}} of {UCUM}.", f"{NAME}.value")
        if "comparator" in quantity:
            raise refused("A score is one number, without a comparator.", f"{NAME}.value.comparator")
        value = quantity.get("value")
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # a decimal may be written 7.0
    if not isinstance(value, int) or isinstance(value, bool):
        raise refused("A score is a whole number from 0 to 10.", place)
    return value, place
