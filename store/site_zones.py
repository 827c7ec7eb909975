"""Which clock the people of a site read: that of its plan, else that of most of its patients."""

from __future__ import annotations

from datetime import UTC, tzinfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database import StoreError
from store.people import zone_of


def zones_of_sites(session: Session) -> dict[str, tzinfo]:
    """The zone of each site that has a plan or a patient. One that this machine does not know is UTC."""
    return _zones(session, None)


def zone_of_site(session: Session, site: str) -> tzinfo:
    """By which clock a ward says "today" and who is on duty; UTC where it has neither plan nor patient."""
    return _zones(session, site).get(site, UTC)


def _zones(session: Session, site: str | None) -> dict[str, tzinfo]:
    return {name: _known(tz) for name, tz in session.execute(_ZONES, {"site": site})}


def _known(tz: str) -> tzinfo:
    try:
        return zone_of(tz)
    except StoreError:
        return UTC


_ZONES = sa.text(
    """
    SELECT DISTINCT ON (site) site, tz FROM (
        SELECT site, document ->> 'zone' AS tz, 1 AS rank, version AS weight FROM ward_plan
        UNION ALL
        SELECT site, tz, 2, count(*) FROM patient WHERE NOT synthetic GROUP BY site, tz
    ) known
    WHERE tz IS NOT NULL AND (CAST(:site AS text) IS NULL OR site = :site)
    ORDER BY site, rank, weight DESC, tz
    """
)
