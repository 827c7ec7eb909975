"""The risk of a flare at the end of each of a patient's last days, stored with the judgement that it is part
of. What it says changes no judgement."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from analytics.escalation.risk_days import TOLD_AGAIN, risks_of_ended_days
from analytics.escalation.risk_model import shipped_risk_model
from analytics.escalation.screening import RULE, Screened
from store.flare_risks import Foreseen, Maker, tell_risks

log = structlog.get_logger()


def foresee(session: Session, patient_id: int, screened: Screened, today: date, at: datetime) -> None:
    """Tell the risks of the two weeks before `today`; what came late has replaced what was told before."""
    try:
        model = shipped_risk_model()
        told = risks_of_ended_days(screened, today, model)
    except Exception as error:  # noqa: BLE001 - a fault here must not hold up a judgement of pain
        log.error("no risk could be told", action="risk_failed", error=type(error).__name__)
        return
    first = today - timedelta(days=TOLD_AGAIN)
    tell_risks(
        session,
        patient_id,
        [Foreseen(one.day, one.p_flare_7d, one.reason) for one in told],
        (first, screened.rows.first_day[0]),
        Maker(model.name, model.version, model.checksum, RULE),
        at,
    )
