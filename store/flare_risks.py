"""How likely a flare within seven days was at the end of each local day of a patient, and by what model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.arrays import float8s, texts
from store.database import Base


class FlareRisk(Base):
    """One local day that is over, as it is known by now; without a probability there is a reason."""

    __tablename__ = "flare_risk"
    __table_args__ = (
        sa.CheckConstraint("num_nonnulls(p_flare_7d, reason) = 1", name="says_something"),
        sa.CheckConstraint("p_flare_7d >= 0 AND p_flare_7d <= 1", name="a_probability"),
    )

    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, comment="the patient's local day, at its end")
    p_flare_7d: Mapped[float | None] = mapped_column(
        sa.Double, comment="that one of the next seven days is a day of a flare, one in progress included"
    )
    reason: Mapped[str | None] = mapped_column(comment="why there is no probability")
    model: Mapped[str] = mapped_column(comment="name of the model")
    model_version: Mapped[int]
    model_sha256: Mapped[str] = mapped_column(comment="checksum over its content")
    rule: Mapped[str] = mapped_column(comment="of the screen that it takes up: name and version")
    computed_at: Mapped[datetime] = mapped_column(comment="last time that it came out otherwise")


@dataclass(frozen=True, slots=True)
class Maker:
    """What risks are told by."""

    model: str
    version: int
    sha256: str
    rule: str


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What is told of one day: of `p` and `reason` one is None."""

    day: date
    p: float | None
    reason: str | None


def tell_risks(
    session: Session,
    patient_id: int,
    told: Sequence[Foreseen],
    no_data: tuple[date, date],
    by: Maker,
    at: datetime,
) -> int:
    """Store what is told of these days; what was told of them before, and comes out otherwise, is replaced.

    Days in [first, end) of `no_data` have no rows any more: what was told of them goes. How many days were
    new or replaced.
    """
    first, end = no_data
    p = np.array([np.nan if one.p is None else one.p for one in told], np.float64)
    rows = session.execute(
        _TELL,
        {
            "patient": patient_id,
            "first": first,
            "end": end,
            "days": [one.day for one in told],
            "p": float8s(p),
            "reasons": texts([one.reason for one in told]),
            "model": by.model,
            "version": by.version,
            "sha256": by.sha256,
            "rule": by.rule,
            "at": at,
        },
    )
    return len(rows.all())


def risks_of(session: Session, patient_id: int, first: date, last: date) -> list[FlareRisk]:
    """Those of the days in [first, last], in order."""
    query = sa.select(FlareRisk).where(FlareRisk.patient_id == patient_id, FlareRisk.day.between(first, last))
    return list(session.scalars(query.order_by(FlareRisk.day)))


def newest_risk(session: Session, patient_id: int) -> FlareRisk | None:
    """That of the last day of which anything was told."""
    query = sa.select(FlareRisk).where(FlareRisk.patient_id == patient_id)
    return session.scalar(query.order_by(FlareRisk.day.desc()).limit(1))


_TELL = sa.text(
    """
    WITH gone AS (
        DELETE FROM flare_risk WHERE patient_id = :patient AND day >= :first AND day < :end
    )
    INSERT INTO flare_risk AS before
        (patient_id, day, p_flare_7d, reason, model, model_version, model_sha256, rule, computed_at)
    SELECT :patient, t.day, nullif(t.p, 'NaN'), t.reason, :model, :version, :sha256, :rule, :at
    FROM unnest(CAST(:days AS date[]), CAST(:p AS float8[]), CAST(:reasons AS text[])) AS t(day, p, reason)
    ON CONFLICT (patient_id, day) DO UPDATE SET
        p_flare_7d = EXCLUDED.p_flare_7d, reason = EXCLUDED.reason, model = EXCLUDED.model,
        model_version = EXCLUDED.model_version, model_sha256 = EXCLUDED.model_sha256, rule = EXCLUDED.rule,
        computed_at = EXCLUDED.computed_at
    WHERE (before.p_flare_7d, before.reason, before.model, before.model_version, before.model_sha256,
           before.rule)
        IS DISTINCT FROM (EXCLUDED.p_flare_7d, EXCLUDED.reason, EXCLUDED.model, EXCLUDED.model_version,
                          EXCLUDED.model_sha256, EXCLUDED.rule)
    RETURNING day
    """
)
