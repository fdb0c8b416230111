"""Losses of a batch: each compares an input with a target and reduces what it finds.

Scores come as (N, C, d1, ...) or (C), C being the number of classes; they are compared row by row,
(n, C). `r` is the weight of each row, 0 for one that does not count, or None if all weigh 1; "mean"
divides by the sum of these weights.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .arithmetic import Array, as_rows, rounded, starts, total
from .graph import Result, vjp
from .layout import laid_out
from .quiet import quiet
from .reduction import log_probabilities


class NotANumberError(ArithmeticError):
    """A loss is nan, so its gradient would be, too."""


def rows_of(x: Array) -> Array:
    """(N, C, d1, ...) or (C) as (n, C)."""
    if x.ndim < 3:
        return x if x.ndim == 2 else x[None]
    return as_rows(np.moveaxis(x, 1, -1))


def _from_rows(rows: Array, shape: tuple[int, ...]) -> Array:
    """(n, C) as (N, C, d1, ...) or (C)."""
    if len(shape) < 3:
        return rows.reshape(shape)
    return np.moveaxis(rows.reshape(shape[0], *shape[2:], shape[1]), -1, 1)


def _reduced(
    losses: Array, r: Array | None, reduction: str, shape: tuple[int, ...]
) -> tuple[Array, Any]:
    """The loss, and the factor that its gradient gets."""
    dtype = losses.dtype
    if reduction == "none":
        return losses.reshape(shape[:1] + shape[2:] if len(shape) > 1 else ()), dtype.type(1)
    if reduction == "sum":
        return total(losses), dtype.type(1)
    divisor = dtype.type(len(losses)) if r is None else total(r)[()]
    mean = np.add.reduce(losses, None, np.float64) / divisor
    return np.asarray(mean, dtype), dtype.type(1) / divisor


def _column(g: Array) -> Array:
    """The gradient of a loss, beside the rows that it belongs to."""
    return g if g.ndim == 0 else g.reshape(-1, 1)


@quiet
def cross_entropy(x: Array, labels: Array, r: Array | None, reduction: str) -> Result:
    """L = -r log softmax(x)[label];  dL/dx = g r (softmax(x) - one-hot(label)).

    A label of -1 is that of a row that does not count.
    """
    logp, shape = log_probabilities(rows_of(x)), x.shape
    places = starts(*logp.shape) + labels  # of logp[row, label] in memory, which is row-major
    if r is None:
        losses = -logp.take(places)
    else:
        places = np.where(labels < 0, -1, places)
        losses = np.where(labels < 0, 0, -logp.take(places, mode="clip") * r).astype(logp.dtype)
    y, scale = _reduced(losses, r, reduction, shape)

    def by_x(g: Array, logp: Array, places: Array, r: Array | None, y: Array) -> Array:
        _refuse_nan(y)
        dx = rounded(np.exp, logp)
        counted = places if r is None else places[places >= 0]
        dx.put(counted, dx.take(counted) - 1)  # softmax(x) - one-hot(label)
        if r is None:
            dx *= _column(g * scale)
        else:
            dx *= ((g * scale).reshape(-1) * r).reshape(-1, 1)
        return _from_rows(dx, shape)

    return y, [vjp(by_x, logp, places, r, y.copy())]  # y itself may be scaled in place


def _refuse_nan(y: Array) -> None:
    if math.isnan(y.sum() if y.ndim else y):
        raise NotANumberError


@quiet
def nll(logp: Array, labels: Array, r: Array | None, reduction: str) -> Result:
    """L = -r logp[label];  dL/dlogp = -g r one-hot(label)."""
    rows, shape = rows_of(logp), logp.shape
    rows_shape = rows.shape
    counted = np.flatnonzero(labels >= 0)
    columns, n = labels[counted], len(labels)
    losses = np.zeros(n, logp.dtype)
    losses[counted] = -rows[counted, columns]
    if r is not None:
        losses[counted] *= r[counted]
    y, scale = _reduced(losses, r, reduction, shape)

    def by_logp(g: Array, counted: Array, columns: Array, r: Array | None) -> Array:
        slope = np.broadcast_to((g * scale).reshape(-1), n)
        if r is not None:
            slope = slope * r
        d = np.zeros((n, rows_shape[1]), g.dtype)
        d[counted, columns] = -slope[counted]
        return _from_rows(d, shape)

    return y, [vjp(by_logp, counted, columns, r)]


@quiet
def soft_cross_entropy(
    x: Array, t: Array, keep: Any, spread: Any, w: Array, r: Array | None, reduction: str
) -> Result:
    """L = -Σ p log softmax(x), p = w (keep t + spread);  dL/dx = g (softmax(x) Σ p - p).

    Args:
        x: Scores.
        t: Probabilities of the classes, (n, C);  dL/dt = -g w keep log softmax(x).
        keep: How much of t stays when labels are smoothed.
        spread: What every class gets then, for all rows or for each: (n, 1).
        w: The weight of each class, (C).
        r: The weight of each row.
        reduction: `"mean"`, `"sum"` or `"none"`.
    """
    logp, shape = log_probabilities(rows_of(x)), x.shape
    p = (t * keep + spread) * w
    losses = total(np.where(p == 0, 0, -p * logp), -1)
    y, scale = _reduced(losses, r, reduction, shape)

    def by_x(g: Array, logp: Array, p: Array, y: Array) -> Array:
        _refuse_nan(y)
        dx = (rounded(np.exp, logp) * total(p, -1, keepdims=True) - p) * _column(g * scale)
        return _from_rows(dx, shape)

    def by_t(g: Array, logp: Array, w: Array) -> Array:
        return _from_rows(-logp * w * keep * _column(g * scale), shape)

    return y, [vjp(by_x, logp, p, y.copy()), vjp(by_t, logp, w)]


@quiet
def mse(x: Array, t: Array, reduction: str) -> Result:
    """L = d², d = x - t;  dL/dx = 2 g d, dL/dt = -2 g d."""
    d = laid_out(x - t, x, t)
    if reduction == "none":
        y, scale = np.square(d), d.dtype.type(1)
    else:
        y, scale = _reduced(np.square(d).reshape(-1), None, reduction, d.shape)
    return y, [
        vjp(lambda g, d: 2 * d * (g * scale), d),
        vjp(lambda g, d: -(2 * d * (g * scale)), d),
    ]
