"""Parameters and their state as flat vectors, so that many small tensors move as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from math import prod

import numpy as np

from ..base import TensorBase
from ..core.versions import tick, written
from ..dtypes import Array
from ..tensor import Tensor

Update = Callable[[Array, Array, Sequence[Array], float], Sequence[Array]]

BLOCK = 32768
"""Formulas work on this many numbers at a time, which stay in the processor's cache."""


class FlatGroup:
    """Parameters of one type that have moved equally often, with their gradients and state.

    The parameters keep memory of their own. The tensors of their state are parts of the vectors
    that are worked with, if they were made here; else they are copied both ways.

    Args:
        parameters: The parameters, each with a gradient.
        states: The state of each parameter; all have the same of `names`.
        names: What a state can hold; `step`, if it is counted, first.
        step: How often they have moved.

    Attributes:
        gradient: The gradients, one after the other, once gathered.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        states: Sequence[dict[str, Tensor]],
        names: Sequence[str],
        step: float,
    ) -> None:
        self._parameters, self._states, self._step = parameters, states, step
        self._names = [name for name in names if name != "step"]
        shapes = [each._array.shape for each in parameters]
        self.gradient = np.empty(sum(map(prod, shapes)), parameters[0]._array.dtype)
        self._values, self._moved = np.empty_like(self.gradient), np.empty_like(self.gradient)
        self._parts = parts(self._moved, shapes)
        self._vectors: dict[str, Array] = {}
        self._apart: dict[str, list[Array]] = {}  # the tensors that are not parts of the vector
        for name in [name for name in names if name in states[0]]:
            arrays = [state[name]._array for state in states]
            joined = _joined(arrays)
            if joined is None:
                self._apart[name] = arrays
                joined = np.concatenate(arrays, None)
            self._vectors[name] = joined
        self._steps = self._vectors.get("step")
        self._counted = "step" in names
        self._computed = self._taken = True

    def moved_together(self) -> bool:
        """Whether all parameters have still moved equally often: `step` may be written to."""
        if self._steps is None:
            return True
        if "step" in self._apart:
            np.concatenate(self._apart["step"], None, self._steps)
        self._step, *others = self._steps.tolist()
        return all(each == self._step for each in others)

    def gather(self) -> None:
        """Reads the gradients, and is ready for the next step."""
        gradients = [each._grad._array for each in self._parameters]  # type: ignore[union-attr]
        np.concatenate(gradients, None, self.gradient)
        self._computed = self._taken = False

    def move(self, update: Update) -> None:
        """Takes a step, or finishes one that was interrupted: computed beside, and then written.

        Args:
            update: The new values and state from the values, the gradient, the state as far as
                there is one, and the number of the step.
        """
        if not self._computed:
            self._compute(update)
            self._computed = True
        if not self._taken:
            self._take()
            self._taken = True

    def _compute(self, update: Update) -> None:
        p, g, size, step = self._values, self.gradient, len(self._values), self._step + 1
        np.concatenate([each._array for each in self._parameters], None, p)
        for name in self._apart:
            np.concatenate(self._apart[name], None, self._vectors[name])
        old = [self._vectors[name] for name in self._names if name in self._vectors]
        if size <= BLOCK:
            self._moved[...], *self._new = update(p, g, old, step)
            return
        cuts = [slice(start, start + BLOCK) for start in range(0, size, BLOCK)]
        blocks = [update(p[cut], g[cut], [each[cut] for each in old], step) for cut in cuts]
        self._moved[...], *self._new = [np.concatenate(each) for each in zip(*blocks, strict=True)]

    def _take(self) -> None:
        """Writes what was computed; doing so twice changes nothing."""
        number = tick()
        for parameter, part in zip(self._parameters, self._parts, strict=True):
            array = parameter._array
            array[...] = part
            written.note(array, number)
        if self._steps is not None and "step" not in self._apart:
            self._steps.fill(self._step + 1)
        elif self._counted:
            steps = np.full(len(self._parameters), self._step + 1, np.float32)
            self._remember("step", steps, number)
        for name, vector in zip(self._names, self._new, strict=True):
            self._remember(name, vector, number)

    def _remember(self, name: str, vector: Array, number: int) -> None:
        if name in self._vectors:
            self._vectors[name][...] = vector
            written.note(self._vectors[name], number)
            if name not in self._apart:
                return
        shapes = [() if name == "step" else each._array.shape for each in self._parameters]
        for i, part in enumerate(parts(vector, shapes)):
            if name in self._apart:
                self._apart[name][i][...] = part
                written.note(self._apart[name][i], number)
            else:
                self._states[i][name] = TensorBase._wrap(part)


def parts(vector: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Views of consecutive parts of a vector, of these shapes."""
    ends = accumulate(map(prod, shapes), initial=0)
    return [
        vector[start:end].reshape(shape)
        for (start, end), shape in zip(pairwise(ends), shapes, strict=True)
    ]


def _joined(arrays: Sequence[Array]) -> Array | None:
    """The vector that the arrays are consecutive parts of, or None."""
    vector = arrays[0].base
    if vector is None or vector.ndim != 1 or not vector.flags.c_contiguous:
        return None
    at = start = (address(arrays[0]) - address(vector)) // vector.itemsize
    for each in arrays:
        here = each.base is vector and each.flags.c_contiguous and each.dtype == vector.dtype
        if not here or address(each) != address(vector) + at * vector.itemsize:
            return None
        at += each.size
    return vector[start:at]


def address(array: Array) -> int:
    """Where the first element is in memory."""
    return array.__array_interface__["data"][0]  # type: ignore[no-any-return]
