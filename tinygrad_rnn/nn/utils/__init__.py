"""Helpers around training: keeping gradients in bounds."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...autograd.writes import next_moment
from ...base import TensorBase
from ...functions.arguments import number_argument
from ...tensor import Tensor
from . import rnn

__all__ = ["clip_grad_norm_", "clip_grad_value_", "rnn"]


def _with_gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    if callable(parameters):
        raise TypeError("the parameters are a method here; call it: model.parameters()")
    tensors = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [each.grad for each in tensors if each.grad is not None]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scales all gradients down together, so that their joint norm is at most `max_norm`.

    Args:
        parameters: The parameters whose gradients are clipped, in place.
        max_norm: The largest norm allowed.
        norm_type: The power of the norm, or `float("inf")`.
        error_if_nonfinite: Whether a norm of inf or nan is an error.

    Returns:
        The norm before clipping, a tensor of one element.

    Raises:
        ValueError: If `max_norm` is negative or no number.
        RuntimeError: If the norm is not finite and that was to be an error.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> w = torch.tensor([3.0, 4.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> torch.nn.utils.clip_grad_norm_([w], max_norm=1.0)
        tensor(10.)
        >>> w.grad
        tensor([0.6000, 0.8000])
    """
    max_norm = number_argument("clip_grad_norm_", "max_norm", max_norm)
    if not max_norm >= 0:
        raise ValueError(f"clip_grad_norm_: max_norm must not be negative, got {max_norm}")
    gradients = _with_gradients(parameters)
    if not gradients:
        return TensorBase._wrap(np.zeros((), np.float32))
    sizes = [
        np.linalg.norm(each._array.astype(np.float64).ravel(), norm_type) for each in gradients
    ]
    norm = np.linalg.norm(sizes, norm_type)
    if error_if_nonfinite and not np.isfinite(norm):
        raise RuntimeError(f"clip_grad_norm_: the norm of the gradients is {norm}")
    scale = max_norm / (norm + 1e-6)
    if scale < 1 or np.isnan(scale):
        for each in gradients:
            each._array *= each._array.dtype.type(scale)
            each._note_write(next_moment())
    return TensorBase._wrap(np.asarray(norm, gradients[0]._array.dtype))


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Cuts every element of the gradients to between -clip_value and clip_value, in place.

    Args:
        parameters: The parameters whose gradients are clipped.
        clip_value: The largest magnitude allowed.

    Raises:
        ValueError: If `clip_value` is negative or no number.
    """
    clip_value = number_argument("clip_grad_value_", "clip_value", clip_value)
    if not clip_value >= 0:
        raise ValueError(f"clip_grad_value_: clip_value must not be negative, got {clip_value}")
    for each in _with_gradients(parameters):
        each.clamp_(-clip_value, clip_value)
