"""Measures how many seeds a second one core tries.

python tests/benchmarks/seeds.py                 # all six descriptions of examples/recover/
python tests/benchmarks/seeds.py cell_batch1     # one of them
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))  # this clone, whichever is installed

from tinygrad_rnn.recover import Description, from_toml, search  # noqa: E402
from tinygrad_rnn.recover.description import SEEDS  # noqa: E402
from tinygrad_rnn.recover.search import CHUNK  # noqa: E402

RUNS = 5


def descriptions() -> dict[str, Description]:
    """What is searched for, by name."""
    folder = ROOT / "examples" / "recover"
    found = {path.stem: from_toml(path.read_text("utf-8")) for path in folder.glob("*.toml")}
    found |= {path.stem: runpy.run_path(str(path))["DESCRIPTION"] for path in folder.glob("*.py")}
    return dict(sorted(found.items()))


def main() -> None:
    """Prints a line for each description, the median of a few runs over a chunk of seeds."""
    print(f"{'':18}{'seeds a second and core':>24}{'all seeds, 4 cores':>22}")
    for name, description in descriptions().items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        starts = range(0, RUNS * CHUNK, CHUNK)
        seconds = median(
            search(description, first, first + CHUNK, processes=1).seconds for first in starts
        )
        print(
            f"{name:18}{CHUNK / seconds / 1e6:>16.2f} million{SEEDS / CHUNK * seconds / 4:>20.0f} s"
        )


if __name__ == "__main__":
    main()
