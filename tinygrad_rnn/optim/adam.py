"""Adam and AdamW."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..dtypes import Array
from .bundle import blocks
from .optimizer import Group, Optimizer, check_number


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015): steps of about `lr`, whatever the size of the gradient.

        m = β₁ m + (1 - β₁) g          v = β₂ v + (1 - β₂) g²
        θ = θ - lr / (1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + ε)

    Args:
        params: Tensors, or dicts with `params` and settings of their own.
        lr: The step size.
        betas: β₁ and β₂, how much of the averages stays at each step.
        eps: ε, which keeps the divisor from 0.
        weight_decay: This much of θ is added to g.
        amsgrad: Whether the largest v so far takes the place of v (Reddi et al., 2018).
        maximize: Whether to climb rather than descend.
        decoupled_weight_decay: Whether θ shrinks by lr · weight_decay instead, as in `AdamW`.

    Raises:
        TypeError: If a setting is no number, or `params` holds no tensors.
        ValueError: If a setting is out of range, or a parameter is there twice.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> w = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.Adam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w
        tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )

    def _check(self, group: Group) -> None:
        name = type(self).__name__
        for setting in ("lr", "eps", "weight_decay"):
            check_number(name, group, setting)
        betas = group["betas"]
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise ValueError(f"{name}: betas must be two numbers, got {betas!r}")
        for i, beta in enumerate(betas):
            check_number(name, {f"betas[{i}]": beta}, f"betas[{i}]", below=1)

    def _state_names(self, group: Group) -> list[str]:
        largest = ["max_exp_avg_sq"] if group["amsgrad"] else []
        return ["step", "exp_avg", "exp_avg_sq", *largest]

    def _update(
        self, parameter: Array, gradient: Array, state: dict[str, Any], group: Group
    ) -> None:
        lr, (beta1, beta2), decay = group["lr"], group["betas"], group["weight_decay"]
        names = self._state_names(group)[1:]
        if not state:
            state.update({"step": 0, **{name: np.zeros_like(parameter) for name in names}})
        state["step"] += 1
        correction1 = 1 - beta1 ** state["step"]
        root2 = math.sqrt(1 - beta2 ** state["step"])
        for p, g, m, v, *largest in blocks(parameter, gradient, *[state[name] for name in names]):
            if group["maximize"]:
                np.negative(g, g)
            if decay and group["decoupled_weight_decay"]:
                p *= 1 - lr * decay
            elif decay:
                g += decay * p
            scratch = g - m
            scratch *= 1 - beta1
            m += scratch
            v *= beta2
            np.multiply(g, 1 - beta2, scratch)
            scratch *= g
            v += scratch
            if largest:
                v = np.maximum(largest[0], v, out=largest[0])
            divisor = np.sqrt(v, scratch)
            divisor /= root2
            divisor += group["eps"]
            move = np.multiply(m, -lr / correction1, g)  # g is used up
            move /= divisor
            p += move


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019): θ shrinks by lr · decay.

    The arguments are those of `Adam`.

    Args:
        params: Tensors, or dicts with `params` and settings of their own.
        lr: The step size.
        betas: β₁ and β₂.
        eps: ε.
        weight_decay: This much of θ is taken off at each step, times lr.
        amsgrad: Whether the largest v so far takes the place of v.
        maximize: Whether to climb rather than descend.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
        )
