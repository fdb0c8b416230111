"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..dtypes import Array
from .optimizer import Group, Optimizer, check_number


class SGD(Optimizer):
    """θ = θ - lr · g, with momentum if wanted: b = μ b + (1 - d) g takes the place of g.

    Args:
        params: Tensors, or dicts with `params` and settings of their own.
        lr: The step size.
        momentum: μ, how much of the direction stays at each step.
        dampening: d, which does not apply to the first step.
        weight_decay: This much of θ is added to g.
        nesterov: Whether g + μ b is the direction (Nesterov, 1983).
        maximize: Whether to climb rather than descend.

    Raises:
        TypeError: If a setting is no number, or `params` holds no tensors.
        ValueError: If a setting is out of range, or nesterov comes without momentum or
            with dampening.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> w = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.SGD([w], lr=0.25)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w
        tensor([0.5000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
            },
        )

    def _check(self, group: Group) -> None:
        for setting in ("lr", "momentum", "dampening", "weight_decay"):
            check_number("SGD", group, setting)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("SGD: nesterov wants a momentum above 0 and no dampening")

    def _state_names(self, group: Group) -> list[str]:
        return ["momentum_buffer"] if group["momentum"] else []

    def _update(
        self, parameter: Array, gradient: Array, state: dict[str, Any], group: Group
    ) -> None:
        g = -gradient if group["maximize"] else gradient
        if group["weight_decay"]:
            g = g + group["weight_decay"] * parameter
        momentum = group["momentum"]
        if momentum:
            if "momentum_buffer" not in state:
                state["momentum_buffer"] = g.copy()
            else:
                state["momentum_buffer"] *= momentum
                state["momentum_buffer"] += (1 - group["dampening"]) * g
            buffer = state["momentum_buffer"]
            g = g + momentum * buffer if group["nesterov"] else buffer
        parameter += -group["lr"] * g
