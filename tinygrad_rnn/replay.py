"""Runs the example programs and compares what they print with the document's print-outs."""

from __future__ import annotations

import io
import json
import re
import runpy
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

_HERE = Path(__file__).parent
_NUMBER = re.compile(r"-?\d+\.\d*(?:e[-+]\d+)?")

# An installed package has the examples inside; in a checkout they are next to it.
EXAMPLES = next(
    folder for folder in (_HERE / "examples", _HERE.parent / "examples") if folder.exists()
)
NAMES = sorted(path.stem for path in (_HERE / "transcripts").glob("*.txt"))
KEYS = ("lines", "lines_equal", "figures", "equal", "off_by_one", "wrong", "text_differs")
END = "(no line)"


class Run(NamedTuple):
    """The output of one program and the document's.

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

    def counts(self) -> Counter[str]:
        """Counts how much agrees with the document.

        Returns:
            `lines` and `lines_equal`; `figures`, the document's numbers, and how many of them are
            `equal`, `off_by_one` in the last printed digit, or `wrong`; and `text_differs`, the
            lines that differ in anything but numbers.
        """
        counts = Counter(dict.fromkeys(KEYS, 0))
        counts["lines"] = len(self.document.splitlines())
        for ours, theirs in self.lines():
            counts["lines_equal"] += ours == theirs
            counts["text_differs"] += _words(ours) != _words(theirs)
            have, want = _NUMBER.findall(ours), _NUMBER.findall(theirs)
            counts["figures"] += len(want)
            counts["wrong"] += abs(len(want) - len(have))
            counts.update(map(_agreement, have, want))
        return counts


def _words(line: str) -> list[str]:
    return _NUMBER.sub("#", line).split()


def _agreement(ours: str, theirs: str) -> str:
    a, b = Decimal(ours), Decimal(theirs)
    if not a.same_quantum(b):  # printed to different digits
        return "wrong"
    units = (a - b).as_tuple().digits  # in the last printed digit
    return "equal" if units == (0,) else "off_by_one" if units == (1,) else "wrong"


def replay(names: list[str]) -> Iterator[Run]:
    """Runs programs, one after the other.

    Args:
        names: The programs.
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


def _is_right(counts: Counter[str]) -> bool:
    return not counts["wrong"] and not counts["text_differs"]


def show(name: str) -> bool:
    """Prints one program's output, marked and followed by the document's line where it differs.

    Returns:
        Whether nothing is wrong.
    """
    (run,) = replay([name])
    for ours, theirs in run.lines():
        print(f"  {ours}" if ours == theirs else f"! {ours}\n> {theirs}")
    counts = run.counts()
    print(f"\n{counts['lines_equal']} of {counts['lines']} lines are the document's")
    return _is_right(counts)


def main(as_json: bool) -> bool:
    """Replays all runs and prints a line for each, and a verdict.

    Args:
        as_json: Whether to print one JSON object instead.

    Returns:
        Whether nothing is wrong.
    """
    started = time.perf_counter()
    table = {run.name: run.counts() for run in replay(NAMES)}
    total = Counter({key: sum(each[key] for each in table.values()) for key in KEYS})
    if as_json:
        print(json.dumps({"runs": table, "all": total}, indent=2))
        return _is_right(total)
    print("The document's six training runs, replayed\n")
    row = "{:16} {:>9} {:>9} {:>9} {:>12} {:>7}"
    print(row.format("run", "lines", "figures", "equal", "off by one", "wrong"))
    for name, counts in {**table, "all": total}.items():
        lines, equal, *numbers = (counts[key] for key in KEYS[:-1])
        print(row.format(name, f"{equal}/{lines}", *numbers))
    verdict = "Every line is the document's own, to the last digit."
    if total["lines_equal"] < total["lines"]:
        verdict = "No figure is wrong; some differ in the last printed digit."
    if not _is_right(total):
        verdict = "This is NOT what the document shows; look with --show NAME."
    print(f"\n{verdict} ({time.perf_counter() - started:.1f} s)")
    return _is_right(total)
