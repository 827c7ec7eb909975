"""What the ward tells a patient for the hours at which nobody is on duty."""

from __future__ import annotations

from datetime import datetime

from fastapi import Request
from sqlalchemy.orm import Session

from api.diary.entrance import Visitor
from api.diary.render import words_for
from ladder.after_hours import told_after_hours
from store.alerts.ward_plans import UnreadablePlan, plan_of_site


def after_hours_text(request: Request, session: Session, who: Visitor, at: datetime) -> str | None:
    """The ward's text in the language of the page, when nobody is on duty who would be told first.

    None where somebody is, or the ward has no plan or no text in that language: the page's own words.
    """
    try:
        plan = plan_of_site(session, who.patient.site)
    except UnreadablePlan:
        return None  # the ward's page says so; a patient is told what holds everywhere
    return None if plan is None else told_after_hours(plan, words_for(request, who).code, at)
