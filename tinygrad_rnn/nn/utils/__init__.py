"""Gradient clipping."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...core.quiet import quiet
from ...core.versions import tick
from ...dtypes import Array, missing_names
from ...functions.arguments import number_argument
from ...tensor import Tensor, wrap
from . import rnn

__all__ = ["clip_grad_norm_", "clip_grad_value_", "rnn"]


def _with_gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    if callable(parameters):
        raise TypeError("the parameters are a method here; call it: model.parameters()")
    tensors = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [each.grad for each in tensors if each.grad is not None]


def _limit(function: str, name: str, value: object) -> float:
    number = number_argument(function, name, value)
    if not number >= 0:
        raise ValueError(f"{function}: {name} must not be negative, got {number}")
    return number


@quiet
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float | str = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,  # noqa: ARG001 - PyTorch has it
) -> Tensor:
    """Scales all gradients down together, so that their joint norm is at most `max_norm`.

    Args:
        parameters: The parameters whose gradients are clipped, in place.
        max_norm: The largest norm allowed.
        norm_type: The power of the norm; `"inf"` for the largest magnitude.
        error_if_nonfinite: Whether a norm of inf or nan is an error.
        foreach: Accepted for compatibility with PyTorch; has no effect.

    Returns:
        The norm before clipping, a tensor of one element.

    Raises:
        ValueError: If `max_norm` is negative or not a number, or `norm_type` is not a number.
        RuntimeError: If the norm is not finite and `error_if_nonfinite` is set.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> w = torch.tensor([3.0, 4.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> torch.nn.utils.clip_grad_norm_([w], max_norm=1.0)
        tensor(10.)
        >>> w.grad
        tensor([0.6000, 0.8000])
    """
    max_norm = _limit("clip_grad_norm_", "max_norm", max_norm)
    try:
        power = float(norm_type)
    except ValueError:
        raise ValueError(
            f'clip_grad_norm_: norm_type must be a number or "inf", got {norm_type!r}'
        ) from None
    gradients = _with_gradients(parameters)
    if not gradients:
        return wrap(np.zeros((), np.float32))
    sizes = [_norm(each._array, power) for each in gradients]
    norm = _norm(np.array(sizes), power)
    if error_if_nonfinite and not np.isfinite(norm):
        raise RuntimeError(
            f"clip_grad_norm_: the norm of the gradients is {norm}; lower the learning rate, or "
            "leave out error_if_nonfinite to scale by it anyway"
        )
    scale = max_norm / (norm + 1e-6)
    if not scale >= 1:
        for each in gradients:
            each._array *= each._array.dtype.type(scale)
            each._note_write(tick())
    dtype = np.result_type(*[each._array.dtype for each in gradients])
    return wrap(np.asarray(norm, dtype))


def _norm(x: Array, power: float) -> np.floating[Any]:
    """The norm of all elements; 0 if there are none."""
    if not x.size:
        return np.float64(0)
    return np.linalg.norm(x.astype(np.float64).ravel(), power)


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Clamps every element of the gradients to between -clip_value and clip_value, in place.

    Args:
        parameters: The parameters whose gradients are clipped.
        clip_value: The largest magnitude allowed.

    Raises:
        ValueError: If `clip_value` is negative.
    """
    clip_value = _limit("clip_grad_value_", "clip_value", clip_value)
    for each in _with_gradients(parameters):
        each.clamp_(-clip_value, clip_value)


__getattr__ = missing_names("nn.utils", "functions")
