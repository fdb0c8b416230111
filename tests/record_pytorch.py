"""Writes what PyTorch gives for the programs of `programs.py` into `recorded/`.

    python tests/record_pytorch.py           # records anew
    python tests/record_pytorch.py --check   # says what has changed, and writes nothing

The recordings are those of PyTorch 2.13 for the CPU, on a processor that is not Intel's. That
matters for `bernoulli_`, dropout and `multinomial`: on Intel's processors PyTorch draws those from
Intel's MKL, and the same seed gives other numbers there. tinygrad_rnn follows PyTorch's own code.
"""

import argparse
import json
import sys
import warnings
from pathlib import Path


def main() -> int:
    """Records, or checks the recordings."""
    sys.path.insert(0, str(Path(__file__).parent.parent))
    import torch

    from tests import programs, recordings

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = parser.parse_args().check
    warnings.simplefilter("ignore")  # of what PyTorch deprecates, and still does
    torch.set_num_threads(1)
    changed = 0
    for group, members in programs.GROUPS.items():
        results = {name: recordings.result(each, torch) for name, each in members.items()}
        if not check:
            recordings.write(group, results)
            continue
        fresh = json.loads(json.dumps(results))
        expected = recordings.recorded(group)
        for line in recordings.differences(fresh, expected, recordings.EXACT, group):
            changed += 1
            print(line)
    return int(changed > 0)


if __name__ == "__main__":
    sys.exit(main())
