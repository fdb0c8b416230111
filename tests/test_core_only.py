"""examples/core_only.py: the core alone trains the network, to the last digit of the transcript."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tinygrad_rnn import replay

PROGRAM = replay.EXAMPLES / "core_only.py"
TRANSCRIPT = Path(replay.__file__).parent / "transcripts" / "hello_rnn.txt"


def imported(source):
    """The modules that a program imports, by their full names."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def allowed(module):
    return module in {"numpy", "tinygrad_rnn.random"} or module.startswith("tinygrad_rnn.core.")


def test_the_core_alone_prints_the_transcript_byte_for_byte():
    root = Path(replay.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, PROGRAM],
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONWARNINGS": "error"},
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""
    assert done.stdout.replace(b"\r\n", b"\n") == TRANSCRIPT.read_bytes()


def test_the_program_knows_nothing_but_the_core_and_the_random_numbers():
    modules = imported(PROGRAM.read_text(encoding="utf-8"))
    assert {module for module in modules if not allowed(module)} == set()
    assert "tinygrad_rnn.core.recurrent" in modules


@pytest.mark.parametrize(
    "source", ["import tinygrad_rnn", "from tinygrad_rnn import nn", "import tinygrad_rnn.tensor"]
)
def test_an_import_of_more_than_that_is_noticed(source):
    assert not all(map(allowed, imported(source)))


def test_the_program_has_fewer_than_sixty_lines():
    assert len(PROGRAM.read_text(encoding="utf-8").splitlines()) < 60
