"""Distributions: the words that drawn numbers are made of, and how likely an interval is.

A distribution does for many seeds at once what `Generator` does for one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np

from ..core.arithmetic import multiply_add
from ..dtypes import Array


class Element(NamedTuple):
    """One drawn number.

    Attributes:
        positions: The positions in the stream of the words that it is made of.
        value: Computes it from those words, each an array with one entry per seed.
    """

    positions: Sequence[int]
    value: Callable[..., Array]


@dataclass
class Stream:
    """How far a stream has been consumed.

    Attributes:
        used: How many words have been drawn.
        spare: The second number of a pair of normal ones, until it is drawn.
    """

    used: int = 0
    spare: list[Element] = field(default_factory=list)

    def take(self, words: int) -> range:
        """Consumes the next `words` words and returns their positions."""
        self.used += words
        return range(self.used - words, self.used)


class Distribution(Protocol):
    """How numbers are drawn."""

    slack: float = 0.0
    """How far a number may be off because another library computes sine and logarithm."""

    def place(self, stream: Stream, count: int) -> list[Element]:
        """The next `count` numbers of a stream."""

    def chance(self, low: float, high: float, index: int) -> float:
        """The probability that number `index` is from `low` to `high`; 0 if it cannot be."""


@dataclass(frozen=True)
class Uniform(Distribution):
    """`rand`, and the weights of most layers: uniform from `low` to `high`, in float32."""

    low: float = 0.0
    high: float = 1.0

    def place(self, stream: Stream, count: int) -> list[Element]:
        """The next `count` numbers of a stream: one word each."""
        return [Element((position,), self._value) for position in stream.take(count)]

    def _value(self, word: Array) -> Array:
        low = np.float32(self.low)
        return multiply_add(_unit(word).astype(np.float32), np.float32(self.high) - low, low)

    def chance(self, low: float, high: float, index: int) -> float:
        """The probability that a number is from `low` to `high`."""
        return max(0.0, min(high, self.high) - max(low, self.low)) / (self.high - self.low)


@dataclass(frozen=True)
class Normal(Distribution):
    """`randn`, and the weights of an Embedding: mean 0, standard deviation 1."""

    slack = 2e-6

    def place(self, stream: Stream, count: int) -> list[Element]:
        """The next `count` numbers: from blocks of 16 words, or two numbers from four words."""
        if count < 16:
            elements = stream.spare
            while len(elements) < count:
                a, b, c, d = stream.take(4)
                elements = [*elements, *self._pair(c, d, a, b)]
            stream.spare = elements[count:]
            return elements[:count]
        starts = stream.take(count)[: count - count % 16 : 16]
        elements = [element for start in starts for element in self._block(start)]
        if count % 16:  # the last 16 are drawn again
            elements[count - 16 :] = self._block(stream.take(16).start)
        return elements

    def _block(self, start: int) -> list[Element]:
        pairs = [self._pair(at, at + 8) for at in range(start, start + 8)]
        return [first for first, _ in pairs] + [second for _, second in pairs]

    def _pair(self, *positions: int) -> list[Element]:
        return [Element(positions, partial(_box_muller, turn)) for turn in (np.cos, np.sin)]

    def chance(self, low: float, high: float, index: int) -> float:
        """The probability that a number is from `low` to `high`."""
        if low > 9 or high < -9:  # no radius is longer
            return 0.0
        return (math.erf(high / math.sqrt(2)) - math.erf(low / math.sqrt(2))) / 2


def _bits(*words: Array) -> Array:
    """The bits of one word, or of two as uint64."""
    return words[0] if len(words) == 1 else (words[0].astype(np.uint64) << 32) | words[1]


def _unit(*words: Array) -> Array:
    """Uniform numbers in [0, 1), in float64: 24 bits of one word, or 53 bits of two."""
    digits = 24 if len(words) == 1 else 53
    y: Array = (_bits(*words) & (2**digits - 1)) * 2.0**-digits
    return y


def _box_muller(turn: np.ufunc, *words: Array) -> Array:
    """Normal numbers: the radius is from the first half of the words, the angle from the second."""
    half = len(words) // 2
    radius = np.sqrt(-2 * np.log1p(-_unit(*words[:half])))
    y: Array = radius * turn(2 * np.pi * _unit(*words[half:]))
    return y


@dataclass(frozen=True)
class Integers(Distribution):
    """`randint`: integers from `low` to `high - 1`."""

    low: int
    high: int

    def place(self, stream: Stream, count: int) -> list[Element]:
        """The next `count` numbers: one word each, or two if the range is wide."""
        words = 1 if self.high - self.low < 2**28 else 2
        return [Element(stream.take(words), self._value) for _ in range(count)]

    def _value(self, *words: Array) -> Array:
        y: Array = (_bits(*words) % (self.high - self.low)).astype(np.int64) + self.low
        return y

    def chance(self, low: float, high: float, index: int) -> float:
        """The probability that a number is from `low` to `high`."""
        first, last = max(math.ceil(low), self.low), min(math.floor(high), self.high - 1)
        return max(0, last - first + 1) / (self.high - self.low)


@dataclass(frozen=True)
class Permutation(Distribution):
    """`randperm`: 0 to `count - 1` in random order."""

    count: int

    def place(self, stream: Stream, count: int) -> list[Element]:
        """The numbers of the permutation: each depends on the words of those before it, too.

        The last number consumes no word. It is given the following one, which has no influence:
        it swaps the last number with itself.
        """
        start = stream.take(count - 1).start
        return [Element(range(start, start + i + 1), self._value) for i in range(count)]

    def _value(self, *words: Array) -> Array:
        swapped = [i + word.astype(np.int64) % (self.count - i) for i, word in enumerate(words)]
        place = swapped.pop()  # where the number was before its own swap, the last that moves it
        for i, other in reversed(list(enumerate(swapped))):
            place = np.where(place == other, i, place)
        return place

    def chance(self, low: float, high: float, index: int) -> float:
        """The probability that number `index` is from `low` to `high`, given those before it."""
        possible = math.floor(min(high, self.count - 1)) - math.ceil(max(low, 0)) + 1
        return min(1.0, max(0, possible) / (self.count - index))
