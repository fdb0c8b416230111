"""How many threads the matrix products use.

The threads of a product have to wait for each other. When another program, or another library in
this one, keeps a processor busy, the one that is waited for costs a time slice: on four cores, two
of them busy, a product of 1 ms on four threads was measured to take 300. So a product uses as many
threads as are worth that risk: one if it is small, half of those that BLAS was given if it is
larger, which leaves room for others, and all if it is large.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache

import numpy as np

from .dtypes import Array

__all__ = ["get_num_threads", "set_num_threads"]

ONE_THREAD = 2**20
"""Products of fewer multiplications use one thread."""

HALF_THE_THREADS = 2**22
"""Products of fewer multiplications than this, but not of so few, use half of the threads."""

_NEVER_SHARED = 2**18
"""OpenBLAS itself leaves products below this to one thread, so there is nothing to set."""


@cache
def _openblas() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """How to get and to set the number of threads of the OpenBLAS that comes with NumPy."""
    import ctypes  # noqa: PLC0415 - not needed before the first larger product

    package = os.path.dirname(np.__file__)
    for folder in (os.path.join(package, "..", "numpy.libs"), os.path.join(package, ".dylibs")):
        for file in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            if "openblas" not in file:
                continue
            library = ctypes.CDLL(os.path.join(folder, file))
            for suffix in ("64_", ""):
                name = f"scipy_openblas_{{}}_num_threads{suffix}"
                if hasattr(library, name.format("set")):
                    return library[name.format("get")], library[name.format("set")]
    return None


def get_num_threads() -> int:
    """The largest number of threads that a matrix product uses; 1 if that cannot be told.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.get_num_threads() >= 1
        True
    """
    found = _openblas()
    return found[0]() if found else 1


def set_num_threads(num_threads: int) -> None:
    """Sets the largest number of threads that a matrix product uses, for all of NumPy.

    Args:
        num_threads: How many, at least 1.

    Raises:
        RuntimeError: If it is less than 1, or NumPy's BLAS is one that cannot be told.
        TypeError: If it is no int.
    """
    if isinstance(num_threads, bool) or not isinstance(num_threads, int):
        raise TypeError(f"set_num_threads: an int is wanted, got {num_threads!r}")
    if num_threads < 1:
        raise RuntimeError(f"set_num_threads: at least 1 thread is wanted, got {num_threads}")
    found = _openblas()
    if found is None:
        raise RuntimeError(
            "set_num_threads: this NumPy does not come with OpenBLAS; set the number in the "
            "environment, as with OMP_NUM_THREADS=1"
        )
    found[1](num_threads)


class _FewerThreads:
    """A `with` block in which products use one thread, or half; afterwards as many as before."""

    def __init__(self, one: bool) -> None:
        self._one = one

    def __enter__(self) -> None:
        self._before = get_num_threads()
        if self._before > 1:
            set_num_threads(1 if self._one else self._before // 2)

    def __exit__(self, *exception: object) -> None:
        if self._before > 1:
            set_num_threads(self._before)


def dot(a: Array, b: Array, out: Array | None = None) -> Array:
    """The product of matrices or vectors, on the threads that suit its size."""
    multiplications = a.size * b.size // (len(b) or 1)
    if multiplications < _NEVER_SHARED:  # a `with` would take as long as a small product
        return a.dot(b, out)
    with threads_for(multiplications):
        return a.dot(b, out)


_AS_IT_IS = nullcontext()


def threads_for(multiplications: int) -> AbstractContextManager[None]:
    """A `with` block in which products use the threads that suit their size.

    Args:
        multiplications: How many one product makes.
    """
    if _NEVER_SHARED <= multiplications < HALF_THE_THREADS:
        return _FewerThreads(multiplications < ONE_THREAD)
    return _AS_IT_IS
