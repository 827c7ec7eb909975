"""By which settings the patients of a site are screened: as shipped, or by the page budget of the ward."""

from __future__ import annotations

from sqlalchemy.orm import Session

from analytics.escalation.operating_curve import OperatingCurve, shipped_curve
from analytics.escalation.settings import SHIPPED, Settings
from store.page_budgets import budget_of


def settings_of(session: Session, site: str, curve: OperatingCurve | None = None) -> Settings:
    """What holds at this site now, with a name and version that each decision carries.

    A site without a budget has the shipped settings. So has one whose budget cannot be turned into a page
    score, because no curve was made for this version of the detector: its label then says so.
    """
    chosen = budget_of(session, site)
    curve = curve or shipped_curve()
    if chosen is None or chosen.pages_per_patient_week is None or curve is None:
        return SHIPPED
    return curve.settings_for(chosen.pages_per_patient_week, chosen.id)
