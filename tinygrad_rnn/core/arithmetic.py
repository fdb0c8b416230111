"""How float32 is computed: small operands in float64, rounded once; large ones as they are.

A result that was rounded once is the float32 number nearest to the true one, so small programs
print the same digits on every processor, unless a sum is almost exactly between two float32 numbers
(a few in 10⁹). Plain float32 code does not promise that: it adds in another order wherever its
vectors are wider.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
"""A NumPy array of any element type."""

ROUND_ONCE = 1024
"""An operand with more numbers than this is computed in its own type."""

_DOUBLE = np.dtype(np.float64)
_SINGLE = np.dtype(np.float32)


def working_type(*operands: Array) -> np.dtype[Any]:
    """The type to compute in: float64 for small float32 operands, else their own."""
    dtype = operands[0].dtype
    if dtype == _SINGLE:
        for operand in operands:
            if operand.size > ROUND_ONCE:
                return dtype
        return _DOUBLE
    return dtype


def rounded(function: np.ufunc, x: Array) -> Array:
    """`function(x)`, rounded once if `x` is small."""
    y: Array = function(x.astype(working_type(x), copy=False))
    return y.astype(x.dtype, copy=False)


def rounded_to(dtype: np.dtype[Any], x: Array) -> Array:
    """`x` rounded to the numbers that `dtype` has, but in its own type."""
    return x.astype(dtype, copy=False).astype(x.dtype, copy=False)


def product(a: Array, b: Array) -> Array:
    """The matrix product of `a` and `b`, rounded once if both are small."""
    dtype, wide = a.dtype, working_type(a, b)
    a, b = a.astype(wide, copy=False), b.astype(wide, copy=False)
    y: Array = a.dot(b) if b.ndim == 2 else np.matmul(a, b)
    return y.astype(dtype, copy=False)


def total(x: Array, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
    """The sum of `x` over `axis`: whole numbers as int64, floating ones added in float64."""
    wide = np.float64 if x.dtype.kind == "f" else np.int64
    y = np.sum(x, axis, dtype=wide, keepdims=keepdims)
    return np.asarray(y, x.dtype if x.dtype.kind == "f" else None)


def sum_of_rows(x: Array) -> Array:
    """The sum of a matrix over its rows; of a large one as a product with ones, which is faster."""
    if working_type(x) != x.dtype:
        return np.add.reduce(x, 0, _DOUBLE).astype(_SINGLE)  # type: ignore[no-any-return]
    return ones(len(x), x.dtype).dot(x)  # type: ignore[no-any-return]


@lru_cache(maxsize=16)
def ones(length: int, dtype: np.dtype[Any]) -> Array:
    """A vector of ones, made once: a product with it is a sum."""
    vector = np.ones(length, dtype)
    vector.flags.writeable = False
    return vector


@lru_cache(maxsize=16)
def starts(rows: int, length: int) -> Array:
    """Where each row of a matrix begins in its memory, made once."""
    places = np.arange(0, rows * length, length)
    places.flags.writeable = False
    return places


def as_rows(x: Array) -> Array:
    """(..., k) as a matrix (n, k)."""
    return x if x.ndim == 2 else x.reshape(prod(x.shape[:-1]), x.shape[-1])


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """The VJP of broadcasting `shape` to `g.shape`: a sum over what was repeated."""
    if g.shape == shape:
        return g
    g = total(g, tuple(range(g.ndim - len(shape))))
    stretched = tuple(i for i, length in enumerate(shape) if length == 1 != g.shape[i])
    return total(g, stretched, keepdims=True) if stretched else g


def only(mask: Array, g: Array) -> Array:
    """`g` where the mask is True, else 0. A product would make nan of 0 and inf."""
    return np.where(mask, g, 0).astype(g.dtype, copy=False)


def multiply_add(x: Array, factor: np.floating[Any], summand: np.floating[Any]) -> Array:
    """`x * factor + summand`, rounded once, as a processor's fused instruction does it."""
    if x.dtype == _SINGLE:  # the product of two float32 numbers is exact in float64
        return (x.astype(np.float64) * np.float64(factor) + np.float64(summand)).astype(x.dtype)
    product, error = _exact_product(x, factor)
    y: Array = product + summand
    back = y - product
    rest: Array = (product - (y - back)) + (summand - back) + error
    y += rest
    return y


def _exact_product(a: Array, b: np.floating[Any]) -> tuple[Array, Array]:
    """The product of float64 numbers, and what rounding took from it (Dekker, 1971)."""
    (a1, a2), (b1, b2) = (_halves(np.asarray(each)) for each in (a, b))
    y = a * b
    return y, ((a1 * b1 - y) + a1 * b2 + a2 * b1) + a2 * b2


def _halves(x: Array) -> tuple[Array, Array]:
    """A float64 number as the sum of two of 26 bits."""
    shifted = 134217729.0 * x  # 2**27 + 1
    upper = shifted - (shifted - x)
    return upper, x - upper
