"""Parameters and their state as flat vectors, so that many small tensors are updated as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, repeat

import numpy as np

from ..core.versions import tick, written
from ..dtypes import Array
from ..tensor import Tensor, wrap

BLOCK = 32768
"""Formulas work on this many numbers at a time, which stay in the processor's cache."""


class Flat:
    """Arrays as one vector: a view if they are consecutive parts of one, else copied both ways.

    Args:
        arrays: Arrays of one dtype.

    Attributes:
        vector: The elements of all arrays, as of the last `read`.
        copied: Whether the vector is memory of its own.
    """

    def __init__(self, arrays: Sequence[Array]) -> None:
        self._arrays = arrays
        view = _joined(arrays)
        self.copied = view is None
        ends = list(accumulate(each.size for each in arrays))
        self.vector = np.empty(ends[-1], arrays[0].dtype) if view is None else view
        self._parts = [
            self.vector[start:end].reshape(each.shape)
            for start, end, each in zip([0, *ends], ends, arrays, strict=False)
        ]

    def read(self) -> None:
        """Updates the vector from the arrays."""
        if self.copied:
            np.concatenate(self._arrays, None, self.vector)

    def write(self, number: int) -> None:
        """Updates the arrays from the vector, as a write with this version number."""
        if self.copied:
            for array, part in zip(self._arrays, self._parts, strict=True):
                array[...] = part
                written.note(array, number)
        else:
            written.note(self.vector, number)

    def replace(self) -> list[Tensor]:
        """Tensors that take the place of the arrays: parts of the vector, with their values."""
        self.read()
        self.copied = False
        return [wrap(part) for part in self._parts]


class FlatGroup:
    """Parameters of one dtype that have taken equally many steps, with gradients and state.

    Args:
        parameters: The parameters, each with a gradient.
        names: The names of their states. A state that does not exist yet starts as zeros.
        state: The existing states: tensors by name, in the order of the parameters.
        step: The number of steps they have taken.
        watched: Whether anybody else can have the tensors of the state.

    Attributes:
        gradient: The gradients, one after the other, after `gather`.
        created: Parameter, name and tensor of every state that is to be new after the step.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        names: Iterable[str],
        state: dict[str, list[Tensor]],
        step: float,
        watched: bool,
    ) -> None:
        self.parameters = parameters
        self.created: list[tuple[Tensor, str, Tensor]] = []
        self._step = step
        values = Flat([each._array for each in parameters])
        states: dict[str, Flat] = {}
        for name in names:
            if name in state:
                arrays = [each._array for each in state[name]]
            elif name == "step":
                arrays = [np.zeros((), np.float32) for _ in parameters]
            else:
                arrays = [np.zeros_like(each._array) for each in parameters]
            flat = states[name] = Flat(arrays)
            if name not in state or (flat.copied and not watched):
                self.created += zip(parameters, repeat(name), flat.replace(), strict=False)
        self._flats = [values, *(states.values() if watched else ())]
        self._steps = states.pop("step", None)
        self.gradient = np.empty_like(values.vector)
        vectors = [values.vector, self.gradient, *[each.vector for each in states.values()]]
        self._blocks = [
            [vector[start : start + BLOCK] for vector in vectors]
            for start in range(0, max(len(self.gradient), 1), BLOCK)
        ]

    def moved_apart(self) -> bool:
        """Whether `step` was written to so that it is no longer the same for all parameters."""
        if self._steps is None:
            return False
        self._steps.read()
        self._step, *others = {*self._steps.vector.tolist()}
        return bool(others)

    def gather(self) -> None:
        """Reads the gradients and prepares the next step."""
        gradients = [each._grad._array for each in self.parameters]
        np.concatenate(gradients, None, self.gradient)
        self._next = self._step + 1
        self._done = 0  # number of finished blocks
        self._new: Sequence[Array] | None = None  # results for the block after those

    def move(self, update: Callable[..., Sequence[Array]]) -> None:
        """Takes a step, or finishes one that was interrupted; once finished, it changes nothing.

        The results of a block are computed in new memory first, so copying them can be repeated.

        Args:
            update: Computes new values and states from the number of the step, values, gradient
                and states.
        """
        if self._done == 0 and self._new is None:
            for flat in self._flats:
                flat.read()
        while self._done < len(self._blocks):
            p, g, *state = self._blocks[self._done]
            if self._new is None:
                self._new = update(self._next, p, g, *state)
            for vector, new in zip((p, *state), self._new, strict=True):
                vector[...] = new
            self._new, self._done = None, self._done + 1
        if self._steps is not None:
            self._steps.vector.fill(self._next)
        number = tick()
        for flat in self._flats:
            flat.write(number)
        self._step = self._next


def _joined(arrays: Sequence[Array]) -> Array | None:
    """The vector that the arrays are consecutive parts of, as a view; None if they are not."""
    base = arrays[0] if arrays[0].base is None else arrays[0].base
    if not isinstance(base, np.ndarray) or not base.flags.c_contiguous:
        return None
    start = end = address(arrays[0])
    for each in arrays:
        if (
            (each is not base and each.base is not base)
            or each.dtype != base.dtype
            or not each.flags.c_contiguous
            or address(each) != end
        ):
            return None
        end += each.nbytes
    first = (start - address(base)) // base.itemsize
    return base.reshape(-1)[first : first + (end - start) // base.itemsize]


def address(array: Array) -> int:
    """The memory address of the first element."""
    return array.__array_interface__["data"][0]  # type: ignore[no-any-return]
