"""By which settings the patients of a site are screened: as shipped, or by the page budget of the ward."""

from __future__ import annotations

from sqlalchemy.orm import Session

from analytics.escalation.operating_curve import OperatingCurve, shipped_curve
from analytics.escalation.settings import SHIPPED, Settings
from store.page_budgets import budget_of


def settings_of(
    session: Session, site: str, base: Settings = SHIPPED, curve: OperatingCurve | None = None
) -> Settings:
    """What holds at this site now, with a name and version that each decision carries.

    A site without a budget has `base`. So has one whose budget cannot be turned into a page score, because no
    curve was made for these settings: its decisions then carry the label of `base`, without a budget.
    """
    chosen = budget_of(session, site)
    curve = curve or shipped_curve()
    if chosen is None or chosen.pages_per_patient_week is None:
        return base
    if curve is None or curve.settings != base.label:
        return base
    return curve.settings_for(chosen.pages_per_patient_week, chosen.id, base)
