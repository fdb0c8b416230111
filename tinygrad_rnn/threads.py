"""The number of threads that BLAS uses for NumPy's larger matrix products."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

__all__ = ["get_num_threads", "set_num_threads"]


@cache
def _openblas() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """The functions that get and set the number of threads of NumPy's OpenBLAS."""
    import ctypes  # noqa: PLC0415 - few programs need it

    package = Path(np.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        for file in folder.glob("*openblas*"):
            # PyDLL calls a function with the interpreter locked, so threads set the number in turn.
            library = ctypes.PyDLL(str(file))
            for suffix in ("64_", ""):
                name = f"scipy_openblas_{{}}_num_threads{suffix}"
                if hasattr(library, name.format("set")):
                    return library[name.format("get")], library[name.format("set")]
    return None


def get_num_threads() -> int:
    """The number of threads that BLAS may use for a product; 1 if it is unknown.

    It is unknown if NumPy does not use OpenBLAS. A small product uses fewer threads.

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
        num_threads: The number, at least 1. OpenBLAS has a maximum, often 64.

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
