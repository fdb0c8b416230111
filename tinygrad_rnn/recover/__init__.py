"""Finds the `manual_seed` of a run from what it printed.

PyTorch's CPU generator keeps 32 bits of its seed, so there are 2**32 runs of a program. A
description says what the program drew, in order, and which of these numbers it printed; the search
tries all seeds and returns those that reproduce them.
"""

from .description import Computed, Description, DescriptionError, Drawn, from_toml
from .distributions import Integers, Normal, Permutation, Uniform
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
