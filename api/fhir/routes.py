"""All addresses of FHIR R4; what is wrong comes back as an OperationOutcome (`api.problems`)."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from api.fhir import capability, observation, patient, questionnaire, questionnaire_response
from api.fhir.exchange import speak_json

# The CapabilityStatement describes them; OpenAPI describes the API.
router = APIRouter(dependencies=[Depends(speak_json)], include_in_schema=False)
for part in (capability, observation, patient, questionnaire, questionnaire_response):
    router.include_router(part.router)
