"""How results were made: the software and the parameters, written once and pointed at by every result."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base

Parameters = dict[str, str | int | float]


class Provenance(Base):
    """One way to make results. A row never changes, and stays as long as a result points at it."""

    __tablename__ = "provenance"
    __table_args__ = (sa.UniqueConstraint("method", "software", "parameters"),)

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    method: Mapped[str] = mapped_column(comment="version of the definitions")
    software: Mapped[str] = mapped_column(comment="version of this software")
    parameters: Mapped[Parameters] = mapped_column(pg.JSONB)


def provenance_id(session: Session, method: str, software: str, parameters: Parameters) -> int:
    """The row that says this, made where there is none yet."""
    said = {"method": method, "software": software, "parameters": parameters}
    known = sa.select(Provenance.id).filter_by(**said)
    found = session.scalar(known)
    if found is None:  # two may come at once: the second waits for the first, then reads its row
        session.execute(pg.insert(Provenance).values(**said).on_conflict_do_nothing())
        found = session.scalars(known).one()
    return found
