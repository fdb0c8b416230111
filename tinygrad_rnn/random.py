"""PyTorch's random numbers on the CPU, drawn with NumPy.

The generator, the Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), yields 32 random bits
at a time. All numbers are computed from those bits in the same order as in PyTorch, so a seed gives
the same numbers in both.
"""

from __future__ import annotations

import math
import os
import struct
from threading import RLock
from typing import Any

import numpy as np

from .dtypes import Array, missing_names

__all__ = ["Generator"]

WORDS = 624  # of the generator's state
SHIFT = 397  # a new word depends on the old one this far ahead
_STATE = struct.Struct(  # normals: x, y and rho in float64, whether y is valid, and in float32
    f"<QiiQ {8 * WORDS}s dddi4x fi"  # seed, words left, seeded, next word; the words; normals
)


def _first_state(seed: int) -> Array:
    """The 624 words that a 32-bit seed is spread over (the generator's `init_genrand`)."""
    words = [seed & 0xFFFFFFFF]
    for i in range(1, WORDS):
        words.append((1812433253 * (words[-1] ^ (words[-1] >> 30)) + i) & 0xFFFFFFFF)
    return np.array(words, np.uint32)


def mix(word: Array, following: Array) -> Array:
    """What a word and the one after it contribute to a new word."""
    y = (word & 0x80000000) | (following & 0x7FFFFFFF)
    return (y >> 1) ^ ((y & 1) * 0x9908B0DF)


def next_state(state: Array) -> Array:
    """The 624 words that follow `state`: each from itself, its neighbour and the word 397 on."""
    words = np.concatenate([state, np.empty_like(state)])
    stride = WORDS - SHIFT  # a new word depends on the new word this far back
    for start in range(0, WORDS, stride):
        stop = min(start + stride, WORDS)
        mixed = mix(words[start:stop], words[start + 1 : stop + 1])
        words[WORDS + start : WORDS + stop] = words[SHIFT + start : SHIFT + stop] ^ mixed
    return words[WORDS:]


def temper(state: Array) -> Array:
    """The words of a state as the generator hands them out."""
    y: Array = state ^ (state >> 11)
    y ^= (y << 7) & 0x9D2C5680
    y ^= (y << 15) & 0xEFC60000
    y ^= y >> 18
    return y


def _words_left(next_word: int) -> int:
    """How many words are left as PyTorch counts them, from 624 to 1: the last draw is included."""
    return WORDS + 1 - next_word if next_word else 1


class Generator:
    """A stream of random numbers: PyTorch's CPU generator, with PyTorch's numbers for a seed.

    Threads can share a generator: each call is atomic, so no number is drawn twice.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> generator = torch.Generator().manual_seed(0)
        >>> torch.rand(3, generator=generator)
        tensor([0.4963, 0.7682, 0.0885])
    """

    def __init__(self, device: object = "cpu") -> None:
        if str(device) != "cpu":
            raise RuntimeError(f"a Generator lives on the CPU; got device={device!r}")
        self._lock = RLock()
        self.manual_seed(67280421310721)  # PyTorch's own default

    def __getstate__(self) -> Array:
        return self.state_bytes()

    def __setstate__(self, state: Array) -> None:
        self._lock = RLock()
        self.set_state_bytes(state)

    def manual_seed(self, seed: int) -> Generator:
        """Starts the stream of `seed` and returns the generator.

        Args:
            seed: An integer from -2**63 to 2**64 - 1. Only its low 32 bits are used, so there are
                2**32 different streams.

        Raises:
            TypeError: If the seed is not an integer.
            RuntimeError: If it does not fit into 64 bits.
        """
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
            raise TypeError(
                f"manual_seed: the seed must be an int, got {type(seed).__name__} ({seed!r})"
            )
        if not -(2**63) <= seed < 2**64:
            raise RuntimeError(f"manual_seed: the seed must fit into 64 bits, got {seed}")
        state = _first_state(int(seed))
        with self._lock:
            self._seed, self._state = int(seed) % 2**64, state
            self._words, self._next = state[:0], 0  # tempered words; index of the next
            self._spare_normal: float | None = None
        return self

    def seed(self) -> int:
        """Seeds the generator from the operating system's entropy and returns the seed."""
        seed = int.from_bytes(os.urandom(8), "little")
        self.manual_seed(seed)
        return seed

    def initial_seed(self) -> int:
        """The seed with which the stream was started."""
        return self._seed

    # ---- the state, in PyTorch's byte layout ----

    def state_bytes(self) -> Array:
        """The generator's state: 5056 bytes, in the layout of `torch.get_rng_state`."""
        with self._lock:
            seed, words, at = self._seed, self._state.astype("<u8").tobytes(), self._next
            spare = self._spare_normal
        normals = 0.0, spare or 0.0, 0.0, spare is not None, 0.0, 0
        raw = bytearray(_STATE.pack(seed, _words_left(at), 1, at, words, *normals))
        return np.frombuffer(raw, np.uint8)

    def set_state_bytes(self, state: Array) -> None:
        """Restores a state returned by `state_bytes`.

        Raises:
            TypeError: If the dtype of `state` is not uint8.
            RuntimeError: If it does not have 5056 bytes, or they are not a generator's state.
        """
        if state.dtype != np.uint8:
            raise TypeError(f"a generator's state is a uint8 tensor, got {state.dtype}")
        if state.size != _STATE.size:
            raise RuntimeError(
                f"a generator's state has {_STATE.size} bytes, got {state.size}; "
                "pass what get_rng_state returned"
            )
        seed, left, seeded, next_word, raw, _, spare, _, valid, *_ = _STATE.unpack(state.tobytes())
        if seeded != 1 or next_word > WORDS or left != _words_left(next_word):
            raise RuntimeError("invalid generator state; pass what get_rng_state returned")
        words = np.frombuffer(raw, "<u8").astype(np.uint32)
        with self._lock:
            self._seed, self._state, self._next = seed, words, next_word
            self._words = temper(words) if next_word else words[:0]
            self._spare_normal = spare if valid else None

    # ---- bits, and numbers computed from them; all return a 1-D array of `count` numbers ----

    def bits32(self, count: int) -> Array:
        """The next `count` words of the stream, as uint32."""
        with self._lock:
            ready = self._words[self._next : self._next + count]
            missing = count - len(ready)
            if not missing:
                self._next += count
                return ready.copy()
            states, state = np.empty((-(-missing // WORDS), WORDS), np.uint32), self._state
            for row in states:
                row[:] = state = next_state(state)
            words = temper(states)
            drawn = np.concatenate([ready, words.reshape(-1)[:missing]])
            self._state, self._words = state, words[-1].copy()
            self._next = (missing - 1) % WORDS + 1
            return drawn

    def bits64(self, count: int) -> Array:
        """The next `2 * count` words in pairs, as uint64; the first of a pair is the upper half."""
        words = self.bits32(2 * count).astype(np.uint64)
        return (words[0::2] << 32) | words[1::2]

    def uniform(self, count: int, kind: np.dtype[Any]) -> Array:
        """Numbers in [0, 1): 24 random bits for a float32, 53 for a float64."""
        if kind == np.float32:
            return (self.bits32(count) & (2**24 - 1)).astype(kind) * np.float32(2.0**-24)
        return (self.bits64(count) & (2**53 - 1)) * 2.0**-53

    def normal(self, count: int, kind: np.dtype[Any], blocks: bool = True) -> Array:
        """Numbers with mean 0 and standard deviation 1, by Box and Muller (1958).

        PyTorch has two algorithms. Fewer than 16 numbers, and those for a tensor that is not
        contiguous (not `blocks`), are drawn in pairs in float64; an unused second number is kept
        for the next call. 16 and more are drawn in blocks of 16 uniform numbers, for eight radii
        and eight angles.
        """
        if count < 16 or not blocks:
            with self._lock:
                return np.array([self._next_normal() for _ in range(count)], kind)
        rest = count % 16
        uniform = self.uniform(count + 16 if rest else count, kind)
        values = np.empty(count, kind)
        values[: count - rest] = _box_muller(uniform[: count - rest])
        if rest:  # the last 16 are drawn again, over some of the others
            values[-16:] = _box_muller(uniform[count:])
        return values

    def _next_normal(self) -> float:
        if self._spare_normal is not None:
            value, self._spare_normal = self._spare_normal, None
            return value
        u1, u2 = self.uniform(2, np.dtype(np.float64)).tolist()
        radius, angle = math.sqrt(-2 * math.log1p(-u2)), 2 * math.pi * u1
        self._spare_normal = radius * math.sin(angle)
        return radius * math.cos(angle)

    def integers(self, low: int, high: int, count: int) -> Array:
        """Integers from `low` to `high - 1`: 32 random bits, or 64, modulo the range."""
        span = high - low
        bits = self.bits32(count) if span < 2**28 else self.bits64(count)
        return (bits % span).astype(np.int64) + low

    def permutation(self, count: int) -> Array:
        """0 to `count - 1` in random order: the Fisher-Yates shuffle."""
        order = list(range(count))
        for i, word in enumerate(self.bits32(max(count - 1, 0)).tolist()):
            j = i + word % (count - i)
            order[i], order[j] = order[j], order[i]
        return np.array(order, np.int64)

    def bernoulli(self, probability: float, count: int) -> Array:
        """True with the given probability, as PyTorch draws it without Intel's MKL."""
        return self.uniform(count, np.dtype(np.float64)) < probability

    def exponential(self, count: int) -> Array:
        """Numbers with density exp(-x), as float64: -ln(1 - u) of uniform numbers u."""
        return -np.log1p(-self.uniform(count, np.dtype(np.float64)))


def _box_muller(uniform: Array) -> Array:
    """Turns blocks of 16 uniform numbers into normal ones: radius times cosine and sine."""
    kind = uniform.dtype.type
    u1, u2 = uniform.reshape(-1, 2, 8).swapaxes(0, 1)
    # NumPy's float32 logarithm depends on the instruction set; the float64 one, rounded, does not.
    logarithm = np.log((1 - u1).astype(np.float64)).astype(kind)
    radius = np.sqrt(kind(-2) * logarithm)
    angle = (kind(2 * math.pi) * u2).astype(np.float64)
    pair = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    return pair.astype(kind).reshape(-1)


default_generator = Generator()
default_generator.seed()  # as in PyTorch, an unseeded program draws different numbers each time


def stream(generator: Generator | None) -> Generator:
    """The generator to draw from: the given one, or else the default generator.

    Raises:
        TypeError: If it is not a generator.
    """
    if generator is None:
        return default_generator
    if not isinstance(generator, Generator):
        raise TypeError(f"generator must be a torch.Generator, got {type(generator).__name__}")
    return generator


__getattr__ = missing_names("random", "functions")
