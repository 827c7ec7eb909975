"""The patient's diary page: in by a personal link, one form for a day, and what happens next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from api.auth import Db, must_be_ours, token_of
from api.diary import entrance
from api.diary.after_hours import after_hours_text
from api.diary.answer_days import open_days
from api.diary.entrance import PATH, Visitor, visitor
from api.diary.form import Filled, filled_from, read_answer, read_no_answer
from api.diary.render import page, sorry_page
from api.diary.saving import AnsweredMeanwhile, mark_of, save
from api.problems import Problem
from store.access import record
from store.check_ins import CheckIn, asks_now
from store.check_ins import seen as seen_asking
from store.database import now, transaction
from store.diary import PainReport
from store.diary_answers import answers_of

router = APIRouter(include_in_schema=False)
MOST_FIELDS = 200


@dataclass(frozen=True, slots=True)
class Posted:
    """A form as it came, and whether it was made for this browser's link."""

    fields: Sequence[tuple[str, str]]
    ours: bool

    def get(self, name: str) -> str:
        """A field; '' for one that is not there."""
        return dict(self.fields).get(name, "")


async def posted(request: Request) -> Posted:
    """The form of the request. Raises `Problem` where a page of another site sends it."""
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
        fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    try:
        await must_be_ours(request, entrance.token_in_cookie(request) or "")
    except Problem as problem:
        if problem.code != "csrf_token":
            raise
        return Posted(fields, False)
    return Posted(fields, True)


@router.get(PATH)
def diary(request: Request, db: Db, day: str = "") -> Response:
    """The form of today, or of one of the days before."""
    at = now()
    who = visitor(db, entrance.token_in_cookie(request), at)
    if who is None:
        if entrance.came_from_another_site(request):
            return page(request, "one_moment.html", None, urgent=False)
        return sorry_page(request)
    return _form(request, db, who, at, _day(day, who, at))


@router.post(PATH)
def answer(request: Request, form: Annotated[Posted, Depends(posted)]) -> Response:
    """Save an answer, or the reason for none; where that cannot be, the form again as it was filled in."""
    try:
        with transaction(request.app.state.engine) as session:
            return _answer(request, session, form, now())
    except (sa.exc.OperationalError, sa.exc.TimeoutError):
        return page(request, "away.html", None, status=503, fields=form.fields)


@router.get(PATH + "/saved")
def saved(request: Request, db: Db, day: str = "") -> Response:
    """What was saved for a day, and what happens next."""
    at = now()
    who = visitor(db, entrance.token_in_cookie(request), at)
    if who is None:
        return sorry_page(request)
    record(db, at, who.name, "diary.view", who.patient.id)
    days = open_days(at, who.zone)
    chosen, answers = _day(day, who, at), answers_of(db, who.patient, days)
    if chosen not in answers:
        return RedirectResponse(PATH, 303)
    here, told = f"{PATH}/saved?day={chosen}", after_hours_text(request, db, who, at)
    return page(
        request, "saved.html", who, here=here, day=chosen, days=days, answers=answers, after_hours=told
    )


@router.get(PATH + "/{token:path}")
def enter(request: Request, db: Db, token: str) -> Response:
    """A personal link: the browser keeps the token, and it leaves the address bar and the history."""
    at = now()
    who = visitor(db, token, at)
    if who is None:
        return RedirectResponse(PATH, 303) if not token else sorry_page(request)
    record(db, at, who.name, "diary.enter", who.patient.id)
    response = RedirectResponse(PATH, 303)
    entrance.keep_token(response, request.app.state.settings, token, who.link, at)
    return response


def _answer(request: Request, session: Session, form: Posted, at: datetime) -> Response:
    who = visitor(session, entrance.token_in_cookie(request), at)
    if who is None:
        return sorry_page(request)
    days = open_days(at, who.zone)
    if not form.ours:  # perhaps of another patient, whose link was opened here before: keep nothing of it
        return _form(request, session, who, at, days[0], said="error_other_link", status=409)
    no_answer = form.get("kind") == "no_answer"
    filled = read_no_answer(form.fields) if no_answer else read_answer(form.fields)
    day, as_of = form.get("day"), form.get("as_of")
    chosen = next((one for one in days if str(one) == day), None)
    if chosen is None:
        return _form(request, session, who, at, days[0], filled, "error_day_over", 409, no_answer=no_answer)
    if day == as_of and chosen != days[0]:  # meant as today, and today is over
        asked = [days[0], chosen]
        return _form(
            request, session, who, at, days[0], filled, "error_new_day", 409, asked, no_answer=no_answer
        )
    if filled.wrong:
        return _form(request, session, who, at, chosen, filled, status=422, no_answer=no_answer)
    try:
        save(session, who.patient, who.zone, chosen, filled.said, form.get("seen"), who.name, at)
    except AnsweredMeanwhile:
        return _form(request, session, who, at, chosen, filled, "error_changed", 409, no_answer=no_answer)
    return RedirectResponse(f"{PATH}/saved?day={chosen}", 303)


def _form(
    request: Request,
    session: Session,
    who: Visitor,
    at: datetime,
    day: date,
    filled: Filled | None = None,
    said: str | None = None,
    status: int = 200,
    asked: Sequence[date] = (),
    *,
    no_answer: bool = False,
) -> Response:
    """The form for `day`. `said` is a sentence above it; `asked` are the days between which to choose.

    It shows what was answered, so whoever gets it has looked.
    """
    record(session, at, who.name, "diary.view", who.patient.id)
    days = open_days(at, who.zone)
    answers = answers_of(session, who.patient, days)
    before = answers.get(day)
    asking = asks_now(session, who.patient.id, at)
    if asking is not None:
        if _answered_since(answers.values(), asking):
            asking = None
        else:
            seen_asking(asking, at)
    return page(
        request,
        "form.html",
        who,
        status=status,
        here=f"{PATH}?day={day}",
        day=day,
        days=days,
        asked=asked or [day],
        past=day != days[0],
        asked_again=asking is not None,
        answers=answers,
        before=before,
        filled=filled_from(before) if filled is None or no_answer else filled,
        refusal=filled if filled is not None and no_answer else Filled(),
        no_answer=no_answer,
        said=said,
        seen=mark_of(day, before),
        after_hours=after_hours_text(request, session, who, at),
        csrf=token_of(entrance.token_in_cookie(request) or ""),
    )


def _answered_since(answers: Iterable[PainReport], asking: CheckIn) -> bool:
    """Whether one of the days on the page was answered since the patient was asked again."""
    return any(one.skipped is None and one.received_at >= asking.asked_at for one in answers)


def _day(text: str, who: Visitor, at: datetime) -> date:
    """The day in an address if it may be answered, else today."""
    days = open_days(at, who.zone)
    return next((one for one in days if str(one) == text), days[0])
