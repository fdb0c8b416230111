"""A bar chart in SVG, by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

COLORS = ("#8a8a8a", "#c8102e", "#ee7f2d", "#3b78c3", "#4f9d5d", "#8e63b5")
WIDTH, LEFT, BAR, GAP = 860, 170, 15, 18


def bars(title: str, groups: Mapping[str, Mapping[str, float]]) -> str:
    """A chart with a group of bars for each key of `groups`, on a logarithmic axis from 1.

    Args:
        title: What is shown.
        groups: For each group a length, at least about 1, by name.
    """
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    colors = dict(zip(names, COLORS * (1 + len(names) // len(COLORS)), strict=False))
    longest = max((value for group in groups.values() for value in group.values()), default=1)
    decades = max(1, math.ceil(math.log10(longest)))

    def x(value: float) -> float:
        return LEFT + max(0.0, math.log10(value)) / decades * (WIDTH - LEFT - 60)

    parts, y = [_text(LEFT, 24, title, size=16)], 40
    for number, name in enumerate(names):
        at = LEFT + number * 112
        parts.append(_rectangle(at, y, 11, 11, colors[name]) + _text(at + 15, y + 10, name))
    top = y = y + 34
    for label, group in groups.items():
        parts.append(_text(LEFT - 10, y + len(group) * BAR / 2 + 4, label, anchor="end"))
        for name, value in group.items():
            length = max(2.0, x(value) - LEFT)
            parts.append(_rectangle(LEFT, y, length, BAR - 2, colors[name]))
            parts.append(_text(LEFT + length + 5, y + 11, f"{value:.3g}"))
            y += BAR
        y += GAP
    grid = [
        f'<path d="M{x(10**n):.1f} {top - 8}V{y - GAP}" stroke="#ddd"/>' for n in range(decades + 1)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" '
        f'font-family="sans-serif"><rect width="{WIDTH}" height="{y}" fill="white"/>\n'
        + "\n".join(grid + parts)
        + "\n</svg>\n"
    )


def _rectangle(x: float, y: float, width: float, height: float, color: str) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:.1f}" height="{height:g}" fill="{color}"/>'


def _text(x: float, y: float, text: str, size: int = 12, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )
