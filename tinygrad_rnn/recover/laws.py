"""What numbers are made of which words of the stream, and how likely they fall between two bounds.

Each law mirrors, for many seeds at once, what `Generator` does for one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np

from ..core.arithmetic import multiply_add
from ..dtypes import Array

SMALL = 16
"""Fewer normal numbers than this are drawn in another way."""


class Element(NamedTuple):
    """One number: the positions of the words that it is made of, and how."""

    positions: Sequence[int]
    value: Callable[..., Array]


class Place:
    """How far a stream has been used up.

    Attributes:
        next: The position of the next word.
        spare: The second number of a pair of normal ones that waits to be taken, if one does.
    """

    def __init__(self) -> None:
        self.next = 0
        self.spare: Element | None = None

    def take(self, words: int) -> int:
        """The position of the first of the next `words` words, which are then used up."""
        self.next += words
        return self.next - words


class Law(Protocol):
    """How numbers are drawn."""

    slack: float
    """By how much a number may be off: what another library's sine or logarithm would change."""

    def place(self, at: Place, count: int) -> list[Element]:
        """The next `count` numbers of a stream."""

    def chance(self, low: float, high: float, index: int) -> float:
        """How likely number `index` lies from `low` to `high`; 0 if it cannot."""


@dataclass(frozen=True)
class Uniform:
    """`rand`, and the weights of most layers: evenly spread from `low` to `high`, in float32."""

    low: float = 0.0
    high: float = 1.0
    slack = 0.0

    def place(self, at: Place, count: int) -> list[Element]:
        """The next `count` numbers of a stream: a word each."""
        start = at.take(count)
        return [Element((start + i,), self._value) for i in range(count)]

    def _value(self, word: Array) -> Array:
        unit = (word & np.uint32(2**24 - 1)).astype(np.float32) * np.float32(2.0**-24)
        low = np.float32(self.low)
        return multiply_add(unit, np.float32(self.high) - low, low)

    def chance(self, low: float, high: float, index: int) -> float:
        """How likely a number lies from `low` to `high`."""
        return max(0.0, min(high, self.high) - max(low, self.low)) / (self.high - self.low)


@dataclass(frozen=True)
class Normal:
    """`randn`, and the weights of an Embedding: mean 0, standard deviation 1."""

    slack = 2e-6

    def place(self, at: Place, count: int) -> list[Element]:
        """The next `count` numbers: in blocks of 16 words, or two numbers of four words."""
        if count < SMALL:
            return [self._next_small(at) for _ in range(count)]
        start = at.take(count)
        again = at.take(SMALL) if count % SMALL else None  # the last 16 are drawn again
        elements = []
        for i in range(count):
            block, lane = start + i - i % SMALL, i % SMALL
            if again is not None and i >= count - SMALL:
                block, lane = again, i - (count - SMALL)
            function = np.cos if lane < 8 else np.sin
            words = (block + lane % 8, block + lane % 8 + 8)
            elements.append(Element(words, partial(_of_floats, function)))
        return elements

    def _next_small(self, at: Place) -> Element:
        if at.spare:
            element, at.spare = at.spare, None
            return element
        words = tuple(range(at.take(4), at.next))
        at.spare = Element(words, partial(_of_doubles, np.sin))
        return Element(words, partial(_of_doubles, np.cos))

    def chance(self, low: float, high: float, index: int) -> float:
        """How likely a number lies from `low` to `high`."""
        if low > 9 or high < -9:  # no radius is longer
            return 0.0
        return (math.erf(high / math.sqrt(2)) - math.erf(low / math.sqrt(2))) / 2


def _of_floats(function: np.ufunc, first: Array, second: Array) -> Array:
    """Box and Muller's normal numbers from two uniform ones of 24 bits."""
    u1, u2 = ((word & np.uint32(2**24 - 1)) * 2.0**-24 for word in (first, second))
    y: Array = np.sqrt(-2 * np.log(1 - u1)) * function(2 * np.pi * u2)
    return y


def _of_doubles(function: np.ufunc, *words: Array) -> Array:
    """The same from two uniform ones of 53 bits, each of two words."""
    upper, lower = words[0::2], words[1::2]
    u1, u2 = (
        (((a.astype(np.uint64) << np.uint64(32)) | b) & np.uint64(2**53 - 1)) * 2.0**-53
        for a, b in zip(upper, lower, strict=True)
    )
    y: Array = np.sqrt(-2 * np.log1p(-u2)) * function(2 * np.pi * u1)
    return y


@dataclass(frozen=True)
class Integers:
    """`randint`: whole numbers from `low` to `high - 1`."""

    low: int
    high: int
    slack = 0.0

    def place(self, at: Place, count: int) -> list[Element]:
        """The next `count` numbers: a word each, or two where the range is wide."""
        each = 1 if self.high - self.low < 2**28 else 2
        starts = [at.take(each) for _ in range(count)]
        return [Element(tuple(range(start, start + each)), self._value) for start in starts]

    def _value(self, *words: Array) -> Array:
        bits = words[0].astype(np.uint64)
        if len(words) > 1:
            bits = (bits << np.uint64(32)) | words[1]
        return (bits % np.uint64(self.high - self.low)).astype(np.int64) + self.low

    def chance(self, low: float, high: float, index: int) -> float:
        """How likely a number lies from `low` to `high`."""
        first, last = max(math.ceil(low), self.low), min(math.floor(high), self.high - 1)
        return max(0, last - first + 1) / (self.high - self.low)


@dataclass(frozen=True)
class Permutation:
    """`randperm`: 0 to `count - 1` in random order."""

    count: int
    slack = 0.0

    def place(self, at: Place, count: int) -> list[Element]:
        """The numbers of the permutation: each depends on the words of those before it.

        The last number has no word of its own. It is given the one that follows: whatever that
        word is, it swaps the last number with itself.
        """
        start = at.take(count - 1)
        return [Element(range(start, start + i + 1), self._value) for i in range(count)]

    def _value(self, *words: Array) -> Array:
        swapped = [i + word.astype(np.int64) % (self.count - i) for i, word in enumerate(words)]
        place = swapped.pop()  # where the number was before its own swap, the last that moves it
        for i, other in reversed(list(enumerate(swapped))):
            place = np.where(place == other, i, place)
        return place

    def chance(self, low: float, high: float, index: int) -> float:
        """How likely number `index` lies from `low` to `high`, given those before it."""
        possible = math.floor(min(high, self.count - 1)) - math.ceil(max(low, 0)) + 1
        return min(1.0, max(0, possible) / (self.count - index))


def elements_of(laws: Sequence[tuple[Law, int]]) -> list[list[Element]]:
    """The numbers that are drawn one after the other from the beginning of a stream."""
    at = Place()
    return [law.place(at, count) for law, count in laws]
