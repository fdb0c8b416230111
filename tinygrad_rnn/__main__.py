"""The command line: `python -m tinygrad_rnn`, or `tinygrad-rnn`."""

from __future__ import annotations

import argparse
import io
import os
import platform
import sys
from pathlib import Path

import numpy as np

from . import __version__, replay


def info() -> None:
    """Prints the versions, and what NumPy computes with."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    variables = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_CORETYPE")
    rows = {
        "tinygrad_rnn": __version__,
        "NumPy": np.__version__,
        "Python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "BLAS": f"{blas['name']} {blas['version']}",
        **{name: os.environ[name] for name in variables if name in os.environ},
    }
    for name, value in rows.items():
        print(f"{name:22} {value}")


def main(arguments: list[str] | None = None) -> int:
    """Does what the command line says.

    Args:
        arguments: The words after the command's name; None for those it was started with.

    Returns:
        The exit code: 0 only if nothing is wrong. 141, as after SIGPIPE, if the output was closed
        early, as `| head -1` does.
    """
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes at exit
        return 141


def _run(arguments: list[str] | None) -> int:
    parser = argparse.ArgumentParser(
        prog="tinygrad-rnn",
        description="Recurrent networks with autograd, on NumPy alone, with PyTorch's names.",
    )
    commands = parser.add_subparsers(dest="command", title="commands")
    run = commands.add_parser(
        "replay",
        help="run the document's six programs and compare (what happens without a command)",
    )
    for each, default in ((parser, None), (run, argparse.SUPPRESS)):
        what = each.add_mutually_exclusive_group()
        what.add_argument(
            "--show",
            metavar="NAME",
            choices=replay.NAMES,
            default=default,
            help="print one run, marked where it differs",
        )
        what.add_argument(
            "--json", action="store_true", default=default, help="print the counts as JSON"
        )
    recover = commands.add_parser(
        "recover", help="find the seed of a PyTorch run from the numbers that it printed"
    )
    recover.add_argument("file", type=Path, help="what was drawn and printed, as TOML")
    recover.add_argument("--first", type=int, default=0, help="the first seed to try")
    recover.add_argument("--last", type=int, default=2**32 - 1, help="the last seed to try")
    recover.add_argument(
        "--processes", type=int, help="how many at a time; one per core if not given"
    )
    recover.add_argument("--keep", type=Path, help="where to note what is covered (FILE.progress)")
    recover.add_argument("--resume", action="store_true", help="go on where a search was stopped")
    commands.add_parser("info", help="print versions, BLAS and threads")
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # one program prints Chinese
    if options.command == "info":
        info()
        return 0
    if options.command == "recover":
        from .recover import command  # noqa: PLC0415 - processes and TOML cost an import

        return command.main(
            options.file,
            options.first,
            options.last + 1,
            options.processes,
            options.keep,
            options.resume,
        )
    return 0 if (replay.show(options.show) if options.show else replay.main(options.json)) else 1


if __name__ == "__main__":
    sys.exit(main())
