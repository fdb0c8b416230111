"""Which seed gave these numbers? Finds the `manual_seed` of a run from what it printed.

PyTorch's generator on the CPU keeps 32 bits of its seed, so there are 2**32 runs of a program. A
description says what the program drew, in order, and what it printed of that; the search tries all
seeds and verifies those that fit.
"""

from .description import Computed, Description, DescriptionError, Drawn, from_toml
from .laws import Integers, Normal, Permutation, Uniform
from .search import Found, search

__all__ = [
    "Computed",
    "Description",
    "DescriptionError",
    "Drawn",
    "Found",
    "Integers",
    "Normal",
    "Permutation",
    "Uniform",
    "from_toml",
    "search",
]
