"""Operations element by element: y = f(x) or y = f(a, b), with broadcasting.

dL/dx is `g` times the slope at the same element; where an operand was repeated, the gradients of
its repetitions add up.
"""

from __future__ import annotations

import numpy as np

from .arithmetic import Array, only, rounded, unbroadcast
from .graph import Result, vjp
from .layout import copy, laid_out, row_major
from .quiet import quiet


@quiet
def elementwise(function: np.ufunc, a: Array, b: Array) -> Array:
    """`function(a, b)`, without a derivative."""
    return laid_out(function(a, b), a, b)


# ---- functions of one array ----


def tanh(x: Array) -> Result:
    """y = tanh x;  dL/dx = g (1 - y²)."""
    y = laid_out(rounded(np.tanh, x), x)
    return y, [vjp(lambda g, y: g * (1 - y * y), y)]


def sigmoid(x: Array) -> Result:
    """y = 1 / (1 + e⁻ˣ) = (1 + tanh(x/2)) / 2, which cannot overflow;  dL/dx = g y (1 - y)."""
    half = x.dtype.type(0.5)
    y = laid_out(half * (1 + rounded(np.tanh, half * x)), x)
    return y, [vjp(lambda g, y: g * y * (1 - y), y)]


def relu(x: Array) -> Result:
    """y = max(x, 0);  dL/dx = g where y > 0 (or nan), else 0."""
    y = laid_out(np.maximum(x, 0), x)
    return y, [vjp(lambda g, y: only(~(y <= 0), g), y)]


@quiet
def exp(x: Array) -> Result:
    """y = eˣ;  dL/dx = g y."""
    y = laid_out(rounded(np.exp, x), x)
    return y, [vjp(lambda g, y: g * y, y)]


@quiet
def log(x: Array) -> Result:
    """y = ln x;  dL/dx = g / x."""
    return laid_out(rounded(np.log, x), x), [vjp(lambda g, x: g / x, x)]


@quiet
def sqrt(x: Array) -> Result:
    """y = √x;  dL/dx = g / 2y."""
    y = laid_out(np.sqrt(x), x)
    return y, [vjp(lambda g, y: g / (2 * y), y)]


@quiet
def reciprocal(x: Array) -> Result:
    """y = 1/x;  dL/dx = -g y²."""
    y = laid_out(np.reciprocal(x), x)
    return y, [vjp(lambda g, y: -g * y * y, y)]


@quiet
def sin(x: Array) -> Result:
    """y = sin x;  dL/dx = g cos x."""
    return laid_out(rounded(np.sin, x), x), [vjp(lambda g, x: g * rounded(np.cos, x), x)]


@quiet
def cos(x: Array) -> Result:
    """y = cos x;  dL/dx = -g sin x."""
    return laid_out(rounded(np.cos, x), x), [vjp(lambda g, x: -g * rounded(np.sin, x), x)]


def neg(x: Array) -> Result:
    """y = -x;  dL/dx = -g."""
    return laid_out(np.negative(x), x), [vjp(lambda g: -g)]


def abs(x: Array) -> Result:
    """y = |x|;  dL/dx = g sign x, and 0 at 0 and nan."""
    y = laid_out(np.abs(x), x)
    return y, [vjp(lambda g, x: g * ((x > 0).astype(g.dtype) - (x < 0)), x)]


def clone(x: Array) -> Result:
    """y = x in memory of its own;  dL/dx = g."""
    return copy(x), [vjp(lambda g: g)]


@quiet
def to(x: Array, dtype: np.dtype[np.generic]) -> Result:
    """y = x in another type;  dL/dx = g in the type of x."""
    before = x.dtype
    return laid_out(x.astype(dtype), x), [vjp(lambda g: g.astype(before))]


# ---- functions of two arrays ----


def add(a: Array, b: Array) -> Result:
    """y = a + b;  dL/da = g, dL/db = g."""
    a_shape, b_shape = a.shape, b.shape
    return elementwise(np.add, a, b), [
        vjp(lambda g: unbroadcast(g, a_shape)),
        vjp(lambda g: unbroadcast(g, b_shape)),
    ]


def sub(a: Array, b: Array) -> Result:
    """y = a - b;  dL/da = g, dL/db = -g."""
    a_shape, b_shape = a.shape, b.shape
    return elementwise(np.subtract, a, b), [
        vjp(lambda g: unbroadcast(g, a_shape)),
        vjp(lambda g: unbroadcast(-g, b_shape)),
    ]


def mul(a: Array, b: Array) -> Result:
    """y = a b;  dL/da = g b, dL/db = g a."""
    a_shape, b_shape = a.shape, b.shape
    return elementwise(np.multiply, a, b), [
        vjp(lambda g, b: unbroadcast(g * b, a_shape), b),
        vjp(lambda g, a: unbroadcast(g * a, b_shape), a),
    ]


def div(a: Array, b: Array) -> Result:
    """y = a / b;  dL/da = g / b, dL/db = -g a / b²."""
    a_shape, b_shape = a.shape, b.shape
    return elementwise(np.divide, a, b), [
        vjp(lambda g, b: unbroadcast(g / b, a_shape), b),
        vjp(lambda g, a, b: unbroadcast(-g * a / (b * b), b_shape), a, b),
    ]


def remainder(a: Array, b: Array) -> Result:
    """y = a - b ⌊a / b⌋;  dL/da = g, dL/db = -g ⌊a / b⌋."""
    a_shape, b_shape = a.shape, b.shape
    return elementwise(np.remainder, a, b), [
        vjp(lambda g: unbroadcast(g, a_shape)),
        vjp(lambda g, a, b: unbroadcast(-g * np.floor_divide(a, b), b_shape), a, b),
    ]


@quiet
def pow(a: Array, n: Array) -> Result:
    """y = aⁿ;  dL/da = g n aⁿ⁻¹ (0 for n = 0), dL/dn = g y ln a (0 for a = 0)."""
    a_shape, n_shape = a.shape, n.shape
    y = laid_out(_power(a, n), a, n)

    def by_base(g: Array, a: Array, n: Array) -> Array:
        return unbroadcast(only(n != 0, g * (n * _power(a, n - 1))), a_shape)

    def by_exponent(g: Array, a: Array, n: Array, y: Array) -> Array:
        return unbroadcast(only((a != 0) | (n < 0), g * (y * rounded(np.log, a))), n_shape)

    return y, [vjp(by_base, a, n), vjp(by_exponent, a, n, y)]


def _power(a: Array, n: Array) -> Array:
    if a.dtype == np.float32:
        return np.asarray(np.power(a, n, dtype=np.float64), np.float32)
    if a.dtype.kind in "fu":
        return np.asarray(np.power(a, n), a.dtype)
    y = np.power(a, np.abs(n))  # of whole numbers, 1/y is 0 unless y is 1 or -1
    return np.asarray(np.where((n < 0) & (np.abs(y) != 1), 0, y), a.dtype)


def maximum(a: Array, b: Array) -> Result:
    """y = max(a, b);  g goes to the larger, half to each where they are equal."""
    return _extremum(np.maximum, np.greater, a, b)


def minimum(a: Array, b: Array) -> Result:
    """y = min(a, b);  g goes to the smaller, half to each where they are equal."""
    return _extremum(np.minimum, np.less, a, b)


def _extremum(choose: np.ufunc, better: np.ufunc, a: Array, b: Array) -> Result:
    a_shape, b_shape = a.shape, b.shape

    def share(g: Array, mine: Array, theirs: Array) -> Array:
        half = np.where(mine == theirs, g.dtype.type(0.5), g.dtype.type(1))
        return only(~better(theirs, mine), g * half)

    return elementwise(choose, a, b), [
        vjp(lambda g, a, b: unbroadcast(share(g, a, b), a_shape), a, b),
        vjp(lambda g, a, b: unbroadcast(share(g, b, a), b_shape), a, b),
    ]


# ---- choices ----


@quiet
def clamp(x: Array, low: Array | None, high: Array | None) -> Result:
    """y = min(max(x, low), high), either bound being optional;  g goes to the one that y is."""
    x_shape = x.shape
    operands = [each for each in (x, low, high) if each is not None]
    y = x if low is None else np.maximum(x, low)
    y = laid_out(y if high is None else np.minimum(y, high), *operands)

    def by_x(g: Array, x: Array, low: Array | None, high: Array | None) -> Array:
        inside = np.asarray((low is None or x >= low) & (high is None or x <= high))
        return unbroadcast(only(inside, g), x_shape)

    def by_low(g: Array, x: Array, low: Array, high: Array | None) -> Array:
        return unbroadcast(only((x < low) & (high is None or low < high), g), low.shape)

    def by_high(g: Array, x: Array, low: Array | None, high: Array) -> Array:
        return unbroadcast(only((x > high) | (low is not None and high < low), g), high.shape)

    every = ((by_x, x), (by_low, low), (by_high, high))
    return y, [vjp(by, x, low, high) for by, operand in every if operand is not None]


def where(mask: Array, a: Array, b: Array) -> Result:
    """y = a where the mask is True, else b;  g goes to the one that was chosen."""
    a_shape, b_shape = a.shape, b.shape
    return laid_out(np.where(mask, a, b), mask, a, b), [
        vjp(lambda g, mask: unbroadcast(only(mask, g), a_shape), mask),
        vjp(lambda g, mask: unbroadcast(only(~mask, g), b_shape), mask),
    ]


def masked_fill(x: Array, mask: Array, value: Array) -> Result:
    """y = value where the mask is True, else x, in row-major order;  as `where`."""
    x_shape = x.shape
    return row_major(np.where(mask, value, x)), [
        vjp(lambda g, mask: unbroadcast(only(~mask, g), x_shape), mask),
        vjp(lambda g, mask: unbroadcast(only(mask, g), ()), mask),
    ]
