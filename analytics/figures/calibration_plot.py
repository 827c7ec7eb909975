"""The calibration plot: what came over what was said, days in groups of alike risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from analytics.figures.ticks import round_ticks
from analytics.figures.written import GRID, INK, QUIET, framed, lines_of, shortened, text_at, text_upwards

WIDTH, LEFT, RIGHT = 620.0, 70.0, 590.0
TOP, BOTTOM = 72.0, 492.0
SMALLEST, LARGEST = 3.5, 11.0  #: radius of a circle; its area goes with the days
COLOUR = "#0072b2"
LINE_CHARACTERS = 92

Group = Mapping[str, Any]


def calibration_plot(groups: Sequence[Group], title: str, facts: str, notes: Sequence[str] = ()) -> str:
    """A standalone SVG document.

    `groups` have `days`, `predicted` and `observed` (0 to 1), as `reliability` of `actalgia risk validate`;
    `facts` is one line below the title, `notes` stand below the figure. Any text is escaped here. Circles on
    the dashed line are risks that came true. Raises ValueError when there is no group.
    """
    if not groups:
        raise ValueError("a calibration plot needs a group of days")
    highest = max(max(one["predicted"], one["observed"]) for one in groups)
    ticks = round_ticks(0.0, min(1.0, max(highest * 1.05, 0.05))).tolist()
    below = lines_of(notes, LINE_CHARACTERS)
    most = max(one["days"] for one in groups)
    return framed(
        "calibration-plot",
        f"Calibration: {title}",
        " ".join([f"{facts}.", *(_said(one) for one in groups), *notes]),
        WIDTH,
        BOTTOM + 58 + 16 * len(below),
        [
            text_at(LEFT, 22, shortened(title, 64), font_size="15", font_weight="bold"),
            text_at(LEFT, 42, shortened(facts, LINE_CHARACTERS)),
            *_axes(ticks),
            _path(ticks[-1], groups),
            *(_circle(one, ticks[-1], most) for one in groups),
            *(text_at(LEFT, BOTTOM + 56 + 16 * k, note, class_="note") for k, note in enumerate(below)),
        ],
    )


def _x(value: float, top: float) -> float:
    return LEFT + value / top * (RIGHT - LEFT)


def _y(value: float, top: float) -> float:
    return BOTTOM - value / top * (BOTTOM - TOP)


def _axes(ticks: list[float]) -> list[str]:
    top, parts = ticks[-1], []
    for value in ticks:
        x, y = _x(value, top), _y(value, top)
        parts.append(f'<path d="M{LEFT:g} {y:.1f}H{RIGHT:g}" stroke="{GRID}" stroke-width=".8"/>')
        parts.append(text_at(LEFT - 8, y + 4, f"{value:g}", text_anchor="end"))
        parts.append(text_at(x, BOTTOM + 16, f"{value:g}", text_anchor="middle"))
    return [
        *parts,
        f'<path d="M{LEFT:g} {TOP:g}V{BOTTOM:g}H{RIGHT:g}" stroke="{INK}" fill="none"/>',
        f'<path class="right" d="M{LEFT:g} {BOTTOM:g}L{RIGHT:g} {TOP:g}" stroke="{QUIET}" '
        'stroke-dasharray="6 4" fill="none"/>',
        text_at((LEFT + RIGHT) / 2, BOTTOM + 34, "risk that was said", text_anchor="middle"),
        text_upwards(20, (TOP + BOTTOM) / 2, "share of days on which an event came"),
    ]


def _path(top: float, groups: Sequence[Group]) -> str:
    places = [f"{_x(one['predicted'], top):.1f} {_y(one['observed'], top):.1f}" for one in groups]
    return f'<path d="M{"L".join(places)}" stroke="{COLOUR}" stroke-width="1.5" fill="none"/>'


def _circle(one: Group, top: float, most: float) -> str:
    radius = SMALLEST + (LARGEST - SMALLEST) * sqrt(one["days"] / most)
    at = f'cx="{_x(one["predicted"], top):.1f}" cy="{_y(one["observed"], top):.1f}"'
    return f'<circle class="group" {at} r="{radius:.1f}" fill="{COLOUR}" fill-opacity=".75"/>'


def _said(one: Group) -> str:
    return f"Of {one['days']:.0f} days said {one['predicted']:.3f}, came {one['observed']:.3f}."
