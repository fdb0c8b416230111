"""Parameters that move together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from ..autograd.writes import next_moment
from ..dtypes import Array
from ..tensor import Tensor

BLOCK = 32768
"""So many numbers are worked on at a time, so that they stay in the processor's cache."""


class Bundle:
    """Parameters as one vector, with one vector for each array of their state.

    The parameters keep their own memory: values are gathered, moved and put back, so whoever
    assigns `.data`, loads a state or freezes a layer in between finds what PyTorch would have.

    Args:
        parameters: Parameters of one type, each with a gradient.
        states: Their states so far, with the same names and the same plain numbers.

    Attributes:
        parameters: The parameters.
        values: Their values, one after the other, once gathered.
        gradient: Their gradients, likewise.
        state: The arrays of their states, likewise; and plain numbers.
    """

    def __init__(self, parameters: Sequence[Tensor], states: Sequence[dict[str, Any]]) -> None:
        self.parameters = parameters
        ends = [0, *accumulate(each.numel() for each in parameters)]
        self._places = [slice(*ends[i : i + 2]) for i in range(len(parameters))]
        self.values = np.empty(ends[-1], parameters[0]._array.dtype)
        self.gradient = np.empty_like(self.values)
        self.state: dict[str, Any] = {}
        for name, first in states[0].items():
            self.state[name] = first
            if isinstance(first, np.ndarray):
                self.state[name] = np.concatenate([state[name].reshape(-1) for state in states])

    def gather(self) -> None:
        """Reads the parameters' values and gradients."""
        np.concatenate([each._array.reshape(-1) for each in self.parameters], out=self.values)
        gradients = [each._grad._array.reshape(-1) for each in self.parameters]  # type: ignore[union-attr]
        np.concatenate(gradients, out=self.gradient)

    def put_back(self) -> None:
        """Writes the values into the parameters."""
        moment = next_moment()
        for parameter, place in zip(self.parameters, self._places, strict=True):
            parameter._array[...] = self.values[place].reshape(parameter._array.shape)
            parameter._note_write(moment)

    def states(self) -> Iterator[tuple[Tensor, dict[str, Any]]]:
        """The state of each parameter, in the memory of the bundle's."""
        for parameter, place in zip(self.parameters, self._places, strict=True):
            yield (
                parameter,
                {
                    name: each[place].reshape(parameter.shape)
                    if isinstance(each, np.ndarray)
                    else each
                    for name, each in self.state.items()
                },
            )


def blocks(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Vectors of one length, cut into pieces that stay in the cache together."""
    if len(arrays[0]) <= BLOCK:
        yield arrays
        return
    for start in range(0, len(arrays[0]), BLOCK):
        yield tuple([each[start : start + BLOCK] for each in arrays])
