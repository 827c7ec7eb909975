"""The lag plot: how strongly two daily measures go together, one of them so many days later.

What differs in colour differs in shape or place, too. What cannot be given is a gap, with its reason below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.figures.written import GRID, INK, QUIET, framed, lines_of, shortened, text_at, text_upwards

WIDTH, LEFT, RIGHT = 760.0, 66.0, 742.0
TOP, BOTTOM = 92.0, 332.0
LINE_CHARACTERS = 118
BELOW = 0.05  #: an adjusted p below it has the filled diamond
INTERVAL = "#0072b2"

Lag = Mapping[str, Any]


def lag_plot(lags: Sequence[Lag], title: str, facts: str, adjusted: str = "p_adjusted") -> str:
    """A standalone SVG document.

    Parameters
    ----------
    lags
        As `lags` of the document of `actalgia associate`: `lag`, `n_eff`, `r`, `ci`, `p_adjusted`; of what is
        None `<name>_reason` says why.
    title, facts
        Any text; escaped here. `facts` is one line below the title.
    adjusted
        Which p decides the shape: `p_adjusted`, over these lags, or `p_adjusted_family`.

    Raises ValueError when there is no lag.
    """
    if not lags:
        raise ValueError("a lag plot needs a lag")
    top = _top(lags)
    notes = lines_of(_reasons(lags, adjusted), LINE_CHARACTERS)
    below = "days by which the second measure comes later (negative: it comes before)"
    return framed(
        "lag-plot",
        f"Correlation within patients at each lag: {title}",
        _described(lags, adjusted),
        WIDTH,
        BOTTOM + 72 + 16 * len(notes),
        [
            text_at(LEFT, 22, shortened(title), font_size="15", font_weight="bold"),
            text_at(LEFT, 42, facts),
            *_legend(adjusted),
            *_axis(top),
            *(part for place, lag in enumerate(lags) for part in _one(lag, place, len(lags), top, adjusted)),
            text_at(LEFT, BOTTOM + 52, below),
            *(text_at(LEFT, BOTTOM + 72 + 16 * k, note, class_="note") for k, note in enumerate(notes)),
        ],
    )


def _top(lags: Sequence[Lag]) -> float:
    values = [abs(v) for lag in lags for v in (lag["r"], *(lag["ci"] or ())) if v is not None]
    highest = max(values, default=0.0)
    return next((step for step in (0.1, 0.2, 0.4, 0.6, 0.8) if highest <= step), 1.0)


def _y(r: float, top: float) -> float:
    middle = (TOP + BOTTOM) / 2
    return middle - r / top * (BOTTOM - TOP) / 2


def _x(place: int, of: int) -> float:
    return LEFT + (place + 0.5) * (RIGHT - LEFT) / of


def _axis(top: float) -> list[str]:
    parts = [text_upwards(18, (TOP + BOTTOM) / 2, "r within patients")]
    for k in range(-2, 3):
        r, y = top * k / 2, _y(top * k / 2, top)
        stroke = f'stroke="{INK}" stroke-width="1.4"' if k == 0 else f'stroke="{GRID}" stroke-width=".8"'
        name = ' class="zero"' if k == 0 else ""
        parts.append(f'<path{name} d="M{LEFT:g} {y:.1f}H{RIGHT:g}" {stroke}/>')
        parts.append(text_at(LEFT - 8, y + 4, f"{r:g}", text_anchor="end"))
    for words, y in (("lag", BOTTOM + 18), ("n_eff", BOTTOM + 34)):
        parts.append(text_at(LEFT - 8, y, words, text_anchor="end", fill=QUIET))
    return parts


def _one(lag: Lag, place: int, of: int, top: float, adjusted: str) -> list[str]:
    x = _x(place, of)
    effective = "?" if lag["n_eff"] is None else f"{lag['n_eff']:.0f}"
    parts = [
        f'<g class="lag" data-lag="{lag["lag"]}">',
        text_at(x, BOTTOM + 18, _signed(lag["lag"]), text_anchor="middle"),
        text_at(x, BOTTOM + 34, effective, class_="n-eff", text_anchor="middle", fill=QUIET),
    ]
    if lag["r"] is None:
        return [*parts, text_at(x, _y(0, top) - 6, "none", class_="gap", text_anchor="middle"), "</g>"]
    if lag["ci"] is not None:
        parts.append(_whiskers(x, *(_y(value, top) for value in lag["ci"])))
    return [*parts, _mark(x, _y(lag["r"], top), _is_finding(lag, adjusted)), "</g>"]


def _whiskers(x: float, low: float, high: float) -> str:
    caps = "".join(f"M{x - 5:.1f} {y:.1f}h10" for y in (low, high))
    line = f"M{x:.1f} {low:.1f}V{high:.1f}{caps}"
    return f'<path class="ci" d="{line}" stroke="{INTERVAL}" stroke-width="2" fill="none"/>'


def _mark(x: float, y: float, finding: bool) -> str:
    if finding:
        return f'<path class="finding" d="M{x:.1f} {y - 8:.1f}l8 8l-8 8l-8 -8Z" fill="{INK}"/>'
    at = f'cx="{x:.1f}" cy="{y:.1f}"'
    return f'<circle class="no-finding" {at} r="5.5" fill="#fff" stroke="{INK}" stroke-width="1.8"/>'


def _is_finding(lag: Lag, adjusted: str) -> bool:
    return lag[adjusted] is not None and lag[adjusted] < BELOW


def _legend(adjusted: str) -> list[str]:
    over = "indices and lags" if adjusted == "p_adjusted_family" else "the lags"
    y = 64
    return [
        '<g class="legend">',
        _mark(LEFT + 8, y, finding=True),
        text_at(LEFT + 24, y + 4, f"p below {BELOW:g}, adjusted over {over}"),
        _mark(LEFT + 308, y, finding=False),
        text_at(LEFT + 322, y + 4, "not so"),
        _whiskers(LEFT + 384, y - 8, y + 8),
        text_at(LEFT + 398, y + 4, "95 % interval"),
        text_at(LEFT + 496, y + 4, "n_eff: independent days", fill=QUIET),
        "</g>",
    ]


def _reasons(lags: Sequence[Lag], adjusted: str) -> list[str]:
    """What is missing, why, and at which lags; where there is no r nothing else can be."""
    said: dict[tuple[str, str], list[str]] = {}
    for lag in lags:
        missing = [("r", "r")]
        if lag["r"] is not None:
            missing = [("interval", "ci"), ("p", adjusted), ("n_eff", "n_eff")]
        for name, key in missing:
            if lag[key] is None:
                said.setdefault((name, lag[f"{key}_reason"]), []).append(_signed(lag["lag"]))
    return [f"No {name} at {_at(lags, at)}: {why}." for (name, why), at in said.items()]


def _at(lags: Sequence[Lag], at: list[str]) -> str:
    return "any lag" if len(at) == len(lags) else f"lag {', '.join(at)}"


def _described(lags: Sequence[Lag], adjusted: str) -> str:
    said = []
    for lag in lags:
        if lag["r"] is None:
            continue
        one = f"lag {_signed(lag['lag'])}: r {lag['r']:.2f}"
        if lag["ci"] is not None:
            one += f" ({lag['ci'][0]:.2f} to {lag['ci'][1]:.2f})"
        if lag[adjusted] is not None:
            one += f", adjusted p {lag[adjusted]:.3f}"
        said.append(one)
    return "; ".join(said or ["no correlation can be given"]) + ". " + " ".join(_reasons(lags, adjusted))


def _signed(lag: int) -> str:
    return "0" if lag == 0 else f"{lag:+d}".replace("-", "\N{MINUS SIGN}")
