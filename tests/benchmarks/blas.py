"""How many threads NumPy's BLAS uses."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np


@cache
def _openblas() -> tuple[ctypes.CDLL, str] | None:
    """The OpenBLAS that comes with NumPy, and what its functions' names end in."""
    package = Path(np.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        for path in folder.glob("*openblas*"):
            library = ctypes.CDLL(str(path))
            for suffix in ("64_", ""):
                if hasattr(library, f"scipy_openblas_set_num_threads{suffix}"):
                    return library, suffix
    return None


def _call(name: str, *arguments: int) -> int:
    found = _openblas()
    if found is None:
        return 0
    library, suffix = found
    return int(library[f"scipy_openblas_{name}{suffix}"](*arguments))


def threads() -> int:
    """The number of threads in use, or 0 if it cannot be told."""
    return _call("get_num_threads")


@contextmanager
def limited(count: int) -> Iterator[None]:
    """Uses `count` threads inside of a `with` block, where that can be set."""
    before = threads()
    _call("set_num_threads", count)
    try:
        yield
    finally:
        _call("set_num_threads", before)


def kernel() -> str:
    """The processor that OpenBLAS takes this one for, which decides how fast its products are."""
    found = _openblas()
    if found is None:
        return "unknown"
    library, suffix = found
    corename = library[f"scipy_openblas_get_corename{suffix}"]
    corename.restype = ctypes.c_char_p
    return str(corename().decode())
