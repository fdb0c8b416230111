"""Automatic differentiation: turning recording on and off."""

from __future__ import annotations

from ..dtypes import missing_names
from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled

__all__ = ["enable_grad", "is_grad_enabled", "no_grad", "set_grad_enabled"]

__getattr__ = missing_names("autograd", "functions")
