"""The plot of a repeated-measures correlation: parallel lines, one a patient, over what that patient had.

After J. Z. Bakdash and L. R. Marusich, Front Psychol 8:456, 2017. Up to twelve patients are told apart by
dashes and a number at the end of the line; more are grey.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.figures.ticks import round_ticks
from analytics.figures.written import GRID, INK, framed, lines_of, shortened, text_at, text_upwards

WIDTH, LEFT, RIGHT = 760.0, 70.0, 738.0
TOP, BOTTOM = 64.0, 424.0
LINE_CHARACTERS = 112
TOLD_APART, MOST_PATIENTS, MOST_POINTS = 12, 60, 6000
DASHES = ("", "8 3", "2 3", "10 3 2 3", "5 2", "12 4 2 4 2 4")
COLOURS = ("#0072b2", "#a33c00")
GREY = "#777"

Values = NDArray[np.float64]


def within_plot(
    patient: Sequence[str], x: ArrayLike, y: ArrayLike, x_name: str, y_name: str, title: str
) -> str:
    """A standalone SVG document of rows, one for each patient and day; NaN is missing.

    As in the correlation itself, rows without both and patients with fewer than two such rows are left out.
    `x_name` and `y_name` stand at the axes, with their units. Raises ValueError when nobody is left.
    """
    names, own = _complete(patient, np.asarray(x, np.float64), np.asarray(y, np.float64))
    if not names:
        raise ValueError("the plot needs a patient with two days on which both are known")
    slope = _common_slope(own)
    most_first = sorted(range(len(names)), key=lambda k: (-len(own[k]), k))[:MOST_PATIENTS]
    shown = sorted(most_first)
    every = -(-sum(len(own[k]) for k in shown) // MOST_POINTS)
    lines = [_line(own[k], slope) for k in shown]
    ends = np.concatenate([*(own[k] for k in shown), *lines])
    x_ticks, y_ticks = (round_ticks(float(v.min()), float(v.max())) for v in ends.T)
    place = _Place(x_ticks, y_ticks)
    apart = len(names) <= TOLD_APART
    notes = lines_of(_notes(names, shown, every, slope, apart), LINE_CHARACTERS)
    facts = _facts(names, own, slope)
    parts = [
        text_at(LEFT, 22, shortened(title), font_size="15", font_weight="bold"),
        text_at(LEFT, 42, facts),
        *_axes(place, x_name, y_name),
        *(_points(own[k][::every], place, _style(k, apart)) for k in shown),
    ]
    if slope is not None:
        for k, line in zip(shown, lines, strict=True):
            parts += _drawn(line, place, k, apart)
    parts += [text_at(LEFT, BOTTOM + 60 + 16 * k, note, class_="note") for k, note in enumerate(notes)]
    if apart:
        parts += _legend(names, BOTTOM + 62 + 16 * len(notes))
    rows = len(notes) + (-(-len(names) // 4) if apart else 0)
    return framed(
        "within-plot",
        f"Within patients: {title}",
        " ".join([f"{facts}.", f"{y_name} against {x_name}.", *notes]),
        WIDTH,
        BOTTOM + 66 + 16 * rows,
        parts,
    )


class _Place:
    """Where values lie in the figure."""

    def __init__(self, x_ticks: Values, y_ticks: Values) -> None:
        self.x_ticks, self.y_ticks = x_ticks, y_ticks

    def of(self, points: Values) -> Values:
        """(n, 2) of values to (n, 2) of the figure."""
        low = np.array([self.x_ticks[0], self.y_ticks[0]])
        high = np.array([self.x_ticks[-1], self.y_ticks[-1]])
        share = (points - low) / (high - low)
        return np.asarray(share * [RIGHT - LEFT, TOP - BOTTOM] + [LEFT, BOTTOM])


def _complete(patient: Sequence[str], x: Values, y: Values) -> tuple[list[str], list[Values]]:
    """Patients in order of their first row, each with its complete rows (n, 2)."""
    rows: dict[str, list[int]] = {}
    for k in np.flatnonzero(~(np.isnan(x) | np.isnan(y))).tolist():
        rows.setdefault(patient[k], []).append(k)
    kept = {name: own for name, own in rows.items() if len(own) >= 2}
    both = np.column_stack([x, y])
    return list(kept), [both[own] for own in kept.values()]


def _common_slope(own: list[Values]) -> float | None:
    away = np.concatenate([points - points.mean(axis=0) for points in own])
    spread = float(away[:, 0] @ away[:, 0])
    highest = max(float(np.abs(points[:, 0]).max()) for points in own)
    return float(away[:, 0] @ away[:, 1]) / spread if spread > 1e-24 * highest**2 else None


def _line(points: Values, slope: float | None) -> Values:
    """Both ends of the patient's line, over the patient's own range."""
    ends = np.array([points[:, 0].min(), points[:, 0].max()])
    middle = points.mean(axis=0)
    return np.column_stack([ends, middle[1] + (slope or 0.0) * (ends - middle[0])])


def _style(k: int, apart: bool) -> tuple[str, str]:
    """(colour, dashes) of a patient."""
    return (COLOURS[k // len(DASHES)], DASHES[k % len(DASHES)]) if apart else (GREY, "")


def _points(points: Values, place: _Place, style: tuple[str, str]) -> str:
    steps = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in place.of(points).tolist())
    return (
        f'<path class="days" d="{steps}" stroke="{style[0]}" stroke-width="5" stroke-linecap="round" '
        'opacity=".28" fill="none"/>'
    )


def _drawn(line: Values, place: _Place, k: int, apart: bool) -> list[str]:
    (x1, y1), (x2, y2) = place.of(line).tolist()
    path = f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"
    stroke = _stroke(_style(k, apart), 2 if apart else 1)
    parts = [f'<path class="patient" d="{path}" {stroke} fill="none"/>']
    if apart:
        halo = {"stroke": "#fff", "stroke_width": "2.5", "paint_order": "stroke"}
        parts.append(text_at(x2 + 4, y2 + 4, str(k + 1), class_="number", font_weight="bold", **halo))
    return parts


def _stroke(style: tuple[str, str], width: int) -> str:
    dashed = f' stroke-dasharray="{style[1]}"' if style[1] else ""
    return f'stroke="{style[0]}" stroke-width="{width}"{dashed}'


def _axes(place: _Place, x_name: str, y_name: str) -> list[str]:
    parts = []
    corner = np.array([place.x_ticks[0], place.y_ticks[0]])
    for value in place.y_ticks.tolist():
        y = place.of(np.array([[corner[0], value]]))[0, 1]
        parts.append(f'<path d="M{LEFT:g} {y:.1f}H{RIGHT:g}" stroke="{GRID}" stroke-width=".8"/>')
        parts.append(text_at(LEFT - 8, y + 4, f"{value:g}", text_anchor="end"))
    for value in place.x_ticks.tolist():
        x = place.of(np.array([[value, corner[1]]]))[0, 0]
        parts.append(f'<path d="M{x:.1f} {TOP:g}V{BOTTOM:g}" stroke="{GRID}" stroke-width=".8"/>')
        parts.append(text_at(x, BOTTOM + 16, f"{value:g}", text_anchor="middle"))
    return [
        *parts,
        f'<path d="M{LEFT:g} {TOP:g}V{BOTTOM:g}H{RIGHT:g}" stroke="{INK}" fill="none"/>',
        text_at((LEFT + RIGHT) / 2, BOTTOM + 34, shortened(x_name), text_anchor="middle"),
        text_upwards(20, (TOP + BOTTOM) / 2, shortened(y_name, 50)),
    ]


def _facts(names: list[str], own: list[Values], slope: float | None) -> str:
    days = sum(map(len, own))
    people = "1 patient" if len(names) == 1 else f"{len(names):,} patients"
    said = "no common slope" if slope is None else f"common slope {slope:.3g} for each 1 to the right"
    return f"{people}, {days:,} complete days; {said}"


def _notes(names: list[str], shown: list[int], every: int, slope: float | None, apart: bool) -> list[str]:
    notes = []
    if slope is None:
        notes.append("No line: the horizontal measure never varies within a patient.")
    if len(shown) < len(names):
        left_out = f"{len(names) - len(shown):,} are left out of the picture and counted in the slope"
        notes.append(f"Drawn are the {len(shown)} patients with most days; {left_out}.")
    elif not apart:
        notes.append("One line a patient, over what that patient had.")
    if every > 1:
        notes.append(f"Of the days every {every}th is drawn.")
    return notes


def _legend(names: list[str], y: float) -> list[str]:
    """Four patients a row: the line as it is drawn, its number, who it is."""
    parts = []
    for k, name in enumerate(names):
        x, row = LEFT + (k % 4) * (RIGHT - LEFT) / 4, y + 16 * (k // 4)
        parts.append(f'<path d="M{x:g} {row - 4:g}h36" {_stroke(_style(k, apart=True), 2)}/>')
        parts.append(text_at(x + 42, row, f"{k + 1}  {shortened(name, 16)}", class_="who"))
    return parts
