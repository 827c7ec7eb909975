"""What the API is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass, field

from analytics.escalation.operating_curve import OperatingCurve, shipped_curve
from groups.alert_report import REVIEW_BELOW
from severity.cut_points import CutPoints, default


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Where the database is, and the address under which browsers reach this process."""

    database_url: str
    base_url: str
    demonstration_only: bool = False  #: the broker cannot keep devices apart: no real patients
    notice: str | None = None  #: one sentence that every page shows
    cut_points: CutPoints = field(default_factory=default)  #: what pain is called mild, moderate, severe
    useful_share: float = REVIEW_BELOW  #: a rule whose pages are useful less often is for review
    curve: OperatingCurve | None = field(default_factory=shipped_curve)  #: what a page budget misses

    @property
    def https(self) -> bool:
        """Whether browsers come by TLS; the loopback of an embedded system does without."""
        return self.base_url.startswith("https://")

    def cookie(self, name: str = "actalgia") -> str:
        """The name of one of our cookies. `__Host-` binds it to this host: no other may set it."""
        return f"__Host-{name}" if self.https else name
