"""Learning rates that change from epoch to epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from ..dtypes import left_out
from ..functions.arguments import number_argument, positive_int
from .optimizer import Optimizer


class LRScheduler:
    """The base of all schedules. A subclass computes the rates of the next epoch in `get_lr`.

    Args:
        optimizer: The optimizer whose rates change.
        last_epoch: The last finished epoch when a schedule is continued, or -1 to start one.

    Attributes:
        base_lrs: The initial rate of every parameter group.
        last_epoch: The number of the epoch, from 0; `step` increments it.

    Raises:
        TypeError: If `optimizer` is not an Optimizer.
        KeyError: If `last_epoch` is not -1 and a parameter group has no `initial_lr`.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        name = type(self).__name__
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{name}: expected an Optimizer, got {type(optimizer).__name__}")
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{name}: last_epoch={last_epoch} continues a schedule, but parameter group "
                    f"{number} has no 'initial_lr'; load the optimizer's state_dict first"
                )
        self.optimizer = optimizer
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._step_count = 0
        self._is_initial = True  # this and the next are part of PyTorch's state dicts
        self._get_lr_called_within_step = False
        self.step()
        self._is_initial = False

    def get_lr(self) -> list[float]:
        """The rate of every parameter group in epoch `last_epoch`, from the rates before it."""
        raise NotImplementedError

    def step(self) -> None:
        """Ends an epoch; call it after the optimizer's `step`."""
        self.last_epoch += 1
        self._step_count += 1
        for group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
            group["lr"] = lr
        self._last_lr: list[float] = [group["lr"] for group in self.optimizer.param_groups]

    def get_last_lr(self) -> list[float]:
        """The rates that the last `step` set, one for every parameter group."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """The settings and the epoch, to be loaded later."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Loads what `state_dict` returned."""
        self.__dict__.update(state_dict)


class StepLR(LRScheduler):
    """Multiplies the rate by `gamma` every `step_size` epochs.

    Args:
        optimizer: The optimizer whose rates change.
        step_size: The number of epochs with the same rate.
        gamma: The factor.
        last_epoch: The last finished epoch when a schedule is continued, or -1 to start one.

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

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = positive_int("StepLR", "step_size", step_size)
        self.gamma = number_argument("StepLR", "gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The rates, multiplied by `gamma` after every `step_size` epochs."""
        ends = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        factor = self.gamma if ends else 1
        return [group["lr"] * factor for group in self.optimizer.param_groups]


class ExponentialLR(LRScheduler):
    """Multiplies the rate by `gamma` every epoch.

    Args:
        optimizer: The optimizer whose rates change.
        gamma: The factor.
        last_epoch: The last finished epoch when a schedule is continued, or -1 to start one.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = number_argument("ExponentialLR", "gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The rates, multiplied by `gamma` except at the start."""
        factor = 1 if self._is_initial else self.gamma
        return [group["lr"] * factor for group in self.optimizer.param_groups]


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(f"optim.lr_scheduler has no {name!r}; {left_out('schedules')}")
