"""Settings of NumPy and of the C library. They change no result; skip this file at first."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, copy_context
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")

# glibc keeps freed memory up to twice the largest block it has seen freed (below 32 MB). Without
# this block, every step would return its memory to the system and fetch it again, page by page.
np.empty(2**25 - 2**16, np.uint8)


def _error_state() -> tuple[ContextVar[Any], Any]:
    """The context variable in which NumPy keeps what happens on overflow, and "ignore" there."""
    with np.errstate(all="ignore"):
        return next(each for each in copy_context().items() if each[0].name == "numpy.ufunc.extobj")


_STATE, _IGNORE = _error_state()


def quiet(function: Callable[P, R]) -> Callable[P, R]:
    """Decorates what may give inf and nan: those are results, not accidents.

    The same as `np.errstate(all="ignore")`, in a third of the time.
    """

    @wraps(function)
    def in_silence(*args: P.args, **kwargs: P.kwargs) -> R:
        token = _STATE.set(_IGNORE)
        try:
            return function(*args, **kwargs)
        finally:
            _STATE.reset(token)

    return in_silence
