"""The double-plotted actogram: each row shows a local day and the one after it, 48 hours.

Hatches, greys and strokes differ without colour, so print and colour-blind readers lose nothing.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.days import local_day_of
from analytics.figures.day_states import DayStates, Stretch, day_states
from analytics.figures.written import INK, shortened, written
from analytics.indices.timeline import Timeline

LEFT, HOUR_WIDTH, TOP = 132.0, 20.0, 122.0
RIGHT = LEFT + 48 * HOUR_WIDTH
WIDTH = RIGHT + 24
ROW, BARS, BED = 42.0, 28.0, 4.0  #: height of a row, of its activity, of the bar below it
CUT_SHARE = 99  #: percentile of the bins at which bars are cut, so that one run does not flatten the rest
NOT_WORN, NO_DATA = "url(#actogram-not-worn)", "#c9c9c9"
BED_BLUE, ONSET = "#0072b2", "#a33c00"

HATCH = (
    '<defs><pattern id="actogram-not-worn" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path d="M-1 7L7 -1M-1 1L1 -1M5 7L7 5" stroke="#7a4b00" stroke-width="1.1"/></pattern></defs>'
)


def actogram(
    timeline: Timeline,
    worn: NDArray[np.bool_],
    bed: NDArray[np.int8],
    title: str,
    zone_name: str,
    onsets: dict[str, float],
) -> str:
    """A standalone SVG document.

    Parameters
    ----------
    timeline
        At least one epoch; `x` is NaN where missing or not worn.
    worn, bed
        One value for each epoch: False is not worn; in bed as `bed_states` gives it.
    title, zone_name
        Any text; escaped here.
    onsets
        Clock time of named events, such as `{"L5": 120.0}` [minutes since local midnight].

    Raises ValueError when there is no epoch or an array has another length.
    """
    if not len(timeline.t_us) or len(worn) != len(timeline.t_us) or len(bed) != len(timeline.t_us):
        raise ValueError("an actogram needs epochs, and worn and bed for each of them")
    first, last = local_day_of(timeline.t_us[[0, -1]], timeline.zone).tolist()
    days = [
        day_states(timeline, worn, bed, first + timedelta(days=k)) for k in range((last - first).days + 1)
    ]
    top = _top(days)
    changes = sum(bool(day.skipped) + bool(day.repeated) for day in days)
    height = TOP + len(days) * ROW + 34 + 16 * changes
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" width="{WIDTH:g}" '
            f'height="{height:g}" role="img" aria-labelledby="actogram-title actogram-desc" '
            'font-family="Helvetica, Arial, sans-serif" font-size="12">',
            f'<title id="actogram-title">Actogram of {written(title)}</title>',
            f'<desc id="actogram-desc">{written(_described(days, zone_name, timeline.unit, onsets))}</desc>',
            HATCH,
            f'<rect width="{WIDTH:g}" height="{height:g}" fill="#fff"/>',
            *_heading(title, zone_name, timeline.unit, top),
            *(_row(k, days, top) for k in range(len(days))),
            *_axis(len(days)),
            *_onset_marks(onsets, len(days)),
            *_notes(days, TOP + len(days) * ROW + 38),
            "</svg>\n",
        ]
    )


def _top(days: list[DayStates]) -> float:
    values = np.concatenate([day.activity for day in days])
    values = values[~np.isnan(values)]
    return float(np.percentile(values, CUT_SHARE)) or float(values.max()) or 1.0 if len(values) else 1.0


def _described(days: list[DayStates], zone_name: str, unit: str, onsets: dict[str, float]) -> str:
    def hours(stretches: list[list[Stretch]]) -> str:
        return f"{sum(end - start for one in stretches for start, end in one):.1f} h"

    changed = [f"{day.day} has {day.hours:g} h" for day in days if day.hours != 24]
    sentences = [
        f"Activity in {unit}, mean of 5 minutes, {len(days)} local days "
        f"from {days[0].day} to {days[-1].day}, {zone_name}",
        "Each row shows a day and the day after it",
        f"Not worn {hours([day.not_worn for day in days])}; no data {hours([day.no_data for day in days])}; "
        f"in bed {hours([day.in_bed for day in days])}",
        *(f"{name} begins at {_clock(minutes)}" for name, minutes in onsets.items()),
        *changed,
    ]
    return ". ".join(sentences) + "."


def _clock(minutes: float) -> str:
    return f"{int(minutes) // 60:02d}:{int(minutes) % 60:02d}"


def _heading(title: str, zone_name: str, unit: str, top: float) -> list[str]:
    y = 54
    swatches = [
        (f'<rect x="{{x}}" y="{y}" width="22" height="12" fill="{NOT_WORN}" stroke="#7a4b00"/>', "not worn"),
        (f'<rect x="{{x}}" y="{y}" width="22" height="12" fill="{NO_DATA}"/>', "no data"),
        (f'<rect x="{{x}}" y="{y + 4}" width="22" height="{BED:g}" fill="{BED_BLUE}"/>', "main time in bed"),
        (
            f'<path d="M{{x}} {y + 6}h22" stroke="#555" stroke-width="1.5" stroke-dasharray="1.5 3"/>',
            "in bed or not: cannot be judged",
        ),
        (f'<path d="M{{x}} {y + 6}h22" stroke="{ONSET}" stroke-dasharray="5 3"/>', "onset (average day)"),
    ]
    lines = [
        f'<text x="{LEFT:g}" y="22" font-size="17" font-weight="bold">{written(shortened(title))}</text>',
        f'<text x="{LEFT:g}" y="42">'
        f"{written(f'Clock hours: {zone_name}. Activity in {unit}, mean of 5 min;')} "
        f"full height {top:.4g}, higher is cut.</text>",
    ]
    for (swatch, words), x in zip(swatches, (132, 240, 340, 486, 720), strict=True):
        lines.append(swatch.format(x=x) + f'<text x="{x + 28}" y="{y + 11}">{words}</text>')
    return lines


def _x(hours: float) -> str:
    return f"{LEFT + hours * HOUR_WIDTH:.1f}".removesuffix(".0")


def _row(k: int, days: list[DayStates], top: float) -> str:
    y = TOP + k * ROW
    day = days[k]
    length = "" if day.hours == 24 else f' <tspan font-weight="bold">{day.hours:g} h</tspan>'
    parts = [
        f'<g class="row" data-day="{day.day}" data-hours="{day.hours:g}">',
        f'<text x="{LEFT - 8:g}" y="{y + BARS - 4:g}" text-anchor="end">{_named(day.day)}{length}</text>',
        *_half(day, 0, y, top),
        *(_half(days[k + 1], 24, y, top) if k + 1 < len(days) else []),
        f'<path d="M{LEFT:g} {y + BARS:g}H{RIGHT:g}" stroke="#888" stroke-width=".6"/></g>',
    ]
    return "".join(parts)


def _named(day: date) -> str:
    return f"{('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[day.weekday()]} {day.isoformat()}"


def _half(day: DayStates, at: int, y: float, top: float) -> list[str]:
    floor = y + BARS

    def box(stretch: Stretch, name: str, fill: str, from_y: float, tall: float) -> str:
        start, end = stretch
        return (
            f'<rect class="{name}" x="{_x(at + start)}" y="{from_y:g}" '
            f'width="{(end - start) * HOUR_WIDTH:.1f}" height="{tall:g}" fill="{fill}"/>'
        )

    parts = [box(one, "no-data", NO_DATA, y, BARS) for one in day.no_data]
    parts += [box(one, "not-worn", NOT_WORN, y, BARS) for one in day.not_worn]
    parts.append(_bars(day, at, floor, top))
    parts += [box(one, "in-bed", BED_BLUE, floor + 1, BED) for one in day.in_bed]
    parts += [
        f'<path class="not-judged" d="M{_x(at + start)} {floor + 3:g}H{_x(at + end)}" stroke="#555" '
        'stroke-width="1.5" stroke-dasharray="1.5 3"/>'
        for start, end in day.not_judged
    ]
    for name, words, stretches in (
        ("skipped", "-", day.skipped),
        ("repeated", "2x", day.repeated),
    ):
        for start, end in stretches:
            middle = (start + end) / 2
            parts.append(
                f'<path class="{name}" d="M{_x(at + start)} {y:g}V{floor:g}M{_x(at + end)} {y:g}V{floor:g}" '
                f'stroke="{INK}" stroke-width=".8"/><text x="{_x(at + middle)}" y="{y + 8:g}" font-size="9" '
                f'font-weight="bold" text-anchor="middle" stroke="#fff" stroke-width="2.5" '
                f'paint-order="stroke">{words}</text>'
            )
    return parts


def _bars(day: DayStates, at: int, floor: float, top: float) -> str:
    """One closed outline for each unbroken run of bins, all in one path."""
    steps: list[str] = []
    last = -1.0
    heights = np.minimum(day.activity / top, 1) * BARS
    for start, end, tall in zip(day.starts.tolist(), day.ends.tolist(), heights.tolist(), strict=True):
        if tall != tall:
            continue
        if abs(start - last) > 1e-6:
            steps.append(f"{f'V{floor:g}Z' if steps else ''}M{_x(at + start)} {floor:g}")
        steps.append(f"V{floor - tall:.1f}H{_x(at + end)}")
        last = end
    return f'<path class="activity" fill="{INK}" d="{"".join(steps)}V{floor:g}Z"/>' if steps else ""


def _axis(rows: int) -> list[str]:
    bottom = TOP + rows * ROW
    parts = []
    for hour in range(0, 49, 3):
        x, weight = _x(hour), "1" if hour % 24 == 0 else ".4"
        parts.append(
            f'<path d="M{x} {TOP - 4:g}V{bottom:g}" stroke="#777" stroke-width="{weight}" opacity=".6"/>'
        )
        for y in (TOP - 10, bottom + 14):
            parts.append(f'<text x="{x}" y="{y:g}" text-anchor="middle">{hour % 24:02d}</text>')
    return parts


def _onset_marks(onsets: dict[str, float], rows: int) -> list[str]:
    parts = []
    for row, (name, minutes) in enumerate(onsets.items()):  # a row each: two onsets may lie close together
        for at in (0, 24):
            x, y = _x(at + minutes / 60), TOP - 25 - 12 * row
            parts.append(
                f'<path class="onset" d="M{x} {y + 3:g}V{TOP + rows * ROW:g}" stroke="{ONSET}" '
                f'stroke-dasharray="5 3"/><text x="{x}" y="{y:g}" text-anchor="middle" fill="{ONSET}">'
                f"{written(name)} {_clock(minutes)}</text>"
            )
    return parts


def _notes(days: list[DayStates], y: float) -> list[str]:
    """Clock changes in words, below the figure."""
    words = [
        *(
            f"{day.day} has {day.hours:g} h: the clock skipped the hour marked -."
            for day in days
            if day.skipped
        ),
        *(f"{day.day} has {day.hours:g} h: the hour marked 2x came twice." for day in days if day.repeated),
    ]
    return [f'<text x="{LEFT:g}" y="{y + 16 * k:g}">{line}</text>' for k, line in enumerate(words)]
