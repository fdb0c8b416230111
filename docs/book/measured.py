"""The fence that shows a recorded run of the benchmarks as a table.

```measured
training
```
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from . import draw
from .chapters import DOCS, BookError
from .fence import fence, validator

__all__ = ["table", "validator"]

RECORDED = DOCS / "assets" / "benchmarks.json"
OURS, YARDSTICK = "tinygrad_rnn", "hand-written NumPy"
UNITS = {"s": [(1e-6, "µs"), (1e-3, "ms"), (1.0, "s")], "bytes": [(1e3, "kB"), (1e6, "MB")]}


@fence
def table(source: str) -> str:
    """The HTML of one group of measurements, or of the machine they were made on.

    Raises:
        BookError: If nothing of that name was recorded.
    """
    run = json.loads(RECORDED.read_text(encoding="utf-8"))
    if source.startswith("chart "):
        return f"<figure>{_chart(run, source.removeprefix('chart '))}</figure>"
    if source == "machine":
        return _rows([], [[name, _plain(value)] for name, value in run["machine"].items()])
    cells = [cell for cell in run["cells"] if cell["group"] == source]
    if not cells:
        groups = sorted({cell["group"] for cell in run["cells"]})
        raise BookError(f"no measurement {source!r} was recorded; there are {groups}")
    names = list(dict.fromkeys(name for cell in cells for name in cell["results"]))
    return _rows(
        ["", *names],
        [
            [cell["case"].replace(",", ", "), *(_measured(cell, name) for name in names)]
            for cell in cells
        ],
    )


def _chart(run: dict[str, Any], group: str) -> draw.Picture:
    """The times of a group in multiples of hand-written NumPy's."""
    groups = {}
    for cell in run["cells"]:
        if cell["group"] == group:
            medians = {name: each["median"] for name, each in cell["results"].items()}
            unit = medians.pop(YARDSTICK)
            case = cell["case"].replace(",", ", ")
            groups[case] = {name: median / unit for name, median in medians.items()}
    return draw.bars(groups, title=f"{group}, compared", x=f"times as long as {YARDSTICK}")


def _measured(cell: dict[str, Any], name: str) -> str:
    """A figure with its unit, and how many times ours it is."""
    if name not in cell["results"]:
        return "–"
    median, ours = cell["results"][name]["median"], cell["results"][OURS]["median"]
    scale, unit = next(
        (each for each in UNITS[cell["unit"]] if median < 1000 * each[0]), UNITS[cell["unit"]][-1]
    )
    figure = f"{median / scale:.3g} {unit}"
    return figure if name == OURS else f"{figure} ({median / ours:.2g} ×)"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return f"{value:.2g}" if isinstance(value, float) else str(value)


def _rows(head: list[str], body: list[list[str]]) -> str:
    titles = "".join(f'<th scope="col">{escape(each)}</th>' for each in head)
    rows = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(each)}</td>" for each in rest)
        + "</tr>"
        for first, *rest in body
    )
    top = f"<thead><tr>{titles}</tr></thead>" if head else ""
    return f'<div class="measured"><table>{top}<tbody>{rows}</tbody></table></div>'
