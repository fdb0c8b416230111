"""Trains examples/char_rnn.py under this framework and under PyTorch, by turns, and compares.

    python tests/benchmarks/char_rnn.py                     # hidden 128 and 512
    python tests/benchmarks/char_rnn.py --hidden 128 --epochs 20 --threads 1

Both run the same program, with one line of it replaced, on the same text, from the same seed, on
the same threads. Printed are the bits per character on the validation text at the end, and the
characters a second: the median over turns, with its quartiles. Above 1, this framework is faster.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from statistics import median, quantiles
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))  # this clone, whichever is installed

PROGRAM = ROOT / "examples" / "char_rnn.py"
IMPORT = "import tinygrad_rnn as torch\n"
FRAMEWORKS = {"tinygrad_rnn": IMPORT, "PyTorch": "import torch\n"}
PAUSE = 0.03
"""So many seconds lie before each turn: OpenBLAS's threads look out for work for that long, and
would take the cores from those of the other framework."""
TURN = 8
"""So many updates does each make before the other; the first of them is not timed."""


def program(line: str) -> ModuleType:
    """The example, with `line` for its import of the framework."""
    source = PROGRAM.read_text(encoding="utf-8")
    if source.count(IMPORT) != 1:
        raise ValueError(f"{PROGRAM} has no line {IMPORT!r}")
    module = ModuleType("char_rnn")
    exec(compile(source.replace(IMPORT, line), str(PROGRAM), "exec"), vars(module))
    return module


def compare(text: str, hidden: int, options: Any) -> dict[str, tuple[float, list[float]]]:
    """Bits per character, and the characters a second in each turn, by framework."""
    trainings = {}
    for name, line in FRAMEWORKS.items():
        module = program(line)
        module.torch.set_num_threads(options.threads)
        settings = {each: default for each, (_, default, _) in module.OPTIONS.items()}
        settings |= {"hidden": hidden, "dropout": options.dropout, "epochs": options.epochs}
        trainings[name] = module.Training(settings, text)
    speeds: dict[str, list[float]] = {name: [] for name in trainings}
    updates = trainings["PyTorch"].updates
    for first in range(0, updates, TURN):
        for name in sorted(trainings, reverse=bool(first // TURN % 2)):
            training = trainings[name]
            time.sleep(PAUSE)
            training.update()  # what has slept is not fast at once
            before, start = training.read, time.perf_counter()
            while training.done < min(first + TURN, updates):
                training.update()
            if training.read > before:
                speeds[name].append((training.read - before) / (time.perf_counter() - start))
    return {name: (training.validations[-1], speeds[name]) for name, training in trainings.items()}


def main() -> None:
    """Compares, and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--text", nargs="+", default=None, help="default: the framework's source")
    parser.add_argument("--hidden", nargs="+", type=int, default=[128, 512])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dropout", type=float, default=0.0)
    options = parser.parse_args()
    ours = program(IMPORT)
    text = ours.read_texts(options.text or ours.own_source())
    print(f"{len(text)} characters, {options.epochs} epochs, {options.threads} threads")
    for hidden in options.hidden:
        results = compare(text, hidden, options)
        for name, (bits, speeds) in results.items():
            q1, _, q3 = quantiles(speeds, n=4)
            print(
                f"hidden {hidden}: {name:12} {bits:.4f} bits per character, "
                f"{median(speeds):9,.0f} characters a second ({q1:,.0f} to {q3:,.0f})"
            )
        (our_bits, our_speeds), (their_bits, their_speeds) = results.values()
        by_turn = [a / b for a, b in zip(our_speeds, their_speeds, strict=True)]
        print(
            f"hidden {hidden}: {our_bits - their_bits:+.4f} bits per character, "
            f"{median(our_speeds) / median(their_speeds):.2f} times PyTorch's characters a second "
            f"(median of the turns' ratios {median(by_turn):.2f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
