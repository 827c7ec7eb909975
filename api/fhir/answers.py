"""A QuestionnaireResponse as the fields of a diary entry. Pure; a refusal is one sentence."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from api.fhir.exchange import check_elements, refused
from api.fhir.names import QUESTIONNAIRE, QUESTIONNAIRE_VERSION
from api.fhir.questionnaire import QUESTIONS, Question
from api.fhir.refusal import Places

NAME = "QuestionnaireResponse"
_TAKEN = frozenset(
    {"resourceType", "id", "identifier", "questionnaire", "status", "subject", "authored", "item"}
)
#: Nothing an entry says would change without these. Not among them: what R4 calls a modifier.
_IGNORED = frozenset(
    {"meta", "language", "text", "extension", "basedOn", "partOf", "encounter", "author", "source"}
)
_ITEM = frozenset({"linkId", "answer", "item"})
_ITEM_IGNORED = frozenset({"id", "extension", "text", "definition"})
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_BY_LINK = {question.link: question for question in QUESTIONS}


def answers_in(resource: Mapping[str, Any]) -> tuple[dict[str, Any], Places]:
    """The fields of `DiaryIn` that the response answers, and which element each came from.

    Raises `Problem` 422 for whatever would be lost or could be misunderstood.
    """
    check_elements(resource, _TAKEN, _IGNORED, NAME)
    questionnaire = resource.get("questionnaire", QUESTIONNAIRE)
    if questionnaire not in (QUESTIONNAIRE, f"{QUESTIONNAIRE}|{QUESTIONNAIRE_VERSION}"):
        raise refused("Answers are taken to the Questionnaire pain-diary only.", f"{NAME}.questionnaire")
    if resource.get("status") not in ("completed", "amended"):
        raise refused(
            "An entry is completed or amended: one in progress, or withdrawn, is not kept.", f"{NAME}.status"
        )
    values: dict[str, Any] = {"id": entry_id(resource), "at": instant_in(resource, "authored")}
    places: Places = {("id",): f"{NAME}.identifier.value", ("at",): f"{NAME}.authored"}
    for question, item, place in _items(resource, _BY_LINK, NAME):
        if question.parts:
            doses = values.setdefault(question.link, [])
            where: tuple[str | int, ...] = (question.link, len(doses))
            places[where] = place
            doses.append(_dose(question, item, place, where, places))
        else:
            _put(values, question, item, place, (), places)
    return values, places


def entry_id(resource: Mapping[str, Any]) -> str:
    """The UUID of the entry: `identifier.value`, else `id`. Raises `Problem` 422 when it is none."""
    identifier = resource.get("identifier")
    said = identifier.get("value") if isinstance(identifier, dict) else resource.get("id")
    found = uuid_in(said)
    if found is None:
        raise refused(
            "identifier.value is the UUID of the entry: sent again with other answers it is a correction.",
            f"{NAME}.identifier.value",
        )
    return found


def uuid_in(text: object) -> str | None:
    """The UUID that a text is, with or without `urn:uuid:`."""
    if not isinstance(text, str):
        return None
    try:
        return str(uuid.UUID(text.removeprefix("urn:uuid:"))) if len(text) in (36, 45) else None
    except ValueError:
        return None


def instant_in(resource: Mapping[str, Any], element: str) -> str:
    """A time with seconds and offset, turned to UTC. Raises `Problem` 422: a date alone says too little."""
    return _instant(resource.get(element), element, f"{resource['resourceType']}.{element}")


def _instant(text: object, name: str, place: str) -> str:
    try:
        if not isinstance(text, str) or not _INSTANT.fullmatch(text):
            raise ValueError("not of this form")
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    except (ValueError, OverflowError) as error:
        sentence = f"`{name}` is a date and time with seconds and an offset from UTC."
        raise refused(sentence, place) from error


def _items(
    parent: Mapping[str, Any], questions: Mapping[str, Question], place: str
) -> Iterator[tuple[Question, dict[str, Any], str]]:
    """The items of a resource or a group, each with its question and its place."""
    items = parent.get("item", [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise refused("`item` is a list of items.", f"{place}.item", 400)
    seen = set()
    for number, item in enumerate(items):
        here = f"{place}.item[{number}]"
        check_elements(item, _ITEM, _ITEM_IGNORED, here)
        link = item.get("linkId")
        question = questions.get(link) if isinstance(link, str) else None
        if question is None:
            raise refused(
                f"There is no such question here: it is one of {', '.join(questions)}.", f"{here}.linkId"
            )
        if link in seen and not question.parts:
            raise refused(f"`{link}` comes twice.", here)
        if ("answer" if question.parts else "item") in item:
            raise refused(
                f"`{link}` is {'a group: it has items' if question.parts else 'no group: it has answers'}.",
                here,
            )
        seen.add(link)
        yield question, item, here


def _dose(
    group: Question, item: Mapping[str, Any], place: str, where: tuple[str | int, ...], places: Places
) -> dict[str, Any]:
    dose: dict[str, Any] = {}
    for question, part, here in _items(item, {one.link: one for one in group.parts}, place):
        _put(dose, question, part, here, where, places)
    return dose


def _put(
    values: dict[str, Any],
    question: Question,
    item: Mapping[str, Any],
    place: str,
    where: tuple[str | int, ...],
    places: Places,
) -> None:
    """The answers of one item into `values`; an item without an answer says nothing."""
    answers = item.get("answer", [])
    if not isinstance(answers, list) or not all(isinstance(answer, dict) for answer in answers):
        raise refused("`answer` is a list of answers.", f"{place}.answer", 400)
    if len(answers) > 1 and not question.repeats:
        raise refused(f"`{question.link}` has one answer.", f"{place}.answer")
    found = []
    for number, answer in enumerate(answers):
        here = f"{place}.answer[{number}].value"
        found.append(_value(answer, question, here))
        places[(*where, question.link, *([number] if question.repeats else []))] = here
    if question.repeats and found:
        values[question.link] = found
        places[(*where, question.link)] = f"{place}.answer"
    elif found:
        values[question.link] = found[0]


def _value(answer: Mapping[str, Any], question: Question, place: str) -> Any:
    """The value of an answer, if it has the one type that the question asks for."""
    if {key for key in answer if key not in ("id", "extension") and not key.startswith("_")} != {
        question.value
    }:
        hint = (
            ": answer codes of LOINC (LA...) stand for other numbers in other lists, so send the number"
            if "valueCoding" in answer
            else ""
        )
        raise refused(f"`{question.link}` is answered with {question.value}{hint}.", place)
    value = answer[question.value]
    if question.kind == "dateTime":
        return _instant(value, question.link, place)
    right = {
        "integer": isinstance(value, int) and not isinstance(value, bool),
        "decimal": isinstance(value, (int, float)) and not isinstance(value, bool),
        "boolean": isinstance(value, bool),
    }.get(question.kind, isinstance(value, str) and value.strip() != "")
    if not right:
        words = {"integer": "a whole number", "decimal": "a number", "boolean": "true or false"}
        raise refused(f"`{question.link}` is {words.get(question.kind, 'a text that is not empty')}.", place)
    return value
