"""Runs the example programs and holds what they print against the document's own print-outs."""

from __future__ import annotations

import io
import json
import re
import runpy
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

_HERE = Path(__file__).parent
_FIGURE = re.compile(r"-?\d+\.\d*(?:e[-+]\d+)?")

# An installed package carries the examples inside; in a checkout they lie beside it.
EXAMPLES = next(
    folder for folder in (_HERE / "examples", _HERE.parent / "examples") if folder.exists()
)
NAMES = sorted(path.stem for path in (_HERE / "transcripts").glob("*.txt"))


END = "(no line)"


class Run(NamedTuple):
    """One program's output beside the document's.

    Attributes:
        name: The program.
        document: What the document shows.
        printed: What the program printed here.
    """

    name: str
    document: str
    printed: str

    def lines(self) -> Iterator[tuple[str, str]]:
        """The lines of both, side by side; `END` where one has ended before the other."""
        return zip_longest(self.printed.splitlines(), self.document.splitlines(), fillvalue=END)

    def counts(self) -> dict[str, int]:
        """How much is the document's own.

        Returns:
            `lines` and `lines_equal`; `figures` of the document, and how many of them are `equal`,
            `off_by_one` in the last printed digit, or `wrong`; and `text_differs`, the number of
            lines whose words, rather than figures, are others.
        """
        pairs = list(self.lines())
        total = {
            "lines": len(self.document.splitlines()),
            "lines_equal": sum(ours == theirs for ours, theirs in pairs),
            "figures": 0,
            "equal": 0,
            "off_by_one": 0,
            "wrong": 0,
            "text_differs": sum(_words(ours) != _words(theirs) for ours, theirs in pairs),
        }
        for ours, theirs in pairs:
            have, want = _FIGURE.findall(ours), _FIGURE.findall(theirs)
            total["figures"] += len(want)
            total["wrong"] += abs(len(want) - len(have))
            for a, b in zip(have, want, strict=False):
                distance = abs(_last_digits(a) - _last_digits(b)) if _scale(a) == _scale(b) else 2
                total[("equal", "off_by_one", "wrong")[min(distance, 2)]] += 1
        return total


def _words(line: str) -> list[str]:
    return _FIGURE.sub("#", line).split()


def _scale(figure: str) -> tuple[int, str]:
    """Where the last printed digit stands: decimals, and exponent."""
    mantissa, _, exponent = figure.partition("e")
    return len(mantissa.partition(".")[2]), exponent


def _last_digits(figure: str) -> int:
    """The figure in units of its last printed digit."""
    return int(figure.partition("e")[0].replace(".", ""))


def replay(names: list[str]) -> Iterator[Run]:
    """Runs programs, one after the other.

    Args:
        names: Which ones.
    """
    for name in names:
        output = io.StringIO()
        with redirect_stdout(output):
            try:
                runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
            except SystemExit as stop:
                raise RuntimeError(f"{name} stopped before its end") from stop
        document = (_HERE / "transcripts" / f"{name}.txt").read_text(encoding="utf-8")
        yield Run(name, document, output.getvalue())


def show(name: str) -> bool:
    """Prints one program's output, with a mark and the document's line where it differs.

    Returns:
        Whether nothing is wrong.
    """
    (run,) = replay([name])
    for ours, theirs in run.lines():
        print(f"  {ours}" if ours == theirs else f"! {ours}\n> {theirs}")
    counts = run.counts()
    print(f"\n{counts['lines_equal']} of {counts['lines']} lines are the document's")
    return _is_right(counts)


def _is_right(counts: dict[str, int]) -> bool:
    return not counts["wrong"] and not counts["text_differs"]


def main(as_json: bool) -> bool:
    """Replays all runs and prints a line for each, and a verdict.

    Args:
        as_json: Whether to print one JSON object instead.

    Returns:
        Whether nothing is wrong.
    """
    started = time.perf_counter()
    row = "{:16} {:>9} {:>9} {:>9} {:>12} {:>7}"
    if not as_json:
        print("The document's six training runs, replayed\n")
        print(row.format("run", "lines", "figures", "equal", "off by one", "wrong"))
    table = {}
    for run in replay(NAMES):
        table[run.name] = run.counts()
        if not as_json:
            print(_row(row, run.name, table[run.name]))
    total = {key: sum(counts[key] for counts in table.values()) for key in table[NAMES[0]]}
    if as_json:
        print(json.dumps({"runs": table, "all": total}, indent=2))
        return _is_right(total)
    print(_row(row, "all", total))
    exact = total["lines_equal"] == total["lines"]
    verdict = "Every line is the document's own, to the last digit."
    if not exact:
        verdict = "No figure is wrong; some differ in the last printed digit."
    if not _is_right(total):
        verdict = "This is NOT what the document shows; look with --show NAME."
    print(f"\n{verdict} ({time.perf_counter() - started:.1f} s)")
    return _is_right(total)


def _row(row: str, name: str, counts: dict[str, int]) -> str:
    return row.format(
        name,
        f"{counts['lines_equal']}/{counts['lines']}",
        counts["figures"],
        counts["equal"],
        counts["off_by_one"],
        counts["wrong"],
    )
