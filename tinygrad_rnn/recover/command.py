"""`tinygrad-rnn recover`: the search on the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .description import SEEDS, Description, DescriptionError, from_toml
from .search import Found, Progress, search

_CERTAIN = 0.01
"""Fewer seeds than this fitting by accident: the one that is found is the one."""


def expectation(description: Description, seeds: int) -> str:
    """A sentence on how much the printed figures tell."""
    if description.computed and description.chance() == 1:
        return (
            "The figures are computed, so how many seeds fit by accident cannot be told beforehand."
        )
    by_accident = description.chance() * seeds
    if by_accident < _CERTAIN:
        return f"About {by_accident:.1g} other seeds fit by accident: what is found is the one."
    figures, more = by_accident, 0
    while figures >= _CERTAIN:
        figures, more = figures * 1e-4, more + 1
    return (
        f"About {by_accident:,.3g} other seeds fit by accident. To be sure, about {more} more "
        f"{'figure' if more == 1 else 'figures'} of 4 decimals are wanted."
    )


def run(
    description: Description,
    *,
    first: int = 0,
    last: int = SEEDS,
    processes: int | None = None,
    keep: Path | None = None,
    resume: bool = False,
) -> bool:
    """Searches, showing how far it is, and says what was found.

    Args:
        description: What was drawn and printed.
        first: The first seed.
        last: One more than the last.
        processes: How many work at a time; None for one per core.
        keep: The file that holds what is covered. It knows a description by what was drawn and
            printed: if you change a function of it, remove the file.
        resume: Whether to continue from that file.

    Returns:
        Whether a seed was found.

    Raises:
        SystemExit: With code 130, if the search is stopped with Ctrl-C.
    """
    print(f"{last - first:,} seeds, {processes or os.cpu_count()} processes.", end=" ")
    print(expectation(description, last - first), flush=True)
    progress = Progress(keep, description.identity(), resume)
    try:
        found = search(
            description, first, last, processes=processes, progress=progress, report=_report
        )
    except KeyboardInterrupt:
        print(
            "\nStopped." + (f" {keep} holds what is covered: go on with --resume" if keep else "")
        )
        sys.exit(130)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(_verdict(found))
    if keep and progress.covered == [(first, last)]:  # else it knows seeds of another window
        keep.unlink(missing_ok=True)
    return bool(found.seeds)


def _report(covered: int, every: int, seconds: float) -> None:
    if sys.stderr.isatty():
        left = seconds * (every - covered) / covered
        print(
            f"\r{covered / every:6.1%}  {covered / seconds / 1e6:6.1f} million seeds a second, "
            f"{left:5.0f} s left",
            end="",
            file=sys.stderr,
            flush=True,
        )


def _verdict(found: Found) -> str:
    tried = f"({found.covered:,} seeds in {found.seconds:.0f} s)"
    if not found.seeds:
        return (
            f"No seed fits {tried}. The run may have drawn on a GPU, or in another order, or "
            "something before what is described; a layer may have been made in another way; or a "
            "printed figure was changed."
        )
    if len(found.seeds) == 1:
        seed = found.seeds[0]
        first_line = f"torch.manual_seed({seed})"
        return f"The seed is {seed} {tried}. Before anything is drawn:\n\n    {first_line}"
    shown = ", ".join(map(str, found.seeds[:10])) + (", ..." if len(found.seeds) > 10 else "")
    return f"{len(found.seeds):,} seeds fit {tried}, so more figures are wanted: {shown}"


def main(
    file: Path, first: int, last: int, processes: int | None, keep: Path | None, resume: bool
) -> int:
    """What the command line does.

    Returns:
        The exit code: 0 if a seed was found, 1 if none was, 2 if the description or a file is bad.
    """
    try:
        description = from_toml(file.read_text(encoding="utf-8"))
        keep = keep or file.with_suffix(".progress")
        found = run(
            description, first=first, last=last, processes=processes, keep=keep, resume=resume
        )
    except BrokenPipeError:  # is an OSError, but nothing is wrong with a file
        raise
    except (DescriptionError, OSError, UnicodeDecodeError) as error:
        print(f"recover: {error}", file=sys.stderr)
        return 2
    return 0 if found else 1
