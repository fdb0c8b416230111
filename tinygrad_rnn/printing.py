"""How tensors print: PyTorch's format, to the character.

One number format serves a whole tensor: the column is as wide as its widest number, and
scientific notation is used when the magnitudes are too far apart for four decimals.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

from .core.arithmetic import quiet
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
    """Sets how tensors print; what is not given stays as it is (PyTorch: `set_printoptions`).

    Args:
        precision: Decimals of a floating number (4 to begin with).
        threshold: Tensors with more elements are summarised (1000).
        edgeitems: How many elements a summary keeps at either end of a dimension (3); with 0, it
            shows the shape instead.
        linewidth: Characters per line (80).
        sci_mode: True or False forces scientific notation on or off; None lets the values
            decide, and is what every call that leaves it out goes back to.

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


@quiet  # of numbers too far apart for their ratio
def _number_format(shown: Array) -> tuple[Callable[[float], str], int]:
    """A function that prints one number, and the width of the column that suits all of `shown`."""
    if shown.dtype.kind != "f":
        width = max((len(str(value)) for value in shown.ravel().tolist()), default=1)
        return (lambda value: str(value).rjust(width)), width

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

    width = max((len(text(value)) for value in finite.ravel().tolist()), default=1)
    return (lambda value: text(value).rjust(width)), width


def _edges(values: Array) -> Array:
    """What a summary shows of `values`: both ends of every long dimension."""
    for axis in range(values.ndim):
        if values.shape[axis] > 2 * options.edgeitems:
            ends = [*range(options.edgeitems), *range(-options.edgeitems, 0)]
            values = values.take(ends, axis)
    return values


def _body(
    values: Array, text: Callable[[float], str], width: int, indent: int, summarise: bool
) -> str:
    """The bracketed numbers of `values`, whose first bracket stands in column `indent`."""
    if values.ndim == 0:
        return text(values.item())
    if summarise and not options.edgeitems:
        return "[...]"
    long = summarise and len(values) > 2 * options.edgeitems
    head, tail = (options.edgeitems, options.edgeitems) if long else (len(values), 0)

    if values.ndim == 1:
        numbers = [text(value) for value in values[:head].tolist()]
        if long:
            numbers += [" ..."] + [text(value) for value in values[-tail:].tolist()]
        per_line = max(1, (options.linewidth - indent) // (width + 2))
        lines = [", ".join(numbers[i : i + per_line]) for i in range(0, len(numbers), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"

    parts = [_body(part, text, width, indent + 1, summarise) for part in values[:head]]
    if long:
        parts += ["..."] + [
            _body(part, text, width, indent + 1, summarise) for part in values[-tail:]
        ]
    return "[" + ("," + "\n" * (values.ndim - 1) + " " * (indent + 1)).join(parts) + "]"


def format_tensor(values: Array, grad: str | None) -> str:
    """The `repr` of a tensor.

    Args:
        values: The tensor's numbers.
        grad: What is said of its place in the graph: `requires_grad=True`, `grad_fn=<...>`,
            or None.
    """
    prefix = "tensor("
    suffixes = []
    kind = FROM_NUMPY[values.dtype]
    if values.size == 0:
        body = "[]"
        if values.ndim != 1:
            suffixes.append(f"size={tuple(values.shape)}")
    else:
        summarise = values.size > options.threshold
        shown = _edges(values) if summarise else values
        text, width = _number_format(shown)
        body = _body(values, text, width, len(prefix), summarise)
        if not options.edgeitems:
            suffixes.append(f"size={tuple(values.shape)}")
    if kind is not float32 and (values.size == 0 or kind not in (int64, bool_)):
        suffixes.append(f"dtype={kind!r}")
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
