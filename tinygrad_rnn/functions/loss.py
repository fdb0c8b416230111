"""Losses, each as one operation."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import loss as core
from ..dtypes import Array
from ..operand import Operand, T, record
from .arguments import array_argument, tensor_argument, type_name


def check_reduction(reduction: object) -> None:
    """Raises a ValueError for an unknown reduction."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', got {reduction!r}")


def _classes(x: Array) -> int:
    """The number of classes that scores (N, C, d1, ...) or (C) have."""
    return int(x.shape[min(x.ndim - 1, 1)])


def _name(x: Array, reduction: str) -> str:
    """PyTorch's name for the backward of a loss of class numbers."""
    if x.ndim < 3:
        return "NllLossBackward0"
    return "ViewBackward0" if reduction == "none" and x.ndim != 4 else "NllLoss2DBackward0"


def _class_weights(function: str, x: Array, weight: Operand | None) -> Array:
    if weight is None:
        return np.ones(_classes(x), x.dtype)
    w = tensor_argument(function, "weight", weight)._array
    if w.shape != (_classes(x),):
        raise RuntimeError(
            f"{function}: a weight of shape {list(w.shape)} does not fit {_classes(x)} classes"
        )
    return w.astype(x.dtype, copy=False)


def _scores(function: str, input: Operand) -> Array:
    x = array_argument(function, "input", input, "f")
    if not x.ndim or not _classes(x):
        raise RuntimeError(
            f"{function}: expected scores of shape (N, C) with a class or more, got {list(x.shape)}"
        )
    return x


def _labels(
    function: str, input: Operand, target: Operand, weight: Operand | None, ignored: int, mean: bool
) -> tuple[Array, Array | None]:
    """The class of every row, -1 if it is ignored; and the rows' weights, None if all are 1.

    Raises:
        RuntimeError: If `input` does not hold scores, or `target` a class for each of its rows.
        IndexError: For a class that does not exist.
        ValueError: If a mean is asked for and no row counts.
    """
    x = _scores(function, input)
    _check_target(function, x.shape, target)
    labels, classes = target._array.reshape(-1), _classes(x)
    if labels.dtype.kind == "u":
        labels = labels.astype(np.int64)
    if (
        weight is None
        and labels.size
        and not 0 <= ignored < classes
        and np.maximum.reduce(labels.astype(np.uint64)) < classes  # -1 becomes 2**64 - 1
    ):
        return labels.astype(np.intp, copy=False), None
    counted = labels != ignored
    wrong = np.flatnonzero(counted & ((labels < 0) | (labels >= classes)))
    if wrong.size:
        at = wrong[0]
        raise IndexError(
            f"{function}: target {labels[at]} at position {at} is not in 0..{classes - 1}"
        )
    labels = np.where(counted, labels, -1).astype(np.intp)
    weights = _class_weights(function, x, weight)
    rows = np.where(counted, weights.take(labels, mode="clip"), 0).astype(x.dtype)
    if mean and not rows.any():
        why = "the batch is empty" if not labels.size else f"every target is {ignored}"
        why = "every target has weight 0" if counted.any() else why
        raise ValueError(f"{function}: there is nothing to average: {why}")
    return labels, rows


def _check_target(function: str, shape: tuple[int, ...], target: Operand) -> None:
    """Checks that `target` holds a class for each position of scores of this shape."""
    labels = array_argument(function, "target", target, "iu").shape
    expected = shape[:1] + shape[2:] if len(shape) > 1 else ()
    if labels == expected:
        return
    if len(shape) == 2 and len(labels) == 1:
        raise ValueError(
            f"{function}: {shape[0]} rows of input and {labels[0]} targets; expected equal numbers"
        )
    hint = "use target.view(-1)"
    if labels == shape[:-1]:
        hint = (
            f"here the classes seem to be in the last dimension: use input.view(-1, {shape[-1]}) "
            "and target.view(-1)"
        )
    raise RuntimeError(
        f"{function}: an input of shape {list(shape)} has its classes in dimension "
        f"{min(1, len(shape) - 1)}, so the target must have shape {list(expected)}, got "
        f"{list(labels)}; {hint}"
    )


def _probabilities(input: Operand, target: Operand, mean: bool) -> Array:
    """The target of `cross_entropy`, if it is probabilities, as rows."""
    x = _scores("cross_entropy", input)
    rows = core.rows_of(target._array)
    if mean and not rows.size:
        raise ValueError("cross_entropy: there is nothing to average: the batch is empty")
    sums = rows.sum(-1)
    if (rows < 0).any() or not np.allclose(sums, 1, atol=1e-4):
        raise ValueError(
            "cross_entropy: a floating target of the input's shape means probabilities, which are "
            f"not negative and add up to 1 in each row, got sums from {sums.min():.4g} to "
            f"{sums.max():.4g}; class numbers must be int64 (call .long())"
        )
    return rows.astype(x.dtype, copy=False)


def nll_loss(
    input: T,
    target: Operand,
    weight: Operand | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> T:
    """The negative log-likelihood -x[n, target[n]] of rows of log-probabilities.

    Args:
        input: Log-probabilities, of shape (N, C), (N, C, d1, ...) or (C).
        target: Class numbers, int64, of shape (N), (N, d1, ...) or ().
        weight: A weight for each class, of shape (C).
        ignore_index: Rows with this target do not count.
        reduction: `"mean"` (weighted), `"sum"` or `"none"`.

    Raises:
        RuntimeError: If shapes or types do not fit.
        ValueError: If the numbers of rows differ, or there is nothing to average.
        IndexError: If a target is not a class.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> logp = torch.log(torch.tensor([[0.25, 0.75]]))
        >>> torch.nn.functional.nll_loss(logp, torch.tensor([1]))
        tensor(0.2877)
    """
    check_reduction(reduction)
    x = tensor_argument("nll_loss", "input", input)._array
    tensor_argument("nll_loss", "target", target)
    labels, r = _labels("nll_loss", input, target, weight, ignore_index, reduction == "mean")
    return record(_name(x, reduction), core.nll(x, labels, r, reduction), input)


def cross_entropy(
    input: T,
    target: Operand,
    weight: Operand | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> T:
    """-Σ_c t[n, c] log_softmax(x)[n, c]: how surprised softmax(x) is by the target.

    dL/dx = softmax(x) - t, in units of the reduction. For class numbers t is one-hot, so the loss
    of a row is -log_softmax(x)[target]. Give it plain scores, not probabilities. A class with t = 0
    adds 0, even if its score is -inf (PyTorch: nan).

    Args:
        input: Scores (logits), of shape (N, C), (N, C, d1, ...) or (C).
        target: Class numbers, int64, of shape (N), (N, d1, ...) or (); or probabilities, in the
            shape of `input`, to which gradients go as well.
        weight: A weight for each class, of shape (C).
        ignore_index: Rows with this class number do not count.
        reduction: `"mean"` (weighted), `"sum"` or `"none"`.
        label_smoothing: The part of each target that is spread over all classes, from 0 to 1.

    Raises:
        RuntimeError: If shapes or types do not fit; at backward, if the loss is nan.
        ValueError: If the numbers of rows differ, there is nothing to average, or a target's
            probabilities do not add up to 1.
        IndexError: If a target is not a class.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> scores = torch.tensor([[1.0, 2.0, 0.5], [0.1, 0.2, 3.0]])
        >>> torch.nn.functional.cross_entropy(scores, torch.tensor([1, 2]))
        tensor(0.2870)
    """
    check_reduction(reduction)
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must lie between 0 and 1, got {label_smoothing}")
    x = tensor_argument("cross_entropy", "input", input)._array
    y = tensor_argument("cross_entropy", "target", target)._array
    mean = reduction == "mean"
    others: tuple[Operand, ...] = ()
    counted: Any = 1
    if y.dtype.kind == "f" and y.shape == x.shape:
        t, r = _probabilities(input, target, mean), None
        name, others = "DivBackward1" if mean else "NegBackward0", (target,)
    else:
        labels, r = _labels("cross_entropy", input, target, weight, ignore_index, mean)
        if not label_smoothing:
            return record(_name(x, reduction), core.cross_entropy(x, labels, r, reduction), input)
        t = np.asarray(labels[:, None] == np.arange(_classes(x)), x.dtype)
        name, counted = "AddBackward0", (labels >= 0)[:, None]
    w = _class_weights("cross_entropy", x, weight)
    keep, spread = x.dtype.type(1 - label_smoothing), x.dtype.type(label_smoothing / _classes(x))
    result = core.soft_cross_entropy(x, t, keep, spread * counted, w, r, reduction)
    return record(name, result, input, *others)


def mse_loss(input: T, target: Operand, reduction: str = "mean") -> T:
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
    x = tensor_argument("mse_loss", "input", input)._array
    y = tensor_argument("mse_loss", "target", target)._array
    if x.shape != y.shape:
        raise ValueError(
            f"mse_loss: the input has shape {list(x.shape)} and the target {list(y.shape)}; they "
            "must be equal, or every element would be compared with every other: use view_as"
        )
    if x.dtype != y.dtype or x.dtype.kind != "f":
        raise RuntimeError(
            f"mse_loss: expected one floating dtype, got {type_name(input)}, {type_name(target)}"
        )
    return record("MseLossBackward0", core.mse(x, y, reduction), input, target)
