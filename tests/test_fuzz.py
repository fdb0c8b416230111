"""Short runs of the fuzzers against PyTorch; `python tests/fuzz/NAME.py --count N` runs longer."""

import pytest

from .fuzz import indexing, inplace, losses, recurrent

FUZZERS = {
    "losses": (losses.FUZZER, 300),
    "indexing": (indexing.FUZZER, 500),
    "inplace": (inplace.FUZZER, 300),
    "recurrent": (recurrent.FUZZER, 150),
}


@pytest.mark.live
@pytest.mark.parametrize("name", FUZZERS)
def test_random_programs_give_what_pytorch_gives(name):
    pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    fuzzer, count = FUZZERS[name]
    report = fuzzer.fuzz(count, seed=2026)
    assert not report.failed, str(report)
