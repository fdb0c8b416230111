"""PyTorch's random numbers on the CPU, drawn with NumPy.

One generator, the Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), yields 32 random
bits at a time. Everything else is arithmetic on those bits, in the order in which PyTorch does
it, so that a seed gives the same numbers here and there.
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

_WORDS = 624  # of the generator's state
_SHIFT = 397
_STATE_HEADER = struct.Struct("<QiiQ")  # seed, words left, seeded, next word
_STATE_TAIL = struct.Struct("<dddi4xfi")  # normals x, y and rho, is valid, the same for float
_STATE_BYTES = _STATE_HEADER.size + 8 * _WORDS + _STATE_TAIL.size


def _first_state(seed: int) -> Array:
    """The 624 words that a 32-bit seed is spread over (the generator's `init_genrand`)."""
    words = [seed & 0xFFFFFFFF]
    for i in range(1, _WORDS):
        words.append((1812433253 * (words[-1] ^ (words[-1] >> 30)) + i) & 0xFFFFFFFF)
    return np.array(words, np.uint32)


def _next_state(state: Array) -> Array:
    """The 624 words that follow `state`: each from itself, its neighbour and the word 397 on."""

    def mix(upper: Array, lower: Array) -> Array:
        y = (upper & np.uint32(0x80000000)) | (lower & np.uint32(0x7FFFFFFF))
        return (y >> np.uint32(1)) ^ ((y & np.uint32(1)) * np.uint32(0x9908B0DF))

    mixed = mix(state[:-1], state[1:])
    new = np.empty_like(state)
    gap = _WORDS - _SHIFT  # new words depend on new words this far behind: three strides
    new[:gap] = state[_SHIFT:] ^ mixed[:gap]
    new[gap : 2 * gap] = new[:gap] ^ mixed[gap : 2 * gap]
    new[2 * gap : -1] = new[gap : _WORDS - 1 - gap] ^ mixed[2 * gap :]
    new[-1:] = new[_SHIFT - 1 : _SHIFT] ^ mix(state[-1:], new[:1])
    return new


def _temper(state: Array) -> Array:
    """The random words that a state shows to the outside."""
    y: Array = state ^ (state >> np.uint32(11))
    y ^= (y << np.uint32(7)) & np.uint32(0x9D2C5680)
    y ^= (y << np.uint32(15)) & np.uint32(0xEFC60000)
    y ^= y >> np.uint32(18)
    return y


def _words_left(next_word: int) -> int:
    """How many words are left, as PyTorch counts: with the draw that finds none."""
    return _WORDS + 1 - next_word if next_word else 1


class Generator:
    """A stream of random numbers: PyTorch's CPU generator, with PyTorch's numbers for a seed.

    Threads can share a generator: each call draws as a whole, so no number is handed out twice.

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
            seed: A whole number from -2**63 to 2**64 - 1, of which the low 32 bits count: there
                are 2**32 different streams.

        Raises:
            TypeError: If the seed is not a whole number.
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
            self._words, self._next = state[:0], 0  # tempered words, and the next to hand out
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

    # ---- the state, in the bytes in which PyTorch keeps it ----

    def state_bytes(self) -> Array:
        """The generator's state: 5056 bytes, laid out as `torch.get_rng_state` has them."""
        with self._lock:
            header = _STATE_HEADER.pack(self._seed, _words_left(self._next), 1, self._next)
            words, spare = self._state.astype("<u8").tobytes(), self._spare_normal
        tail = _STATE_TAIL.pack(0.0, spare or 0.0, 0.0, spare is not None, 0.0, 0)
        return np.frombuffer(header + words + tail, np.uint8).copy()

    def set_state_bytes(self, state: Array) -> None:
        """Goes back to a state that `state_bytes` gave.

        Raises:
            TypeError: If `state` is not of uint8.
            RuntimeError: If it is not 5056 bytes long, or they are not a generator's state.
        """
        if state.dtype != np.uint8:
            raise TypeError(f"a generator's state is a uint8 tensor, got {state.dtype}")
        if state.size != _STATE_BYTES:
            raise RuntimeError(
                f"a generator's state has {_STATE_BYTES} bytes, got {state.size}; "
                "pass what get_rng_state returned"
            )
        raw = state.tobytes()
        seed, left, seeded, next_word = _STATE_HEADER.unpack_from(raw)
        if seeded != 1 or next_word > _WORDS or left != _words_left(next_word):
            raise RuntimeError("invalid generator state; pass what get_rng_state returned")
        words = np.frombuffer(raw, "<u8", _WORDS, _STATE_HEADER.size).astype(np.uint32)
        _, spare, _, valid, _, _ = _STATE_TAIL.unpack_from(raw, len(raw) - _STATE_TAIL.size)
        with self._lock:
            self._seed, self._state, self._next = seed, words, next_word
            self._words = _temper(words) if next_word else words[:0]
            self._spare_normal = spare if valid else None

    # ---- bits, and what PyTorch makes of them; all take a count and return a flat array ----

    def bits32(self, count: int) -> Array:
        """The next `count` words of the stream, as uint32."""
        with self._lock:
            ready = self._words[self._next : self._next + count]
            missing = count - len(ready)
            if not missing:
                self._next += count
                return ready.copy()
            states, state = np.empty((-(-missing // _WORDS), _WORDS), np.uint32), self._state
            for row in states:
                row[:] = state = _next_state(state)
            words = _temper(states)
            drawn = np.concatenate([ready, words.reshape(-1)[:missing]])
            self._state, self._words = state, words[-1].copy()
            self._next = (missing - 1) % _WORDS + 1
            return drawn

    def bits64(self, count: int) -> Array:
        """The next `2 * count` words in pairs, the first of a pair in the upper half."""
        words = self.bits32(2 * count).astype(np.uint64)
        return (words[0::2] << np.uint64(32)) | words[1::2]

    def uniform(self, count: int, kind: np.dtype[Any]) -> Array:
        """Numbers in [0, 1): 24 random bits for a float32, 53 for a float64."""
        if kind == np.float32:
            return (self.bits32(count) & np.uint32(2**24 - 1)).astype(kind) * np.float32(2.0**-24)
        return (self.bits64(count) & np.uint64(2**53 - 1)) * 2.0**-53

    def normal(self, count: int, kind: np.dtype[Any], blocks: bool = True) -> Array:
        """Numbers with mean 0 and standard deviation 1, by Box and Muller (1958).

        PyTorch has two ways: up to 15 numbers, and those that fill memory with gaps or in another
        order (not `blocks`), are drawn in pairs of doubles, the second of which waits for the next
        call; 16 and more in blocks of 16 uniforms, eight radii and eight angles.
        """
        if count < 16 or not blocks:
            with self._lock:
                return np.array([self._next_normal() for _ in range(count)], kind)
        rest = count % 16
        uniform = self.uniform(count + 16 if rest else count, kind)
        values = np.empty(count, kind)
        values[: count - rest] = _box_muller(uniform[: count - rest])
        if rest:  # the last 16 are drawn again, so some numbers are replaced
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
        """Whole numbers from `low` to `high - 1`: 32 random bits modulo the range, or 64."""
        span = high - low
        bits = self.bits32(count).astype(np.uint64) if span < 2**28 else self.bits64(count)
        return (bits % np.uint64(span)).astype(np.int64) + np.int64(low)

    def permutation(self, count: int) -> Array:
        """0 to `count - 1` in random order, by the shuffle of Fisher and Yates."""
        order = list(range(count))
        for i, word in enumerate(self.bits32(max(count - 1, 0)).tolist()):
            j = i + word % (count - i)
            order[i], order[j] = order[j], order[i]
        return np.array(order, np.int64)

    def bernoulli(self, probability: float, count: int) -> Array:
        """True with the given probability (PyTorch's own path; Intel's library draws others)."""
        return self.uniform(count, np.dtype(np.float64)) < probability

    def exponential(self, count: int) -> Array:
        """Numbers with density exp(-x), as float64: -ln(1 - u) of uniform numbers u."""
        return -np.log1p(-self.uniform(count, np.dtype(np.float64)))


def _box_muller(uniform: Array) -> Array:
    """Blocks of 16 uniform numbers to blocks of 16 normal ones: radius times cosine and sine."""
    kind = uniform.dtype.type
    u1, u2 = uniform.reshape(-1, 2, 8).swapaxes(0, 1)
    # NumPy's float32 logarithm depends on the instruction set; the float64 one, rounded, does not.
    logarithm = np.log((1 - u1).astype(np.float64)).astype(kind)
    radius = np.sqrt(kind(-2) * logarithm)
    angle = (kind(2 * math.pi) * u2).astype(np.float64)
    pair = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    return pair.astype(kind).reshape(-1)


default_generator = Generator()
default_generator.seed()  # as in PyTorch: a program that sets no seed draws other numbers each time


def stream(generator: Generator | None) -> Generator:
    """The generator to draw from: the given one, or the one that `manual_seed` seeds.

    Raises:
        TypeError: If it is no generator.
    """
    if generator is None:
        return default_generator
    if not isinstance(generator, Generator):
        raise TypeError(f"generator must be a torch.Generator, got {type(generator).__name__}")
    return generator


__getattr__ = missing_names("random", "functions")
