"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..core.update import sgd
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
        foreach: For programs written for PyTorch; changes nothing.
        differentiable: Must be False.
        fused: For programs written for PyTorch; changes nothing.

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
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
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
                "foreach": foreach,
                "differentiable": differentiable,
                "fused": fused,
            },
        )

    _memory = ("momentum_buffer",)

    def _check(self, group: Group) -> None:
        super()._check(group)
        for setting in ("lr", "momentum", "dampening", "weight_decay"):
            check_number("SGD", group, setting)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("SGD: nesterov wants a momentum above 0 and no dampening")

    def _state_names(self, group: Group) -> tuple[str, ...]:
        return self._memory if group["momentum"] else ()

    def _update(
        self, group: Group, step: float, p: Array, g: Array, *state: Array
    ) -> Sequence[Array]:
        return sgd(
            p,
            g,
            *state,
            step=step,
            lr=float(group["lr"]),
            momentum=float(group["momentum"]),
            dampening=float(group["dampening"]),
            weight_decay=float(group["weight_decay"]),
            nesterov=group["nesterov"],
            maximize=group["maximize"],
        )
