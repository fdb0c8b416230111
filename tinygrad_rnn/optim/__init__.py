"""Optimizers and learning-rate schedules (PyTorch: `torch.optim`)."""

from __future__ import annotations

from typing import NoReturn

from ..dtypes import left_out
from . import lr_scheduler
from .adam import Adam, AdamW
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "lr_scheduler"]


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(f"optim has no {name!r}; {left_out('optimizers')}")
