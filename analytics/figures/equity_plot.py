"""Dots and intervals of each group, one panel a measure: whom the system sees worse, at a look.

A group that surely differs from the others has a filled square, any other an open dot, so print and
colour-blind readers lose nothing. A line stands at what all patients together have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analytics.figures.ticks import round_ticks
from analytics.figures.written import GRID, QUIET, framed, lines_of, shortened, text_at

LEFT, PANEL, BETWEEN, TOP, ROW = 190.0, 196.0, 26.0, 92.0, 22.0
#: Measure of the document, words above the panel, factor, highest value where there is one.
PANELS = (
    ("sensitivity", "events seen [%]", 100.0, 100.0),
    ("false_pages_per_week", "false pages a patient-week", 1.0, None),
    ("diary", "days answered [%]", 100.0, 100.0),
    ("wear", "time worn [%]", 100.0, 100.0),
    ("cannot_judge", "days not judged [%]", 100.0, None),
)
APART, ALIKE = "#a33c00", "#0072b2"
WIDTH = LEFT + len(PANELS) * (PANEL + BETWEEN)
LINE_CHARACTERS = 190


def equity_plot(document: Mapping[str, Any], names: Mapping[str, str], title: str) -> str:
    """A standalone SVG document of what `analytics.escalation.equity` says.

    `names` are the words for attributes; values and title may be any text. Raises ValueError without a group.
    """
    rows = list(_rows(document, names))
    if not rows:
        raise ValueError("the plot needs an attribute that is told of somebody")
    bottom = TOP + ROW * len(rows)
    notes = lines_of(_notes(document), LINE_CHARACTERS)
    parts = [
        text_at(20, 26, shortened(title), font_size="15", font_weight="bold"),
        text_at(20, 46, _facts(document)),
        *(_named(label, group, TOP + ROW * k) for k, (label, group) in enumerate(rows)),
    ]
    for k, (measure, words, factor, most) in enumerate(PANELS):
        left = LEFT + k * (PANEL + BETWEEN)
        parts += _panel(document, rows, measure, words, factor, most, left, bottom)
    parts += [text_at(20, bottom + 48 + 16 * k, note, class_="note") for k, note in enumerate(notes)]
    described = " ".join([f"{_facts(document)}.", *notes])
    return framed("equity-plot", f"By group: {title}", described, WIDTH, bottom + 56 + 16 * len(notes), parts)


def _rows(
    document: Mapping[str, Any], names: Mapping[str, str]
) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Attributes as headings (no group), each followed by its groups."""
    for attribute in document["attributes"]:
        yield names[attribute["attribute"]], None
        for group in attribute["groups"]:
            yield group["value"], group


def _facts(document: Mapping[str, Any]) -> str:
    return (
        f"{document['n_patients']} patients, {document['patient_weeks']:.0f} patient-weeks, "
        f"{document['n_seen']} of {document['n_events']} events seen"
    )


def _notes(document: Mapping[str, Any]) -> list[str]:
    marked = "A filled square differs from all others of its attribute by more than chance would give."
    return [f"Dots with 95 % intervals by patients. {marked}", *document.get("sentences", ())]


def _named(label: str, group: Mapping[str, Any] | None, y: float) -> str:
    if group is None:
        return text_at(20, y + 15, shortened(label, 24), font_weight="bold")
    return text_at(LEFT - 12, y + 15, f"{shortened(label, 18)} ({group['n_patients']})", text_anchor="end")


def _panel(
    document: Mapping[str, Any],
    rows: list[tuple[str, Mapping[str, Any] | None]],
    measure: str,
    words: str,
    factor: float,
    most: float | None,
    left: float,
    bottom: float,
) -> Iterator[str]:
    lines = [None if group is None else group.get("measures", {}).get(measure) for _, group in rows]
    known = [line for line in (*lines, document["all"][measure]) if line and line["estimate"] is not None]
    ticks = round_ticks(0.0, most or max([factor * line["ci"][1] for line in known], default=1.0))
    last = float(ticks[-1])

    def at(value: float) -> float:
        return left + PANEL * min(1.0, factor * value / last)

    yield text_at(left, TOP - 10, words)
    for tick in ticks.tolist()[::2]:  # every other: panels are narrow
        x = left + PANEL * tick / last
        yield f'<path d="M{x:.5g} {TOP:g}V{bottom:g}" stroke="{GRID}"/>'
        yield text_at(x, bottom + 16, f"{tick:g}", text_anchor="middle")
    whole = document["all"][measure]["estimate"]
    if whole is not None:
        x = at(whole)
        yield f'<path class="all" d="M{x:.5g} {TOP:g}V{bottom:g}" stroke="{QUIET}" stroke-dasharray="5 3"/>'
    for k, line in enumerate(lines):
        y = TOP + ROW * k + ROW / 2
        if line is not None and line["estimate"] is not None:
            yield _mark(measure, line, at, y)
        elif rows[k][1] is not None:
            yield text_at(left + 4, y + 4, "too few to tell", fill=QUIET, font_size="10.5")


def _mark(measure: str, line: Mapping[str, Any], at: Any, y: float) -> str:
    low, high = (at(value) for value in line["ci"])
    x, ci = at(line["estimate"]), line["difference_ci"]
    apart = ci is not None and (ci[0] > 0 or ci[1] < 0)
    colour = APART if apart else ALIKE
    shape = (
        f'<rect x="{x - 4.5:.5g}" y="{y - 4.5:g}" width="9" height="9" fill="{colour}"/>'
        if apart
        else f'<circle cx="{x:.5g}" cy="{y:g}" r="4.5" fill="#fff" stroke="{colour}" stroke-width="2"/>'
    )
    return (
        f'<g class="group" data-measure="{measure}" data-estimate="{line["estimate"]:.4g}">'
        f'<path d="M{low:.5g} {y:g}H{high:.5g}" stroke="{colour}" stroke-width="2"/>{shape}</g>'
    )
