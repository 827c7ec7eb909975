"""Text in a figure: any words as XML, and lines that fit."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from xml.sax.saxutils import escape

INK, QUIET, GRID = "#1a1a1a", "#555", "#ccc"
SHOWN_TITLE = 80  #: characters of a title that fit above a figure
# What XML 1.0 forbids even when escaped (section 2.2); file names may hold it.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def written(words: str) -> str:
    """The words as text of an element, whatever they are."""
    return escape(FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", words))


def shortened(title: str, most: int = SHOWN_TITLE) -> str:
    """The title, or its beginning where it is too long to fit."""
    return title if len(title) <= most else title[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def lines_of(sentences: Iterable[str], most: int) -> list[str]:
    """The sentences in lines of at most so many characters, each beginning its own."""
    return [line for sentence in sentences for line in textwrap.wrap(sentence, most)]


def text_at(x: float, y: float, words: str, **more: str) -> str:
    """Text at a place; `text_anchor="end"` is the attribute text-anchor, `class_` is class."""
    others = "".join(f' {name.rstrip("_").replace("_", "-")}="{value}"' for name, value in more.items())
    return f'<text x="{x:.5g}" y="{y:.5g}"{others}>{written(words)}</text>'


def text_upwards(x: float, y: float, words: str) -> str:
    """Text that is read from below, about a place: the name of a vertical axis."""
    turned = f"translate({x:g} {y:g}) rotate(-90)"
    return f'<text transform="{turned}" text-anchor="middle">{written(words)}</text>'


def framed(kind: str, title: str, described: str, width: float, height: float, parts: Iterable[str]) -> str:
    """A standalone SVG document on white, with its title and its text alternative."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
            f'height="{height:g}" role="img" aria-labelledby="{kind}-title {kind}-desc" '
            f'font-family="Helvetica, Arial, sans-serif" font-size="12" fill="{INK}">',
            f'<title id="{kind}-title">{written(title)}</title>',
            f'<desc id="{kind}-desc">{written(described)}</desc>',
            f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>',
            *parts,
            "</svg>\n",
        ]
    )
