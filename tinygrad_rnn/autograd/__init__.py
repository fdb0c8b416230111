"""Automatic differentiation: recording, and going backward."""

from __future__ import annotations

from typing import NoReturn

from ..dtypes import left_out
from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled

__all__ = ["enable_grad", "is_grad_enabled", "no_grad", "set_grad_enabled"]


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(f"autograd has no {name!r}; {left_out('functions')}")
