"""Questionnaire pain-diary: what an entry of the diary may say, in English and Italian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends

from api.auth import current_user
from api.fhir.exchange import FhirResponse
from api.fhir.names import KINDS, PATH, QUESTIONNAIRE, QUESTIONNAIRE_VERSION, codings_of
from api.problems import Problem

router = APIRouter(prefix=PATH)


@dataclass(frozen=True, slots=True)
class Question:
    """An item: the name of a field of an entry, how FHIR types its answer, its words, its limits."""

    link: str
    kind: str
    english: str
    italian: str
    most: int | None = None  #: of a number: it is from 0 to this
    longest: int | None = None  #: of a text: letters
    repeats: bool = False
    parts: tuple[Question, ...] = ()

    @property
    def value(self) -> str:
        """The name under which R4 carries the answer."""
        kind = "string" if self.kind == "text" else self.kind
        return "value" + kind[0].upper() + kind[1:]


DOSE = (
    Question("drug", "string", "Drug", "Farmaco", longest=2000),
    Question("dose", "decimal", "Dose", "Dose"),
    Question("unit", "string", "Unit; of a patch mcg/h", "Unità; per un cerotto mcg/h", longest=2000),
    Question("route", "string", "Route", "Via di somministrazione", longest=2000),
    Question("at", "dateTime", "When it was taken", "Quando è stata presa"),
    Question("rescue", "boolean", "Taken for breakthrough pain?", "Presa per il dolore episodico?"),
)
QUESTIONS = (
    Question(
        "worst", "integer", "Your worst pain in the last 24 hours, 0 (no pain) to 10 (worst imaginable)",
        "Il dolore più forte nelle ultime 24 ore, da 0 (nessun dolore) a 10 (il peggiore immaginabile)", 10,
    ),
    Question(
        "average", "integer", "Your pain on average in the last 24 hours, 0 to 10",
        "Il dolore in media nelle ultime 24 ore, da 0 a 10", 10,
    ),
    Question(
        "least", "integer", "Your least pain in the last 24 hours, 0 to 10",
        "Il dolore più lieve nelle ultime 24 ore, da 0 a 10", 10,
    ),
    Question("now", "integer", "Your pain right now, 0 to 10", "Il dolore in questo momento, da 0 a 10", 10),
    Question(
        "interference", "integer",
        "How much pain interfered with daily life in the last 24 hours, 0 (not at all) to 10 (completely)",
        "Quanto il dolore ha ostacolato la vita di ogni giorno nelle ultime 24 ore, "
        "da 0 (per niente) a 10 (del tutto)", 10,
    ),
    Question(
        "breakthrough", "integer", "Episodes of breakthrough pain in the last 24 hours",
        "Episodi di dolore episodico intenso nelle ultime 24 ore", 1000,
    ),
    Question(
        "rescue_doses", "integer", "Rescue doses in the last 24 hours",
        "Dosi al bisogno nelle ultime 24 ore", 1000,
    ),
    Question("sites", "string", "Where it hurts", "Dove fa male", longest=2000, repeats=True),
    Question("doses", "group", "Doses of pain medicine", "Dosi di antidolorifici", repeats=True, parts=DOSE),
    Question("note", "text", "Anything else", "Altro", longest=2000),
    Question(
        "skipped", "string", "Reason for not answering", "Motivo per cui non si è risposto", longest=2000
    ),
)  # fmt: skip
_EXTENSION = "http://hl7.org/fhir/StructureDefinition"
_LOINC_NOTICE = (
    "This material contains content from LOINC (http://loinc.org). LOINC is copyright Regenstrief Institute, "
    "Inc. and the Logical Observation Identifiers Names and Codes (LOINC) Committee and is available at no "
    "cost under the license at http://loinc.org/license."
)


@router.get("/Questionnaire/{name}", dependencies=[Depends(current_user)])
def questionnaire(name: str) -> FhirResponse:
    """The questions of the diary."""
    if name != "pain-diary":
        raise Problem(404, "There is one Questionnaire here: pain-diary.")
    return FhirResponse(_resource())


def _resource() -> dict[str, Any]:
    return {
        "resourceType": "Questionnaire",
        "id": "pain-diary",
        "language": "en",
        "url": QUESTIONNAIRE,
        "version": QUESTIONNAIRE_VERSION,
        "name": "PainDiary",
        "title": "Pain diary",
        "_title": _also_in_italian("Diario del dolore"),
        "status": "active",
        "subjectType": ["Patient"],
        "description": "One entry of the pain diary. Any item may be left out. Not for emergencies.",
        "_description": _also_in_italian(
            "Una voce del diario del dolore. Ogni domanda si può saltare. Non per le emergenze."
        ),
        "copyright": _LOINC_NOTICE,
        "item": [_item(question) for question in QUESTIONS],
    }


def _item(question: Question) -> dict[str, Any]:
    item: dict[str, Any] = {
        "linkId": question.link,
        "text": question.english,
        "_text": _also_in_italian(question.italian),
        "type": question.kind,
        "required": False,
        "repeats": question.repeats,
    }
    if question.link in KINDS:
        item["code"] = codings_of(question.link)
    if question.most is not None:
        item["extension"] = [
            {"url": f"{_EXTENSION}/minValue", "valueInteger": 0},
            {"url": f"{_EXTENSION}/maxValue", "valueInteger": question.most},
        ]
    if question.longest is not None:
        item["maxLength"] = question.longest
    if question.parts:
        item["item"] = [_item(part) for part in question.parts]
    return item


def _also_in_italian(text: str) -> dict[str, Any]:
    parts = [{"url": "lang", "valueCode": "it"}, {"url": "content", "valueString": text}]
    return {"extension": [{"url": f"{_EXTENSION}/translation", "extension": parts}]}
