"""Losses, each as one operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..arithmetic import quiet, rounded, total
from ..base import TensorBase, record
from ..dtypes import Array
from .arguments import tensor_argument, type_name
from .reduction import log_probabilities

if TYPE_CHECKING:
    from ..tensor import Tensor


def check_reduction(reduction: object) -> None:
    """Raises a ValueError for an unknown reduction."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', got {reduction!r}")


def _class_weights(weight: Tensor | None, classes: int, kind: np.dtype[np.generic]) -> Array:
    if weight is None:
        return np.ones(classes, kind)
    w = tensor_argument("cross_entropy", "weight", weight)._array
    if w.shape != (classes,):
        raise RuntimeError(
            f"the class weights have shape {list(w.shape)}, but there are {classes} classes"
        )
    return w.astype(kind, copy=False)


def _check_rows(function: str, input: TensorBase, target: TensorBase) -> None:
    """Checks that `input` holds rows of scores and `target` a class for each."""
    scores, labels = list(input._array.shape), list(target._array.shape)
    if not input._array.dtype.kind == "f":
        raise RuntimeError(
            f"{function}: the input must be floating, got {type_name(input)}; call .float()"
        )
    if len(scores) not in (1, 2):
        raise RuntimeError(
            f"{function}: an input of shape {scores} has {len(scores)} dimensions; flatten the "
            f"positions into rows first: input.view(-1, {scores[-1] if scores else 1}) and "
            "target.view(-1)"
        )
    if target._array.dtype.kind not in "iu":
        raise RuntimeError(
            f"{function}: the target holds class numbers, so it must be int64, "
            f"got {type_name(target)}; call .long()"
        )
    if len(labels) > len(scores) - 1:
        raise RuntimeError(
            f"{function}: a target of shape {labels} for an input of shape {scores}: a class "
            "number for each row is wanted, so use target.view(-1)"
        )
    if labels != scores[:-1]:
        raise ValueError(
            f"{function}: the input has {scores[0]} rows and the target "
            f"{labels[0] if labels else 'no'} elements; they must be equally many"
        )


def _check_classes(function: str, labels: Array, classes: int, ignore_index: int) -> Array:
    """Which rows count; raises for a class that does not exist."""
    counted = labels != ignore_index
    wrong = counted & ((labels < 0) | (labels >= classes))
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise IndexError(
            f"{function}: target {labels[at]} at position {at} is no class: valid are "
            f"0..{classes - 1}"
        )
    if not counted.any():
        raise ValueError(
            f"{function}: there is nothing to average: "
            + ("the batch is empty" if not labels.size else f"every target is {ignore_index}")
        )
    return np.asarray(counted)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood -x[n, target[n]] of rows of log-probabilities.

    Args:
        input: Log-probabilities, of shape (N, C) or (C).
        target: Class numbers, int64, of shape (N) or ().
        weight: A weight for each class, of shape (C).
        ignore_index: Rows with this target do not count.
        reduction: `"mean"` (weighted), `"sum"` or `"none"`.

    Raises:
        RuntimeError: If shapes or types do not fit.
        ValueError: If the numbers of rows differ, or no row counts.
        IndexError: If a target is no class.

    Example:
        >>> import tinygrad_rnn as torch
        >>> logp = torch.log(torch.tensor([[0.25, 0.75]]))
        >>> torch.nn.functional.nll_loss(logp, torch.tensor([1]))
        tensor(0.2877)
    """
    check_reduction(reduction)
    x = tensor_argument("nll_loss", "input", input)
    y = tensor_argument("nll_loss", "target", target)
    _check_rows("nll_loss", x, y)
    logp, labels = np.atleast_2d(x._array), y._array.reshape(-1)
    shape, kind = x._array.shape, logp.dtype
    counted = _check_classes("nll_loss", labels, logp.shape[1], ignore_index)
    safe = np.where(counted, labels, 0)
    weights = _class_weights(weight, logp.shape[1], kind)[safe] * counted
    rows = np.arange(len(labels))
    loss, scale = _reduced(-logp[rows, safe] * weights, weights, reduction, y._array.shape)

    def backward(g: Array) -> Array:
        gradient = np.zeros(logp.shape, kind)
        gradient[rows, safe] = -(g * scale) * weights
        return gradient.reshape(shape)

    return record("NllLossBackward0", loss, (x,), (backward,))


def _reduced(
    losses: Array, weights: Array, reduction: str, shape: tuple[int, ...]
) -> tuple[Array, Array]:
    """The reduced loss, and the factor that its gradient gets."""
    one = losses.dtype.type(1)
    if reduction == "none":
        return losses.reshape(shape), one
    if reduction == "sum":
        return total(losses), one
    divisor = total(weights)
    mean = np.asarray(losses.sum(dtype=np.float64) / divisor, losses.dtype)
    return mean, np.asarray(one / divisor)


@quiet
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-Σ_c t[n, c] log_softmax(x)[n, c]: how surprised softmax(x) is by the target.

    dL/dx = softmax(x) - t, in units of the reduction. For class numbers t is one-hot, so the loss
    of a row is -log_softmax(x)[target]. Give it plain scores, not probabilities.

    Args:
        input: Scores (logits), of shape (N, C) or (C).
        target: Class numbers, int64, of shape (N) or (); or probabilities, in the shape of `input`.
        weight: A weight for each class, of shape (C).
        ignore_index: Rows with this class number do not count.
        reduction: `"mean"` (weighted), `"sum"` or `"none"`.
        label_smoothing: The part of each target that is spread over all classes, from 0 to 1.

    Raises:
        RuntimeError: If shapes or types do not fit; at backward, if the loss is nan.
        ValueError: If the numbers of rows differ, no row counts, or a target's probabilities do
            not add up to 1.
        IndexError: If a target is no class.

    Example:
        >>> import tinygrad_rnn as torch
        >>> scores = torch.tensor([[1.0, 2.0, 0.5], [0.1, 0.2, 3.0]])
        >>> torch.nn.functional.cross_entropy(scores, torch.tensor([1, 2]))
        tensor(0.2870)
    """
    check_reduction(reduction)
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must lie between 0 and 1, got {label_smoothing}")
    x = tensor_argument("cross_entropy", "input", input)
    y = tensor_argument("cross_entropy", "target", target)
    probabilities = y._array.dtype.kind == "f" and y._array.shape == x._array.shape
    if probabilities:
        _check_probabilities(x, y)
    else:
        _check_rows("cross_entropy", x, y)
    scores = np.atleast_2d(x._array)
    shape, kind = x._array.shape, scores.dtype
    n, classes = scores.shape
    class_weights = _class_weights(weight, classes, kind)
    if probabilities:
        t = np.atleast_2d(y._array).astype(kind, copy=False)
        row_weights = np.ones(n, kind)
    else:
        labels = y._array.reshape(-1)
        counted = _check_classes("cross_entropy", labels, classes, ignore_index)
        safe = np.where(counted, labels, 0)
        t = np.zeros(scores.shape, kind)
        t[np.arange(n), safe] = counted
        row_weights = class_weights[safe] * counted
    if label_smoothing:
        spread = kind.type(label_smoothing / classes)
        alive = 1 if probabilities else counted[:, None]
        t = t * kind.type(1 - label_smoothing) + spread * alive
    t = t * class_weights
    logp = log_probabilities(scores, -1)
    losses = total(np.where(t == 0, 0, -t * logp), -1)
    loss, scale = _reduced(losses, row_weights, reduction, shape[:-1])

    def backward(g: Array) -> Array:
        if np.isnan(loss).any():
            raise RuntimeError(
                "cross_entropy: the loss is nan, because the scores hold inf or nan; look at "
                "input.isfinite() and at the step size"
            )
        row_scale = (g * scale).reshape(-1, 1)
        p = rounded(np.exp, logp)
        gradient: Array = (p * total(t, -1, keepdims=True) - t) * row_scale
        return gradient.reshape(shape)

    if probabilities:
        name = "DivBackward1" if reduction == "mean" else "NegBackward0"
    else:
        name = "AddBackward0" if label_smoothing else "NllLossBackward0"
    return record(name, loss, (x,), (backward,))


def _check_probabilities(input: TensorBase, target: TensorBase) -> None:
    t = target._array
    if input._array.dtype.kind != "f" or t.ndim not in (1, 2):
        raise RuntimeError(
            f"cross_entropy: probabilities of shape {list(t.shape)} for an input of "
            f"{type_name(input)}; both must be floating, of shape (N, C) or (C)"
        )
    if target._requires_grad:
        raise RuntimeError("cross_entropy: no gradient goes to the target; use target.detach()")
    if t.size == 0:
        raise ValueError("cross_entropy: there is nothing to average: the batch is empty")
    sums = t.sum(-1)
    if (t < 0).any() or not np.allclose(sums, 1, atol=1e-4):
        raise ValueError(
            "cross_entropy: a floating target of the input's shape means probabilities, which are "
            f"not negative and add up to 1 in each row, got sums from {sums.min():.4g} to "
            f"{sums.max():.4g}; class numbers must be int64 (call .long())"
        )


@quiet
def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The squared error (x - y)². dL/dx = 2(x - y), in units of the reduction.

    Args:
        input: A tensor.
        target: A tensor of the same shape.
        reduction: `"mean"`, `"sum"` or `"none"`.

    Raises:
        ValueError: If the shapes differ; PyTorch would broadcast them.

    Example:
        >>> import tinygrad_rnn as torch
        >>> torch.nn.functional.mse_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
        tensor(2.)
    """
    check_reduction(reduction)
    x = tensor_argument("mse_loss", "input", input)
    y = tensor_argument("mse_loss", "target", target)
    if x._array.shape != y._array.shape:
        raise ValueError(
            f"mse_loss: the input has shape {list(x.shape)} and the target {list(y.shape)}; they "
            "must be equal, or every element would be compared with every other: use view_as"
        )
    if x._array.dtype != y._array.dtype or x._array.dtype.kind != "f":
        raise RuntimeError(
            f"mse_loss: both must be floating and of one type, got {type_name(x)} and "
            f"{type_name(y)}"
        )
    difference = x._array - y._array
    loss, scale = _reduced(
        np.square(difference).reshape(-1),
        np.ones(difference.size, difference.dtype),
        reduction,
        difference.shape,
    )

    def to_input(g: Array) -> Array:
        dx: Array = 2 * difference * (g * scale)
        return dx

    return record("MseLossBackward0", loss, (x, y), (to_input, lambda g: -to_input(g)))
