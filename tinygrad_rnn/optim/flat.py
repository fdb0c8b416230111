"""Parameters and their state as flat vectors, so that many small tensors move as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from math import prod

import numpy as np

from ..core.versions import tick
from ..dtypes import Array
from ..tensor import Tensor

Update = Callable[[Array, Array, dict[str, Array], float], tuple[Array, dict[str, Array]]]

BLOCK = 32768
"""Formulas work on this many numbers at a time, which stay in the processor's cache."""


class Flat:
    """Tensors as one vector: a view if they are consecutive parts of one, else copied both ways.

    Args:
        tensors: Tensors of one type.
    """

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        self.tensors = tensors
        self._view = _joined([each._array for each in tensors])
        self._places = _places([each.shape for each in tensors])

    def read(self) -> Array:
        """The numbers of all tensors, one after the other."""
        if self._view is not None:
            return self._view
        return np.concatenate([each._array.reshape(-1) for each in self.tensors])

    def write(self, vector: Array) -> None:
        """Copies the numbers of `vector` into the tensors' own memory."""
        number = tick()
        if self._view is not None:
            if vector is not self._view:
                self._view[...] = vector
            self.tensors[0]._note_write(number)  # all of them share its memory
            return
        for tensor, place in zip(self.tensors, self._places, strict=True):
            tensor._array[...] = vector[place].reshape(tensor._array.shape)
            tensor._note_write(number)


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
        size = sum(each.numel() for each in parameters)
        self.gradient = np.empty(size, parameters[0]._array.dtype)
        self._values = np.empty_like(self.gradient)
        self._parts = parts(self._values, [each.shape for each in parameters])
        self._state = {name: Flat(tensors) for name, tensors in state.items()}

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
        gradients = [each._grad._array.reshape(-1) for each in self.parameters]  # type: ignore[union-attr]
        np.concatenate(gradients, out=self.gradient)
        self._old: dict[str, Array] | None = None
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
        p, g = self._values, self.gradient
        if self._old is None:
            np.concatenate([each._array.reshape(-1) for each in self.parameters], out=p)
            self._created: dict[str, Array] = {}
            self._old = {name: each.read() for name, each in self._state.items()}
        while self._start < max(len(p), 1):
            block = slice(self._start, self._start + BLOCK)
            if self._new is None:
                old = {name: vector[block] for name, vector in self._old.items()}
                self._new = update(p[block], g[block], old, self.step + 1)
            p[block], new = self._new
            for name, part in new.items():
                if name in self._old:
                    self._old[name][block] = part
                else:
                    self._created.setdefault(name, np.empty_like(p))[block] = part
            self._new, self._start = None, self._start + BLOCK
        number = tick()
        for parameter, part in zip(self.parameters, self._parts, strict=True):
            parameter._array[...] = part
            parameter._note_write(number)
        for name, flat in self._state.items():
            vector = self._old[name]
            if name == "step":
                vector.fill(self.step + 1)
            flat.write(vector)
        return self._created


def _places(shapes: Sequence[tuple[int, ...]]) -> list[slice]:
    ends = [0, *accumulate(map(prod, shapes))]
    return [slice(*ends[i : i + 2]) for i in range(len(shapes))]


def parts(vector: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Views of consecutive parts of a vector, of these shapes."""
    places = _places(shapes)
    return [vector[place].reshape(shape) for place, shape in zip(places, shapes, strict=True)]


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
    size = base.itemsize
    first = (start - address(base)) // size
    return base[first : first + (end - start) // size]


def address(array: Array) -> int:
    """Where the first element is in memory."""
    return array.__array_interface__["data"][0]  # type: ignore[no-any-return]
