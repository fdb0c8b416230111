"""How tensors print: PyTorch's format, to the character.

All numbers of a tensor have the same format: the column is as wide as the widest number, and
scientific notation is used when the magnitudes are too far apart for four decimals.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from .core.quiet import quiet
from .dtypes import FROM_NUMPY, Array, bool_, float32, int64

__all__ = ["set_printoptions"]

options = SimpleNamespace(precision=4, threshold=1000, edgeitems=3, linewidth=80, sci_mode=None)


def set_printoptions(
    precision: int | None = None,
    threshold: int | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Sets how tensors print; an option that is left out keeps its value, except `sci_mode`.

    Args:
        precision: Decimals of a floating number (initially 4).
        threshold: Tensors with more elements are summarised (1000).
        edgeitems: How many elements a summary keeps at either end of a dimension (3); with 0, it
            shows the shape instead.
        linewidth: Characters per line (80).
        sci_mode: True or False turns scientific notation on or off; None, also when it is left
            out, lets the values decide.

    Raises:
        ValueError: If a number is negative.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.set_printoptions(precision=2)
        >>> torch.tensor([0.12345])
        tensor([0.12])
        >>> torch.set_printoptions(precision=4)
    """
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    for name, value in given.items():
        if value is not None and value < 0:
            raise ValueError(f"set_printoptions: {name} must not be negative, got {value}")
    options.__dict__.update({name: value for name, value in given.items() if value is not None})
    options.sci_mode = sci_mode


@quiet  # the ratio of the largest to the smallest number may overflow
def _number_format(shown: Array) -> tuple[Callable[[Any], str], int]:
    """A function that prints one number, and the width of a column that fits all of `shown`."""
    if shown.dtype.kind != "f":
        return str, max(len(str(value)) for value in shown.ravel().tolist())

    finite = shown[np.isfinite(shown) & (shown != 0)]
    magnitudes = np.abs(finite).astype(np.float64)
    whole = bool(np.all(finite == np.ceil(finite)))
    scientific = options.sci_mode
    if scientific is None:
        scientific = finite.size > 0 and bool(
            magnitudes.max() / magnitudes.min() > 1000
            or magnitudes.max() > 1e8
            or (magnitudes.min() < 1e-4 and not whole)
        )

    def text(value: float) -> str:
        if scientific:
            return f"{value:.{options.precision}e}"
        if whole:
            return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"
        return f"{value:.{options.precision}f}"

    return text, max((len(text(value)) for value in finite.ravel().tolist()), default=1)


def _edges(values: Array) -> Array:
    """What a summary shows of `values`: both ends of every long dimension."""
    for axis in range(values.ndim):
        if values.shape[axis] > 2 * options.edgeitems:
            ends = [*range(options.edgeitems), *range(-options.edgeitems, 0)]
            values = values.take(ends, axis)
    return values


def _body(
    shown: Array, cut: list[bool], text: Callable[[Any], str], width: int, indent: int
) -> str:
    """The numbers of `shown` in brackets, of which the first is in column `indent`.

    Dimensions that are `cut` are ends of longer ones, with an ellipsis in the middle.
    """
    if shown.ndim == 0:
        return text(shown.item()).rjust(width)
    if shown.ndim > 1:
        parts = [_body(part, cut[1:], text, width, indent + 1) for part in shown]
    else:
        parts = [text(value).rjust(width) for value in shown.tolist()]
    if cut[0]:
        parts.insert(options.edgeitems, "..." if shown.ndim > 1 else " ...")
    if shown.ndim == 1:
        per_line = max(1, (options.linewidth - indent) // (width + 2))
        parts = [", ".join(parts[i : i + per_line]) for i in range(0, len(parts), per_line)]
    line_end = "," + "\n" * max(shown.ndim - 1, 1) + " " * (indent + 1)
    return f"[{line_end.join(parts)}]"


def format_tensor(values: Array, grad: str | None) -> str:
    """The `repr` of a tensor.

    Args:
        values: The tensor's numbers.
        grad: `requires_grad=True`, `grad_fn=<...>` or None.
    """
    prefix = "tensor("
    suffixes = []
    dtype = FROM_NUMPY[values.dtype]
    shown = _edges(values) if values.size > options.threshold else values
    if shown.size:
        text, width = _number_format(shown)
        cut = [long != short for long, short in zip(values.shape, shown.shape, strict=True)]
        body = _body(shown, cut, text, width, len(prefix))
    else:
        body = "[...]" if values.size else "[]"
    shape_is_clear = options.edgeitems > 0 if values.size else values.ndim == 1
    if not shape_is_clear:
        suffixes.append(f"size={tuple(values.shape)}")
    if dtype is not float32 and (values.size == 0 or dtype not in (int64, bool_)):
        suffixes.append(f"dtype={dtype!r}")
    if grad:
        suffixes.append(grad)

    column = len(prefix + body) - (prefix + body).rfind("\n") + 1  # one more, as PyTorch counts
    whole = prefix + body
    for suffix in suffixes:
        if column + len(suffix) + 2 > options.linewidth:
            whole += ",\n" + " " * len(prefix) + suffix
            column = len(prefix) + len(suffix)
        else:
            whole += ", " + suffix
            column += len(suffix) + 2
    return whole + ")"
