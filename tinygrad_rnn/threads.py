"""How many threads BLAS, and with it every larger matrix product of NumPy, uses."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache

import numpy as np

__all__ = ["get_num_threads", "set_num_threads"]


@cache
def _openblas() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """How to get and to set the number of threads of the OpenBLAS that comes with NumPy."""
    import ctypes  # noqa: PLC0415 - few programs ask

    package = os.path.dirname(np.__file__)
    for folder in (os.path.join(package, "..", "numpy.libs"), os.path.join(package, ".dylibs")):
        for file in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            if "openblas" not in file:
                continue
            # With PyDLL calls keep the interpreter's lock, so that threads set the number in turn.
            library = ctypes.PyDLL(os.path.join(folder, file))
            for suffix in ("64_", ""):
                name = f"scipy_openblas_{{}}_num_threads{suffix}"
                if hasattr(library, name.format("set")):
                    return library[name.format("get")], library[name.format("set")]
    return None


def get_num_threads() -> int:
    """The number of threads that BLAS may use for a product; 1 if NumPy's BLAS cannot be asked.

    A small product uses fewer.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.get_num_threads() >= 1
        True
    """
    found = _openblas()
    return found[0]() if found else 1


def set_num_threads(num_threads: int) -> None:
    """Sets the number of threads that BLAS may use for a product, for all of NumPy.

    Args:
        num_threads: How many, at least 1. OpenBLAS uses no more than it was built for, often 64.

    Raises:
        RuntimeError: If it is not from 1 to 2**31 - 1, or NumPy's BLAS cannot be set.
        TypeError: If it is not an int.
    """
    if isinstance(num_threads, bool) or not isinstance(num_threads, int | np.integer):
        raise TypeError(f"set_num_threads: expected an int, got {num_threads!r}")
    if not 1 <= num_threads < 2**31:
        raise RuntimeError(
            f"set_num_threads: expected a number from 1 to 2**31 - 1, got {num_threads}"
        )
    found = _openblas()
    if found is None:
        raise RuntimeError(
            "set_num_threads: this NumPy does not come with OpenBLAS; set the number in the "
            "environment, as with OMP_NUM_THREADS=1"
        )
    found[1](int(num_threads))
