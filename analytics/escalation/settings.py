"""The numbers by which daily rows become pages, with a name and a version that each decision carries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One set. Scores are log10 of odds: 0 is as likely as not, 1 ten to one."""

    name: str = "shipped"
    version: int = 1
    floor_average: float = 7.0  #: average pain at which a page does not wait for any statistics
    floor_worst: float = 9.0
    page_score: float = 0.6  #: a page from these odds on
    check_in_score: float = -0.5  #: a silent patient is asked again from these odds on
    cool_down_days: int = 7  #: after a page the same episode is not paged again
    judge_days: int = 3  #: without any data for so long nothing can be judged

    @property
    def label(self) -> str:
        """Name and version, as decisions carry them."""
        return f"{self.name} {self.version}"


SHIPPED = Settings()
