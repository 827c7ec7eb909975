"""FHIR in the tests: requests with that person's token, and an independent reader of what comes back.

The reader is `fhir.resources` (BSD), which is made from HL7's definitions. Of the fourth release it has R4B,
which is R4 for the resources that we emit. It checks elements, types and what is required. Codes
it does not check: those that R4 binds to a list are held against HL7's lists here.
"""

from __future__ import annotations

from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import BaseModel
from starlette.testclient import TestClient

from api.fhir.names import QUESTIONNAIRE
from tests.api.house import ENTRY, House

RESPONSES = "/fhir/R4/QuestionnaireResponse"
OBSERVATIONS = "/fhir/R4/Observation"
PAIN = "/api/v1/patients/P-steady/pain"
WINDOW = {"from": "2026-05-01", "to": "2026-05-10"}
#: What HL7's fhir.schema.json of R4 allows in the elements that we use.
CODES = {
    "Observation.status": "registered preliminary final amended corrected cancelled entered-in-error unknown",
    "QuestionnaireResponse.status": "in-progress completed amended entered-in-error stopped",
    "Questionnaire.status": "draft active retired unknown",
    "QuestionnaireItem.type": "group display boolean decimal integer date dateTime time string text url choice open-choice attachment reference quantity",
    "Bundle.type": "document message transaction transaction-response batch batch-response history searchset collection",
    "BundleEntrySearch.mode": "match include outcome",
    "OperationOutcomeIssue.severity": "fatal error warning information",
    "OperationOutcomeIssue.code": "invalid structure required value invariant security login unknown expired forbidden suppressed processing "
    "not-supported duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly business-rule conflict transient "
    "lock-error no-store exception timeout incomplete throttled informational",
    "CapabilityStatement.kind": "instance capability requirements",
    "CapabilityStatement.status": "draft active retired unknown",
    "CapabilityStatementRest.mode": "client server",
    "CapabilityStatementRestResourceInteraction.code": "read vread update patch delete history-instance history-type create search-type",
    "CapabilityStatementRestResourceSearchParam.type": "number date string token reference composite quantity uri special",
}


def program(house: House, name: str | None = "anna") -> TestClient:
    """A program that speaks FHIR with that person's token."""
    client = house.client(name)
    client.headers.update({"Accept": "application/fhir+json"})
    return client


def post(client: TestClient, path: str, resource: Any, **headers: str) -> Any:
    return client.post(path, json=resource, headers={"Content-Type": "application/fhir+json", **headers})


def read(answer: Any) -> dict[str, Any]:
    """The resource of an answer, held against the definitions of HL7."""
    assert answer.headers["content-type"] == "application/fhir+json", answer.text
    resource: dict[str, Any] = answer.json()
    conforms(resource)
    return resource


def conforms(resource: dict[str, Any]) -> None:
    model = get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    _codes(model)
    inner = [e["resource"] for e in resource.get("entry", [])]
    for one in inner:
        conforms(one)


def _codes(part: BaseModel) -> None:
    for name in type(part).model_fields:
        value = getattr(part, name)
        allowed = CODES.get(f"{type(part).__name__}.{name}")
        for one in value if isinstance(value, list) else [value]:
            if allowed and one is not None:
                assert one in allowed.split(), (name, one)
            if isinstance(one, BaseModel):
                _codes(one)


def sentence(answer: Any) -> tuple[int, str, str | None]:
    """Status, the first sentence and its element, of an error."""
    outcome = read(answer)
    assert outcome["resourceType"] == "OperationOutcome"
    first = outcome["issue"][0]
    return answer.status_code, first["details"]["text"], first.get("expression", [None])[0]


def said(link: str, value: Any, kind: str = "valueInteger") -> dict[str, Any]:
    return {"linkId": link, "answer": [{kind: value}]}


def response(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A diary entry of P-steady; `more` replaces elements, None leaves one out."""
    resource = {
        "resourceType": "QuestionnaireResponse",
        "identifier": {"value": ENTRY},
        "questionnaire": QUESTIONNAIRE,
        "status": "completed",
        "subject": {"reference": "Patient/P-steady"},
        "authored": "2026-05-04T23:30:00+02:00",
        "item": list(items),
        **more,
    }
    return {name: value for name, value in resource.items() if value is not None}


def score(number: Any = 7, **more: Any) -> dict[str, Any]:
    """One pain score of P-steady, as another program would write it."""
    resource = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "72514-3"}]},
        "subject": {"reference": "Patient/P-steady"},
        "effectiveDateTime": "2026-05-04T10:00:00+02:00",
        "valueInteger": number,
        **more,
    }
    return {name: value for name, value in resource.items() if value is not None}
