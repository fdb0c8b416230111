"""Where the elements of a result lie in memory: its strides are those that PyTorch gives it.

An elementwise result is dense and follows its operands: of two dimensions, the one along which the
first operand that can tell takes smaller steps is the inner one. For operands in row-major order
that is row-major order, and NumPy gives it; so only other operands come here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .arithmetic import Array
from .quiet import quiet


def inner_to_outer(shape: tuple[int, ...], strides: Sequence[Sequence[int]]) -> list[int]:
    """The dimensions of `shape` in the order in which a result steps through memory.

    Args:
        shape: The result's shape.
        strides: For each operand its strides, 0 along dimensions that it is repeated over.
    """
    order = list(range(len(shape)))[::-1]
    for i in range(1, len(order)):
        at = i
        for before in range(i - 1, -1, -1):
            further = _steps_further(order[before], order[at], shape, strides)
            if further > 0:
                order[before], order[at] = order[at], order[before]
                at = before
            elif further < 0:
                break
    return order


def _steps_further(a: int, b: int, shape: tuple[int, ...], strides: Sequence[Sequence[int]]) -> int:
    """1 if dimension `a` belongs outside of `b`, -1 if inside, 0 if no operand can tell."""
    for steps in strides:
        if steps[a] == 0 or steps[b] == 0:
            continue
        if steps[a] != steps[b]:
            return 1 if steps[a] > steps[b] else -1
        if shape[a] > shape[b]:
            return 1
    return 0


def is_dense(x: Array) -> bool:
    """Whether the elements fill their memory without gaps or repetitions, in any order."""
    expected = x.itemsize
    for step, length in sorted(zip(x.strides, x.shape, strict=True)):
        if length != 1:
            if step != expected:
                return False
            expected *= length
    return True


def ordered_empty(shape: tuple[int, ...], order: Sequence[int], dtype: np.dtype[Any]) -> Array:
    """New memory whose dimensions step from inner to outer in this order."""
    outer_first = order[::-1]
    back = sorted(range(len(shape)), key=outer_first.__getitem__)
    return np.empty([shape[dim] for dim in outer_first], dtype).transpose(back)


def empty_like(x: Array, dtype: np.dtype[Any] | None = None) -> Array:
    """New memory in the shape and, as far as it is dense, the strides of `x`."""
    if x.flags.c_contiguous:
        return np.empty(x.shape, dtype or x.dtype)
    return _empty_for(x.shape, (x,), dtype or x.dtype)


def _empty_for(shape: tuple[int, ...], operands: Sequence[Array], dtype: np.dtype[Any]) -> Array:
    first = operands[0]
    if is_dense(first) and all(
        each.shape == shape and each.strides == first.strides and each.itemsize == first.itemsize
        for each in operands
    ):
        strides = [step // first.itemsize * dtype.itemsize for step in first.strides]
        return np.ndarray(shape, dtype, strides=strides)
    order = inner_to_outer(shape, [_repeated(each, shape) for each in operands])
    return ordered_empty(shape, order, dtype)


def _repeated(x: Array, shape: tuple[int, ...]) -> list[int]:
    """The strides of `x` broadcast to `shape`: 0 where it is repeated."""
    new = len(shape) - x.ndim
    pairs = zip(x.shape, x.strides, shape[new:], strict=True)
    return [0] * new + [step if length == full else 0 for length, step, full in pairs]


def laid_out(y: Array, *operands: Array) -> Array:
    """`y`, computed element by element from `operands`, in the memory order they ask for."""
    for each in operands:
        if not each.flags.c_contiguous:
            break
    else:
        return y
    new = _empty_for(y.shape, operands, y.dtype)
    if new.strides == y.strides:
        return y
    new[...] = y
    return new


def copy(x: Array) -> Array:
    """A copy of `x` with the strides that it would have as a result."""
    if x.flags.c_contiguous:
        return x.copy()
    new = empty_like(x)
    new[...] = x
    return new


def like(x: Array, numbers: Array) -> Array:
    """A vector of numbers as an array in the shape of `x`, in the order of its memory."""
    if x.flags.c_contiguous:
        return numbers.reshape(x.shape)
    new = empty_like(x, numbers.dtype)
    outer_first = new.transpose(inner_to_outer(new.shape, [new.strides])[::-1])
    outer_first[...] = numbers.reshape(outer_first.shape)
    return new


def row_major(y: Array) -> Array:
    """`y` in row-major order: itself if it is, else a copy."""
    return y if y.flags.c_contiguous else y.copy("C")


@quiet
def write(place: Array, values: Array) -> None:
    """Writes `values` into `place`, converted to its type."""
    np.copyto(place, values, casting="unsafe")
