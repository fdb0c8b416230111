"""Chapters' code, cut in cells, and what each cell prints.

A chapter's code is an ordinary Python file in which `# %% name` begins a cell. `run_cell` is the
one definition of a cell's output: the build, the tests and the reader's browser all call it. This
file needs nothing but Python's own library.

    python -m book.cells cells/hello.py      # every cell's output as JSON
"""

from __future__ import annotations

import ast
import io
import json
import re
import sys
import traceback
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TextIO

_MARK = re.compile(r"^# %% ([a-z0-9-]+)\n", re.MULTILINE)


def cut(source: str) -> dict[str, str]:
    """The cells of a chapter by name, in order.

    Args:
        source: The chapter's code, or the text of its outputs: both are cut at the same marks.

    Raises:
        ValueError: If two cells have one name, or something other than a docstring precedes them.
    """
    head, *rest = _MARK.split(source)
    if re.sub(r'^"""[^"]*"""', "", head.strip()):
        raise ValueError(f"before the first cell there is {head.strip()[:60]!r}")
    names, bodies = rest[::2], rest[1::2]
    if len(set(names)) != len(names):
        raise ValueError(f"a name is there twice among {names}")
    return {name: body.strip("\n") for name, body in zip(names, bodies, strict=True)}


def joined(cells: dict[str, str]) -> str:
    """The text that `cut` cuts into `cells`."""
    return "\n\n".join(f"# %% {name}\n{body}" for name, body in cells.items()) + "\n"


def run_cell(code: str, namespace: dict[str, Any], output: TextIO | None = None) -> str:
    """Runs a cell as a notebook does: what it prints, and its last expression if that is not None.

    An exception ends the cell, and its last line belongs to the output; warnings do, too.

    Args:
        code: The cell.
        namespace: Its global names, which it may add to.
        output: Where the output goes as it comes, if somebody watches.

    Returns:
        The output, without blank lines around it.
    """
    stream = io.StringIO() if output is None else output
    with redirect_stdout(stream), redirect_stderr(stream), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = _show_warning
        try:
            *statements, last = ast.parse(code, "<cell>").body or ast.parse("pass").body
            if not isinstance(last, ast.Expr):
                statements.append(last)
            exec(compile(ast.Module(statements, []), "<cell>", "exec"), namespace)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace)
                if value is not None:
                    print(repr(value))
        except (Exception, SystemExit) as error:
            print("".join(traceback.format_exception_only(error)).rstrip())
    return stream.getvalue().strip("\n") if isinstance(stream, io.StringIO) else ""


def _show_warning(
    message: Warning | str, category: type[Warning], *_: object, **_unused: object
) -> None:
    print(f"{category.__name__}: {message}")


def run_chapter(source: str) -> dict[str, str]:
    """Runs all cells of a chapter in order, in one namespace: the output of each."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    return {name: run_cell(code, namespace) for name, code in cut(source).items()}


if __name__ == "__main__":
    json.dump(run_chapter(Path(sys.argv[1]).read_text(encoding="utf-8")), sys.stdout)
