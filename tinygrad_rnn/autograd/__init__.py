"""Automatic differentiation: recording, and going backward."""

from __future__ import annotations

from .engine import enable_grad, is_grad_enabled, no_grad, set_grad_enabled

__all__ = ["enable_grad", "is_grad_enabled", "no_grad", "set_grad_enabled"]
