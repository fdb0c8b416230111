"""Short runs of the fuzzers against PyTorch; `python tests/fuzz/NAME.py --count N` runs longer."""

import pytest

from .fuzz import indexing, inplace, layouts, losses, recurrent

FUZZERS = {
    "losses": (losses.FUZZER, 400),
    "indexing": (indexing.FUZZER, 600),
    "inplace": (inplace.FUZZER, 400),
    "recurrent": (recurrent.FUZZER, 200),
    "layouts": (layouts.FUZZER, 600),
}


@pytest.mark.live
@pytest.mark.parametrize("name", FUZZERS)
def test_random_programs_give_what_pytorch_gives(name):
    pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    fuzzer, count = FUZZERS[name]
    report = fuzzer.fuzz(count, seed=2026)
    assert not report.failed, str(report)
