"""What a fairness report comes to, in sentences made from its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

WORDS = {"age_band": "age band", "sex": "sex", "site": "site", "language": "language", "stage": "stage"}
_LEAST = 0.01  #: a difference below it is no news, however sure it is


def sentences(document: dict[str, Any]) -> list[str]:
    """What differs first, then what missed events have in common, then how far all this reaches."""
    groups = list(_groups(document))
    worse = [line for name, group in groups for line in _seen_worse(name, group)]
    if not worse and any(_compared(group, "sensitivity") for _, group in groups):
        worse = ["No group is seen worse than the others by more than chance would give."]
    elif not worse:
        worse = ["Whether any group is seen worse cannot be told: too few groups in which enough got worse."]
    less = [line for name, group in groups for line in _known_less(name, group)]
    few = [f"{name}: {group['reason']}." for name, group in groups if "measures" not in group]
    found = [*worse, *less, *few]
    return [*found, *_missed(document["missed_and_seen"]), *_reach(document)]


def _groups(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for attribute in document["attributes"]:
        for group in attribute["groups"]:
            yield f"{WORDS[attribute['attribute']]} {group['value']}", group


def _seen_worse(name: str, group: dict[str, Any]) -> Iterator[str]:
    """A group whose events are missed, or that is paged for nothing, or not judged, more than others."""
    if "measures" not in group:
        return
    measures = group["measures"]
    said = []
    if missed := _apart(measures["sensitivity"], down=True):
        said.append(_sensitivity(group))
    pages = measures["false_pages_per_week"]
    if _apart(pages, down=False):
        said.append(
            f"{pages['estimate']:.3f} false pages a patient-week against {pages['rest']:.3f} of the others"
        )
    if _apart(measures["cannot_judge"], down=False):
        line = measures["cannot_judge"]
        said.append(f"{_percent(line['estimate'])} of days cannot be judged against {_percent(line['rest'])}")
    if said:
        said += _less(measures)
        if missed:
            said.append(_left(group["like_with_like"]))
        yield f"{name}, {group['n_patients']} patients: {'; '.join(said)}."


def _known_less(name: str, group: dict[str, Any]) -> Iterator[str]:
    """A group of which less is known, where nothing is said of it before."""
    if "measures" in group and (less := _less(group["measures"])) and not any(_seen_worse(name, group)):
        yield f"{name}, {group['n_patients']} patients: {'; '.join(less)}."


def _less(measures: dict[str, Any]) -> list[str]:
    return [
        f"{words} {_percent(line['estimate'])} {of} against {_percent(line['rest'])}"
        for line, words, of in (
            (measures["diary"], "its diaries are answered on", "of days"),
            (measures["wear"], "its devices are worn for", "of the time"),
        )
        if _apart(line, down=True)
    ]


def _sensitivity(group: dict[str, Any]) -> str:
    line = group["measures"]["sensitivity"]
    return (
        f"sensitivity {line['estimate']:.2f} ({_interval(line['ci'])}; {group['n_seen']} of "
        f"{group['n_events']} events seen) against {line['rest']:.2f} of the others, difference "
        f"{line['difference']:.2f} ({_interval(line['difference_ci'])})"
    )


def _left(like: dict[str, Any]) -> str:
    if like["difference"] is None:
        return f"whether that is for want of data cannot be told: {like['reason']}"
    words = (
        f"among patients with equally complete diaries and wear the difference is {like['difference']:.2f} "
        f"({_interval(like['difference_ci'])})"
    )
    if like["compared"] < 0.5:
        words += f", from only {_percent(like['compared'])} of the events"
    return words


def _missed(parts: dict[str, Any]) -> Iterator[str]:
    said = []
    for name, words in (("diary", "diaries answered on"), ("wear", "devices worn for")):
        line = parts[name]
        if line["difference"] is not None and _beyond(line["difference_ci"]):
            said.append(f"{words} {_percent(line['missed'])} against {_percent(line['seen'])}")
    line = parts["level"]
    if line["difference"] is not None and _beyond(line["difference_ci"]):
        said.append(f"usual pain {line['missed']:.1f} against {line['seen']:.1f} of 10")
    if said:
        yield f"Around missed events, beside those that were seen: {'; '.join(said)}."
    elif all(line["difference"] is None for line in parts.values()):
        yield f"What missed events have in common: {parts['diary']['reason']}."


def _reach(document: dict[str, Any]) -> Iterator[str]:
    looked = [
        line
        for _, group in _groups(document)
        for line in group.get("measures", {}).values()
        if line["difference"] is not None
    ]
    if looked:
        yield (
            f"{len(looked)} differences were looked at: about {len(looked) / 20:.0f} would lie outside their "
            "95 % interval by chance alone. That none is said of a group does not show that there is none."
        )


def _apart(line: dict[str, Any], *, down: bool) -> bool:
    """Whether the group has less (or more) than the others, surely and by an amount that matters."""
    if line["difference"] is None or not _beyond(line["difference_ci"]):
        return False
    worse = line["difference"] < 0 if down else line["difference"] > 0
    return bool(worse and abs(line["difference"]) >= _LEAST)


def _compared(group: dict[str, Any], measure: str) -> bool:
    return "measures" in group and group["measures"][measure]["difference"] is not None


def _beyond(ci: list[float]) -> bool:
    return ci[0] > 0 or ci[1] < 0


def _interval(ci: list[float]) -> str:
    return f"95 % interval {ci[0]:.2f} to {ci[1]:.2f}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"
