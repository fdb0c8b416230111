"""Losses, each as one operation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

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


def _check_classes(function: str, labels: Array, classes: int, ignore_index: int) -> Array | None:
    """Which rows count, None for all; raises for a class that does not exist."""
    if (
        labels.size
        and not 0 <= ignore_index < classes
        and np.maximum.reduce(labels.astype(np.uint64)) < classes  # -1 becomes 2**64 - 1
    ):
        return None
    counted: Array = labels != ignore_index
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
    return counted


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

    Examples:
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
    rows, columns = np.arange(len(labels)), labels
    weights = _class_weights(weight, logp.shape[1], kind).take(labels, mode="clip")
    if counted is not None:
        columns, weights = np.where(counted, labels, 0), weights * counted
    losses = -logp[rows, columns] * weights
    loss, scale = _reduced(losses, weights, reduction, y._array.shape)

    def backward(g: Array) -> Array:
        gradient = np.zeros(shape, kind)
        np.atleast_2d(gradient)[rows, columns] = -(g * scale) * weights
        return gradient

    return record("NllLossBackward0", loss, (x,), (backward,))


def _reduced(
    losses: Array, weights: Array | None, reduction: str, shape: tuple[int, ...]
) -> tuple[Array, Array]:
    """The reduced loss, and the factor that its gradient gets; `weights` of 1 may be None."""
    kind = losses.dtype
    if reduction == "none":
        return losses.reshape(shape), kind.type(1)
    if reduction == "sum":
        return total(losses), kind.type(1)
    divisor = kind.type(len(losses)) if weights is None else total(weights)[()]
    mean = np.add.reduce(losses, None, np.float64) / divisor
    return np.asarray(mean, kind), kind.type(1) / divisor


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

    Examples:
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
    if y._array.dtype.kind == "f" and y._array.shape == x._array.shape:
        _check_probabilities(x, y)
        name = "DivBackward1" if reduction == "mean" else "NegBackward0"
        t = np.atleast_2d(y._array).astype(x._array.dtype)
        return _against_probabilities(name, x, t, weight, None, reduction, label_smoothing)
    _check_rows("cross_entropy", x, y)
    scores = x._array if x._array.ndim == 2 else x._array[None]
    labels = y._array.reshape(-1)
    n, classes = scores.shape
    counted = _check_classes("cross_entropy", labels, classes, ignore_index)
    if label_smoothing:
        t = _one_hot_rows(labels, counted, classes, scores.dtype)
        return _against_probabilities(
            "AddBackward0", x, t, weight, (labels, counted), reduction, label_smoothing
        )
    kind, shape = scores.dtype, x._array.shape
    places = np.arange(0, n * classes, classes) + labels  # of the targets, in the flat scores
    weights = None
    if weight is not None:
        weights = _class_weights(weight, classes, kind).take(labels, mode="clip")
    if counted is not None:
        places = np.where(counted, places, 0)
        weights = counted.astype(kind) if weights is None else weights * counted
    logp = log_probabilities(scores)
    losses = -logp.reshape(-1)[places]
    if weights is not None:
        losses *= weights
    loss, scale = _reduced(losses, weights, reduction, shape[:-1])

    def backward(g: Array) -> Array:
        _refuse_nan(loss)
        gradient = rounded(np.exp, logp)
        flat = gradient.reshape(-1)
        if weights is None:
            flat[places] -= 1
            gradient *= (g * scale) if g.ndim == 0 else (g * scale).reshape(-1, 1)
        else:
            flat[places] -= weights != 0
            gradient *= (g * scale * weights).reshape(-1, 1)
        return gradient.reshape(shape)

    return record("NllLossBackward0", loss, (x,), (backward,))


def _refuse_nan(loss: Array) -> None:
    if math.isnan(loss.sum() if loss.ndim else loss):
        raise RuntimeError(
            "cross_entropy: the loss is nan, because the scores hold inf or nan; look at "
            "input.isfinite() and at the step size"
        )


def _one_hot_rows(labels: Array, counted: Array | None, classes: int, kind: np.dtype[Any]) -> Array:
    """A row for each label: 1 at its class, 0 elsewhere, and all 0 if it does not count."""
    t = np.asarray(labels[:, None] == np.arange(classes), kind)
    return t if counted is None else t * counted[:, None]


def _against_probabilities(
    name: str,
    input: TensorBase,
    t: Array,
    weight: Tensor | None,
    labelled: tuple[Array, Array | None] | None,
    reduction: str,
    label_smoothing: float,
) -> Tensor:
    """Cross-entropy with a whole row of target probabilities `t` for each row of scores."""
    scores = np.atleast_2d(input._array)
    shape, kind = input._array.shape, scores.dtype
    class_weights = _class_weights(weight, scores.shape[1], kind)
    row_weights = None
    if labelled is not None:
        labels, counted = labelled
        row_weights = class_weights.take(labels, mode="clip")
        row_weights = row_weights if counted is None else row_weights * counted
    if label_smoothing:
        spread = kind.type(label_smoothing / scores.shape[1])
        t = t * kind.type(1 - label_smoothing) + spread * t.sum(-1, keepdims=True)
    t = t * class_weights
    logp = log_probabilities(scores)
    losses = total(np.where(t == 0, 0, -t * logp), -1)
    loss, scale = _reduced(losses, row_weights, reduction, shape[:-1])

    def backward(g: Array) -> Array:
        _refuse_nan(loss)
        row_scale = (g * scale).reshape(-1, 1)
        gradient: Array = (rounded(np.exp, logp) * total(t, -1, keepdims=True) - t) * row_scale
        return gradient.reshape(shape)

    return record(name, loss, (input,), (backward,))


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

    Examples:
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
    loss, scale = _reduced(np.square(difference).reshape(-1), None, reduction, difference.shape)

    def to_input(g: Array) -> Array:
        dx: Array = 2 * difference * (g * scale)
        return dx

    return record("MseLossBackward0", loss, (x, y), (to_input, lambda g: -to_input(g)))
