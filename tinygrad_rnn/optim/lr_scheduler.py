"""Learning rates that change with the epochs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from ..dtypes import left_out
from ..functions.arguments import number_argument, positive_int
from .optimizer import Optimizer


class LRScheduler:
    """The base of the schedules. A subclass says by what factor the rate changes in an epoch.

    Args:
        optimizer: Whose rates to change.

    Attributes:
        last_epoch: How often `step` was called.

    Raises:
        TypeError: If `optimizer` is none.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"{type(self).__name__}: an Optimizer is wanted, got {type(optimizer).__name__}"
            )
        self.optimizer = optimizer
        self.last_epoch = 0
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])

    def _factor(self) -> float:
        """By what the rate is multiplied in epoch `last_epoch`."""
        raise NotImplementedError

    def step(self) -> None:
        """Ends an epoch; call it after the optimizer's `step`."""
        self.last_epoch += 1
        for group in self.optimizer.param_groups:
            group["lr"] *= self._factor()

    def get_last_lr(self) -> list[float]:
        """The rate of every parameter group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """The settings and the epoch, to be loaded later."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes over what `state_dict` returned."""
        self.__dict__.update(state_dict)


class StepLR(LRScheduler):
    """Multiplies the rate by `gamma` every `step_size` epochs.

    Args:
        optimizer: Whose rates to change.
        step_size: How many epochs a rate lasts.
        gamma: The factor.

    Raises:
        ValueError: If `step_size` is less than 1.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> w = torch.zeros(1, requires_grad=True)
        >>> scheduler = torch.optim.lr_scheduler.StepLR(torch.optim.SGD([w], lr=1.0), 2)
        >>> for _ in range(4):
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [0.010000000000000002]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimizer)
        self.step_size = positive_int("StepLR", "step_size", step_size)
        self.gamma = number_argument("StepLR", "gamma", gamma)

    def _factor(self) -> float:
        return self.gamma if self.last_epoch % self.step_size == 0 else 1.0


class ExponentialLR(LRScheduler):
    """Multiplies the rate by `gamma` every epoch.

    Args:
        optimizer: Whose rates to change.
        gamma: The factor.
    """

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        super().__init__(optimizer)
        self.gamma = number_argument("ExponentialLR", "gamma", gamma)

    def _factor(self) -> float:
        return self.gamma


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(f"optim.lr_scheduler has no {name!r}; {left_out('schedules')}")
