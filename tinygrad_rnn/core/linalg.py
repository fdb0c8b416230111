"""Matrix products.

For Y = A B the gradients are dL/dA = G Bᵀ and dL/dB = Aᵀ G.
"""

from __future__ import annotations

from typing import Any

from .arithmetic import Array, as_rows, product, sum_of_rows, unbroadcast
from .graph import Result, vjp
from .layout import row_major
from .quiet import quiet


@quiet
def matmul(a: Array, b: Array) -> Result:
    """Y = A B for (..., m, k) and (..., k, n), a vector being a matrix of one row or column."""
    a_shape, b_shape = a.shape, b.shape
    rows = a if a.ndim > 1 else a[None]
    columns = b if b.ndim > 1 else b[:, None]
    y = row_major(product(rows, columns))
    full, rows_shape, columns_shape = y.shape, rows.shape, columns.shape
    if a.ndim == 1 or b.ndim == 1:
        y = y.reshape(full[:-2] + full[-2:][a.ndim == 1 : 2 - (b.ndim == 1)])

    def by_a(g: Array, columns: Array) -> Array:
        da = product(g.reshape(full), columns.swapaxes(-1, -2))
        return unbroadcast(da, rows_shape).reshape(a_shape)

    def by_b(g: Array, rows: Array) -> Array:
        db = product(rows.swapaxes(-1, -2), g.reshape(full))
        return unbroadcast(db, columns_shape).reshape(b_shape)

    return y, [vjp(by_a, columns), vjp(by_b, rows)]


@quiet
def linear(x: Array, w: Array, b: Array | None = None) -> Result:
    """Y = X Wᵀ + b for (..., k), (n, k), (n);  dL/dX = G W, dL/dW = Gᵀ X, dL/db = Σ G."""
    shape = x.shape
    y = product(as_rows(x), w.T).reshape(*shape[:-1], len(w))
    vjps = [
        vjp(lambda g, w: product(as_rows(g), w).reshape(shape), w),
        vjp(lambda g, x: product(as_rows(g).T, as_rows(x)), x),
    ]
    if b is not None:
        y += b
        vjps.append(vjp(lambda g: sum_of_rows(as_rows(g))))
    return y, vjps


@quiet
def addmm(c: Array, a: Array, b: Array, beta: Any, alpha: Any) -> Result:
    """Y = β C + α A B;  dL/dC = β G, dL/dA = α G Bᵀ, dL/dB = α Aᵀ G."""
    shape = c.shape
    return row_major(beta * c + alpha * product(a, b)), [
        vjp(lambda g: unbroadcast(beta * g, shape)),
        vjp(lambda g, b: alpha * product(g, b.T), b),
        vjp(lambda g, a: alpha * product(a.T, g), a),
    ]
