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
        moment = tick()
        if self._view is not None:
            if vector is not self._view:
                self._view[...] = vector
            self.tensors[0]._note_write(moment)  # all of them share its memory
            return
        for tensor, place in zip(self.tensors, self._places, strict=True):
            tensor._array[...] = vector[place].reshape(tensor._array.shape)
            tensor._note_write(moment)


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
        self.gradient = np.empty(sum(each.numel() for each in parameters), parameters[0]._array.dtype)
        self._values = Flat(parameters)
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
        self._old: tuple[Array, dict[str, Array]] | None = None
        self._new: tuple[Array, dict[str, Array]] | None = None
        self._start = 0

    def move(self, update: Update) -> dict[str, Array]:
        """Takes a step, or finishes one that was interrupted; once finished, it changes nothing.

        A block's results are computed beside it and written then, as often as it takes.

        Args:
            update: Computes the new values and state from values, gradient, state and the number
                of the step.

        Returns:
            The parts of the state that are new, as vectors.
        """
        if self._old is None:
            state = {name: each.read() for name, each in self._state.items() if name != "step"}
            self._created: dict[str, Array] = {}
            self._old = self._values.read(), state
        p, state = self._old
        length = len(p)
        while self._start < max(length, 1):
            block = slice(self._start, self._start + BLOCK)
            if self._new is None:
                parts = {name: vector[block] for name, vector in state.items()}
                self._new = update(p[block], self.gradient[block], parts, self.step + 1)
            p[block], new = self._new
            for name, part in new.items():
                if name not in state and name not in self._created:
                    self._created[name] = np.empty(length, part.dtype)
                (state if name in state else self._created)[name][block] = part
            self._new, self._start = None, self._start + BLOCK
        self._values.write(p)
        for name, flat in self._state.items():
            if name == "step":
                flat.write(np.full(len(self.parameters), self.step + 1, np.float32))
            else:
                flat.write(state[name])
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
