"""The numbers by which daily rows become pages, with a name and a version that each decision carries.

Scores are log10 of odds: 0 is as likely as not, 1 is ten to one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One set. Which page budget the shipped scores keep stands in docs/escalation.md."""

    name: str = "shipped"
    version: int = 1
    floor_average: float = 7.0  #: average pain at which a page does not wait for any statistics
    floor_worst: float = 9.0
    page_score: float = 0.1  #: a clinician is told from these odds of an escalation on
    check_in_score: float = (
        -0.3
    )  #: a patient who does not answer is asked again from these odds of a silence on
    check_in_gap_days: int = 2  #: not more often, but daily from
    insist_score: float = -0.3  #: these odds on
    silence_page_score: float = 0.3  #: a clinician is told of a silence from these odds on,
    unanswered_check_ins: int = 2  #: after so many questions in vain
    rearm_score: float = 0.0  #: an episode is over when the odds have fallen below
    cool_down_days: int = 7  #: after a page the same episode is not paged again
    episode_days: int = 28  #: but after so many days it is, if it goes on
    step_up_points: float = 2.0  #: above what was paged: told again even where that level is known
    known_level_days: int = 28  #: for so long a level at the floor that was paged is known
    review_probability: float = 0.9  #: of less movement or bad nights, for the worklist
    review_every_days: int = 28
    judge_days: int = 3  #: without any data for so long nothing can be judged
    least_answers: int = 3  #: before so many answers nothing can be judged either

    @property
    def label(self) -> str:
        """Name and version, as decisions carry them."""
        return f"{self.name} {self.version}"


SHIPPED = Settings()
