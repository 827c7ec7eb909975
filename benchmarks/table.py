"""Tables as Markdown: what is printed is what the README shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Table:
    """A title, what the columns are, rows, and sentences below."""

    title: str
    header: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def markdown(self) -> str:
        """The table as text."""
        lines = [f"### {self.title}", "", _line(self.header), _line(["---"] * len(self.header))]
        lines += [_line(row) for row in self.rows]
        if self.notes:
            lines += ["", *self.notes]
        return "\n".join(lines) + "\n"


def facts(title: str, rows: Sequence[Sequence[str]], *notes: str) -> Table:
    """A table of figures, each with its target."""
    return Table(title, ("What", "Figure", "Target"), list(rows), list(notes))


def number(value: float) -> str:
    """A figure with as many digits as it is worth."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
