"""Medians, percentiles and the markdown tables that the benches print."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Series:
    """One figure measured again and again, in `unit`."""

    name: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median."""
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        """The 95th percentile by nearest rank: with fewer than 20 values the worst."""
        return sorted(self.values)[math.ceil(0.95 * len(self.values)) - 1]

    @property
    def worst(self) -> float:
        """The largest."""
        return max(self.values)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the README's table, all in words. `note` says where it falls short, "" when it does not."""

    name: str
    measured: str
    reference: str
    target: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one bench found: its detailed series, and its lines of the README's table."""

    title: str
    series: tuple[Series, ...]
    figures: tuple[Figure, ...]
    remarks: tuple[str, ...] = ()

    def text(self) -> str:
        """The detailed table and the remarks, as markdown."""
        lines = [f"### {self.title}", "", series_table(self.series)]
        lines += [f"- {remark}" for remark in self.remarks]
        return "\n".join(lines) + "\n"


def number(value: float) -> str:
    """Three significant digits at most, no exponent."""
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def series_table(series: Iterable[Series]) -> str:
    """One row for each series: median, p95, worst, n."""
    rows = [
        (s.name, s.unit, *(number(v) for v in (s.median, s.p95, s.worst)), str(len(s.values)))
        for s in series
        if s.values
    ]
    return markdown(("what", "unit", "median", "p95", "worst", "n"), rows)


def figure_table(figures: Iterable[Figure]) -> str:
    """The README's table."""
    rows = [(f.name, f.measured + (f" ({f.note})" if f.note else ""), f.reference, f.target) for f in figures]
    return markdown(("figure", "measured", "reference in the same run", "to reach"), rows)


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
