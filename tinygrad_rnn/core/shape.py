"""The same elements in another shape, order or place.

The VJP puts each gradient back to where its element came from; of an element that was repeated it
adds them up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .arithmetic import Array, total, unbroadcast
from .graph import Result, Sparse, vjp
from .layout import empty_like, row_major

# ---- views: the result looks at the memory of x ----


def view(x: Array, shape: tuple[int, ...]) -> Result:
    """y = x in another shape, in the same memory if that is possible;  dL/dx = g in x's shape."""
    before = x.shape
    return x.reshape(shape), [vjp(lambda g: g.reshape(before))]


def squeeze(x: Array, dims: tuple[int, ...]) -> Result:
    """y = x without `dims`, which are of length 1;  dL/dx = g with them."""
    before = x.shape
    return x.squeeze(dims), [vjp(lambda g: g.reshape(before))]


def transpose(x: Array, first: int, second: int) -> Result:
    """y = x with two dimensions exchanged;  dL/dx = g with them exchanged back."""
    return x.swapaxes(first, second), [vjp(lambda g: g.swapaxes(first, second))]


def permute(x: Array, order: tuple[int, ...]) -> Result:
    """y = x with its dimensions in this order;  dL/dx = g with them in the order of x."""
    back = tuple(sorted(range(len(order)), key=order.__getitem__))
    return x.transpose(order), [vjp(lambda g: g.transpose(back))]


def expand(x: Array, shape: tuple[int, ...]) -> Result:
    """y = x repeated, without memory for it;  dL/dx = Σ g over the repetitions."""
    before = x.shape
    y = x[...] if shape == before else np.broadcast_to(x, shape)
    y.flags.writeable = x.flags.writeable  # a part of it that repeats nothing may be written to
    return y, [vjp(lambda g: unbroadcast(g, before))]


def piece(x: Array, index: tuple[Any, ...]) -> Result:
    """y = x[index] for ints, slices and None;  dL/dx = g at `index`, 0 elsewhere."""
    shape = x.shape
    y = x[(*index, ...)]
    if None in index:  # reshaped, because NumPy gives a new dimension no stride of its own
        y = x[(*(each for each in index if each is not None), ...)].reshape(y.shape)
    return y, [vjp(lambda g: Sparse(shape, index, g))]


# ---- copies ----


def flip(x: Array, dims: tuple[int, ...]) -> Result:
    """y = x with the order along `dims` reversed;  dL/dx = g reversed back."""
    y = empty_like(x)
    y[...] = np.flip(x, dims)
    return y, [vjp(lambda g: np.flip(g, dims))]


def contiguous(x: Array) -> Result:
    """y = x in row-major order;  dL/dx = g."""
    return x.copy("C"), [vjp(lambda g: g)]


def repeat(x: Array, times: tuple[int, ...]) -> Result:
    """y = x tiled `times` along each dimension;  dL/dx = Σ g over the tiles."""
    before = x.shape
    shape = (1,) * (len(times) - x.ndim) + before
    tiles = tuple(n for pair in zip(times, shape, strict=True) for n in pair)
    every_other = tuple(range(0, len(tiles), 2))
    return row_major(np.tile(x, times)), [
        vjp(lambda g: total(g.reshape(tiles), every_other).reshape(before))
    ]


def cat(parts: Sequence[Array], dim: int) -> Result:
    """y = the parts, one after the other along `dim`;  each gets its part of g.

    A part of shape (0,) stands for nothing, whatever the shape of the others.
    """
    before = (slice(None),) * dim
    vjps, end = [], 0
    for part in parts:
        if part.shape == (0,):
            vjps.append(vjp(lambda g: g.reshape(-1)[:0]))
            continue
        place = (*before, slice(end, end := end + part.shape[dim]))
        vjps.append(vjp(lambda g, place=place: g[place]))
    joined = [part for part in parts if part.shape != (0,)] or parts[:1]
    return row_major(np.concatenate(joined, dim)), vjps


def stack(parts: Sequence[Array], dim: int) -> Result:
    """y = the parts side by side along a new `dim`;  each gets its slice of g."""
    before = (slice(None),) * dim
    vjps = [vjp(lambda g, i=i: g[(*before, i)]) for i in range(len(parts))]
    return row_major(np.stack(parts, dim)), vjps


# ---- replacing ----


def overwrite(x: Array, value: Array) -> Result:
    """y = value, in the shape of x;  dL/dx = 0, dL/dvalue = Σ g over the repetitions."""
    shape = value.shape
    y = np.broadcast_to(value, x.shape)
    return y, [vjp(np.zeros_like), vjp(lambda g: unbroadcast(g, shape))]
