"""Parameters and their state as flat vectors, so that many small tensors move as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from math import prod

import numpy as np

from ..core.versions import tick, written
from ..dtypes import Array
from ..tensor import Tensor

Update = Callable[[Array, Array, dict[str, Array], float], tuple[Array, dict[str, Array]]]

BLOCK = 32768
"""Formulas work on this many numbers at a time, which stay in the processor's cache."""


class Flat:
    """Arrays as one vector: a view if they are consecutive parts of one, else copied both ways.

    Args:
        arrays: Arrays of one type.
    """

    def __init__(self, arrays: Sequence[Array]) -> None:
        self._arrays = arrays
        view = _joined(arrays)
        self._copied = view is None
        size = sum(each.size for each in arrays)
        self._vector = np.empty(size, arrays[0].dtype) if view is None else view
        self._parts = parts(self._vector, [each.shape for each in arrays])

    def read(self) -> Array:
        """The elements of all arrays, one after the other, as they are now."""
        if self._copied:
            np.concatenate(self._arrays, None, self._vector)
        return self._vector

    def write(self, number: int) -> None:
        """Makes what the vector holds the arrays' elements; a write with this number."""
        if self._copied:
            for array, part in zip(self._arrays, self._parts, strict=True):
                array[...] = part
                written.note(array, number)
        else:
            written.note(self._vector, number)


class FlatGroup:
    """Parameters of one type that have moved equally often, with their gradients and state.

    Args:
        parameters: The parameters, each with a gradient.
        state: The tensors of their states by name, in the parameters' order.
        step: How often they have moved.

    Attributes:
        gradient: The gradients, one after the other, once gathered.
    """

    def __init__(
        self, parameters: Sequence[Tensor], state: dict[str, list[Tensor]], step: float
    ) -> None:
        self.parameters = parameters
        self.step = step
        self._values = Flat([each._array for each in parameters])
        self._state = {
            name: Flat([each._array for each in tensors]) for name, tensors in state.items()
        }
        self.gradient = np.empty_like(self._values.read())

    def moved_together(self) -> bool:
        """Whether all parameters have still moved equally often: `step` may be written to."""
        if "step" not in self._state:
            return True
        steps = set(self._state["step"].read().tolist())
        if len(steps) > 1:
            return False
        self.step = steps.pop()
        return True

    def gather(self) -> None:
        """Reads the gradients, and is ready for the next step."""
        gradients = [each._grad._array for each in self.parameters]  # type: ignore[union-attr]
        np.concatenate(gradients, None, self.gradient)
        self._old: tuple[Array, dict[str, Array]] | None = None
        self._new: tuple[Array, dict[str, Array]] | None = None
        self._start = 0

    def move(self, update: Update) -> dict[str, Array]:
        """Takes a step, or finishes one that was interrupted; once finished, it changes nothing.

        What is new is computed beside the old, block by block, and may be written twice.

        Args:
            update: Computes new values and states from values, gradient, state and the number of
                the step.

        Returns:
            The parts of the state that were not there, as vectors.
        """
        if self._old is None:
            self._created: dict[str, Array] = {}
            state = {name: each.read() for name, each in self._state.items()}
            self._old = self._values.read(), state
        p, state = self._old
        while self._start < max(len(p), 1):
            block = slice(self._start, self._start + BLOCK)
            if self._new is None:
                old = {name: vector[block] for name, vector in state.items()}
                self._new = update(p[block], self.gradient[block], old, self.step + 1)
            p[block], new = self._new
            for name, part in new.items():
                if name in state:
                    state[name][block] = part
                else:
                    self._created.setdefault(name, np.empty_like(p))[block] = part
            self._new, self._start = None, self._start + BLOCK
        if "step" in state:
            state["step"].fill(self.step + 1)
        number = tick()
        self._values.write(number)
        for flat in self._state.values():
            flat.write(number)
        return self._created


def parts(vector: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Views of consecutive parts of a vector, of these shapes."""
    ends = list(accumulate(map(prod, shapes)))
    starts = [0, *ends]
    return [vector[a:b].reshape(shape) for a, b, shape in zip(starts, ends, shapes, strict=False)]


def _joined(arrays: Sequence[Array]) -> Array | None:
    """The vector that the arrays are consecutive parts of, as a view; None if they are not."""
    base = arrays[0].base
    if not isinstance(base, np.ndarray) or base.ndim != 1 or not base.flags.c_contiguous:
        return None
    start = end = address(arrays[0])
    for each in arrays:
        if (
            each.base is not base
            or each.dtype != base.dtype
            or not each.flags.c_contiguous
            or address(each) != end
        ):
            return None
        end += each.nbytes
    first = (start - address(base)) // base.itemsize
    return base[first : first + (end - start) // base.itemsize]


def address(array: Array) -> int:
    """Where the first element is in memory."""
    return array.__array_interface__["data"][0]  # type: ignore[no-any-return]
