"""`tinygrad-rnn recover`: the search on the command line."""

from __future__ import annotations

import math
import os
import sys
from argparse import Namespace
from pathlib import Path

from .description import SEEDS, Description, DescriptionError, from_toml
from .search import Found, Progress, search

_CERTAIN = 0.01
"""If fewer wrong seeds than this are expected to fit by chance, the one found is the right one."""


def expectation(description: Description, seeds: int) -> str:
    """A sentence on how many wrong seeds fit the printed numbers by chance."""
    if description.computed and description.chance() == 1:
        return "The figures are computed, so it is unknown how many seeds fit by accident."
    by_chance = description.chance() * seeds
    if by_chance < _CERTAIN:
        return f"About {by_chance:.1g} other seeds fit by accident: what is found is the one."
    more = math.floor(math.log(by_chance / _CERTAIN, 1e4)) + 1  # four decimals: one seed in 1e4
    return (
        f"About {by_chance:,.3g} other seeds fit by accident. To be sure, give about {more} more "
        f"{'figure' if more == 1 else 'figures'} of 4 decimals."
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
    """Searches, shows the progress, and prints what was found.

    Args:
        description: What was drawn and printed.
        first: The first seed.
        last: One more than the last.
        processes: The number of processes; None for one per core.
        keep: The file that records the covered seeds. It identifies a description by what was drawn
            and printed: if you change a function of it, remove the file.
        resume: Whether to continue from that file.

    Returns:
        Whether a seed was found.

    Raises:
        SystemExit: With code 130, if the search is stopped with Ctrl-C.
    """
    print(f"{last - first:,} seeds, {processes or os.cpu_count()} processes.", end=" ")
    print(expectation(description, last - first), flush=True)
    progress = Progress(keep, description.identity(), resume)
    report = _report if sys.stderr.isatty() else None
    try:
        found = search(
            description, first, last, processes=processes, progress=progress, report=report
        )
    except KeyboardInterrupt:
        how = f" {keep} holds what is covered: go on with --resume" if keep else ""
        print(f"\nStopped.{how}")
        sys.exit(130)
    print(_verdict(found))
    if keep and progress.covered == [(first, last)]:  # else it has seeds of another window
        keep.unlink(missing_ok=True)
    return bool(found.seeds)


def _report(covered: int, every: int, seconds: float) -> None:
    left = seconds * (every - covered) / covered
    print(
        f"\r{covered / every:6.1%}  {covered / seconds / 1e6:6.1f} million seeds a second, "
        f"{left:5.0f} s left",
        end="" if covered < every else "\n",
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
    shown = ", ".join(map(str, found.seeds[:10])) + (", ..." if len(found.seeds) > 10 else "")
    if len(found.seeds) > 1:
        return f"{len(found.seeds):,} seeds fit {tried}, so more figures are needed: {shown}"
    return (
        f"The seed is {shown} {tried}. Before anything is drawn:\n\n    torch.manual_seed({shown})"
    )


def main(options: Namespace) -> int:
    """Runs the command with the options that `tinygrad_rnn.__main__` defines.

    Returns:
        The exit code: 0 if a seed was found, 1 if none was, 2 if the description or a file is bad.
    """
    try:
        found = run(
            from_toml(options.file.read_text(encoding="utf-8")),
            first=options.first,
            last=options.last + 1,
            processes=options.processes,
            keep=options.keep or options.file.with_suffix(".progress"),
            resume=options.resume,
        )
    except BrokenPipeError:  # an OSError, but not about the file
        raise
    except (DescriptionError, OSError, UnicodeDecodeError) as error:
        print(f"recover: {error}", file=sys.stderr)
        return 2
    return 0 if found else 1
