"""The fuzzers need PyTorch and hold no tests; `tests/test_fuzz.py` imports and runs them."""

collect_ignore_glob = ["*.py"]
