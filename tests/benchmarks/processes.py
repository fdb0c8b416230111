"""What only a process of its own can show: peak memory, import time, a whole program.

python tests/benchmarks/processes.py PyTorch 16,32,32,64,64   # bytes that training takes
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
HELLO = ROOT / "examples" / "hello_rnn.py"


def run(*arguments: str) -> str:
    """What Python prints with these arguments, for programs that may import this clone."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def seconds(*arguments: str) -> Callable[[], float]:
    """A function that runs Python with these arguments and returns how long that took."""

    def timed() -> float:
        start = time.perf_counter()
        run(*arguments)
        return time.perf_counter() - start

    return timed


@contextmanager
def hello_for_pytorch() -> Iterator[str]:
    """The path of the hello program with PyTorch in the place of ours."""
    text = HELLO.read_text(encoding="utf-8")
    twin = text.replace("import tinygrad_rnn as torch", "import torch")
    if twin == text:
        raise ValueError(f"{HELLO} does not import tinygrad_rnn as torch")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "hello.py")
        path.write_text(twin, encoding="utf-8")
        yield str(path)


def peak_memory(contestant: str, sizes: str) -> int | None:
    """The bytes that three steps of training take at most, or None where it cannot be told."""
    printed = run(__file__, contestant, sizes).strip()
    return int(printed) if printed else None


def _resident(line: str) -> int:
    """A line of this process's status, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(status.split(f"{line}:")[1].split()[0])


def _measure(name: str, sizes: str) -> int | None:
    """The same, of this process.

    The library is imported and has trained a tiny network before the memory is read, so that
    code which is loaded when it is first used does not count. Input, weights, their gradients,
    Adam's averages, everything that a step needs and, for a compiler, compiling do count.
    """
    from contestants import available
    from problems import TRAINING, Problem, Sizes

    (contestant,), _ = available([name])
    problems = [Problem("train", TRAINING[0]), Problem("train", Sizes(*map(int, sizes.split(","))))]
    before = 0
    for problem in problems:
        if not Path("/proc/self/clear_refs").exists():
            return None
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
        before = _resident("VmRSS")
        variant = next(iter(contestant.train(problem)), None)
        if variant is None:
            return None
        with variant.setting():
            for _ in range(3):
                variant.step()
    return _resident("VmHWM") - before


if __name__ == "__main__":
    sys.path.insert(1, str(ROOT))
    measured = _measure(*sys.argv[1:])
    print("" if measured is None else measured)
