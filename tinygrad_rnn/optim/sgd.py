"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..core.update import sgd
from ..dtypes import Array
from .optimizer import Group, Optimizer


class SGD(Optimizer):
    """θ = θ - lr · g; with momentum, b = μ b + (1 - d) g takes the place of g.

    Args:
        params: Tensors, or dicts with `params` and settings of their own.
        lr: The step size.
        momentum: μ, the decay rate of b.
        dampening: d, which does not apply to the first step.
        weight_decay: λ; λ θ is added to g.
        nesterov: Whether g + μ b is the direction (Nesterov, 1983).
        maximize: Whether to increase the loss instead of decreasing it.
        foreach: Accepted for compatibility with PyTorch; has no effect.
        differentiable: Must be False.
        fused: Accepted for compatibility with PyTorch; has no effect.

    Raises:
        TypeError: If a setting is not a number, or `params` holds something else than tensors.
        ValueError: If a setting is out of range, or `nesterov` is combined with dampening
            or with no momentum.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> w = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.SGD([w], lr=0.25)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w
        tensor([0.5000], requires_grad=True)
    """

    _not_negative = ("lr", "momentum", "dampening", "weight_decay")
    _settings = (*_not_negative, "nesterov", "maximize", "foreach", "differentiable", "fused")
    _memory = ("momentum_buffer",)

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
        given = locals()
        super().__init__(params, {name: given[name] for name in self._settings})

    def _check(self, group: Group) -> None:
        super()._check(group)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("SGD: nesterov requires a momentum above 0 and no dampening")

    def _state_names(self, group: Group) -> tuple[str, ...]:
        return self._memory if group["momentum"] else ()

    def _update(
        self, group: Group, step: float, p: Array, g: Array, *state: Array
    ) -> Sequence[Array]:
        numbers = {name: float(group[name]) for name in self._not_negative}
        nesterov, maximize = group["nesterov"], group["maximize"]
        return sgd(p, g, *state, step=step, nesterov=nesterov, maximize=maximize, **numbers)
