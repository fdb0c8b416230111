"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..core.update import adam
from ..dtypes import Array
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
        foreach: For programs written for PyTorch; changes nothing.
        maximize: Whether to climb rather than descend.
        capturable: Must be False.
        differentiable: Must be False.
        fused: For programs written for PyTorch; changes nothing.
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
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
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
                "foreach": foreach,
                "capturable": capturable,
                "differentiable": differentiable,
                "fused": fused,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )

    _memory = ("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def _check(self, group: Group) -> None:
        super()._check(group)
        name = type(self).__name__
        for setting in ("lr", "eps", "weight_decay"):
            check_number(name, group, setting)
        betas = group["betas"]
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise ValueError(f"{name}: betas must be two numbers, got {betas!r}")
        for i, beta in enumerate(betas):
            check_number(name, {f"betas[{i}]": beta}, f"betas[{i}]", below=1)

    def _state_names(self, group: Group) -> tuple[str, ...]:
        return self._memory[: 4 if group["amsgrad"] else 3]

    def _update(
        self, group: Group, step: float, p: Array, g: Array, *state: Array
    ) -> Sequence[Array]:
        beta1, beta2 = group["betas"]
        return adam(
            p,
            g,
            *state,
            step=step,
            lr=float(group["lr"]),
            beta1=float(beta1),
            beta2=float(beta2),
            eps=float(group["eps"]),
            weight_decay=float(group["weight_decay"]),
            decoupled=group["decoupled_weight_decay"],
            maximize=group["maximize"],
        )


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
        foreach: For programs written for PyTorch; changes nothing.
        capturable: Must be False.
        differentiable: Must be False.
        fused: For programs written for PyTorch; changes nothing.
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
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )
