"""The response waterfall: one bar a patient, by the change of worst pain since the baseline.

Endpoints differ by pattern and by the letter at the bar's end, so print and colour-blind readers lose
nothing. Whoever's change is not known has no bar and is named below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from analytics.figures.written import INK, written

LEFT, RIGHT, TOP = 76.0, 24.0, 116.0
BAR, STEP = 18.0, 26.0
LEAST_WIDTH = 860.0
POINT = 26.0  #: height of one point of pain
LABELS = 134.0  #: height that the labels below the bars take
SHOWN_LABEL = 18  #: characters of a label below a bar
THRESHOLD = 2  #: points, as in the consensus endpoints

#: Letter, words and fill of each endpoint.
ENDPOINTS = {
    "complete": ("C", "complete", "#0b4f6c"),
    "partial": ("P", "partial", "url(#waterfall-partial)"),
    "indeterminate": ("I", "indeterminate", "#ffffff"),
    "progression": ("W", "progression (worse)", "url(#waterfall-progression)"),
    "not_evaluable": ("N", "not evaluable", "#d4d4d4"),
}
PATTERNS = (
    '<defs><pattern id="waterfall-partial" width="7" height="7" patternUnits="userSpaceOnUse">'
    '<rect width="7" height="7" fill="#fff"/>'
    '<path d="M-1 8L8 -1M-1 1L1 -1M6 8L8 6" stroke="#0072b2" stroke-width="2"/></pattern>'
    '<pattern id="waterfall-progression" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<rect width="6" height="6" fill="#fff"/>'
    '<path d="M0 0L6 6M6 0L0 6" stroke="#a33c00" stroke-width="1.2"/></pattern></defs>'
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One patient; `change` of worst pain in points, None where it is not known."""

    label: str
    change: float | None
    endpoint: str  #: one of `ENDPOINTS`
    technique: str | None = None


def waterfall(bars: Sequence[Bar], title: str) -> str:
    """A standalone SVG document, the largest rise of pain left, the largest fall right.

    Labels, techniques and title may be any text; escaped here. Raises ValueError for an endpoint that is not
    known.
    """
    if unknown := {bar.endpoint for bar in bars} - set(ENDPOINTS):
        raise ValueError(f"there is no endpoint {sorted(unknown)[0]!r}")
    drawn = sorted(
        ((bar.change, bar) for bar in bars if bar.change is not None), key=lambda p: (-p[0], p[1].label)
    )
    missing = sorted((bar for bar in bars if bar.change is None), key=lambda bar: bar.label)
    up = max([3, *(ceil(change) for change, _ in drawn)])
    down = max([3, *(ceil(-change) for change, _ in drawn)])
    width = max(LEAST_WIDTH, LEFT + len(drawn) * STEP + RIGHT)
    zero = TOP + up * POINT
    bottom = zero + down * POINT
    below = _lines(_missing(missing), int((width - LEFT - RIGHT) / 6.2))
    height = bottom + LABELS + 18 * len(below) + 12
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
            f'height="{height:g}" role="img" aria-labelledby="waterfall-title waterfall-desc" '
            'font-family="Helvetica, Arial, sans-serif" font-size="12">',
            f'<title id="waterfall-title">Response waterfall: {written(title)}</title>',
            f'<desc id="waterfall-desc">{written(_described([bar for _, bar in drawn], missing))}</desc>',
            PATTERNS,
            f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>',
            *_heading(title),
            *_axis(up, down, zero, width),
            *(_bar(k, change, bar, zero, bottom) for k, (change, bar) in enumerate(drawn)),
            *(_note(line, bottom + LABELS + 18 * k) for k, line in enumerate(below)),
            "</svg>\n",
        ]
    )


def _note(line: str, y: float) -> str:
    return f'<text x="{LEFT:g}" y="{y:g}">{written(line)}</text>'


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _described(drawn: Sequence[Bar], missing: Sequence[Bar]) -> str:
    counts = [
        f"{sum(bar.endpoint == name for bar in (*drawn, *missing))} {words}"
        for name, (_, words, _) in ENDPOINTS.items()
    ]
    return (
        f"Change of worst pain since the baseline, {_patients(len(drawn))}, "
        f"one bar each, from the largest rise to the largest fall. {', '.join(counts)}. {_missing(missing)}"
    )


def _patients(count: int) -> str:
    return f"{count} patient{'' if count == 1 else 's'}"


def _missing(missing: Sequence[Bar]) -> str:
    if not missing:
        return "Of everybody the change is known."
    named = ", ".join(bar.label + (f" ({bar.technique})" if bar.technique else "") for bar in missing)
    return f"No bar, since the change of pain is not known: {_patients(len(missing))}: {named}."


def _lines(words: str, most: int) -> list[str]:
    """The words in lines of at most so many characters, as far as a word is not longer."""
    lines = [""]
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) > most and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _heading(title: str) -> list[str]:
    parts = [
        f'<text x="{LEFT:g}" y="26" font-size="17" font-weight="bold">{written(_short(title, 80))}</text>',
        f'<text x="{LEFT:g}" y="46">Change of worst pain (0 to 10) since the baseline, in points; '
        "below 0 is less pain.</text>",
    ]
    x = LEFT
    for letter, words, fill in ENDPOINTS.values():
        parts.append(
            f'<rect x="{x:g}" y="60" width="20" height="14" fill="{fill}" stroke="{INK}"/>'
            f'<text x="{x + 26:g}" y="72"><tspan font-weight="bold">{letter}</tspan> {words}</text>'
        )
        x += 62 + 6.6 * len(words)
    return parts


def _axis(up: int, down: int, zero: float, width: float) -> list[str]:
    end, parts = width - RIGHT, []
    for points in range(-down, up + 1):
        y = zero - points * POINT
        line = "" if points else f'<path class="zero" d="M{LEFT:g} {y:g}H{end:g}" stroke="{INK}"/>'
        parts.append(
            f'<path d="M{LEFT - 5:g} {y:g}h5" stroke="{INK}"/>{line}'
            f'<text x="{LEFT - 9:g}" y="{y + 4:g}" text-anchor="end">{points:+d}</text>'.replace(
                ">+0<", ">0<"
            )
        )
    for points, words in ((THRESHOLD, "2 points higher"), (-THRESHOLD, "2 points lower")):
        y = zero - points * POINT
        parts.append(
            f'<path class="threshold" d="M{LEFT:g} {y:g}H{end:g}" stroke="#555" stroke-dasharray="6 4"/>'
            f'<text x="{end:g}" y="{y - 4:g}" text-anchor="end" fill="#333" stroke="#fff" stroke-width="3" '
            f'paint-order="stroke">{words}</text>'
        )
    parts.append(f'<path d="M{LEFT:g} {zero - up * POINT:g}V{zero + down * POINT:g}" stroke="{INK}"/>')
    return parts


def _bar(k: int, change: float, bar: Bar, zero: float, bottom: float) -> str:
    letter, words, fill = ENDPOINTS[bar.endpoint]
    x, tall = LEFT + 8 + k * STEP, abs(change) * POINT
    top = zero - tall if change > 0 else zero
    end = top - 5 if change > 0 else zero + tall + 13
    told = f"{bar.label}: {change:+g} points, {words}" + (f", {bar.technique}" if bar.technique else "")
    below = bar.label if bar.technique is None else f"{bar.label}, {bar.technique}"
    middle = x + BAR / 2
    dashed = ' stroke-dasharray="3 2"' if bar.endpoint == "not_evaluable" else ""
    return (
        f'<g class="bar" data-endpoint="{bar.endpoint}" data-change="{change:g}">'
        f"<title>{written(told)}</title>"
        f'<rect x="{x:g}" y="{top:g}" width="{BAR:g}" height="{max(tall, 1.5):g}" fill="{fill}" '
        f'stroke="{INK}"{dashed}/>'
        f'<text x="{middle:g}" y="{end:g}" text-anchor="middle" font-weight="bold" stroke="#fff" '
        f'stroke-width="2.5" paint-order="stroke">{letter}</text>'
        f'<text transform="translate({middle - 3:g} {bottom + 22:g}) rotate(60)" font-size="10.5">'
        f"{written(_short(below, SHOWN_LABEL))}</text></g>"
    )
