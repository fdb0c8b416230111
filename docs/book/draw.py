"""The book's pictures: curves, heat maps, boxes with arrows, and the graph of a tensor.

Each function returns a picture that is its own SVG text, on one line; a cell that ends with one
shows it. Colours come from the page (`book.css`: `.line-0`, `.box` and so on), so that a picture is
right in light and in dark.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from tinygrad_rnn.graph import Graph

WIDTH = 640
_LEFT, _RIGHT, _BOTTOM = 56, 16, 40

Point = tuple[float, float]


class Picture(str):
    """SVG text, which is also what `print` and a cell's last line show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _picture(title: str, width: float, height: float, parts: Iterable[str]) -> Picture:
    return Picture(
        f'<svg class="drawn" viewBox="0 0 {width:g} {height:g}" style="max-width:{width:g}px" '
        f'role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def _text(x: float, y: float, text: object, kind: str = "", anchor: str = "middle") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
        f"{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}>{escape(str(text))}</text>"
    )


def _polyline(points: Iterable[Point], kind: str) -> str:
    return f'<polyline class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'


def _ticks(low: float, high: float) -> list[float]:
    """Four to nine round numbers from `low` to `high`."""
    rough = (high - low) / 5 or 1.0
    unit = 10.0 ** math.floor(math.log10(rough))
    step = unit * next(each for each in (1, 2, 5, 10) if each * unit >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


class _Plane:
    """Axes, and where a point of the data lies between them."""

    def __init__(
        self,
        points: Sequence[Point],
        x: str,
        y: str,
        height: float,
        top: float = 14,
        log: bool = False,
    ) -> None:
        self.names, self.height, self.top, self.log = (x, y), height, top, log
        across, up = [p[0] for p in points], [self._scaled(p[1]) for p in points]
        self.x_ends = (min(across), max(across))
        margin = 0.05 * (max(up) - min(up) or 1.0)
        self.y_ends = (min(up) - margin, max(up) + margin)

    def _scaled(self, y: float) -> float:
        return math.log10(y) if self.log else y

    def at(self, x: float, y: float) -> Point:
        (x0, x1), (y0, y1) = self.x_ends, self.y_ends
        across = (x - x0) / ((x1 - x0) or 1.0)
        up = (self._scaled(y) - y0) / (y1 - y0)
        return (
            _LEFT + across * (WIDTH - _LEFT - _RIGHT),
            self.top + (1 - up) * (self.height - self.top - _BOTTOM),
        )

    def axes(self) -> Iterable[str]:
        bottom, right = self.height - _BOTTOM, WIDTH - _RIGHT
        heights = [
            (10.0**each if self.log else each)
            for each in _ticks(*self.y_ends)
            if not self.log or each == round(each)
        ]
        for height in heights:
            _, y = self.at(self.x_ends[0], height)
            yield _polyline([(_LEFT, y), (right, y)], "grid")
            yield _text(_LEFT - 6, y + 4, f"{height:g}", anchor="end")
        for place in _ticks(*self.x_ends):
            x, _ = self.at(place, 10.0 ** self.y_ends[0] if self.log else self.y_ends[0])
            yield _text(x, bottom + 16, f"{place:g}")
        yield _polyline([(_LEFT, self.top), (_LEFT, bottom), (right, bottom)], "axis")
        yield _text((_LEFT + right) / 2, self.height - 6, self.names[0], "name")
        yield (
            f'<text class="name" text-anchor="middle" transform="translate(14 '
            f'{(self.top + bottom) / 2:.1f}) rotate(-90)">{escape(self.names[1])}</text>'
        )


def lines(
    series: Mapping[str, Sequence[float]],
    *,
    title: str,
    x: str,
    y: str,
    start: float = 0,
    log: bool = False,
    levels: Mapping[str, float] | None = None,
) -> Picture:
    """Curves over a common axis of whole numbers.

    Args:
        series: The values of each curve, by its name.
        title: What is seen, for those who do not see it.
        x: What runs to the right.
        y: What runs up.
        start: The first number on the axis to the right.
        log: Whether the axis that runs up is logarithmic.
        levels: Heights to be marked, by name.
    """
    levels = levels or {}
    curves = {
        name: [(start + i, float(value)) for i, value in enumerate(values)]
        for name, values in series.items()
    }
    points = [point for curve in curves.values() for point in curve]
    marked = [(points[0][0], height) for height in levels.values()]
    top = 34 if len(curves) > 1 else 14  # room for the names
    plane = _Plane([*points, *marked], x, y, 286 + top, top, log)
    parts = [*plane.axes()]
    for name, height in levels.items():
        (x0, y0), (x1, _) = (plane.at(end, height) for end in plane.x_ends)
        parts += [_polyline([(x0, y0), (x1, y0)], "level"), _text(x1, y0 - 5, name, anchor="end")]
    for i, curve in enumerate(curves.values()):
        parts.append(_polyline([plane.at(*point) for point in curve], f"line line-{i}"))
    across = float(_LEFT)
    for i, name in enumerate(curves if len(curves) > 1 else ()):
        parts.append(_polyline([(across, 12), (across + 22, 12)], f"line line-{i}"))
        parts.append(_text(across + 28, 16, name, anchor="start"))
        across += 50 + 7.2 * len(name)
    return _picture(title, WIDTH, plane.height, parts)


def paths(
    tracks: Mapping[str, Sequence[Point]], *, title: str, x: str = "", y: str = ""
) -> Picture:
    """Points that move in a plane: a track for each, its name at the end.

    Args:
        tracks: Where each was, one place after the other, by its name.
        title: What is seen, for those who do not see it.
        x: What runs to the right.
        y: What runs up.
    """
    points = [(float(a), float(b)) for track in tracks.values() for a, b in track]
    plane = _Plane(points, x, y, 400)
    parts = [*plane.axes()]
    for i, (name, track) in enumerate(tracks.items()):
        places = [plane.at(float(a), float(b)) for a, b in track]
        end_x, end_y = places[-1]
        parts.append(_polyline(places, f"line line-{i}"))
        parts.append(f'<circle class="dot dot-{i}" cx="{end_x:.1f}" cy="{end_y:.1f}" r="5"/>')
        parts.append(_text(end_x + 9, end_y - 7, name, "name", "start"))
    return _picture(title, WIDTH, plane.height, parts)


def heatmap(
    values: Sequence[Sequence[float]],
    *,
    title: str,
    rows: Sequence[object] = (),
    columns: Sequence[object] = (),
    digits: int = 2,
) -> Picture:
    """A matrix as coloured cells with their numbers: one colour below 0, another above.

    Args:
        values: The matrix, row by row.
        title: What is seen, for those who do not see it.
        rows: A label for each row.
        columns: A label for each column.
        digits: How many decimals are shown.
    """
    matrix = [[float(value) for value in row] for row in values]
    largest = max((abs(value) for row in matrix for value in row), default=0) or 1.0
    left, top, wide, high = (70 if rows else 4), (22 if columns else 4), 62, 30
    parts = [
        _text(left + wide * (i + 0.5), top - 8, label, "name") for i, label in enumerate(columns)
    ]
    for r, row in enumerate(matrix):
        y = top + high * r
        if rows:
            parts.append(_text(left - 8, y + 20, rows[r], "name", "end"))
        for c, value in enumerate(row):
            x, strength = left + wide * c, abs(value) / largest
            sign = "below" if value < 0 else "above"
            parts.append(
                f'<rect class="{sign}" x="{x}" y="{y}" width="{wide}" height="{high}" '
                f'fill-opacity="{0.6 * strength:.2f}"/>'
            )
            parts.append(_text(x + wide / 2, y + 20, f"{value:.{digits}f}"))
    return _picture(title, left + wide * len(matrix[0]) + 4, top + high * len(matrix) + 4, parts)


def bars(groups: Mapping[str, Mapping[str, float]], *, title: str, x: str) -> Picture:
    """Bars on a logarithmic axis, a group below the other.

    Args:
        groups: For each group the lengths of its bars, by name; all above 0.
        title: What is seen, for those who do not see it.
        x: What runs to the right.
    """
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    values = [value for group in groups.values() for value in group.values()]
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    left, top, bar = 165, 30, 13

    def at(value: float) -> float:
        return left + (math.log10(value) - first) / (last - first) * (WIDTH - left - 60)

    parts, y = [], float(top)
    for label, group in groups.items():
        parts.append(_text(left - 10, y + bar * len(group) / 2 + 4, label, anchor="end"))
        for name, value in group.items():
            parts.append(
                f'<rect class="bar-{names.index(name)}" x="{left}" y="{y:.1f}" '
                f'width="{at(value) - left:.1f}" height="{bar - 2}"/>'
            )
            parts.append(_text(at(value) + 5, y + 10, f"{value:.3g}", "small", "start"))
            y += bar
        y += 10
    powers = [10.0**i for i in range(first, last + 1)]
    grid = [_polyline([(at(each), top - 6), (at(each), y)], "grid") for each in powers]
    ticks = [_text(at(each), y + 14, f"{each:g}") for each in powers]
    legend, across = [], 4.0
    for i, name in enumerate(names):
        legend.append(f'<rect class="bar-{i}" x="{across:.1f}" y="5" width="11" height="11"/>')
        legend.append(_text(across + 16, 15, name, anchor="start"))
        across += 34 + 7 * len(name)
    ends = [_text((left + WIDTH) / 2, y + 32, x, "name")]
    return _picture(title, WIDTH, y + 40, [*grid, *parts, *ticks, *legend, *ends])


def network(
    boxes: Mapping[str, Point], arrows: Iterable[tuple[str, ...]], *, title: str
) -> Picture:
    """Boxes and arrows: how things hang together.

    Args:
        boxes: Where each box stands, as (column, row), by its name. What follows `|` in a name
            is not shown, so that two boxes may look alike; a name that begins with `(` gets a
            round box.
        arrows: Pairs of names, with a label as a third if wanted.
        title: What is seen, for those who do not see it.
    """
    shown = {name: name.split("|")[0] for name in boxes}
    wide = max(54, 14 + 8.4 * max(map(len, shown.values())))
    step_x, step_y, high = wide + 46, 76, 34
    left = min(column for column, _ in boxes.values())
    top = min(row for _, row in boxes.values())
    centre = {
        name: (8 + wide / 2 + (column - left) * step_x, 8 + high / 2 + (row - top) * step_y)
        for name, (column, row) in boxes.items()
    }
    parts: list[str] = []
    for source, target, *label in arrows:
        (x0, y0), (x1, y1) = centre[source], centre[target]
        dx, dy = x1 - x0, y1 - y0
        # From edge to edge: the shorter of the ways out to a side, and out to top or bottom.
        out = min(wide / 2 / abs(dx) if dx else math.inf, high / 2 / abs(dy) if dy else math.inf)
        x0, y0, x1, y1 = x0 + dx * out, y0 + dy * out, x1 - dx * out, y1 - dy * out
        along_x, along_y = (each / math.hypot(dx, dy) for each in (dx, dy))
        base_x, base_y = x1 - 8 * along_x, y1 - 8 * along_y
        head = [
            (x1, y1),
            (base_x - 4 * along_y, base_y + 4 * along_x),
            (base_x + 4 * along_y, base_y - 4 * along_x),
        ]
        parts.append(_polyline([(x0, y0), (base_x, base_y)], "arrow"))
        parts.append(f'<path class="head" d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in head)}z"/>')
        if label:
            parts.append(_text((x0 + x1) / 2 + 6, (y0 + y1) / 2 - 5, label[0], anchor="start"))
    for name, (x, y) in centre.items():
        kind, radius = ("box round", high / 2) if name.startswith("(") else ("box", 4)
        parts.append(
            f'<rect class="{kind}" x="{x - wide / 2:.1f}" y="{y - high / 2:.1f}" '
            f'width="{wide:.1f}" height="{high}" rx="{radius}"/>'
        )
        parts.append(_text(x, y + 5, shown[name].strip("()"), "name"))
    width = 16 + max(x for x, _ in centre.values()) - 8 + wide / 2
    height = 16 + max(y for _, y in centre.values()) - 8 + high / 2
    return _picture(title, width, height, parts)


def graph(tensor: Any, *, title: str, params: Mapping[str, Any] | None = None) -> Picture:
    """The operations that a tensor was computed by, as the framework recorded them.

    Args:
        tensor: A tensor with a `grad_fn`.
        title: What is seen, for those who do not see it.
        params: Leaves by name.
    """
    recorded = Graph(tensor, params)
    shown: dict[str, str] = {}
    boxes: dict[str, Point] = {}
    filled: dict[int, int] = {}  # how many operations stand in a column
    leaves = [box for box in recorded.boxes if box.is_leaf]
    for box in reversed(recorded.boxes):  # the latest on top: so the way through time is straight
        if not box.is_leaf:
            shown[box.name] = f"({box.label})|{box.name}"
            boxes[shown[box.name]] = (box.column, filled.get(box.column, 0))
            filled[box.column] = filled.get(box.column, 0) + 1
    last = max(filled)
    below, gap = max(filled.values()) + 0.4, max(1.0, (last - 1) / len(leaves))
    for i, leaf in enumerate(leaves):  # below all operations, side by side
        shown[leaf.name] = f"{leaf.label}|{leaf.name}"
        boxes[shown[leaf.name]] = ((last + 1) / 2 + gap * (i - (len(leaves) - 1) / 2), below)
    arrows = [(shown[start.name], shown[end.name]) for start, end in recorded.arrows]
    return network(boxes, arrows, title=title)
