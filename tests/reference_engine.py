"""Derivatives in forward mode: slow, and simple enough to be right.

Every number in memory carries its derivatives by all inputs' numbers, which are computed with it.
So a write in place just replaces both, and nothing has to be saved, ordered or gone back to. A
tensor is a map of places into a piece of memory; a view is the same memory and a part of the map.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Memory:
    """Numbers, and the derivatives of each by all inputs, in its row."""

    def __init__(self, numbers: np.ndarray, slopes: np.ndarray) -> None:
        self.numbers = numbers.reshape(-1).copy()
        self.slopes = slopes.reshape(numbers.size, -1).copy()


class Tensor(NamedTuple):
    """A tensor: where its elements are, and whether a gradient comes through it."""

    memory: Memory
    places: np.ndarray
    detached: bool = False

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        slopes = self.memory.slopes[self.places]
        return self.memory.numbers[self.places], slopes * (not self.detached)

    def view(self, function: Callable[[np.ndarray], np.ndarray]) -> Tensor:
        return self._replace(places=function(self.places))

    def write(self, numbers: np.ndarray, slopes: np.ndarray | None = None) -> None:
        """Replaces the elements, and their derivatives if the write is recorded."""
        self.memory.numbers[self.places] = numbers
        if slopes is not None:
            self.memory.slopes[self.places] = slopes


def made(numbers: np.ndarray, slopes: np.ndarray) -> Tensor:
    """A tensor in memory of its own."""
    return Tensor(Memory(numbers, slopes), np.arange(numbers.size).reshape(numbers.shape))


def apply(
    function: Callable[..., np.ndarray], partials: Callable[..., tuple], *inputs: Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """An elementwise function: its numbers, and their derivatives by the chain rule."""
    numbers, slopes = zip(*(each.read() for each in inputs), strict=True)
    result = function(*numbers)
    total = np.zeros((*result.shape, slopes[0].shape[-1]))
    for partial, slope in zip(partials(*numbers), slopes, strict=True):
        total += np.broadcast_to(partial, result.shape)[..., None] * slope
    return result, total
