"""Looking up and replacing elements by position."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arithmetic import Array, unbroadcast
from .graph import Result, Sparse, vjp
from .layout import inner_to_outer, ordered_empty, row_major
from .reduction import along

Index = tuple[Any, ...]


def embedding(table: Array, index: Array, padding: int | None) -> Result:
    """y = the rows of `table` at `index`;  dL/dtable = Σ g over the look-ups, 0 for `padding`."""
    shape = table.shape

    def by_table(g: Array, index: Array) -> Sparse:
        if padding is not None:
            g = np.where((index == padding)[..., None], 0, g).astype(g.dtype, copy=False)
        return Sparse(shape, index, g, repeats=True)

    return row_major(table[index]), [vjp(by_table, index)]


def gather(x: Array, dim: int, index: Array) -> Result:
    """y[i, j] = x[i, index[i, j]] (for dim = 1);  dL/dx = Σ g over the look-ups."""
    shape = x.shape
    places = along(index, dim, x.ndim)
    y = row_major(np.asarray(x[places]))
    return y, [vjp(lambda g, places: Sparse(shape, places, g, repeats=True), places)]


def scatter(x: Array, dim: int, index: Array, source: Array) -> Result:
    """y = x with y[i, index[i, j]] = source[i, j] (for dim = 1);  g goes to what is there."""
    shape = source.shape
    places = along(index, dim, x.ndim)
    corner = tuple(slice(length) for length in index.shape)
    y = x.copy("C")
    y[places] = source[corner] if source.ndim else source

    def by_x(g: Array, places: Index) -> Array:
        g = np.array(g)
        g[places] = 0
        return g

    def by_source(g: Array, places: Index) -> Sparse:
        return Sparse(shape, corner, g[places])

    return y, [vjp(by_x, places), vjp(by_source, places)]


def index_select(x: Array, dim: int, index: Array) -> Result:
    """y = the slices of x at `index` along `dim`;  dL/dx = Σ g over the look-ups."""
    shape = x.shape
    places: Index = (*(slice(None),) * dim, index)
    y = row_major(x[places])
    return y, [vjp(lambda g, places: Sparse(shape, places, g, repeats=True), places)]


def masked_select(x: Array, mask: Array) -> Result:
    """y = the elements of x where the mask is True, in a row;  g goes back there."""
    before, shape = x.shape, np.broadcast_shapes(x.shape, mask.shape)
    where = np.broadcast_to(mask, shape)
    y = np.broadcast_to(x, shape)[where]

    def by_x(g: Array, mask: Array) -> Array:
        return unbroadcast(Sparse(shape, np.broadcast_to(mask, shape), g).dense(), before)

    return y, [vjp(by_x, mask)]


# ---- x[...] with arrays; ints and slices alone are `shape.piece` ----


def index(x: Array, where: Index) -> Result:
    """y = x[where] for an index with arrays and no ints;  dL/dx = Σ g over the look-ups."""
    shape = x.shape
    y = _follow(x, where, x[where])
    return y, [vjp(lambda g, where: Sparse(shape, where, g, repeats=True), where)]


def _follow(x: Array, where: Index, y: Array) -> Array:
    """The looked-up `y` in the memory order of those dimensions of `x` that it keeps."""
    if x.flags.c_contiguous and 1 not in x.shape:
        return row_major(y)
    steps: list[int] = []  # of the dimensions kept; those of the look-up go where the arrays were
    places, dim = set(), 0
    for item in where:
        if isinstance(item, slice):
            steps.append(x.strides[dim] * (item.step or 1))
            dim += 1
        elif item is None:
            steps.append(0)
        else:
            places.add(len(steps))
            dim += item.ndim if item.dtype.kind == "b" else 1
    steps += x.strides[dim:]
    first = places.pop() if len(places) == 1 else 0
    steps[first:first] = [0] * (y.ndim - len(steps))
    new = ordered_empty(y.shape, inner_to_outer(y.shape, [steps]), y.dtype)
    new[...] = y
    return new


def put(x: Array, ints: Index, where: Index, value: Array) -> Result:
    """y = x with x[ints][where] = value;  dL/dx = g, 0 there;  dL/dvalue = g there."""
    shape = value.shape

    def by_x(g: Array, where: Index) -> Array:
        g = np.array(g)
        g[(*ints, ...)][where] = 0
        return g

    def by_value(g: Array, where: Index) -> Array:
        return unbroadcast(np.asarray(g[(*ints, ...)][where]), shape)

    return x, [vjp(by_x, where), vjp(by_value, where)]


# ---- views whose base was written to: their elements are found by their place in memory ----


def _places(base: Array, x: Array) -> Array:
    """For each element of `x`, which looks at the memory of `base`, its position there."""
    low, high = np.lib.array_utils.byte_bounds(base)
    positions = np.arange((high - low) // base.itemsize)
    first = (x.__array_interface__["data"][0] - low) // base.itemsize
    steps = [step // base.itemsize * positions.itemsize for step in x.strides]
    return np.lib.stride_tricks.as_strided(positions[first:], x.shape, steps)


def view_of(base: Array, x: Array) -> Result:
    """y = x, a view of `base`;  dL/dbase = g where x is, Σ g where it repeats, 0 elsewhere."""
    here, all_places = _places(base, x), _places(base, base)

    def by_base(g: Array, here: Array, all_places: Array) -> Array:
        memory = np.zeros(all_places.max(initial=-1) + 1, g.dtype)
        np.add.at(memory, here, g)
        return memory[all_places]

    return x, [vjp(by_base, here, all_places)]


def write_through(base: Array, x: Array) -> Result:
    """y = base, after its view x took a new value;  dL/dbase = g, 0 at x;  dL/dvalue = g at x."""
    here, all_places = _places(base, x), _places(base, base)

    def by_base(g: Array, here: Array, all_places: Array) -> Array:
        memory = np.empty(all_places.max(initial=-1) + 1, g.dtype)
        memory[all_places] = g
        memory[here] = 0
        return memory[all_places]

    def by_value(g: Array, here: Array, all_places: Array) -> Array:
        memory = np.empty(all_places.max(initial=-1) + 1, g.dtype)
        memory[all_places] = g
        return memory[here]

    return base, [vjp(by_base, here, all_places), vjp(by_value, here, all_places)]
