"""The numbers by which daily rows become pages, with a name and a version that each decision carries.

Scores are log10 of odds: 0 is as likely as not, 1 is ten to one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One set. Which page budget the shipped scores keep stands in docs/escalation.md."""

    name: str = "shipped"
    version: int = 2
    floor_average: float = 7.0  #: average pain at which a page does not wait for any statistics
    floor_worst: float = 9.0
    page_score: float = 0.1  #: a clinician is told from these odds of an escalation on
    check_in_score: float = -0.95  #: a silent patient is asked again from these odds of pain behind it on
    unanswered_check_ins: int = 4  #: in vain, until a clinician finds the silence on the worklist
    most_check_ins: int = 6  #: in vain in a row; then the patient is left in peace until the next answer
    rearm_score: float = 0.0  #: an episode is over when the odds have fallen below
    cool_down_days: int = 7  #: after a page the same episode is not paged again
    episode_days: int = 28  #: but after so many days it is, if it goes on
    step_up_points: float = 2.0  #: above what was paged: told again even where that level is known
    known_level_days: int = 42  #: for so long a level at the floor that was paged is known
    review_probability: float = 0.9  #: of less movement or bad nights, for the worklist
    review_every_days: int = 28
    judge_days: int = 3  #: without any data for so long nothing can be judged
    stale_after_days: int = 3  #: an answer older than that, and movement alone, do not tell how pain is
    least_answers: int = 3  #: before so many answers nothing can be judged either

    @property
    def label(self) -> str:
        """Name and version, as decisions carry them."""
        return f"{self.name} {self.version}"


SHIPPED = Settings()
