"""What is remembered of each device's still windows until it can be calibrated, and when to look again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base

TEN_S_US = 10_000_000
STEP_G = 0.0001  #: of what is kept, in two bytes: up to 3.2 g, and half a step is 0.05 mg


class StillPointsRow(Base):
    """One device that streams raw acceleration; at most 18 kB of points."""

    __tablename__ = "still_points"
    __table_args__ = (sa.Index("ix_still_points_due_at", "due_at"),)  # whose turn it is

    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), primary_key=True, autoincrement=False)
    due_at: Mapped[datetime] = mapped_column(comment="when its data is looked at again")
    looked_at: Mapped[datetime | None]
    seen_until: Mapped[datetime | None] = mapped_column(
        comment="device time: minutes up to it were looked at"
    )
    starts: Mapped[bytes] = mapped_column(
        server_default=sa.text("''"), comment="of windows, int4 each: 10 s since 1970"
    )
    g: Mapped[bytes] = mapped_column(
        server_default=sa.text("''"), comment="x, y, z of each as measured, int2: 0.1 mg"
    )
    reason: Mapped[str | None] = mapped_column(
        comment="why there is no calibration, or no new one; null: there is"
    )
    error_mg: Mapped[float | None] = mapped_column(
        sa.Double, comment="of the newest points with the calibration that holds"
    )


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of one device that is due."""

    device_id: int
    seen_until: datetime | None
    t_us: NDArray[np.int64]  #: (k,) starts of still windows, device time
    g: NDArray[np.float64]  #: (k, 3)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a device gave."""

    device_id: int
    due_at: datetime
    seen_until: datetime | None
    t_us: NDArray[np.int64]
    g: NDArray[np.float64]
    reason: str | None
    error_mg: float | None


def meet_devices(session: Session, at: datetime) -> int:
    """Give a row to every device that ever sent raw acceleration and has none; how many."""
    met = session.execute(
        sa.text(
            """
            INSERT INTO still_points (device_id, due_at)
            SELECT DISTINCT device_id, :at ::timestamptz FROM settled s
            WHERE stream = 'raw' AND NOT EXISTS (SELECT FROM still_points p WHERE p.device_id = s.device_id)
            ON CONFLICT DO NOTHING RETURNING device_id
            """
        ),
        {"at": at},
    )
    return len(met.all())


def take_due(session: Session, at: datetime, most: int) -> list[Remembered]:
    """The devices that have waited longest, at most `most`, locked until the end of the transaction."""
    rows = session.execute(
        sa.text(
            """
            SELECT device_id, seen_until, starts, g FROM still_points WHERE due_at <= :at
            ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED
            """
        ),
        {"at": at, "most": most},
    )
    return [
        Remembered(
            device_id,
            seen_until,
            np.frombuffer(starts, "<i4").astype(np.int64) * TEN_S_US,
            np.frombuffer(g, "<i2").reshape(-1, 3) * STEP_G,
        )
        for device_id, seen_until, starts, g in rows
    ]


def save_looks(session: Session, looks: Sequence[Look], at: datetime) -> None:
    """Write down what was seen; points that did not change are not written again."""
    save = sa.text(
        """
        UPDATE still_points SET due_at = :due_at, looked_at = :at, seen_until = :seen_until,
               reason = :reason, error_mg = :error_mg,
               starts = CASE WHEN starts = :starts AND g = :g THEN starts ELSE :starts END,
               g = CASE WHEN starts = :starts AND g = :g THEN g ELSE :g END
        WHERE device_id = :device_id
        """
    )
    for look in looks:
        session.execute(
            save,
            {
                **{name: getattr(look, name) for name in ("device_id", "due_at", "seen_until")},
                "reason": look.reason,
                "error_mg": look.error_mg,
                "at": at,
                "starts": (look.t_us // TEN_S_US).astype("<i4").tobytes(),
                "g": np.round(look.g / STEP_G).clip(-32768, 32767).astype("<i2").tobytes(),
            },
        )


def postpone(session: Session, device_ids: Collection[int], due_at: datetime) -> None:
    """Nothing new came of these devices: look again later."""
    if device_ids:
        later = sa.text("UPDATE still_points SET due_at = :due_at WHERE device_id = ANY(:ids)")
        session.execute(later, {"ids": list(device_ids), "due_at": due_at})
