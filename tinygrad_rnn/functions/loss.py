"""Losses, each as one operation."""

from __future__ import annotations

import numpy as np

from ..core import loss as core
from ..dtypes import Array
from ..operand import Operand, T, record
from .arguments import tensor_argument, type_name


def check_reduction(reduction: object) -> None:
    """Raises a ValueError for an unknown reduction."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', got {reduction!r}")


def _classes(x: Operand) -> int:
    """How many classes scores (N, C, d1, ...) or (C) have."""
    shape: tuple[int, ...] = x._array.shape
    return shape[1] if len(shape) > 1 else shape[0]


def _name(x: Operand, reduction: str) -> str:
    """PyTorch's name for the backward of a loss of labels."""
    if x._array.ndim < 3:
        return "NllLossBackward0"
    return "ViewBackward0" if reduction == "none" and x._array.ndim != 4 else "NllLoss2DBackward0"


def _class_weights(function: str, x: Operand, weight: Operand | None) -> Array:
    if weight is None:
        return np.ones(_classes(x), x._array.dtype)
    w = tensor_argument(function, "weight", weight)._array
    if w.shape != (_classes(x),):
        raise RuntimeError(
            f"{function}: the class weights have shape {list(w.shape)}, but there are "
            f"{_classes(x)} classes"
        )
    return w.astype(x._array.dtype, copy=False)


def _check_shapes(function: str, x: Operand, target: Operand) -> None:
    """Checks that `x` holds scores for classes, and `target` a class for each position."""
    shape, labels = x._array.shape, target._array.shape
    if x._array.dtype.kind != "f":
        raise RuntimeError(
            f"{function}: the input must be floating, got {type_name(x)}; call .float()"
        )
    if not shape or not _classes(x):
        raise RuntimeError(
            f"{function}: expected scores of shape (N, C) with a class or more, got {list(shape)}"
        )
    if target._array.dtype.kind not in "iu":
        raise RuntimeError(
            f"{function}: the target holds class numbers, so it must be int64, "
            f"got {type_name(target)}; call .long()"
        )
    expected = shape[:1] + shape[2:] if len(shape) > 1 else ()
    if labels == expected:
        return
    if len(shape) == 2 and len(labels) == 1:
        raise ValueError(
            f"{function}: the input has {shape[0]} rows and the target {labels[0]} elements; "
            "they must be equally many"
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


def _labels(
    function: str,
    x: Operand,
    target: Operand,
    weight: Operand | None,
    ignore_index: int,
    reduction: str,
) -> tuple[Array, Array | None]:
    """The class of every row, -1 where it does not count; and the rows' weights, None if all 1.

    Raises:
        IndexError: For a class that does not exist.
        ValueError: If a mean is wanted and no row counts.
    """
    labels, classes = target._array.reshape(-1), _classes(x)
    r = None if weight is None else _class_weights(function, x, weight)
    if labels.dtype.kind == "u":
        labels = labels.astype(np.int64)
    if not (
        labels.size
        and not 0 <= ignore_index < classes
        and np.maximum.reduce(labels.astype(np.uint64)) < classes  # -1 becomes 2**64 - 1
    ):
        counted = labels != ignore_index
        wrong = counted & ((labels < 0) | (labels >= classes))
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            raise IndexError(
                f"{function}: target {labels[at]} at position {at} is no class: valid are "
                f"0..{classes - 1}"
            )
        if reduction == "mean" and not counted.any():
            raise ValueError(
                f"{function}: there is nothing to average: "
                + ("the batch is empty" if not labels.size else f"every target is {ignore_index}")
            )
        labels = np.where(counted, labels, -1).astype(np.intp)
        r = np.ones(classes, x._array.dtype) if r is None else r
        rows = np.where(counted, r.take(labels, mode="clip"), 0).astype(r.dtype)
    elif r is None:
        return labels.astype(np.intp, copy=False), None
    else:
        labels = labels.astype(np.intp, copy=False)
        rows = r[labels]
    if reduction == "mean" and not rows.any():
        raise ValueError(f"{function}: there is nothing to average: every target has weight 0")
    return labels, rows


def _against_probabilities(
    x: T,
    target: Operand,
    weight: Operand | None,
    reduction: str,
    label_smoothing: float,
) -> T:
    """Cross-entropy with the probability of every class as the target."""
    if x._array.dtype.kind != "f" or not x._array.ndim or not _classes(x):
        raise RuntimeError(
            f"cross_entropy: probabilities of shape {list(target.shape)} for an input of "
            f"{type_name(x)}; both must be floating, of shape (N, C, d1, ...) or (C), with a class "
            "or more"
        )
    rows = core.rows_of(target._array)
    if reduction == "mean" and not rows.size:
        raise ValueError("cross_entropy: there is nothing to average: the batch is empty")
    sums = rows.sum(-1)
    if (rows < 0).any() or not np.allclose(sums, 1, atol=1e-4):
        raise ValueError(
            "cross_entropy: a floating target of the input's shape means probabilities, which are "
            f"not negative and add up to 1 in each row, got sums from {sums.min():.4g} to "
            f"{sums.max():.4g}; class numbers must be int64 (call .long())"
        )
    dtype, weights = x._array.dtype, _class_weights("cross_entropy", x, weight)
    result = core.soft_cross_entropy(
        x._array,
        rows.astype(dtype, copy=False),
        dtype.type(1 - label_smoothing),
        dtype.type(label_smoothing / _classes(x)),
        weights,
        None,
        reduction,
    )
    name = "DivBackward1" if reduction == "mean" else "NegBackward0"
    return record(name, result, x, target)


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
    _check_shapes("nll_loss", x, y)
    labels, r = _labels("nll_loss", x, y, weight, ignore_index, reduction)
    return record(_name(x, reduction), core.nll(x._array, labels, r, reduction), input)


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
        return _against_probabilities(input, y, weight, reduction, label_smoothing)
    _check_shapes("cross_entropy", x, y)
    labels, r = _labels("cross_entropy", x, y, weight, ignore_index, reduction)
    if not label_smoothing:
        result = core.cross_entropy(x._array, labels, r, reduction)
        return record(_name(x, reduction), result, input)
    classes, dtype = _classes(x), x._array.dtype
    counted = (labels >= 0)[:, None]
    onehot = np.asarray(labels[:, None] == np.arange(classes), dtype)
    spread = dtype.type(label_smoothing / classes) * counted.astype(dtype)
    weights = _class_weights("cross_entropy", x, weight)
    r = np.ones(len(labels), dtype) * counted[:, 0] if r is None else r
    keep = dtype.type(1 - label_smoothing)
    result = core.soft_cross_entropy(x._array, onehot, keep, spread, weights, r, reduction)
    return record("AddBackward0", result, input)


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
    return record("MseLossBackward0", core.mse(x._array, y._array, reduction), input, y)
