"""The chapters as they lie in `docs/cells/`: code, and the output that was looked at and committed.

python -m docs.book.chapters             # run all, tell where output and code disagree
python -m docs.book.chapters --update    # run all, write the output
"""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from .cells import cut, joined

DOCS = Path(__file__).parent.parent
CELLS = DOCS / "cells"
SECONDS = 120
"""A chapter that runs longer has gone wrong."""


class BookError(Exception):
    """The book does not fit together."""


def chapters() -> list[str]:
    """The names of all chapters that have code."""
    return sorted(path.stem for path in CELLS.glob("*.py"))


@cache
def code(chapter: str) -> dict[str, str]:
    """The cells of a chapter.

    Raises:
        BookError: If there is no such chapter, or its file is not made of cells.
    """
    path = CELLS / f"{chapter}.py"
    if not path.exists():
        raise BookError(f"there is no chapter {chapter!r}; there are {chapters()}")
    try:
        return cut(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BookError(f"{path}: {error}") from None


@cache
def printed(chapter: str) -> dict[str, str]:
    """What each cell prints, found by running the chapter in a process of its own.

    Raises:
        BookError: If the chapter does not come to its end.
    """
    settings = {
        "PYTHONPATH": os.pathsep.join([str(DOCS), str(DOCS.parent)]),
        "PYTHONHASHSEED": "0",
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": "80",
        "OPENBLAS_NUM_THREADS": "1",
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "book.cells", str(CELLS / f"{chapter}.py")],
            env={**os.environ, **settings},
            cwd=DOCS.parent,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BookError(f"chapter {chapter!r} runs longer than {SECONDS} s") from None
    if done.returncode:
        raise BookError(f"chapter {chapter!r} did not run:\n{done.stderr}")
    return dict(json.loads(done.stdout))


def committed(chapter: str) -> dict[str, str]:
    """The output of each cell as it was committed, {} if there is none yet."""
    path = CELLS / f"{chapter}.out"
    return cut(path.read_text(encoding="utf-8")) if path.exists() else {}


def checked(chapter: str) -> dict[str, str]:
    """What each cell prints, which is what was committed.

    Raises:
        BookError: If it is not; with the difference.
    """
    code(chapter)
    now, before = joined(printed(chapter)), joined(committed(chapter))
    if now != before:
        lines = difflib.unified_diff(before.splitlines(), now.splitlines(), "committed", "now", "")
        raise BookError(
            f"chapter {chapter!r} prints something else than was committed; if that is right, run "
            "python -m docs.book.chapters --update\n" + "\n".join(lines)
        )
    return printed(chapter)


def main() -> int:
    """Checks or updates every chapter; 1 if one is not as committed."""
    update, *names = ["--update" in sys.argv, *(each for each in sys.argv[1:] if each[0] != "-")]
    faults = 0
    for chapter in names or chapters():
        try:
            if update:
                (CELLS / f"{chapter}.out").write_text(joined(printed(chapter)), encoding="utf-8")
            print(f"{chapter:16} {len(checked(chapter)):3} cells")
        except BookError as error:
            print(error)
            faults += 1
    return min(faults, 1)


if __name__ == "__main__":
    raise SystemExit(main())
