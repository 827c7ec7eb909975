"""What is asked and answered of associations, as programs read and write it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from api.problems import Problem
from store.access import User
from store.associations import MOST_INDICES, PAIN, Association, waiting_of
from store.cohorts import CLOCK_TIMES, SMALL, SMALLEST_GROUP, TOO_FEW, coarse

MOST_WAITING = 20
MOST_DAYS = 400
USUAL_DAYS = 90
Name = Annotated[str, Field(pattern="^[A-Za-z0-9_]{1,40}$")]
Pain = Literal["worst", "average", "least", "now", "breakthrough", "rescue_doses", "interference"]
assert get_args(Pain) == PAIN


class AboutIn(BaseModel):
    """What is held against what, and when: one `index`, or a family of `indices` asked together."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    index: Name | None = None
    indices: list[Name] | None = Field(
        None,
        min_length=1,
        max_length=MOST_INDICES,
        description="p is adjusted over all of them (`p_adjusted_family`)",
    )
    pain: Pain = "worst"
    first: date | None = Field(None, alias="from")
    last: date | None = Field(None, alias="to")

    def family(self) -> list[str]:
        """The indices that were named; raises `Problem`."""
        if (self.index is None) == (self.indices is None):
            raise Problem(422, "Give `index`, or `indices`.", "which_index")
        named = list(dict.fromkeys(self.indices or [str(self.index)]))
        if times := [name for name in named if name in CLOCK_TIMES]:
            raise Problem(422, f"{times[0]} is a time of day: it has no correlation.", "clock_time")
        return named


class AssociationOut(BaseModel):
    """`state` asked, computed, too little data, or suppressed (an aggregate of fewer than ten people).

    `documents` has one for each index: `rmcorr` (the link on the same day), `lags`, `mixed` (slopes within
    and between), `partial` (without what weekday, wear and treatment explain), `unanswered` (what the link
    would be if pain was worse where it was not answered); each null value with `<name>_reason`. `result` is
    the same of a single index, `rmcorr` with `lags` and `mixed` in it.
    """

    id: int
    state: str
    index: str
    indices: list[str]
    pain: str
    first: date
    last: date
    asked_at: datetime
    computed_at: datetime | None
    method: str | None
    n_patients: int | str | None
    n_days: int | None
    result: dict[str, Any] | None
    documents: list[dict[str, Any]] | None
    figures: list[str] = Field(description="addresses of SVG; `?index=` chooses one of a family")
    reason: str | None


def refuse_too_many(session: Session, user: User) -> None:
    """Raises `Problem` for who has too many questions that wait."""
    if waiting_of(session, user.name) >= MOST_WAITING:
        detail = f"{MOST_WAITING} of your questions wait for an answer: try again in a moment."
        raise Problem(429, detail, headers={"Retry-After": "5"})


def shown(one: Association) -> AssociationOut:
    """The question and its answer, as far as whoever may read it may."""
    state = state_of(one)
    documents = one.documents and [_document(document, one) for document in one.documents]
    found = AssociationOut(
        id=one.id,
        state=state,
        index=one.indices[0],
        indices=one.indices,
        pain=one.pain,
        first=one.first,
        last=one.last,
        asked_at=one.asked_at,
        computed_at=one.computed_at,
        method=one.method,
        n_patients=one.n_patients,
        n_days=one.n_days,
        result=_result(documents[0]) if documents and len(documents) == 1 else None,
        documents=documents,
        figures=_figures(one, state),
        reason=one.reason,
    )
    if state == "suppressed":
        hidden = {"n_patients": SMALL, "n_days": None, "result": None, "documents": None, "reason": TOO_FEW}
        return found.model_copy(update=hidden)
    return found


def state_of(one: Association) -> str:
    """In a word, what there is to say."""
    if one.computed_at is None:
        return "asked"
    if one.aggregate and (one.n_patients or 0) < SMALLEST_GROUP:
        return "suppressed"
    known = any(document["rmcorr"]["r"] is not None for document in one.documents or [])
    return "computed" if known else "too little data"


def is_hidden(document: dict[str, Any], one: Association) -> bool:
    """Whether an aggregate has too few people with this index to be told."""
    return one.aggregate and document["n_patients"] < SMALLEST_GROUP


def _document(document: dict[str, Any], one: Association) -> dict[str, Any]:
    window = {"first": one.first.isoformat(), "last": one.last.isoformat()}
    if is_hidden(document, one):
        none: dict[str, Any] = dict.fromkeys(("rmcorr", "mixed", "n_days", "missing_share"))
        own: dict[str, Any] = {
            name: document[name] for name in ("index", "unit", "method") if name in document
        }
        return {**own, **none, "lags": [], "n_patients": SMALL, "reason": TOO_FEW, "window": window}
    partial = document.get("partial")
    if one.aggregate and partial is not None and partial["n_patients"] < SMALLEST_GROUP:
        document = {**document, "partial": None, "partial_reason": TOO_FEW}
    return {**(coarse(document) if one.aggregate else document), "window": window}


def _result(document: dict[str, Any]) -> dict[str, Any] | None:
    link = document["rmcorr"]
    if link is None or link["r"] is None:
        return None
    # Answers before families were asked have no slopes.
    return {**link, "lags": document["lags"], "mixed": document.get("mixed")}


def _figures(one: Association, state: str) -> list[str]:
    kinds = () if state != "computed" else ("lags",) if one.aggregate else ("lags", "within")
    return [f"/api/v1/cohorts/associations/{one.id}/{kind}.svg" for kind in kinds]
