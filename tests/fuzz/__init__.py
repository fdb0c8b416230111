"""Fuzzers: random programs run here and in PyTorch, long by argument and short in the tests."""
