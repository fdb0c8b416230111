"""Parameters and their state as flat vectors, so that many small tensors move as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from math import prod

import numpy as np

from ..core.versions import tick, written
from ..dtypes import Array
from ..tensor import Tensor

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
        self.copied = view is None
        size = sum(each.size for each in arrays)
        self._vector = np.empty(size, arrays[0].dtype) if view is None else view
        self._parts = parts(self._vector, [each.shape for each in arrays])

    def read(self) -> Array:
        """The elements of all arrays, one after the other, as they are now."""
        if self.copied:
            np.concatenate(self._arrays, None, self._vector)
        return self._vector

    def write(self, number: int) -> None:
        """Makes what the vector holds the arrays' elements; a write with this number."""
        if self.copied:
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
        names: The names of all that is remembered; what is not there yet is 0.
        step: How often they have moved.
        watched: Whether anybody else can have the tensors of the state.

    Attributes:
        gradient: The gradients, one after the other, once gathered.
        created: What was not there yet, as vectors.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        state: dict[str, list[Tensor]],
        names: Sequence[str],
        step: float,
        watched: bool,
    ) -> None:
        self.parameters = parameters
        self.step = step
        self.created: dict[str, Array] = {}
        flat = {name: Flat([each._array for each in tensors]) for name, tensors in state.items()}
        values = Flat([each._array for each in parameters])
        self._flat = [values, *[each for each in flat.values() if each.copied or watched]]
        p = values.read()
        g = self.gradient = np.empty_like(p)
        for name in [name for name in names if name not in flat]:
            self.created[name] = (
                np.zeros(len(parameters), np.float32) if name == "step" else np.zeros_like(p)
            )
        vectors = {
            name: flat[name].read() if name in flat else self.created[name] for name in names
        }
        self._counted, self._steps = flat.get("step"), vectors.pop("step", None)
        self._blocks = [
            [vector[start : start + BLOCK] for vector in (p, g, *vectors.values())]
            for start in range(0, max(len(p), 1), BLOCK)
        ]

    def moved_apart(self) -> bool:
        """Whether not all of them have moved equally often any more: `step` was written to."""
        if self._counted is None:
            return False
        steps = set(self._counted.read().tolist())
        self.step = steps.pop()
        return bool(steps)

    def gather(self) -> None:
        """Reads the gradients, and is ready for the next step."""
        gradients = [each._grad._array for each in self.parameters]
        np.concatenate(gradients, None, self.gradient)
        self._done: int | None = None  # blocks
        self._new: Sequence[Array] | None = None  # of the block after those

    def move(self, update: Callable[..., Sequence[Array]]) -> None:
        """Takes a step, or finishes one that was interrupted; once finished, it changes nothing.

        What is new is computed beside the old, block by block, and may be written twice.

        Args:
            update: Computes new values and states from the number of the step, values, gradient
                and states.
        """
        if self._done is None:
            self._next = self.step + 1
            for flat in self._flat:
                flat.read()
            self._done = 0
        while self._done < len(self._blocks):
            p, g, *state = self._blocks[self._done]
            if self._new is None:
                self._new = update(self._next, p, g, *state)
            for vector, new in zip((p, *state), self._new, strict=True):
                vector[...] = new
            self._new, self._done = None, self._done + 1
        if self._steps is not None:
            self._steps.fill(self._next)
        number = tick()
        for flat in self._flat:
            flat.write(number)
        self.step = self._next


def parts(vector: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Views of consecutive parts of a vector, of these shapes."""
    ends = list(accumulate(map(prod, shapes)))
    starts = [0, *ends]
    return [vector[a:b].reshape(shape) for a, b, shape in zip(starts, ends, shapes, strict=False)]


def _joined(arrays: Sequence[Array]) -> Array | None:
    """The vector that the arrays are consecutive parts of, as a view; None if they are not."""
    base = arrays[0].base
    if not isinstance(base, np.ndarray) or not base.flags.c_contiguous:
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
    return base.reshape(-1)[first : first + (end - start) // base.itemsize]


def address(array: Array) -> int:
    """Where the first element is in memory."""
    return array.__array_interface__["data"][0]  # type: ignore[no-any-return]
