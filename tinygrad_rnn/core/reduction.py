"""Reductions: many elements become one, along one or more dimensions.

Results are in row-major order. The VJP spreads `g` over the elements that were reduced.
"""

from __future__ import annotations

import numpy as np

from .arithmetic import Array, as_rows, ones, only, rounded, starts, total, working_type
from .graph import Result, Sparse, vjp
from .layout import row_major
from .quiet import quiet

Dims = tuple[int, ...]


def _spread(g: Array, dims: Dims, keepdim: bool) -> Array:
    """A reduction's gradient with the reduced dimensions back, each of length 1."""
    return g if keepdim else np.expand_dims(g, dims)


# ---- softmax ----


def log_probabilities(x: Array) -> Array:
    """log softmax of each row (along the last dimension), in row-major order.

    The largest x is taken out first, so that nothing overflows; the sum and its logarithm are each
    rounded once.
    """
    rows = as_rows(x)
    best = rows.argmax(1)  # three times as fast as the maximum itself
    largest = rows.take(starts(*rows.shape) + best).reshape(*x.shape[:-1], 1)
    z: Array = np.subtract(x, largest, order="C")
    e = np.exp(z.astype(working_type(z), copy=False))
    sums = e.dot(ones(e.shape[-1], e.dtype)).astype(x.dtype, copy=False)
    z -= rounded(np.log, sums)[..., None]
    return z


def _log_probabilities_along(x: Array, dim: int) -> Array:
    if not x.ndim or not x.size:
        return row_major(x - x)  # 0, and nan for nan or inf
    return row_major(log_probabilities(x.swapaxes(dim, -1)).swapaxes(dim, -1))


@quiet
def log_softmax(x: Array, dim: int) -> Result:
    """y = x - ln Σ eˣ along `dim`;  dL/dx = g - eʸ Σ g."""
    y = _log_probabilities_along(x, dim)

    def by_x(g: Array, y: Array) -> Array:
        dx: Array = g - rounded(np.exp, y) * total(g, dim, keepdims=True)
        return dx

    return y, [vjp(by_x, y)]


@quiet
def softmax(x: Array, dim: int) -> Result:
    """y = eˣ / Σ eˣ along `dim`;  dL/dx = y (g - Σ g y)."""
    y = rounded(np.exp, _log_probabilities_along(x, dim))
    return y, [vjp(lambda g, y: y * (g - total(g * y, dim, keepdims=True)), y)]


@quiet
def logsumexp(x: Array, dims: Dims, keepdim: bool) -> Result:
    """y = ln Σ eˣ, the largest x taken out first;  dL/dx = g eˣ⁻ʸ."""
    largest = x.max(dims, keepdims=True, initial=-np.inf)
    largest = np.where(np.isfinite(largest), largest, 0).astype(x.dtype)
    sums = total(rounded(np.exp, x - largest), dims, keepdims=True)
    y = row_major(rounded(np.log, sums) + largest)
    y = y if keepdim else y.squeeze(dims)

    def by_x(g: Array, x: Array, y: Array) -> Array:
        return _spread(g, dims, keepdim) * rounded(np.exp, x - _spread(y, dims, keepdim))

    return y, [vjp(by_x, x, y)]


# ---- sums ----


@quiet
def sum(x: Array, dims: Dims, keepdim: bool) -> Result:
    """y = Σ x, added in float64;  dL/dx = g for every summand."""
    shape = x.shape
    y = row_major(total(x, dims, keepdim))
    return y, [vjp(lambda g: np.broadcast_to(_spread(g, dims, keepdim), shape))]


def _count(shape: tuple[int, ...], dims: Dims) -> np.float64:
    return np.float64(np.prod([shape[dim] for dim in dims], dtype=np.int64))


@quiet
def mean(x: Array, dims: Dims, keepdim: bool) -> Result:
    """y = Σ x / n;  dL/dx = g / n."""
    shape, dtype, n = x.shape, x.dtype, _count(x.shape, dims)
    y = total(x.astype(np.float64, copy=False), dims, keepdim) / n

    def by_x(g: Array) -> Array:
        return np.broadcast_to(_spread(g / n, dims, keepdim).astype(g.dtype), shape)

    return row_major(np.asarray(y, dtype)), [vjp(by_x)]


@quiet
def var(x: Array, dims: Dims, keepdim: bool, correction: float) -> Result:
    """y = Σ d² / m, with d = x - mean and m = n - correction;  dL/dx = 2 g d / m."""
    y, d, m = _variance(x, dims, keepdim, correction)

    def by_x(g: Array, d: Array) -> Array:
        return (_spread(g, dims, keepdim) * (2 / m) * d).astype(g.dtype)

    return row_major(y.astype(x.dtype)), [vjp(by_x, d)]


@quiet
def std(x: Array, dims: Dims, keepdim: bool, correction: float) -> Result:
    """y = √(Σ d² / m), as `var`;  dL/dx = g d / (y m), and 0 for y = 0."""
    variance, d, m = _variance(x, dims, keepdim, correction)
    y = np.sqrt(variance)

    def by_x(g: Array, y: Array, d: Array) -> Array:
        slope = np.where(y == 0, 0, g / (y * m))
        return (_spread(slope, dims, keepdim) * d).astype(g.dtype)

    return row_major(y.astype(x.dtype)), [vjp(by_x, y, d)]


def _variance(
    x: Array, dims: Dims, keepdim: bool, correction: float
) -> tuple[Array, Array, np.float64]:
    """The variance, the deviations from the mean, and the divisor, in float64."""
    x = x.astype(np.float64)
    n = _count(x.shape, dims)
    m = np.maximum(n - correction, 0)
    d = x - x.sum(dims, keepdims=True) / n
    return np.asarray((d * d).sum(dims, keepdims=keepdim) / m), d, m


@quiet
def norm(x: Array, p: float, dims: Dims, keepdim: bool) -> Result:
    """y = (Σ |x|ᵖ)^(1/p), max |x| for p = ∞;  dL/dx = g sign x (|x| / y)ᵖ⁻¹."""
    size = np.abs(x.astype(np.float64))
    if p == np.inf:
        y = size.max(dims, keepdims=True, initial=0)
        slope = (size == y) / (size == y).sum(dims, keepdims=True)
    else:
        y = (size**p).sum(dims, keepdims=True) ** (1 / p)
        slope = np.divide(size, y, out=np.zeros_like(size), where=y != 0) ** (p - 1) * (y != 0)
    slope = (np.sign(x) * slope).astype(x.dtype)
    result = row_major((y if keepdim else y.squeeze(dims)).astype(x.dtype))
    return result, [
        vjp(lambda g, slope: only(slope != 0, _spread(g, dims, keepdim) * slope), slope)
    ]


# ---- extremes ----


def extreme(x: Array, choose: np.ufunc, dims: Dims, keepdim: bool, nan_shares: bool) -> Result:
    """y = max x or min x;  g is shared by the elements equal to y, for y = nan by those or none."""
    y = row_major(np.asarray(choose.reduce(x, axis=dims, keepdims=keepdim)))

    def by_x(g: Array, x: Array, y: Array) -> Array:
        y = _spread(y, dims, keepdim)
        chosen: Array = (x == y) | (np.isnan(x) & np.isnan(y) & nan_shares)
        share = _spread(g, dims, keepdim) / chosen.sum(dims, keepdims=True).astype(g.dtype)
        return only(chosen, share) if nan_shares else share * chosen

    return y, [vjp(by_x, x, y)]


def take_along(x: Array, index: Array, dim: int, keepdim: bool) -> Result:
    """y = the element of x at `index` along `dim`, or several if `keepdim`;  g goes there."""
    shape = x.shape
    places = along(index if keepdim else np.expand_dims(index, dim), dim, x.ndim)
    y = row_major(x[places])

    def by_x(g: Array, places: tuple[Array, ...]) -> Sparse:
        return Sparse(shape, places, _spread(g, (dim,), keepdim))

    return y if keepdim else y.squeeze(dim), [vjp(by_x, places)]


def along(index: Array, dim: int, ndim: int) -> tuple[Array, ...]:
    """NumPy's index for `index` along `dim` and every position of its own along the others.

    An index of other than `ndim` dimensions is empty, or of one element for a vector.
    """
    if index.ndim != ndim:
        return (index,) * ndim
    places: list[Array] = list(np.indices(index.shape, sparse=True))
    places[dim] = index
    return tuple(places)
