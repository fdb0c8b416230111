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
        betas: β₁ and β₂, the decay rates of the two averages.
        eps: ε, which prevents a division by 0.
        weight_decay: λ; λ θ is added to g.
        amsgrad: Whether to use the largest v so far instead of v (Reddi et al., 2018).
        foreach: Accepted for compatibility with PyTorch; has no effect.
        maximize: Whether to increase the loss instead of decreasing it.
        capturable: Must be False.
        differentiable: Must be False.
        fused: Accepted for compatibility with PyTorch; has no effect.
        decoupled_weight_decay: Whether θ is multiplied by 1 - lr · λ instead, as in `AdamW`.

    Raises:
        TypeError: If a setting is not a number, or `params` holds something else than tensors.
        ValueError: If a setting is out of range, or a parameter appears twice.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> w = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.Adam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w
        tensor([0.9000], requires_grad=True)
    """

    _settings = (
        *("lr", "betas", "eps", "weight_decay", "amsgrad", "maximize", "foreach"),
        *("capturable", "differentiable", "fused", "decoupled_weight_decay"),
    )
    _not_negative = ("lr", "eps", "weight_decay")
    _memory = ("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq")

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
        given = locals()
        super().__init__(params, {name: given[name] for name in self._settings})

    def _check(self, group: Group) -> None:
        super()._check(group)
        betas = group["betas"]
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise ValueError(f"{type(self).__name__}: betas must be two numbers, got {betas!r}")
        for i, beta in enumerate(betas):
            check_number(type(self).__name__, {f"betas[{i}]": beta}, f"betas[{i}]", below=1)

    def _state_names(self, group: Group) -> tuple[str, ...]:
        return self._memory[: 4 if group["amsgrad"] else 3]

    def _update(
        self, group: Group, step: float, p: Array, g: Array, *state: Array
    ) -> Sequence[Array]:
        beta1, beta2 = map(float, group["betas"])
        return adam(
            p,
            g,
            *state,
            step=step,
            lr=float(group["lr"]),
            beta1=beta1,
            beta2=beta2,
            eps=float(group["eps"]),
            weight_decay=float(group["weight_decay"]),
            decoupled=group["decoupled_weight_decay"],
            maximize=group["maximize"],
        )


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019): θ shrinks by lr · λ · θ.

    The arguments are those of `Adam`.

    Args:
        params: Tensors, or dicts with `params` and settings of their own.
        lr: The step size.
        betas: β₁ and β₂.
        eps: ε.
        weight_decay: λ; θ is multiplied by 1 - lr · λ in each step.
        amsgrad: Whether to use the largest v so far instead of v.
        maximize: Whether to increase the loss instead of decreasing it.
        foreach: Accepted for compatibility with PyTorch; has no effect.
        capturable: Must be False.
        differentiable: Must be False.
        fused: Accepted for compatibility with PyTorch; has no effect.
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
        given = {**locals(), "decoupled_weight_decay": True}
        super().__init__(params, **{name: given[name] for name in self._settings})
