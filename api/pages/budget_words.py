"""A page budget in words for a ward: how often, how many of a hundred, how soon. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analytics.escalation.operating_curve import MEAN
from api.budget_steps import Step

#: What the kinds of event of the simulator are to a nurse; any other is told by its name.
KINDS = {
    "flare": "Sudden worse pain",
    "drift": "Slow rise over weeks",
    "sleep_lead": "Bad sleep, then pain",
    "mnar_flare": "Worse pain, and the diary stops",
    "btp_rise": "More breakthrough episodes, average pain unchanged",
    "chemo_flare": "Worse pain in the days after chemotherapy",
    "early_flare": "Worse pain in the first two weeks here",
    "second_flare": "Worse pain again, three weeks later",
}
AS_SHIPPED = "shipped"  #: in the form, instead of a number
WEEKS_IN_A_YEAR = 52
_SOME = 10  #: a ward without patients yet is told of so many


@dataclass(frozen=True, slots=True)
class Found:
    """One kind of event: how many of a hundred are found in time, and how soon."""

    kind: str
    of_hundred: int
    delay: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One stop of the slider with all that is said of it."""

    number: int
    value: str  #: in the form
    label: str  #: on the stop
    marks: list[str]  #: "now", "as shipped"
    chosen: bool
    pages: str  #: how often the ward is paged on calm days
    floor: str  #: how often at the floor, on top
    check_ins: str
    mean: int  #: of a hundred escalations, by the mean of the main kinds
    found: list[Found]


def choices_of(steps: list[Step], chosen: float | None, patients: int) -> list[Choice]:
    """The stops, for a ward of so many patients."""
    ward = patients or _SOME
    return [_choice(number, step, step.pages == chosen, ward) for number, step in enumerate(steps)]


def of_ward(patients: int) -> str:
    """Of whom the rates are told."""
    if patients:
        return "your 1 patient" if patients == 1 else f"your {patients} patients"
    return f"{_SOME} patients (there are none at your site yet)"


def how_often(rate: float, what: str) -> str:
    """A rate in a week as a person says it: `about 2 pages a week`, `about 1 page in 5 weeks`."""
    if rate >= 9.5:
        return f"about {rate:.0f} {what}s a week"
    if rate >= 0.83:  # nearer to one a week than to two in three weeks
        told = "1" if rate < 1 else f"{rate:.1f}".removesuffix(".0")
        return f"about {told} {what}{'' if told == '1' else 's'} a week"
    if rate * WEEKS_IN_A_YEAR < 1:
        return f"fewer than 1 {what} a year"
    return f"about 1 {what} in {1 / rate:.0f} weeks" if rate < 0.6 else f"about 2 {what}s in 3 weeks"


def how_soon(days: float | None) -> str:
    """A median delay: `on the same day`, `after 12 days`, `2 days before`; "" where none is known."""
    if days is None:
        return ""
    whole = round(abs(days))
    if whole == 0:
        return "on the same day"
    told = f"{whole} day{'' if whole == 1 else 's'}"
    return f"{told} before" if days < 0 else f"after {told}"


def kind_in_words(kind: str) -> str:
    """What a kind of event is to a nurse."""
    return KINDS.get(kind) or kind.replace("_", " ").capitalize()


def _choice(number: int, step: Step, chosen: bool, ward: int) -> Choice:
    expected = step.expected
    marks = (["now"] if chosen else []) + (["as shipped"] if step.pages is None else [])
    return Choice(
        number=number,
        value=AS_SHIPPED if step.pages is None else f"{step.pages:g}",
        label=f"{expected.calm_per_week if step.pages is None else step.pages:.2g}",
        marks=marks,
        chosen=chosen,
        pages=how_often(expected.calm_per_week * ward, "page"),
        floor=how_often(expected.floor_per_week * ward, "page"),
        check_ins=how_often(expected.check_ins_per_week * ward, "question"),
        mean=_of_hundred(step.mean),
        found=[
            Found(kind_in_words(kind), _of_hundred(share), how_soon(expected.delay_days.get(kind)))
            for kind, share in _ordered(expected.sensitivity).items()
        ],
    )


def _ordered(shares: Mapping[str, float]) -> dict[str, float]:
    """Kinds that have words first, in the order of these."""
    known = {kind: shares[kind] for kind in KINDS if kind in shares}
    return known | {kind: share for kind, share in shares.items() if kind not in known and kind != MEAN}


def _of_hundred(share: float) -> int:
    return int(100 * share + 1e-9)  # cut: 99.6 of a hundred is not all
