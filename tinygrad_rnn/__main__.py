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
    """Prints the versions, the machine and NumPy's BLAS."""
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
    """Runs the command line.

    Args:
        arguments: The command-line arguments; None for those of the process.

    Returns:
        The exit code: 0 only if nothing is wrong; 141, as after SIGPIPE, if the output was closed
        early, as by `| head -1`.
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
    choice = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    what = choice.add_mutually_exclusive_group()
    what.add_argument(
        "--show",
        metavar="NAME",
        choices=replay.NAMES,
        help="print one run, marked where it differs",
    )
    what.add_argument("--json", action="store_true", help="print the counts as JSON")
    parser = argparse.ArgumentParser(
        prog="tinygrad-rnn",
        description="Recurrent networks with autograd, on NumPy alone, with PyTorch's names.",
        parents=[choice],
    )
    commands = parser.add_subparsers(dest="command", title="commands")
    commands.add_parser(
        "replay",
        help="run the document's six programs and compare (the default command)",
        parents=[choice],
    )
    recover = commands.add_parser(
        "recover", help="find the seed of a PyTorch run from the numbers that it printed"
    )
    recover.add_argument("file", type=Path, help="what was drawn and printed, as TOML")
    recover.add_argument("--first", type=int, default=0, help="the first seed to try")
    recover.add_argument("--last", type=int, default=2**32 - 1, help="the last seed to try")
    recover.add_argument("--processes", type=int, help="how many; one per core by default")
    recover.add_argument("--keep", type=Path, help="file for the covered seeds (FILE.progress)")
    recover.add_argument("--resume", action="store_true", help="continue a search that was stopped")
    commands.add_parser("info", help="print versions, BLAS and threads")
    options = parser.parse_args(arguments, argparse.Namespace(show=None, json=False))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # one program prints Chinese
    if options.command == "info":
        info()
        return 0
    if options.command == "recover":
        from .recover import command  # noqa: PLC0415 - processes and TOML take long to import

        return command.main(options)
    return 0 if (replay.show(options.show) if options.show else replay.main(options.json)) else 1


if __name__ == "__main__":
    sys.exit(main())
